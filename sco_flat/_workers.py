"""Processes beside this one."""

from __future__ import annotations

import signal
from typing import Any

import joblib


def deaf() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the first one: it stops the workers, without a word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def pool(workers: int, order: str) -> Any:
    """Return a pool to be called with an iterable of ``joblib.delayed`` calls, inside ``with``.

    Parameters
    ----------
    workers : int
        Processes; 1 runs in this one.
    order : {"generator", "generator_unordered"}
        Results in the order of the calls, or as they come.
    """
    return joblib.Parallel(n_jobs=workers, backend="loky", return_as=order, batch_size="auto", initializer=deaf)
