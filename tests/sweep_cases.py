"""What the tests of sweeps share."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from sco_flat.sweeps import collect, local, store, sweep

FILE = """
instance = "sam-chain"
method = ["sam", "gd"]
allow_outside = true
record = ["average", "last"]

[axes]
n = [6, 7]
T = { logspace = [8, 32, 3], whole = true }
eta = 0.0625
radius = "1/(2*eta*sqrt(T))"

[random]
repeat = 3
"""


def table(folder):
    collect.collect(folder)
    return (folder / "table.csv").read_bytes()


def run(file, folder, **options):
    return sweep.run(file, folder, **({"workers": 1} | options))


VALUES = {"T": 64, "eta": 0.25, "n": 6, "flatness": 0.02}


def command(file, folder, *more):
    return [sys.executable, "-m", "sco_flat", "sweep", str(file), "--out", str(folder), *more]


def finished(folder):
    """Finished rows of a store, seen from beside the process that fills it; 0 while there is none."""
    place = f"file:{folder}/cells.sqlite?mode=ro"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(place, uri=True)) as seen:
        return seen.execute("SELECT COUNT(*) FROM cells WHERE status > 0").fetchone()[0]
    return 0


def killed(file, folder, times, rng):
    """Kill the process group at random moments; committed rows must stay as they are.

    On a slow machine all of the first seconds are its beginning: every second kill waits for new rows.
    """
    kept = {}
    for turn in range(times):
        process = subprocess.Popen(
            command(file, folder, "--workers", "2"), start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if turn % 2:
            for _ in range(2400):
                if finished(folder) > len(kept) or process.poll() is not None:
                    break
                time.sleep(0.05)
            time.sleep(rng.uniform(0.0, 0.5))
        else:
            time.sleep(rng.uniform(0.5, 4.0))
        with contextlib.suppress(ProcessLookupError):  # it was through
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        path = folder / "cells.sqlite"
        if not path.exists() or path.stat().st_size == 0:  # as good as none
            continue
        with store.Store(folder) as opened:
            run_now = opened._connection.execute("SELECT key, status, result FROM cells WHERE status > 0").fetchall()
            total = opened._connection.execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM cells").fetchone()
        assert total[0] == total[1]
        found = {key: (status, result) for key, status, result in run_now}
        assert kept.items() <= found.items()
        kept = found
    return len(kept)


LONG = FILE.replace("repeat = 3", "repeat = 60").replace("[8, 32, 3]", "[64, 512, 4]")


def dies_once(task, record, key, mark):
    """Kill the worker the first time that it meets the marked cell."""
    if task[0] == key and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return local.run_cell(task, record)


def dies_always(task, record, key):
    if task[0] == key:
        os.kill(os.getpid(), signal.SIGKILL)
    return local.run_cell(task, record)


STUDIES = sorted((Path(__file__).parent.parent / "experiments").glob("*.toml"))
