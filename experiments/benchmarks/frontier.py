"""Frontier engine: sam-chain with n = 20, T = 10^7, so d = 1.05e13, and its growth in T and in 2^n.

NumPy's step works on the active block alone, which is what a user who knew the sparsity would write at best.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks._base import Benchmark, Row, fresh, median, memory, race, seconds
from benchmarks._chain import Ours
from benchmarks._triad import LARGE, Triad
from benchmarks.blocks import alone, grown


def numpy_block_step(steps: int) -> Callable[[], float]:
    """What a SAM step on one whole block takes in NumPy."""
    delta, eta, r = np.full(steps - 1, 0.125), 0.25, 0.1
    x = np.zeros(steps)
    x[1] = -1e-9

    def gradient(y: np.ndarray) -> np.ndarray:
        t = np.maximum(y[1:] - delta * y[:-1], 0.0)
        g = np.zeros(steps)
        g[1:] += t
        g[:-1] -= delta * t
        return g

    def step() -> None:
        nonlocal x
        g = gradient(x)
        norm = np.sqrt(g @ g)
        x = x - eta * gradient(x + r / norm * g) if norm > 0.0 else x

    return lambda: seconds(step, 20)


def streamed(n: int, steps: int) -> tuple[float, float | None]:
    """Wall seconds of a process that makes a run, stores no column and uses all cores; and its peak."""
    script = (
        "import json, sco_flat; from benchmarks._base import peak_mebibytes; "
        f"sco_flat.run('sam-chain', n={n}, steps={steps}, engine='frontier'); print(json.dumps(peak_mebibytes()))"
    )
    began = time.perf_counter()
    words, home = [sys.executable, "-c", script], Path(__file__).parents[1]
    done = subprocess.run(words, cwd=home, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, json.loads(done.stdout)


def measure(
    rounds: int,
    size: tuple[int, int],
    beyond: tuple[int, int],
    against: tuple[int, int],
    lengths: tuple[int, ...],
    widths: tuple[int, ...],
    large: int,
) -> Iterator[Row]:
    """One long run, a race of single steps, growth."""
    n, steps = size
    case = f"n = {n}, T = {steps:,}, a run"
    taken, peak = fresh(alone, n, steps, "frontier", rounds)
    yield Row(case, "ours", taken, "s", most=10.0)
    yield Row(case, "a step", 1e6 * taken / steps, "µs")
    yield memory(case, peak)
    case = f"n = {beyond[0]}, T = {beyond[1]:,}, a run with its risks, no column stored"
    taken, peak = streamed(*beyond)
    yield Row(case, "wall", taken, "s", most=60.0)
    yield memory(case, peak, 400.0)
    n, steps = against
    ours = Ours(n, steps, "frontier")
    ours.step()
    case = f"n = {n}, T = {steps:,}, a step"
    rivals = {"NumPy on the active block": numpy_block_step(steps)}
    yield from race(case, ours.step, rivals, rounds, ("µs", 1e6))
    step, byte = median(ours.step, rounds), Triad(large).per_byte
    yield Row(case, "bytes that the triad moves meanwhile", step / statistics.median([byte(), byte(), byte()]), "B")
    yield from grown("frontier", rounds, n, lengths, widths, 1.2)


BENCHMARK = Benchmark(
    title="Runs of the engine frontier on sam-chain",
    measure=measure,
    shown=3,
    sizes={
        "full": {
            "size": (20, 10**7), "beyond": (32, 10_000), "against": (12, 10_000),
            "lengths": (10**4, 10**5, 10**6), "widths": (12, 16, 20),
            "large": LARGE,
        },
        "quick": {
            "size": (20, 10**6), "beyond": (26, 10_000), "against": (12, 10_000),
            "lengths": (10**4, 10**5), "widths": (12, 16, 18),
            "large": LARGE,
        },
        "smallest": {
            "size": (7, 64), "beyond": (23, 16), "against": (6, 32),
            "lengths": (32, 64), "widths": (6, 8), "large": 2**20, "rounds": 1,
        },
    },
)  # fmt: skip
