"""(i) A dictionary of directions in {-1, 0, 1}^d, with every threshold where there is a bias: two linear programs.

The first minimises the trace; the second, among the faces that reach the floor, the mean of ``y f`` over the test
points.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, linprog

from sco_flat.errors import InputError
from sco_flat.works.wen_li_ma.data import Data
from sco_flat.works.wen_li_ma.flattest.found import Cover, Face
from sco_flat.works.wen_li_ma.linear import solve

LARGEST_D = 8
"""Largest d: a dictionary has 3^d directions, and up to 2d thresholds for each."""
LARGEST_ENTRY = 9
"""Of a random direction."""
NEAR = 1e-7
"""Distance from the floor, in units of it, within which the solver's optimum is looked for in fractions."""
ACTIVE = 1e-9
"""Weight above which a face belongs to the solver's basis."""
ROUNDED = 10**6
"""Largest denominator of a multiplier; what it proves is decided in fractions afterwards."""


def directions(d: int, bias: bool) -> NDArray[np.int64]:
    """Return all directions, as rows: with a bias (u, b) for every b at which ``u · x + b`` is 1 somewhere.

    Raises
    ------
    InputError
        If d is too large for a dictionary.
    """
    if d > LARGEST_D:
        raise InputError(
            "d", d, f"must be at most {LARGEST_D} for a dictionary of 3^d directions", "choose a smaller d"
        )
    rows = np.array([u for u in itertools.product((-1, 0, 1), repeat=d) if any(u)], dtype=np.int64)
    if not bias:
        return rows
    sizes = np.abs(rows).sum(axis=1)
    found = [np.append(u, b) for u, size in zip(rows, sizes, strict=True) for b in range(1 - size, size + 2)]
    return np.array(found, dtype=np.int64)


def drawn(count: int, d: int, bias: bool, seed: int) -> NDArray[np.int64]:
    """Draw random directions of whole numbers, as rows; a larger count begins with the same ones.

    Examples
    --------
    >>> bool((drawn(2, 3, True, 0) == drawn(5, 3, True, 0)[:2]).all())
    True
    """
    return np.random.default_rng(seed).integers(-LARGEST_ENTRY, LARGEST_ENTRY + 1, (count, d + bias))


def unlike(hidden: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the first of each sort of column: those that are equal on all points, or 0, add nothing."""
    _, first = np.unique(hidden, axis=0, return_index=True)
    return np.sort(first[np.any(hidden[first] != 0, axis=1)])


@dataclass(frozen=True)
class Dictionary:
    """Directions and what they are on the training and on the test points, one row each."""

    rows: NDArray[np.int64]
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def build(data: Data, random: int = 0, seed: int = 0) -> Dictionary:
    """The dictionary of a training set of whole numbers, with random directions added."""
    seen = [[int(v) for v in data.seen(x)] for x in (*data.points, *data.rest)]
    rows = np.vstack([directions(data.d, data.bias), drawn(random, data.d, data.bias, seed)])
    hidden = np.maximum(rows @ np.array(seen, dtype=np.int64).T, 0)
    kept = unlike(hidden)
    return Dictionary(rows[kept], hidden[kept, : data.n], hidden[kept, data.n :])


def flattest(found: Dictionary, data: Data) -> OptimizeResult:
    """The first program: the least trace in units of ``4 |x'|``, over the dictionary.

    Raises
    ------
    InputError
        If no combination interpolates.
    """
    h = found.train.astype(float)
    kept = h.any(axis=1)
    costs = np.sqrt((h > 0).sum(axis=1) * (h**2).sum(axis=1))[kept] / data.n
    columns = h[kept].T
    y = np.array([float(v) for v in data.labels])
    result = linprog(np.r_[costs, costs], A_eq=np.hstack([columns, -columns]), b_eq=y, bounds=(0, None), method="highs")
    if result.status == 2:
        raise InputError(
            "directions", "ternary", "no combination of them meets the labels", "use --bias or --directions all"
        )
    return result


def pure(found: Dictionary, data: Data) -> tuple[list[Face], NDArray[np.bool_], list[Fraction]]:
    """The pure constant faces among the dictionary, their points, and the mean of ``y relu`` over the test points."""
    y = np.array([int(v) for v in data.labels])
    t = np.array([int(v) for v in data.rest_labels])
    faces, points, means = [], [], []
    for row, train, test in zip(found.rows, found.train, found.test, strict=True):
        on = train > 0
        labels, values = set(y[on]), set(train[on])
        if len(labels) == len(values) == 1:
            size, sign = int(values.pop()), int(labels.pop())
            faces.append(Face(tuple(Fraction(int(v), size) for v in row), sign))
            points.append(on)
            means.append(Fraction(sign * int(t @ test), size * max(len(t), 1)))
    return faces, np.array(points, dtype=bool).reshape(-1, data.n), means


def cover(costs: Sequence[Fraction], points: NDArray[np.bool_]) -> Cover | str:
    """Minimise ``costs · a`` over the covers ``sum of a over the faces of i = 1`` with ``a >= 0``.

    Parameters
    ----------
    costs : sequence of Fraction
        Of the faces.
    points : ndarray, shape (faces, n)
        Which training points they hold.

    Returns
    -------
    Cover, or why there is none
        Weights are solved for in fractions on the solver's basis; multipliers are the solver's, rounded.
    """
    floats = np.array([float(v) for v in costs])
    result = linprog(
        floats, A_eq=points.T.astype(float), b_eq=np.ones(points.shape[1]), bounds=(0, None), method="highs-ds"
    )
    if result.status != 0:
        return f"the solver ended with: {result.message}"
    used = [int(k) for k in np.flatnonzero(result.x > ACTIVE)]
    rows = [[Fraction(bool(v)) for v in points[used, i]] for i in range(points.shape[1])]
    weights = solve(rows, [Fraction(1)] * len(rows))
    if weights is None or min(weights) < 0:
        return "the solver's cover has no exact counterpart"
    multipliers = tuple(Fraction(float(v)).limit_denominator(ROUNDED) for v in result.eqlin.marginals)
    value = sum((a * costs[k] for k, a in zip(used, weights, strict=True)), Fraction(0))
    return Cover(tuple(used), weights, value, multipliers)


def bounds_all(best: Cover, costs: Sequence[Fraction], points: NDArray[np.bool_]) -> bool:
    """Whether the multipliers prove, in fractions, that no cover by these faces is below the best."""
    if sum(best.multipliers, Fraction(0)) != best.value:
        return False
    priced = (sum((m for m, on in zip(best.multipliers, row, strict=True) if on), Fraction(0)) for row in points)
    return all(c >= p for c, p in zip(costs, priced, strict=True))
