"""Least squares on unit vectors, with labels that a linear model fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.kernels import linear as kernels
from sco_flat.instances.linear import LinearLoss
from sco_flat.instances.saer.linear import Link
from sco_flat.results import Interval


@dataclass(frozen=True)
class LeastSquares(LinearLoss):
    """Least squares.

    Setting
        ``f(w, (x, y)) = ½ (x . w - y)²``, ``y = x . w*``, x uniform on the unit sphere.
    Guarantee
        Convex, 1-smooth, realizable; ``F(w) = |w - w*|²/(2d)``.
    """

    name = "least-squares"
    title = "½ (x . w - y)², y = x . w*"
    link = kernels.SQUARES
    realizable = True

    @property
    def lipschitz(self) -> float:
        """2 on the unit ball: ``|x . w - y| <= |w| + 1``."""
        return 2.0

    def loss(self, w: NDArray[np.float64], z: Any) -> float:
        """See ``Loss.loss``; z is an input with its label."""
        return float(0.5 * (z[0] @ w - z[1]) ** 2)

    def links(self, labels: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[Link, Link]:
        """See ``LinearLoss.links``."""
        apart = at - labels
        return (lambda t: 0.5 * (apart + t) ** 2), (lambda t: apart + t)

    def least_curvature(self, at: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
        """1."""
        return np.ones(at.size)

    def loss_cvxpy(self, w: Any, z: Any, push: float = 0.0) -> Any:
        """See ``Loss.loss_cvxpy``; there is no bound around w in this form."""
        import cvxpy

        return None if push else 0.5 * cvxpy.square(z[0] @ w - z[1])

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """``|w - w*|²/(2d)``."""
        risk = float(profile[0]) / (2 * self.dimension)
        return risk, risk


INSTANCE = LeastSquares
