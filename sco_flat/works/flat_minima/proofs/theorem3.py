"""Theorem 3 in balls: SA-GD's walk into constant columns, for the paper's weights and for the robust ones.

Paper's weights, adversarial oracle
-----------------------------------
While block I has an unused entry, pushing it reaches the Lipschitz limit ``½ [r - rho]²`` on every example, so ``r
e_{I,t}`` is a maximiser and ``w_t = -q sum_{s<t} e_{I,s}``, ``q = eta (r - rho)``. A fresh z feels block I with
probability ½. Nothing else of the sample enters, and every suffix average has ``F = ¼ [q sqrt(sum_s weight_s²) -
rho]_+²``.

Robust weights, every correct oracle (sharper)
----------------------------------------------
``F_S(w + v)`` is at most a convex function of the squares ``v_c²`` (proof in ``oracles/_faces.py``), so the maximisers
lie on single coordinates, or on faces spanned by unused coordinates of equal reach. A column that is not constant is
felt by at most n - 1 examples: it loses if ``a_T r - rho > sqrt(1 - 1/n) (r - rho)``, and b loses if ``a_T > c``. With
falling weights a step touches one level j only, so one of the T levels is untouched before each of the T - 1 steps: the
best reach is at least ``a_T r``, and the step is at least ``q_T = eta a_T (a_T r - rho)`` long. All steps point into
one orthant, hence ``|average|² >= q_T² sum_s weight_s²`` whichever maximisers were taken. A fresh z feels each constant
column with probability ½, and ``½ [sqrt(s) - rho]_+²`` is convex in s, so by Jensen ``F >= ½ [a_T q_T sqrt(sum_s
weight_s²/2) - rho]_+²``.

The ball
--------
A step from an entry of size u is at most q long and adds at most ``q² + 2 u q`` to ``|w|²``; the entries of a face are
unused. Where every step takes one unused entry, ``|w_T|² <= (T - 1) q²``: so it is for oracles that push one
coordinate, if a used entry's reach, at most ``(1 - eta a_T (a_T - rho/r)) r``, stays below ``a_T r``. Else an entry is
taken again only while its reach is the best one, h, so that ``u <= r - h = r x``. All entries j of a constant column
have ``u_j >= r - h/a_j >= r x - r decay (j - 1)/T``, and together at most ``(T - 2) q`` before the last step; the sum
over j is at least ``r (x² T/(2 decay) + x/2)``, hence ``x <= decay/(2T) (sqrt(1 + 8 (T - 2) T q/(decay r)) - 1)``, and
``x <= 1 - a_T`` as some level is untouched. So ``|w_T|² <= (T - 1) q (q + 2 r x)``; and ``(T - 1) q (q + r x)`` where
one coordinate is pushed at a time: no entry is longer than ``r x + q``, and all together are at most ``(T - 1) q``.

From below: level j is reached when all entries i before it were pushed to ``r (a_i - a_j)``, together ``r decay j (j -
1)/(2T) <= (T - 2) q``. That bounds the number J of levels, and with K constant columns ``|w_T|² >= ((T - 1) q_T)²/(J
K)`` by Cauchy and Schwarz.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from sco_flat import memory, oracles
from sco_flat.errors import unknown_name
from sco_flat.patience import track
from sco_flat.proofs.balls import (
    Ball,
    answer,
    ball,
    decide,
    decide_exactly,
    event_probability,
    given,
    held,
    inverse,
    product,
)
from sco_flat.proofs.base import Constant, Provable, bits
from sco_flat.proofs.question import Question, Span
from sco_flat.results import Claim, Verdict
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs.hinge import loss_claims
from sco_flat.works.flat_minima.rechecks.theorem3 import theorem3 as recheck

SOURCE = "Theorem 3"
SHARPER = "Theorem 3, sharper: every correct oracle"
PRESETS = {"paper": (Fraction(1), Fraction(0)), "robust": (Fraction(9, 10), Fraction(1, 50))}
PAPER = "F / (eta² (r - rho)² T) of every suffix average >= (1/(2 sqrt 2) - 1/3)²/4"
ROBUST = "F / (eta² (r - rho)² T) of every suffix average, every correct oracle >= (1/(2 sqrt 2) - 1/3)²/4"
ADVERSARIAL = "adversarial"
"""The paper's oracle, and the one that is taken where none is named."""
COINS = 8
"""Constant columns up to which the law of a fresh example is enumerated."""


