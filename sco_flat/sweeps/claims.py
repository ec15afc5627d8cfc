"""Claims of the checks of a store: one column for each number of each claim, since no two statements have the same."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps.store import Store

HOLDS = {"holds": True, "proved": True, "fails": False}
"""What is neither is undecided or not applicable, and the cell is empty."""


def names(store: Store) -> list[str]:
    """Return the names of all claims of the finished rows, in the order in which they come up.

    A column is such a name, ``lambda_max of the Hessian > 0``, with one of `sco_flat.sweeps.work.PARTS`.

    Raises
    ------
    InputError
        For claims that no check wrote.
    """
    try:
        return list(dict.fromkeys(name for _, row in store.rows() for name in _read(str(row[-1]))))
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise store.damage("a row that no run wrote") from None


def spread(text: str, known: list[str]) -> list[Any]:
    """Return value, bound, their difference and whether it holds, for each claim that is known; None where it is not.

    Parameters
    ----------
    text : str
        What `sco_flat.sweeps.work.run` kept.
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


def verdicts(store: Store) -> dict[str, Counter[str]]:
    """Return the verdicts of the finished rows, each with its reasons and how many rows have one; none is empty."""
    found: dict[str, Counter[str]] = {}
    for _, row in store.rows():
        found.setdefault(str(row[0]), Counter())[str(row[1] or "")] += 1
    return found


def _read(text: str) -> dict[str, tuple[float | None, float | None, str]]:
    """Claims by name; the second of one name is called so."""
    found: dict[str, tuple[float | None, float | None, str]] = {}
    for name, value, bound, verdict in json.loads(text):
        called = next(c for k in range(1, len(found) + 2) if (c := name if k == 1 else f"{name} ({k})") not in found)
        low, high = (None if x is None else float(x) for x in (value, bound))
        found[called] = low, high, verdict
    return found
