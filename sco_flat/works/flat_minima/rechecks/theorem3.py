"""Theorem 3 once more: the closed form of the windows, and the robust conditions in intervals."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from sco_flat import oracles
from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.rechecks.book import CLAIMED_LATER, HALF, Book, felt_share, probability
from sco_flat.works.flat_minima.rechecks.hinge import loss_claims

GROUPS = 2048
"""Levels of the walk that are evaluated one by one; more of them lie in so many groups."""


def rate() -> Interval:
    """``(1/(2 sqrt 2) - 1/3)²/4``."""
    return (1 / (2 * Interval(2).sqrt()) - Fraction(1, 3)).square() * Fraction(1, 4)


def theorem3(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Closed form of the windows; the robust conditions in intervals."""
    book, steps = Book(), question.steps
    rho = Interval(*question.flatness_radius)
    eta = Interval(*question.step_size)
    if question.perturbation_radius is None:
        reach = Interval(1)
        inner = rho * eta * Interval(steps).sqrt()
        part = 1 - 1 / (1 + inner)
    else:
        radius = Interval(*question.perturbation_radius)
        reach = ((radius - rho).positive() * eta).square() * steps
        part = rho / radius
    book.say("hypothesis", "T >= 2", steps, ">=", 2)
    book.say("hypothesis", "eta² (r - rho)² T <= 1", reach, "<=", 1)
    book.say("hypothesis", "9 rho² - eta² (r - rho)² T < 0", rho.square() * 9 - reach, "<", 0)
    book.say("hypothesis", "P(an all-plus column) >= 1/2", probability(question, "any"), ">=", HALF)
    if sample is not None:
        book.say("hypothesis", "number of all-plus columns", len(sample.event.columns), ">=", 1)
    if reach.low == 0:
        return book.found
    average = Fraction((steps - 1) * (2 * steps - 1), 6 * steps)  # of the full average, the shortest suffix
    share = rho / reach.sqrt()
    robust = question.options.get("preset", "paper") == "robust"
    bias = question.options.get("bias", Fraction(9, 10) if robust else Fraction(1))
    decay = question.options.get("decay", None if robust else Fraction(0))
    room = (1 - Interval(1 - Fraction(1, question.n)).sqrt()) * (1 - part)
    fall = Interval(Fraction(1, 50)).least(room * HALF) if decay is None else Interval(decay)
    last = 1 - fall * Fraction(steps - 1, steps)
    loss_claims(book, question, last.least(bias), Interval(max(bias, 1)))
    oracle = question.options.get("oracle", "adversarial")
    since = CLAIMED_LATER
    if bias == 1 and decay == 0:
        book.say("hypothesis", "the oracle takes r e_{I,t}", _met(oracle == "adversarial"), "==", 1, since=since)
        book.say("dynamics", "share of the examples that feel column I", felt_share(question, sample, 1), "==", 1)
        book.say("dynamics", "|w_T|² <= 1, no projection", reach * Fraction(steps - 1, steps), "<=", 1)
        book.say("dynamics", "the full average is the shortest of all suffixes", 0, "==", 0)
        name = "F / (eta² (r - rho)² T) of every suffix average >= (1/(2 sqrt 2) - 1/3)²/4"
        value = (Interval(average / steps).sqrt() - share).positive().square() * Fraction(1, 4)
        book.say("conclusion", name, value, ">=", rate())
        if sample is not None:
            for label, size in (("the last iterate", Fraction(steps - 1)), ("the full average", average)):
                risk = ((reach * (size / steps)).sqrt() - rho).positive().square() * Fraction(1, 4)
                book.say("conclusion", f"F of {label} >= bound", risk, ">=", rate() * reach)
        return book.found
    exact = oracles.get(oracle).exact
    book.say("hypothesis", "the oracle's maximisers are exact", _met(exact), "==", 1, since=since)
    lost = (Fraction(1, 50) / room).least(HALF) if decay is None else Interval(decay) / room
    loss = lost * Fraction(steps - 1, steps)
    step = last * (last - part) / (1 - part)
    for name, value, relation, bound in (
        ("(1 - a_T) r / ((1 - sqrt(1 - 1/n)) (r - rho))", loss, "<", 1),
        ("a_T - c", last - bias, ">", 0),
        ("decay", fall, ">", 0),
        ("q_T / q", step, ">", 0),
    ):
        book.say("hypothesis", name, value, relation, bound, once="dynamics")  # type: ignore[arg-type]
    if fall.low <= 0:
        return book.found
    norm = _norm(question, sample, reach / steps, eta * (1 - part), fall, step, part)
    book.say("dynamics", "|w_T|² <= 1, no projection", norm, "<=", 1, since=since)
    name = "F / (eta² (r - rho)² T) of every suffix average, every correct oracle >= (1/(2 sqrt 2) - 1/3)²/4"
    value = (last * step * Interval(average / (2 * steps)).sqrt() - share).positive().square() * HALF
    book.say("conclusion", name, value, ">=", rate(), side="low")
    if sample is not None and oracle == "adversarial":
        _levels(book, question, sample, reach, part, fall)
    return book.found


