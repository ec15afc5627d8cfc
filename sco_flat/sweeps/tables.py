"""The table of one store: its columns, what they hold, its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sco_flat.sweeps import claims, filters, plan, work
from sco_flat.sweeps.filters import Condition
from sco_flat.sweeps.store import Store


def header(store: Store) -> list[str]:
    """Columns of the table; those of checks end with their claims."""
    names = plan.header(store.columns(), store.record())
    if names[-1] != work.CLAIMS:
        return names
    return [*names[:-1], *(f"{name}{part}" for name in claims.names(store) for part in work.PARTS)]


def table(store: Store, only: Sequence[Condition] = ()) -> Iterator[list[Any]]:
    """Rows of the table that are so, in the order of the plan.

    Parameters
    ----------
    store : Store
        Open.
    only : sequence of Condition
        On columns of `header`.
    """
    names = store.columns()
    known = claims.names(store) if store.record() == (work.CLAIMS,) else None
    called = header(store) if only else []
    rest = [condition for condition in only if condition.name not in names]
    for labels, results in store.rows(only=[condition for condition in only if condition.name in names]):
        if known is not None:
            results = [*results[:-1], *claims.spread(str(results[-1]), known)]
        row = [*(labels.get(name) for name in names), *results]
        if not rest or filters.chosen(rest, dict(zip(called, row, strict=True))):
            yield row


def kinds(store: Store) -> dict[str, str]:
    """``float``, ``int``, ``bool`` or ``str`` of every column, from what was declared."""
    declared = plan.understand(store.declared() or {})
    found = {"instance": "str", "method": "str", "oracle": "str", "repetition": "int", "seed": "int"}
    for name, values in declared.axes.items():
        types = {type(x).__name__ for x in values}
        found[name] = types.pop() if len(types) == 1 else "float" if types == {"int", "float"} else "str"
    for name in declared.formulas:
        found[name] = "int" if name in declared.whole else "float"
    exact = {
        "dimension": "str",
        "engine": "str",
        "inside_theorem": "bool",
        "outside_because": "str",
        "bad_columns": "int",
        "tied_steps": "int",
        "statement": "str",
        "evidence": "str",
        work.VERDICT: "str",
        "reason": "str",
        work.TRAJECTORY: "str",
    }
    flags = dict.fromkeys((name for name in header(store) if name.endswith(work.PARTS[-1])), "bool")
    return {name: (found | flags).get(name) or exact.get(name, "float") for name in header(store)}
