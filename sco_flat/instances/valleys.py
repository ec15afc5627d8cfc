"""What SAM's valleys ask of the numbers of a run."""

from __future__ import annotations

import math
from typing import NamedTuple

from sco_flat.instances.base import Loss


class Condition(NamedTuple):
    """A condition on a number, for whoever states something about the loss.

    Attributes
    ----------
    name, key : str
        In symbols, and the long name of the number that mends it.
    value, limit : float
        Both sides.
    relation : str
        ``<=`` or ``>=``.
    mend : str
        The largest or least legal number.
    """

    name: str
    key: str
    value: float
    relation: str
    limit: float
    mend: str


def walk_conditions(
    loss: Loss,
    gamma: float,
    least: float,
    largest: float | None = None,
    longest: float = 1.4,
) -> tuple[Condition, ...]:
    """Conditions of the walk along the floor.

    Parameters
    ----------
    loss : Loss
        With eta, T and r.
    gamma : float
        gam of the slab.
    least : float
        What eta T has to reach.
    largest : float, optional
        The largest legal step size, where gamma depends on it.
    longest : float
        What ``r sqrt(eta T)`` may reach.
    """
    eta, steps, r = loss.step_size, loss.steps, loss.perturbation_radius
    largest = 0.24 / (1.0 + gamma) if largest is None else largest
    radius = longest / math.sqrt(eta * steps)
    return (
        Condition(
            "eta (1 + gamma) <= .24", "step_size", eta * (1.0 + gamma), "<=", 0.24,
            f"the largest legal step size is {largest:.6g}",
        ),
        Condition(
            f"eta T >= {least:g}", "steps", eta * steps, ">=", least, f"the least legal T is {math.ceil(least / eta)}"
        ),
        Condition(
            f"r sqrt(eta T) <= {longest:g}", "perturbation_radius", r * math.sqrt(eta * steps), "<=", longest,
            f"the largest legal radius is {radius:.6g}",
        ),
    )  # fmt: skip
