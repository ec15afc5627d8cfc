"""The statements of a certificate once more, by another way than the prover's.

The prover walks the chain step by step in balls. Here nothing is walked: with ``x = eta delta`` the chain has the
closed form ``b_t/(eta r) = g + (b_3/(eta r) - g) x^(t-3)``, ``g = sqrt(1 + delta²)/(1 - x)``; its first entries are
taken from that and all others enclosed between the last of them and g, so that the sums over the rest are sums of
powers of whole numbers. SA-GD's suffixes come from their closed form. The arithmetic is that of `_intervals`, the
sample is counted by matrix products.

Each function returns the statements that a proof must contain: name, kind, relation and both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np

from sco_flat.proofs.intervals import Interval, exponential, log_without
from sco_flat.proofs.question import Question
from sco_flat.results import Kind, Relation
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs.replay import Replay

HALF = Fraction(1, 2)
GROUPS = 64
TAIL = 72
"""The closed form is used until it is within 2^-TAIL of its limit."""


@dataclass(frozen=True)
class Statement:
    """One claim as it must stand in a certificate."""

    name: str
    kind: Kind
    value: Interval
    relation: Relation
    bound: Interval
    needed: bool = True


def probability(question: Question, kind: str) -> Interval:
    """Of at least one (``any``) or exactly one (``one``) bad column."""
    return _probability(question.n, question.width, kind)


@cache
def _probability(n: int, width: int, kind: str) -> Interval:
    step = log_without(n)
    if kind == "one":
        return exponential(step * (width - 1)) * Fraction(width, 1 << n)
    return 1 - exponential(step * width)


class _Book:
    """Collects statements."""

    def __init__(self) -> None:
        self.found: list[Statement] = []

    def say(
        self, kind: Kind, name: str, value: Interval | Fraction | int, relation: Relation,
        bound: Interval | Fraction | int, needed: bool = True,
    ) -> None:  # fmt: skip
        left = value if isinstance(value, Interval) else Interval(value)
        right = bound if isinstance(bound, Interval) else Interval(bound)
        self.found.append(Statement(name, kind, left, relation, right, needed))


def _felt(question: Question, sample: Sample | None) -> Fraction:
    """Share of the examples whose bit in the first bad column is 1; what the event promises without a sample."""
    if sample is None:
        return Fraction(question.theorem == 3)
    if not sample.event.columns:
        return Fraction(question.theorem != 3)
    column = int(sample.codes[sample.event.columns[0]])
    return Fraction(sum(column >> k & 1 for k in range(question.n)), question.n)


def theorem1(question: Question, sample: Sample | None) -> list[Statement]:
    """Coefficients of ``(1 - rho)²`` instead of values."""
    book = _Book()
    rho = Interval(*question.flatness_radius)
    book.say("hypothesis", "rho <= 1/2", rho, "<=", HALF)
    book.say("hypothesis", "P(an all-zero column) >= 1/2", probability(question, "any"), ">=", HALF)
    if sample is not None:
        book.say("hypothesis", "number of all-zero columns", len(sample.event.columns), ">=", 1)
    felt = _felt(question, sample)
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
    return book.found


def theorem6(question: Question, sample: Sample | None) -> list[Statement]:
    """Factored, in intervals over the whole box."""
    book = _Book()
    radius = Interval(*(question.perturbation_radius or (HALF, HALF)))
    start = Fraction(question.options.get("start", 0))
    book.say("hypothesis", "r <= 1/2", radius, "<=", HALF)
    book.say("hypothesis", "rho <= 1/2", Interval(*question.flatness_radius), "<=", HALF)
    if not start:
        book.say("dynamics", "w_T from w_1 = 0", start, "==", 0)  # [0]_+ = 0: a fixed point
        name = "F_S^r(w_t) - F_S^r(w*) - r²/2 = 0 for every t"
        book.say("conclusion", name, (radius - HALF).positive().square() * Fraction(-1, 2), "==", 0)
        return book.found
    eta = Interval(*question.step_size)
    book.say("hypothesis", "eta <= 1", eta, "<=", 1)
    low = start * (1 - eta.high) - eta.high * radius.high
    high = start * (1 - eta.low) - eta.low * radius.low
    book.say("hypothesis", "w_2 = e (1 - eta) - eta r <= 0", Interval(low, high), "<=", 0)
    room = (1 - eta).square() * (start * (radius * 2 + start)) * HALF
    book.say("conclusion", "F_S^r(w_t) - (1 - eta)² r²/2 >= 0 for every t", room, ">=", 0)
    return book.found


def _rate() -> Interval:
    return (1 / (2 * Interval(2).sqrt()) - Fraction(1, 3)).square() * Fraction(1, 4)


def theorem3(question: Question, sample: Sample | None) -> list[Statement]:
    """Closed form of the windows; the robust conditions in intervals."""
    book, steps = _Book(), question.steps
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
    decay = question.options.get("decay")
    if not robust and bias == 1 and not decay:
        book.say("dynamics", "share of the examples that feel column I", _felt(question, sample), "==", 1)
        book.say("dynamics", "|w_T|² <= 1, no projection", reach * Fraction(steps - 1, steps), "<=", 1)
        book.say("dynamics", "the full average is the shortest of all suffixes", 0, "==", 0)
        name = "F / (eta² (r - rho)² T) of every suffix average >= (1/(2 sqrt 2) - 1/3)²/4"
        value = (Interval(average / steps).sqrt() - share).positive().square() * Fraction(1, 4)
        book.say("conclusion", name, value, ">=", _rate())
        if sample is not None:
            for label, size in (("the last iterate", Fraction(steps - 1)), ("the full average", average)):
                risk = ((reach * (size / steps)).sqrt() - rho).positive().square() * Fraction(1, 4)
                book.say("conclusion", f"F of {label} >= bound", risk, ">=", _rate() * reach)
        return book.found
    room = (1 - Interval(1 - Fraction(1, question.n)).sqrt()) * (1 - part)
    if decay is None:
        largest = Fraction(1, 50) if robust else Fraction(0)
        loss = (Interval(largest) / room).least(HALF) * Fraction(steps - 1, steps)
        fall = Interval(largest).least(room * HALF)
    else:
        loss = Interval(decay) / room * Fraction(steps - 1, steps)
        fall = Interval(decay)
    last = 1 - fall * Fraction(steps - 1, steps)
    step = last * (last - part) / (1 - part)
    book.say("dynamics", "(1 - a_T) r / ((1 - sqrt(1 - 1/n)) (r - rho))", loss, "<", 1)
    book.say("dynamics", "a_T - c", last - bias, ">", 0)
    book.say("dynamics", "decay", fall, ">", 0)
    book.say("dynamics", "q_T / q", step, ">", 0)
    name = "F / (eta² (r - rho)² T) of every suffix average, every correct oracle >= (1/(2 sqrt 2) - 1/3)²/4"
    value = (last * step * Interval(average / (2 * steps)).sqrt() - share).positive().square() * HALF
    book.say("conclusion", name, value, ">=", _rate())
    if sample is not None and question.options.get("oracle", "adversarial") == "adversarial":
        _levels(book, question, sample, reach, part, fall)
    return book.found


def _levels(book: _Book, question: Question, sample: Sample, reach: Interval, part: Interval, fall: Interval) -> None:
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
        book.say("conclusion", f"F of {label} >= bound", risk, ">=", _rate() * reach, needed=False)


@dataclass(frozen=True)
class _First:
    """What the first step of SAM's chain needs of the sample; see ``theorem7.Sight``."""

    norm: Interval
    coupling: Interval
    largest: Interval
    smallest: Interval
    squared: Interval


