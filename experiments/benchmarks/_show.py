"""Runs as text: the rows of one, and one beside an earlier one."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks._base import Row
from benchmarks._history import Run

HEAD = ("case", "quantity", "value", "unit", "before", "change")


def number(value: float) -> str:
    """Four digits, without an exponent where a person would write none."""
    if value == 0.0 or 1e-3 <= abs(value) < 1e7:
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:.3g}"


def change(now: float | None, before: float | None) -> str:
    """By how many percent a number has grown, as ``+12 %``; empty where one of both is not known, or it was 0."""
    if now is None or not before:
        return ""
    return f"{100 * (now - before) / abs(before):+.0f} %"


def table(rows: Iterable[Row], before: Run | None) -> str:
    """Rows under each other: value, unit, limit; with what ``before`` had, and the change in percent."""
    earlier = {} if before is None else before.numbers
    head = [*HEAD, "limit"] if before else [*HEAD[:4], "limit"]
    lines = [head]
    for row in rows:
        line = [row.case, row.what, *((row.unit, "") if row.value is None else (number(row.value), row.unit))]
        if before is not None:
            then = earlier.get(row.case, {}).get(row.what, (None, ""))[0]
            line += ["" if then is None else number(then), change(row.value, then)]
        lines.append([*line, row.verdict])
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    right = [name in ("value", "before", "change") for name in head]
    sides = [str.rjust if number else str.ljust for number in right]
    return "\n".join(
        "  ".join(side(text, width) for side, text, width in zip(sides, line, widths, strict=True)).rstrip()
        for line in lines
    )


def heading(title: str, run: Run) -> str:
    """What ran where, in two lines."""
    m = run.machine
    return (
        f"{run.name}: {title} ({run.size}, median of {run.rounds}, CPU seconds unless it says wall)\n"
        f"{m['processor']}, {m['cores']} cores, {m['vectors']}; load {run.load:.1f}; commit {run.commit}; "
        + ", ".join(f"{name} {version}" for name, version in run.versions.items())
    )


def since(before: Run | None, run: Run) -> str:
    """Which run the comparison is with, and which versions differ."""
    if before is None:
        return f"nothing to compare with: no {run.size} run of {run.name} on this machine is saved"
    differ = [
        f"{name} {before.versions.get(name, 'not there')} then, {run.versions.get(name, 'not there')} now"
        for name in sorted({*before.versions, *run.versions})
        if before.versions.get(name) != run.versions.get(name)
    ]
    return "; ".join([f"before: {before.date}, commit {before.commit}, load {before.load:.1f}", *differ])
