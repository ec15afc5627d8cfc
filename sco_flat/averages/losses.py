"""Losses from a CSV file: one checkpoint a line, in one column."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from sco_flat.errors import InputError, unknown_name

USUAL = "loss"
"""The column that is taken where there are several and none is named."""


def read(path: str | Path, column: str | None = None) -> list[float]:
    """Read a trace of losses.

    Parameters
    ----------
    path : path
        A CSV file, with or without a line of names; empty lines at its end are passed over.
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
            reader = csv.reader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or f"is no CSV in UTF-8 ({error})"
        raise InputError("file", path, f"cannot be read: {reason}", "give a CSV file of losses") from None
    while rows and not any(field.strip() for field in rows[-1][1]):
        rows.pop()
    if not rows:
        raise InputError("file", path, "has no losses", "give one checkpoint a line")
    names = [field.strip() for field in rows[0][1]]
    if all(_number(name) is not None for name in names):
        names = [str(k + 1) for k in range(len(names))]
    else:
        rows = rows[1:]
    wanted = column if column is not None else names[0] if len(names) == 1 else USUAL
    if wanted not in names:
        raise unknown_name("column", wanted, names)
    place = names.index(wanted)
    return [_loss(path, line, place, row) for line, row in rows]


def _loss(path: str | Path, line: int, place: int, row: list[str]) -> float:
    text = row[place].strip() if place < len(row) else ""
    found = _number(text)
    if found is not None and math.isfinite(found):
        return found
    what = "a loss is missing" if not text else f"{text!r} is no finite number"
    where = f"line {line}, column {place + 1}"
    raise InputError("file", path, f"{where}: {what}", "mend that line, or end the file before it")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
