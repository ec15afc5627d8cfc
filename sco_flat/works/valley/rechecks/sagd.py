"""Theorem L once more: differences written out, the sum over the walk in one piece, in rational intervals."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval, exponential, log_without
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.valley.rechecks.book import Book

HALF = Fraction(1, 2)


@cache
def only_one(n: int, width: int) -> Interval:
    """Probability of exactly one all-plus column."""
    return exponential(log_without(n) * (width - 1)) * Fraction(width, 1 << n)


def recheck(question: Question, sample: Sample | None) -> list[Rechecked]:
    """All claims of the statement."""
    book, n, steps = Book(), question.n, question.steps
    eta, radius = Interval(*question.step_size), question.perturbation_radius
    c2 = ((1 / eta - 1) * Fraction(1, 4 * n * steps)).positive()
    theta = eta * (c2 + 1)
    rho = Interval(*question.flatness_radius)
    beyond = None if radius is None else (Interval(*radius) - rho).positive()
    reach = Interval(1) if beyond is None else beyond.square() * eta * steps
    far = Interval(2) if theta.high >= 2 else (c2 + 1) * reach * Fraction(steps - 1, steps) / (2 - theta)
    book.say("hypothesis", "n >= 4", n, ">=", 4)
    book.say("hypothesis", "T >= 10", steps, ">=", 10)
    book.say("hypothesis", "eta <= 1/4", eta, "<=", Fraction(1, 4))
    book.say("hypothesis", "r > rho: (r - rho)² eta T > 0", reach, ">", 0)
    book.say("hypothesis", "|w_t|² <= (T-1) theta (r - rho)²/(2 - theta) <= 1, theta = eta (1 + c²)", far, "<=", 1)
    name = "P(exactly one all-plus column) >= 1/3"
    book.say("hypothesis", name, only_one(n, question.width), ">=", Fraction(1, 3))
    if sample is not None:
        full = (1 << n) - 1
        count = sum(int(code) == full for code in sample.codes)
        book.say("hypothesis", "number of all-plus columns", count, "==", 1)
    book.say("hypothesis", "f is convex and f >= 0: smallest weight of a squared distance", HALF, ">=", 0)
    book.say("hypothesis", "smoothness - (1 + c²)", 0, "<=", 0)
    book.say("hypothesis", "f(., z) = 0 on the ball of radius rho around 0", 0, "==", 0)
    book.say("dynamics", "other columns: (1 + p)/2 - (1 - 1/(2n)) for p <= 1 - 1/n", 0, "<=", 0)
    book.say("dynamics", "curvature in s of the bound on F_S(w + v), over l²", Fraction(1, 2 * n), ">", 0)
    book.say("dynamics", "s = r wins while c x + h <= D l/(4n): margin over l² D²", Fraction(1, 16 * n * n), ">", 0)
    quarter = Fraction(4 * n - 1, 4 * n)
    book.say("dynamics", "smallest x_2 / (eta c D l) of all maximisers at an apex", 1, ">=", quarter)
    name = "slope of psi in x on a face, times c over R"
    book.say("dynamics", name, -c2, "<=" if c2.low == 0 else "<", 0)
    push = (1 - eta) * Fraction(1, 4 * n * steps)  # eta c²
    walked = push * quarter * (4 * n * (steps - 1)) + Fraction(4 * n, 64 * n * steps)
    book.say("dynamics", "(c x_T from below + h) / (D l/(4n))", walked, "<=", 1, "high")
    mean = quarter * Fraction(sum(range(steps)), steps)  # of the steps before t, over those of one step
    value, bound = push * (c2 + 1) * (mean**2 * Fraction(n, steps)), Fraction(1, 30)
    name = "every suffix average: (rho + sqrt(8 F))² / (eta (r - rho)² T/n) >= 1/30"
    if rho.high == 0:
        name, value, bound = "F / (eta r² T/n) of every suffix average >= 1/240", value / 8, bound / 8
    book.say("conclusion", name, value, ">=", bound, "low")
    return book.found
