"""Tables of a sweep: tidy CSV, Parquet, and what is needed to know where the numbers come from."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sco_flat import __version__
from sco_flat.errors import InputError
from sco_flat.sweeps import work
from sco_flat.sweeps.store import FAILED, Store

ROWS = 50_000
"""Rows that Parquet takes at a time."""


def header(store: Store) -> list[str]:
    """Columns of the table."""
    return [*store.columns(), *work.columns(store.record())]


def table(store: Store) -> Iterator[list[Any]]:
    """Rows of the table, in the order of the plan."""
    names = store.columns()
    for labels, results in store.rows():
        yield [*(labels.get(name) for name in names), *results]


def collect(folder: str | Path, *, parquet: bool = False) -> dict[str, Any]:
    """Write ``table.csv``, ``failures.csv`` if there are any, ``metadata.json``, and on request ``table.parquet``.

    Parameters
    ----------
    folder : path
        Of the sweep.
    parquet : bool
        Write Parquet, too.

    Returns
    -------
    dict
        The metadata.

    Raises
    ------
    InputError
        For a folder without a store, and for Parquet without its package.
    """
    place = Path(folder)
    if parquet:
        _arrow()
    with Store(place) as store:
        counts = store.counts()
        if counts.total == 0:
            raise InputError("folder", folder, "holds no cells", "run sco-flat sweep first")
        stale = store.version() != work.version()
        metadata = {
            "package": f"sco_flat {__version__}", "sources": store.version(), "sources_now": work.version(),
            "cells": counts.total, "done": counts.done, "failed": counts.failed, "waiting": counts.waiting,
            "outside": counts.outside, "columns": header(store), "file": store.declared(),
        }  # fmt: skip
        try:
            _csv(place / "table.csv", header(store), table(store))
            failures = place / "failures.csv"
            if counts.failed:
                names = store.columns()
                lines = ([*(labels.get(k) for k in names), text] for labels, text in store.rows(FAILED))
                _csv(failures, [*names, "message"], lines)
            else:
                failures.unlink(missing_ok=True)
            (place / "metadata.json").write_text(json.dumps(metadata, indent=1) + "\n")
            if parquet:
                _parquet(place / "table.parquet", store, metadata)
        except OSError as error:
            raise InputError("folder", folder, f"cannot be written: {error.strerror}", "free space or rights") from None
    return metadata | {"stale": stale}


def _csv(path: Path, names: list[str], rows: Iterator[Any]) -> None:
    """Write beside the old file and put it in its place when it is whole."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names)
        out.writerows(rows)
    part.replace(path)


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "parquet", "pyarrow", "is not installed", 'pip install "sco_flat[parquet]", or leave --parquet out'
        ) from None
    return pyarrow


def _parquet(path: Path, store: Store, metadata: dict[str, Any]) -> None:
    """Write in parts; a column has the type of all its values: float, whole, true/false, or text."""
    arrow = _arrow()
    names = header(store)
    kinds = [_kind(column) for column in _kinds(store, len(names))]
    types = {"float": arrow.float64(), "int": arrow.int64(), "bool": arrow.bool_(), "str": arrow.string()}
    schema = arrow.schema(
        [(name, types[kind]) for name, kind in zip(names, kinds, strict=True)], {"sco_flat": json.dumps(metadata)}
    )
    readers = {"float": float, "int": int, "bool": bool, "str": str}
    part = path.with_suffix(".part")
    with arrow.parquet.ParquetWriter(part, schema) as out:
        rows: list[list[Any]] = []

        def flush() -> None:
            columns = zip(*rows, strict=True) if rows else [[] for _ in names]
            data = [
                arrow.array([None if x is None else readers[k](x) for x in column], types[k])
                for column, k in zip(columns, kinds, strict=True)
            ]
            out.write_table(arrow.table(data, schema=schema))
            rows.clear()

        for row in table(store):
            rows.append(row)
            if len(rows) == ROWS:
                flush()
        flush()
    part.replace(path)


def _kinds(store: Store, width: int) -> list[set[str]]:
    found: list[set[str]] = [set() for _ in range(width)]
    for row in table(store):
        for kinds, x in zip(found, row, strict=True):
            if x is not None:
                kinds.add(type(x).__name__)
    return found


def _kind(kinds: set[str]) -> str:
    if kinds <= {"float"} or kinds == {"float", "int"}:
        return "float"
    return next(iter(kinds)) if len(kinds) == 1 else "str"
