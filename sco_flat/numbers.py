"""Numbers as people write them: ``1/24``, ``0.25``, ``2e-3``, and whole numbers like ``1e4`` or ``2^10``."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

from sco_flat.errors import InputError

ROUNDING = 8 * sys.float_info.epsilon
"""Room for limits that users meet with equality, such as ``eta r = 1 / (2 sqrt T)``; there is no other tolerance."""


def real(key: str, text: str | float) -> float:
    """Read a finite real number.

    Raises
    ------
    InputError
        If the text is no number, or is NaN or infinite.
    """
    try:
        value = float(Fraction(str(text).strip()))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError(key, text, "is not a finite number", "write it like 0.25, 1/24 or 2e-3") from None
    if not math.isfinite(value):
        raise InputError(key, text, "is not a finite number", "write it like 0.25, 1/24 or 2e-3")
    return value


def whole(key: str, text: str | int) -> int:
    """Read a whole number.

    Raises
    ------
    InputError
        If the text is no whole number.
    """
    base, power, exponent = str(text).strip().partition("^")
    try:
        value = Fraction(base) ** int(exponent) if power else Fraction(base)
    except (ValueError, ZeroDivisionError):
        raise InputError(key, text, "is not a whole number", "write it like 20, 1e4 or 2^10") from None
    if value.denominator != 1:
        raise InputError(key, text, "is not a whole number", "write it like 20, 1e4 or 2^10")
    return int(value)


def exact(key: str, value: str | float | Fraction) -> Fraction:
    """Read a rational number as it was meant.

    A text is taken at its word (``1/24`` is 1/24). A float is taken for the simplest fraction that rounds to it, so
    that ``1 / 24`` in Python is 1/24 too; where there is none with a denominator below a million, for its shortest
    decimal.

    Raises
    ------
    InputError
        If it is no finite number.
    """
    real(key, str(value))
    if isinstance(value, float):
        near = Fraction(value).limit_denominator(10**6)
        return near if float(near) == value else Fraction(repr(value))
    return Fraction(str(value).strip())


def span(
    key: str, value: str | float | Fraction | tuple[float | Fraction, float | Fraction]
) -> tuple[Fraction, Fraction]:
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
