"""What the memory of this machine gives to one thread, from the first-level cache to beyond the last."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks._base import Benchmark, Row, median
from benchmarks._triad import LARGE, Triad


def measure(rounds: int, sizes: tuple[int, ...]) -> Iterator[Row]:
    """One row for each number of bytes."""
    for total in sizes:
        one = Triad(total)
        name = f"{total >> 20} MiB" if total >> 20 else f"{total >> 10} KiB"
        yield Row(f"three arrays, {name}", "speed", 1e-9 / median(one.per_byte, rounds), "GB/s")


BENCHMARK = Benchmark(
    title="STREAM's triad",
    measure=measure,
    shown=4,
    sizes={
        "full": {"sizes": (3 * 2**13, 3 * 2**17, 3 * 2**21, LARGE)},
        "quick": {"sizes": (3 * 2**13, LARGE)},
        "smallest": {"sizes": (3 * 2**13,), "rounds": 1},
    },
)
