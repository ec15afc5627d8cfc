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

from fractions import Fraction

from sco_flat.patience import track
from sco_flat.proofs.balls import Ball, answer, ball, decide, decide_exactly, event_probability, product
from sco_flat.proofs.base import Constant, Provable, bits
from sco_flat.proofs.question import Question
from sco_flat.results import Claim, Verdict
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs import direct
from sco_flat.works.flat_minima.proofs.chain import PASSES, Chain, chain, chain_items, norm_claim, suffix_squares
from sco_flat.works.flat_minima.proofs.constants import Constants, constants, reach_squared
from sco_flat.works.flat_minima.proofs.first_step import Sight, all_samples, first_update, one_sample
from sco_flat.works.flat_minima.proofs.loss import loss_claims
from sco_flat.works.flat_minima.rechecks.theorem7 import replay
from sco_flat.works.flat_minima.rechecks.theorem7 import theorem7 as recheck

SOURCE = "Theorem 7, corrected"
MARGIN = 4
"""Smallest T with a chain (T >= 6 is the theorem's condition)."""


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
    found += loss_claims(question, c)
    sight = all_samples(question, c) if sample is None else one_sample(question, c, sample)
    items, first = first_update(question, c, sight)
    found += items
    broken = _broken(items)
    if broken:
        return [*found, *_without_lemmas(question, c, sample, broken)]
    run = chain(question, c, first)
    items = chain_items(question, c, run)
    found += [*items, norm_claim(question, c, sight, first, run)]
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
    for tau in track(range(2, steps + 1), steps, "suffixes", PASSES):
        if answer(squares[tau], "<", lowest) == "proved":
            where = tau
        lowest = lowest.min(squares[tau])
    value = lowest / (4 * steps)
    share = Fraction((steps - 2) * (steps - 1) * (2 * steps - 3), 24 * steps**3)
    bounds = (ball(Fraction(92, 125) * share), ball(Fraction(1, 40)))
    note = f"a fresh z_I is 1 with probability 1/2; smallest at tau = {where}"
    found = [
        decide(name, "conclusion", value, ">=", bound, SOURCE, e, note, "low")
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


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    trajectory=trajectory,
    replay=replay,
    replayed="1/128",
    words={"parameters": ("corrected", "printed")},
    constants={
        "lam": Constant(), "gamma": Constant(), "delta_1": Constant(1), "delta_2": Constant(1), "delta_3": Constant(1),
        "delta": Constant(1),
    },
    event="one",
    sample=bits(lambda n: 0),
    positive_radius=True,
    largest_radius="1/(2 eta sqrt(T))",
    open_=dict.fromkeys(_names(), "conclusion"),
    unit="eta² r² T",
)  # fmt: skip
