"""Stores read together: their tables under one header, with a column that says which study a row is of."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps import filters, tables, work
from sco_flat.sweeps.cells import SAID
from sco_flat.sweeps.filters import Condition
from sco_flat.sweeps.rows import FAILED, Counts
from sco_flat.sweeps.store import Store
from sco_flat.vocabulary import column

STUDY = "study"
"""The column that tells several stores apart; one alone has none."""


class Studies:
    """Open stores; a context manager.

    Parameters
    ----------
    folders : sequence of path
        At least one.
    whole : bool
        Look for damage of the files themselves first, as in `sco_flat.sweeps.store.Store`.

    Attributes
    ----------
    stores : list of Store
        In the order that was given.
    names : list of str
        Of the studies: that of the file, or of the folder where a file has none or where two are called alike.
    axes, header : list of str
        Columns that name a cell, and all columns but those over t. What two files call by two names of one option is
        one column.
    thinned : bool
        Whether a trajectory is recorded.

    Raises
    ------
    InputError
        For a folder without a store, for one that is given twice, and for runs beside checks.
    """

    def __init__(self, folders: Sequence[str | Path], *, whole: bool = True) -> None:
        for k, folder in enumerate(folders):
            if Path(folder).absolute() in [Path(other).absolute() for other in folders[:k]]:
                raise InputError("folder", folder, "is given twice", "leave one of them out")
        self._stack = contextlib.ExitStack()
        self.stores: list[Store] = []
        try:
            self.stores += [self._stack.enter_context(Store(folder, whole=whole)) for folder in folders]
            if len({store.record() == (work.CLAIMS,) for store in self.stores}) > 1:
                mend = "take runs or checks"
                raise InputError("folder", ", ".join(map(str, folders)), "runs and checks have no columns alike", mend)
            self.names = self._called()
            self._join()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Studies:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _called(self) -> list[str]:
        said = [str((store.declared() or {}).get(SAID[0]) or "") for store in self.stores]
        folders = [store.folder.absolute().name for store in self.stores]
        names = [name if name and said.count(name) == 1 else folder for name, folder in zip(said, folders, strict=True)]
        return names if len({*names}) == len(names) else [str(store.folder) for store in self.stores]

    def _join(self) -> None:
        """Find the columns, and where each store has its own among them."""
        several = [STUDY] * (len(self.stores) > 1)
        self.axes, own = [*several], [tables.header(store) for store in self.stores]
        self._headers = own
        self.axes += _joined([store.columns() for store in self.stores])
        results = [
            [name for name in names[len(store.columns()) :] if name != work.TRAJECTORY]
            for store, names in zip(self.stores, own, strict=True)
        ]
        self.thinned = any(work.TRAJECTORY in names for names in own)
        self.header = [*self.axes, *dict.fromkeys(name for names in results for name in names)]
        self._places = [
            [self.header.index(column(name, self.axes) or name) for name in store.columns()]
            + [self.header.index(name) for name in names]
            for store, names in zip(self.stores, results, strict=True)
        ]

    def table(self, only: Sequence[Condition] = ()) -> Iterator[list[Any]]:
        """Rows under `header`, store after store, those that are so; None where a store has no such column."""
        for _, row, _ in self._rows(only):
            yield row

    def along(self, only: Sequence[Condition] = ()) -> Iterator[list[Any]]:
        """Rows under `header` and `work.ALONG`: one for each iterate that was kept of a cell, those that are so."""
        own = [condition for condition in only if condition.name in work.ALONG]
        for store, row, text in self._rows([condition for condition in only if condition not in own]):
            try:
                iterates = list(zip(*json.loads(text or "[]"), strict=True))
                for found in iterates:
                    if filters.chosen(own, dict(zip(work.ALONG, found, strict=True))):
                        yield [*row, *found]
            except (ValueError, TypeError, RecursionError):
                raise store.damage("a row that no run wrote") from None

    def _rows(self, only: Sequence[Condition]) -> Iterator[tuple[Store, list[Any], str | None]]:
        """Rows with their stores and their trajectories."""
        for k, store in enumerate(self.stores):
            names = self._headers[k]
            place = names.index(work.TRAJECTORY) if work.TRAJECTORY in names else None
            own = self.own(k, only)
            if own is None:
                continue
            for row in tables.table(store, own):
                text = None if place is None else str(row.pop(place))
                yield store, self._spread(k, row), text

    def own(self, k: int, only: Sequence[Condition]) -> list[Condition] | None:
        """Conditions by the names that a store has for its columns; None where none of its rows can be so."""
        plain = [name for name in self._headers[k] if name != work.TRAJECTORY]
        called = {self.header[at]: name for at, name in zip(self._places[k], plain, strict=True)}
        said = {STUDY: self.names[k]} if len(self.stores) > 1 else {}
        if not filters.chosen([c for c in only if c.name not in called], said):
            return None
        return [replace(c, name=called[c.name]) for c in only if c.name in called]

    def declared(self) -> dict[str, Any]:
        """Content of the first file, with the axes of all."""
        files = [store.declared() or {} for store in self.stores]
        axes = {name: value for file in reversed(files) for name, value in file.get("axes", {}).items()}
        return files[0] | {"axes": axes}

    def counts(self, only: Sequence[Condition] = ()) -> Counts:
        """Cells of all by state; of some, those that are so by what names them."""
        each = [store.counts(own) for k, store in enumerate(self.stores) if (own := self.own(k, only)) is not None]
        return Counts(*(sum(values) for values in zip(*map(astuple, each), strict=True)))

    def values(self) -> dict[str, list[Any]]:
        """What the columns that name a cell say, of finished cells."""
        found: dict[str, dict[Any, None]] = {name: {} for name in self.axes}
        for row in self.table():
            for name, value in zip(self.axes, row, strict=False):
                found[name][value] = None
        return {name: list(values) for name, values in found.items()}

    def kinds(self) -> dict[str, str]:
        """``float``, ``int``, ``bool`` or ``str`` of every column."""
        found: dict[str, set[str]] = {name: set() for name in self.header}
        for store, places in zip(self.stores, self._places, strict=True):
            kinds = [kind for name, kind in tables.kinds(store).items() if name != work.TRAJECTORY]
            for place, kind in zip(places, kinds, strict=True):
                found[self.header[place]].add(kind)
        one = {name: kinds.pop() if len(kinds) == 1 else "" for name, kinds in found.items()}
        return {name: one[name] or ("float" if found[name] == {"int", "float"} else "str") for name in self.header}

    def failures(self, only: Sequence[Condition] = ()) -> Iterator[list[Any]]:
        """Columns `axes` and the message of each cell that failed and is so."""
        for k, store in enumerate(self.stores):
            names, places = store.columns(), self._places[k]
            for labels, message in store.rows(FAILED):
                row = self._spread(k, [labels.get(name) for name in names], places[: len(names)])[: len(self.axes)]
                if filters.chosen(only, dict(zip(self.axes, row, strict=True))):
                    yield [*row, message]

    def _spread(self, k: int, row: Sequence[Any], places: Sequence[int] | None = None) -> list[Any]:
        """A row of one store under the header of all."""
        found: list[Any] = [None] * len(self.header)
        for place, value in zip(self._places[k] if places is None else places, row, strict=True):
            found[place] = value
        if len(self.stores) > 1:
            found[0] = self.names[k]
        return found


def _joined(each: Sequence[Sequence[str]]) -> list[str]:
    """Columns of all, each once by whatever name; those that end every table stay at the end."""
    found: list[str] = []
    for names in each:
        found += [name for name in names if column(name, found) is None]
    last = [name for name in ("repetition", "seed") if name in found]
    return [name for name in found if name not in last] + last
