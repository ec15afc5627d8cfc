"""Tables of a sweep: tidy CSV, Parquet, and what is needed to know where the numbers come from."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sco_flat import __version__
from sco_flat.errors import InputError
from sco_flat.sweeps import claims, plan, work
from sco_flat.sweeps.damage import refuse_damaged
from sco_flat.sweeps.rows import FAILED
from sco_flat.sweeps.store import Store

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
FORMULA = tuple("=+-@\t\r")
"""So begin cells that a spreadsheet would compute."""


def header(store: Store) -> list[str]:
    """Columns of the table; those of checks end with their claims."""
    names = plan.header(store.columns(), store.record())
    if names[-1] != work.CLAIMS:
        return names
    return [*names[:-1], *(f"{name}{part}" for name in claims.names(store) for part in work.PARTS)]


def table(store: Store) -> Iterator[list[Any]]:
    """Rows of the table, in the order of the plan."""
    names = store.columns()
    known = claims.names(store) if store.record() == (work.CLAIMS,) else None
    for labels, results in store.rows():
        if known is not None:
            results = [*results[:-1], *claims.spread(str(results[-1]), known)]
        yield [*(labels.get(name) for name in names), *results]


def collect(folder: str | Path, *, parquet: bool = False, out: str | Path | None = None) -> dict[str, Any]:
    """Write ``table.csv``, ``failures.csv`` if there are any, ``metadata.json``, and on request ``table.parquet``.

    Parameters
    ----------
    folder : path
        Of the sweep.
    parquet : bool
        Write Parquet, too.
    out : path, optional
        Where to write; the folder of the sweep by default.

    Returns
    -------
    dict
        The metadata.

    Raises
    ------
    InputError
        For a folder without a store, and for Parquet without its package; after the tables of the other rows were
        written, for rows that are damaged.
    """
    place = Path(folder if out is None else out)
    if parquet:
        _arrow()
    with Store(folder) as store:
        counts = store.counts()
        if counts.total == 0:
            raise InputError("folder", folder, "holds no cells", "run sco-flat sweep first")
        stale = store.version() != work.version()
        metadata = {
            "package": f"sco_flat {__version__}", "sources": store.version(), "sources_now": work.version(),
            "cells": counts.total, "done": counts.done, "failed": counts.failed, "waiting": counts.waiting,
            "damaged": counts.damaged, "beside": counts.beside, "columns": header(store), "file": store.declared(),
            "failures": store.reasons(), "outside_theorem": _outside(store),
        }  # fmt: skip
        try:
            place.mkdir(parents=True, exist_ok=True)
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
            raise InputError(
                "folder" if out is None else "out", place, f"cannot be written: {error.strerror}",
                "free space or rights, or choose another place with --out",
            ) from None  # fmt: skip
        refuse_damaged(store, "the tables hold the others")
    return metadata | {"stale": stale}


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


def _csv(path: Path, names: list[str], rows: Iterator[Any], shown: Callable[[Any], Any] = escaped) -> None:
    """Write beside the old file and put it in its place when it is whole."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(names)
        out.writerows([shown(value) for value in row] for row in rows)
    part.replace(path)


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


def kinds(store: Store) -> dict[str, str]:
    """``float``, ``int``, ``bool`` or ``str`` of every column, from what was declared."""
    declared = plan.understand(store.declared() or {})
    found = {"instance": "str", "method": "str", "oracle": "str", "repetition": "int", "seed": "int"}
    for name, values in declared.axes.items():
        types = {type(x).__name__ for x in values}
        found[name] = types.pop() if len(types) == 1 else "float" if types == {"int", "float"} else "str"
    for name in declared.formulas:
        found[name] = "int" if name in declared.whole else "float"
    exact = {
        "dimension": "str",
        "engine": "str",
        "inside_theorem": "bool",
        "outside_because": "str",
        "bad_columns": "int",
        "tied_steps": "int",
        "statement": "str",
        "evidence": "str",
        work.VERDICT: "str",
        "reason": "str",
    }
    flags = dict.fromkeys((name for name in header(store) if name.endswith(work.PARTS[-1])), "bool")
    return {name: (found | flags).get(name) or exact.get(name, "float") for name in header(store)}


def _parquet(path: Path, store: Store, metadata: dict[str, Any]) -> None:
    """Turn a CSV table, texts as they are, into Parquet, block by block."""
    arrow = _arrow()
    types = {"float": arrow.float64(), "int": arrow.int64(), "bool": arrow.bool_(), "str": arrow.string()}
    columns = {name: types[kind] for name, kind in kinds(store).items()}
    convert = arrow.csv.ConvertOptions(column_types=columns, strings_can_be_null=True)
    schema = arrow.schema(list(columns.items()), {"sco_flat": json.dumps(metadata)})
    part, plain = path.with_suffix(".part"), path.with_suffix(".plain")
    _csv(plain, header(store), table(store), lambda value: value)
    with (
        arrow.parquet.ParquetWriter(part, schema) as out,
        arrow.csv.open_csv(plain, convert_options=convert) as blocks,
    ):
        for block in blocks:
            out.write_batch(block.replace_schema_metadata(schema.metadata))
    plain.unlink()
    part.replace(path)
