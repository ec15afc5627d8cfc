"""Claims of the checks of a store: one column for each number of each claim, since no two statements have the same."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from sco_flat.sweeps import work
from sco_flat.sweeps.store import Store

HOLDS = {"holds": True, "proved": True, "fails": False}
"""What is neither is undecided or not applicable, and the cell is empty."""


def names(store: Store) -> list[str]:
    """Return the names of all claims of the finished rows, in the order in which they come up.

    Examples
    --------
    ``["lambda_max of the Hessian > 0"]``; the columns are this and one of `work.PARTS`.
    """
    return list(dict.fromkeys(name for _, row in store.rows() for name in _read(row[-1])))


def spread(text: str, known: list[str]) -> list[Any]:
    """Return value, bound, their difference and whether it holds, for each claim that is known; None where it is not.

    Parameters
    ----------
    text : str
        What `work.run` kept.
    known : list of str
        Names of claims.
    """
    found = _read(text)
    row: list[Any] = []
    for name in known:
        value, bound, verdict = found.get(name, (None, None, ""))
        ends = [x for x in (value, bound) if x is not None and math.isfinite(x)]
        row += [value, bound, ends[0] - ends[1] if len(ends) == 2 else None, HOLDS.get(verdict)]
    return row


def verdicts(store: Store) -> list[tuple[int, str, str]]:
    """Return how many finished rows have a verdict for a reason, the most frequent first; no reason is empty."""
    place = work.CHECKED.index(work.VERDICT)
    counted = Counter((row[place], row[place + 1] or "") for _, row in store.rows())
    return [(count, str(verdict), str(reason)) for (verdict, reason), count in counted.most_common()]


def _read(text: str) -> dict[str, tuple[float | None, float | None, str]]:
    """Claims by name; the second of one name is called so."""
    found: dict[str, tuple[float | None, float | None, str]] = {}
    for name, value, bound, verdict in json.loads(text):
        called = next(c for k in range(1, len(found) + 2) if (c := name if k == 1 else f"{name} ({k})") not in found)
        low, high = (None if x is None else float(x) for x in (value, bound))
        found[called] = low, high, verdict
    return found
