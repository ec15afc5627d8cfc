"""Changes of a sweep file on the command line: ``T=64``, ``eta=1/8``, ``method=gd,sam``, ``random.repeat=3``."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from sco_flat.errors import InputError
from sco_flat.vocabulary import column, long_name

TABLES = ("axes", "let", "random", "plot")
MEND = "for example T=64, eta=1/8, method=gd,sam or random.repeat=3"


def changed(
    declared: Mapping[str, Any], words: Iterable[str], top: Iterable[str], random: Iterable[str]
) -> dict[str, Any]:
    """Return the content of a file with some keys changed; what it then says is checked as if it were written so.

    Parameters
    ----------
    declared : mapping
        The content.
    words : iterable of str
        ``KEY=VALUE``: an axis by any of its names, a key of the file, or TABLE.KEY. A value is as in TOML, or without
        quotes, with commas between several.
    top, random : iterable of str
        Keys that stand outside all tables, and those of the table ``random``.

    Raises
    ------
    InputError
        For what is no change, and for a key that is changed twice.

    Examples
    --------
    >>> changed({"axes": {"steps": [8, 16]}}, ["T=32,64", "eta=1/8"], (), ())
    {'axes': {'steps': [32, 64], 'eta': '1/8'}}
    """
    data = copy.deepcopy(dict(declared))
    first: dict[tuple[str, str], str] = {}
    outside = {*top} - {*TABLES}
    for word in words:
        name, equal, text = (part.strip() for part in word.partition("="))
        if not name or not equal or not text:
            raise InputError("change", word, "is KEY=VALUE, for a key of the file", MEND)
        table, key = _place(data, name, outside, {*random})
        place = table, long_name(key)
        if place in first:
            raise InputError(name, text, f"is changed by {first[place]}, too", "give one of them")
        first[place] = word
        found = data.setdefault(table, {}) if table else data
        if not isinstance(found, dict):
            raise InputError(table, found, "is a table", f"write [{table}] and its keys below it")
        found[key] = _value(text)
    return data


def _place(data: Mapping[str, Any], name: str, outside: set[str], random: set[str]) -> tuple[str, str]:
    """The table that has a key, and the key as the file calls it."""
    table, dot, key = name.partition(".")
    if not dot:
        if name in outside:
            return "", name
        if name in random:
            return "random", name
        table, key = "let" if name in data.get("let", {}) else "axes", name
    elif table not in TABLES:
        raise InputError("change", name, f"a key stands in {', '.join(TABLES)}", MEND)
    there = data.get(table)
    return table, column(key, there if isinstance(there, dict) else ()) or key


def _value(text: str) -> Any:
    """What a text says: in TOML, or a list of its parts, or itself."""
    found = _toml(text)
    if found is not None:
        return found
    parts = _parts(text)
    return text if len(parts) == 1 else [part if (x := _toml(part)) is None else x for part in parts]


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"] if "\n" not in text else None
    except (ValueError, RecursionError):
        return None


def _parts(text: str) -> list[str]:
    """Split at the commas outside parentheses: those of a formula stay."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [part.strip() for part in found]
