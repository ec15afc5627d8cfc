"""Numbers as people write them: ``1/24``, ``0.25``, ``2e-3``, ``1e4``, ``2^10``, ``2**10``; and as Python has them."""

from __future__ import annotations

import numbers as kinds
import re
import sys
from decimal import Decimal
from fractions import Fraction

from sco_flat.errors import InputError, shown

ROUNDING = 8 * sys.float_info.epsilon
"""Room for limits that users meet with equality, such as ``eta r = 1 / (2 sqrt T)``; there is no other tolerance."""


LONGEST = 100_000
"""Largest exponent that is read: beyond it a text is no number for anyone, but would fill the memory."""
DIGITS = 4000
"""Most decimal digits that are written: Python refuses to write 4,300."""
LARGEST = 1e100
"""Largest real number that is read: beyond it squares and fourth powers are no floats any more."""
SMALLEST = 1e-60
"""Smallest positive step size or radius: below it their products are no floats any more, and 0 stands for them."""


def fraction(value: object) -> Fraction:
    """Read a number of any kind, exactly: text, whole number, float, Fraction, Decimal, NumPy scalar.

    Raises
    ------
    ValueError, OverflowError, ZeroDivisionError
        If it is no finite number, or one beyond all reason.
    """
    if isinstance(value, str):
        above, over, below = value.partition("/")
        return _power(above) / _power(below) if over else _power(above)
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    if isinstance(value, kinds.Rational):  # whole numbers of all kinds, too
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, (kinds.Real, Decimal)):
        if isinstance(value, Decimal):
            if not value.is_finite() or abs(value.adjusted()) > LONGEST:
                raise OverflowError("too large")
            return Fraction(value)
        return Fraction(float(value))
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
        raise OverflowError("too large")
    return Fraction(base.strip()) ** int(exponent) if power else Fraction(base)


def real(key: str, value: object) -> float:
    """Read a finite real number, at most `LARGEST` in absolute value.

    Raises
    ------
    InputError
        If it is no number, is NaN or infinite, or too large.
    """
    return float(_real(key, value))


def _real(key: str, value: object) -> Fraction:
    try:
        found = fraction(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError(key, value, "is not a finite number", "write it like 0.25, 1/24 or 2e-3") from None
    if abs(found) > LARGEST:
        raise InputError(key, value, f"must be at most {LARGEST:g} in absolute value", "choose a smaller number")
    return found


def sized(key: str, value: object) -> float:
    """Read a step size or a radius: 0, or at least `SMALLEST`.

    Raises
    ------
    InputError
        As for `real`, and below `SMALLEST`.
    """
    found = _real(key, value)
    if 0 < abs(found) < SMALLEST:
        limit = f"must be 0 or at least {SMALLEST:g}: floats cannot tell smaller ones from 0"
        raise InputError(key, value, limit, "choose a larger number; proofs (--evidence) take any")
    return float(found)


def whole(key: str, value: object, low: int | None = None, high: int | None = None) -> int:
    """Read a whole number, within a range if one is given.

    Raises
    ------
    InputError
        If it is no whole number, or outside the range.
    """
    try:
        found = fraction(value)
    except OverflowError:  # a text that is far above every limit, or infinity
        found = Fraction(1, 2) if high is None or not isinstance(value, str) else Fraction(high + 1)
    except (ValueError, ZeroDivisionError):
        found = Fraction(1, 2)
    if found.denominator != 1:
        raise InputError(key, value, "is not a whole number", "write it like 20, 1e4 or 2^10")
    if (low is not None and found < low) or (high is not None and found > high):
        ends = ["" if low is None else f"at least {low}", "" if high is None else f"at most {_end(high)}"]
        limit = f"must be a whole number, {' and '.join(filter(None, ends))}"
        raise InputError(key, value, limit, "choose one in that range")
    return int(found)


def _end(high: int) -> str:
    """A largest value in words: ``1,000,000`` or ``2^128 - 1``."""
    if high < 10**12:
        return f"{high:,}"
    bits = high.bit_length()
    return f"2^{bits - 1}" if high == 1 << (bits - 1) else f"2^{bits} - 1" if high + 1 == 1 << bits else f"{high:,}"


def rounded(value: float, digits: int) -> str:
    """Write a measured number in a few significant digits, below a billion without an exponent.

    Examples
    --------
    >>> rounded(12821.3, 3), rounded(20, 1), rounded(0.01234, 2), rounded(2.5e12, 2)
    ('12,800', '20', '0.012', '2.5e+12')
    """
    text = f"{value:.{digits}g}"
    return f"{float(text):,.0f}" if "e+" in text and abs(value) < 1e9 else text


def wide_text(number: int) -> str:
    """Write a positive whole number of any size: its digits, and beyond `DIGITS` a power of 2 or hexadecimal digits.

    Examples
    --------
    >>> wide_text(4096), wide_text(2**15000), wide_text(2**14000 + 1)[:8]
    ('4096', '2^15000', '0x100000')
    """
    if number < 10**DIGITS:
        return str(number)
    bits = number.bit_length() - 1
    return f"2^{bits}" if number == 1 << bits else hex(number)


def wide(text: str) -> int | None:
    """Read what `wide_text` writes beyond `DIGITS`; None if it is something else."""
    if re.fullmatch(r"2\^[1-9]\d{0,6}", text):
        found = 1 << int(text[2:])
    elif re.fullmatch(r"0x[0-9a-f]+", text):
        found = int(text, 16)
    else:
        return None
    return found if wide_text(found) == text else None


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
    found = _real(key, value)
    if getattr(value, "shape", None) == ():  # a NumPy scalar, or an array without axes
        value = value.item()  # type: ignore[attr-defined]
    if isinstance(value, kinds.Real) and not isinstance(value, kinds.Rational):
        number = float(value)
        near = found.limit_denominator(10**6)
        return near if float(near) == number else Fraction(repr(number))
    return found


def span(key: str, value: object) -> tuple[Fraction, Fraction]:
    """Read a number or a range ``1/24..1/4``; return both ends.

    Raises
    ------
    InputError
        If an end is no finite number, or the ends are in the wrong order.
    """
    pair = value.partition("..")[::2] if isinstance(value, str) and ".." in value else value
    if isinstance(pair, tuple) and len(pair) != 2:
        raise InputError(key, value, "is a number or a range", "write for example 1/24..1/4")
    low, high = (exact(key, v) for v in pair) if isinstance(pair, tuple) else (exact(key, pair),) * 2
    if low > high:
        raise InputError(
            key,
            f"{shown(low)}..{shown(high)}",
            "a range goes from its smaller to its larger end",
            f"write {shown(high)}..{shown(low)}",
        )
    return low, high
