"""Theorem 6 once more, factored, in intervals over the whole box."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.rechecks.book import CLAIMED_LATER, HALF, Book


def theorem6(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Factored, in intervals over the whole box."""
    book = Book()
    radius = Interval(*(question.perturbation_radius or (HALF, HALF)))
    start = Fraction(question.options.get("start", 0))
    book.say("hypothesis", "r <= 1/2", radius, "<=", HALF)
    book.say("hypothesis", "rho <= 1/2", Interval(*question.flatness_radius), "<=", HALF)
    eta, since = Interval(*question.step_size), CLAIMED_LATER
    curvature = Interval(0, 1)
    book.say("hypothesis", "f is convex and f >= 0: f'' >= 0", curvature, ">=", 0, since=since)
    book.say("hypothesis", "smoothness <= 1", curvature, "<=", 1, since=since)
    book.say("hypothesis", "Lipschitz constant on [-1, 1] <= 1", 1, "<=", 1, since=since)
    moved = (start - eta * (radius + start)).most((radius + start) * eta - start) if start else Interval(0)
    farthest = moved.most(start) if question.steps > 1 else Interval(start)
    book.say("dynamics", "|w_t| <= 1 for every t, no projection", farthest, "<=", 1, since=since)
    if not start:
        book.say("dynamics", "w_T from w_1 = 0", start, "==", 0)  # [0]_+ = 0: a fixed point
        name = "F_S^r(w_t) - F_S^r(w*) - r²/2 = 0 for every t"
        book.say("conclusion", name, (radius - HALF).positive().square() * Fraction(-1, 2), "==", 0)
        return book.found
    book.say("hypothesis", "eta <= 1", eta, "<=", 1)
    low = start * (1 - eta.high) - eta.high * radius.high
    high = start * (1 - eta.low) - eta.low * radius.low
    book.say("hypothesis", "w_2 = e (1 - eta) - eta r <= 0", Interval(low, high), "<=", 0)
    room = (1 - eta).square() * (start * (radius * 2 + start)) * HALF
    book.say("conclusion", "F_S^r(w_t) - (1 - eta)² r²/2 >= 0 for every t", room, ">=", 0)
    return book.found
