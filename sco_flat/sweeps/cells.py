"""What the plans of all sweeps share: a cell, its text, the names of columns, and the options of a figure."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sco_flat import _registry
from sco_flat.errors import InputError, unknown_name
from sco_flat.sweeps import expressions, filters
from sco_flat.sweeps.work import PARTS, VERDICT
from sco_flat.vocabulary import column, long_name, word

PLOT = ("kind", "x", "y", "value", "unit", "by", "facet", "only", "bounds", "scale", "title", "style")
"""Options of a figure."""
SCALES = ("log", "linear")

SAID = ("name", "notes")
"""What a file says of itself."""
LONGEST = 1000
"""Letters of it."""


@dataclass(frozen=True)
class Cell:
    """One run or check: columns that name it, and what `work.run` is handed."""

    labels: dict[str, Any]
    arguments: dict[str, Any]

    @functools.cached_property
    def text(self) -> str:
        """The arguments in one text."""
        return canonical(self.arguments)


_WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical(data: Any) -> str:
    """One text for one content: sorted keys, no blanks."""
    return _WRITE(data)


def cut(data: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """The texts between which the values of some names stand in the canonical text of a dict that has these, too.

    Parameters
    ----------
    data : mapping
        The rest of the dict.
    names : str
        In their order in the text, the alphabet's.
    """
    parts = [canonical({**data, **dict.fromkeys(names, 0)})]
    for name in names:
        before, after = parts.pop().split(f'"{name}":0', 1)  # no value looks so: its quotes are escaped
        parts += [f'{before}"{name}":', after]
    return tuple(parts)


def around(data: Mapping[str, Any], name: str, *names: str) -> Callable[[str], tuple[str, ...]]:
    """`cut` of dicts that differ in the value of one name alone: what it gives for the text of that value.

    Parameters
    ----------
    data : mapping
        One of these dicts; where it has no such name, all of them have one text.
    name : str
        Whose value differs.
    names : str
        As in `cut`.
    """
    rest = {key: value for key, value in data.items() if key != name}
    if len(rest) == len(data):
        fixed = cut(data, *names)
        return lambda text: fixed
    order = sorted((name, *names))
    place = order.index(name)
    parts = cut(rest, *order)
    first, before, after, last = parts[:place], parts[place], parts[place + 1], parts[place + 2 :]
    return lambda text: (*first, f"{before}{text}{after}", *last)


def texts(values: Iterable[Any]) -> tuple[str, ...]:
    """Canonical texts of plain values; numbers by their own, which is the same and takes a fifth of the time."""
    return tuple(repr(value) if type(value) in (int, float) else canonical(value) for value in values)


def deciding(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a file on which cells depend: all but the figure, the name and the notes."""
    return {key: value for key, value in declared.items() if key not in ("plot", *SAID)}


def as_written(message: str, axes: Iterable[str]) -> str:
    """Return the message of a refusal, with its key as the file writes it."""
    key, equal, rest = message.partition(" = ")
    written = {long_name(name): name for name in axes}
    return f"{written.get(key, key)}{equal}{rest}"


def said(data: Mapping[str, Any]) -> None:
    """Refuse a name that is no text of one line, and notes that are no text.

    Raises
    ------
    InputError
        For another value.
    """
    for key in SAID:
        value = data.get(key, "nothing")
        lines = value.split("\n") if isinstance(value, str) and key == "notes" else [value]
        if not all(isinstance(line, str) and line.isprintable() for line in lines) or not 0 < len(value) <= LONGEST:
            one = " of one line" if key == "name" else ""
            raise InputError(key, value, f"is a text{one} of at most {LONGEST} letters", "write it in quotes")


def check_plot(table: Mapping[str, Any], columns: list[str]) -> None:
    """Refuse what no figure of this sweep could use.

    Raises
    ------
    InputError
        For an option that is not known, a value of another type, and a column that is not there. Those of claims are
        known once a cell is done.
    """
    if VERDICT in columns:
        table = {key: value for key, value in table.items() if key != "value" or not str(value).endswith(PARTS)}
    for key, value in table.items():
        where = f"plot.{key}"
        if key not in PLOT:
            raise unknown_name("plot", key, PLOT, {"where": "only"})
        if key == "bounds":
            if not isinstance(value, bool):
                raise InputError(where, value, "must be true or false", "write true or false")
        elif key == "only":
            if not isinstance(value, list):
                raise InputError(where, value, "is a list of conditions", 'for example ["n=6,8", "T<=64"]')
            said = [text for text in value if VERDICT not in columns or not any(part in str(text) for part in PARTS)]
            filters.read(where, said, columns)
        elif not isinstance(value, str):
            raise InputError(where, value, "is a text", "write it in quotes")
        elif key == "kind":
            word(where, value, _registry.names("plots"))
        elif key == "scale":
            word(where, value, SCALES)
        elif key == "unit":
            read = expressions.names(expressions.parse(where, value))
            for name in sorted(read):
                known(where, name, columns)
        if key in ("x", "y", "value", "by", "facet"):
            known(where, value, columns)


def known(where: str, name: str, columns: list[str]) -> str:
    """Return the column of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    found = column(name, columns)
    if found is None:
        raise unknown_name(where, name, columns, where=filters.COLUMNS)
    return found


def table(key: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a table of a file, empty where there is none.

    Raises
    ------
    InputError
        If the key stands for something else.
    """
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise InputError(key, found, "is a table", f"write [{key}] and its keys below it")
    return found
