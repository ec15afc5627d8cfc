"""Intervals whose ends are whole numbers of ``2^-SCALE``, for long walks: every operation rounds outwards."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.intervals import Interval

SCALE = 256
ONE = 1 << SCALE


class Fixed:
    """An interval of numbers ``low .. high``, both in units of ``2^-SCALE``."""

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    @classmethod
    def of(cls, value: Interval | Fraction | int) -> Fixed:
        """Enclose an interval or a number."""
        low, high = (value.low, value.high) if isinstance(value, Interval) else (Fraction(value),) * 2
        return cls(low.numerator * ONE // low.denominator, -(-high.numerator * ONE // high.denominator))

    @property
    def interval(self) -> Interval:
        """The same with rational ends."""
        return Interval(Fraction(self.low, ONE), Fraction(self.high, ONE))

    def __add__(self, other: Fixed) -> Fixed:
        return Fixed(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Fixed) -> Fixed:
        return Fixed(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Fixed) -> Fixed:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Fixed(min(ends) >> SCALE, -(-max(ends) >> SCALE))

    def over(self, whole: int) -> Fixed:
        """Divide by a positive whole number."""
        return Fixed(self.low // whole, -(-self.high // whole))

    def __truediv__(self, other: Fixed) -> Fixed:
        if other.low <= 0:
            raise ZeroDivisionError("the divisor may be 0")
        pairs = [(a << SCALE, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Fixed(min(a // b for a, b in pairs), max(-(-a // b) for a, b in pairs))

    def least(self, other: Fixed) -> Fixed:
        """Smaller of two."""
        return Fixed(min(self.low, other.low), min(self.high, other.high))

    def most(self, other: Fixed) -> Fixed:
        """Larger of two."""
        return Fixed(max(self.low, other.low), max(self.high, other.high))
