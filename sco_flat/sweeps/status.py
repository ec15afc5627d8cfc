"""How far a sweep is."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps import work
from sco_flat.sweeps.rows import DONE, FAILED, WAITING
from sco_flat.sweeps.store import Store

STATES = f"""
SELECT COUNT(*) FILTER (WHERE place IS NULL),
       COUNT(*) FILTER (WHERE place IS NOT NULL AND status = {WAITING}),
       COUNT(*) FILTER (WHERE place IS NOT NULL AND status = {DONE}),
       COUNT(*) FILTER (WHERE place IS NOT NULL AND status = {FAILED}),
       TOTAL(microseconds) FILTER (WHERE place IS NOT NULL)
FROM cells
"""
"""Rows beside the plan, those of the plan by state, and their microseconds."""
UNSAID = "no reason is given"


def status(folder: str | Path) -> dict[str, Any]:
    """Count cells by state, and say why cells failed and what no statement speaks of.

    Rows are counted as they stand: their checksums, and the file as a whole, are what `collect` and `plot` verify.

    Parameters
    ----------
    folder : path
        Of a sweep, running or not; nothing is changed.

    Returns
    -------
    dict
        ``name``, ``notes``: of the file; ``cells``, ``done``, ``failed``, ``waiting``, ``missing``, ``beside``;
        ``failures`` and ``outside_theorem``: number of cells by reason, the most frequent first; ``seconds_per_cell``
        (mean, of one worker; None before the first), ``seconds_left`` (for one worker); ``running``, ``stale``;
        ``verdicts``: of a sweep that checks statements, number of cells by verdict, the most frequent first.

    Raises
    ------
    InputError
        For a folder without a store, or with a damaged one.
    """
    with Store(folder, whole=False) as store:
        total = store.planned()
        if total == 0:
            raise InputError("folder", folder, "holds no cells", "run sco-flat sweep first")
        beside, waiting, done, failed, seconds = next(store.select(STATES))
        reasons = _reasons(store)
        ended = done + failed
        pace = seconds / 1e6 / ended if ended else None
        declared = store.declared() or {}
        return {
            "folder": str(folder), "name": declared.get("name"), "notes": declared.get("notes"), "cells": total,
            "done": done, "failed": failed, "waiting": waiting, "missing": total - ended - waiting, "beside": beside,
            "seconds_per_cell": pace, "seconds_left": None if pace is None else pace * waiting,
            "failures": reasons[FAILED], "outside_theorem": reasons[DONE], "running": store.busy(),
            "stale": store.version() != work.version(), "verdicts": _verdicts(store),
        }  # fmt: skip


def _reasons(store: Store) -> dict[int, dict[str, int]]:
    """Messages of failures, and reasons why no statement speaks of a result; how many cells have each, most first."""
    known = work.CHECKED if store.record() == (work.CLAIMS,) else work.COMMON
    because = "reason" if "reason" in known else "outside_because"
    places = known.index("inside_theorem"), known.index(because)
    inside, reason = (f"json_extract(result, '$[{place}]')" for place in places)
    # NaN is no JSON to SQLite, and is read here; rows without a reason stay in SQLite, which takes most of the time
    why = f"CASE WHEN NOT json_valid(result) THEN result WHEN {inside} THEN NULL ELSE ifnull({reason}, '{UNSAID}') END"
    query = (
        f"SELECT status, CASE status WHEN {FAILED} THEN message ELSE {why} END FROM cells WHERE place IS NOT NULL "
        f"AND (status = {FAILED} OR status = {DONE} AND ({why}) IS NOT NULL)"
    )
    found: dict[int, Counter[str]] = {FAILED: Counter(), DONE: Counter()}
    for (state, text), count in Counter(store.select(query)).items():
        if state == DONE and text.startswith("["):
            text = _spoken(text, *places)
        if text is not None:
            found[state][text] += count
    return {state: dict(sorted(texts.items(), key=lambda item: (-item[1], item[0]))) for state, texts in found.items()}


def _verdicts(store: Store) -> dict[str, int]:
    """How many cells have each verdict; none where the sweep runs and checks nothing."""
    if store.record() != (work.CLAIMS,):
        return {}
    place = work.CHECKED.index(work.VERDICT)
    verdict = f"CASE WHEN json_valid(result) THEN json_extract(result, '$[{place}]') ELSE result END"
    query = f"SELECT {verdict} FROM cells WHERE place IS NOT NULL AND status = {DONE}"
    found: Counter[str] = Counter()
    for (text,), count in Counter(store.select(query)).items():
        with contextlib.suppress(ValueError, RecursionError, TypeError, LookupError):  # a damaged row has none
            found[str(json.loads(text)[place]) if text.startswith("[") else text] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _spoken(text: str, inside: int, because: int) -> str | None:
    """The reason why no statement speaks of a result; None if one does, or if it is no result."""
    try:
        row = json.loads(text)
        return None if row[inside] else str(row[because] or UNSAID)
    except (ValueError, RecursionError, TypeError, LookupError):
        return None
