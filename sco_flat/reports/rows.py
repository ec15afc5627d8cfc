"""Run the grid: one row for each claim of each check, and one summary line for each statement."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib

from sco_flat import checks, patience, works
from sco_flat._workers import pool
from sco_flat.results import Claim, json_number
from sco_flat.works import once
from sco_flat.works.base import Case, home
from sco_flat.works.exact import Exact

Row = dict[str, Any]
FIELDS = (
    "key", "theorem", "label", "statement", "instance", "method", "oracle", "n", "T", "eta", "r", "rho", "seed",
    "start", "kind", "claim", "measured", "relation", "bound", "verdict", "expected", "evidence", "source", "note",
)  # fmt: skip


def rows_of(case: Case) -> list[Row]:
    """Check one case and spread its claims over rows."""
    statement = works.get(case.statement)
    if isinstance(statement, Exact):
        given = statement.read(case.numbers)
        own: Row = {
            "key": statement.key, "theorem": statement.called, "label": case.label, "statement": statement.text,
            "n": given.get("n", ""), "seed": given.get("seed", ""), "shown": case.shown,
        }  # fmt: skip
        return [dict.fromkeys(FIELDS, "") | own | _claim(c, case.expected) for c in statement.decide(**given)]
    request = checks.request_for(statement, **case.numbers)
    instance = request.build()
    start = request.settings.start
    common = {
        "key": statement.key, "theorem": statement.called, "label": case.label,
        "statement": statement.text, "instance": request.instance,
        "method": request.settings.method,
        "oracle": "" if request.settings.maximiser is None else request.settings.oracle,
        "n": instance.n, "T": instance.steps, "eta": instance.step_size, "r": instance.perturbation_radius,
        "rho": instance.flatness_radius, "seed": request.seed,
        "start": start if isinstance(start, str) else "gaussian" if isinstance(start, tuple) else "given",
    }  # fmt: skip
    return [common | _claim(c, case.expected) | {"shown": case.shown} for c in checks.evaluate(statement, request)]


def _claim(c: Claim, expected: str) -> Row:
    return {
        "kind": c.kind, "claim": c.name, "measured": c.value, "relation": c.relation, "bound": c.bound,
        "verdict": c.verdict, "expected": expected, "evidence": c.evidence, "source": c.source, "note": c.note,
    }  # fmt: skip


def _unhurried(case: Case) -> list[Row]:
    """A case in a process of its own, to which no limit of time is carried over and which shows no progress."""
    with patience.unlimited(silent=True, memory=False):
        return rows_of(case)


def _warm_up() -> tuple[Case, ...]:
    """Two checks that compile almost everything, one for each worker, so that none compiles it twice."""
    chain, blocks = (home(name).key for name in ("sam-chain", "sagd-blocks"))
    return Case(chain, "warm-up"), Case(blocks, "warm-up", {"oracle": "uniform"})


def run_grid(cases: list[Case], progress: Callable[[int], None], workers: int) -> list[Row]:
    """Run all cases on a few processes; the result is in the order of the cases.

    Parameters
    ----------
    cases : list of Case
        The grid.
    progress : callable
        Called with the number of finished cases.
    workers : int
        Processes; each case is a task.
    """
    found: list[Row] = []
    with pool(workers, "generator") as running:
        list(running(joblib.delayed(rows_of)(case) for case in _warm_up()))
        for done, rows in enumerate(running(joblib.delayed(once.carried(_unhurried))(case) for case in cases), 1):
            found += rows
            progress(done)
    return found


def margin(row: Row) -> float:
    """How far the measured value is inside its bound: at least 1 where it holds (inf for zero on one side)."""
    measured, bound = row["measured"], row["bound"]
    if bound is None or measured is None:
        return float("nan")
    inner, outer = (measured, bound) if row["relation"] in (">=", ">") else (bound, measured)
    if outer == 0.0:
        return float("inf") if inner > 0.0 else 1.0
    return float(inner / outer)


def summarise(rows: list[Row]) -> list[Row]:
    """Join the conclusions of each statement: the tightest case, how many runs, and the verdict.

    Statements keep the order of the grid. A group that is expected to fail is summarised by its first failing claim.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["kind"] == "conclusion" and row["verdict"] != "not applicable":
            generic = row["claim"].split(" (lowest at")[0] + row["claim"].partition(")")[2] * (
                "(lowest at" in row["claim"]
            )
            groups.setdefault((row["theorem"], row["label"], generic), []).append(row)
        elif row["shown"] and row["claim"] == row["shown"]:
            groups.setdefault((row["theorem"], row["label"], row["claim"]), []).append(row)
    summary = []
    order = list(dict.fromkeys(theorem for theorem, _, _ in groups))
    for (theorem, label, generic), members in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        verdicts = {m["verdict"] for m in members}
        tightest = min(members, key=margin)
        summary.append(
            tightest
            | {
                "theorem": theorem,
                "label": label,
                "claim": generic,
                "runs": len(members),
                "seeds": len({m["seed"] for m in members}),
                "verdict": "fails" if "fails" in verdicts else "holds",
                "margin": margin(tightest),
            }
        )
    return summary


def write(rows: list[Row], folder: Path, name: str) -> None:
    """Write rows as CSV and JSON."""
    fields = list(dict.fromkeys(k for row in rows for k in row)) if name == "summary" else list(FIELDS)
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    write_json(folder / f"{name}.json", rows)


def write_json(path: Path, data: Sequence[Mapping[str, Any]]) -> None:
    """Write records as JSON."""
    path.write_text(json.dumps([json_number(dict(row)) for row in data], indent=1) + "\n")
