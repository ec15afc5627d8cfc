"""Dense engine: one SAM step on sam-chain against NumPy, optax and PyTorch and against what memory allows.

The algorithm must read w for the norm and read and write it for the update: 24 bytes a coordinate and step.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._base import ABSENT, Benchmark, Row, growth, median, race
from benchmarks._chain import Ours, rivals, stepping
from benchmarks._triad import LARGE, triads

LIMITS = {"NumPy by hand": 10.0, "NumPy from the formula": 10.0, "optax": 5.0, "triad, 768 MiB": 2.0}


def same_end(case: str, ours: Ours) -> Iterator[Row]:
    """How far apart ours and each rival are after the whole run, relative to the largest entry."""
    ours.run(False)
    for name, rival in rivals(ours).items():
        if rival is None:
            yield Row(case, f"difference to {name}", None, ABSENT)
            continue
        rival.go(ours.instance.steps - 1)
        apart = np.max(np.abs(ours.point() - rival.point())) / np.max(np.abs(rival.point()))
        yield Row(case, f"difference to {name}", float(apart), "relative", most=1e-12)


def measure(
    rounds: int, sizes: tuple[tuple[int, int], ...], widths: tuple[int, ...], lengths: tuple[int, ...], large: int
) -> Iterator[Row]:
    """Races at (n, T), the same end at the first of them, and growth over n at its T and over T at its n."""
    n, steps = sizes[0]
    yield from same_end(f"n = {n}, T = {steps}", Ours(n, steps, "dense"))
    for n, steps in sizes:
        case, ours = f"n = {n}, T = {steps:,}, a step", Ours(n, steps, "dense")
        ours.step()  # compiles, and knows its size
        others = stepping(rivals(ours), min(steps - 1, 20))
        floors = triads(ours.layout.size, large)
        yield from race(case, ours.step, others, rounds, ("ms", 1e3), LIMITS, floors)
        yield Row(case, "ours with the running average", 1e3 * median(ours.whole_step, rounds), "ms")
    n, steps = sizes[0]
    runs = [Ours(k, steps, "dense") for k in widths]
    times = [median(lambda run=run: run.run(True), rounds) for run in runs]
    yield growth(f"T = {steps}", "2^n", [2.0**k for k in widths], times)
    yield growth(f"T = {steps}", "d", [float(run.instance.dimension) for run in runs], times)
    times = [median(lambda t=t: Ours(n, t, "dense").run(True), rounds) for t in lengths]
    yield growth(f"n = {n}", "T", lengths, times)


BENCHMARK = Benchmark(
    title="A dense step of SAM on sam-chain",
    measure=measure,
    sizes={
        "full": {
            "sizes": ((10, 128), (14, 256)), "widths": (8, 10, 12), "lengths": (64, 128, 256, 512), "large": LARGE,
        },
        "quick": {"sizes": ((10, 128),), "widths": (8, 10, 12), "lengths": (64, 128, 256), "large": LARGE},
        "smallest": {"sizes": ((6, 8),), "widths": (6, 7), "lengths": (8, 12), "large": 2**20, "rounds": 1},
    },
)  # fmt: skip
