"""Runs, checks and proofs as plain text."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sco_flat import measures
from sco_flat.checks import Check
from sco_flat.colours import painted
from sco_flat.results import Claim, Point, Run
from sco_flat.terminal.tables import MARKS, VERDICT, enclosed, folded, interval, number, room, table
from sco_flat.works import base as works

if TYPE_CHECKING:
    from sco_flat.averages.window import Window
    from sco_flat.inspection.certify import Certified
    from sco_flat.inspection.own import Inspection, Witness
    from sco_flat.proofs.prove import Part, Proof
    from sco_flat.works.errata import Shown
    from sco_flat.works.wen_li_ma.flattest import Found

SHOWN = 8


def claims_text(claims: tuple[Claim, ...]) -> str:
    """Show claims as a table, their notes below."""
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
    return table(rows, ("kind", "claim", "value", "", "bound", "evidence", VERDICT), name=1) + footnotes


def measured(value: Any, wide: bool) -> str:
    """A measured value; what is not known is said to be so."""
    if value is None:
        return "unknown"
    return interval(value) if wide else number(value)


def run_text(run: Run) -> str:
    """Show a run: what it was, the risks of its points, the claims."""
    p = run.parameters
    sizes = f"eta = {number(p['step_size'])}, r = {number(p['perturbation_radius'])}"
    sizes = f"stages = {p['stages']}" if "stages" in p else sizes  # which say T, eta and r
    head = (
        f"{run.method} on {run.instance} ({run.engine} engine, d = {run.dimension:,}): n = {p['n']}, T = {p['steps']}, "
        f"{sizes}, rho = {number(p['flatness_radius'])}, seed {p['seed']}"
    )
    event = run.event
    drawn = (
        "event: none is asked of the sample"
        if event.kind == "free"
        else f"event: {event.kind}, {len(event.columns)} bad column(s), probability {event.probability:.4f}"
    )

    known = [m for m in map(measures.get, measures.names()) if any(m.name in p.values for p in run.points.values())]

    def row(name: str, point: Point) -> tuple[str, ...]:
        where = name if point.start is None else f"{name} (from {point.start})"
        return (where, *(measured(point.values.get(m.name), m.interval) for m in known))

    points = table([row(k, v) for k, v in run.points.items()], ("point", *(m.title for m in known)))
    notes = "".join(f"\nnote: {n}" for n in run.notes)
    claims = "\n\n" + claims_text(run.claims) if run.claims else ""
    return folded(f"{head}\n{drawn}\n\n{points}{claims}\n{notes}\n{run.seconds:.2f} s")


def check_text(found: Check) -> str:
    """Show a check: every claim and the verdict."""
    exact = all(c.evidence != "float" for c in found.claims)
    how = "exact fractions, no run" if exact else "float evidence: a run suggests, it does not prove"
    numbers = _numbers(found) if found.event else ", ".join(f"{k} = {v}" for k, v in found.parameters.items())
    return folded(
        f"{found.key}: {found.statement}\n{numbers or 'fixed numbers'}\n\n{claims_text(found.claims)}\n\n"
        f"verdict: {painted(found.verdict)}{_silence(found)} ({how})"
    )


def flattest_text(found: Found) -> str:
    """Show the flattest interpolators: what is certain of them, and the worst one, neuron by neuron."""
    data, worst = found.data, found.worst
    drawn = f"seed {found.seed}, {'with' if data.bias else 'without'} bias"
    lines = [
        f"flattest networks, directions: {found.directions}; d = {data.d}, n = {data.n}, {drawn}",
        "",
        claims_text(found.claims),
    ]
    if len(found.lowest) > 1:
        groups = Counter(c.value for c in found.covers if c.multipliers)
        free = sum(not c.multipliers for c in found.covers)
        shares = ", ".join(
            [*([f"no bound at {free}"] if free else []), *(f"{v} at {groups[v]}" for v in sorted(groups))]
        )
        lines += ["", f"least y f over the flattest, by test point: {shares} of {len(data.rest)}"]
    if worst is not None:
        named = "the worst of them" if found.directions == "all" else "one with the least mean"
        lines += ["", f"{named} has the wrong sign at {found.errors} of {len(data.rest)} test points:"]
        rows = [
            (f"{'+' if found.faces[k].sign > 0 else '-'}{a}", f"({', '.join(map(str, found.faces[k].direction))})")
            for k, a in zip(worst.places, worst.weights, strict=True)
        ]
        lines.append(table(rows[:SHOWN], ("weight", "u" + (", b" if data.bias else ""))))
        lines += [f"... and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    lines += ["", *found.notes] if found.notes else []
    return folded("\n".join([*lines, "", f"verdict: {painted(found.verdict)}"]))


def window_text(found: Window, losses: Sequence[float]) -> str:
    """Show SWAD's window on a trace."""
    head = f"SWAD's window ({found.mode}) on {len(losses):,} checkpoints, counted from 0"
    if found.start is None or found.end is None or found.threshold is None:
        lines = ["none: no loss is the lowest of those that begin with it", "what is returned: the last checkpoint"]
        return folded("\n".join([head, *lines]))
    lines = [f"start      {found.start}   (loss {number(losses[found.start])})"]
    lines += [f"end        {found.end}   ({'it ended' if found.ended else 'not ended: the last one so far'})"]
    lines += [f"threshold  {number(found.threshold)}"]
    if found.weights is not None:
        often = [f"{k} ({n} times)" for k, n in found.weights.items() if n > 1]
        lines += [f"segments   {len(found.weights):,} enter{', more than once: ' if often else ', once each'}"
                  + ", ".join(often[:SHOWN]) + (" ..." if len(often) > SHOWN else "")]  # fmt: skip
    return folded("\n".join([head, *lines]))


