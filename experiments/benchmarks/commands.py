"""What people wait for: import, --help, and a small run, cold (an empty cache of compiled code) and warm."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks._base import Benchmark, Row
from benchmarks._commands import SCO_FLAT, cost

RUN = (*SCO_FLAT, "run", "sam-chain", "--n", "6", "--steps", "64")
BEYOND_NUMBA = 0.4
"""CPU seconds that a warm run may take beside the import of Numba."""


def measure(rounds: int, cold: tuple[str, ...]) -> Iterator[Row]:
    """Rows of every command; ``cold`` is the one that starts with an empty cache."""
    (numba, wall) = cost("import numba", ("-c", "import numba"), rounds)
    yield numba
    yield wall
    yield from cost("import sco_flat", ("-c", "import sco_flat"), rounds)
    yield from cost("sco-flat --help", (*SCO_FLAT, "--help"), rounds)
    assert numba.value is not None
    yield from cost("sco-flat run sam-chain, warm", RUN, rounds, most=numba.value + BEYOND_NUMBA)
    yield from cost(f"sco-flat {cold[2]} {cold[3]}, cold", cold, rounds, cold=True, most=10.0)


BENCHMARK = Benchmark(
    title="Commands",
    measure=measure,
    shown=5,
    sizes={
        "full": {"cold": RUN},
        "quick": {"cold": RUN, "rounds": 3},
        "smallest": {"cold": (*SCO_FLAT, "list", "--help"), "rounds": 1},
    },
)
