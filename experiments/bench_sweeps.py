"""What a sweep costs beside its cells: 10,000 small ones; entering, asking and collecting a million rows.

Run: python experiments/bench_sweeps.py
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sco_flat.sweeps import collect, load, plan, status, store, sweep, work

SMALL = """instance = "sam-chain"
method = "sam"
[axes]
n = 6
T = 64
eta = { linspace = [0.02, 0.08, 100] }
radius = "auto"
[random]
repeat = 100
"""


def small_cells(folder: Path) -> None:
    """10,000 cells with 2 workers and with 1; the second tells what is not spent in cells."""
    path = folder / "small.toml"
    path.write_text(SMALL)
    sweep.run(path, folder / "warm", workers=1)  # compiles
    for workers in (2, 1):
        began = time.perf_counter()
        counts = sweep.run(path, folder / str(workers), workers=workers)
        wall = time.perf_counter() - began
        with store.Store(folder / str(workers)) as opened:
            spent = opened.seconds()
        beside = (wall - spent / workers) / counts.done * 1e3
        print(f"{counts.done} cells, {workers} worker(s): {wall:.1f} s, of it {beside:.3f} ms a cell not in cells")


@contextmanager
def clocked(what: str) -> Iterator[None]:
    """Print seconds of the clock and of the processor, and the peak of this process so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what}: {wall:.1f} s, {cpu:.1f} CPU s; peak of this process {peak:.2f} GB", flush=True)


def million_rows(folder: Path) -> None:
    """A store with a million rows, made up, to CSV and Parquet."""
    data = plan.understand(
        {
            "instance": "sam-chain",
            "axes": {"n": 6, "T": 64, "eta": {"linspace": [0.01, 0.08, 1000]}},
            "random": {"repeat": 1000},
        }
    )
    results = [0.5, "4097", "frontier", True, 1, 0]
    results += [0.123456789 + 0.01 * k for k in range(len(work.columns(data.record)) - len(results))]
    with store.Store(folder / "million", create=True) as opened:
        with clocked("a million cells entered"):
            opened.register(data)
        for key, _ in opened.waiting():
            opened.finish(key, results, "", 0.001)
    with clocked("status of a million rows"):
        status.status(folder / "million")
    with clocked("load of 200,000 of them"):
        load.load(folder / "million", "repetition<200")
    for parquet in (False, True):
        with clocked("collected to CSV and Parquet" if parquet else "collected to CSV"):
            collect.collect(folder / "million", parquet=parquet)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        small_cells(Path(name))
        million_rows(Path(name))
