"""Plain text of sweeps: what came of the cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sco_flat.sweeps.work import UNEXPECTED
from sco_flat.terminal.reasons import merged
from sco_flat.terminal.tables import folded

if TYPE_CHECKING:
    from sco_flat.sweeps.swept import Swept

LINES = 10
"""Reasons that are listed."""


def swept_text(found: Swept) -> str:
    """Show how many cells are done, what checks say, and why cells failed."""
    counts, reasons = found.counts, found.failures
    wait = f", {counts.waiting} wait" if counts.waiting else ""
    text = f"{counts.done} of {counts.total} cells done, {counts.failed} failed{wait}, in {found.folder}"
    beside = f"; {counts.beside} rows of other files or sources are kept beside them" if counts.beside else ""
    lines = [text + beside, *_said(found.verdicts), *why(reasons, "failed")]
    if any(reason.startswith(UNEXPECTED) for reason in reasons):
        lines.append("--retry runs failed cells again; refused ones are refused again until the file changes")
    elif reasons:
        lines.append("these cells are refused again until the file changes")
    return folded("\n".join(lines))


def _said(verdicts: Mapping[str, Counter[str]]) -> list[str]:
    """A line for each verdict, with its most frequent reason."""
    lines = []
    for verdict, found in verdicts.items():
        reasons = merged(found)
        reason, rest = next(iter(reasons)), len(reasons) - 1
        more = f"; and {rest} other reason(s), in the column reason of sco-flat collect" if rest else ""
        lines.append(f"  {found.total()} {verdict}{reason and f': {reason}'}{more}")
    return lines


def why(reasons: Mapping[str, int], what: str) -> list[str]:
    """Lines with the reasons, the most frequent first."""
    reasons = merged(reasons)
    shown = list(reasons.items())[:LINES]
    rest = len(reasons) - len(shown)
    more = [f"  and {rest} other reason(s), in failures.csv of sco-flat collect"] if rest else []
    return [f"  {number} {what}: {reason}" for reason, number in shown] + more
