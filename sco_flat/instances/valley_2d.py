"""A valley in two dimensions that widens along its floor: SAM drifts where gradient descent rests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import number
from sco_flat.instances.fixed import FixedLoss
from sco_flat.instances.kernels import valley_2d as kernels
from sco_flat.instances.valleys import Peak, Peaked
from sco_flat.results import Interval

ARCS, MOST = 32, 512
"""Arcs into which a circle is cut at first, and the most that may stay open, where the loss is alike on many."""
NEAR = 1e-10
"""How near both ends of the SAER are to each other, relatively."""
NARROWEST = 1e-7
"""Half an arc that is not cut any more."""


@dataclass(frozen=True)
class Valley2d(Peaked, FixedLoss):
    """A picture of what SAM does in a valley.

    Setting
        Two dimensions, no randomness: ``f(b, x) = ½ [|b| - c x - h]_+² + (g/2) b²``; behind the apex ``(0, -h/c)``
        the first term is ``((1 + c²)/2) |(b, x + h/c)|²``. ``c² = u/(eta T)``.
    Method
        SAM from any small ``b != 0``. It jumps across the valley, by about ``eta (r - h)/2``, and at ``w ± r e_b`` the
        loss falls along x, so that x grows at every step. From the same start gradient descent and SAM without
        normalisation rest.
    Guarantee
        Convex, ``(1 + c² + g)``-smooth, a common minimum at 0. For small eta and g the last iterate has
        ``x = (r - h)(1 - exp(-u)) sqrt(eta T/u)``; u = 1.25 is near the best.
    Source
        This package.

    Attributes
    ----------
    drift : float
        u.
    floor : float
        h, half the width of the flat floor at x = 0; r/20 by default.
    bowl : float
        g.
    """

    drift: float = 1.25
    floor: float | None = None
    bowl: float = 0.1

    name = "valley-2d"
    title = "SAM drifts along a valley, gradient descent rests"
    default_method = "sam"
    defaults: ClassVar[dict[str, Any]] = {"n": 1, "steps": 20000, "step_size": 0.05, "start": "gaussian:1e-6"}
    convex = non_negative = realizable = True
    flat = False
    scratch = 1
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    dimension = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        number("drift", self.drift, 0.0, math.inf, "choose u > 0", strict=True)
        number("floor", self.floor_height, 0.0, math.inf, "choose h >= 0")
        number("bowl", self.bowl, 0.0, math.inf, "choose g >= 0")

    @property
    def widening(self) -> float:
        """c."""
        return math.sqrt(self.drift / (self.step_size * self.steps))

    @property
    def floor_height(self) -> float:
        """h."""
        return self.perturbation_radius / 20.0 if self.floor is None else self.floor

    def peak(self) -> Peak:
        """``1 + c² + g``: the first term is ``(1 + c²)/2`` times the squared distance to a convex set."""
        steep = 1 + Fraction(self.widening) ** 2 + Fraction(self.bowl)
        return Peak(steep, steep)

    def root_cvxpy(self, w: Any, z: Any) -> Any:
        """See ``Loss.root_cvxpy``."""
        import cvxpy

        from sco_flat.instances.distances import cones

        c, h, g = self.constants()
        b = cvxpy.abs(w[:1])
        return cvxpy.norm(cvxpy.hstack([cones(b, w[1:] + h / c, c), math.sqrt(g) * b]))

    def flat_minimum(self) -> dict[str, float]:
        """The origin."""
        return {}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``1 / sqrt(eta T)``: the last iterate is then of length below 1."""
        return 1.0 / math.sqrt(step_size * steps)

    def constants(self) -> tuple[float, ...]:
        """``c, h, g``."""
        return self.widening, self.floor_height, self.bowl

    def loss(self, w: NDArray[np.float64], z: Any) -> float:
        """See ``Loss.loss``."""
        c, h, g = self.constants()
        b, x = float(w[0]), float(w[1])
        s = x + h / c
        if c * abs(b) + s < 0.0:
            return 0.5 * (1.0 + c * c) * (b * b + s * s) + 0.5 * g * b * b
        return 0.5 * max(abs(b) - c * s, 0.0) ** 2 + 0.5 * g * b * b

    def saer_bracket(self, look: Any) -> Interval:
        """Both ends of the SAER to ten digits: the loss is convex, so that it is largest on the circle of radius r.

        An arc lies in the triangle of its ends and the point where the tangents there meet, and a convex function is
        largest at a corner of that. Arcs on which it may exceed the largest value found are halved.
        """
        b, x = float(look.w[0]), float(look.w[1])
        radius = self.perturbation_radius

        def at(angle: float, distance: float) -> float:
            return self.loss(np.array([b + distance * math.sin(angle), x + distance * math.cos(angle)]), None)

        half = math.pi / ARCS
        middles = [(2 * k + 1) * half for k in range(ARCS)]
        low = max(at(middle + half, radius) for middle in middles)
        while True:
            corners = [(at(middle, radius / math.cos(half)), middle) for middle in middles]
            middles = [middle for most, middle in corners if most > low * (1.0 + NEAR)]
            if not 0 < len(middles) <= MOST or half < NARROWEST:
                return low, max([low * (1.0 + NEAR), *(most for most, _ in corners)])
            low = max([low, *(at(middle, radius) for middle in middles)])
            half *= 0.5
            middles = [middle + side * half for middle in middles for side in (-1.0, 1.0)]

    def flatness_at(self, look: Any) -> float | None:
        """0 with a bowl; without one the distance to the nearer edge of the valley."""
        if look.empirical_risk > 0.0:
            return None
        c, h, g = self.constants()
        if g > 0.0:
            return 0.0
        return (h + c * float(look.w[1]) - abs(float(look.w[0]))) / math.sqrt(1.0 + c * c)


INSTANCE = Valley2d
