"""Largest eigenvalues of symmetric matrices of fractions, enclosed or decided exactly.

*From below* by the Rayleigh quotient of a rounded eigenvector. *From above*: with X near the inverse of a Cholesky
factor of ``hi I - K``, rounded, the product ``X (hi I - K) X^T`` is computed in integers. If it is diagonally
dominant, it is positive definite, and by Sylvester's law of inertia so is ``hi I - K``. *Exactly*, for a candidate c:
by ``L D L^T`` of ``c I - K`` in fractions, with pivots down the diagonal; c is the largest eigenvalue where no pivot
is negative and one is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from sco_flat.instances.factors import Matrix, guess
from sco_flat.proofs.balls import decimal

DIGITS = 14
"""Of the ends."""
ROOMS = (Fraction(1, 10**9), Fraction(1, 10**6), Fraction(1, 10**3))
"""Relative widths that are tried, one after the other."""
SPARE = 1 - Fraction(1, 2**50)
"""Room below, so that the end does not depend on how the eigenvector was rounded."""
BITS = 52
LARGEST = 36
"""Rows up to which a candidate is decided exactly."""


@dataclass(frozen=True)
class Symmetric:
    """``rows / scale``: a symmetric matrix of fractions."""

    rows: tuple[tuple[int, ...], ...]
    scale: int

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def less_from(self, value: Fraction) -> tuple[list[list[int]], int]:
        """``value I - K`` as integers over one denominator."""
        above, below = value.numerator * self.scale, value.denominator
        found = [[-below * x for x in row] for row in self.rows]
        for k in range(self.size):
            found[k][k] += above
        return found, below * self.scale


def symmetric(matrix: Matrix) -> Symmetric:
    """The same matrix over one denominator."""
    scale = math.lcm(*(x.denominator for row in matrix for x in row))
    return Symmetric(tuple(tuple(int(x * scale) for x in row) for row in matrix), scale)


def floats(rows: Sequence[Sequence[int]], scale: int) -> np.ndarray:
    """Nearest floats."""
    return np.array([[x / scale for x in row] for row in rows])


def rounded(value: Fraction, up: bool) -> Fraction:
    """To `DIGITS` digits."""
    return Fraction(decimal(value, up, DIGITS))


def rounded_vector(k: Symmetric) -> list[int]:
    """An eigenvector of the largest eigenvalue from floats, as whole numbers."""
    top = np.linalg.eigh(floats(k.rows, k.scale))[1][:, -1]
    return [round(float(entry) * 2**BITS) for entry in top]


def quotient(k: Symmetric) -> Fraction:
    """A lower bound of the largest eigenvalue: the Rayleigh quotient of a rounded eigenvector, exactly."""
    x = rounded_vector(k)
    image = [sum(a * b for a, b in zip(row, x, strict=True)) for row in k.rows]
    return Fraction(sum(a * b for a, b in zip(x, image, strict=True)), sum(a * a for a in x) * k.scale)


def definite(k: Symmetric, value: Fraction) -> bool:
    """Whether ``value I - K`` is positive definite; False also where that is not certified."""
    rows, scale = k.less_from(value)
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(floats(rows, scale)))
    except np.linalg.LinAlgError:
        return False
    unit = 2.0 ** (BITS - math.frexp(float(np.abs(inverse).max()))[1])
    x = flint.fmpz_mat([[int(entry) for entry in row] for row in np.rint(inverse * unit)])
    found = (x * flint.fmpz_mat(rows) * x.transpose()).table()
    return all(2 * row[j] > sum(map(abs, row)) for j, row in enumerate(found))


def enclosure(k: Symmetric) -> tuple[Fraction, Fraction]:
    """Both ends of the largest eigenvalue of a positive semidefinite matrix, in `DIGITS` digits."""
    low = rounded(quotient(k) * SPARE, up=False)
    for room in ROOMS:
        high = rounded(low * (1 + room), up=True)
        if definite(k, high):
            return low, high
    return low, rounded(Fraction(sum(k.rows[j][j] for j in range(k.size)), k.scale), up=True)


def nullity(k: Symmetric, value: Fraction) -> int | None:
    """Dimension of the kernel of ``value I - K``; None where that has a negative eigenvalue.

    ``L D L^T`` in fractions, the largest pivot next. Where the largest is 0 whatever is left has to be 0.
    """
    rows, scale = k.less_from(value)
    left = [[Fraction(x, scale) for x in row] for row in rows]
    while left:
        p = max(range(len(left)), key=lambda j: left[j][j])
        pivot = left[p][p]
        if pivot <= 0:
            return None if any(x for row in left for x in row) else len(left)
        column = [row[p] for row in left]
        keep = [j for j in range(len(left)) if j != p]
        left = [[left[i][j] - column[i] * column[j] / pivot for j in keep] for i in keep]
    return 0


def is_largest(k: Symmetric, value: Fraction) -> bool:
    """Whether a number is the largest eigenvalue, exactly; never of more than `LARGEST` rows."""
    return k.size <= LARGEST and bool(nullity(k, value))


def largest(k: Symmetric, *candidates: Fraction) -> tuple[Fraction, Fraction]:
    """Both ends of the largest eigenvalue; equal where it is a candidate, or a fraction of small denominator."""
    low, high = enclosure(k)
    guesses = (guess(low, high), *candidates) if high else candidates
    return next(((x, x) for x in guesses if low <= x <= high and is_largest(k, x)), (low, high))
