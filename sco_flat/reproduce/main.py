"""``sco-flat reproduce``: all eight theorems over a grid, a table, figures and one page to read."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from sco_flat import __version__, terminal
from sco_flat._files import writable_folder
from sco_flat._workers import pool
from sco_flat.errors import InputError
from sco_flat.plots import style
from sco_flat.proofs.prove import Proof, prove
from sco_flat.reproduce import report
from sco_flat.reproduce.rows import Row, run_grid, summarise, write, write_json
from sco_flat.works.flat_minima import errata, gaps
from sco_flat.works.flat_minima import figures as plots
from sco_flat.works.flat_minima.figures import data as figures
from sco_flat.works.flat_minima.grid import cases


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
    grid = cases(quick)
    workers = os.cpu_count() or 1
    with tqdm(total=len(grid), unit="check", desc="theorems", file=sys.stderr, mininterval=0.2) as bar:
        rows = run_grid(grid, lambda done: bar.update(done - bar.n) and None, workers)
    summary = summarise(rows)
    write(rows, folder, "rows")
    write(summary, folder, "summary")
    # the last figure takes longest
    tasks = [joblib.delayed(_named)(name, figures.draw, folder, name, quick, look) for name in reversed(plots.NAMES)]
    others = {"gaps": gaps.table, "errata": errata.evaluate, "proofs": _proofs}
    tasks += [joblib.delayed(_named)(name, call) for name, call in others.items()]
    with (
        pool(workers, "generator_unordered") as running,
        tqdm(total=len(tasks), unit="part", desc="figures, proofs", file=sys.stderr, mininterval=0.2) as bar,
    ):
        done: dict[str, Any] = {}
        for name, found in running(tasks):
            done[name] = found
            bar.update(1)
    drawn = [done[name] for name in plots.NAMES]
    slips, proofs, tight = done["errata"], done["proofs"], done["gaps"]
    write_json(folder / "errata.json", [e.as_dict() for e in slips])
    write_json(folder / "proofs.json", [p.as_dict() for p in proofs])
    write_json(folder / "gaps.json", [g.as_dict() for g in tight])
    described = meta(quick, len(rows), time.perf_counter() - began)
    page = report.write_report(folder, summary, drawn, described, proofs, slips, tight)
    print(summary_text(summary))
    print("\n" + "\n".join(f"proved: Theorem {p.theorem}, {p.label}: {p.guarantee}" for p in proofs if p.guarantee))
    surprises = sum(row["verdict"] != row["expected"] for row in summary)
    surprises += sum(not e.as_expected for e in slips) + sum(p.verdict != "proved" for p in proofs)
    broken = [f"figure {d['name']}: {text}" for d in drawn for text in d["failures"]]
    surprises += len(broken)
    print("".join(f"above its bound: {text}\n" for text in broken), end="")
    print(f"{len(slips)} errata, each shown by a computation")
    outcome = (
        "every statement came out as expected"
        if not surprises
        else f"{surprises} statement(s) did not come out as expected"
    )
    print(f"\n{len(grid)} checks, {len(rows)} claims: {outcome}; {time.perf_counter() - began:.1f} s")
    print(f"report: {page}")
    return 1 if surprises else 0


PROVED: tuple[tuple[int, dict[str, Any]], ...] = (
    (1, {"n": 20, "flatness_radius": "0..1/2"}),
    (3, {"n": 20, "steps": 1000, "step_size": "1/10..1", "flatness_radius": "0..1/10"}),
    (3, {"n": 20, "steps": 1000, "step_size": "1/10..1", "flatness_radius": "0..1/10", "preset": "robust"}),
    (6, {"start": "1/100"}),
    (7, {"n": 20, "steps": 1000, "step_size": "1/24..4"}),
    (7, {"n": 1000, "steps": 1000, "step_size": "1/24..4"}),
)
"""What the report proves, beside what it measures."""


def _named(name: str, call: Callable[..., Any], *arguments: Any) -> tuple[str, Any]:
    """A part of the report, by name: parts are finished in any order."""
    return name, call(*arguments)


def _proofs() -> list[Proof]:
    return [prove(number, "every sample", **numbers) for number, numbers in PROVED]


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
    seen = 0
    for row in summary:
        verdict = terminal.MARKS[row["verdict"]]
        if row["verdict"] == "fails" and row["expected"] == "fails":
            verdict = "fails, as expected"
        lines.append(
            (
                str(row["theorem"]) if row["theorem"] != seen else "",
                row["label"],
                row["claim"],
                terminal.number(row["measured"]),
                row["relation"],
                terminal.number(row["bound"]),
                f"{row['margin']:.3g}x" if 0.0 < row["margin"] < float("inf") else "",
                str(row["runs"]),
                verdict,
            )
        )
        seen = row["theorem"]
    header = ("Thm", "case", "statement (tightest case shown)", "measured", "", "bound", "room", "runs", "verdict")
    return terminal.table(lines, header)
