"""Projections on intersections of half-spaces, by their multipliers."""

from __future__ import annotations

import numpy as np
from numba import types

from sco_flat._jit import helper, kernel

LARGEST = 4096
"""Most half-spaces that may be active together: the matrix of their products has as many rows."""
ROUNDS = 10_000


@helper
def _solve(gram, right, chosen, out):
    """Solve on the chosen rows and columns by Cholesky, with one refinement; out is 0 elsewhere."""
    places, k = np.empty(chosen.size, dtype=np.int64), 0
    for i in range(chosen.size):
        out[i] = 0.0
        if chosen[i]:
            places[k] = i
            k += 1
    low, x = np.empty((k, k)), np.empty(k)
    for i in range(k):
        for j in range(i + 1):
            s = gram[places[i], places[j]]
            for p in range(j):
                s -= low[i, p] * low[j, p]
            if i == j:
                if s <= 0.0:
                    return False
                low[i, i] = s**0.5
            else:
                low[i, j] = s / low[j, j]
    for _ in range(2):
        for i in range(k):
            s = right[places[i]]
            for p in range(k):
                s -= gram[places[i], places[p]] * out[places[p]]
            for p in range(i):
                s -= low[i, p] * x[p]
            x[i] = s / low[i, i]
        for i in range(k - 1, -1, -1):
            s = x[i]
            for p in range(i + 1, k):
                s -= low[p, i] * x[p]
            x[i] = s / low[i, i]
        for i in range(k):
            out[places[i]] += x[i]
    return True


@kernel(types.boolean(types.float64[:, ::1], types.float64[::1], types.float64[::1]))
def multipliers(gram, excess, out):
    """Minimise ``½ x G x - <e, x>`` over ``x >= 0`` by principal pivots; exact up to rounding.

    With unit steps along the normals of half-spaces, of Gram matrix G, that are exceeded by e, ``sum_i x_i normal_i``
    is what the projection takes off, and its squared length is ``<e, x>``. All wrong signs are turned at once while
    their number falls, one by one (Murty) where it does not, which ends for every positive definite G.

    Parameters
    ----------
    gram : ndarray, shape (k, k)
        Products of the normals.
    excess : ndarray, shape (k,)
        By how much each half-space is exceeded, negative where there is room.
    out : ndarray, shape (k,)
        The multipliers.

    Returns
    -------
    bool
        Whether they were found; not so where the normals depend on each other.
    """
    k = excess.size
    chosen, wrong = np.zeros(k, dtype=np.bool_), np.zeros(k, dtype=np.bool_)
    least, spare = k + 1, 3
    # room for the rounding of the tests below, so that ties are not turned for ever
    room = 0.0
    for i in range(k):
        room = max(room, 1e-15 * abs(excess[i]))
    for _ in range(ROUNDS):
        if not _solve(gram, excess, chosen, out):
            return False
        count, last = 0, -1
        for i in range(k):
            slope = out[i]
            if not chosen[i]:
                slope = -excess[i]
                for j in range(k):
                    if chosen[j]:
                        slope += gram[i, j] * out[j]
            wrong[i] = slope < -room
            if wrong[i]:
                count += 1
                last = i
        if count == 0:
            return True
        if count < least:
            least, spare = count, 3
        elif spare > 0:
            spare -= 1
        else:
            for i in range(k):
                wrong[i] = i == last
        for i in range(k):
            if wrong[i]:
                chosen[i] = not chosen[i]
    return False


solve = multipliers.dispatcher
"""For other kernels."""
