"""The finished cells of sweeps in Python: a frame, of all rows or of some.

A store may have a million rows. So SQLite leaves out what a condition excludes, checksums are taken of what is left,
and texts are parsed a whole block at once.
"""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import vocabulary
from sco_flat.errors import InputError
from sco_flat.presentation import frame
from sco_flat.sweeps import claims, filters, plan, tables
from sco_flat.sweeps.store import Store
from sco_flat.sweeps.studies import STUDY, Studies
from sco_flat.sweeps.work import ALONG, CLAIMS, PARTS, TRAJECTORY

BLOCK = 20_000
"""Rows that are held as Python objects at a time."""
KINDS: dict[str, Any] = {"bool": np.bool_, "int": np.int64, "float": np.float64, "str": object}


def load(folder: str | Path, *more: str | Path, only: str | Iterable[str] = ()) -> Any:
    """Return the finished cells of a sweep, in the order of its plan; of several, one after the other.

    Parameters
    ----------
    folder, *more : path
        Of the sweep, running or not, or of several, which a column ``study`` tells apart; nothing is changed.
    only : str or iterable of str
        Conditions, all of which hold: ``"n=6,8"``, ``"T<=64"``, ``"method!=gd"``; see `sco_flat.sweeps.filters`.

    Returns
    -------
    DataFrame, or dict of arrays without pandas
        The columns of ``table.csv``. Where a row has no number there is NaN, and None in place of a word. Where
        trajectories are recorded, ``trajectory`` holds for each cell the columns of ``trajectory.csv``, as a dict of
        lists.

    Raises
    ------
    InputError
        For a folder without a store, or with a damaged one; for what is no condition.

    Warns
    -----
    UserWarning
        If rows that were asked for are damaged; they are left out.

    Examples
    --------
    >>> import sco_flat
    >>> found = sco_flat.load("study", only=["n=6,8", "T<=64", "method!=gd"])  # doctest: +SKIP
    >>> found["average.population_risk"].max()  # doctest: +SKIP
    0.0157...
    """
    with Studies([folder, *more], whole=False) as studies:
        asked = filters.read("only", only, studies.header)
        found = []
        for k, store in enumerate(studies.stores):
            if not store.planned():
                raise InputError("folder", store.folder, "holds no cells", "run sco-flat sweep first")
            own = studies.own(k, asked)
            if own is not None:
                columns = _columns(store, tuple(own))
                found.append(_called(studies, k, columns) if more else columns)
        names = list(dict.fromkeys(name for columns in found for name in columns)) or studies.header
    return frame(found[0] if len(found) == 1 else {name: _joined(name, found) for name in names})


