"""Theorem 6: SAM stops at a sharp minimum although a flat one exists."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import Curvature, squared_distance
from sco_flat.instances.fixed import FixedLoss
from sco_flat.instances.kernels import sam_sharp as kernels
from sco_flat.results import Interval


@dataclass(frozen=True)
class SamSharp(FixedLoss):
    """The instance of Theorem 6.

    Setting
        One dimension, no randomness: ``f(w) = ½ [w]_+²`` on [-1, 1]; ``w* = -½`` is ½-flat.
    Method
        SAM from 0 never moves, because ``0/0`` counts as 0; from a start ``e > 0`` it stops after one step
        if ``e (1 - eta) <= eta r``.
    Guarantee
        1-smooth, 1-Lipschitz; ``F_S^r(0) - F_S^r(-½) = ½ r²`` for ``r <= ½``.
    Source
        arXiv 2511.03548, Theorem 6; the positive start is "sharper".
    """

    name = "sam-sharp"
    title = "SAM at a sharp minimum"
    default_method = "sam"
    convex = non_negative = realizable = flat = True
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    dimension = 1
    smoothness = 1.0
    lipschitz = 1.0

    def flat_minimum(self) -> dict[str, float]:
        """``w* = -rho``: the nearest point around which the ball of radius rho is free."""
        return {"b": -self.flatness_radius}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """½."""
        return 0.5

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        return float(0.5 * max(w[0], 0.0) ** 2)

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """W itself."""
        return w[0]

    def flat_constraints(self, y: Any, unit: float) -> list[Any]:
        """``w <= -rho``."""
        return [y[0] <= -self.flatness_radius / unit]

    def curvature(self) -> Curvature:
        """The second derivative is 0 or 1."""
        return Curvature(np.ones(1), np.zeros(0))

    def saer_bracket(self, look: Any) -> Interval:
        """``½ [w + r]_+²``, exact."""
        exact = look.upper(self.perturbation_radius)
        return exact, exact

    def flatness_at(self, look: Any) -> float | None:
        """``-w`` on the flat side."""
        return 0.0 - look.b if look.b <= 0.0 else None

    def nearest_flat(
        self, start: NDArray[np.float64], found: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Fraction, str]:
        """See ``Loss.nearest_flat``."""
        point = np.minimum(start, -self.flatness_radius)
        return point, squared_distance(zip(start, point, strict=True)), "the flat minima are a half-line"

    def steepest(self, upper: Any) -> Any:
        """``f'(1) = 1``."""
        import flint

        return flint.arb(1).union(upper)


INSTANCE = SamSharp