def rate() -> Ball:
    """``(1/(2 sqrt 2) - 1/3)²/4``, the constant of the paper's proof with its square restored."""
    return (1 / (2 * ball(2).sqrt()) - ball(Fraction(1, 3))) ** 2 / 4


def reach_squared(question: Question) -> Span:
    """``T q²``, exactly: 1 where r is the largest legal one; no less than 0."""
    if question.perturbation_radius is None:
        return Fraction(1), Fraction(1)
    rho, radius = question.flatness_radius, question.perturbation_radius
    ends = [max(radius[0] - rho[1], Fraction(0)), max(radius[1] - rho[0], Fraction(0))]
    low, high = (eta * x for eta, x in zip(question.step_size, ends, strict=True))
    return question.steps * low**2, question.steps * high**2


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """``T >= 2``, ``q² T <= 1``, ``9 rho² < q² T`` (the paper's ``rho < r (1 - 3/(3 + eta sqrt T))``)."""
    e, steps = question.evidence, question.steps
    reach = reach_squared(question)
    rho = question.flatness_radius
    gap = (9 * rho[0] ** 2 - reach[1], 9 * rho[1] ** 2 - reach[0])
    return [
        (decide_exactly("T >= 2", "hypothesis", (steps, steps), ">=", 2, f"{SOURCE}, corrected", e), "steps"),
        (decide_exactly("eta² (r - rho)² T <= 1", "hypothesis", reach, "<=", 1, SOURCE, e), "radius"),
        (decide_exactly("9 rho² - eta² (r - rho)² T < 0", "hypothesis", gap, "<", 0, SOURCE, e), "flatness-radius"),
    ]


