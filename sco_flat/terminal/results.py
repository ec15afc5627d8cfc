"""What `repr`, `str` and a notebook show of each kind of result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from sco_flat import measures
from sco_flat.presentation import Rows
from sco_flat.results import Claim, Run
from sco_flat.terminal.comparisons import worst_case_text
from sco_flat.terminal.reports import report_text
from sco_flat.terminal.sweeps import swept_text
from sco_flat.terminal.tables import MARKS, enclosed, interval, number
from sco_flat.terminal.texts import certify_text, check_text, inspection_text, measured, proof_text, run_text


@dataclass(frozen=True)
class Presenter:
    """How one kind of result is shown.

    Attributes
    ----------
    line, text : callable
        From the result to one line, and to the text of the command line.
    rows : callable
        To the rows of its table.
    claims : callable
        To the claims that a notebook shows below.
    """

    line: Callable[[Any], str]
    text: Callable[[Any], str]
    rows: Callable[[Any], Rows]
    claims: Callable[[Any], Sequence[Claim]] = lambda found: found.claims


def _run_line(run: Run) -> str:
    p, failed = run.parameters, sum(c.verdict == "fails" for c in run.claims)
    average = run.points.get("average")
    risks = ""
    if average is not None:
        known = {"F_S": number(average.empirical_risk)}
        if average.values.get("population_risk") is not None:
            known["F"] = interval(average.population_risk)
        risks = "; full average " + ", ".join(f"{name} = {value}" for name, value in known.items())
    count = f"; {failed} claim{'s' * (failed > 1)} fail{'s' * (failed == 1)}" if failed else ""
    return f"<Run {run.method} on {run.instance}: n = {p['n']}, T = {p['steps']}{risks}{count}>"


def _claims_line(kind: str) -> Callable[[Any], str]:
    def line(found: Any) -> str:
        name = next(getattr(found, key) for key in ("key", "instance", "name") if hasattr(found, key))
        return f"<{kind} {name}: {found.verdict}, {len(found.claims)} claim{'s' * (len(found.claims) != 1)}>"

    return line


def _points(run: Run) -> Rows:
    found = []
    for name, point in run.points.items():
        row: dict[str, Any] = {"point": name, "start": point.start}
        for measure in map(measures.get, measures.names()):
            if not any(measure.name in p.values for p in run.points.values()):
                continue
            value = point.values.get(measure.name)
            ends = (value if measure.interval else (value,)) if value is not None else (None,) * len(measure.columns)
            row |= dict(zip(measure.columns, ends, strict=True))
        found.append(row)
    return found


def _claims(found: Any) -> Rows:
    return [
        claim.as_dict() | {"enclosure": claim.enclosure, "bound_enclosure": claim.bound_enclosure}
        for claim in found.claims
    ]


def _worst_line(found: Any) -> str:
    upper = "undecided" if found.upper is None else number(found.upper)
    return f"<WorstCase {found.key}: T = {found.statement.steps}, {number(found.lower)} to {upper} beta D²>"


def _worst_rows(found: Any) -> Rows:
    evidence = {"lower": "float", "estimate": "solver", "upper": "proved", "sharper": "proved", "paper": "proved"}
    return [{"end": key, "value": getattr(found, key), "evidence": how} for key, how in evidence.items()]


def _report_line(found: Any) -> str:
    outcome = f"{found.surprises} not as expected" if found.surprises else "all as expected"
    return f"<Report {found.page}: {found.checks} checks, {found.claims} claims, {outcome}>"


def _report_rows(found: Any) -> Rows:
    names = list(dict.fromkeys(key for row in found.summary for key in row))
    return [{name: row.get(name) for name in names} for row in found.summary]


def _swept_line(found: Any) -> str:
    counts = found.counts
    states = (f", {getattr(counts, key)} {key}" for key in ("failed", "waiting", "damaged") if getattr(counts, key))
    return f"<Swept {found.folder}: {counts.done} of {counts.total} cells done{''.join(states)}>"


def _swept_rows(found: Any) -> Rows:
    counts = vars(found.counts)
    rows: Rows = [{"state": key, "cells": counts[key], "reason": ""} for key in ("done", "waiting", "damaged")]
    rows += [{"state": "failed", "cells": count, "reason": reason} for reason, count in found.failures.items()]
    for verdict, reasons in found.verdicts.items():
        rows += [{"state": verdict, "cells": count, "reason": reason} for reason, count in reasons.items()]
    return rows


PRESENTERS = {
    "run": Presenter(_run_line, run_text, _points),
    "check": Presenter(_claims_line("Check"), check_text, _claims),
    "proof": Presenter(_claims_line("Proof"), proof_text, _claims),
    "inspection": Presenter(_claims_line("Inspection"), inspection_text, _claims),
    "certified": Presenter(_claims_line("Certified"), certify_text, _claims),
    "worst case": Presenter(
        _worst_line, lambda found: worst_case_text(found, 1.0), _worst_rows, lambda found: ()
    ),
    "sweep": Presenter(_swept_line, swept_text, _swept_rows, lambda found: ()),
    "report": Presenter(_report_line, report_text, _report_rows, lambda found: ()),
}  # fmt: skip


def line(found: Any) -> str:
    """One line."""
    return PRESENTERS[found.presenter].line(found)


def text(found: Any) -> str:
    """The text of the command line."""
    return PRESENTERS[found.presenter].text(found)


def rows(found: Any) -> Rows:
    """Its table."""
    return PRESENTERS[found.presenter].rows(found)


def html(found: Any) -> str:
    """The line, and tables of points and claims; no colour and no script, so that any theme shows it."""
    shown = PRESENTERS[found.presenter]
    claims = list(shown.claims(found))
    parts = [f"<p><strong>{escape(shown.line(found)[1:-1])}</strong></p>"]
    if isinstance(found, Run):
        parts.append(_html_table(_told_points(found)))
    elif not claims:
        parts.append(_html_table(shown.rows(found)))
    if claims:
        parts.append(_html_table([_told(claim) for claim in claims]))
    parts += [f"<p>note: {escape(note)}</p>" for note in getattr(found, "notes", ())]
    return "\n".join(parts)


def _told_points(run: Run) -> Rows:
    """The points as people read them: an interval in one cell."""
    known = [m for m in map(measures.get, measures.names()) if any(m.name in p.values for p in run.points.values())]
    return [
        {"point": name if point.start is None else f"{name} (from {point.start})"}
        | {m.title: measured(point.values.get(m.name), m.interval) for m in known}
        for name, point in run.points.items()
    ]


def _told(claim: Claim) -> dict[str, Any]:
    """A claim as people read it."""
    return {
        "kind": claim.kind, "claim": claim.name, "value": enclosed(claim.enclosure) or number(claim.value),
        "": claim.relation, "bound": enclosed(claim.bound_enclosure) or number(claim.bound),
        "evidence": claim.evidence, "verdict": MARKS[claim.verdict], "note": claim.note,
    }  # fmt: skip


def _html_table(rows: Rows) -> str:
    """A table; columns in which nothing stands are left out."""
    names = [key for key in (rows[0] if rows else ()) if any(row[key] not in (None, "") for row in rows)]
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{escape(_cell(row[name]))}</td>' for name in names) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    return "" if value is None else number(value) if isinstance(value, float) else str(value)