def _any_sample(question: Question, kappa: Fraction, delta_1: Interval) -> _First:
    n, m = question.n, question.width
    longest = Interval(m + kappa**2).sqrt()
    shortest = Interval(1 + (m - 1) * ((1 + kappa) / n - kappa) ** 2 + kappa**2).sqrt()
    norm = Interval(shortest.low, longest.high)
    inner = 1 - (m - 1) * kappa + kappa**2
    smallest = (inner / longest + delta_1) * ((1 + kappa) / n) - (longest + delta_1) * kappa
    return _First(norm, (norm + delta_1) * inner, longest + delta_1, smallest, ((longest + delta_1) * longest).square())


def _this_sample(question: Question, kappa: Fraction, delta_1: Interval, sample: Sample) -> _First:
    n, m = question.n, question.width
    counts = np.zeros((n, n))
    for begin in range(0, m, 1 << 16):
        bits = (sample.codes[begin : begin + (1 << 16), None] >> np.arange(n) & 1).astype(np.float64)
        counts += bits.T @ bits  # whole numbers below 2^53: exact in any order
    both = [[int(x) for x in row] for row in counts]
    product = [
        [
            1 + both[k][j] - kappa * (both[k][k] + both[j][j] - 2 * both[k][j])
            + kappa**2 * (m - both[k][k] - both[j][j] + both[k][j])
            for j in range(n)
        ]
        for k in range(n)
    ]  # fmt: skip
    rows = [sum(row, Fraction(0)) / n for row in product]
    norm = Interval(sum(rows, Fraction(0)) / n).sqrt()
    couplings = [row / norm + delta_1 for row in rows]
    inner = []
    for line in product:
        total = Interval(0)
        for coupling, p in zip(couplings, line, strict=True):
            total = total + coupling * p
        inner.append(total / n)
    least, squared = inner[0], Interval(0)
    for coupling, value in zip(couplings, inner, strict=True):
        least, squared = least.least(value), squared + coupling * value / n
    everything = couplings[0]
    for coupling in couplings[1:]:
        everything = everything + coupling
    smallest, largest = _ends(sample, couplings)

    def mean(chosen: Interval) -> Interval:
        return (chosen * (1 + kappa) - everything * kappa) / n

    return _First(norm, least, mean(largest), mean(smallest), squared)


