"""Numbers, intervals and tables of plain text."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from decimal import Decimal

from sco_flat.colours import painted, seen
from sco_flat.numbers import rounded

MARKS = {"holds": "ok", "proved": "ok", "fails": "FAILS", "undecided": "?", "not applicable": "-"}
VERDICT = "verdict"
"""Head of the column whose words may have a colour."""
WHOLE = 5
"""Digits that a whole number may have beyond the significant ones: an exponent would take as much room."""


def number(value: float | None, digits: int = 6) -> str:
    """Write a number in significant digits; a whole one as it is, ``1048576`` and not ``1.04858e+06``.

    Examples
    --------
    >>> number(1048576.0), number(1048576.5), number(20.0, 1), number(0.1234567)
    ('1048576', '1.04858e+06', '20', '0.123457')
    """
    if value is None:
        return ""
    whole = abs(value) < 10 ** (digits + WHOLE) and value == int(value)
    return f"{value:.0f}" if whole else f"{value:.{digits}g}"


def times(ratio: float | None, digits: int) -> str:
    """Write a ratio, ``12,800x``."""
    return "" if ratio is None else f"{rounded(ratio, digits)}x"


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
    """Six digits of a decimal of any size; whole numbers as for `number`."""
    value = Decimal(end)
    whole = abs(value) < 10 ** (6 + WHOLE) and value == value.to_integral_value()
    return f"{value:f}" if whole else f"{value:.6g}".replace("E", "e")


def room() -> int | None:
    """Columns that a line may have, by ``COLUMNS`` or the terminal; None elsewhere, where lines may have any length."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def folded(text: str) -> str:
    """Break the lines of a text between words where the terminal is too narrow for them; what goes on is set in."""
    most = room()
    if most is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _folded(line, most))


def _folded(line: str, most: int) -> list[str]:
    """One line in lines of at most ``most`` columns, as far as its words allow."""
    if seen(line) <= most:
        return [line]
    inset = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.wrap(line, most, subsequent_indent=inset, break_long_words=False, break_on_hyphens=False)


def table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...], name: int = 0) -> str:
    """Align columns; where lines may not have so many columns, the texts in the widest ones are broken.

    Where that is not enough, what is the same in all rows is said below instead, and further columns go to tables
    below, each with the column again that names the rows.

    Parameters
    ----------
    rows : sequence of tuple of str
        The cells.
    header : tuple of str
        The heads of the columns.
    name : int
        The column that tells the rows apart.
    """
    whole, most = [header, *rows], room()
    common = _common(whole, most, name)
    left = [k for k in range(len(header)) if k not in common]
    whole = [tuple(row[k] for k in left) for row in whole]
    pages = _pages(whole, most, left.index(name))
    found = "\n\n".join(_aligned([tuple(row[k] for k in page) for row in whole], most) for page in pages)
    said = ", ".join(f"{header[k]} {painted(rows[0][k]) if header[k] == VERDICT else rows[0][k]}" for k in common)
    return f"{found}\nin every row: {said}" if common else found


def _common(rows: list[tuple[str, ...]], most: int | None, name: int) -> list[int]:
    """The columns that say the same in all rows and for which there is no room; the verdict stays where it can."""
    (head, *below), dropped = rows, list[int]()
    least = _least(rows)
    same = [k for k in range(len(head)) if k != name and head[k] and len({row[k] for row in below}) == 1]
    for k in sorted(same, key=lambda k: head[k] == VERDICT):
        if most is None or len(below) < 2 or _across([w for j, w in enumerate(least) if j not in dropped]) <= most:
            break
        dropped.append(k)
    return sorted(dropped)


def _aligned(rows: list[tuple[str, ...]], most: int | None) -> str:
    """One table, its head in the first row; colours take no columns, so they come after all is laid out."""
    widths = _widths(rows, most)
    coloured = [head == VERDICT for head in rows[0]]

    def lines(row: tuple[str, ...]) -> list[str]:
        cells = [_broken(cell, w) for cell, w in zip(row, widths, strict=True)]
        found = []
        for k in range(max(map(len, cells))):
            parts = [(cell[k] if k < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)]
            parts[-1] = parts[-1].rstrip()
            found.append("  ".join(painted(p) if c else p for p, c in zip(parts, coloured, strict=True)).rstrip())
        return found

    head, *below = map(lines, rows)
    return "\n".join([*head, "  ".join("-" * w for w in widths), *(line for row in below for line in row)])


def _pages(rows: list[tuple[str, ...]], most: int | None, name: int) -> list[list[int]]:
    """Which columns stand in one table: all of them, unless their longest words do not fit beside each other.

    Where there is no room for some column beside the one that names the rows, all are in one table, too.
    """
    least = _least(rows)
    others = [k for k in range(len(least)) if k != name]
    if most is None or _across(least) <= most or any(_across([least[name], least[k]]) > most for k in others):
        return [list(range(len(least)))]
    pages = [{name}]
    for k in others:
        if _across([least[j] for j in pages[-1] | {k}]) > most:
            pages.append({name})
        pages[-1].add(k)
    return [sorted(page) for page in pages]


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
