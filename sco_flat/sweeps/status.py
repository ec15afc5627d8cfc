"""How far a sweep is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps import work
from sco_flat.sweeps.rows import DONE, FAILED, WAITING
from sco_flat.sweeps.store import Store

Tally = dict[tuple[bool, int, str | None], int]


def status(folder: str | Path) -> dict[str, Any]:
    """Count cells by state, and say why cells failed and what no statement speaks of.

    Rows are read once, as they stand: their checksums, and the file as a whole, are what `collect` and `plot` verify.

    Parameters
    ----------
    folder : path
        Of a sweep, running or not; nothing is changed.

    Returns
    -------
    dict
        ``name``, ``notes``: of the file; ``cells``, ``done``, ``failed``, ``waiting``, ``missing``, ``beside``;
        ``failures`` and ``outside_theorem``: number of cells by reason, the most frequent first; ``seconds_per_cell``
        (mean, of one worker; None before the first), ``seconds_left`` (for one worker); ``running``, ``stale``.

    Raises
    ------
    InputError
        For a folder without a store, or with a damaged one.
    """
    with Store(folder, whole=False) as store:
        found, seconds = _tally(store)
        total = store.planned()
        if total == 0:
            raise InputError("folder", folder, "holds no cells", "run sco-flat sweep first")
        states: Counter[int] = Counter()
        reasons: dict[int, dict[str, int]] = {FAILED: {}, DONE: {}}
        for (planned, state, text), count in sorted(found.items(), key=lambda item: (-item[1], str(item[0]))):
            if planned:
                states[state] += count
                if text is not None and state in reasons:
                    reasons[state][text] = count
        ended = states[DONE] + states[FAILED]
        pace = seconds / ended if ended else None
        declared = store.declared() or {}
        return {
            "folder": str(folder), "name": declared.get("name"), "notes": declared.get("notes"), "cells": total,
            "done": states[DONE], "failed": states[FAILED], "waiting": states[WAITING],
            "missing": total - ended - states[WAITING], "beside": sum(found.values()) - states.total(),
            "seconds_per_cell": pace, "seconds_left": None if pace is None else pace * states[WAITING],
            "failures": reasons[FAILED], "outside_theorem": reasons[DONE], "running": store.busy(),
            "stale": store.version() != work.version(),
        }  # fmt: skip


def _tally(store: Store) -> tuple[Tally, float]:
    """How many rows are in the plan or beside it, by status and reason, and the seconds of those of the plan.

    The reason is the message of a failure, or why no statement speaks of a result; None where one does.
    """
    known = work.CHECKED if store.record() == (work.CLAIMS,) else work.COMMON
    inside, because = (f"json_extract(result, '$[{known.index(key)}]')" for key in ("inside_theorem", _because(known)))
    query = (
        f"SELECT place IS NOT NULL, status, CASE status WHEN {FAILED} THEN message WHEN {DONE} THEN "
        # NaN is no JSON to SQLite, and is read here
        f"CASE WHEN NOT json_valid(result) THEN result WHEN {inside} THEN NULL ELSE ifnull({because}, '') END END, "
        "microseconds FROM cells"
    )
    found: Tally = {}
    total = 0
    for planned, status, text, microseconds in store.select(query):
        key = bool(planned), status, text
        if status == DONE and text is not None and text.startswith("["):
            key = bool(planned), status, _spoken(text, known)
        found[key] = found.get(key, 0) + 1
        if planned and isinstance(microseconds, int):
            total += microseconds
    return found, total / 1e6


def _spoken(text: str, names: Sequence[str]) -> str | None:
    """The reason why no statement speaks of a result; None if one does, or if it is no result."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, list) or len(row) < len(names) or row[names.index("inside_theorem")]:
        return None
    return str(row[names.index(_because(names))] or "")


def _because(names: Sequence[str]) -> str:
    """The column that says why none does."""
    return "reason" if "reason" in names else "outside_because"