def _ends(sample: Sample, couplings: list[Interval]) -> tuple[Interval, Interval]:
    """Smallest and largest sum of couplings over the ones of a column that is not zero, rounding allowed for."""
    exponent = max(math.frexp(float(c.high))[1] for c in couplings)
    values = np.array([math.ldexp(float(c.high), -exponent) for c in couplings])
    codes = sample.codes[sample.codes != 0]
    sums = np.zeros(codes.size)
    for k, value in enumerate(values):
        sums += np.where(codes >> k & 1, value, 0.0)
    slack = Fraction(1, 2**40)  # of each sum: 62 additions and two conversions lose less than 2^-45

    def widened(x: float) -> Interval:
        exact = Fraction(x) * Fraction(2) ** exponent
        return Interval(exact * (1 - slack), exact * (1 + slack))

    return widened(float(sums.min())), widened(float(sums.max()))


@dataclass(frozen=True)
class _Constants:
    """Constants of the chain's loss; lengths in units of r."""

    eta: Interval
    radius: Interval
    reach: Interval  # (eta r)²
    kappa: Fraction
    lam: Interval
    gamma: Interval
    strength: Interval  # eta gamma / lam
    ratio: Interval  # delta_1 / (eta gamma)
    delta_2: Interval
    delta_3: Interval
    delta: Interval
    x: Interval  # eta delta

    @property
    def eta_gamma(self) -> Interval:
        return self.strength * self.lam

    @property
    def delta_1(self) -> Interval:
        return self.ratio * self.eta_gamma


def _constants(question: Question) -> _Constants:
    steps, m, d, given = question.steps, question.width, question.dimension, question.options
    eta = Interval(*question.step_size)
    if question.perturbation_radius is None:
        reach = Interval(Fraction(1, 4 * steps))
        radius = reach.sqrt() / eta
    else:
        radius = Interval(*question.perturbation_radius)
        reach = (eta * radius).square()
    small, large = eta.least(1), eta.most(1)
    lam = Interval(given["lam"]) / radius if "lam" in given else Interval(Fraction(1, 4 * d * (d - 1)))
    root = Interval(d).sqrt() * 2
    wide = Interval(m + 1).sqrt() * 2
    if given.get("parameters") == "printed":
        first = lam * small / root
        gamma, strength, ratio = lam / (large * (1 + first)), small / (1 + first), (1 + first) / root
    else:
        first = None
        gamma, strength, ratio = lam / (large * wide), small / wide, Interval(Fraction(1, 4))
    if "gamma" in given:
        gamma = Interval(given["gamma"])
        strength = eta * gamma / lam
        ratio = ratio if first is None else first / (eta * gamma)
    if "delta_1" in given:
        ratio = Interval(given["delta_1"]) / radius / (strength * lam)
    return _Constants(
        eta=eta,
        radius=radius,
        reach=reach,
        kappa=Fraction(1, 2 * (d - 1)),
        lam=lam,
        gamma=gamma,
        strength=strength,
        ratio=ratio,
        delta_2=Interval(given.get("delta_2", 1)),
        delta_3=Interval(given["delta_3"]) if "delta_3" in given else 1 / (wide * (4 * (d - 1))),
        delta=Interval(given["delta"]) if "delta" in given else 1 / (large * 8),
        x=eta * given["delta"] if "delta" in given else small * Fraction(1, 8),
    )


