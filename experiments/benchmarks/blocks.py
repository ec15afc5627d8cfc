"""Blocks engine: whole runs on sam-chain, n = 20 and T = 10^4 so that d = 1.05e10, in seconds and megabytes.

The first run stands in a new process, so that its peak of memory is its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks._base import Benchmark, Row, fresh, growth, median, memory, peak_mebibytes, race, seconds
from benchmarks._chain import Ours, rivals, stepping
from benchmarks._triad import LARGE, triads
from sco_flat.engines.simulation import simulate
from sco_flat.settings import Settings

MOST = 1.2
"""The largest exponent in T."""


def alone(n: int, steps: int, engine: str, rounds: int) -> tuple[float, float | None]:
    """Seconds of a run with its average, and the peak of this process in mebibytes."""
    Ours(6, 16, engine).run(True)  # loads the compiled code
    ours = Ours(n, steps, engine)
    return median(lambda: ours.run(True), rounds), peak_mebibytes()


def grown(
    engine: str, rounds: int, n: int, lengths: tuple[int, ...], widths: tuple[int, ...], most: float
) -> list[Row]:
    """Growth of whole runs in T at one n, and in 2^n and d at T = 64."""
    times = [median(lambda t=t: Ours(n, t, engine).run(True), rounds) for t in lengths]
    rows = [growth(f"n = {n}, T = {lengths[0]:,} to {lengths[-1]:,}", "T", lengths, times, most)]
    case, runs = f"T = 64, n = {widths[0]} to {widths[-1]}", [Ours(k, 64, engine) for k in widths]
    times = [median(lambda run=run: run.run(True), rounds) for run in runs]
    rows.append(growth(case, "2^n", [2.0**k for k in widths], times))
    return [*rows, growth(case, "d", [float(run.instance.dimension) for run in runs], times)]


def elsewhere(rounds: int, n: int, lengths: tuple[int, ...]) -> Iterator[Row]:
    """Growth in T of runs with projections, and of runs with the risks of all their suffix averages."""
    runs = [Ours(n, t, "blocks") for t in lengths]

    def projected(run: Ours) -> None:
        simulate(run.instance, run.sample, Settings("sam", engine="blocks", project=True), 0)

    def suffixes(run: Ours) -> None:
        _ = simulate(run.instance, run.sample, Settings("sam", engine="blocks"), 0).suffix_risks

    for words, act in (("with projections", projected), ("with the risks of all suffixes", suffixes)):
        times = [median(lambda run=run, act=act: seconds(lambda: act(run)), rounds) for run in runs]
        yield growth(f"n = {n}, T = {lengths[0]:,} to {lengths[-1]:,}, {words}", "T", lengths, times, MOST)


def measure(
    rounds: int,
    size: tuple[int, int],
    against: tuple[int, int],
    n: int,
    lengths: tuple[int, ...],
    widths: tuple[int, ...],
    large: int,
) -> Iterator[Row]:
    """One large run, a race of single steps, growth."""
    case = f"n = {size[0]}, T = {size[1]:,}, a run"
    taken, peak = fresh(alone, *size, "blocks", rounds)
    yield Row(case, "ours", taken, "s", most=2.0)
    yield memory(case, peak, 300.0)
    ours = Ours(*against, "blocks")
    ours.run(True)
    case, others = f"n = {against[0]}, T = {against[1]}, a step with its set-up", stepping(rivals(ours), 10)
    floors = triads(ours.layout.size, large)
    yield from race(case, ours.whole_step, others, rounds, ("µs", 1e6), triads=floors)
    yield from grown("blocks", rounds, n, lengths, widths, MOST)
    yield from elsewhere(rounds, n, lengths)


BENCHMARK = Benchmark(
    title="Runs of the engine blocks on sam-chain",
    measure=measure,
    sizes={
        "full": {
            "size": (20, 10_000), "against": (10, 128), "n": 12, "lengths": (1000, 3000, 10_000, 30_000),
            "widths": (12, 14, 16, 18, 20), "large": LARGE,
        },
        "quick": {
            "size": (16, 3000), "against": (10, 128), "n": 12, "lengths": (1000, 3000), "widths": (12, 16, 18),
            "large": LARGE,
        },
        "smallest": {
            "size": (7, 16), "against": (6, 8), "n": 6, "lengths": (8, 16), "widths": (6, 8), "large": 2**20,
            "rounds": 1,
        },
    },
)  # fmt: skip
