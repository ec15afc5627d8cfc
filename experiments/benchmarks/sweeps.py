"""What a sweep costs beside its cells: small cells with two workers and with one; registering and collecting rows.

Small cells are timed by the wall: they are spent in several processes.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks._base import Benchmark, Row, growth, seconds
from sco_flat import patience
from sco_flat.sweeps import collect, load, plan, status, store, sweep, work

SIDE = 20
STEPS = ("registered", "asked for their status", "loaded, a fifth of them", "collected as CSV", "as CSV and Parquet")
"""What is timed on many rows."""
ONCE = "cells of one repetition registered"
LIMITED = {
    ("registered", 1000): 10.0,
    (ONCE, 1000): 10.0,
    ("asked for their status", 1000): 2.0,
    ("loaded, a fifth of them", 1000): 5.0,
}
"""Most seconds that a million rows may take."""


def small_cells(folder: Path, repeat: int, workers: int) -> tuple[float, float]:
    """Wall seconds of so many times `SIDE` cells, and those of a cell that were not spent in it."""
    study = {
        "instance": "sam-chain",
        "method": "sam",
        "axes": {"n": 6, "T": 64, "eta": {"linspace": [0.02, 0.08, SIDE]}, "radius": "auto"},
        "random": {"repeat": repeat},
    }
    began = time.perf_counter()
    counts = sweep.run(study, folder, workers=workers)
    wall = time.perf_counter() - began
    return wall, wall / counts.done - status.status(folder)["seconds_per_cell"] / workers


def planned(values: int, repeat: int) -> plan.Plan | plan.Checks:
    """A plan of so many step sizes, each with so many repetitions."""
    axes = {"n": 6, "T": 64, "eta": {"linspace": [0.01, 0.08, values]}}
    return plan.understand({"instance": "sam-chain", "axes": axes, "random": {"repeat": repeat}})


def once(folder: Path, values: int) -> float:
    """CPU seconds of registering so many step sizes with one repetition each."""
    data = planned(values, 1)
    with store.Store(folder, create=True) as opened:
        return seconds(lambda: opened.register(data))


def many_rows(folder: Path, repeat: int) -> tuple[float, ...]:
    """CPU seconds of each of `STEPS` on a thousand times so many rows."""
    data = planned(1000, repeat)
    with store.Store(folder, create=True) as opened:
        registered = seconds(lambda: opened.register(data))
        waiting = opened.waiting()
        results, message, _ = work.run(json.loads(waiting[0][1]), data.record)  # every row has those of the first
        for key, _ in waiting:
            opened.finish(key, results, message, 0.001)
    asked = seconds(lambda: status.status(folder))
    loaded = seconds(lambda: load.load(folder, only=f"repetition<{repeat / 5}"))
    collected = [seconds(lambda p=p: collect.collect(folder, parquet=p)) for p in (False, True)]
    return registered, asked, loaded, *collected


def measure(rounds: int, cells: int, workers: tuple[int, ...], rows: tuple[int, ...]) -> Iterator[Row]:
    """Small cells with so many workers, then thousands of rows, with growth."""
    with tempfile.TemporaryDirectory() as name, patience.unlimited(silent=True):
        folder = Path(name)
        for count in workers:
            small_cells(folder / f"warm{count}", 1, count)  # starts the workers
            taken = [small_cells(folder / f"cells{count}-{k}", cells // SIDE, count) for k in range(rounds)]
            wall, beside = (statistics.median(one) for one in zip(*taken, strict=True))
            case = f"{cells:,} cells, workers: {count}"
            yield Row(case, "wall", wall, "s")
            yield Row(case, "not in cells", 1e3 * beside, "ms wall a cell")
        found = []
        for repeat in rows:
            taken = [many_rows(folder / f"rows{repeat}-{k}", repeat) for k in range(rounds)]
            found.append([statistics.median(one) for one in zip(*taken, strict=True)])
        for what, times in zip(STEPS, zip(*found, strict=True), strict=True):
            yield from shown(f"cells {what}", what, rows, times)
        singles = [
            statistics.median(once(folder / f"once{repeat}-{k}", 1000 * repeat) for k in range(rounds))
            for repeat in rows
        ]
        yield from shown(ONCE, ONCE, rows, singles)


def shown(words: str, what: str, rows: tuple[int, ...], times: Sequence[float]) -> Iterator[Row]:
    """A line for each number of rows, then growth."""
    for repeat, second in zip(rows, times, strict=True):
        yield Row(f"{1000 * repeat:,} {words}", "ours", second, "s", most=LIMITED.get((what, repeat)))
    yield growth(words, "cells", rows, times)


BENCHMARK = Benchmark(
    title="Sweeps",
    measure=measure,
    shown=3,
    sizes={
        "full": {"cells": 10_000, "workers": (2, 1), "rows": (1000, 100, 10)},
        "quick": {"cells": 200, "workers": (2, 1), "rows": (8, 2)},
        "smallest": {"cells": 20, "workers": (1,), "rows": (2, 1), "rounds": 1},
    },
)
