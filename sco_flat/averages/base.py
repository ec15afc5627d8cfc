"""What an average declares: a point of a run, chosen by looking at the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sco_flat.engines.layout import Vector
from sco_flat.engines.simulation import Simulation
from sco_flat.traits import Need


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
        From a finished run to the point on its stored coordinates, and the first iterate of the window if the average
        chose that itself, else None.
    needs : tuple of Need
        What it asks of the loss and the run; where that is not met it is left out.
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
    pick: Callable[[Simulation], tuple[Vector, int | None]]
    needs: tuple[Need, ...] = ()
    place: int = 100
    asked: bool = False
    suffix: bool = False
    whole: bool = False
