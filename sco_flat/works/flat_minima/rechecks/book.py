"""Statements as they are collected, and the probability of the events."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval, exponential, log_without
from sco_flat.proofs.question import Question, Side
from sco_flat.results import Kind, Relation
from sco_flat.samples import Sample

HALF = Fraction(1, 2)
CLAIMED_LATER = 3
"""Format of certificates from which on the hypotheses on the loss, the ball and the oracle are claims of their own."""


def probability(question: Question, kind: str) -> Interval:
    """Of at least one (``any``) or exactly one (``one``) bad column."""
    return _probability(question.n, question.width, kind)


@cache
def _probability(n: int, width: int, kind: str) -> Interval:
    step = log_without(n)
    if kind == "one":
        return exponential(step * (width - 1)) * Fraction(width, 1 << n)
    return 1 - exponential(step * width)


class Book:
    """Collects statements."""

    def __init__(self) -> None:
        self.found: list[Rechecked] = []

    def say(
        self, kind: Kind, name: str, value: Interval | Fraction | int, relation: Relation,
        bound: Interval | Fraction | int, *, needed: bool = True, side: Side = "both", skips: bool = False,
        since: int = 1, once: Kind | None = None,
    ) -> None:  # fmt: skip
        """Keep one statement."""
        left = value if isinstance(value, Interval) else Interval(value)
        right = bound if isinstance(bound, Interval) else Interval(bound)
        self.found.append(Rechecked(name, kind, left, relation, right, needed, side, skips, since, once))


def felt_share(question: Question, sample: Sample | None, promised: int) -> Fraction:
    """Share of the examples whose bit in the first bad column is 1; what the event promises without a sample."""
    if sample is None:
        return Fraction(promised)
    if not sample.event.columns:
        return Fraction(1 - promised)
    column = int(sample.codes[sample.event.columns[0]])
    return Fraction(sum(column >> k & 1 for k in range(question.n)), question.n)
