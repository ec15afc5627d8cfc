"""(ii) Second-order cones over activation patterns: the infimum over the parameters at which f is differentiable.

A direction belongs to the closed cone of a pattern: ``u · x >= 0`` on its active points, ``<= 0`` on the others.
There the price ``(4 |x'|/n) sqrt(#active) |(u · x_i)_active|`` is a norm.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from sco_flat.errors import InputError
from sco_flat.works.wen_li_ma.data import Data

MOST = 600
"""Patterns that are taken at most."""


def patterns(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return all sign patterns of ``u · x_i`` over directions u that are 0 on no point, one row each.

    Raises
    ------
    InputError
        If there are more than `MOST`.
    """
    found: list[tuple[bool, ...]] = [()]
    for k, x in enumerate(points):
        longer = []
        for pattern in found:
            signs = np.where(np.array(pattern, dtype=bool), 1.0, -1.0)
            for on in (True, False):
                rows = np.vstack([signs[:, None] * points[:k], (1.0 if on else -1.0) * x])
                result = linprog(np.zeros(points.shape[1]), A_ub=-rows, b_ub=-np.ones(k + 1), bounds=(None, None))
                if result.status == 0:
                    longer.append((*pattern, on))
        found = longer
        if len(found) > MOST:
            limit = f"has more than {MOST} activation patterns, too many for a cone program"
            raise InputError("n", len(points), limit, "choose a smaller n or d, or --directions all")
    return np.array(found, dtype=bool)


def infimum(data: Data) -> tuple[float, str]:
    """The infimum of the trace in units of ``4 |x'|``, by a solver in floats.

    Returns
    -------
    (value, status)
        What the solver ended with; anything but ``optimal`` decides nothing.

    Raises
    ------
    InputError
        For too many patterns, or none that meet the labels.
    """
    import cvxpy as cp

    x = np.array([[float(v) for v in data.seen(p)] for p in data.points])
    y = np.array([float(v) for v in data.labels])
    active = patterns(x).T
    signs = np.where(active, 1.0, -1.0)
    up, down = (cp.Variable((x.shape[1], active.shape[1])) for _ in range(2))
    size = np.sqrt(active.sum(axis=0)) / data.n
    hidden = [cp.multiply(active.astype(float), x @ u) for u in (up, down)]
    price = sum(size @ cp.norm(h, axis=0) for h in hidden)
    conditions = [cp.multiply(signs, x @ u) >= 0 for u in (up, down)]
    conditions.append(cp.sum(hidden[0] - hidden[1], axis=1) == y)
    problem = cp.Problem(cp.Minimize(price), conditions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an inaccurate end is in the status
        try:
            problem.solve(solver=cp.CLARABEL)
        except cp.SolverError as error:
            return float("nan"), f"no solution ({error})"
    if problem.status == cp.INFEASIBLE:
        raise InputError("directions", "patterns", "no combination of them meets the labels", "use --bias")
    return float("nan" if problem.value is None else problem.value), str(problem.status)