def _called(studies: Studies, k: int, columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Columns of one of several stores by the names that all have, after one that says which it is."""
    rows = len(next(iter(columns.values())))
    called = {vocabulary.column(name, studies.axes) or name: column for name, column in columns.items()}
    return {STUDY: np.array([studies.names[k]] * rows, dtype=object), **called}


def _joined(name: str, found: Sequence[dict[str, NDArray[Any]]]) -> NDArray[Any]:
    """A column of several stores; of one that has none, NaN in place of numbers and None of words."""
    words = any(columns[name].dtype.kind in "Ob" for columns in found if name in columns)
    rows = [len(next(iter(columns.values()))) for columns in found]
    gap: Any = (None, object) if words else (np.nan, np.float64)
    parts = [columns[name] if name in columns else np.full(n, *gap) for columns, n in zip(found, rows, strict=True)]
    return np.concatenate(parts) if parts else np.array([], dtype=object)


def _columns(store: Store, asked: tuple[filters.Condition, ...]) -> dict[str, NDArray[Any]]:
    """Columns of the rows of a store that are so, in the order of its plan."""
    names, kinds = tables.header(store), tables.kinds(store)
    reading = _Reading(store, [kinds[name] for name in names], names, asked)
    empty = [np.array([], dtype=np.int64), *(np.array([], dtype=KINDS[kinds[name]]) for name in names)]
    with _uncollected():
        parts = [reading.of(block) for block in store.blocks(_in_sql(store, asked), BLOCK)]
    if reading.lost:
        mend = "sco_flat.sweep(..., retry=True) computes them again"
        warnings.warn(f"{store.folder}: {reading.lost} damaged rows are left out; {mend}", stacklevel=3)
    places, *columns = map(np.concatenate, zip(*parts or [empty], strict=True))
    order = np.argsort(places)
    return {name: column[order] for name, column in zip(names, columns, strict=True)}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for circles, which takes a third of the time: what is parsed has none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _in_sql(store: Store, asked: Sequence[filters.Condition]) -> tuple[str, list[Any]]:
    """What SQLite can decide of some conditions: all on what names a cell, most on results."""
    own = store.columns()
    places = {name: k for k, name in enumerate(plan.header(own, store.record())[len(own) :])}
    first, given = filters.sql(c for c in asked if c.name in own)
    ended = [c for c in asked if c.name in places]
    if not ended:
        return first, given
    second, more = filters.sql(ended, "result", places)
    # a result with a NaN is no JSON to SQLite
    return f"{first} AND (NOT json_valid(result) OR {second})", [*given, *more]


@dataclass
class _Reading:
    """What is made of the rows of a store: columns, without the rows that are damaged or not asked for."""

    store: Store
    kinds: list[str]
    names: list[str]
    asked: tuple[filters.Condition, ...]
    lost: int = 0

    def of(self, block: list[tuple[int, bytes, bytes, int]]) -> list[NDArray[Any]]:
        """Places and columns of the rows of a block."""
        sound = [row for row in block if row[3]]
        self.lost += len(block) - len(sound)
        own = self.store.columns()
        labels, results = self._parsed([row[1] for row in sound]), self._parsed([row[2] for row in sound])
        if self.store.record() == (CLAIMS,):
            called = [name.removesuffix(PARTS[0]) for name in self.names if name.endswith(PARTS[0])]
            results = [[*row[:-1], *claims.spread(str(row[-1]), called)] for row in results]
        blank = dict.fromkeys(own)
        columns = _turned([(blank | row).values() for row in labels], len(own))
        columns += _turned(results, len(self.names) - len(own))
        kept = np.ones(len(sound), dtype=bool)
        for condition in self.asked:
            if condition.name not in own:
                column = columns[self.names.index(condition.name)]
                kept &= [condition.holds({condition.name: value}) for value in column]
        try:
            arrays = [_array(values, kind) for values, kind in zip(columns, self.kinds, strict=True)]
            if TRAJECTORY in self.names:
                texts = arrays[self.names.index(TRAJECTORY)]
                texts[:] = [dict(zip(ALONG, json.loads(text), strict=True)) for text in texts]
        except (TypeError, ValueError, OverflowError):
            raise self._odd() from None
        return [column[kept] for column in (np.array([row[0] for row in sound], dtype=np.int64), *arrays)]

    def _parsed(self, texts: list[bytes]) -> list[Any]:
        try:
            found: list[Any] = json.loads(b"[" + b",".join(texts) + b"]")
        except (ValueError, RecursionError):
            raise self._odd() from None
        if len(found) != len(texts):
            raise self._odd()
        return found

    def _odd(self) -> InputError:
        return self.store.damage("a row that no run wrote")


def _turned(rows: Sequence[Iterable[Any]], width: int) -> list[tuple[Any, ...]]:
    """Columns of rows, of which each has the same length."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _array(values: Sequence[Any], kind: str) -> NDArray[Any]:
    """A column; whole numbers and flags stay what they are where none is missing."""
    if kind == "str":
        seen: dict[Any, Any] = {}  # a word is held once
        return np.array(list(map(seen.setdefault, values, values)), dtype=object)
    if None in values:
        return np.array(values, dtype=object if kind == "bool" else np.float64)  # None is NaN as a float
    return np.array(values, dtype=KINDS[kind])