def suffix_squares(steps: int) -> list[Fraction]:
    """``sum_s weight_s²`` of every suffix at place tau: step s weighs 1 before tau and (T - s)/N from there on."""
    found, ahead = [Fraction(0)] * (steps + 1), 0
    for tau in track(range(steps, 0, -1), steps, "suffixes"):
        ahead += (steps - tau) ** 2
        found[tau] = tau - 1 + Fraction(ahead, (steps - tau + 1) ** 2)
    return found


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Prove or refute the walk and the risk of every suffix; parameters as in ``theorem1.claims``."""
    e = question.evidence
    found = [c for c, _ in hypotheses(question)]
    probability = event_probability(question.n, question.width, "any")
    half = ball(Fraction(1, 2))
    found.append(decide("P(an all-plus column) >= 1/2", "hypothesis", probability, ">=", half, SOURCE, e))
    if sample is not None:
        count = len(sample.event.columns)
        found.append(decide_exactly("number of all-plus columns", "hypothesis", (count, count), ">=", 1, SOURCE, e))
    preset = question.options.get("preset", "paper")
    if preset not in PRESETS:
        raise unknown_name("preset", preset, PRESETS)
    if reach_squared(question)[0] == 0:
        return [*found, _open("risk of every suffix average", question, "r may be rho or less: nothing moves")]
    weights = Weights.resolve(question)
    found += loss_claims(question, weights.at(question.steps).min(weights.bias), ball(1).max(weights.bias), SOURCE)
    found.append(_oracle(question, weights))
    if weights.equal:
        return found + _paper(question, sample)
    return found + _robust(question, sample, weights)


def _oracle(question: Question, weights: Weights) -> Claim:
    """The paper's weights need the paper's choice among maximisers that tie, the robust ones a correct maximiser."""
    name = question.options.get("oracle", ADVERSARIAL)
    if weights.equal:
        said, met = "the oracle takes r e_{I,t}", name == ADVERSARIAL
    else:
        said, met = "the oracle's maximisers are exact", oracles.get(name).exact
    if met:
        return decide_exactly(said, "hypothesis", (1, 1), "==", 1, SOURCE, question.evidence)
    return Claim(
        said, "hypothesis", question.evidence, "undecided", None, None, "==", SOURCE,
        f"oracle {name}: nothing is proved about its walk",
    )  # fmt: skip


def _share(question: Question) -> tuple[Ball, Ball]:
    """``rho / (q sqrt T)`` and ``rho / r``."""
    reach = ball(*reach_squared(question)).sqrt()
    rho = ball(*question.flatness_radius)
    if question.perturbation_radius is None:
        moved = product(rho, ball(*question.step_size), ball(question.steps).sqrt())
        return rho, 1 - inverse(1 + moved)
    return rho / reach, rho / ball(*question.perturbation_radius)


def _paper(question: Question, sample: Sample | None) -> list[Claim]:
    e, steps = question.evidence, question.steps
    felt = Fraction(1)
    if sample is not None and sample.event.columns:
        felt = Fraction(int(sample.codes[sample.event.columns[0]]).bit_count(), question.n)
    elif sample is not None:
        felt = Fraction(0)
    reach = reach_squared(question)
    squares = suffix_squares(steps)
    lowest = min(squares[1:])
    oracle = question.options.get("oracle", ADVERSARIAL)
    found = [
        decide_exactly("share of the examples that feel column I", "dynamics", (felt, felt), "==", 1, SOURCE, e,
                       "then r e_{I,t} reaches the Lipschitz limit: it is a maximiser"),
        decide_exactly("|w_T|² <= 1, no projection", "dynamics",
                       (reach[0] * (steps - 1) / steps, reach[1] * (steps - 1) / steps), "<=", 1, SOURCE, e),
        decide_exactly("the full average is the shortest of all suffixes", "dynamics",
                       (lowest - squares[1],) * 2, "==", 0, SOURCE, e, "smallest |suffix|² - |average|², units q²"),
    ]  # fmt: skip
    name = PAPER
    if oracle != ADVERSARIAL or any(c.verdict != "proved" for c in found[:1]):
        note = f"oracle {oracle}: with the paper's weights the walk needs the adversarial tie-break"
        return [*found, _open(name, question, note)]
    part, _ = _share(question)
    value = (ball(lowest / steps).sqrt() - part).max(ball(0)) ** 2 / 4
    found.append(decide(name, "conclusion", value, ">=", rate(), f"{SOURCE}, corrected (square restored)", e))
    if e == "bracket":
        size = ball(*reach) / steps
        for label, tau in (("the last iterate", steps), ("the full average", 1)):
            risk = ((size * ball(squares[tau])).sqrt() - ball(*question.flatness_radius)).max(ball(0)) ** 2 / 4
            bound = rate() * ball(*reach)
            found.append(decide(f"F of {label} >= bound", "conclusion", risk, ">=", bound, f"{SOURCE}, corrected", e))
    return found


def _open(name: str, question: Question, note: str) -> Claim:
    verdict: Verdict = "undecided"
    return Claim(name, "conclusion", question.evidence, verdict, None, None, ">=", SOURCE, note)


@dataclass(frozen=True)
class Weights:
    """``c`` and ``a_j = 1 - decay (j - 1)/T``; ``part`` is ``rho/r``."""

    bias: Ball
    decay: Ball
    loss: Ball  # (a_1 - a_T) / ((1 - sqrt(1 - 1/n)) (1 - part)): columns that are not constant lose if it is below 1
    part: Ball
    steps: int

    @classmethod
    def resolve(cls, question: Question) -> Weights:
        """Take the preset's, or those set by hand."""
        bias, largest = PRESETS[question.options.get("preset", "paper")]
        _, part = _share(question)
        room = (1 - (1 - ball(1) / question.n).sqrt()) * (1 - part)
        set_bias, set_decay = given(question, "bias"), given(question, "decay")
        if set_decay is not None:
            decay, loss = set_decay, set_decay / room
        else:
            decay, loss = ball(largest).min(room / 2), (ball(largest) / room).min(ball(Fraction(1, 2)))
        return cls(
            ball(bias) if set_bias is None else set_bias,
            decay,
            loss * (question.steps - 1) / question.steps,
            part,
            question.steps,
        )

    @property
    def equal(self) -> bool:
        """The paper's weights."""
        return bool(self.decay.is_zero() and (self.bias - 1).is_zero())

    def at(self, j: int) -> Ball:
        """Weight of entry j, from 1."""
        return 1 - self.decay * (j - 1) / self.steps


