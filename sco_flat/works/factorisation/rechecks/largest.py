"""Largest eigenvalues once more, in whole numbers: residuals of a triangular factor, characteristic polynomials.

*From above*: ``hi I - K = R R^T + E`` with R a rounded Cholesky factor and E exact, so that ``lambda_max <= hi + |E|``
(Weyl). *Exactly*: all roots of the characteristic polynomial of ``c I - K`` are real, so that none is negative exactly
where its coefficients alternate in sign, and 0 is one where the last is 0.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, lcm

import numpy as np

from sco_flat.instances.factors import guess
from sco_flat.proofs.intervals import Interval

Whole = list[list[int]]
GRID = 2**60
MARGINS = (2e-10, 2e-7, 2e-4)
LARGEST = 36
"""Rows up to which a candidate is decided exactly."""


def times(a: Whole, b: Whole) -> Whole:
    """``a b``."""
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a]


def turned(a: Whole) -> Whole:
    """The transpose."""
    return [list(row) for row in zip(*a, strict=True)]


def whole(matrices: object) -> tuple[list[Whole], int]:
    """Matrices of fractions as whole numbers over one denominator."""
    given = [[list(row) for row in w] for w in matrices]  # type: ignore[attr-defined]
    scale = lcm(*(x.denominator for w in given for row in w for x in row))
    return [[[int(x * scale) for x in row] for row in w] for w in given], scale


def upper_end(rows: Whole, scale: int, low: Fraction) -> Fraction:
    """A number that no eigenvalue of ``rows / scale`` exceeds, near ``low`` where that is near the largest."""
    near = np.array([[x / scale for x in row] for row in rows])
    size = len(rows)
    for margin in MARGINS:
        top = low * (1 + Fraction(margin))
        try:
            factor = np.linalg.cholesky(float(top) * np.eye(size) - near)
        except np.linalg.LinAlgError:
            continue
        r = [[int(x) for x in row[: i + 1]] for i, row in enumerate(np.rint(factor * GRID).tolist())]
        above, below = top.numerator * scale, top.denominator
        unit = below * scale
        squares = 0
        for i in range(size):
            for j in range(i + 1):
                exact = (above if i == j else 0) - below * rows[i][j]
                made = sum(x * y for x, y in zip(r[i], r[j], strict=False))
                rest = exact * GRID**2 - made * unit
                squares += rest * rest if i == j else 2 * rest * rest
        return top + Fraction(isqrt(squares) + 1, unit * GRID**2)
    return Fraction(sum(rows[i][i] for i in range(size)), scale)


def lower_end(rows: Whole, scale: int) -> Fraction:
    """``|K x| / |x|`` of a rounded eigenvector, rounded down: at most the largest eigenvalue of a semidefinite K."""
    near = np.array([[x / scale for x in row] for row in rows])
    x = [round(float(entry) * 2**50) for entry in np.linalg.eigh(near)[1][:, -1]]
    image = [sum(a * b for a, b in zip(row, x, strict=True)) for row in rows]
    ratio = Fraction(sum(y * y for y in image), sum(y * y for y in x))
    return Interval(ratio).sqrt().low / scale


def characteristic(rows: Whole) -> list[int]:
    """Coefficients of ``det(x I - N)`` from ``x^n`` down, by the traces of Faddeev and LeVerrier."""
    size = len(rows)
    found, power = [1], [[0] * size for _ in range(size)]
    for k in range(1, size + 1):
        for i in range(size):
            power[i][i] += found[-1]
        power = times(rows, power)
        found.append(-sum(power[i][i] for i in range(size)) // k)
    return found


def is_largest(rows: Whole, scale: int, value: Fraction) -> bool:
    """Whether a number is the largest eigenvalue of ``rows / scale``; never of more than `LARGEST` rows."""
    size = len(rows)
    if size > LARGEST:
        return False
    above, below = value.numerator * scale, value.denominator
    shifted = [[(above if i == j else 0) - below * rows[i][j] for j in range(size)] for i in range(size)]
    found = characteristic(shifted)
    return found[-1] == 0 and all((x if k % 2 == 0 else -x) >= 0 for k, x in enumerate(found))


def enclosed(rows: Whole, scale: int, low: Fraction, candidates: tuple[Fraction, ...] = ()) -> Interval:
    """Largest eigenvalue of ``rows / scale``, of which ``low`` is a lower bound; exact where a candidate is it."""
    high = upper_end(rows, scale, low)
    guesses = (guess(low, high), *candidates) if high else candidates
    exact = next((x for x in guesses if low <= x <= high and is_largest(rows, scale, x)), None)
    return Interval(low, high) if exact is None else Interval(exact)
