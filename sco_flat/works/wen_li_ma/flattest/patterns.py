"""(ii) Second-order cones over activation patterns: the infimum over the parameters at which f is differentiable.

A direction belongs to the closed cone of a pattern: ``u · x >= 0`` on its active points, ``<= 0`` on the others.
There the price ``(4 |x'|/n) sqrt(#active) |(u · x_i)_active|`` is a norm.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import block_diag

from sco_flat.errors import InputError
from sco_flat.works.wen_li_ma.data import Data

MOST = 2000
"""Patterns that are taken at most: the cube of d = 5 has 1882, those of a self-dual threshold function."""
SEEN = 1e-6
"""A direction's ``u · x`` above which its sign is taken; the programs put it at 1 or more on the earlier points."""


def patterns(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return all sign patterns of ``u · x_i`` over directions u that are 0 on no point, one row each.

    A pattern is a choice of a side for each line through 0 and a point; u and -u have opposite ones. So one point a
    line is asked, the first always active, and a linear program only on the side where no direction is known yet.

    Raises
    ------
    InputError
        If there are more than `MOST`.

    Examples
    --------
    >>> patterns(np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])).astype(int).tolist()
    [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 1]]
    """
    firsts, line = _lines(points)
    lines = points[firsts]
    found: list[tuple[tuple[bool, ...], NDArray[np.float64]]] = [((True,), lines[0])]
    for k in range(1, len(lines)):
        longer: list[tuple[tuple[bool, ...], NDArray[np.float64]]] = []
        for pattern, u in found:
            signs = np.where(np.array(pattern), 1.0, -1.0)
            for on in (True, False):
                side = lines[k] if on else -lines[k]
                inside = u if u @ side > SEEN else _inside(np.vstack([signs[:, None] * lines[:k], side]))
                if inside is not None:
                    longer.append(((*pattern, on), inside))
        found = longer
        if 2 * len(found) > MOST:
            limit = f"has more than {MOST} activation patterns, too many for a cone program"
            raise InputError("n", len(points), limit, "choose a smaller n or d, or --directions all")
    half = np.array([pattern for pattern, _ in found])
    along = np.einsum("ij,ij->i", points, lines[line]) > 0
    return np.asarray(np.vstack([half, ~half])[:, line] == along)


def _lines(points: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """The first point of each line through 0, and the line of each point."""
    firsts: list[int] = []
    line = []
    for k, x in enumerate(points):
        same = (j for j, i in enumerate(firsts) if np.array_equal(np.outer(x, points[i]), np.outer(points[i], x)))
        j = next(same, len(firsts))
        if j == len(firsts):
            firsts.append(k)
        line.append(j)
    return firsts, line


def _inside(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """A direction with ``rows @ u >= 1``, or None where there is none."""
    result = linprog(np.zeros(rows.shape[1]), A_ub=-rows, b_ub=-np.ones(len(rows)), bounds=(None, None))
    return np.asarray(result.x) if result.status == 0 else None


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
    active = patterns(x)
    shape = (x.shape[1], len(active))
    firsts, _ = _lines(x)
    signs = np.where(active.T[firsts], 1.0, -1.0)
    norms = block_diag([_price(x, on) for on in active], format="csr")
    up, down = (cp.Variable(shape) for _ in range(2))
    prices = [cp.norm(cp.reshape(norms @ cp.vec(u, order="F"), shape, order="F"), axis=0) for u in (up, down)]
    conditions = [cp.multiply(signs, x[firsts] @ u) >= 0 for u in (up, down)]
    conditions.append(cp.sum(cp.multiply(active.T.astype(float), x @ (up - down)), axis=1) == y)
    # n times the trace: with prices near 1 the solver reaches its tolerance
    price = cp.sum(cp.hstack(prices))
    problem = cp.Problem(cp.Minimize(price), conditions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an inaccurate end is in the status
        for rescaled in (False, True):  # entries are near 1: Clarabel's own scaling helps on some samples only
            try:
                problem.solve(solver=cp.CLARABEL, equilibrate_enable=rescaled)
            except cp.SolverError as error:
                return float("nan"), f"no solution ({error})"
            if problem.status in (cp.OPTIMAL, cp.INFEASIBLE):
                break
    if problem.status == cp.INFEASIBLE:
        raise InputError("directions", "patterns", "no combination of them meets the labels", "use --bias")
    return float("nan" if problem.value is None else problem.value) / data.n, str(problem.status)


def _price(x: NDArray[np.float64], on: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A square R with ``|R u| = sqrt(#active) |(u · x_i)_active|``: cones of d + 1 entries instead of n + 1."""
    found = np.zeros((x.shape[1], x.shape[1]))
    rows = np.linalg.qr(x[on], mode="r")
    found[: len(rows)] = rows
    return np.asarray(found * np.sqrt(on.sum()))
