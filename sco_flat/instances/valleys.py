"""What the valleys ask of the numbers of a run, and how steep they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import Curvature, Loss, number
from sco_flat.instances.block import BlockLoss
from sco_flat.samples import Sample


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


class Peak(NamedTuple):
    """Largest Hessian of a loss and slope at 0, exactly, of which the stated constants are rounded upwards.

    Attributes
    ----------
    total : Fraction
        Bound on the norm of every Hessian.
    reached : Fraction
        Norm of one of them, or less.
    slope_squared : Fraction
        Bound on ``|grad f(0, z)|²``.
    """

    total: Fraction
    reached: Fraction
    slope_squared: Fraction = Fraction(0)

    @property
    def smoothness(self) -> float:
        """Least double at or above ``total``."""
        return _above(self.total)

    @property
    def lipschitz(self) -> float:
        """``beta + |grad f(0)|`` on the unit ball."""
        slope = math.sqrt(self.slope_squared)
        return _above(self.total + Fraction(math.nextafter(slope, math.inf) if slope else 0.0))

    def curvature(self) -> Curvature:
        """What is reached, rounded downwards to a square, and the rest beside it."""
        scale = math.sqrt(self.reached)
        while Fraction(scale) ** 2 > self.reached:
            scale = math.nextafter(scale, 0.0)
        return Curvature(np.array([scale]), np.zeros(0), self.total - Fraction(scale) ** 2, self.slope_squared)


class Peaked:
    """A loss whose constants are those of its `peak`."""

    def peak(self) -> Peak:
        """Largest Hessian and slope at 0."""
        raise NotImplementedError

    @property
    def smoothness(self) -> float:
        """See `peak`."""
        return self.peak().smoothness

    @property
    def lipschitz(self) -> float:
        """``beta + |grad f(0)|`` on the unit ball."""
        return self.peak().lipschitz

    def curvature(self) -> Curvature:
        """See ``Loss.curvature``."""
        return self.peak().curvature()


@dataclass(frozen=True)
class BitsValley(Peaked, BlockLoss):
    """What SAM's valleys over columns of fair bits share; a bad column is zero on the whole sample.

    Attributes
    ----------
    gamma : float
        gam, in (0, 1].
    margin : float
        rho of the first term, r/8 by default; no flat ball comes of it.
    """

    gamma: float = 1.0
    margin: float | None = None

    event = "one"
    default_method = "sam"
    sleeps = False
    from_squares = False
    convex = non_negative = realizable = True
    flat = False
    scratch = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        number("radius", self.perturbation_radius, 0.0, math.inf, "the loss is built from r > 0", strict=True)
        number("gamma", self.gamma, 0.0, 1.0, "choose 0 < gamma <= 1", strict=True)
        if self.margin is not None:
            number("margin", self.margin, 0.0, math.inf, "choose a margin >= 0")

    @property
    def bad_code(self) -> int:
        """All zeros: no example sees x there."""
        return 0

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``1/sqrt(eta T)``."""
        return 1.0 / math.sqrt(step_size * steps)

    def weights(self) -> NDArray[np.float64]:
        """Not read."""
        return np.ones(self.length + 1)

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """All: the first steps move every block."""
        return np.arange(self.m, dtype=np.int64)


def root_above(square: Fraction) -> Fraction:
    """Return a double whose square is ``square`` at least, and hardly more.

    Examples
    --------
    >>> root_above(Fraction(2)) ** 2 >= 2
    True
    """
    found = math.sqrt(square)
    while Fraction(found) ** 2 < square:
        found = math.nextafter(found, math.inf)
    return Fraction(found)


def _above(number: Fraction) -> float:
    found = float(number)
    return found if Fraction(found) >= number else math.nextafter(found, math.inf)


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
