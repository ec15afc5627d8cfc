"""How far a sweep is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps import work
from sco_flat.sweeps.store import Store


def status(folder: str | Path) -> dict[str, Any]:
    """Count cells by state, and say why cells failed and what no statement speaks of.

    Parameters
    ----------
    folder : path
        Of a sweep, running or not; nothing is changed.

    Returns
    -------
    dict
        ``cells``, ``done``, ``failed``, ``waiting``, ``damaged``, ``beside``; ``failures`` and ``outside_theorem``:
        number of cells by reason; ``seconds_per_cell`` (mean, of one worker; None before the first), ``seconds_left``
        (for one worker); ``running``, ``stale``.

    Raises
    ------
    InputError
        For a folder without a store, or with a damaged one.
    """
    with Store(folder) as store:
        counts = store.counts()
        if counts.total == 0:
            raise InputError("folder", folder, "holds no cells", "run sco-flat sweep first")
        ended = counts.done + counts.failed
        pace = store.seconds() / ended if ended else None
        return {
            "folder": str(folder), "cells": counts.total, "done": counts.done, "failed": counts.failed,
            "waiting": counts.waiting, "damaged": counts.damaged, "beside": counts.beside,
            "seconds_per_cell": pace, "seconds_left": None if pace is None else pace * counts.waiting,
            "failures": store.reasons(), "outside_theorem": store.outside(), "running": store.busy(),
            "stale": store.version() != work.version(),
        }  # fmt: skip
