"""Measures: what is read off a point of a run, one file each."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any

from sco_flat import _registry
from sco_flat.errors import InputError

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


def at(look: Look, start: int | None = None, curvature: bool = False) -> Point:
    """Take every measure at a point.

    Parameters
    ----------
    look : Look
        The point.
    start : int, optional
        First iterate of the average that it is.
    curvature : bool
        Whether to take those that are only taken where they are asked for.
    """
    from sco_flat.results import Point
    from sco_flat.traits import objection

    facts = look.instance.facts()
    silent = {name: objection(get(name), facts) for name in names()}
    known = [get(name) for name in names()]
    wanted = curvature or bool(facts.get("curved"))
    taken = [m for m in known if not m.asked or (wanted and silent[m.name] is None)]
    return Point({m.name: None if silent[m.name] else _read(m, look) for m in taken}, start)


def _read(measure: Measure, look: Look) -> Any:
    """The measure; not a number where a double does not hold it."""
    import numpy as np

    with np.errstate(all="ignore"):
        try:
            return _value(measure, look)
        except (OverflowError, np.linalg.LinAlgError):
            return (math.nan, math.nan) if measure.interval else math.nan


def _value(measure: Measure, look: Look) -> Any:
    """The value of a measure; of one from outside the package whatever goes wrong is said with its file.

    Raises
    ------
    InputError
        Where a measure of somebody's own raises, or gives something else than it declares.
    """
    file = _registry.origin("measures", measure.name)
    if file is None:
        return measure.evaluate(look)
    try:
        found = measure.evaluate(look)
    except (InputError, OverflowError):
        raise
    except Exception as error:  # whatever the user's file raises
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError("measure", measure.name, f"its file {file} raises {text}", "mend the file") from error
    if found is None:
        return None
    if not measure.interval:
        if isinstance(found, Real):
            return float(found)
        pair = isinstance(found, tuple) and len(found) == 2
        mend = "say interval=True" if pair else "return a number or None"
        raise InputError("measure", measure.name, f"its file {file} gives {_short(found)}, no number", mend)
    if isinstance(found, (tuple, list)) and len(found) == 2 and all(isinstance(end, Real) for end in found):
        return float(found[0]), float(found[1])
    mend = "return (lower, upper) or None, or drop interval=True"
    raise InputError("measure", measure.name, f"its file {file} gives {_short(found)}, no pair of numbers", mend)


def _short(found: object) -> str:
    """A value in one line."""
    text = " ".join(repr(found).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
