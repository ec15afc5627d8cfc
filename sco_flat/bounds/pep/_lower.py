"""Lower end: the program over all interpolable points, the search over gradient norms, the rebuilt function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sco_flat.bounds.pep import _program
from sco_flat.bounds.pep._base import Array, Geometry, Loss, Points, Statement, products, triangle

SEARCHED = 12
"""Largest T for which norms are searched; beyond it the better of the first two guesses counts."""
EVALUATIONS = 30
"""Programs that a search may solve."""
SMALLEST = 0.02
"""Smallest norm, in units of beta D: a smaller gradient's direction would be lost in the solver's errors."""


def _constraints(geometry: Geometry) -> tuple[Any, Any, Array, Array]:
    """``f_i - f_j >= <matrix, Gram> + constant`` for all pairs (i, j) of points."""
    points, slopes = geometry.points, geometry.slopes
    count = len(points)
    left, right = np.nonzero(~np.eye(count, dtype=bool))

    change = slopes[left] - slopes[right]
    matrices = products(slopes[right], points[left] - points[right]) + products(change, change) / 2
    constant = np.zeros(left.size)
    minimum = left == count - 1  # the flat ball around the minimum is rho nearer than the minimum
    constant[minimum] = geometry.room[right[minimum]]
    own = slopes[right[minimum]]
    matrices[minimum] += geometry.bend[right[minimum], None] * products(own, own)
    if geometry.largest is not None:
        i, j, more, numbers = geometry.largest
        left, right = np.append(left, i), np.append(right, j)
        matrices, constant = np.concatenate([matrices, more]), np.append(constant, numbers)
    return left, right, matrices, constant


@dataclass(frozen=True, eq=False)
class _Optimum:
    status: str
    value: float
    gram: Array
    values: Array
    multipliers: Array


def _optimum(statement: Statement, norms: Array) -> _Optimum | str:
    """Solve at fixed norms; the multipliers are those of `_constraints`.

    Asked for is the dual, ``min sum mu + cap @ nu - constant @ lambda`` over the multipliers lambda of the pairs, mu of
    the rows of length 1 and nu of the capped ones, whose own multipliers are values and Gram matrix.
    """
    from scipy import sparse

    geometry = statement.geometry(norms)
    left, right, matrices, constant = _constraints(geometry)
    size, count, pairs = geometry.points.shape[1], geometry.weights.size, left.size
    capped = {0: 1.0} | geometry.capped
    units, caps = np.array(geometry.units, dtype=int), np.array(list(capped))
    diagonal = np.concatenate([units, caps])
    ends = np.arange(diagonal.size)
    lengths = sparse.csc_matrix(
        (np.ones(ends.size), (diagonal * (diagonal + 3) // 2, ends)), shape=(matrices.shape[1], ends.size)
    )
    each = np.arange(pairs)
    sides = sparse.csc_matrix((np.ones(pairs), (left, each)), shape=(count + 1, pairs))
    sides -= sparse.csc_matrix((np.ones(pairs), (right, each)), shape=(count + 1, pairs))
    signed = np.concatenate([each, pairs + units.size + np.arange(caps.size)])
    found = _program.solve(
        np.concatenate([-constant, np.ones(units.size), np.array(list(capped.values()))]),
        {
            "zero": (sparse.hstack([sides[:count], sparse.csc_matrix((count, ends.size))]), geometry.weights),
            "positive": (sparse.eye(pairs + ends.size, format="csr")[signed], np.zeros(signed.size)),
            "matrix": (sparse.hstack([sparse.csc_matrix(matrices.T), lengths]), np.zeros(matrices.shape[1])),
        },
        size,
    )
    if found.status not in ("optimal", "optimal_inaccurate"):
        return found.status.replace("infeasible", "no bound").replace("unbounded", "infeasible")
    values = -found.equations
    return _Optimum(found.status, float(geometry.weights @ values), found.gram, values, found.x[:pairs])


def _slope(statement: Statement, norms: Array, found: _Optimum) -> Array:
    """Derivative of the optimum in the norms (envelope theorem)."""
    i, j, scale = triangle(len(found.gram))
    flat, slope = found.gram[i, j] * scale, np.zeros(norms.size)
    for k in range(norms.size):
        step = 1e-6 * max(norms[k], 1e-3)
        up, down = norms.copy(), norms.copy()
        up[k], down[k] = norms[k] + step, norms[k] - step
        above, below = (_constraints(statement.geometry(x)) for x in (up, down))
        change = (above[2] - below[2]) @ flat + above[3] - below[3]
        slope[k] = -found.multipliers @ change / (2 * step)
    return slope


def lower(statement: Statement, lengths: Array, knee: float) -> tuple[str, Points | None]:
    """Find norms at which the program is large, and read the points off its Gram matrix.

    The status is the solver's at the best norms.
    """
    best: tuple[_Optimum, Array] | None = None
    status = "infeasible"
    guesses = statement.guesses(lengths, knee)
    for norms in guesses if statement.steps <= SEARCHED else guesses[:2]:
        found = _optimum(statement, norms)
        if isinstance(found, str):
            status = found
        elif best is None or found.value > best[0].value:
            best = found, norms
    if best is None:
        return status, None
    if best[1].size and statement.steps <= SEARCHED:
        best = _climb(statement, best)
    found, norms = best
    return found.status, _points(statement, found, norms)


def _climb(statement: Statement, best: tuple[_Optimum, Array]) -> tuple[_Optimum, Array]:
    """Climb from the best norms so far by their derivative."""
    from scipy.optimize import minimize

    top = [best]

    def height(norms: Array) -> tuple[float, Array]:
        found = _optimum(statement, norms)
        if isinstance(found, str):
            return 0.0, np.zeros(norms.size)  # no function has these norms: 0 is below every value
        if found.value > top[0][0].value:
            top[0] = found, norms.copy()
        return -found.value, -_slope(statement, norms, found)

    limits: Any = [(SMALLEST, 2.0 * float(statement.distance + statement.radius))] * best[1].size
    minimize(height, best[1], jac=True, method="L-BFGS-B", bounds=limits, options={"maxfun": EVALUATIONS})
    return top[0]


def _points(statement: Statement, found: _Optimum, norms: Array) -> Points:
    sizes, vectors = np.linalg.eigh((found.gram + found.gram.T) / 2)
    kept = sizes > 1e-9 * sizes[-1]
    root = vectors[:, kept] * np.sqrt(sizes[kept])
    geometry = statement.geometry(norms)
    return Points(
        float(statement.distance) * root[0], statement.hints(root, norms), geometry.points[:-1] @ root,
        geometry.slopes[:-1] @ root, found.values, found.value,
    )  # fmt: skip


def through(found: Points) -> Loss:
    """Return the smallest smooth convex function through the points and ``f(0) = 0, grad f(0) = 0``.

    ``f(y) = max sum_i alpha_i (f_i + <g_i, y - x_i> + |g_i|²/2) - |sum_i alpha_i g_i|²/2`` over the simplex: 1-smooth,
    convex, and no larger than any other such function through them, so that it is 0 wherever one of them must be.
    """
    from clarabel import DefaultSolver, NonnegativeConeT, ZeroConeT
    from scipy import sparse

    slopes = np.vstack([found.slopes, np.zeros(found.start.size)])
    heights = found.values - (found.slopes * found.points).sum(axis=1) + 0.5 * (found.slopes**2).sum(axis=1)
    count = len(slopes)
    bent = sparse.csc_matrix(np.triu(slopes @ slopes.T))
    simplex = sparse.csc_matrix(np.vstack([np.ones(count), -np.eye(count)]))
    ends, cones = np.append(1.0, np.zeros(count)), [ZeroConeT(1), NonnegativeConeT(count)]
    how = _program.settings()
    how.tol_feas = _program.ACCURACY

    def loss(y: Array) -> tuple[float, Array]:
        line = np.append(heights, 0.0) + slopes @ y
        done = DefaultSolver(bent, -line, simplex, ends, cones, how).solve()
        alpha = np.array(done.x)
        if not np.isfinite(alpha).all() or not np.isclose(alpha.sum(), 1.0):
            raise RuntimeError(f"the rebuilt function cannot be evaluated: {done.status}")
        return -float(done.obj_val), slopes.T @ alpha

    return loss


def huber(knee: float, flat: float) -> Loss:
    """``½ y²`` up to the knee and linear beyond it, ``y = [|x| - flat]_+``, in one dimension."""

    def loss(x: Array) -> tuple[float, Array]:
        y = max(abs(float(x[0])) - flat, 0.0)
        slope = np.sign(x) * min(y, knee)
        return (0.5 * y * y if y <= knee else knee * y - 0.5 * knee * knee), slope

    return loss


def best_huber(statement: Statement) -> tuple[float, float]:
    """Largest value that a Huber function reaches, and its knee."""
    from scipy.optimize import minimize_scalar

    flat = 0.0 if statement.reduces else float(statement.flatness)
    away, push = float(statement.distance), float(statement.excess)
    start = np.full(1, away)

    def reached(knee: float) -> float:
        return statement.run(huber(knee, flat), start, np.full((statement.steps + 1, 1), push))

    grid = np.linspace(0.01, 1.5 * (away + push), 150)
    heights = [reached(k) for k in grid]
    place = int(np.argmax(heights))
    around = (grid[max(place - 1, 0)], grid[min(place + 1, grid.size - 1)])
    fine = minimize_scalar(lambda k: -reached(k), bounds=around, method="bounded", options={"xatol": 1e-10})
    return max((float(-fine.fun), float(fine.x)), (heights[place], float(grid[place])))