def replay(question: Question, sample: Sample) -> list[Statement]:
    """The risks of SAM itself in float intervals, for runs on which other blocks wake."""
    c, steps = _constants(question), question.steps
    deltas = [c.delta_2, c.delta_3] + [c.delta] * (steps - 3)
    run = Replay(sample, steps, c.eta, c.radius, c.kappa, c.lam * c.radius, c.gamma, c.delta_1 * c.radius, deltas)
    unit = c.reach * steps
    risks = [risk / unit for risk in run.risks()]
    book = _Book()
    for label, risk in (
        ("the last iterate", risks[-1]),
        ("the full average", risks[0]),
        ("the lowest suffix", _fold(risks, Interval.least)),
    ):
        name = f"F / (eta² r² T) of {label} >= 1/128, as the printed lemmas give"
        book.say("conclusion", name, risk, ">=", Fraction(1, 128), needed=False)
    return book.found


def theorem7(question: Question, sample: Sample | None) -> list[Statement]:
    """Closed form of the chain, the sums over its tail in one piece."""
    book, c = _Book(), _constants(question)
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
    first = _any_sample(question, kappa, delta_1) if sample is None else _this_sample(question, kappa, delta_1, sample)

    size = c.delta_2 * (Interval(kappa / first.norm.high, kappa / first.norm.low) - lam)  # |x_I2| / eta
    bad = c.delta_2 * size + gamma * kappa * (first.norm + delta_1)
    stretch = reach.sqrt()
    coupling = c.ratio - first.coupling - c.delta_2 * size * kappa / gamma
    book.say("dynamics", "first-update item 1: largest coupling / (eta gamma r)", coupling, "<=", 0)
    book.say("dynamics", "first-update item 2: smallest x_i1 / lam", -(c.strength * first.largest), ">", -1)
    upper = -(eta_gamma * first.smallest)
    book.say("dynamics", "first-update item 2 (upper side)", upper, "<", 0, needed=sample is not None)
    book.say("dynamics", "first-update item 5", bad * stretch, "<=", Fraction(1, d))
    book.say("dynamics", "first-update item 5 (lower side)", bad * stretch, ">=", 0)
    book.say("dynamics", "first-update item 6", -(size * stretch), ">=", Fraction(-1, d))
    book.say("dynamics", "first-update item 6 (upper side)", -(size * stretch), "<", 0)

    tail = _Tail(steps, size, eta, delta, delta_3, c.x)
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
    book.say("dynamics", "chain item 3: x_It >= -2 eta r", -1 - _fold(growth, Interval.most), ">=", -2)
    book.say("dynamics", "chain item 3 (upper side), x_It + eta r", -_fold(growth, Interval.least), "<=", 0)
    book.say("dynamics", "chain item 4: x_I,t-1 >= -2 eta r", -_fold(final, Interval.most), ">=", -2)
    book.say("dynamics", "chain item 4 (upper side)", -_fold(final, Interval.least), "<=", Fraction(-1, 2))
    mean = first.norm + delta_1
    resting = bad.square() + gamma.square() * (first.squared - mean.square() * kappa**2)
    longest = (tail.before(steps) + tail.fresh(steps).square()).most(tail.fresh(2).square())
    book.say("dynamics", "|w_t|² <= 1, no projection", reach * (resting + longest), "<=", 1)

    squares = {tau: tail.suffix(tau) for tau in (*range(1, min(tail.cut + 1, steps) + 1), steps)}
    lowest = _fold(list(squares.values()), Interval.least)
    value = lowest * Fraction(1, 4 * steps)
    share = Fraction((steps - 2) * (steps - 1) * (2 * steps - 3), 24 * steps**3)
    head = "F / (eta² r² T) of every suffix average >= "
    book.say("conclusion", head + ".736 (T-2)(T-1)(2T-3)/(24 T³)", value, ">=", Fraction(92, 125) * share)
    book.say("conclusion", head + "1/40", value, ">=", Fraction(1, 40))
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


