"""Plain text for the terminal."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from sco_flat import measures
from sco_flat.checks import Check
from sco_flat.results import BEYOND, Claim, Point, Run

if TYPE_CHECKING:
    from sco_flat.bounds.pep import WorstCase
    from sco_flat.comparisons.falsify.suite import Cell, Measured, Row
    from sco_flat.comparisons.spread import Spread
    from sco_flat.comparisons.strengths import Strengths
    from sco_flat.inspection.own import Inspection, Witness
    from sco_flat.proofs.prove import Part, Proof
    from sco_flat.works.errata import Shown
    from sco_flat.works.gap import Gap
    from sco_flat.works.wen_li_ma.flattest import Found

MARKS = {"holds": "ok", "proved": "ok", "fails": "FAILS", "undecided": "?", "not applicable": "-"}


def number(value: float | None) -> str:
    """Six significant digits."""
    return "" if value is None else f"{value:.6g}"


def interval(pair: tuple[float, float]) -> str:
    """One number where both ends agree to six digits, otherwise both."""
    low, high = number(pair[0]), number(pair[1])
    return low if low == high else f"[{low}, {high}]"


def enclosed(pair: tuple[str, str] | None) -> str:
    """Six digits of a proved quantity; both ends where they differ in them. Far smaller numbers than floats fit."""
    if pair is None:
        return ""
    if "inf" in pair[1] or "inf" in pair[0]:
        known, end = (">=", pair[0]) if "inf" in pair[1] else ("<=", pair[1])
        return f"{known} {_decimal(end)}"
    low, high = map(_decimal, pair)
    return low if low == high else f"[{low}, {high}]"


def _decimal(end: str) -> str:
    """Six digits of a decimal of any size; whole numbers below a million as they are written."""
    value = Decimal(end)
    whole = value == value.to_integral_value() and abs(value) < 10**6
    return f"{value:f}" if whole else f"{value:.6g}".replace("E", "e")


def room() -> int | None:
    """Columns of the terminal that the output goes to; None where it goes elsewhere, and lines may have any length."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> str:
    """Align columns; on a terminal that is too narrow for them the texts in the widest ones are broken."""
    whole = [header, *rows]
    widths = _widths(whole, room())

    def lines(row: tuple[str, ...]) -> list[str]:
        cells = [_broken(cell, w) for cell, w in zip(row, widths, strict=True)]
        return [
            "  ".join(
                (cell[k] if k < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)
            ).rstrip()
            for k in range(max(map(len, cells)))
        ]

    return "\n".join(
        [*lines(header), "  ".join("-" * w for w in widths), *(line for row in rows for line in lines(row))]
    )


