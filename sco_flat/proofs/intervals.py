"""Intervals with rational ends, for re-checking: nothing here is shared with the prover's balls."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

BITS = 200
"""Significant bits that are kept of an end."""

FARTHEST = -4096
"""Exponent below which a power of e lies between 0 and that of this one."""


def _round(x: Fraction, up: bool) -> Fraction:
    """Round to a number of `BITS` significant bits, down or up."""
    top, bottom = x.numerator, x.denominator
    sizes = top.bit_length(), bottom.bit_length()
    if sizes[0] + sizes[1] <= BITS:
        return x
    shift = BITS - (sizes[0] - sizes[1])
    if shift >= 0:
        top <<= shift
    else:
        bottom <<= -shift
    whole = -(-top // bottom) if up else top // bottom
    return Fraction(whole, 1 << shift) if shift >= 0 else Fraction(whole << -shift)


class Interval:
    """A closed interval; every operation rounds outwards."""

    __slots__ = ("high", "low")

    def __init__(self, low: Fraction | int, high: Fraction | int | None = None) -> None:
        self.low = low if type(low) is Fraction else Fraction(low)
        self.high = self.low if high is None else high if type(high) is Fraction else Fraction(high)

    @classmethod
    def outward(cls, low: Fraction, high: Fraction) -> Interval:
        """Round both ends outwards."""
        return cls(_round(low, up=False), _round(high, up=True))

    def __add__(self, other: Interval | Fraction | int) -> Interval:
        o = _lift(other)
        return Interval.outward(self.low + o.low, self.high + o.high)

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Interval | Fraction | int) -> Interval:
        return self + (-_lift(other))

    def __rsub__(self, other: Interval | Fraction | int) -> Interval:
        return _lift(other) - self

    def __mul__(self, other: Interval | Fraction | int) -> Interval:
        o = _lift(other)
        if self.low >= 0 and o.low >= 0:
            return Interval.outward(self.low * o.low, self.high * o.high)
        ends = (self.low * o.low, self.low * o.high, self.high * o.low, self.high * o.high)
        return Interval.outward(min(ends), max(ends))

    __rmul__ = __mul__

    def __truediv__(self, other: Interval | Fraction | int) -> Interval:
        o = _lift(other)
        if o.low <= 0 <= o.high:
            raise ZeroDivisionError("the divisor may be 0")
        return self * Interval.outward(1 / o.high, 1 / o.low)

    def __rtruediv__(self, other: Interval | Fraction | int) -> Interval:
        return _lift(other) / self

    def square(self) -> Interval:
        """``x²``, never negative."""
        ends = (self.low**2, self.high**2)
        return Interval.outward(Fraction(0) if self.low < 0 < self.high else min(ends), max(ends))

    def sqrt(self) -> Interval:
        """Root of the non-negative part."""
        return Interval(_root(max(self.low, Fraction(0)), up=False), _root(max(self.high, Fraction(0)), up=True))

    def positive(self) -> Interval:
        """``[x]_+``."""
        return Interval(max(self.low, Fraction(0)), max(self.high, Fraction(0)))

    def least(self, other: Interval | Fraction | int) -> Interval:
        """Smaller of two."""
        o = _lift(other)
        return Interval(min(self.low, o.low), min(self.high, o.high))

    def most(self, other: Interval | Fraction | int) -> Interval:
        """Larger of two."""
        o = _lift(other)
        return Interval(max(self.low, o.low), max(self.high, o.high))

    def overlaps(self, other: Interval) -> bool:
        """Whether they have a number in common."""
        return self.low <= other.high and other.low <= self.high


def _lift(x: Interval | Fraction | int) -> Interval:
    return x if isinstance(x, Interval) else Interval(x)


def _root(x: Fraction, up: bool) -> Fraction:
    """Square root to `BITS` bits; exact where it is a short rational."""
    if x == 0:
        return x
    top, bottom = isqrt(x.numerator), isqrt(x.denominator)
    if top * top == x.numerator and bottom * bottom == x.denominator:
        return Fraction(top, bottom)
    shift = max(0, 2 * BITS - (x.numerator.bit_length() - x.denominator.bit_length()))
    shift += shift % 2
    scaled = (x.numerator << shift) // x.denominator
    whole = isqrt(scaled) + (1 if up else 0)
    return _round(Fraction(whole, 1 << (shift // 2)), up)


def exponential(y: Interval) -> Interval:
    """``e^y`` by halving and a Taylor sum with its remainder."""
    return Interval(_exp(y.low).low, _exp(y.high).high)


def _exp(y: Fraction) -> Interval:
    if y < FARTHEST:
        return Interval(0, _exp(Fraction(FARTHEST)).high)
    halvings = max(0, int(abs(y)).bit_length() + 4)
    x = Interval.outward(y / 2**halvings, y / 2**halvings)
    term, total = Interval(1), Interval(1)
    for k in range(1, 30):
        term = term * x / k
        total = total + term
    rest = max(abs(term.low), abs(term.high))  # |x| <= 1/16: the tail is below the last term
    total = total + Interval(-rest, rest)
    for _ in range(halvings):
        total = total.square()
    return total


def log_without(n: int) -> Interval:
    """``log(1 - 2^-n)`` by its series with its remainder."""
    x = Interval(Fraction(1, 1 << n))
    power, total = x, Interval(0)
    terms = 2 + BITS // n
    for k in range(1, terms + 1):
        total = total - power / k
        power = power * x
    return total - Interval(0, (power * 2 / (terms + 1)).high)
