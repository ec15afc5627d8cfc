"""Losses from a CSV file: one checkpoint a line, in one column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from sco_flat.errors import InputError, unknown_name

USUAL = "loss"
"""The column that is taken where there are several and none is named."""


def read(path: str | Path, column: str | None = None) -> list[float]:
    """Read a trace of losses.

    Parameters
    ----------
    path : path
        A CSV file, with or without a line of names; empty lines at its ends are passed over. Semicolons or tabs may
        stand between the columns, if the first line has no comma.
    column : str, optional
        A name of its first line. Where there are several columns and none is named, ``loss`` is.

    Returns
    -------
    list of float

    Raises
    ------
    InputError
        For a file that cannot be read, a column that is not there, and a loss that is missing, no number or not finite,
        with line and column.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
        mark = _mark(text)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=mark))
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or f"is no CSV in UTF-8 ({error})"
        raise InputError("file", path, f"cannot be read: {reason}", "give a CSV file of losses") from None
    first, end = 0, len(rows)
    while end and not any(field.strip() for field in rows[end - 1]):
        end -= 1
    while first < end and not any(field.strip() for field in rows[first]):
        first += 1
    if first == end:
        raise InputError("file", path, "has no losses", "give one checkpoint a line")
    names = [field.strip() for field in rows[first]]
    if all(_number(name) is not None for name in names):
        names = [str(k + 1) for k in range(len(names))]
    else:
        first += 1
    place = _place(names, column)
    try:
        losses = [float(row[place]) for row in rows[first:end]]
    except (ValueError, IndexError):
        losses = [math.nan]
    if not all(map(math.isfinite, losses)):
        bad = next(k for k, row in enumerate(rows[first:end]) if not _usable(row, place))
        _refuse(path, text, mark, first + bad, place)
    return losses


def _mark(text: str) -> str:
    """What stands between columns, by the first line that is not empty."""
    line = next((line for line in io.StringIO(text) if line.strip()), "")
    return next((mark for mark in ",;\t" if mark in line), ",")


def _place(names: Sequence[str], column: str | None) -> int:
    """The column that is asked for."""
    wanted = column if column is not None else names[0] if len(names) == 1 else USUAL
    if column is None and wanted not in names:
        limit = f"is taken where none is named, and the file has {', '.join(names)}"
        raise InputError("column", repr(wanted), limit, "write --column NAME")
    if wanted not in names:
        raise unknown_name("column", wanted, names)
    if names.count(wanted) > 1:
        raise InputError("column", wanted, f"stands {names.count(wanted)} times in the first line", "rename the others")
    return names.index(wanted)


def _usable(row: Sequence[str], place: int) -> bool:
    value = _number(row[place]) if place < len(row) else None
    return value is not None and math.isfinite(value)


def _refuse(path: str | Path, text: str, mark: str, place: int, column: int) -> NoReturn:
    """Say in which line a loss is wrong; rows are counted once more, since one may take several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=mark)
    row = next(row for k, row in enumerate(reader) if k == place)
    shown = row[column].strip() if column < len(row) else ""
    what = "a loss is missing" if not shown else f"{shown!r} is no finite number"
    where = f"line {reader.line_num}, column {column + 1}"
    raise InputError("file", path, f"{where}: {what}", "mend that line, or end the file before it")


def _number(text: str) -> float | None:
    """A number, finite or not; None for other texts."""
    try:
        return float(text)
    except ValueError:
        return None