def _met(known: bool) -> Interval:
    """1, or anything where nothing is known."""
    return Interval(1 if known else 0, 1)


def _norm(
    question: Question, sample: Sample | None, square: Interval, push: Interval, fall: Interval, step: Interval,
    part: Interval,
) -> Interval:  # fmt: skip
    """``|w_T|²`` from ``q²`` and ``q/r``: with the root R, r x is ``4 (T - 2) q/(1 + R)`` and J is ``(1 + R)/2``."""
    steps = question.steps
    last, spent = 1 - fall * Fraction(steps - 1, steps), push * max(steps - 2, 0)
    root = (spent / fall * (8 * steps) + 1).sqrt()
    columns = 1 if question.n > 1 else question.width
    if sample is not None:
        columns = int(np.count_nonzero((sample.codes == 0) | (sample.codes == (1 << question.n) - 1)))
    alone = oracles.get(question.options.get("oracle", "adversarial")).one_coordinate
    alone = alone or (sample is not None and columns == 1)
    again = Interval(0)
    if not alone or (1 - push / (1 - part) * last * (last - part) - last).high >= 0:
        again = (1 - last).least(spent * 4 / (root + 1)) / push * (1 if alone else 2)
    upper = square * (steps - 1) * (again + 1)
    levels = ((root + 1) * HALF).least(max(steps - 1, 1))
    lower = (step * (steps - 1)).square() * square / (levels * max(columns, 1))
    return Interval(min(lower.low, upper.low), upper.high)


def _levels(book: Book, question: Question, sample: Sample, reach: Interval, part: Interval, fall: Interval) -> None:
    """The walk through the constant columns, its levels in groups, for two averages."""
    steps = question.steps
    constant = (sample.codes == 0) | (sample.codes == (1 << question.n) - 1)
    columns = int(np.count_nonzero(constant))
    size = (reach / steps).sqrt()
    radius = size / Interval(*question.step_size) / (1 - part)
    # a_j and the step at level j fall with j: a group of levels lies between its two ends
    edges = sorted({round(k * (steps - 1) / GROUPS) for k in range(GROUPS + 1)})

    def reach_of(level: int) -> tuple[Interval, Interval]:
        a = 1 - fall * Fraction(level, steps)
        return a, size * a * (a - part) / (1 - part)

    ends = {level: reach_of(level) for level in edges}
    used = Interval(-1)
    for begin, end in pairwise(edges):
        (big, far), (small, near) = ends[begin], ends[end]
        low, high = small * (radius - far), big * (radius - near)
        used = used.most(Interval(low.low, high.high))
    book.say(
        "dynamics", "best reach of a used entry / r - a_T", used / radius - ends[edges[-1]][0], "<", 0, needed=False
    )
    if columns > 8:
        return
    for label, tau in (("the last iterate", steps), ("the full average", 1)):
        count = steps - tau + 1
        blocks = []
        for column in range(columns):
            total = Interval(0)
            for begin, end in pairwise(edges):
                last = end + (end == edges[-1])
                felt = sum(
                    min(steps - s - 1, count) ** 2
                    for s in range(begin * columns + column, min(last * columns, steps - 1), columns)
                )
                (big, far), (small, near) = ends[begin], ends[end]
                low, high = (small * near).square(), (big * far).square()
                total = total + Interval(low.low, high.high) * Fraction(felt, count**2)
            blocks.append(total)
        risk = Interval(0)
        for coins in range(1 << columns):
            total = Interval(0)
            for k in range(columns):
                total = total + blocks[k] if coins >> k & 1 else total
            risk = risk + (total.sqrt() - Interval(*question.flatness_radius)).positive().square()
        risk = risk * Fraction(1, 2 << columns)
        book.say("conclusion", f"F of {label} >= bound", risk, ">=", rate() * reach, needed=False)
