"""Tables of sweeps: tidy CSV, Parquet, and what is needed to know where the numbers come from."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sco_flat import __version__
from sco_flat._files import refuse_file_name
from sco_flat.errors import InputError
from sco_flat.sweeps import filters, work
from sco_flat.sweeps.damage import refuse_damaged
from sco_flat.sweeps.filters import Condition
from sco_flat.sweeps.store import Store
from sco_flat.sweeps.studies import Studies
from sco_flat.sweeps.tables import header, kinds, table

__all__ = ["collect", "escaped", "header", "kinds", "table", "write"]

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
FORMULA = tuple("=+-@\t\r")
"""So begin cells that a spreadsheet would compute."""


def collect(
    folder: str | Path,
    *more: str | Path,
    parquet: bool = False,
    out: str | Path | None = None,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """Write ``table.csv``, ``failures.csv`` if there are any, ``metadata.json``, and on request ``table.parquet``.

    Where trajectories are recorded, ``trajectory.csv`` has a row for each iterate of each cell.

    Parameters
    ----------
    folder, *more : path
        Of a sweep, or of several; the column ``study`` then says which a row is of.
    parquet : bool
        Write Parquet, too.
    out : path, optional
        Where to write; the folder of the sweep by default, of several it has to be said.
    only : sequence of str
        Conditions on the rows, as in `sco_flat.sweeps.filters.read`.

    Returns
    -------
    dict
        The metadata: of one study, or of all by their names under ``studies``; and ``rows``, how many were written.

    Raises
    ------
    InputError
        For a folder without a store, for conditions that no row meets, and for Parquet without its package; after the
        tables of the other rows were written, for rows that are damaged.
    """
    if more and out is None:
        raise InputError("out", "missing", "several studies have no folder in common", "write --out DIR")
    place = Path(folder if out is None else out)
    refuse_file_name("out", place)
    if parquet:
        _arrow()
    with Studies([folder, *more]) as studies:
        asked = filters.read("only", only, studies.header)
        about = {name: _about(store) for name, store in zip(studies.names, studies.stores, strict=True)}
        first = next(studies.table(asked), None)
        if only and first is None:
            raise filters.nothing("only", asked, studies.values())
        metadata: dict[str, Any] = {"studies": about} if more else about[studies.names[0]]
        metadata["columns"] = studies.header
        try:
            place.mkdir(parents=True, exist_ok=True)
            metadata["rows"] = write(place / "table.csv", studies.header, studies.table(asked))
            if studies.thinned:
                width = len(studies.axes)
                iterates = ([*row[:width], *row[len(studies.header) :]] for row in studies.along(asked))
                write(place / "trajectory.csv", [*studies.axes, *work.ALONG], iterates)
            failures = studies.failures([c for c in asked if c.name in studies.axes])
            if (some := next(failures, None)) is not None:
                write(place / "failures.csv", [*studies.axes, "message"], itertools.chain([some], failures))
            else:
                (place / "failures.csv").unlink(missing_ok=True)
            (place / "metadata.json").write_text(json.dumps(metadata, indent=1) + "\n")
            if parquet:
                _parquet(place / "table.parquet", studies, asked, metadata)
        except OSError as error:
            raise InputError(
                "folder" if out is None else "out", place, f"cannot be written: {error.strerror}",
                "free space or rights, or choose another place with --out",
            ) from None  # fmt: skip
        for store in studies.stores:
            refuse_damaged(store, "the tables hold the others")
    return metadata


def _about(store: Store) -> dict[str, Any]:
    """What is known of a store besides its rows."""
    counts = store.counts()
    if counts.total == 0:
        raise InputError("folder", store.folder, "holds no cells", "run sco-flat sweep first")
    declared = store.declared() or {}
    return {
        "name": declared.get("name"), "notes": declared.get("notes"), "package": f"sco_flat {__version__}",
        "sources": store.version(), "sources_now": work.version(), "stale": store.version() != work.version(),
        "cells": counts.total, "done": counts.done, "failed": counts.failed, "waiting": counts.waiting,
        "damaged": counts.damaged, "beside": counts.beside, "columns": header(store), "file": declared,
        "failures": store.reasons(), "outside_theorem": _outside(store),
    }  # fmt: skip


def escaped(value: Any) -> Any:
    """A value as a cell of a CSV file: a text that a spreadsheet would take for a formula gets an apostrophe."""
    if isinstance(value, str) and value.startswith(FORMULA) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _outside(store: Store) -> dict[str, int]:
    """How many finished rows no statement speaks about, by the reason."""
    names = header(store)
    inside, because = names.index("inside_theorem"), names.index("reason" if "reason" in names else "outside_because")
    return dict(Counter(str(row[because]) for row in table(store) if not row[inside]).most_common())


def write(
    path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]], shown: Callable[[Any], Any] = escaped
) -> int:
    """Write a CSV file beside the old one and put it in its place when it is whole; return the number of rows."""
    part, count = path.with_suffix(".part"), 0
    with part.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names)
        for row in rows:
            out.writerow([shown(value) for value in row])
            count += 1
    part.replace(path)
    return count


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "parquet", "pyarrow", "is not installed", 'pip install "sco_flat[parquet]", or leave --parquet out'
        ) from None
    return pyarrow


def _parquet(path: Path, studies: Studies, asked: Sequence[Condition], metadata: dict[str, Any]) -> None:
    """Turn a CSV table, texts as they are, into Parquet, block by block."""
    arrow = _arrow()
    types = {"float": arrow.float64(), "int": arrow.int64(), "bool": arrow.bool_(), "str": arrow.string()}
    columns = {name: types[kind] for name, kind in studies.kinds().items()}
    convert = arrow.csv.ConvertOptions(column_types=columns, strings_can_be_null=True)
    schema = arrow.schema(list(columns.items()), {"sco_flat": json.dumps(metadata)})
    part, plain = path.with_suffix(".part"), path.with_suffix(".plain")
    write(plain, studies.header, studies.table(asked), lambda value: value)
    with (
        arrow.parquet.ParquetWriter(part, schema) as out,
        arrow.csv.open_csv(plain, convert_options=convert) as blocks,
    ):
        for block in blocks:
            out.write_batch(block.replace_schema_metadata(schema.metadata))
    plain.unlink()
    part.replace(path)