def _fold(values: list[Interval], choose: Callable[[Interval, Interval], Interval]) -> Interval:
    found = values[0]
    for value in values[1:]:
        found = choose(found, value)
    return found


class _Tail:
    """Sizes of the chain's entries in units of eta r: the first ones in closed form, the rest as one interval."""

    def __init__(
        self, steps: int, size: Interval, eta: Interval, delta: Interval, delta_3: Interval, x: Interval
    ) -> None:
        self.steps, self.delta, self.delta_3 = steps, delta, delta_3
        self.start = size
        self.third = _more(delta_3) + delta_3 * eta * size  # b_3/(eta r) - 1
        if x.high < 1:
            self.limit = (_more(delta) + x) / (1 - x)
            needed = steps if x.high > HALF else 4 + math.ceil(TAIL / -math.log2(float(x.high)))
        else:
            needed = steps
        self.cut = min(steps, max(needed, 5))
        self._growth = {3: self.third}
        for j in range(4, self.cut + 1):
            if x.high <= HALF:
                power = Interval(x.low ** (j - 3), x.high ** (j - 3))
                self._growth[j] = self.limit + (self.third - self.limit) * power
            else:
                self._growth[j] = _more(delta) + x * (1 + self._growth[j - 1])
        if self.cut < steps:
            end = self._growth[self.cut]
            self._rest = Interval(min(end.low, self.limit.low), max(end.high, self.limit.high))

    def settled(self, begin: int) -> range:
        """Indices from ``begin`` to T - 1, the one behind the cut standing for all others."""
        return range(begin, min(self.cut + 2, self.steps))

    def growth(self, j: int) -> Interval:
        """``b_j/(eta r) - 1``, j >= 3."""
        return self._growth[j] if j <= self.cut else self._rest

    def fresh(self, j: int) -> Interval:
        """``b_j/(eta r)``."""
        return self.start if j == 2 else 1 + self.growth(j)

    def final(self, j: int) -> Interval:
        """Its size from the next step on, j < T."""
        return self.fresh(j) - (self.delta_3 if j == 2 else self.delta) * self.fresh(j + 1)

    def before(self, tau: int) -> Interval:
        """``sum_{2 <= j < tau} final_j²``."""
        if not hasattr(self, "_before"):
            self._before = [Interval(0)] * 3
            for j in range(2, min(self.cut + 1, self.steps)):
                self._before.append(self._before[-1] + self.final(j).square())
        if tau < len(self._before):
            return self._before[tau]
        rest = tau - len(self._before) + 1
        return self._before[-1] + (self.final(self.cut + 1).square() * rest if rest else 0)

    def ahead(self, tau: int) -> Interval:
        """``sum_{j >= tau} (fresh_j + (T - j) final_j)²``."""
        steps = self.steps
        if not hasattr(self, "_ahead"):
            sums = {steps + 1: Interval(0)}
            if self.cut < steps:
                sums[self.cut + 1] = self._behind(self.cut + 1)
            for j in range(min(self.cut, steps), 1, -1):
                late = self.final(j) * (steps - j) if j < steps else Interval(0)
                sums[j] = sums[j + 1] + (self.fresh(j) + late).square()
            self._ahead = sums
        tau = max(tau, 2)
        return self._ahead[tau] if tau in self._ahead else self._behind(tau)

    def _behind(self, tau: int) -> Interval:
        """The same behind the cut, where the entries are alike: sums of powers of ``T - j``."""
        new, old, last = self.fresh(tau), self.final(self.cut + 1), self.steps - tau
        squares = Fraction(last * (last + 1) * (2 * last + 1), 6)
        return new.square() * (last + 1) + new * old * (last * (last + 1)) + old.square() * squares

    def suffix(self, tau: int) -> Interval:
        """Sum of the squares of a suffix average, in units of ``(eta r)²``.

        Where the tail is one interval the sum grows with tau behind the cut (each term's derivative in the window's
        length N is at most ``-2/3 final²``), so that of those the first is the smallest.
        """
        return self.before(tau) + self.ahead(tau) / (self.steps - tau + 1) ** 2


def _more(delta: Interval) -> Interval:
    """``sqrt(1 + delta²) - 1``."""
    square = delta.square()
    return square / (1 + (1 + square).sqrt())


THEOREMS = {1: theorem1, 3: theorem3, 6: theorem6, 7: theorem7}
