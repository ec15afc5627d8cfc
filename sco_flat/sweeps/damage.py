"""Rows that do not say what was written: which cells they were."""

from __future__ import annotations

import itertools

from sco_flat.errors import InputError
from sco_flat.sweeps.plan import understand
from sco_flat.sweeps.store import Store

NAMED = 2
"""Cells that are named."""
WIDEST = 60
"""Letters of a name."""


def refuse_damaged(store: Store, rest: str) -> None:
    """Name the cells whose rows are damaged.

    Parameters
    ----------
    store : Store
        Open.
    rest : str
        What became of the other rows.

    Raises
    ------
    InputError
        If there are any.
    """
    lost = store.lost()
    if not lost:
        return
    named = [f"cell {place + 1}{_labels(store, place)}" for place in lost[:NAMED]]
    more = [f"{len(lost) - NAMED} more"] if len(lost) > NAMED else []
    limit = f"{len(lost)} of {store.planned()} rows are damaged: {', '.join([*named, *more])}"
    raise InputError("folder", store.folder, limit, f"{rest}; sco-flat sweep --retry computes these again")


def _labels(store: Store, place: int) -> str:
    """What a cell is called among the others, from the plan: its row is not to be trusted."""
    try:
        plan = understand(store.declared() or {})
        cell = next(itertools.islice(plan.cells(), place, None))
    except (InputError, StopIteration):  # of a file that this version reads otherwise
        return ""
    axes = [name for name, values in plan.axes.items() if len(values) > 1] + ["repetition"]
    text = ", ".join(f"{name} = {cell.labels[name]}" for name in axes if cell.labels.get(name) is not None)
    return f" ({text[:WIDEST]}{'...' if len(text) > WIDEST else ''})"