def _numbers(found: Check) -> str:
    """The numbers of the run that the statement reads, in one line; stages say what T, eta and r are made of."""
    statement, read = works.get(found.key), found.parameters
    names = {"step_size": "eta", "perturbation_radius": "r", "flatness_radius": "rho", "steps": "T", "n": "n"}
    staged = "stages" in read and "stages" not in statement.unread
    apart = {*statement.unread, *(("step_size", "perturbation_radius") if staged else ())}
    shared = ("n", "steps", "step_size", "perturbation_radius", "flatness_radius")
    own = [k for k in statement.defaults if k not in (*shared, "seed")]
    given = {names.get(k, k): read[k] for k in (*shared, *own) if k not in apart and read.get(k) is not None}
    texts = [f"{k} = {number(v)}" if isinstance(v, float) else f"{k} = {v}" for k, v in given.items()]
    return ", ".join([*texts, *([] if "seed" in apart else [f"seed {read.get('seed', 0)}"])]) or "fixed numbers"


def _silence(found: Check | Proof) -> str:
    """Why a statement does not speak, where it does not."""
    if found.verdict != "not applicable":
        return ""
    broken = [
        c.name if set(c.name) & set("<>=") else f"{c.name} {c.relation} {number(c.bound)}"
        for c in found.claims
        if c.kind == "hypothesis" and c.verdict == "fails"
    ]
    concluded = [c for c in found.claims if c.kind == "conclusion" and c.note]
    silent = [c.note for c in sorted(concluded, key=lambda c: c.verdict != "not applicable")]
    return f": it asks for {'; '.join(broken)}" if broken else f": {silent[0]}" if silent else ""


def certify_text(found: Certified) -> str:
    """Show what was certified about an instance."""
    return folded(f"{found.instance}\n\n{claims_text(found.claims)}")


def errata_text(found: list[Shown]) -> str:
    """Show errata: what is printed, what holds, the numbers, and the command."""
    blocks = []
    for e in found:
        lines = [folded(f"{e.erratum.key}  {e.erratum.where}  [{e.erratum.kind}]")]
        lines += _wrapped("printed", e.erratum.printed) + _wrapped("holds", e.erratum.holds)
        lines += [] if e.false is None else _wrapped("false", statement(e.false))
        lines += _wrapped("true", f"{statement(e.true)} ({'proved' if e.true.verdict == 'proved' else 'float'})")
        lines += _wrapped("command", e.command)
        lines += [] if e.as_expected else _wrapped("STALE", "this did not come out as it stands here")
        blocks.append("\n".join(lines))
    false = sum(e.erratum.kind == "false" for e in found)
    return (
        "\n\n".join(blocks)
        + f"\n\n{len(found)} {'entry' if len(found) == 1 else 'entries'}, {false} of them false as printed"
    )


def statement(c: Claim) -> str:
    """A claim in one line: ``name: value >= bound``."""
    value, bound = enclosed(c.enclosure) or number(c.value), enclosed(c.bound_enclosure) or number(c.bound)
    suffix = f" {c.relation} "
    name = c.name.partition(suffix)[0]  # the bound follows as a number
    return f"{name}: {value} {'=' if c.relation == '==' else c.relation} {bound}"


def _wrapped(label: str, text: str) -> list[str]:
    head = f"    {label + ':' if label else '':<9}"
    return textwrap.wrap(
        text, min(118, room() or 118), initial_indent=head, subsequent_indent=" " * 13, break_on_hyphens=False
    )


def proof_text(found: Proof) -> str:
    """Show a proof: every claim, what is guaranteed, and which part of a box is open."""
    q = found.question
    scope = f"the sample of seed {q.seed}" if q.evidence == "bracket" else "every sample of the event"
    scope = scope if found.sampled else "no sample enters"
    lines = [
        f"{found.key}: {found.statement}",
        f"{found.label}; {scope}; {q.precision}-bit balls and exact fractions",
        "",
        claims_text(found.claims),
        "",
        f"verdict: {painted(found.verdict)}{_silence(found)}",
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
    return folded("\n".join(lines))


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
        spans = ", ".join(
            f"{names[key]} in [{number(float(low))}, {number(float(high))}]" for key, (low, high) in ends.items()
        )
        found.append(f"{spans}: {_reason(piece[0])}")
    return found


def _reason(part: Part) -> str:
    """The first claim that is open or false, or the hypothesis that is."""
    wanted = "fails" if part.verdict == "not applicable" else part.verdict
    return next((c.name for c in part.claims if c.verdict == wanted), "")


def inspection_text(found: Inspection) -> str:
    """Show an inspection: every claim, and for each refuted one the inequality and its points as Python.

    What is Python stays in whole lines, to be pasted.
    """
    lines = [f"{found.name}: what it claims", "", claims_text(found.claims)]
    for name, witness in found.witnesses.items():
        lines += ["", folded(f"{name} is refuted: {witness.statement}"), *_points(witness)]
    proved = any(c.verdict == "proved" for c in found.claims)
    s = found.searched
    scope = f"float search of {s.evaluations:,} values and gradients, {s.pairs:,} pairs, {s.examples} examples"
    scope += "; loss_cvxpy alone is proved convex" if proved else ""
    return "\n".join([*lines, "", folded(f"verdict: {painted(found.verdict)} ({scope})")])


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