def _broken(cell: str, width: int) -> list[str]:
    """A cell in lines of a width."""
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def _widths(rows: Sequence[tuple[str, ...]], most: int | None) -> list[int]:
    """The widths of columns: of their longest cells, or less where the whole would have more columns than ``most``."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, cells)) for cells in columns]
    least = [max(max(map(len, cell.split()), default=0) for cell in cells) for cells in columns]
    while most is not None and sum(widths) + 2 * (len(widths) - 1) > most:
        _, widest = max((w, k) for k, w in enumerate(widths) if w > least[k]) if widths != least else (0, None)
        if widest is None:
            break
        widths[widest] -= 1
    return widths


def _claims(claims: tuple[Claim, ...]) -> str:
    notes = list(dict.fromkeys(c.note for c in claims if c.note))
    rows = [
        (
            c.kind, c.name, enclosed(c.enclosure) or number(c.value), c.relation,
            enclosed(c.bound_enclosure) or number(c.bound), c.evidence,
            MARKS[c.verdict] + (f" [{notes.index(c.note) + 1}]" if c.note else ""),
        )
        for c in claims
    ]  # fmt: skip
    footnotes = "".join(f"\n[{k}] {note}" for k, note in enumerate(notes, 1))
    return table(rows, ("kind", "claim", "value", "", "bound", "evidence", "verdict")) + footnotes


def _measured(value: Any, wide: bool) -> str:
    """A measured value; what is not known is said to be so."""
    if value is None:
        return "unknown"
    return interval(value) if wide else number(value)


def run_text(run: Run) -> str:
    """Show a run: what it was, the risks of its points, the claims."""
    p = run.parameters
    head = (
        f"{run.method} on {run.instance} ({run.engine} engine, d = {run.dimension:,}): n = {p['n']}, T = {p['steps']}, "
        f"eta = {p['step_size']:.6g}, r = {p['perturbation_radius']:.6g}, rho = {p['flatness_radius']:.6g}, "
        f"seed {p['seed']}"
    )
    event = run.event
    drawn = (
        "event: none is asked of the sample"
        if event.kind == "free"
        else f"event: {event.kind}, {len(event.columns)} bad column(s), probability {event.probability:.4f}"
    )

    known = [measures.get(name) for name in measures.names()]

    def row(name: str, point: Point) -> tuple[str, ...]:
        where = name if point.start is None else f"{name} (from {point.start})"
        return (where, *(_measured(point.values.get(m.name), m.interval) for m in known))

    points = table([row(k, v) for k, v in run.points.items()], ("point", *(m.title for m in known)))
    notes = "".join(f"\nnote: {n}" for n in run.notes)
    claims = "\n\n" + _claims(run.claims) if run.claims else ""
    return f"{head}\n{drawn}\n\n{points}{claims}\n{notes}\n{run.seconds:.2f} s"


def check_text(found: Check) -> str:
    """Show a check: every claim and the verdict."""
    exact = all(c.evidence == "symbolic" for c in found.claims)
    how = "exact fractions, no run" if exact else "float evidence: a run suggests, it does not prove"
    numbers = (
        ", ".join(f"{k} = {v}" for k, v in found.parameters.items()) or "fixed numbers" if exact else _numbers(found)
    )
    return (
        f"{found.key}: {found.statement}\n{numbers}\n\n{_claims(found.claims)}\n\n"
        f"verdict: {found.verdict}{_silence(found)} ({how})"
    )


def flattest_text(found: Found) -> str:
    """Show the flattest interpolators: what is certain of them, and the worst one, neuron by neuron."""
    data, worst = found.data, found.worst
    drawn = f"seed {found.seed}, {'with' if data.bias else 'without'} bias"
    lines = [
        f"flattest networks over {found.directions} directions: d = {data.d}, n = {data.n}, {drawn}",
        "",
        _claims(found.claims),
    ]
    if len(found.lowest) > 1:
        groups = Counter(c.value for c in found.covers if c.multipliers)
        free = sum(not c.multipliers for c in found.covers)
        shares = ", ".join(
            [*([f"no bound at {free}"] if free else []), *(f"{v} at {groups[v]}" for v in sorted(groups))]
        )
        lines += ["", f"least y f over the flattest, by test point: {shares} of {len(found.lowest)}"]
    if worst is not None:
        named = "one with the least mean" if found.directions == "ternary" else "the worst of them"
        lines += ["", f"{named} has the wrong sign at {found.errors} of {len(data.rest)} test points:"]
        rows = [
            (f"{'+' if found.faces[k].sign > 0 else '-'}{a}", f"({', '.join(map(str, found.faces[k].direction))})")
            for k, a in zip(worst.places, worst.weights, strict=True)
        ]
        lines.append(table(rows[:SHOWN], ("weight", "u" + (", b" if data.bias else ""))))
        lines += [f"... and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    lines += ["", *found.notes] if found.notes else []
    return "\n".join([*lines, "", f"verdict: {found.verdict}"])


def _numbers(found: Check) -> str:
    """The numbers of the run, in one line."""
    names = {"step_size": "eta", "perturbation_radius": "r", "flatness_radius": "rho", "steps": "T", "n": "n"}
    given = {names[k]: found.parameters[k] for k in ("n", "steps", "step_size", "perturbation_radius",
             "flatness_radius") if found.parameters.get(k) is not None}  # fmt: skip
    texts = [f"{k} = {v:.6g}" if isinstance(v, float) else f"{k} = {v}" for k, v in given.items()]
    return ", ".join([*texts, f"seed {found.parameters.get('seed', 0)}"])


def _silence(found: Check | Proof) -> str:
    """Why a statement does not speak, where it does not."""
    if found.verdict != "not applicable":
        return ""
    broken = [
        c.name if set(c.name) & set("<>=") else f"{c.name} {c.relation} {number(c.bound)}"
        for c in found.claims
        if c.kind == "hypothesis" and c.verdict == "fails"
    ]
    silent = [c.note for c in found.claims if c.kind == "conclusion" and c.note]
    return f": it asks for {'; '.join(broken)}" if broken else f": {silent[0]}" if silent else ""


def certify_text(name: str, claims: list[Claim]) -> str:
    """Show what was certified about an instance."""
    return f"{name}\n\n{_claims(tuple(claims))}"


def errata_text(found: list[Shown]) -> str:
    """Show errata: what is printed, what holds, the numbers, and the command."""
    blocks = []
    for e in found:
        lines = [f"{e.erratum.key}  {e.erratum.where}  [{e.erratum.kind}]"]
        lines += _wrapped("printed", e.erratum.printed) + _wrapped("holds", e.erratum.holds)
        lines += [] if e.false is None else _wrapped("false", statement(e.false))
        lines += _wrapped("true", f"{statement(e.true)} ({'proved' if e.true.verdict == 'proved' else 'float'})")
        lines += _wrapped("command", e.command)
        lines += [] if e.as_expected else _wrapped("STALE", "this did not come out as it stands here")
        blocks.append("\n".join(lines))
    false = sum(e.erratum.kind == "false" for e in found)
    return "\n\n".join(blocks) + f"\n\n{len(found)} entries, {false} of them false as printed"


def statement(c: Claim) -> str:
    """A claim in one line: ``name: value >= bound``."""
    value, bound = enclosed(c.enclosure) or number(c.value), enclosed(c.bound_enclosure) or number(c.bound)
    suffix = f" {c.relation} "
    name = c.name.partition(suffix)[0]  # the bound follows as a number
    return f"{name}: {value} {'=' if c.relation == '==' else c.relation} {bound}"


def _wrapped(label: str, text: str) -> list[str]:
    head = f"    {label + ':' if label else '':<9}"
    return textwrap.wrap(text, 118, initial_indent=head, subsequent_indent=" " * 13, break_on_hyphens=False)


def worst_case_text(found: WorstCase, unit: float) -> str:
    """Show the bracket of a worst case beside the bounds, in the units of the loss."""

    def row(name: str, value: float | None, evidence: str) -> tuple[str, ...]:
        low = found.lower
        ratio = f"{value / low:.4g}" if value is not None and low else ""
        return name, "undecided" if value is None else f"{value * unit:.8g}", ratio, evidence

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
    return (
        f"Worst case of {found.title}, {statement.quantity}: T = {statement.steps}, eta beta = {statement.theta}, "
        f"r = {statement.radius} D, rho = {statement.flatness} D, beta D² = {unit:g}\n\n"
        f"{table(rows, ('what', 'value', 'ratio', 'evidence'))}\n\nratio: to the lower end\n"
        f"worst function found: {found.attained}\nsolver: {solver}; {found.seconds:.1f} s"
    )


def gaps_text(rows: list[Gap]) -> str:
    """Show the gap table."""
    lines = [
        (
            g.theorem, f"{g.quantity} [{g.unit}]", number(g.paper), number(g.sharper), number(g.certified),
            number(g.worst),
            *("" if x is None else f"{x:.3g}x" for x in g.ratios), g.state,
        )
        for g in rows
    ]  # fmt: skip
    head = (
        "Theorem", "quantity [unit]", "paper", "sharper", "program", "worst known", "paper/worst", "sharper/worst",
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
        return (f"{c.left[0]:.3g}" if c.left else "-") + spread + mark

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
    return (
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
    return (
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
            c.name, number(c.value), number(c.bound), f"{c.bound / c.value:.4g}x" if c.bound and c.value else "",
            MARKS[c.verdict] + (f" [{notes.index(c.note) + 1}]" if c.note else ""),
        )
        for c in claims
    ]  # fmt: skip
    footnotes = "".join(f"\n[{k}] {note}" for k, note in enumerate(notes, 1))
    return table(rows, ("bound", measured, "bound", "to spare", "verdict")) + footnotes


def curves_text(data: Mapping[str, Any], notes: list[str]) -> str:
    """Show the panels of the bounds figure as tables, and what is above its bound."""
    parts = []
    columns = ("lower", "risk", "error", "measured", "trajectory", "a_priori", "paper")
    for panel in (p for row in data["panels"] for p in row):
        series = panel["series"]
        lines = [
            (f"{x:.4g}", *(number(series[key][k]) for key in columns)) for k, x in enumerate(panel["x"])
        ]  # fmt: skip
        head = (panel["axis"], "lower", "E F", "±", "measured", "trajectory", "a priori", "paper")
        numbers = (f"{k} = {v:.4g}" if isinstance(v, float) else f"{k} = {v}" for k, v in panel["parameters"].items())
        parts.append(f"{panel['title']}, {', '.join(numbers)}")
        parts.append(table(lines, head) + "\n")
    parts += [f"not applicable: {note}" for note in notes]
    open_: dict[str, list[str]] = {}
    for place, _, reason in (text.partition(": ") for row in data["panels"] for p in row for text in p["undecided"]):
        open_.setdefault(reason, []).append(place)
    parts += [f"undecided at {', '.join(places)}: {reason}" for reason, places in open_.items()]
    parts += [f"ABOVE ITS BOUND: {text}" for text in data["failures"]]
    return "\n".join(parts)


def stability_text(found: Spread, claims: list[Claim]) -> str:
    """Show measured stability: eps, distances by example, growth over t, and the bounds with the factor to spare."""
    steps = found.growth.size
    times = sorted({min(t, steps) for t in (1, 2, max(steps // 4, 1), max(steps // 2, 1), steps)} - {0})
    growth = ", ".join(f"{found.growth[t - 1]:.4g} (t = {t})" for t in times)
    summed = f"not measured: {found.unmeasured}" if found.unmeasured else number(found.summed_risk)
    gap = f"largest gap of the maximisers, on S and in the mean without an example, added: {number(found.gap)}\n"
    lost = not np.isfinite([found.eps, *([] if found.unmeasured else [found.summed_risk])]).all()
    return (
        f"eps = (1/n) sum |A(S) - A(S^(i))|² = {found.eps:.6g}, the full average without one example\n"
        f"distances by example: {', '.join(f'{x:.4g}' for x in found.distances)}\n"
        f"growth of (1/n) sum |w_t - w_t^(i)|²: {growth}\n"
        f"sum of {'f(w_t, z_t)' if found.visits else 'F_S(w_t + v_t)'}: {summed}\n"
        f"{gap if found.gap else ''}\n"
        f"{_spare(claims, 'measured')}" + (f"\nnote: {BEYOND}" if lost else "")
    )


SHOWN = 8


def proof_text(found: Proof) -> str:
    """Show a proof: every claim, what is guaranteed, and which part of a box is open."""
    q = found.question
    scope = "every sample of the event" if q.evidence == "every sample" else f"the sample of seed {q.seed}"
    lines = [
        f"{found.key}: {found.statement}",
        f"{found.label}; {scope}; {q.precision}-bit balls and exact fractions",
        "",
        _claims(found.claims),
        "",
        f"verdict: {found.verdict}{_silence(found)}",
    ]
    bits = found.bits_left
    if bits is not None:
        lines.append(f"{bits} of {q.precision} bits are left in the least accurate entry at the end")
    if found.guarantee:
        lines.append(found.guarantee)
    if len(found.parts) > 1:
        lines.append(f"the box was cut into {len(found.parts)} parts")
    for verdict, parts in (
        ("undecided", found.undecided),
        ("fails", found.refuted),
        ("not applicable", found.outside),
    ):
        if len(found.parts) > 1 and parts:
            pieces = _joined(parts)
            lines += [f"{verdict} on", *(f"  {piece}" for piece in pieces[:SHOWN])]
            lines += [f"  ... and {len(pieces) - SHOWN} more"] if len(pieces) > SHOWN else []
    return "\n".join(lines)


def _joined(parts: tuple[Part, ...]) -> list[str]:
    """Name parts of a box; neighbours in its only direction that are open or false for the same reason as one."""
    pieces: list[list[Part]] = []
    for part in parts:
        last = pieces[-1][-1] if pieces else None
        spread = list(part.question.spread)
        if (
            last is not None
            and spread == list(last.question.spread)
            and len(spread) == 1
            and part.question.spread[spread[0]][0] == last.question.spread[spread[0]][1]
            and _reason(part) == _reason(last)
        ):
            pieces[-1].append(part)
        else:
            pieces.append([part])
    names = {"step_size": "eta", "perturbation_radius": "r", "flatness_radius": "rho"}
    found = []
    for piece in pieces:
        ends = {key: (low, piece[-1].question.spread[key][1]) for key, (low, _) in piece[0].question.spread.items()}
        spans = ", ".join(f"{names[key]} in [{float(low):.6g}, {float(high):.6g}]" for key, (low, high) in ends.items())
        found.append(f"{spans}: {_reason(piece[0])}")
    return found


def _reason(part: Part) -> str:
    """The first claim that is open or false, or the hypothesis that is."""
    wanted = "fails" if part.verdict == "not applicable" else part.verdict
    return next((c.name for c in part.claims if c.verdict == wanted), "")


def inspection_text(found: Inspection) -> str:
    """Show an inspection: every claim, and for each refuted one the inequality and its points as Python."""
    lines = [f"{found.name}: what it claims", "", _claims(found.claims)]
    for name, witness in found.witnesses.items():
        lines += ["", f"{name} is refuted: {witness.statement}", *_points(witness)]
    proved = any(c.verdict == "proved" for c in found.claims)
    s = found.searched
    scope = f"float search of {s.evaluations:,} values and gradients, {s.pairs:,} pairs, {s.examples} examples"
    scope += "; loss_cvxpy alone is proved convex" if proved else ""
    return "\n".join([*lines, "", f"verdict: {found.verdict} ({scope})"])


def _points(witness: Witness) -> list[str]:
    """Assignments that can be pasted into Python; long points by their entries that are not 0."""
    lines = [f"  z = {_python(witness.z)}"]
    for name, point in zip(witness.names, witness.points, strict=True):
        where = [k for k in range(point.size) if point[k] != 0.0]
        if point.size <= SHOWN or len(where) > point.size // 2:
            lines.append(f"  {name} = np.array({point.tolist()})")
        elif not where:
            lines.append(f"  {name} = np.zeros({point.size})")
        else:
            lines.append(f"  {name} = np.zeros({point.size}); {name}[{where}] = {point[where].tolist()}")
    return lines


def _python(z: object) -> str:
    """Write an example as Python; arrays in full."""
    if isinstance(z, np.ndarray):
        return f"np.array({z.tolist()})"
    if isinstance(z, tuple):
        return f"({', '.join(_python(part) for part in z)}{',' if len(z) == 1 else ''})"
    return repr(z.item() if isinstance(z, np.generic) else z)
