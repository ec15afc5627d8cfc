"""Theorem 7 in balls: SAM's chain for one sample, or for all samples with exactly one all-zero column at once.

What is proved, and how
-----------------------
Lengths are in units of r; ``kappa = 1/(2(d-1))``, ``v_S`` is the mean of the ``v_z`` of the sample, ``V = |v_S|``.

*First step.* ``grad F_S(0) = gamma delta_1 v_S``, so the ascent point is ``v_S/V``. There every example has the
coupling ``c_k = <v_zk, v_S>/V + delta_1 > 0``, and of the chain terms only that of ``x_I2`` is positive: ``A = delta_2
(kappa/V - lam)``. Hence ``x_I2 = -eta A``, ``x_I1 = eta delta_2 A + eta gamma kappa (V + delta_1)``, ``b = -eta gamma
(V + delta_1)`` and ``x_i1 = -eta gamma g_i`` with ``g_i = mean_k c_k v_zk(i)``.

*Rest.* While ``v_zk . w + delta_1 <= 0`` on the sample (item 1), ``x_i1 + lam >= 0`` for i != I (item 2) and ``x_I2 <
0``, the only positive term at w_t and at its ascent point is the chain term of ``x_{I,t+1}``, so that the first
coordinates rest, ``x_{I,t+1} = -b_{t+1}`` and ``x_It = -(b_t - delta b_{t+1})``, ``b_{t+1} = eta (sqrt(1 + delta²) +
delta b_t)`` with ``delta = delta_{t+1}``. The ascent direction ``(e_{t+1} - delta e_t)/sqrt(1 + delta²)`` is exact: no
bits are lost to a normalised difference. Entry t stays quiet if ``E_t >= delta_t E_{t-1}``, where ``eta r E_t`` is its
final size.

*All samples.* Only V, the coupling and the extremes of ``g_i`` depend on the sample, and, with exactly one zero column,
``1/n - kappa (1 - 1/n) <= v_S(i) <= 1`` for i != I and ``<v_z, v_z'> >= 1 - kappa (m - 1)``. The largest possible
``g_i`` is that of the sample whose other columns are all ones, so that item 2 is decided both ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sco_flat.proofs.balls import Ball, answer, ball, decide, decide_exactly, event_probability, given, product
from sco_flat.proofs.question import Question
from sco_flat.results import Claim, Verdict
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs import direct

SOURCE = "Theorem 7, corrected"
FIRST = "Theorem 7, first-update lemma"
CHAIN = "Theorem 7, chain lemma"
NOT_NEEDED = "printed, but not needed: it is false for some samples once n >= 2 T, and the conclusion stands without it"
MARGIN = 4
"""Smallest T with a chain (T >= 6 is the theorem's condition)."""


@dataclass(frozen=True)
class Constants:
    """The constants of the loss in units of r, and eta r squared."""

    kappa: Fraction
    eta: Ball
    gamma: Ball
    eta_gamma: Ball
    step_share: Ball  # eta gamma / lam
    delta_share: Ball  # delta_1 / (eta gamma)
    lam: Ball
    delta_1: Ball
    delta_2: Ball
    delta_3: Ball
    delta: Ball
    eta_delta: Ball
    reach_squared: Ball

    @property
    def reach(self) -> Ball:
        """Eta r."""
        return self.reach_squared.sqrt()


def reach_squared(question: Question) -> tuple[Fraction, Fraction]:
    """``(eta r)²``, exactly: ``1/(4T)`` where r is the largest legal one."""
    radius = question.perturbation_radius
    if radius is None:
        return (Fraction(1, 4 * question.steps),) * 2
    low, high = (e * r for e, r in zip(question.step_size, radius, strict=True))
    return low * low, high * high


def constants(question: Question) -> Constants:
    """Resolve the constants, printed or corrected, or set by hand."""
    d, m, eta, one = question.dimension, question.width, ball(*question.step_size), ball(1)
    squared = ball(*reach_squared(question))
    radius = squared.sqrt() / eta if question.perturbation_radius is None else ball(*question.perturbation_radius)
    cap, small = eta.max(one), eta.min(one)
    own = {name: given(question, name) for name in ("lam", "gamma", "delta_1", "delta_2", "delta_3", "delta")}
    lam = own["lam"] / radius if own["lam"] is not None else one / (4 * ball(d) * (d - 1))
    # shares instead of sizes: over a box of step sizes they are narrow
    if question.options.get("parameters", "corrected") == "printed":
        root = 2 * ball(d).sqrt()
        step_share = small / (1 + lam * small / root)
        gamma = lam / cap / (1 + lam * small / root)
        delta_share = (1 + lam * small / root) / root
    else:
        step_share = small / (2 * ball(m + 1).sqrt())
        gamma = lam / cap / (2 * ball(m + 1).sqrt())
        delta_share = one / 4
    if own["gamma"] is not None:
        gamma = own["gamma"]
        step_share = eta * gamma / lam
    eta_gamma = step_share * lam
    if own["delta_1"] is not None:
        delta_share = own["delta_1"] / radius / eta_gamma
    elif own["gamma"] is not None and question.options.get("parameters") == "printed":
        delta_share = lam * small / (2 * ball(d).sqrt()) / eta_gamma
    delta, delta_3 = own["delta"], own["delta_3"]
    return Constants(
        kappa=Fraction(1, 2 * (d - 1)),
        eta=eta,
        gamma=gamma,
        eta_gamma=eta_gamma,
        step_share=step_share,
        delta_share=delta_share,
        lam=lam,
        delta_1=delta_share * eta_gamma,
        delta_2=one if own["delta_2"] is None else own["delta_2"],
        delta_3=one / (8 * ball(d - 1) * ball(m + 1).sqrt()) if delta_3 is None else delta_3,
        delta=one / (8 * cap) if delta is None else delta,
        eta_delta=small / 8 if delta is None else eta * delta,
        reach_squared=squared,
    )


@dataclass(frozen=True)
class Sight:
    """What the first step sees of the sample; for all samples, bounds from the side that is needed.

    Attributes
    ----------
    norm, inverse : Ball
        V and 1/V.
    coupling : Ball
        Smallest ``mean_l c_l <v_zk, v_zl>`` over the examples k (all samples: from below).
    largest, smallest : Ball
        Of ``g_i``, i != I (all samples: the smallest from below).
    squared : Ball
        ``|mean_k c_k v_zk|²`` (all samples: from above).
    """

    norm: Ball
    inverse: Ball
    coupling: Ball
    largest: Ball
    smallest: Ball
    squared: Ball


def all_samples(question: Question, c: Constants) -> Sight:
    """Enclose what can be seen of any sample with exactly one zero column."""
    n, m, kappa = question.n, question.width, c.kappa
    least = Fraction(1, n) - kappa * (1 - Fraction(1, n))
    most = ball(m + kappa**2)
    lowest = ball(1 + (m - 1) * least**2 + kappa**2)
    norm = lowest.sqrt().union(most.sqrt())
    inner = 1 - kappa * (m - 1) + kappa**2
    mean = norm + c.delta_1
    # a column with one 1, at the example with the smallest coupling
    low = ball((1 + kappa) / n) * (ball(inner) / most.sqrt() + c.delta_1) - ball(kappa) * (most.sqrt() + c.delta_1)
    return Sight(
        norm=norm,
        inverse=(1 / lowest.sqrt()).union(1 / most.sqrt()),
        coupling=ball(inner) * mean,
        largest=most.sqrt() + c.delta_1,
        smallest=low,
        squared=most * (most.sqrt() + c.delta_1) ** 2,
    )


def gram(sample: Sample) -> NDArray[np.int64]:
    """Number of columns that are 1 in both of two examples, shape (n, n): all that V and the coupling depend on."""
    bits = [np.packbits((sample.codes >> k & 1).astype(np.uint8)) for k in range(sample.n)]
    counts = [[int(np.bitwise_count(a & b).sum(dtype=np.int64)) for b in bits] for a in bits]
    return np.array(counts, dtype=np.int64)


def one_sample(question: Question, c: Constants, sample: Sample) -> Sight:
    """Evaluate it for a given sample, from exact counts of its columns."""
    n, m, kappa = question.n, question.width, c.kappa
    both = gram(sample).tolist()
    ones = [both[k][k] for k in range(n)]
    product = [
        [
            1
            + both[k][j]
            - kappa * (ones[k] + ones[j] - 2 * both[k][j])
            + kappa**2 * (m - ones[k] - ones[j] + both[k][j])
            for j in range(n)
        ]
        for k in range(n)
    ]
    means = [sum(row, Fraction(0)) / n for row in product]
    norm = ball(sum(means, Fraction(0)) / n).sqrt()
    couplings = [ball(q) / norm + c.delta_1 for q in means]
    inner = [sum((c_ * ball(p) for c_, p in zip(couplings, row, strict=True)), ball(0)) / n for row in product]
    smallest = inner[0]
    for value in inner[1:]:
        smallest = smallest.min(value)
    low, high = _extremes(sample, couplings, kappa)
    squared = sum((c_ * v for c_, v in zip(couplings, inner, strict=True)), ball(0)) / n
    return Sight(norm, 1 / norm, smallest, high, low, squared)


def _extremes(sample: Sample, couplings: list[Ball], kappa: Fraction) -> tuple[Ball, Ball]:
    """Smallest and largest ``g_i`` over the columns that are not zero.

    Integer scores (couplings in units of the largest one's 2^-40, rounded down) leave only the columns within n units
    of the best as candidates; those are evaluated in balls.
    """
    n = sample.n
    top = max(float(v.upper()) for v in couplings)
    units = [int(float(v.lower()) / top * 2**40) - 1 for v in couplings]
    codes = sample.codes[sample.codes != 0]
    scores = np.zeros(codes.size, dtype=np.int64)
    for k in range(n):
        scores += (codes >> k & 1) * units[k]
    total = sum(couplings, ball(0))

    def evaluate(code: int) -> Ball:
        chosen = sum((couplings[k] for k in range(n) if code >> k & 1), ball(0))
        return ((1 + ball(kappa)) * chosen - ball(kappa) * total) / n

    room = 4 * n  # a unit for the rounding down of each coupling, and as much again for the two float divisions
    low = [evaluate(int(code)) for code in np.unique(codes[scores <= scores.min() + room])]
    high = [evaluate(int(code)) for code in np.unique(codes[scores >= scores.max() - room])]
    smallest, largest = low[0], high[0]
    for value in low[1:]:
        smallest = smallest.min(value)
    for value in high[1:]:
        largest = largest.max(value)
    return smallest, largest


@dataclass
class Chain:
    """The chain from w_2 on, in units of eta r.

    Attributes
    ----------
    fresh : list of Ball
        ``b_j``, the size of entry j when it is new (index j, from 2).
    final : list of Ball
        Its size from the next step on.
    """

    fresh: list[Ball] = field(default_factory=list)
    final: list[Ball] = field(default_factory=list)
    growth: list[Ball] = field(default_factory=list)
    quiet: Ball = None
    quiet_now: Ball = None

    @property
    def entries(self) -> list[Ball]:
        """Entries 2..T of block I at w_T, with their sign."""
        return [-x for x in self.final[2:-1]] + [-self.fresh[-1]]


def chain(question: Question, c: Constants, first: Ball) -> Chain:
    """Run the recurrence; ``first`` is ``A = |x_I2|/eta`` at w_2."""
    steps = question.steps
    zero = ball(0)
    excess = [_excess(c.delta_3), _excess(c.delta)]
    grow = [zero, zero, zero, excess[0] + product(c.delta_3, c.eta, first)]  # b_j / (eta r) - 1, from j = 3 on
    for _ in range(4, steps + 1):
        grow.append(excess[1] + c.eta_delta * (1 + grow[-1]))
    fresh = [zero, zero, first] + [1 + g for g in grow[3:]]
    final = [zero, zero, first - c.delta_3 * fresh[3]] + [
        fresh[j] - c.delta * fresh[j + 1] for j in range(3, steps)
    ] + [fresh[steps]]  # fmt: skip
    found = Chain(fresh, final, grow)
    found.quiet = final[3] - c.delta_3 * final[2]
    found.quiet_now = fresh[3] - c.delta_3 * final[2]
    for j in range(4, steps):
        found.quiet = found.quiet.min(final[j] - c.delta * final[j - 1])
    for j in range(4, steps + 1):
        found.quiet_now = found.quiet_now.min(fresh[j] - c.delta * final[j - 1])
    return found


def _excess(delta: Ball) -> Ball:
    """``sqrt(1 + delta²) - 1`` without cancellation."""
    return delta * delta / (1 + (1 + delta * delta).sqrt())


def suffix_squares(found: Chain, steps: int) -> list[Ball]:
    """``sum_{j>=2} x_Ij² / (eta r)²`` of every suffix average, at place tau (from 1)."""
    ahead = ball(0)
    sums = [ball(0)] * (steps + 2)
    for j in range(steps, 1, -1):
        weighted = found.fresh[j] + (steps - j) * found.final[j]
        ahead += weighted * weighted
        sums[j] = ahead
    sums[1] = sums[2]
    before = ball(0)
    squares = [ball(0)]
    for tau in range(1, steps + 1):
        count = steps - tau + 1
        squares.append(before + sums[tau] / (count * count))
        if tau >= 2:
            before += found.final[tau] * found.final[tau]
    return squares


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """Conditions of the theorem on the numbers, decided without rounding, with the keys that mend them."""
    e, steps, n = question.evidence, question.steps, question.n
    low, high = (4 * steps * x for x in reach_squared(question))
    return [
        (decide_exactly("n >= 6", "hypothesis", (n, n), ">=", 6, "Theorem 7", e), "n"),
        (decide_exactly("T >= 6", "hypothesis", (steps, steps), ">=", 6, "Theorem 7", e), "steps"),
        (decide_exactly("(2 eta r)² T <= 1", "hypothesis", (low, high), "<=", 1, "Theorem 7", e), "radius"),
        (decide_exactly("rho = 0", "hypothesis", question.flatness_radius, "==", 0, "Theorem 7", e), "flatness-radius"),
        (
            decide_exactly("eta <= d", "hypothesis", question.step_size, "<=", question.dimension, SOURCE, e),
            "step-size",
        ),
    ]


def _first_update(question: Question, c: Constants, sight: Sight) -> tuple[list[Claim], Ball]:
    """Items 1 to 6 of the first-update lemma, and ``A``."""
    d, e = question.dimension, question.evidence
    first = c.delta_2 * (ball(c.kappa) * sight.inverse - c.lam)
    bad = c.delta_2 * first + c.gamma * ball(c.kappa) * (sight.norm + c.delta_1)
    coupling = c.delta_share - sight.coupling - ball(c.kappa) * c.delta_2 * first / c.gamma

    def item(name: str, value: Ball, relation: str, bound: Ball, note: str = "") -> Claim:
        return decide(f"first-update item {name}", "dynamics", value, relation, bound, FIRST, e, note)  # type: ignore[arg-type]

    second = -c.step_share * sight.largest
    if e == "every sample":
        note = "the worst sample: every column but one is all ones"
    else:
        note = "smallest x_i1 over the columns"
    upper = item("2 (upper side)", -product(c.eta_gamma, sight.smallest), "<", ball(0))
    if e == "every sample" and upper.verdict != "proved":
        upper = Claim(
            upper.name, "dynamics", e, "not applicable", upper.value, 0.0, "<", FIRST, NOT_NEEDED,
            upper.enclosure, upper.bound_enclosure,
        )  # fmt: skip
    items = [
        item("1: largest coupling / (eta gamma r)", coupling, "<=", ball(0)),
        item("2: smallest x_i1 / lam", second, ">", ball(-1), note),
        upper,
        item("5", product(bad, c.reach), "<=", ball(1) / d),
        item("5 (lower side)", product(bad, c.reach), ">=", ball(0)),
        item("6", -product(first, c.reach), ">=", -ball(1) / d),
        item("6 (upper side)", -product(first, c.reach), "<", ball(0)),
    ]
    return items, first


def _chain_items(question: Question, c: Constants, found: Chain) -> list[Claim]:
    """The chain lemma, worst over t, in units of eta r."""
    e = question.evidence
    grow = found.growth[3]
    shrunk = found.final[3]
    largest = found.growth[3]
    longest = found.final[3]
    for g in found.growth[4:]:
        grow, largest = grow.min(g), largest.max(g)
    for x in found.final[4:-1]:
        shrunk, longest = shrunk.min(x), longest.max(x)

    def item(name: str, value: Ball, relation: str, bound: Ball, note: str = "") -> Claim:
        return decide(name, "dynamics", value, relation, bound, CHAIN, e, note)  # type: ignore[arg-type]

    return [
        item("chain item 1: x_I2 stays at most 0", -found.final[2], "<=", ball(0)),
        item("chain item 2, 2 <= i < t, when new", -found.quiet_now, "<=", ball(0)),
        item("chain item 2, 2 <= i < t, from then on", -found.quiet, "<=", ball(0)),
        item("chain item 2, i = t", _smallest(c, found), ">", ball(0)),
        item("chain item 3: x_It >= -2 eta r", -1 - largest, ">=", ball(-2)),
        item("chain item 3 (upper side), x_It + eta r", -grow, "<=", ball(0)),
        item("chain item 4: x_I,t-1 >= -2 eta r", -longest, ">=", ball(-2)),
        item("chain item 4 (upper side)", -shrunk, "<=", ball(Fraction(-1, 2))),
    ]


def _smallest(c: Constants, found: Chain) -> Ball:
    """Smallest ``delta_{t+1} b_t`` over t = 3..T-1 and the first link, the slack of the next term."""
    value = c.delta_3 * found.fresh[2]
    for x in found.fresh[3:-1]:
        value = value.min(c.delta * x)
    return value


def _norm(question: Question, c: Constants, sight: Sight, first: Ball, found: Chain) -> Claim:
    """``|w_t|² <= 1`` for every t."""
    mean = sight.norm + c.delta_1
    bad = c.delta_2 * first + c.gamma * ball(c.kappa) * mean
    resting = bad * bad + c.gamma * c.gamma * (sight.squared - ball(c.kappa**2) * mean * mean)
    largest = found.fresh[2] * found.fresh[2]
    before = ball(0)
    for j in range(3, question.steps + 1):
        before += found.final[j - 1] * found.final[j - 1]
        largest = largest.max(before + found.fresh[j] * found.fresh[j])
    value = c.reach_squared * (resting + largest)
    return decide("|w_t|² <= 1, no projection", "dynamics", value, "<=", ball(1), CHAIN, question.evidence)


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Prove or refute the lemmas and the conclusion.

    Parameters
    ----------
    question : Question
        With ``evidence`` "bracket" (then a sample is needed) or "every sample".
    sample : Sample or None
        The sample of the run.

    Returns
    -------
    list of Claim
        Hypotheses, the items of both lemmas, the conclusion with its constant. Where an item that the conclusion rests
        on is not proved, the conclusion is ``undecided``.
    """
    found = [c for c, _ in hypotheses(question)]
    e = question.evidence
    probability = event_probability(question.n, question.width, "one")
    name = "P(exactly one all-zero column) >= 1/3"
    found.append(decide(name, "hypothesis", probability, ">=", ball(Fraction(1, 3)), "Theorem 7", e))
    if sample is not None:
        count = len(sample.event.columns)
        found.append(
            decide_exactly("number of all-zero columns", "hypothesis", (count, count), "==", 1, "Theorem 7", e)
        )
    if question.steps < MARGIN or (sample is not None and len(sample.event.columns) != 1):
        return [*found, *_open("T is too small or the sample has another number of zero columns", question)]
    c = constants(question)
    sight = all_samples(question, c) if sample is None else one_sample(question, c, sample)
    items, first = _first_update(question, c, sight)
    found += items
    broken = _broken(items)
    if broken:
        return [*found, *_without_lemmas(question, c, sample, broken)]
    run = chain(question, c, first)
    items = _chain_items(question, c, run)
    found += [*items, _norm(question, c, sight, first, run)]
    broken = _broken(found)
    if broken:
        return [*found, *_without_lemmas(question, c, sample, broken)]
    return found + conclusion(question, c, run, sight, first)


NEEDED = (
    "first-update item 1",
    "first-update item 2: ",
    "first-update item 6 (upper",
    "chain item 1",
    "chain item 2",
    "|w_t|",
)
"""Items that the dynamics rest on; the others are stated by the paper and not used."""


RESTS = "the dynamics rest on "


def _broken(items: list[Claim]) -> str:
    names = [i.name for i in items if i.name.startswith(NEEDED) and i.verdict != "proved"]
    return RESTS + names[0] if names else ""


def _names() -> list[str]:
    head = "F / (eta² r² T) of every suffix average >= "
    return [head + ".736 (T-2)(T-1)(2T-3)/(24 T³)", head + "1/40"]


def _open(note: str, question: Question) -> list[Claim]:
    """Return the conclusion as undecided."""
    verdict: Verdict = "undecided"
    return [Claim(name, "conclusion", question.evidence, verdict, None, None, ">=", SOURCE, note) for name in _names()]


def walk(question: Question, c: Constants, sample: Sample) -> direct.Walk:
    """Run SAM in balls with nothing assumed."""
    radius = c.reach / c.eta
    deltas = [ball(0), ball(0), c.delta_2, c.delta_3] + [c.delta] * (question.steps - 3)
    loss = direct.Loss(c.eta, radius, c.lam * radius, c.gamma, c.delta_1 * radius, c.kappa, deltas)
    return direct.Walk(loss, sample, question.steps, question.precision)


def _without_lemmas(question: Question, c: Constants, sample: Sample | None, broken: str) -> list[Claim]:
    """The conclusion where an item is not proved: from the run itself if other blocks wake and it is small enough."""
    size = question.steps**2 * min(2**question.n, question.width)
    wakes = broken == RESTS + "first-update item 2: smallest x_i1 / lam"
    if sample is None or not wakes or question.spread or question.steps > direct.STEPS or size > direct.WORK:
        return _open(broken, question)
    unit = c.reach_squared * question.steps
    risks = [risk / unit for risk in walk(question, c, sample).risks()]
    lowest = risks[0]
    for risk in risks[1:]:
        lowest = lowest.min(risk)
    found = []
    for label, risk in (("the last iterate", risks[-1]), ("the full average", risks[0]), ("the lowest suffix", lowest)):
        name = f"F / (eta² r² T) of {label} >= 1/128, as the printed lemmas give"
        note = f"{broken}, so this is SAM itself in balls, from the loss"
        bound = ball(Fraction(1, 128))
        found.append(
            decide(name, "conclusion", risk, ">=", bound, "Theorem 7, printed lemmas", question.evidence, note)
        )
    return found


def conclusion(question: Question, c: Constants, run: Chain, sight: Sight, first: Ball) -> list[Claim]:
    """The smallest risk of a suffix against both bounds; for one sample also the risks themselves."""
    steps, e = question.steps, question.evidence
    squares = suffix_squares(run, steps)
    lowest, where = squares[1], 1
    for tau in range(2, steps + 1):
        if answer(squares[tau], "<", lowest) == "proved":
            where = tau
        lowest = lowest.min(squares[tau])
    value = lowest / (4 * steps)
    share = Fraction((steps - 2) * (steps - 1) * (2 * steps - 3), 24 * steps**3)
    bounds = (ball(Fraction(92, 125) * share), ball(Fraction(1, 40)))
    note = f"a fresh z_I is 1 with probability 1/2; smallest at tau = {where}"
    found = [
        decide(name, "conclusion", value, ">=", bound, SOURCE, e, note)
        for name, bound in zip(_names(), bounds, strict=True)
    ]
    if e == "bracket":
        rest = _coupling_risk(question, c, sight, first)
        for name, tau in (("the last iterate", steps), ("the full average", 1), ("the lowest suffix", where)):
            known = c.reach_squared * squares[tau] / 4
            risk = known.union(known + c.reach_squared * _chain_term(question, c, run, tau) / 2 + rest)
            bound = ball(Fraction(1, 40)) * c.reach_squared * steps
            found.append(decide(f"F of {name} >= eta² r² T/40", "conclusion", risk, ">=", bound, SOURCE, e))
    return found


def _chain_term(question: Question, c: Constants, run: Chain, tau: int) -> Ball:
    """Sum of the squared positive chain terms of a suffix average, from above, in units of ``(eta r)²``."""
    steps, count = question.steps, question.steps - tau + 1
    size = [
        run.final[j] if j < tau else (run.fresh[j] + (steps - j) * run.final[j]) / count for j in range(2, steps + 1)
    ]
    value = ball(0)
    links = [c.delta_3] + [c.delta] * (steps - 3)
    for before, after, delta in zip(size, size[1:], links, strict=False):
        value += (delta * before - after).max(ball(0)) ** 2
    return value


def _coupling_risk(question: Question, c: Constants, sight: Sight, first: Ball) -> Ball:
    """``½ gamma E [v_z . w + delta_1]_+²`` of any average, from above."""
    bad = c.eta * c.delta_2 * first + c.eta_gamma * ball(c.kappa) * (sight.norm + c.delta_1)
    asleep = c.eta_gamma * sight.largest.abs_upper() * ball(c.kappa) * question.width
    radius = c.reach / c.eta
    return c.gamma * ((c.delta_1 + bad + asleep) * radius) ** 2 / 2


def trajectory(question: Question, sample: Sample | None) -> dict[str, list[Ball]]:
    """Enclose block I of the run: entry j is 0 up to step j - 1, ``fresh`` at step j and ``final`` from then on.

    Returns
    -------
    dict
        ``fresh`` and ``final``, entries 2..T, in the units of the loss.
    """
    c = constants(question)
    sight = all_samples(question, c) if sample is None else one_sample(question, c, sample)
    found = chain(question, c, c.delta_2 * (ball(c.kappa) * sight.inverse - c.lam))
    return {
        "fresh": [-product(c.reach, x) for x in found.fresh[2:]],
        "final": [-product(c.reach, x) for x in found.final[2:]],
    }
