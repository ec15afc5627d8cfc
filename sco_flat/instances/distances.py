"""Distances to polyhedra and cones in cvxpy's grammar, as minima over numbers that are not negative.

A minimum over slacks of an expression that is convex in point and slacks together is convex in the point: the rules of
disciplined convex programming certify the expression, partial minimisation the rest. In a program that minimises, the
slacks are variables like all others; where a value is asked for, `value_of` sets them to the best ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cvxpy
import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.codes import multipliers

Vector = NDArray[np.float64]


class Slack(cvxpy.Variable):  # type: ignore[misc]
    """Numbers ``>= 0`` that an expression is to be minimised over.

    Parameters
    ----------
    shape : tuple of int
        Of the numbers.
    best : callable
        Returns minimisers at the present value of the point.
    """

    def __init__(self, shape: tuple[int, ...], best: Callable[[], Vector]) -> None:
        super().__init__(shape, nonneg=True)
        self.best = best


def slacks(expression: Any) -> list[Slack]:
    """Slacks that an expression has to be minimised over."""
    return [v for v in expression.variables() if isinstance(v, Slack)]


def value_of(expression: Any) -> float:
    """Value of an expression at the best slacks: an upper end of its minimum over them, whatever they are.

    Examples
    --------
    >>> import cvxpy
    >>> from sco_flat.instances.distances import polyhedron, value_of
    >>> w = cvxpy.Variable(2, value=[3.0, 4.0])
    >>> round(value_of(cvxpy.norm(polyhedron(np.eye(2), np.zeros(2), w))), 12)
    5.0
    """
    for slack in slacks(expression):
        slack.value = slack.best()
    return float(np.asarray(expression.value).item())


def polyhedron(normals: Vector, levels: Any, point: Any) -> Any:
    """Entries ``>= 0`` whose squares add up to ``dist(p, {q : N q <= k})²``, for independent normals.

    The points with ``N q = k - s`` are at distance ``|L^-1 (N p - k + s)|`` from p, ``L L^T = N N^T``; the least over
    ``s >= 0`` is the distance. At the multipliers x of the projection ``s = N N^T x - (N p - k)``.

    Parameters
    ----------
    normals : ndarray, shape (M, d)
        N.
    levels : float or ndarray, shape (M,)
        k.
    point : cvxpy expression, shape (d,)
        p, affine.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the normals depend on each other.
    """
    from scipy.linalg import cholesky, solve_triangular

    gram = normals @ normals.T
    low = cholesky(gram, lower=True)
    beyond = normals @ point - levels

    def best() -> Vector:
        excess = np.asarray(beyond.value, dtype=float)
        taken = multipliers(gram, excess)
        return np.where(taken > 0.0, 0.0, np.maximum(gram @ taken - excess, 0.0))

    inverse = solve_triangular(low, np.eye(len(low)), lower=True)
    return cvxpy.abs(inverse @ (beyond + Slack((len(low),), best)))


def cones(radius: Any, along: Any, slope: float) -> Any:
    """Entries ``>= 0`` whose squares add up to ``(1 + c²) dist(., {radius <= c along})²``, summed over the entries.

    The points at place ``s >= 0`` on the axis are those with radius up to ``c s``, at the distance
    ``|([radius - c s]_+, along - s)|``; the best s is 0 behind the apex, and the foot of the edge in front of it.

    Parameters
    ----------
    radius, along : cvxpy expression, shape (k,)
        Lengths across the axes, convex and ``>= 0``; places on the axes, affine, 0 at the apex.
    slope : float
        c > 0.
    """

    def best() -> Vector:
        across, place = np.asarray(radius.value, dtype=float), np.asarray(along.value, dtype=float)
        foot = (place + slope * across) / (1.0 + slope * slope)
        return np.maximum(np.where(across > slope * place, foot, place), 0.0)

    place = Slack(along.shape, best)
    return math.hypot(1.0, slope) * cvxpy.hstack([cvxpy.pos(radius - slope * place), cvxpy.abs(along - place)])
