"""``sco-flat reproduce``: all statements over a grid, a table, figures and one page to read."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np

from sco_flat import __version__, patience
from sco_flat._files import refuse_file_name, writable_folder
from sco_flat._workers import pool
from sco_flat.cores import cores
from sco_flat.errors import InputError
from sco_flat.plots import style as looks
from sco_flat.presentation import Shown
from sco_flat.proofs.prove import Proof
from sco_flat.reports import report
from sco_flat.reports.rows import Row, run_grid, summarise, write, write_json
from sco_flat.reports.works import table
from sco_flat.works import errata, once
from sco_flat.works.base import Case, prove, works
from sco_flat.works.figures import WorkFigure, make


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """What was reproduced, and where the page is.

    Attributes
    ----------
    page : Path
        ``report.html``; rows, figures and records are beside it.
    summary : tuple of dict
        A row for each statement and case: the tightest claim of the grid.
    proofs : tuple of Proof
        Of every sample.
    errata : tuple
        Slips of the works, each with a computation.
    checks, claims : int
        Runs of statements, and claims in them.
    surprises : int
        Statements, proofs, slips and figures that did not come out as expected.
    broken : tuple of str
        Values in figures that are beyond a bound.
    seconds : float
        All of it.
    """

    presenter: ClassVar[str] = "report"
    picture: ClassVar[str] = "its figures are files beside its page"

    page: Path
    summary: tuple[Row, ...]
    proofs: tuple[Proof, ...]
    errata: tuple[errata.Shown, ...]
    checks: int
    claims: int
    surprises: int
    broken: tuple[str, ...]
    seconds: float


def reproduce(out: str | Path = "sco-flat-report", *, quick: bool = False, style: str = "paper") -> Report:
    """Check all statements of all works over a grid, and write CSV, JSON, figures and ``report.html`` to a folder.

    It takes some two minutes on two cores.

    Parameters
    ----------
    out : path
        Folder; made if missing.
    quick : bool
        A smaller grid of the same shape.
    style : {"paper", "slide", "poster"}
        Size of the print in the figures.

    Returns
    -------
    Report
        Printed it is the text of ``sco-flat reproduce``; ``surprises`` is 0 if every statement came out as expected.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, or for another look.

    Examples
    --------
    >>> import sco_flat
    >>> found = sco_flat.reproduce("report", quick=True)  # doctest: +SKIP
    >>> found.surprises  # doctest: +SKIP
    0
    """
    began = time.perf_counter()
    looks.settings(style)  # refuses another name before anything is run
    folder = Path(out)
    refuse_file_name("out", folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "out", out, f"cannot be made ({error.strerror})", "choose a folder that you may write to"
        ) from None
    writable_folder("out", folder)
    grid = [case for work in works() for case in work.cases(quick)]
    workers = cores()
    with tempfile.TemporaryDirectory(prefix="sco-flat-") as shared:
        rows = once.within(Path(shared), _rows, grid, workers)
        summary = summarise(rows)
        write(rows, folder, "rows")
        write(summary, folder, "summary")
        drawn, done = once.within(Path(shared), _parts, folder, quick, style, workers)
    slips, proofs, tight, lines = done["errata"], done["proofs"], done["gaps"], done["works"]
    for name, records in {"errata": slips, "proofs": proofs, "gaps": tight, "works": lines}.items():
        write_json(folder / f"{name}.json", [record.as_dict() for record in records])
    described = meta(quick, len(rows), time.perf_counter() - began)
    page = report.write_report(folder, summary, drawn, described, proofs, slips, tight, lines, works=works())
    broken = tuple(f"figure {d['name']}: {text}" for d in drawn for text in d["failures"])
    surprises = sum(row["verdict"] != row["expected"] for row in summary)
    surprises += sum(not e.as_expected for e in slips) + sum(p.verdict != "proved" for p in proofs)
    surprises += sum(line.fails for line in lines) + len(broken)
    return Report(
        page, tuple(summary), tuple(proofs), tuple(slips), len(grid), len(rows), surprises, broken,
        time.perf_counter() - began,
    )  # fmt: skip


def _rows(grid: list[Case], workers: int) -> list[Row]:
    """The grid, watched."""
    with patience.unlimited(memory=False), patience.Watch("checks", len(grid)) as watch:
        return run_grid(grid, watch.at, workers)


def _parts(folder: Path, quick: bool, look: str, workers: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Figures in their order, and all else that the page shows, on all cores."""
    every = pictures()
    # the last figure takes longest
    named = once.carried(_named)
    tasks = [joblib.delayed(named)(f.name, picture, f.name, folder, quick, look) for f in reversed(every)]
    others = {"gaps": _gaps, "errata": errata.evaluate, "proofs": _proofs, "works": table}
    tasks += [joblib.delayed(named)(name, call) for name, call in others.items()]
    with (
        pool(workers, "generator_unordered") as running,
        patience.unlimited(memory=False),
        patience.Watch("figures and proofs", len(tasks)) as watch,
    ):
        done: dict[str, Any] = {}
        for name, found in running(tasks):
            done[name] = found
            watch.at(len(done))
    return [done[f.name] for f in every], done


def _named(name: str, call: Callable[..., Any], *arguments: Any) -> tuple[str, Any]:
    """A part of the report, by name: parts are finished in any order. In a process of its own, as `rows._unhurried`."""
    with patience.unlimited(silent=True, memory=False):
        return name, call(*arguments)


def pictures() -> list[WorkFigure]:
    """Figures of all works in their order, then the one that compares methods."""
    from sco_flat.comparisons import overview

    return [*(figure for work in works() for figure in work.figures()), overview.FIGURE]


def picture(name: str, folder: Path, quick: bool, look: str) -> dict[str, Any]:
    """A figure by its name: names cross to other processes, functions need not."""
    chosen = next(f for f in pictures() if f.name == name)
    return make(chosen, folder, quick, look)


def _gaps() -> list[Any]:
    return [row for work in works() for row in work.gaps()]


def _proofs() -> list[Proof]:
    return [prove(key, "every sample", **numbers) for work in works() for key, numbers in work.proved]


def meta(quick: bool, claims: int, seconds: float) -> dict[str, Any]:
    """Return what a reader needs to run it again."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "command": "sco-flat reproduce" + (" --quick" if quick else ""),
        "claims": claims,
        "seconds": seconds,
    }
