"""Theorem 1 once more: coefficients of ``(1 - rho)²`` instead of values."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.rechecks.book import CLAIMED_LATER, HALF, Book, felt_share, probability
from sco_flat.works.flat_minima.rechecks.hinge import loss_claims


def theorem1(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Coefficients of ``(1 - rho)²`` instead of values."""
    book = Book()
    rho = Interval(*question.flatness_radius)
    book.say("hypothesis", "rho <= 1/2", rho, "<=", HALF)
    book.say("hypothesis", "P(an all-zero column) >= 1/2", probability(question, "any"), ">=", HALF)
    loss_claims(book, question, Interval(1), Interval(1))
    book.say("hypothesis", "|e_I| <= 1 and |rho e_b| <= 1", rho.most(1), "<=", 1, since=CLAIMED_LATER)
    if sample is not None:
        book.say("hypothesis", "number of all-zero columns", len(sample.event.columns), ">=", 1)
    felt = felt_share(question, sample, 0)
    square = (1 - rho).square()
    radius = Interval(*(question.perturbation_radius or (Fraction(1), Fraction(1))))
    gap = ((1 + radius - rho).positive().square() - (radius - rho).positive().square()) * (felt / 2)
    book.say("conclusion", "F_S(e_I) = 0", square * (felt / 2), "==", 0)
    book.say("conclusion", "F_S^r(e_I) - min F_S^r <= 0", gap, "<=", 0)
    fair = Fraction(1, 2)
    book.say("conclusion", "F(e_I) - (1 - rho)²/4 = 0", square * (fair / 2 - Fraction(1, 4)), "==", 0)
    book.say("conclusion", "F(e_I) >= 1/16", square * (fair / 2), ">=", Fraction(1, 16))
    book.say("conclusion", "F_S(rho e_b) = F(rho e_b) = 0", 0, "==", 0)
    for push in (Fraction(1, 100), Fraction(1, 10), Fraction(1, 2)):
        book.say("conclusion", f"F_S^{float(push):g}(rho e_b) - {float(push):g}²/2 >= 0", 0, ">=", 0)
        if not any(question.flatness_radius):
            name = f"rho = 0: F_S^{float(push):g}(e_I) - F_S^{float(push):g}(rho e_b) = 0"
            book.say("conclusion", name, ((push - rho).positive().square() - push * push) / 2, "==", 0)
    return book.found
