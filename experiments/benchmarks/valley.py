"""SAM's valley with n = 20, T = 10^4: N = 400 atoms, a dimension of 3.5e6, and the growth in T and in d.

What is timed is `sco_flat.run`, so that the sample, the measures and the claims are in it.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import sco_flat
from benchmarks._base import Benchmark, Row, fresh, growth, median, memory, peak_mebibytes, seconds


def alone(n: int, steps: int, rounds: int) -> tuple[float, float | None, int]:
    """Seconds of a run, the peak of this process in mebibytes, and the dimension."""
    run(4, 400)  # loads the compiled code
    taken = [run(n, steps) for _ in range(rounds)]
    return statistics.median(t for t, _ in taken), peak_mebibytes(), taken[0][1]


def run(n: int, steps: int) -> tuple[float, int]:
    """Seconds of one run, and its dimension."""
    found: list[int] = []
    taken = seconds(lambda: found.append(sco_flat.run("sam-valley", n=n, steps=steps).dimension))
    return taken, found[0]


def measure(
    rounds: int, size: tuple[int, int], n: int, lengths: tuple[int, ...], widths: tuple[int, ...], steps: int
) -> Iterator[Row]:
    """One large run, then growth."""
    case = f"n = {size[0]}, T = {size[1]:,}, a run"
    taken, peak, dimension = fresh(alone, *size, rounds)
    yield Row(case, "dimension", dimension, "")
    yield Row(case, "ours", taken, "s", most=10.0)
    yield memory(case, peak, 500.0)
    times = [median(lambda t=t: run(n, t)[0], rounds) for t in lengths]
    yield growth(f"n = {n}, T = {lengths[0]:,} to {lengths[-1]:,}", "T", lengths, times)
    runs = [[run(k, steps) for _ in range(rounds)] for k in widths]
    times = [statistics.median(taken for taken, _ in one) for one in runs]
    yield growth(f"T = {steps}, n = {widths[0]} to {widths[-1]}", "d", [one[0][1] for one in runs], times)


BENCHMARK = Benchmark(
    title="SAM in the valley, as `sco_flat.run` does it",
    measure=measure,
    sizes={
        "full": {
            "size": (20, 10_000), "n": 12, "lengths": (1000, 4000, 16_000, 64_000), "widths": (8, 12, 16, 20),
            "steps": 1000,
        },
        "quick": {"size": (12, 4000), "n": 12, "lengths": (1000, 4000), "widths": (8, 12, 16), "steps": 1000},
        "smallest": {
            "size": (4, 400), "n": 4, "lengths": (400, 500), "widths": (4, 6), "steps": 400, "rounds": 1,
        },
    },
)  # fmt: skip
