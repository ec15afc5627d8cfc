"""Plain text of the report on all works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sco_flat.terminal.tables import MARKS, VERDICT, folded, number, table, times

if TYPE_CHECKING:
    from sco_flat.reports.main import Report


def report_text(found: Report) -> str:
    """Show the table, what is proved, and what did not come out as expected."""
    surprises = found.surprises
    outcome = f"{surprises} statement(s) did not come out as expected" if surprises else (
        "every statement came out as expected"
    )  # fmt: skip
    return "\n".join([
        summary_text(found.summary),
        "",
        *(f"proved: {p.stated.called}, {p.label}: {p.guarantee}" for p in found.proofs if p.guarantee),
        *(f"beyond its bound: {text}" for text in found.broken),
        f"{len(found.errata)} errata, each shown by a computation",
        "",
        f"{found.checks} checks (one run of a statement each), {found.claims} claims in them: {outcome}; "
        f"{found.seconds:.1f} s",
        f"report: {found.page}",
    ])  # fmt: skip


def summary_text(summary: Sequence[dict[str, Any]]) -> str:
    """Show one line for each statement: the tightest case of the grid."""
    lines = []
    seen = ""
    for row in summary:
        verdict = MARKS[row["verdict"]]
        if row["verdict"] == "fails" and row["expected"] == "fails":
            verdict = "fails, as expected"
        spare = times(row["margin"], 3) if 0.0 < row["margin"] < float("inf") else ""
        called = row["theorem"] if row["theorem"] != seen else ""
        lines.append(
            (called, row["label"], row["claim"], number(row["measured"]), row["relation"], number(row["bound"]), spare,
             str(row["runs"]), verdict)
        )  # fmt: skip
        seen = row["theorem"]
    header = (
        "statement", "case", "claim (tightest case shown)", "measured", "", "bound", "to spare", "runs", VERDICT,
    )  # fmt: skip
    spare = "to spare: the tightest case is within its bound by this factor; 1x is equality, empty where one side is 0"
    return folded(f"{table(lines, header, name=2)}\n{spare}")
