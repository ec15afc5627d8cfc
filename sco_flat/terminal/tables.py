"""Numbers, intervals and tables of plain text."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from decimal import Decimal

MARKS = {"holds": "ok", "proved": "ok", "fails": "FAILS", "undecided": "?", "not applicable": "-"}


def number(value: float | None) -> str:
    """Six significant digits."""
    return "" if value is None else f"{value:.6g}"


def interval(pair: tuple[float, float]) -> str:
    """One number where both ends agree to six digits, otherwise both."""
    low, high = number(pair[0]), number(pair[1])
    return low if low == high else f"[{low}, {high}]"


def enclosed(pair: tuple[str, str] | None) -> str:
    """Six digits of a proved quantity; both ends where they differ in them. Far smaller numbers than floats fit."""
    if pair is None:
        return ""
    if "inf" in pair[1] or "inf" in pair[0]:
        known, end = (">=", pair[0]) if "inf" in pair[1] else ("<=", pair[1])
        return f"{known} {_decimal(end)}"
    low, high = map(_decimal, pair)
    return low if low == high else f"[{low}, {high}]"


def _decimal(end: str) -> str:
    """Six digits of a decimal of any size; whole numbers below a million as they are written."""
    value = Decimal(end)
    whole = value == value.to_integral_value() and abs(value) < 10**6
    return f"{value:f}" if whole else f"{value:.6g}".replace("E", "e")


def room() -> int | None:
    """Columns of the terminal that the output goes to; None where it goes elsewhere, and lines may have any length."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> str:
    """Align columns; on a terminal that is too narrow for them the texts in the widest ones are broken."""
    whole = [header, *rows]
    widths = _widths(whole, room())

    def lines(row: tuple[str, ...]) -> list[str]:
        cells = [_broken(cell, w) for cell, w in zip(row, widths, strict=True)]
        return [
            "  ".join(
                (cell[k] if k < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)
            ).rstrip()
            for k in range(max(map(len, cells)))
        ]

    return "\n".join(
        [*lines(header), "  ".join("-" * w for w in widths), *(line for row in rows for line in lines(row))]
    )


def _broken(cell: str, width: int) -> list[str]:
    """A cell in lines of a width."""
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def _widths(rows: Sequence[tuple[str, ...]], most: int | None) -> list[int]:
    """The widths of columns: of their longest cells, or less where the whole would have more columns than ``most``."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, cells)) for cells in columns]
    least = [max(max(map(len, cell.split()), default=0) for cell in cells) for cells in columns]
    while most is not None and sum(widths) + 2 * (len(widths) - 1) > most:
        _, widest = max((w, k) for k, w in enumerate(widths) if w > least[k]) if widths != least else (0, None)
        if widest is None:
            break
        widths[widest] -= 1
    return widths
