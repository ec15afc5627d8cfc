"""SWA: the mean of some iterates of the last half of a run, one every so many steps."""

from __future__ import annotations

from sco_flat import numbers
from sco_flat.averages.base import Average, Picked
from sco_flat.averages.options import EVERY
from sco_flat.engines.layout import Vector
from sco_flat.engines.simulation import Simulation

CHECKPOINTS = 100
"""Points of a run at which one looks where nothing else is said, at most."""


def spacing(simulation: Simulation, every: int | None = None) -> int:
    """Steps between two checkpoints; where none are given, a hundredth of the run.

    Raises
    ------
    InputError
        If it is no whole number, or longer than the run.
    """
    steps = simulation.instance.steps
    return max(steps // CHECKPOINTS, 1) if every is None else numbers.whole("every", every, 1, steps)


def swa(simulation: Simulation, every: int | None = None, first: int | None = None) -> Vector:
    """Average ``w_first, w_{first + every}, ...``, up to w_T.

    Parameters
    ----------
    simulation : Simulation
        A finished run of any method on any loss; it runs again, and two vectors are held.
    every : int, optional
        Steps between two of them, a hundredth of the run by default.
    first : int, optional
        Where it begins, ``T//2 + 1`` by default.

    Returns
    -------
    ndarray
        On the stored coordinates.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    steps = simulation.instance.steps
    begin = steps // 2 + 1 if first is None else numbers.whole("first", first, 1, steps)
    times = range(begin, steps + 1, spacing(simulation, every))
    mean = simulation.last * 0.0
    for _, w in simulation.snapshots(times):
        mean += w / len(times)
    return mean


def pick(simulation: Simulation, *, every: int | None = None) -> Picked:
    """Average the last half, and say how closely it was looked at."""
    space, first = spacing(simulation, every), simulation.instance.steps // 2 + 1
    steps = "step" if space == 1 else f"{space} steps"
    return Picked(swa(simulation, space, first), first, f"has an iterate every {steps} from w_{first}")


AVERAGE = Average(name="swa", title="SWA", pick=pick, numbers=(EVERY,), asked=True, place=5)
