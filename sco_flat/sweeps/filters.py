"""Conditions on the rows of a sweep: ``n=6,8``, ``T<=64``, ``method!=gd``; read once, then asked of rows or in SQL.

They are the same for ``--only`` of sweep, plot and collect, ``only`` in the ``[plot]`` of a file, and in Python.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from sco_flat import numbers
from sco_flat.errors import InputError, unknown_name
from sco_flat.vocabulary import column

CLOSE = 1e-9
"""Numbers that differ by no more than this part of the larger one are equal: 1/3 and 0.333333333333."""
COLUMNS = "the first line of collect's table.csv"
"""Where all columns are, for errors."""
NOTHING = "none"
"""The value of a row that has none, as a radius in a run of gradient descent."""
SHOWN = 8
"""Values of a column that an error lists."""
MEND = "for example n=6,8 or T<=64 or method!=gd"
_RELATION = re.compile(r"\s*(!=|<=|>=|==?|<|>)")
_ORDER: dict[str, tuple[int | None, ...]] = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}
"""Signs of value less limit for which a relation holds."""


@dataclass(frozen=True)
class Condition:
    """What one column has to be.

    Attributes
    ----------
    text : str
        As it was written.
    name : str
        The column, as the table calls it.
    relation : {"=", "!=", "<", "<=", ">", ">="}
        How it is compared.
    wanted : tuple of (str, float or None)
        What it is compared with: the text, and the number that it is, if it is one. A relation of order has one, and
        it is a number.

    Examples
    --------
    >>> (few,) = read("only", ["T<=64"], ["n", "T", "method"])
    >>> few.holds({"n": 6, "T": 64, "method": "sam"})
    True
    """

    text: str
    name: str
    relation: str
    wanted: tuple[tuple[str, float | None], ...]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is so."""
        value = row.get(self.name)
        if self.relation in _ORDER:
            ((_, limit),) = self.wanted
            if limit is None or not _is_number(value):
                return False
            return _sign(value, limit) in _ORDER[self.relation]
        return any(_is(value, text, number) for text, number in self.wanted) == (self.relation == "=")


def read(key: str, texts: object, columns: Sequence[str]) -> tuple[Condition, ...]:
    """Read conditions, all of which have to hold.

    Parameters
    ----------
    key : str
        Where they are from, named in errors.
    texts : str or iterable of str
        ``COLUMN=VALUE``, ``COLUMN=ONE,ANOTHER`` (any of them), ``COLUMN!=VALUE`` (none of them), or a number after
        ``<``, ``<=``, ``>``, ``>=``. A row without a value is ``none``. Words compare in capitals or not.
    columns : sequence of str
        Those of the table; any name of an option finds its column.

    Returns
    -------
    tuple of Condition

    Raises
    ------
    InputError
        For what is no condition, and for columns that are not there.

    Examples
    --------
    >>> [c.relation for c in read("only", ["steps<=2^6", "method!=gd"], ["n", "T", "method"])]
    ['<=', '!=']
    """
    several = texts if isinstance(texts, Iterable) and not isinstance(texts, str) else [texts]
    return tuple(_condition(key, text, columns) for text in several)


def _condition(key: str, text: object, columns: Sequence[str]) -> Condition:
    if not isinstance(text, str):
        raise InputError(key, text, "is a text like n=6", "write it in quotes")
    name, relation, value = _parts(text, columns)
    if not relation or not name:
        raise InputError(key, text, "is COLUMN=VALUE, or has !=, <, <=, > or >= between them", MEND)
    found = column(name, columns)
    if found is None:
        raise unknown_name(key, name, columns, where=COLUMNS)
    if not value:
        raise InputError(key, text, f"has no value after {relation}", MEND)
    if relation not in _ORDER:
        each = [part.strip() for part in value.split(",")]
        # a value may have commas itself, as stages have
        return Condition(text, found, relation, tuple((x, _number(x)) for x in dict.fromkeys([*each, value]) if x))
    limit = _number(value)
    if limit is None:
        raise InputError(key, text, f"has no number after {relation}", "write one number, for example T<=64")
    return Condition(text, found, relation, ((value, limit),))


def _parts(text: str, columns: Sequence[str]) -> tuple[str, str, str]:
    """Column, relation and value; the names of claims have relations in them, so that known columns go first."""
    for name in sorted((c for c in columns if text.startswith(c)), key=len, reverse=True):
        match = _RELATION.match(text, len(name))
        if match:
            return name, _plain(match[1]), text[match.end() :].strip()
    match = _RELATION.search(text)
    if match is None:
        return text, "", ""
    return text[: match.start()].strip(), _plain(match[1]), text[match.end() :].strip()


