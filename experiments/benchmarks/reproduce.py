"""`sco-flat reproduce`, cold and warm: the longest command that a newcomer types."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from benchmarks._base import Benchmark, Row
from benchmarks._commands import SCO_FLAT, cost

RATIO = 1.6
"""How many times as long as warm a cold one may take, in wall time."""


def measure(rounds: int, words: tuple[str, ...], cold: bool) -> Iterator[Row]:
    """Rows of the command with these words."""
    with tempfile.TemporaryDirectory() as folder:
        line = (*SCO_FLAT, "reproduce", *words, "--out", folder)
        name = " ".join(("sco-flat reproduce", *words))
        warm = list(cost(f"{name}, warm", line, rounds, most=25.0))
        yield from warm
        if cold:
            anew = list(cost(f"{name}, cold", line, rounds, cold=True))
            yield from anew
            walls = [rows[1].value or 0.0 for rows in (anew, warm)]
            yield Row(f"{name}, cold", "wall, cold / warm", walls[0] / walls[1], "x", most=RATIO)


BENCHMARK = Benchmark(
    title="The whole report",
    measure=measure,
    sizes={
        "full": {"words": (), "cold": True},
        "quick": {"words": ("--quick",), "cold": False, "rounds": 3},
        "smallest": {"words": ("--help",), "cold": True, "rounds": 1},
    },
)
