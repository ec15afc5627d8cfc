"""Frozen codes of unit vectors with small products, and distances to what half-spaces along them cut out."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.samples import streams

Vector = NDArray[np.float64]
MOST = 2**12
"""Most codes: the products of all pairs are kept."""
ROOM = 2.0**-40
"""By this share t is above the largest product, so that no rounding puts a code on the wrong side."""


@dataclass(frozen=True, eq=False)
class Codes:
    """Unit vectors u_1, ..., u_M.

    Attributes
    ----------
    vectors : ndarray, shape (M, d')
        The vectors.
    products : ndarray, shape (M, M)
        ``<u_i, u_j>``, exact up to one rounding.
    coherence : float
        The largest product of two different ones.
    """

    vectors: Vector
    products: Vector
    coherence: float

    @property
    def count(self) -> int:
        """M."""
        return len(self.vectors)

    @property
    def length(self) -> int:
        """d'."""
        return int(self.vectors.shape[1])

    def level(self, bound: float | None, key: str, seed: int) -> float:
        """Return t: the bound asked for, or a hair above the coherence.

        Raises
        ------
        InputError
            If the coherence misses the bound, or two codes are equal.
        """
        found = bound if bound is not None else self.coherence * (1.0 + ROOM)
        if bound is not None and bound >= 1.0:
            raise InputError("coherence", bound, "must be below 1, the product of equal codes", "leave it out")
        if self.coherence > found or found >= 1.0:
            limit = f"the largest product of two of its codes is {self.coherence:.6g}"
            limit += ", that of equal ones" if bound is None else f", above {bound:g}"
            raise InputError(key, seed, limit, "take another family, longer codes, or a larger coherence")
        return found


def _codes(entries: NDArray[Any], length: float) -> Codes:
    """From whole numbers, all of whose rows have this squared length."""
    products = entries @ entries.T / length  # sums of small whole numbers: no rounding before the division
    apart = products - 2.0 * np.eye(len(products))
    vectors = entries / math.sqrt(length)
    for array in (vectors, products):
        array.setflags(write=False)
    return Codes(vectors, products, float(apart.max()) if len(products) > 1 else 0.0)


def check_count(count: int) -> None:
    """Refuse more codes than can be compared pair by pair.

    Raises
    ------
    InputError
        Beyond `MOST`.
    """
    if count > MOST:
        limit = f"the products of all pairs are kept, for at most {MOST:,} codes"
        raise InputError("width", count, limit, f"choose n <= {MOST.bit_length() - 1} or a smaller width")


@functools.lru_cache(maxsize=4)
def random_signs(count: int, length: int, seed: int) -> Codes:
    """Draw codes of random signs from a seed of their own."""
    bits = streams(seed, "code")["code"].integers(0, 2, size=(count, length))
    return _codes(2.0 * bits - 1.0, float(length))


@functools.lru_cache(maxsize=4)
def random_words(count: int, places: int, letters: int, seed: int) -> Codes:
    """Draw words of random letters, one 1 for each place; no entry is negative."""
    drawn = streams(seed, "code")["code"].integers(0, letters, size=(count, places))
    entries = (drawn[:, :, None] == np.arange(letters)).astype(np.float64).reshape(count, places * letters)
    return _codes(entries, float(places))


def multipliers(gram: Vector, excess: Vector) -> Vector:
    """Multipliers of a projection: the least of ``½ x G x - <e, x>`` over ``x >= 0``.

    Half-spaces enter one by one, the most exceeded first, and the small problems are non-negative least squares.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import nnls

    found, chosen = np.zeros(excess.size), np.zeros(0, dtype=np.int64)
    room = 1e-15 * max(float(np.abs(excess).max(initial=0.0)), 1e-300)
    while True:
        left = excess - gram[:, chosen] @ found[chosen]
        left[chosen] = -1.0
        worst = int(np.argmax(left)) if left.size else 0
        if not left.size or left[worst] <= room:
            return found
        chosen = np.append(chosen[found[chosen] > 0.0], worst)
        low = cholesky(gram[np.ix_(chosen, chosen)], lower=True)
        taken, _ = nnls(low.T, solve_triangular(low, excess[chosen], lower=True))
        found[:] = 0.0
        found[chosen] = taken
