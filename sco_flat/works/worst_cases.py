"""Worst cases that works bound, by the works' names for them, each beside its printed bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sco_flat.bounds.base import Bound, attempt
from sco_flat.errors import unknown_name
from sco_flat.works.base import works

if TYPE_CHECKING:
    from sco_flat.bounds.pep import WorstCase


@dataclass(frozen=True)
class Printed:
    """What a work says of a worst case.

    Attributes
    ----------
    name : str
        The work's name for it, for ``sco-flat bounds pep --theorem``.
    of : str
        A key of `sco_flat.bounds.pep.STATEMENTS`.
    bound : callable
        The printed bound.
    """

    name: str
    of: str
    bound: Callable[..., Bound]


def get(name: str) -> Printed:
    """Return a worst case by a work's name for it.

    Raises
    ------
    InputError
        If no work has one of this name.
    """
    known = {case.name: case for work in works() for case in work.worst_cases}
    if name not in known:
        raise unknown_name("theorem", name, known)
    found: Printed = known[name]
    return found


def worst_case(name: str, steps: int, theta: Fraction, radius: Fraction, flatness: Fraction = Fraction(0)) -> WorstCase:
    """Bracket a worst case, and set the printed bound beside it; see `sco_flat.bounds.pep.worst_case`."""
    from sco_flat.bounds import pep  # loads cvxpy

    case = get(name)
    found = pep.worst_case(case.of, steps, theta, radius, flatness)
    printed = attempt(case.bound, **found.statement.numbers())
    return replace(found, theorem=name, paper=printed.value if isinstance(printed, Bound) else None)
