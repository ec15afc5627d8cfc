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


def folded(text: str) -> str:
    """Break the lines of a text between words where the terminal is too narrow for them; what goes on is set in."""
    most = room()
    if most is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _folded(line, most))


def _folded(line: str, most: int) -> list[str]:
    """One line in lines of at most ``most`` columns, as far as its words allow."""
    if len(line) <= most:
        return [line]
    inset = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.wrap(line, most, subsequent_indent=inset, break_long_words=False, break_on_hyphens=False)


def table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> str:
    """Align columns; on a terminal that is too narrow for them the texts in the widest ones are broken.

    Where that is not enough, further columns go to tables below, each with the first column again.
    """
    whole = [header, *rows]
    most = room()
    return "\n\n".join(_aligned([tuple(row[k] for k in page) for row in whole], most) for page in _pages(whole, most))


def _aligned(rows: list[tuple[str, ...]], most: int | None) -> str:
    """One table, its head in the first row."""
    widths = _widths(rows, most)

    def lines(row: tuple[str, ...]) -> list[str]:
        cells = [_broken(cell, w) for cell, w in zip(row, widths, strict=True)]
        return [
            "  ".join(
                (cell[k] if k < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)
            ).rstrip()
            for k in range(max(map(len, cells)))
        ]

    head, *below = map(lines, rows)
    return "\n".join([*head, "  ".join("-" * w for w in widths), *(line for row in below for line in row)])


def _pages(rows: list[tuple[str, ...]], most: int | None) -> list[list[int]]:
    """Which columns stand in one table: all of them, unless their longest words do not fit beside each other.

    A terminal that has no room for some column beside the first one gets all in one table, too.
    """
    first, *others = least = _least(rows)
    if most is None or _across(least) <= most or any(_across([first, w]) > most for w in others):
        return [list(range(len(least)))]
    pages = [[0]]
    for k in range(1, len(least)):
        if _across([least[j] for j in [*pages[-1], k]]) > most:
            pages.append([0])
        pages[-1].append(k)
    return pages


def _across(widths: Sequence[int]) -> int:
    """Columns that a table of these widths takes."""
    return sum(widths) + 2 * (len(widths) - 1)


def _least(rows: Sequence[tuple[str, ...]]) -> list[int]:
    """The longest word of each column."""
    return [max(len(word) for cell in cells for word in ["", *cell.split()]) for cells in zip(*rows, strict=True)]


def _broken(cell: str, width: int) -> list[str]:
    """A cell in lines of a width."""
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def _widths(rows: Sequence[tuple[str, ...]], most: int | None) -> list[int]:
    """The widths of columns: of their longest cells, or less where the whole would have more columns than ``most``."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    least = _least(rows)
    while most is not None and _across(widths) > most:
        _, widest = max((w, k) for k, w in enumerate(widths) if w > least[k]) if widths != least else (0, None)
        if widest is None:
            break
        widths[widest] -= 1
    return widths
