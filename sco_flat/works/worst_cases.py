"""Worst cases that works bound, by the keys of their statements, each beside its printed bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sco_flat._registry import PLAIN
from sco_flat.bounds.base import Bound, attempt
from sco_flat.errors import InputError, shown
from sco_flat.works.base import full_key, works
from sco_flat.works.base import get as statement

if TYPE_CHECKING:
    from sco_flat.bounds.pep import WorstCase


@dataclass(frozen=True)
class Printed:
    """What a work says of a worst case.

    Attributes
    ----------
    key : str
        ``work.name``: the key of its statement, or, where it is a lemma of several, one of its own.
    of : str
        A key of `sco_flat.bounds.pep.STATEMENTS`.
    bound : callable
        The printed bound.
    title : str
        What the work calls it; by default what it calls its statement.
    """

    key: str
    of: str
    bound: Callable[..., Bound]
    title: str = ""


def get(key: str | int) -> Printed:
    """Return a worst case by its key; the last part is enough where it is one of the first work's.

    Raises
    ------
    InputError
        If no work has one of this key.
    """
    known = {case.key: case for work in works() for case in work.worst_cases}
    wanted = full_key(key).lower()
    found: Printed | None = next((case for name, case in known.items() if name.lower() == wanted), None)
    if found is None:
        limit = f"no work bounds a worst case of this key; known are {', '.join(known)}"
        raise InputError("statement", repr(shown(key)), limit, f"choose one of them; {PLAIN} may be left out")
    return found


def worst_case(
    key: str | int, steps: int, theta: Fraction, radius: Fraction, flatness: Fraction = Fraction(0)
) -> WorstCase:
    """Bracket a worst case, and set the printed bound beside it; see `sco_flat.bounds.pep.worst_case`."""
    from sco_flat.bounds import pep  # loads the solver

    case = get(key)
    found = pep.worst_case(case.of, steps, theta, radius, flatness)
    printed = attempt(case.bound, **found.statement.numbers())
    title = case.title or statement(case.key).title
    return replace(found, key=case.key, title=title, paper=printed.value if isinstance(printed, Bound) else None)
