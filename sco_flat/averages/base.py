"""What an average declares: a point of a run, chosen by looking at the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sco_flat.engines.layout import Vector
from sco_flat.traits import Need
from sco_flat.vocabulary import Option, value_of


class Picked(NamedTuple):
    """A point that an average picked.

    Attributes
    ----------
    w : ndarray
        On the stored coordinates.
    start : int or None
        The first iterate of the window, if the average chose that itself.
    note : str
        How it was chosen, for the notes of the run.
    """

    w: Vector
    start: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Average:
    """A point that is made of the iterates of a run.

    Attributes
    ----------
    name : str
        Its key in results and sweeps.
    title : str
        What figures call it.
    pick : callable
        From a finished run, and those of ``numbers`` that are given, to a `Picked` or to as many of its parts.
    needs : tuple of Need
        What it asks of the loss and the run; where that is not met it is left out.
    numbers : tuple of Option
        What it reads: options of ``sco-flat run``, keywords of `sco_flat.run`, and axes of a sweep that records it.
    place : int
        Order in tables; those of the same place are sorted by name.
    asked : bool
        Whether it is only picked where it is asked for by name, since it takes runs of its own.
    suffix, whole : bool
        Whether it is the mean of ``w_a .. w_T`` for some a, of which lower bounds speak; and whether a is 1, of which
        upper bounds speak.
    """

    name: str
    title: str
    pick: Callable[..., tuple[Any, ...]]
    needs: tuple[Need, ...] = ()
    numbers: tuple[Option, ...] = ()
    place: int = 100
    asked: bool = False
    suffix: bool = False
    whole: bool = False

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Read those of some numbers that are its own.

        Raises
        ------
        InputError
            For a value that cannot be used.
        """
        return {o.name: value_of(o, given[o.name]) for o in self.numbers if given.get(o.name) is not None}
