"""What Theorems 1 and 3 ask of their losses, once more."""

from __future__ import annotations

from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.works.flat_minima.rechecks.book import CLAIMED_LATER, Book


def loss_claims(book: Book, question: Question, smallest: Interval, largest: Interval) -> None:
    """Convexity, sign, smoothness, Lipschitz constant, flatness; the slope is ``a² - a rho`` where that is positive."""
    steep = (largest.square() - largest * Interval(*question.flatness_radius)).positive()
    since = CLAIMED_LATER
    book.say("hypothesis", "f is convex and f >= 0: smallest weight >= 0", smallest, ">=", 0, since=since)
    book.say("hypothesis", "smoothness <= 1", largest.square(), "<=", 1, since=since)
    book.say("hypothesis", "Lipschitz constant on the unit ball <= 1", steep, "<=", 1, side="high", since=since)
    book.say("hypothesis", "f = 0 within rho of 0: largest weight <= 1", largest, "<=", 1, since=since)
