"""The inner loop of the risk's law: a sum of independent rows on a lattice, one row at a time."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from sco_flat._jit import kernel

ACCUMULATE = types.float64(types.int64[::1], types.float64[::1], types.float64, types.float64[:, ::1], types.int64[::1])


@kernel(ACCUMULATE)
def accumulate(
    steps: NDArray[np.int64],
    parts: NDArray[np.float64],
    negligible: float,
    table: NDArray[np.float64],
    bounds: NDArray[np.int64],
) -> float:
    """Accumulate the law of a sum of rows, each 0, ``k`` or ``k+1`` lattice steps.

    Parameters
    ----------
    steps : ndarray of int64, shape (rows,)
        ``k``, in increasing order so that the support stays small for as long as possible.
    parts : ndarray of float64, shape (rows,)
        ``f`` in [0, 1): the row is 0 with probability 1/2, ``k`` with (1-f)/2 and ``k+1`` with f/2.
    negligible : float
        After each row, either end of the support loses cells as long as their total stays below this.
    table : ndarray of float64, shape (2, cells)
        Work space, ``cells > sum(steps + 1)``; on return its row ``bounds[0]`` holds the law.
    bounds : ndarray of int64, shape (3,)
        On return the row of ``table``, then the first and the last cell of the law; all others are invalid.

    Returns
    -------
    float
        The probability cut off in total.
    """
    low, high, turn = 0, 0, 0
    dropped = 0.0
    table[0, 0] = 1.0
    for row in range(steps.size):
        k = steps[row]
        none, down, up = 0.5, 0.5 * (1.0 - parts[row]), 0.5 * parts[row]
        old, new = table[turn], table[1 - turn]
        for j in range(low, high + 1):
            new[j] = none * old[j]
        for j in range(high + 1, high + k + 2):
            new[j] = 0.0
        for j in range(low, high + 1):
            new[j + k] += down * old[j]
        if up > 0.0:
            for j in range(low, high + 1):
                new[j + k + 1] += up * old[j]
            high += 1
        high += k
        turn = 1 - turn
        cut = new[low]
        while low < high and cut < negligible:
            dropped += new[low]
            low += 1
            cut += new[low]
        cut = new[high]
        while low < high and cut < negligible:
            dropped += new[high]
            high -= 1
            cut += new[high]
    bounds[0], bounds[1], bounds[2] = turn, low, high
    return dropped