def _plain(relation: str) -> str:
    return "=" if relation == "==" else relation


def _number(text: str) -> float | None:
    try:
        return numbers.real("only", text)
    except InputError:
        return None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sign(value: float, limit: float) -> int | None:
    """Sign of value less limit; None for what is not a number."""
    if abs(value - limit) <= CLOSE * max(abs(value), abs(limit)):
        return 0
    return None if math.isnan(value) else 1 if value > limit else -1


def _is(value: Any, text: str, number: float | None) -> bool:
    if _is_number(value):
        return number is not None and _sign(value, number) == 0
    return str(value).lower() == text.lower()


def chosen(conditions: Iterable[Condition], row: Mapping[str, Any]) -> bool:
    """Whether all conditions hold for a row."""
    return all(condition.holds(row) for condition in conditions)


def nothing(key: str, conditions: Sequence[Condition], values: Mapping[str, Iterable[Any]]) -> InputError:
    """Build the error for conditions that no row meets.

    Parameters
    ----------
    key : str
        Where they are from.
    conditions : sequence of Condition
        At least one.
    values : mapping
        What there is of the columns.
    """
    there = []
    for condition in conditions:
        known = list(values.get(condition.name, ()))
        if known and not any(condition.holds({condition.name: value}) for value in known):
            some = ", ".join(map(_shown, known[:SHOWN]))
            there.append(f"{condition.name} is {some}{', ...' if len(known) > SHOWN else ''}")
    mend = "; ".join(there) or "no row meets all of them: drop one"
    return InputError(key, ", ".join(condition.text for condition in conditions), "no row is so", mend)


def _shown(value: Any) -> str:
    return NOTHING if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def sql(
    conditions: Iterable[Condition], field: str = "labels", places: Mapping[str, int] | None = None
) -> tuple[str, list[Any]]:
    """Say in SQL that all conditions hold for the columns that a field of JSON has.

    Parameters
    ----------
    conditions : iterable of Condition
        On keys of that field.
    field : str
        The field.
    places : mapping, optional
        Where each column stands, in a field that is a list.

    Returns
    -------
    (str, list)
        An expression that is 1 or 0, also where the field holds no JSON, and its parameters. For words it knows
        capitals of ASCII only, which the names of a sweep are made of.
    """
    parts, given = [], []
    for condition in conditions:
        path = f"$.{json.dumps(condition.name)}" if places is None else f"$[{places[condition.name]}]"
        part, more = _in_sql(condition, field, path)
        parts.append(part)
        given += more
    if not parts:
        return "1", []
    return f"(CASE WHEN json_valid({field}) THEN {' AND '.join(parts)} ELSE 0 END)", given


def _in_sql(condition: Condition, field: str, path: str) -> tuple[str, list[Any]]:
    value, kind = f"json_extract({field}, ?)", f"ifnull(json_type({field}, ?), 'null')"
    is_number = f"{kind} IN ('integer', 'real')"
    if condition.relation in _ORDER:
        ((_, limit),) = condition.wanted
        close = f"abs({value} - ?) <= {CLOSE} * max(abs({value}), abs(?))"
        order = condition.relation[0]
        near = close if condition.relation.endswith("=") else f"NOT {close}"
        joined = "OR" if condition.relation.endswith("=") else "AND"
        return (f"({is_number} AND ({value} {order} ? {joined} {near}))",
                [path, path, limit, path, limit, path, limit])  # fmt: skip
    same: list[str] = []
    given: list[Any] = []
    for text, number in condition.wanted:
        if text.lower() in (NOTHING, "true", "false"):
            same.append(f"{kind} = ?")
            given += [path, "null" if text.lower() == NOTHING else text.lower()]
        named = f"({kind} = 'text' AND {value} = ? COLLATE NOCASE)"
        if number is not None:  # most rows are a number and another one: what they are is asked once
            named = (
                f"CASE WHEN {is_number} THEN abs({value} - ?) <= {CLOSE} * max(abs({value}), abs(?)) ELSE {named} END"
            )
            given += [path, path, number, path, number]
        same.append(named)
        given += [path, path, text]
    anyone = f"({' OR '.join(same)})"
    return (anyone, given) if condition.relation == "=" else (f"NOT {anyone}", given)