def _robust(question: Question, sample: Sample | None, weights: Weights) -> list[Claim]:
    e, steps = question.evidence, question.steps
    last, part, zero = weights.at(steps), weights.part, ball(0)
    step = last * (last - part) / (1 - part)  # q_T / q
    reach = reach_squared(question)

    def item(name: str, value: Ball, relation: str, bound: Ball, note: str = "") -> Claim:
        return decide(name, "hypothesis", value, relation, bound, SHARPER, e, note)  # type: ignore[arg-type]

    found = [
        item("(1 - a_T) r / ((1 - sqrt(1 - 1/n)) (r - rho))", weights.loss, "<", ball(1),
             "then a_T r - rho > sqrt(1 - 1/n) (r - rho): columns that are not constant lose"),
        item("a_T - c", last - weights.bias, ">", zero, "b loses"),
        item("decay", weights.decay, ">", zero, "a step touches one level only"),
        item("q_T / q", step, ">", zero, "every step goes at least this far"),
    ]  # fmt: skip
    name = ROBUST
    if any(c.verdict != "proved" for c in found) or (sample is not None and not sample.event.columns):
        note = "the walk is not proved" if sample is None or sample.event.columns else "no all-plus column"
        return [*found, _open(name, question, note)]
    found.append(_norm(question, sample, weights, step))
    squares = suffix_squares(steps)
    share, _ = _share(question)
    value = (last * step * ball(min(squares[1:]) / (2 * steps)).sqrt() - share).max(zero) ** 2 / 2
    found.append(decide(name, "conclusion", value, ">=", rate(), SHARPER, e, side="low"))
    if sample is not None and question.options.get("oracle", ADVERSARIAL) == ADVERSARIAL:
        found += _levels(question, sample, weights, ball(*reach))
    return found


def constant_columns(question: Question, sample: Sample | None) -> int:
    """Number of columns without a change of sign; without a sample the smallest number that the event leaves."""
    if sample is None:
        return 1 if question.n > 1 else question.width
    return int(((sample.codes == 0) | (sample.codes == (1 << question.n) - 1)).sum())


def _norm(question: Question, sample: Sample | None, weights: Weights, step: Ball) -> Claim:
    """``|w_T|²``, its largest value over correct oracles (and samples) enclosed; proof in the docstring above."""
    steps, part, last, one = question.steps, weights.part, weights.at(question.steps), ball(1)
    eta, early = ball(*question.step_size), max(question.steps - 2, 0)
    push = product(eta, 1 - part)  # q / r
    columns = constant_columns(question, sample)
    alone = oracles.get(question.options.get("oracle", ADVERSARIAL)).one_coordinate or (
        sample is not None and columns == 1
    )
    if alone and answer(1 - product(eta, last, last - part), "<", last) == "proved":
        factor, note = one, "no entry is taken twice: all steps are orthogonal"
    else:
        level = weights.decay / steps
        deep = (1 - last).min(level / 2 * ((1 + 8 * early * push / level).sqrt() - 1))
        factor, note = 1 + (1 if alone else 2) * deep / push, "entries may be taken more than once"
    square = ball(*reach_squared(question)) / steps  # q²
    upper = square * (steps - 1) * factor
    used = ((1 + (1 + 8 * steps * early * push / weights.decay).sqrt()) / 2).min(ball(max(steps - 1, 1)))
    lower = square * ((steps - 1) * step) ** 2 / (used * columns)
    value = lower.min(upper).lower().union(upper.upper())
    return decide("|w_T|² <= 1, no projection", "dynamics", value, "<=", one, SHARPER, question.evidence, note)


