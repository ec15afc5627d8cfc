"""Statements as they are collected, and the event of the frozen family."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb, perm

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval, exponential
from sco_flat.proofs.question import Side
from sco_flat.results import Kind, Relation


class Book:
    """Collects statements."""

    def __init__(self) -> None:
        self.found: list[Rechecked] = []

    def say(
        self, kind: Kind, name: str, value: Interval | Fraction | int, relation: Relation,
        bound: Interval | Fraction | int, side: Side = "both",
    ) -> None:  # fmt: skip
        """Keep one statement; all of them are needed."""
        left = value if isinstance(value, Interval) else Interval(value)
        right = bound if isinstance(bound, Interval) else Interval(bound)
        self.found.append(Rechecked(name, kind, left, relation, right, side=side))


def log_rest(p: Fraction) -> Interval:
    """``log(1 - p)`` by its series with its remainder, ``p <= 1/2``."""
    x = Interval.outward(p, p)
    power, total, k = x, Interval(0), 1
    while power.high > p / (1 << 220):
        total = total - power / k
        power, k = power * x, k + 1
    return total - Interval(0, (power * 2).high)


@cache
def chance(n: int) -> Interval:
    """Probability of n distinct examples and exactly one bad column, mean over the families of ``ceil(1/p0)`` sets."""
    size = n * n
    if n > 200:  # p0 < 2^-n is far below what is kept of a number
        small, one = Fraction(1, 1 << n), 1 << 512
        low = high = one
        for k in range(1, n):
            low, high = low * (size - k) // size, -(-high * (size - k) // size)
        apart = Interval.outward(Fraction(low, one), Fraction(high, one))
        return apart * Interval(1, 1 + small) * exponential(Interval.outward(-1 - small, small - 1))
    share = Fraction(comb(size // 2, n), comb(size, n))  # as many as frozen sets that miss the sample
    columns = -(-share.denominator // share.numerator)
    distinct = Fraction(perm(size, n), size**n)
    return Interval.outward(distinct, distinct) * (share * columns) * exponential(log_rest(share) * (columns - 1))


def least_chance() -> Interval:
    """Of all n: at n = 4 ``p0`` is 1/26 and no larger later, and half of the samples at least are distinct."""
    return Interval(Fraction(25, 26) ** 26 / 2)


def power(base: Interval, exponent: int) -> Interval:
    """``base^exponent`` of numbers that are not negative, by repeated squaring."""
    found, square = Interval(1), base
    while exponent > 0:
        found = found * square if exponent & 1 else found
        square, exponent = square.square(), exponent >> 1
    return found
