"""Blocks of the chain whose largest value a multiplier makes concave.

With mu above the largest eigenvalue of a block with all its terms on, its part of ``F - ½ mu |v|²`` is concave although
the terms switch on and off: its Hessian is at most 0 wherever it exists, and its gradient is continuous. Newton's
method with banded Hessians finds the maximum; a point with gradient g is within ``|g|² / (2 (mu - eigenvalue))``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.saer.links import Chain

Vector = NDArray[np.float64]

MARGIN = 1e-5
"""By how much mu stays above the eigenvalues, relative to them."""
PARTS = 64
"""Parts into which an interval with an eigenvalue is cut at once."""
NEWTON = 40
"""Most steps."""


class Tops:
    """Largest eigenvalues of the blocks with all terms on, rounded up, and their eigenvectors."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        shares, self._kind = np.unique(chain.seen, return_inverse=True)
        diagonal = np.tile(shares[:, None] + 1.0, chain.deltas.size)
        diagonal[:, 0] = 0.0
        diagonal[:, :-1] += chain.deltas[1:] ** 2
        values, self._leads = leading(diagonal, -chain.deltas[1:])
        self.values = (values * (1.0 + 1e-13))[self._kind]

    def lead(self, i: int) -> Vector:
        """The leading eigenvector of block i."""
        return np.asarray(self._leads[self._kind[i]])


def leading(diagonal: Vector, off: Vector) -> tuple[Vector, Vector]:
    """Largest eigenvalues of symmetric tridiagonal matrices, and their eigenvectors; loading LAPACK takes longer.

    An x is above all eigenvalues where the pivots of the matrix less x are negative: intervals are cut into `PARTS`
    until doubles leave no more room. The vectors follow by inverse iteration from a little above.

    Parameters
    ----------
    diagonal : ndarray, shape (k, n), n >= 2
        Of each matrix; its largest eigenvalue is above 0.
    off : ndarray, shape (n - 1,)
        Beside it, of all of them.

    Returns
    -------
    values, vectors : ndarray, shape (k,), (k, n)
        The vectors have length 1.
    """
    reach = np.append(np.abs(off), 0.0) + np.append(0.0, np.abs(off))
    low, high = diagonal.max(axis=1), (diagonal + reach).max(axis=1)
    cuts, rows = np.arange(1.0, PARTS) / PARTS, np.arange(low.size)
    for _ in range(-(-53 // int(math.log2(PARTS))) + 1):
        ends = np.column_stack([low, low[:, None] + (high - low)[:, None] * cuts, high])
        pivots = diagonal[:, :1] - ends
        above = pivots < 0.0
        with np.errstate(all="ignore"):  # behind a pivot that is not negative nothing is read
            for j in range(1, diagonal.shape[1]):
                pivots = diagonal[:, j : j + 1] - ends - off[j - 1] ** 2 / pivots
                above &= pivots < 0.0
        above[:, -1] = True
        first = np.maximum(np.argmax(above, axis=1), 1)
        low, high = ends[rows, first - 1], ends[rows, first]
    beside = np.tile(np.append(0.0, -off), (low.size, 1))
    vectors = np.ones_like(diagonal)
    for _ in range(3):
        vectors = solve((high * (1.0 + 1e-12))[:, None] - diagonal, beside, vectors)
        vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    return high, vectors


def solve(diagonal: Vector, off: Vector, right: Vector) -> Vector:
    """Solve symmetric tridiagonal systems, one a row; ``off[:, j]`` couples j - 1 and j."""
    length = right.shape[1]
    pivots, x = diagonal.copy(), right.copy()
    for j in range(1, length):
        factor = off[:, j] / pivots[:, j - 1]
        pivots[:, j] -= factor * off[:, j]
        x[:, j] -= factor * x[:, j - 1]
    x[:, -1] /= pivots[:, -1]
    for j in range(length - 2, -1, -1):
        x[:, j] = (x[:, j] - off[:, j + 1] * x[:, j + 1]) / pivots[:, j]
    return x


def maximise(
    chain: Chain, rows: NDArray[np.int64], linear: Vector, mu: float, start: Vector
) -> tuple[float, Vector, float]:
    """Maximise the blocks of these rows without the coupling.

    Parameters
    ----------
    chain : Chain
        The point.
    rows : ndarray
        Blocks of which mu is above the eigenvalues.
    linear : ndarray
        Slopes in the first entries.
    mu : float
        The multiplier.
    start : ndarray
        v to start from.

    Returns
    -------
    float, ndarray, float
        The value at the maximiser, the maximiser v, and the squared gradient that is left over.
    """
    some = chain.some(rows)
    v = start
    seen = np.repeat(some.seen[:, None], v.shape[1], axis=1)
    seen[:, 0] = 0.0
    before = None
    for step in range(NEWTON + 1):
        x = some.blocks + v
        terms = np.maximum(some.terms(x), 0.0)
        on = (terms > 0.0).astype(float)
        grad = seen * x + some.spread(terms) - mu * v
        grad[:, 0] += linear
        if step == NEWTON or (before is not None and np.array_equal(on, before)):
            break
        before = on
        diagonal = mu - seen - on
        diagonal[:, :-1] -= some.deltas[1:] ** 2 * on[:, 1:]
        off = np.zeros_like(v)
        off[:, 1:] = some.deltas[1:] * on[:, 1:]
        v = v + solve(diagonal, off, grad)
    value = 0.5 * float(np.sum(seen * x * x)) + 0.5 * float(np.sum(terms * terms)) - 0.5 * mu * float(np.sum(v * v))
    return value + float(linear @ v[:, 0]), v, float(np.sum(grad * grad))
