"""Theorems 1' and 3' once more: coefficients of squares, pairs of codes by powers, sums term by term."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval, exponential, log_without
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.valley.rechecks.book import Book, log_rest, power

HALF = Fraction(1, 2)
PAIRS = "mean number of pairs of random codes with a product above t"


def some_column(n: int, width: int) -> Interval:
    """Probability of at least one bad column."""
    return 1 - exponential(log_without(n) * width)


def logarithm(x: Fraction) -> Interval:
    """``log x`` by halving x until it is in (1/2, 1]."""
    halvings = 0
    while x > 1:
        x, halvings = x / 2, halvings + 1
    return log_rest(1 - x) - log_rest(HALF) * halvings if x > HALF else -logarithm(1 / x) - log_rest(HALF) * halvings


def _pairs(width: int, mean: Interval) -> Interval:
    return mean * Fraction(width * (width - 1), 2)


def _shared(book: Book, question: Question, sample: Sample | None, pairs: Interval, kind: str, bad: int) -> None:
    book.say("hypothesis", f"P(an {kind} column) >= 1/2", some_column(question.n, question.width), ">=", HALF)
    if sample is not None:
        count = sum(int(code) == bad for code in sample.codes)
        book.say("hypothesis", f"number of {kind} columns", count, ">=", 1)
    book.say("hypothesis", PAIRS, pairs, "<", 1, "high")
    book.say("hypothesis", "f is convex and f >= 0: curvature of ½ [dist - rho]_+²", Interval(0, 1), ">=", 0)
    book.say("hypothesis", "smoothness <= 1", Interval(0, 1), "<=", 1)


def first(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Theorem 1'."""
    book, rho = Book(), Interval(*question.flatness_radius)
    t = Fraction(question.options.get("coherence", Fraction(1, 3)))
    length = Fraction(question.options.get("code_length", 25 * question.n))
    book.say("hypothesis", "t + rho <= 1", rho + t, "<=", 1)
    book.say("hypothesis", "d' is whole: d' mod 1", length - length.__floor__(), "==", 0)
    # e^-x alone is not told from 0 where x is large, and M² times it is not below 1
    parts = 1 + int(length * t * t) // 2048
    close = power(exponential(Interval(-length * t * t / (2 * parts))), parts)
    _shared(book, question, sample, _pairs(question.width, close), "all-zero", 0)
    book.say("hypothesis", "|u_I| <= 1 and |rho e_b| <= 1", rho.most(1), "<=", 1)
    book.say("conclusion", "F_S(u_I) = 0", 0, "==", 0)
    book.say("conclusion", "F_S^r(u_I) - min F_S^r <= 0", 0, "<=", 0)
    left = rho + t - 1  # where it is positive the hinge is 0
    book.say("conclusion", "F(u_I) - (1 - t - rho)²/4 >= 0", -(left.positive().square() * Fraction(1, 4)), ">=", 0)
    book.say("conclusion", "F_S(rho e_b) = F(rho e_b) = 0", 0, "==", 0)
    for push in ("0.01", "0.1", "0.5"):
        book.say("conclusion", f"F_S^{push}(rho e_b) - {push}²/2 >= 0", 0, ">=", 0)
    return book.found


def third(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Theorem 3'."""
    book, steps = Book(), question.steps
    eta, rho, radius = Interval(*question.step_size), Interval(*question.flatness_radius), question.perturbation_radius
    t = Fraction(question.options.get("coherence", HALF))
    reach = Interval(1) if radius is None else ((Interval(*radius) - rho).positive() * eta).square() * steps
    book.say("hypothesis", "T >= 2", steps, ">=", 2)
    book.say("hypothesis", "t < 1", t, "<", 1)
    given = [Fraction(question.options.get(name, 1)) for name in ("letters", "places")]
    book.say("hypothesis", "q and k are whole: q mod 1 + k mod 1", sum(x - x.__floor__() for x in given), "==", 0)
    book.say("hypothesis", "r > rho: (eta (r - rho))² T > 0", reach, ">", 0)
    book.say("hypothesis", "(eta (r - rho))² T <= 1", reach, "<=", 1)
    _shared(book, question, sample, _words(question, t), "all-plus", (1 << question.n) - 1)
    book.say("dynamics", "|w_t|² <= 1, no projection", reach - reach * Fraction(1, steps), "<=", 1)
    book.say("dynamics", "w_t in K_z of the sample: <u_i, X_j> of a plus, over q0", Interval(-t, 0), "<=", 0)
    name = "w_t in K_z of the sample: -<u_i, X_j> of another column, over q0, less t"
    book.say("dynamics", name, Interval(-t, 0), "<=", 0)
    if reach.low <= 0 or t >= 1:
        return book.found
    part = t.denominator  # sums of whole numbers: (k - t T) times the denominator of t
    tops = (max(k * part - t.numerator * steps, 0) for k in range(steps))
    mean = Fraction(sum(x * x for x in tops), part**2 * steps**3)
    least, name = (1 - t) ** 2 * ((1 - t) / 3 - Fraction(1, steps)), "(1-t)³/3 - (1-t)²/T"
    if rho.high == 0:
        book.say("conclusion", f"F / (eta² r² T) of every suffix average >= ({name})/4", mean / 4, ">=", least / 4)
    else:
        name = f"every suffix average: (rho + 2 sqrt F)² / (eta² (r - rho)² T) >= {name}"
        book.say("conclusion", name, mean, ">=", least)
    return book.found


def _words(question: Question, t: Fraction) -> Interval:
    """``(q t)^-t ((1 - t) q/(q - 1))^-(1-t)`` to the power of the places."""
    places = Fraction(question.options.get("places", 4 * question.n))
    q = Fraction(question.options.get("letters", 8))
    if not 1 < q * t < q:
        return _pairs(question.width, Interval(1))
    letter = exponential(-(logarithm(q * t) * t + logarithm((1 - t) * q / (q - 1)) * (1 - t)))
    return _pairs(question.width, power(letter, places.__floor__()))  # fewer letters have more close pairs
