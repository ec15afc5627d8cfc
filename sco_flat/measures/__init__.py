"""Measures: what is read off a point of a run, one file each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.engines.layout import Look
    from sco_flat.measures.base import Measure
    from sco_flat.results import Point


def get(name: str) -> Measure:
    """Return a measure by its name."""
    found: Measure = _registry.entry("measures", name, "measure")
    return found


def names() -> tuple[str, ...]:
    """Return the registered measures, in the order of tables."""
    return tuple(sorted(_registry.names("measures"), key=lambda name: (get(name).place, name)))


def at(look: Look, start: int | None = None) -> Point:
    """Take every measure at a point.

    Parameters
    ----------
    look : Look
        The point.
    start : int, optional
        First iterate of the average that it is.
    """
    from sco_flat.results import Point
    from sco_flat.traits import objection

    facts = look.instance.facts()
    known = [get(name) for name in names()]
    return Point({m.name: None if objection(m, facts) else _read(m, look) for m in known}, start)


def _read(measure: Measure, look: Look) -> Any:
    """The measure; not a number where a double does not hold it."""
    import numpy as np

    with np.errstate(all="ignore"):
        try:
            return measure.evaluate(look)
        except (OverflowError, np.linalg.LinAlgError):
            return (math.nan, math.nan) if measure.interval else math.nan