def _levels(question: Question, sample: Sample, weights: Weights, reach: Ball) -> list[Claim]:
    """The walk of the deterministic oracle: level by level through the constant columns of the sample."""
    steps, e = question.steps, question.evidence
    columns = constant_columns(question, sample)
    size = (reach / steps).sqrt()  # q
    eta, part = ball(*question.step_size), weights.part
    memory.ask(held(3 * steps), lambda have: f"take --steps {memory.rounded(int(have / held(3)))} or less")
    radius = size / eta / (1 - part)  # r = (r - rho)/(1 - rho/r)
    a = [ball(1)] + [weights.at(j) for j in range(1, steps + 1)]
    move = [size * a[j] * (a[j] - part) / (1 - part) for j in range(steps + 1)]
    used = a[1] * (radius - move[1])
    for j in range(2, steps + 1):
        used = used.max(a[j] * (radius - move[j]))
    name, ahead = "best reach of a used entry / r - a_T", used / radius - a[steps]
    once = decide(name, "dynamics", ahead, "<", ball(0), SHARPER, e, "no entry is taken twice")
    if once.verdict != "proved" or columns > COINS:
        note = "entries are taken twice, or there are many constant columns: the walk itself is not enclosed"
        return [
            Claim("walk of the adversarial oracle", "dynamics", e, "not applicable", None, None, "==", SHARPER, note)
        ]
    bound, found = rate() * reach, [once]
    for label, tau in (("the last iterate", steps), ("the full average", 1)):
        blocks = [ball(0)] * columns
        for s in track(range(1, steps), steps, "steps", 2.0):
            level, weight = (
                (s - 1) // columns + 1,
                Fraction(1 if s < tau else steps - s, 1 if s < tau else steps - tau + 1),
            )
            blocks[(s - 1) % columns] += (a[level] * move[level] * ball(weight)) ** 2
        risk = _law(blocks, ball(*question.flatness_radius))
        found.append(decide(f"F of {label} >= bound", "conclusion", risk, ">=", bound, SHARPER, e))
    return found


def _law(blocks: list[Ball], rho: Ball) -> Ball:
    """``E ½ [sqrt(sum of the blocks that a fresh example feels) - rho]_+²``."""
    total = ball(0)
    for size in range(len(blocks) + 1):
        for chosen in combinations(blocks, size):
            total += (sum(chosen, ball(0)).sqrt() - rho).max(ball(0)) ** 2 / 2
    return total / 2 ** len(blocks)


def trajectory(question: Question, sample: Sample | None) -> dict[str, list[Ball]]:
    """Enclose the walk entry by entry: entry j of a constant column is ``-q_j`` once it was pushed.

    Returns
    -------
    dict
        ``final``, entries 1..T-1 of the level order; all are q for the paper's weights.
    """
    weights = Weights.resolve(question)
    size = (ball(*reach_squared(question)) / question.steps).sqrt()
    a = [weights.at(j) for j in range(1, question.steps)]
    return {"final": [-size * x * (x - weights.part) / (1 - weights.part) for x in a]}


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    trajectory=trajectory,
    words={"preset": ("paper", "robust"), "oracle": oracles.names()},
    constants={"bias": Constant(1, zero=True), "decay": Constant(1, zero=True)},
    event="any",
    sample=bits(lambda n: (1 << n) - 1),
    largest_radius="rho + 1/(eta sqrt(T))",
    open_={
        "risk of every suffix average": "conclusion",
        "walk of the adversarial oracle": "dynamics",
        PAPER: "conclusion",
        ROBUST: "conclusion",
    },
    unit="eta² (r - rho)² T",
)
