"""Numbers as people write them: ``1/24``, ``0.25``, ``2e-3``, ``1e4``, ``2^10``, ``2**10``; and as Python has them."""

from __future__ import annotations

import numbers as kinds
import sys
from decimal import Decimal
from fractions import Fraction

from sco_flat.errors import InputError

ROUNDING = 8 * sys.float_info.epsilon
"""Room for limits that users meet with equality, such as ``eta r = 1 / (2 sqrt T)``; there is no other tolerance."""


LONGEST = 10_000
"""Largest exponent that is read: beyond it a text is no number for anyone, but would fill the memory."""


def fraction(value: object) -> Fraction:
    """Read a number of any kind, exactly: text, whole number, float, Fraction, Decimal, NumPy scalar.

    Raises
    ------
    ValueError, OverflowError, ZeroDivisionError
        If it is no finite number.
    """
    if isinstance(value, str):
        above, over, below = value.partition("/")
        return _power(above) / _power(below) if over else _power(above)
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    if isinstance(value, kinds.Rational):  # whole numbers of all kinds, too
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, (kinds.Real, Decimal)):
        return Fraction(value if isinstance(value, Decimal) else float(value))
    if getattr(value, "shape", None) == ():  # an array without axes
        return fraction(value.item())  # type: ignore[attr-defined]
    raise ValueError("no number")


def _power(text: str) -> Fraction:
    """``1e4``, ``0.25``, ``2^10`` or ``2**10``."""
    base, power, exponent = text.replace("**", "^").strip().partition("^")
    if "/" in base:
        raise ValueError("a fraction of fractions")
    _, _, tens = base.lower().partition("e")
    if max(abs(int(exponent or 0)), abs(int(tens or 0))) > LONGEST:
        raise ValueError("too large")
    return Fraction(base.strip()) ** int(exponent) if power else Fraction(base)


def real(key: str, value: object) -> float:
    """Read a finite real number.

    Raises
    ------
    InputError
        If it is no number, or is NaN or infinite.
    """
    try:
        return float(fraction(value))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError(key, value, "is not a finite number", "write it like 0.25, 1/24 or 2e-3") from None


def whole(key: str, value: object) -> int:
    """Read a whole number.

    Raises
    ------
    InputError
        If it is no whole number.
    """
    try:
        found = fraction(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        found = Fraction(1, 2)
    if found.denominator != 1:
        raise InputError(key, value, "is not a whole number", "write it like 20, 1e4 or 2^10")
    return int(found)


def exact(key: str, value: object) -> Fraction:
    """Read a rational number as it was meant.

    A text is taken at its word (``1/24`` is 1/24). A float is taken for the simplest fraction that rounds to it, so
    that ``1 / 24`` in Python is 1/24 too; where there is none with a denominator below a million, for its shortest
    decimal.

    Raises
    ------
    InputError
        If it is no finite number.
    """
    real(key, value)
    found = fraction(value)
    if isinstance(value, float):
        near = found.limit_denominator(10**6)
        return near if float(near) == value else Fraction(repr(float(value)))
    return found


def span(key: str, value: object) -> tuple[Fraction, Fraction]:
    """Read a number or a range ``1/24..1/4``; return both ends.

    Raises
    ------
    InputError
        If an end is no finite number, or the ends are in the wrong order.
    """
    pair = value.partition("..")[::2] if isinstance(value, str) and ".." in value else value
    low, high = (exact(key, v) for v in pair) if isinstance(pair, tuple) else (exact(key, pair),) * 2
    if low > high:
        raise InputError(
            key, f"{low}..{high}", "a range goes from its smaller to its larger end", f"write {high}..{low}"
        )
    return low, high
