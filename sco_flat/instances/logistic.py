"""Logistic regression on unit vectors, with labels that no model fits with loss 0."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.kernels import linear as kernels
from sco_flat.instances.linear import LinearLoss
from sco_flat.instances.saer.linear import Link
from sco_flat.results import Interval

NODES = 96
"""Nodes of Gauss and Legendre in each angle; the integrand is smooth, and half as many give the same digits."""


@dataclass(frozen=True)
class Logistic(LinearLoss):
    """Logistic regression.

    Setting
        ``f(w, (x, y)) = log(1 + exp(-4 y x . w))/4``, ``y = sign(x . w*)``, x uniform on the unit sphere.
    Guarantee
        Convex, 1-smooth, 1-Lipschitz; not realizable. The population risk is an integral over the plane of w and w*.
    """

    name = "logistic"
    title = "log(1 + exp(-4 y x . w))/4, y = sign(x . w*)"
    link = kernels.LOGISTIC
    realizable = False

    @property
    def lipschitz(self) -> float:
        """1: the slope of the link."""
        return 1.0

    def labels(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signs."""
        return np.where(predictions >= 0.0, 1.0, -1.0)

    def loss(self, w: NDArray[np.float64], z: Any) -> float:
        """See ``Loss.loss``; z is an input with its label."""
        return float(np.logaddexp(0.0, -4.0 * z[1] * (z[0] @ w)) / 4.0)

    def links(self, labels: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[Link, Link]:
        """See ``LinearLoss.links``."""

        def height(t: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(np.logaddexp(0.0, -4.0 * labels * (at + t)) / 4.0)

        def slope(t: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(-labels * np.exp(-np.logaddexp(0.0, 4.0 * labels * (at + t))))

        return height, slope

    def least_curvature(self, at: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
        """``4 s (1 - s)`` with ``s = 1 / (1 + exp(4 |p|))``: least where p is largest, rounded down."""
        s = np.exp(-np.logaddexp(0.0, 4.0 * (np.abs(at) + reach)))
        return np.asarray(4.0 * s * (1.0 - s) * (1.0 - 1e-12))

    def loss_cvxpy(self, w: Any, z: Any, push: float = 0.0) -> Any:
        """See ``Loss.loss_cvxpy``; there is no bound around w in this form."""
        import cvxpy

        return None if push else cvxpy.logistic(-4.0 * z[1] * (z[0] @ w)) / 4.0

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """The mean over the half of the sphere on which y = 1; the other half gives the same.

        With s and q the components of x along w* and along the rest of w, ``x . w = a s + b q``. For d >= 3 the pair
        (s, q) has the density ``(1 - s² - q²)^(d/2 - 2)`` on the unit disc, up to a constant.
        """
        a, b = float(profile[1]), math.sqrt(max(float(profile[2] - profile[1] ** 2), 0.0))
        s, q, weights = _half_disc(self.dimension)
        margin = a * s + b * q
        risk = float(weights @ (np.logaddexp(0.0, -4.0 * margin) / 4.0))
        return risk, risk


@functools.cache
def _half_disc(d: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights for the law of (s, q) given s > 0."""
    if d == 1:
        return np.ones(1), np.zeros(1), np.ones(1)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    angle, part = nodes * math.pi / 2, weights / 2  # of (s, q), from -pi/2 to pi/2
    if d == 2:
        return np.cos(angle), np.sin(angle), part
    # the length is sin(theta), with density cos(theta)^(d - 3) sin(theta)
    theta = (nodes + 1.0) * math.pi / 4
    density = weights * np.cos(theta) ** (d - 3) * np.sin(theta)
    density /= density.sum()
    length = np.sin(theta)
    return (
        np.outer(length, np.cos(angle)).ravel(), np.outer(length, np.sin(angle)).ravel(),
        np.outer(density, part).ravel(),
    )  # fmt: skip


INSTANCE = Logistic
