"""The table of all works: every answer is asked of its statement."""

from __future__ import annotations

from typing import Any

from sco_flat.checks import Check, check
from sco_flat.patience import track
from sco_flat.proofs.prove import Proof
from sco_flat.works.base import get, prove, works
from sco_flat.works.row import Answer, Line, Said


def table() -> list[Line]:
    """Return the table of all works, every answer computed.

    Returns
    -------
    list of Line
        In the order of the works.

    Examples
    --------
    >>> from sco_flat.reports.works import said
    >>> from sco_flat.works.row import Answer
    >>> answer = Answer("no: F(flat) - F(0) = {}", "f2m.blind", "F(e_I) - F(0) = (1 - rho)²/4")
    >>> found = said(answer)
    >>> found.text, found.verdict
    ('no: F(flat) - F(0) = 0.16', 'proved')
    """
    rows = [(work.name, row) for work in works() for row in work.rows()]
    lines = []
    for name, row in track(rows, len(rows), "rows"):
        asked: list[tuple[tuple[Any, ...], Proof | Check]] = []
        lines.append(Line(name, row.instance, row.flat, said(row.generalises, asked), said(row.found, asked)))
    return lines


def said(answer: Answer | str, asked: list[tuple[tuple[Any, ...], Proof | Check]] | None = None) -> Said:
    """Ask the statement of an answer, by its proof for every sample if it has one, otherwise by its check.

    Parameters
    ----------
    answer : Answer or str
        A text is said as it is.
    asked : list, optional
        What was asked before, and what came out; it grows.
    """
    if isinstance(answer, str):
        return Said(answer)
    asked = [] if asked is None else asked
    found = next((known for asks, known in asked if asks == answer.asks), None)
    if found is None:
        proves = get(answer.key).proof is not None and not answer.run
        numbers = answer.numbers
        found = prove(answer.key, "every sample", **numbers) if proves else check(answer.key, **numbers)
        asked.append((answer.asks, found))
    return answer.said(found.verdict, found.claims, "every sample" if isinstance(found, Proof) else "")
