"""Theorem 7 once more: the chain in closed form, the sums over its tail in one piece."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question, Side
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs.replay import Replay
from sco_flat.works.flat_minima.rechecks.book import HALF, Book, probability
from sco_flat.works.flat_minima.rechecks.constants import constants
from sco_flat.works.flat_minima.rechecks.first_step import any_sample, this_sample
from sco_flat.works.flat_minima.rechecks.loss import loss_claims
from sco_flat.works.flat_minima.rechecks.tail import Tail, fold


def replay(question: Question, sample: Sample) -> list[Rechecked]:
    """The risks of SAM itself in float intervals, for runs on which other blocks wake."""
    c, steps = constants(question), question.steps
    deltas = [c.delta_2, c.delta_3] + [c.delta] * (steps - 3)
    run = Replay(sample, steps, c.eta, c.radius, c.kappa, c.lam * c.radius, c.gamma, c.delta_1 * c.radius, deltas)
    unit = c.reach * steps
    risks = [risk / unit for risk in run.risks()]
    book = Book()
    for label, risk in (
        ("the last iterate", risks[-1]),
        ("the full average", risks[0]),
        ("the lowest suffix", fold(risks, Interval.least)),
    ):
        name = f"F / (eta² r² T) of {label} >= 1/128, as the printed lemmas give"
        book.say("conclusion", name, risk, ">=", Fraction(1, 128), needed=False)
    return book.found


def theorem7(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Closed form of the chain, the sums over its tail in one piece."""
    book, c = Book(), constants(question)
    steps, m, d, eta, reach = question.steps, question.width, question.dimension, c.eta, c.reach
    kappa, lam, gamma, delta, delta_3 = c.kappa, c.lam, c.gamma, c.delta, c.delta_3
    eta_gamma, delta_1 = c.eta_gamma, c.delta_1
    book.say("hypothesis", "n >= 6", question.n, ">=", 6)
    book.say("hypothesis", "T >= 6", steps, ">=", 6)
    book.say("hypothesis", "(2 eta r)² T <= 1", reach * (4 * steps), "<=", 1)
    book.say("hypothesis", "rho = 0", Interval(*question.flatness_radius), "==", 0)
    book.say("hypothesis", "eta <= d", eta, "<=", d)
    third = Fraction(1, 3)
    book.say("hypothesis", "P(exactly one all-zero column) >= 1/3", probability(question, "one"), ">=", third)
    if sample is not None:
        book.say("hypothesis", "number of all-zero columns", len(sample.event.columns), "==", 1)
    if steps < 4 or (sample is not None and len(sample.event.columns) != 1):
        return book.found
    loss_claims(book, question, c)
    everyone: Side = "high" if sample is None else "both"
    first = any_sample(question, kappa, delta_1) if sample is None else this_sample(question, kappa, delta_1, sample)

    size = c.delta_2 * (Interval(kappa / first.norm.high, kappa / first.norm.low) - lam)  # |x_I2| / eta
    bad = c.delta_2 * size + gamma * kappa * (first.norm + delta_1)
    stretch = reach.sqrt()
    coupling = c.ratio - first.coupling - c.delta_2 * size * kappa / gamma
    book.say("dynamics", "first-update item 1: largest coupling / (eta gamma r)", coupling, "<=", 0, side=everyone)
    book.say("dynamics", "first-update item 2: smallest x_i1 / lam", -(c.strength * first.largest), ">", -1)
    upper = -(eta_gamma * first.smallest)
    book.say("dynamics", "first-update item 2 (upper side)", upper, "<", 0, needed=sample is not None,
             side=everyone, skips=sample is None)  # fmt: skip
    book.say("dynamics", "first-update item 5", bad * stretch, "<=", Fraction(1, d))
    book.say("dynamics", "first-update item 5 (lower side)", bad * stretch, ">=", 0)
    book.say("dynamics", "first-update item 6", -(size * stretch), ">=", Fraction(-1, d))
    book.say("dynamics", "first-update item 6 (upper side)", -(size * stretch), "<", 0)

    tail = Tail(steps, size, eta, delta, delta_3, c.x)
    book.say("dynamics", "chain item 1: x_I2 stays at most 0", -tail.final(2), "<=", 0)
    links = [(tail.fresh(3), tail.final(3), delta_3 * tail.final(2))]
    links += [(tail.fresh(j), tail.final(j), delta * tail.final(j - 1)) for j in tail.settled(4)]
    now = links[0][0] - links[0][2]
    later = links[0][1] - links[0][2]
    for new, old, push in links[1:]:
        now, later = now.least(new - push), later.least(old - push)
    now = now.least(tail.fresh(steps) - delta * tail.final(steps - 1))
    book.say("dynamics", "chain item 2, 2 <= i < t, when new", -now, "<=", 0)
    book.say("dynamics", "chain item 2, 2 <= i < t, from then on", -later, "<=", 0)
    slack = delta_3 * tail.fresh(2)
    for j in tail.settled(3):
        slack = slack.least(delta * tail.fresh(j))
    book.say("dynamics", "chain item 2, i = t", slack, ">", 0)
    growth = [tail.growth(j) for j in (*tail.settled(3), steps)]
    final = [tail.final(j) for j in tail.settled(3)]
    book.say("dynamics", "chain item 3: x_It >= -2 eta r", -1 - fold(growth, Interval.most), ">=", -2)
    book.say("dynamics", "chain item 3 (upper side), x_It + eta r", -fold(growth, Interval.least), "<=", 0)
    book.say("dynamics", "chain item 4: x_I,t-1 >= -2 eta r", -fold(final, Interval.most), ">=", -2)
    book.say("dynamics", "chain item 4 (upper side)", -fold(final, Interval.least), "<=", Fraction(-1, 2))
    mean = first.norm + delta_1
    resting = bad.square() + gamma.square() * (first.squared - mean.square() * kappa**2)
    longest = (tail.before(steps) + tail.fresh(steps).square()).most(tail.fresh(2).square())
    book.say("dynamics", "|w_t|² <= 1, no projection", reach * (resting + longest), "<=", 1, side=everyone)

    squares = {tau: tail.suffix(tau) for tau in (*range(1, min(tail.cut + 1, steps) + 1), steps)}
    lowest = fold(list(squares.values()), Interval.least)
    value = lowest * Fraction(1, 4 * steps)
    share = Fraction((steps - 2) * (steps - 1) * (2 * steps - 3), 24 * steps**3)
    head = "F / (eta² r² T) of every suffix average >= "
    book.say("conclusion", head + ".736 (T-2)(T-1)(2T-3)/(24 T³)", value, ">=", Fraction(92, 125) * share, side="low")
    book.say("conclusion", head + "1/40", value, ">=", Fraction(1, 40), side="low")
    if sample is not None:
        # the chain terms of an average are the averages of quiet terms and, for the last entries, below their size now
        quiet = eta * bad + eta_gamma * first.largest * kappa * m + delta_1
        rest = gamma * (quiet * c.radius).square() * HALF
        for label, square in (
            ("the last iterate", squares[steps]), ("the full average", squares[1]), ("the lowest suffix", lowest),
        ):  # fmt: skip
            risk = reach * square * Fraction(1, 4)
            risk = Interval(risk.low, (risk + rest).high)
            book.say("conclusion", f"F of {label} >= eta² r² T/40", risk, ">=", reach * Fraction(steps, 40))
    return book.found
