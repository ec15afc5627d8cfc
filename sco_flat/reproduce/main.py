"""``sco-flat reproduce``: all eight theorems over a grid, a table, figures and one page to read."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from sco_flat import __version__, patience
from sco_flat._files import writable_folder
from sco_flat._workers import pool
from sco_flat.errors import InputError
from sco_flat.plots import style
from sco_flat.proofs.prove import Proof
from sco_flat.reproduce import report
from sco_flat.reproduce.rows import Row, run_grid, summarise, write, write_json
from sco_flat.reproduce.works import table
from sco_flat.terminal import tables
from sco_flat.works import errata
from sco_flat.works.base import prove, works
from sco_flat.works.figures import WorkFigure, make


def reproduce(out: str, quick: bool, look: str = "paper") -> int:
    """Check everything, print the table, and write CSV, JSON, figures and ``report.html`` to a folder.

    Parameters
    ----------
    out : str
        Folder; made if missing.
    quick : bool
        A smaller grid of the same shape.
    look : {"paper", "slide", "poster"}
        Size of the print in the figures.

    Returns
    -------
    int
        0 if every statement came out as expected, 1 otherwise.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, or for another look.
    """
    began = time.perf_counter()
    style.settings(look)  # refuses another name before anything is run
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "out", out, f"cannot be made ({error.strerror})", "choose a folder that you may write to"
        ) from None
    writable_folder("out", folder)
    grid = [case for work in works() for case in work.cases(quick)]
    pictures = _pictures()
    workers = os.cpu_count() or 1
    with patience.unlimited(memory=False), patience.Watch("checks", len(grid)) as watch:
        rows = run_grid(grid, watch.at, workers)
    summary = summarise(rows)
    write(rows, folder, "rows")
    write(summary, folder, "summary")
    # the last figure takes longest
    tasks = [joblib.delayed(_named)(f.name, _picture, f.name, folder, quick, look) for f in reversed(pictures)]
    others = {"gaps": _gaps, "errata": errata.evaluate, "proofs": _proofs, "works": table}
    tasks += [joblib.delayed(_named)(name, call) for name, call in others.items()]
    with (
        pool(workers, "generator_unordered") as running,
        patience.unlimited(memory=False),
        patience.Watch("figures and proofs", len(tasks)) as watch,
    ):
        done: dict[str, Any] = {}
        for name, found in running(tasks):
            done[name] = found
            watch.at(len(done))
    drawn = [done[f.name] for f in pictures]
    slips, proofs, tight = done["errata"], done["proofs"], done["gaps"]
    write_json(folder / "errata.json", [e.as_dict() for e in slips])
    write_json(folder / "proofs.json", [p.as_dict() for p in proofs])
    write_json(folder / "gaps.json", [g.as_dict() for g in tight])
    write_json(folder / "works.json", [line.as_dict() for line in done["works"]])
    described = meta(quick, len(rows), time.perf_counter() - began)
    page = report.write_report(folder, summary, drawn, described, proofs, slips, tight, done["works"], works=works())
    print(summary_text(summary))
    print("\n" + "\n".join(f"proved: {p.stated.called}, {p.label}: {p.guarantee}" for p in proofs if p.guarantee))
    surprises = sum(row["verdict"] != row["expected"] for row in summary)
    surprises += sum(not e.as_expected for e in slips) + sum(p.verdict != "proved" for p in proofs)
    surprises += sum(line.fails for line in done["works"])
    broken = [f"figure {d['name']}: {text}" for d in drawn for text in d["failures"]]
    surprises += len(broken)
    print("".join(f"beyond its bound: {text}\n" for text in broken), end="")
    print(f"{len(slips)} errata, each shown by a computation")
    outcome = (
        "every statement came out as expected"
        if not surprises
        else f"{surprises} statement(s) did not come out as expected"
    )
    held = f"{len(grid)} checks (one run of a statement each), {len(rows)} claims in them"
    print(f"\n{held}: {outcome}; {time.perf_counter() - began:.1f} s")
    print(f"report: {page}")
    return 1 if surprises else 0


def _named(name: str, call: Callable[..., Any], *arguments: Any) -> tuple[str, Any]:
    """A part of the report, by name: parts are finished in any order."""
    return name, call(*arguments)


def _pictures() -> list[WorkFigure]:
    """Figures of all works in their order, then the one that compares methods."""
    from sco_flat.comparisons import overview

    return [*(figure for work in works() for figure in work.figures()), overview.FIGURE]


def _picture(name: str, folder: Path, quick: bool, look: str) -> dict[str, Any]:
    """A figure by its name: names cross to other processes, functions need not."""
    chosen = next(f for f in _pictures() if f.name == name)
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


def summary_text(summary: list[Row]) -> str:
    """Show one line for each statement: the tightest case of the grid."""
    lines = []
    seen = ""
    for row in summary:
        verdict = tables.MARKS[row["verdict"]]
        if row["verdict"] == "fails" and row["expected"] == "fails":
            verdict = "fails, as expected"
        lines.append(
            (
                row["theorem"] if row["theorem"] != seen else "",
                row["label"],
                row["claim"],
                tables.number(row["measured"]),
                row["relation"],
                tables.number(row["bound"]),
                tables.times(row["margin"], 3) if 0.0 < row["margin"] < float("inf") else "",
                str(row["runs"]),
                verdict,
            )
        )
        seen = row["theorem"]
    header = (
        "statement", "case", "claim (tightest case shown)", "measured", "", "bound", "to spare", "runs", tables.VERDICT,
    )  # fmt: skip
    spare = "to spare: the tightest case is within its bound by this factor; 1x is equality, empty where one side is 0"
    return tables.folded(f"{tables.table(lines, header, name=2)}\n{spare}")
