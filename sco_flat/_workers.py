"""Processes beside this one."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import joblib

EVERY = 1.0
"""Seconds between two looks at the parent."""


def begin(parent: int) -> None:
    """Begin a worker: its life hangs on its parent's.

    Ctrl-C, which a terminal sends to all processes, is left to the first one: it stops the workers, without a word. A
    worker whose parent is gone, killed or not, ends within a second, in the middle of a kernel too (they hold no lock).

    Parameters
    ----------
    parent : int
        Process that started it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY)
    os._exit(1)


def pool(workers: int, order: str) -> Any:
    """Return a pool to be called with an iterable of ``joblib.delayed`` calls, inside ``with``.

    Parameters
    ----------
    workers : int
        Processes; 1 runs in this one.
    order : {"generator", "generator_unordered"}
        Results in the order of the calls, or as they come.
    """
    return joblib.Parallel(
        n_jobs=workers, backend="loky", return_as=order, batch_size="auto", initializer=begin, initargs=(os.getpid(),)
    )
