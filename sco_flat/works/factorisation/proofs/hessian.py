"""The Hessian at a minimum, from the product's side, and the smallest lambda_max of all minima.

``|M - W|²`` is flat to second order exactly as ``dW = sum_i A_i dW_i B_i`` is: the Hessian is ``2 J^T J`` with ``J =
(B_1^T ⊗ A_1, ..., B_L^T ⊗ A_L)`` (column-major), and ``2 J J^T = 2 sum_i (B_i^T B_i) ⊗ (A_i A_i^T) = 2 K`` has the same
eigenvalues but for zeros.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.factors import Matrix, Minimiser, multiply, sides, transposed
from sco_flat.proofs.balls import ball, endpoints
from sco_flat.works.factorisation.proofs.eigenvalues import Symmetric, largest, symmetric

Ends = tuple[Fraction, Fraction]


def grams(found: Minimiser) -> list[tuple[Matrix, Matrix]]:
    """``B_i^T B_i`` and ``A_i A_i^T`` for i = 1..L."""
    after, before = sides(found.factors)
    return [(multiply(transposed(b), b), multiply(a, transposed(a))) for a, b in zip(after, before, strict=True)]


def twice_gram(found: Minimiser, masks: NDArray[np.int64] | None = None) -> Symmetric:
    """``2 K``; with measurements, one a row, ``2 S K S^T``."""
    parts = [(symmetric(right), symmetric(left)) for right, left in grams(found)]
    scale = math.lcm(*(right.scale * left.scale for right, left in parts))
    size = len(found.target) * len(found.target[0])
    rows = [[0] * size for _ in range(size)]
    for right, left in parts:
        share = 2 * scale // (right.scale * left.scale)
        for i, outer in enumerate(right.rows):
            for a, inner in enumerate(left.rows):
                row = rows[i * left.size + a]
                for j, x in enumerate(outer):
                    if x:
                        for b, y in enumerate(inner, j * left.size):
                            row[b] += share * x * y
    if masks is None:
        return Symmetric(tuple(map(tuple, rows)), scale)
    signs = masks.tolist()
    half = [[sum(s * x for s, x in zip(mask, row, strict=True)) for row in rows] for mask in signs]
    seen = tuple(tuple(sum(s * x for s, x in zip(mask, row, strict=True)) for mask in signs) for row in half)
    return Symmetric(seen, scale)


def norm_squared(matrix: Matrix) -> Ends:
    """Squared spectral norm: both ends, equal where it is known to be a fraction."""
    return largest(symmetric(multiply(transposed(matrix), matrix)))


def root(value: Fraction, degree: int) -> Fraction | None:
    """The root of a positive fraction where it is one."""
    found = [_whole_root(x, degree) for x in (value.numerator, value.denominator)]
    return None if None in found else Fraction(found[0], found[1])  # type: ignore[arg-type]


def _whole_root(x: int, degree: int) -> int | None:
    low, high = 1, 1 << (x.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**degree < x else (low, middle)
    return low if low**degree == x else None


def floor(found: Minimiser) -> Ends:
    """``2 L s^(2 - 2/L)``: both ends, equal where it is a fraction."""
    depth, (low, high) = len(found.factors), norm_squared(found.target)
    if low == high:
        exact = root((2 * depth) ** depth * low ** (depth - 1), depth)
        if exact is not None:
            return exact, exact
    ends = [2 * depth * (ball(s).log() * ball(Fraction(depth - 1, depth))).exp() for s in (low, high)]
    return Fraction(endpoints(ends[0])[0]), Fraction(endpoints(ends[1])[1])


def lambda_max(found: Minimiser, masks: NDArray[np.int64] | None = None) -> Ends:
    """Both ends of the largest eigenvalue of the Hessian; equal where it is the floor, or known to be a fraction."""
    return largest(twice_gram(found, masks), *(floor(found) if masks is None else ()))
