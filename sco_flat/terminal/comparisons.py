"""Plain text of worst cases, gaps, disturbed counterexamples, stability and the three strengths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sco_flat import measures
from sco_flat.results import BEYOND, Claim
from sco_flat.terminal.tables import MARKS, VERDICT, folded, interval, number, table, times

if TYPE_CHECKING:
    from sco_flat.bounds.pep import WorstCase
    from sco_flat.comparisons.falsify.suite import Cell, Measured, Row
    from sco_flat.comparisons.spread import Spread
    from sco_flat.comparisons.strengths import Strengths
    from sco_flat.works.gap import Gap


def worst_case_text(found: WorstCase, unit: float) -> str:
    """Show the bracket of a worst case beside the bounds, in the units of the loss."""

    def row(name: str, value: float | None, evidence: str) -> tuple[str, ...]:
        low = found.lower
        ratio = number(value / low, 4) if value is not None and low else ""
        return name, "undecided" if value is None else number(value * unit, 8), ratio, evidence

    bound = found.paper
    rows = [
        row("lower end: the method run on the worst function found", found.lower, "float run"),
        row("optimum of the lower program", found.estimate, "solver"),
        row("upper end: multipliers as fractions, form verified", found.upper, "proved, in balls"),
        row("the sharper bound", found.sharper, "proved"),
        row("the paper's bound", bound, "proved") if bound is not None else
        ("the paper's bound", "not applicable", "", "it needs eta beta <= 1/4"),
    ]  # fmt: skip
    solver = ", ".join(f"{k}: {v}" for k, v in found.status.items())
    statement = found.statement
    return folded(
        f"Worst case of {found.title}, {statement.quantity}: T = {statement.steps}, eta beta = {statement.theta}, "
        f"r = {statement.radius} D, rho = {statement.flatness} D, beta D² = {number(unit)}\n\n"
        f"{table(rows, ('what', 'value', 'ratio', 'evidence'))}\n\nratio: to the lower end\n"
        f"worst function found: {found.attained}\nsolver: {solver}; {found.seconds:.1f} s"
    )


def gaps_text(rows: list[Gap]) -> str:
    """Show the gap table."""
    lines = [
        (
            f"{g.theorem}: {g.quantity} [{g.unit}]", number(g.paper), number(g.sharper), number(g.certified),
            number(g.worst),
            *(times(x, 3) for x in g.ratios), g.state,
        )
        for g in rows
    ]  # fmt: skip
    head = (
        "Theorem: quantity [unit]", "paper", "sharper", "program", "worst known", "paper/worst", "sharper/worst",
        "gap",
    )  # fmt: skip
    return table(lines, head)


def falsify_text(rows: Sequence[Row]) -> str:
    """Show what is left of each counterexample under each disturbance, and the edges."""
    reasons = list(dict.fromkeys(c.reason or c.note for row in rows for c in row.cells if c.reason or c.note))

    def cell(c: Cell) -> str:
        remark = c.reason or c.note
        mark = f" [{reasons.index(remark) + 1}]" if remark else ""
        wide = c.spread is not None and c.spread[1] - c.spread[0] > 0.1
        spread = f" ({c.spread[0]:.2g} to {c.spread[1]:.2g})" if c.spread and wide else ""
        return (number(c.left[0], 3) if c.left else "-") + spread + mark

    head = [
        f"{k}: {row.name}, {row.method}: {measures.get(row.quantity).title} {interval(row.value)}"
        + (f" ({row.statement})" if row.statement else "")
        for k, row in enumerate(rows, 1)
    ]
    lines = [(c.kind, c.level, *(cell(row.cells[k]) for row in rows)) for k, c in enumerate(rows[0].cells)]
    left = table(lines, ("disturbance", "level", *(str(k) for k in range(1, len(rows) + 1))))
    edges = [(row.name, e.kind, number(e.survives) or "-", number(e.dies) or "-", *_predicted(e))
             for row in rows for e in row.edges]  # fmt: skip
    found = table(edges, ("counterexample", "disturbance", "survives", "dies", "predicted", "formula", "it is"))
    notes = "".join(f"\n[{k}] {note}" for k, note in enumerate(reasons, 1))
    return folded(
        "\n".join(head)
        + f"\n\nwhat is left at the full average, as a share of it (-: not applicable)\n{left}{notes}\n\n"
        f"sizes up to which half is left\n{found}\n\nfloat evidence: runs suggest, they do not prove"
    )


def _predicted(edge: Measured) -> tuple[str, ...]:
    """The predicted edge, its formula and what that is; empty where none is known."""
    known = edge.predicted
    return ("", "", "no formula") if known is None else (number(known.value), known.formula, known.kind)


def strengths_text(found: Strengths) -> str:
    """Show the mean population risk beside the bounds, with the factor to spare."""
    names = {"population_risk": "F", "empirical_risk": "F_S", "eps": "eps", "summed_risk": "summed along the run"}
    reason = found.measured[0].unmeasured
    means = ", ".join(
        f"{names[k]} {f'not measured ({reason})' if reason and k == 'summed_risk' else _mean(v, found.errors[k])}"
        for k, v in found.means.items()
    )
    return folded(
        f"means over {found.samples} samples of the full average, with 95% intervals: {means}\n\n"
        f"{_spare(found.claims, 'mean risk')}"
    )


def _mean(value: float, error: float) -> str:
    """A mean with its interval, as far as a double holds them."""
    if not math.isfinite(value):
        return "is beyond what a double holds"
    return f"= {value:.4g}" + (
        f" ± {error:.2g}" if math.isfinite(error) else ", its error is beyond what a double holds"
    )


def _spare(claims: Sequence[Claim], measured: str) -> str:
    """Claims with the factor to spare, and their notes below."""
    notes = list(dict.fromkeys(c.note for c in claims if c.note))
    rows = [
        (
            c.name, number(c.value), number(c.bound), times(c.bound / c.value, 4) if c.bound and c.value else "",
            MARKS[c.verdict] + (f" [{notes.index(c.note) + 1}]" if c.note else ""),
        )
        for c in claims
    ]  # fmt: skip
    footnotes = "".join(f"\n[{k}] {note}" for k, note in enumerate(notes, 1))
    return table(rows, ("bound", measured, "bound", "to spare", VERDICT)) + footnotes


def curves_text(data: Mapping[str, Any], notes: list[str]) -> str:
    """Show the panels of the bounds figure as tables, and what is above its bound."""
    parts = []
    columns = ("lower", "risk", "error", "measured", "trajectory", "a_priori", "paper")
    for panel in (p for row in data["panels"] for p in row):
        series = panel["series"]
        lines = [
            (number(x, 4), *(number(series[key][k]) for key in columns)) for k, x in enumerate(panel["x"])
        ]  # fmt: skip
        head = (panel["axis"], "lower", "E F", "±", "measured", "trajectory", "a priori", "paper")
        numbers = (f"{k} = {number(v, 4) if isinstance(v, float) else v}" for k, v in panel["parameters"].items())
        parts.append(f"{panel['title']}, {', '.join(numbers)}")
        parts.append(table(lines, head) + "\n")
    parts += [f"not applicable: {note}" for note in notes]
    open_: dict[str, list[str]] = {}
    for place, _, reason in (text.partition(": ") for row in data["panels"] for p in row for text in p["undecided"]):
        open_.setdefault(reason, []).append(place)
    parts += [f"undecided at {', '.join(places)}: {reason}" for reason, places in open_.items()]
    parts += [f"ABOVE ITS BOUND: {text}" for text in data["failures"]]
    return folded("\n".join(parts))


def stability_text(found: Spread, claims: list[Claim]) -> str:
    """Show measured stability: eps, distances by example, growth over t, and the bounds with the factor to spare."""
    steps = found.growth.size
    times = sorted({min(t, steps) for t in (1, 2, max(steps // 4, 1), max(steps // 2, 1), steps)} - {0})
    growth = ", ".join(f"{number(found.growth[t - 1], 4)} (t = {t})" for t in times)
    summed = f"not measured: {found.unmeasured}" if found.unmeasured else number(found.summed_risk)
    gap = f"largest gap of the maximisers, on S and in the mean without an example, added: {number(found.gap)}\n"
    lost = not np.isfinite([found.eps, *([] if found.unmeasured else [found.summed_risk])]).all()
    return folded(
        f"eps = (1/n) sum |A(S) - A(S^(i))|² = {number(found.eps)}, the full average without one example\n"
        f"distances by example: {', '.join(number(x, 4) for x in found.distances)}\n"
        f"growth of (1/n) sum |w_t - w_t^(i)|²: {growth}\n"
        f"sum of {'f(w_t, z_t)' if found.visits else 'F_S(w_t + v_t)'}: {summed}\n"
        f"{gap if found.gap else ''}\n"
        f"{_spare(claims, 'measured')}" + (f"\nnote: {BEYOND}" if lost else "")
    )
