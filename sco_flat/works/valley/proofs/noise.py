"""Theorem A: SAM on the paper's own bits, from every small start and with every small epsilon in the normaliser.

Lengths in units of r; ``s = tau2/4`` bounds every coordinate of w_1, epsilon is at most ``eta gam tau2/100``, ``phi``
is the factor ``|g|/(|g| + epsilon)`` of a step's perturbation, ``v_z = (1, u_z/sqrt m)`` on (a, y), so that ``1 - kap
<= <v_z, v_z'>`` and ``1 <= |v_z|² <= 2``.

*First step.* At w_1 only the start term has a gradient, ``lam mean s_k v_k`` with ``|s_k - dl| <= (1 + sqrt m) s``.
In the bad column I all entries of u are -kap: y'_I is between ``-kap/sqrt m - s`` and ``-phi kap/sqrt(2m) + s``; in
any other one an example has a 1, and y' does not fall if ``s_min > (1 - 1/n)/2 s_max``. So block I alone passes tau1,
by ``(2 phi - 1) tau1 - (1 + th) s`` at least. The start term of w_2 is at most ``s_k - eta lam (1 - kap) s'_min``,
``s'_min >= phi (1 - kap)/sqrt 2``; later y_I grows, and a perturbation lowers it by th at most.

*Recurrence.* On the side b < 0 the dead zone is tau2, on the other ``m = tau1 + th y_I``, which grows by ``eta gam
th² (B - m + phi l)`` in a step there, at most T/2 times; ``l² = 1 + th²``. With ``H = phi/l - h - cX`` (l = 1 on the
side b < 0),

    B+ = eta (gam (phi l - m) + H) - (1 - vth) B,      cX+ = cX + (H + B)/T.

Two steps multiply B by ``(1-vth)²`` and add at least ``g eta vth K``: K changes by ``(H + B)/T``, by ``gam m`` and
``1 - 1/l`` from the side b < 0 to the other, by ``gam (l - 1)`` back, and by ``(1 + gam)(1 - phi)``. From w_3 on ``1
- phi <= eta/1000``, which is what the bounds on B give in turn; at w_2 it is at most eta/50.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

from sco_flat.proofs.balls import Ball, ball, decide, decide_exactly, event_probability, product
from sco_flat.proofs.base import Constant, Provable, bits
from sco_flat.proofs.question import Question, Side, Span
from sco_flat.results import Claim, Kind, Relation
from sco_flat.samples import Sample
from sco_flat.works.valley.proofs.design import LARGEST_REACH, STEEPEST, reach_squared, root, span_product
from sco_flat.works.valley.rechecks.noise import recheck

SOURCE = "Theorem A"
SUFFIX = "F / (eta r² T) of every suffix average >= 1/80"
H = Fraction(1, 4)
LATE = Fraction(1, 1000)
"""``(1 - phi)/eta`` from w_3 on."""
EARLY = Fraction(1, 50)
"""The same at w_2."""


Say = Callable[[str, Ball, Relation, Fraction | int, Side], None]


class Bits:
    """Numbers of the loss and bounds on the run, in units of r.

    Parameters
    ----------
    question : Question
        The numbers.
    """

    def __init__(self, question: Question) -> None:
        n, steps = question.n, question.steps
        self.n, self.steps = n, steps
        self.gam = ball(gamma_of(question))
        self.eta = ball(*question.step_size)
        self.vth = product(self.eta, 1 + self.gam)
        self.c2 = ball(*(1 / x for x in reversed(span_product(question.step_size, (Fraction(steps),) * 2))))
        self.s2 = ball(*reach_squared(question))
        self.width = root(ball(question.width))
        self.kap = ball(Fraction(1, 2 * n))
        self.rest = self._power(steps - 2)
        self.mean = self._power(steps - 1) - ball(Fraction(1, steps))

    def _power(self, exponent: int) -> Ball:
        if self.steps == 1:
            return ball(0)
        return ((-ball(1) / self.steps).log1p() * max(exponent, 0)).exp()

    @cached_property
    def tilt(self) -> Ball:
        """``th/eta = min(1/(eta sqrt(32 gam T)), .02 sqrt m)``."""
        return (1 / (self.eta * root(32 * self.gam * self.steps))).min(ball(Fraction(1, 50)) * self.width)

    @cached_property
    def th(self) -> Ball:
        """``th``."""
        return (1 / root(32 * self.gam * self.steps)).min(product(ball(Fraction(1, 50)), self.eta, self.width))

    @cached_property
    def length(self) -> Ball:
        """``l``."""
        return (1 + self.th**2).sqrt()

    @cached_property
    def tau1(self) -> Ball:
        """``th kap/(2 sqrt(2m))``."""
        return self.th * self.kap / (2 * ball(2).sqrt() * self.width)

    @cached_property
    def push(self) -> Ball:
        """``eta gam``."""
        return product(self.eta, self.gam)

    @cached_property
    def tau2(self) -> Ball:
        """``eta gam tau1/2``."""
        return product(self.push, self.tau1) / 2

    @cached_property
    def near(self) -> Ball:
        """What a coordinate of w_1 may be, s."""
        return self.tau2 / 4

    @cached_property
    def uneven(self) -> Ball:
        """``|s_k/dl - 1|`` at most, with ``dl = eta kap/40``."""
        share = product(self.gam, self.th) / (16 * ball(2).sqrt() * self.width)  # s/(eta kap)
        return share * (1 + self.width) * 40

    @cached_property
    def first(self) -> Ball:
        """``epsilon/|g|`` at w_1: ``(eta gam tau2/100)/(lam dl (1 - uneven))``."""
        share = product(self.gam, self.gam, self.th) / (400 * ball(2).sqrt() * self.width)  # epsilon/(eta² kap)
        return product(share, self.eta) * 320 / (self.kap * (1 - self.uneven))

    @cached_property
    def phi(self) -> Ball:
        """phi at w_1, from below."""
        return 1 - self.first.upper()

    @cached_property
    def side(self) -> Ball:
        """``(1 + th) s`` over tau1: what noise takes from or adds to a hinge."""
        return product(self.push, 1 + self.th) / 8

    @cached_property
    def second(self) -> tuple[Ball, Ball]:
        """``B_2/tau2``, from below and from above."""
        own = product(self.push, 1 + self.th) / 4 + ball(Fraction(1, 4))
        return 2 * (2 * self.phi - 1) - own, 2 * (2 * ball(2).sqrt() - 1) + own

    @cached_property
    def felt(self) -> Ball:
        """``s'_k`` at w'_1, from above: ``sqrt 2 + s_k``."""
        return ball(2).sqrt() + product(self.eta, self.kap) / 40 * (1 + self.uneven)

    @cached_property
    def answered(self) -> Ball:
        """y_I of w_2, from above."""
        hinge = self.tau1 * (2 * ball(2).sqrt() - 1 + self.side)
        return (
            self.near + product(self.push, self.th, hinge) + product(self.eta, self.kap**2 / 8, self.felt) / self.width
        )

    @cached_property
    def zone(self) -> Ball:
        """``m/eta`` of every step, from above."""
        start = product(self.tilt, self.kap / (2 * ball(2).sqrt() * self.width) + self.answered)
        return start + product(self.gam, self.th**2, self.vth + self.length) * self.steps / 2

    @cached_property
    def drift(self) -> Ball:
        """``c s``."""
        return root(self.c2) * self.near

    @cached_property
    def blunt(self) -> Ball:
        """``1 - phi/l`` of every step, from above."""
        return (product(self.eta, ball(EARLY))).max(1 - 1 / self.length + product(self.eta, ball(LATE)))

    @cached_property
    def floor(self) -> Ball:
        """H of every step, from below."""
        low = product(1 - ball(H) - self.drift, self.rest) - product(self.vth, 1 - self.rest)
        return low - self.blunt.upper()

    @cached_property
    def risen(self) -> Ball:
        """cX of every step, from above."""
        return product(1 - ball(H) + self.vth, 1 - self.rest) + self.drift

    @cached_property
    def lost(self) -> Ball:
        """What two steps lose in any case, over ``eta vth K``: cX grows, phi < 1."""
        late = ball(LATE) / self.floor.lower()
        return product(self.c2 / (1 + self.gam), 1 + self.vth / self.floor.lower()) + late

    @cached_property
    def gain_odd(self) -> Ball:
        """From w_t to w_(t+2), t odd."""
        turn = product(self.gam, self.length - 1) / product(self.vth, self.floor.lower())
        return 1 - self.lost - turn

    @cached_property
    def gain_even(self) -> Ball:
        """From w_t to w_(t+2), t even."""
        turn = (1 - 1 / self.length) / product(self.vth, self.floor.lower())
        zone = product(self.gam / (1 + self.gam), self.zone) / self.floor.lower()
        return 1 - self.lost - turn - zone

    @cached_property
    def third(self) -> Ball:
        """``B_3/eta``, from below."""
        reach = 1 - product(self.eta, ball(EARLY))
        pushed = product(self.gam, reach - self.tau2) + reach - ball(H) - self.drift
        return pushed - product(1 - self.vth, self.second[1], self.gam, self.tau1) / 2

    @cached_property
    def odd(self) -> Ball:
        """``B/eta`` of the odd steps, from below."""
        return self.third.lower().min((product(self.gain_odd, self.floor) / (2 - self.vth)).lower())

    @cached_property
    def even(self) -> Ball:
        """``B/tau2`` of the even steps from w_4 on, from below; ``tau2 = eta gam tau1/2``."""
        return product(self.gain_even, self.floor, self.vth) * 2 / product(self.gam, self.tau1)

    @cached_property
    def average(self) -> Ball:
        """cX of the full average, from below."""
        return product(1 - ball(H) - self.blunt.upper(), self.mean) - self.drift

    @cached_property
    def norm(self) -> Ball:
        """``|w_t|²``, from above."""
        pulled = product(self.eta, self.kap / 8, self.felt)
        block = self.answered + product(self.push, self.th, self.vth + self.length) * self.steps / 2
        noise = 4 * (self.width * self.near + self.near) ** 2
        rest = 4 * pulled**2 + 2 * block**2 + 2 * self.vth**2 + noise
        return product(self.s2, product(self.c2, rest) + self.risen**2)


def gamma_of(question: Question) -> Fraction:
    """``gam``, exactly; 1 by default."""
    return Fraction(question.options.get("gamma", 1))


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """Conditions of the theorem on the numbers, decided without rounding, with the keys that mend them."""
    e, n, gam, time = question.evidence, question.n, gamma_of(question), (Fraction(question.steps),) * 2
    found: tuple[tuple[str, Span | tuple[int, int], Relation, Fraction | int, str], ...] = (
        ("n >= 4", (n, n), ">=", 4, "n"),
        ("m = 2^n: m/2^n", (Fraction(question.width, 2**n),) * 2, "==", 1, "width"),
        ("eta (1 + gam) <= .24", span_product(question.step_size, (1 + gam,) * 2), "<=", STEEPEST, "step-size"),
        ("eta T >= 16", span_product(question.step_size, time), ">=", 16, "steps"),
        ("eta gam T >= 4", span_product(question.step_size, time, (gam, gam)), ">=", 4, "steps"),
        ("r² eta T <= 1.4²", reach_squared(question), "<=", LARGEST_REACH, "radius"),
        ("rho = 0", question.flatness_radius, "==", 0, "flatness-radius"),
    )
    return [(decide_exactly(name, "hypothesis", v, r, b, SOURCE, e), key) for name, v, r, b, key in found]


def smoothness(question: Question) -> Span:
    """Largest sum of the curvatures on b, on x or on (a, y), from above; th² <= 1/(32 gam T) and ``eta gam T >= 4``."""
    gam, (low, high) = gamma_of(question), span_product(question.step_size, (Fraction(question.steps),) * 2)
    tilt, pull = Fraction(1, 32 * question.steps), Fraction(1, 8 * question.n)
    both = [max(2 + 1 / t, 1 + 1 / t + 2 * gam + tilt, gam + tilt + pull) for t in (high, low)]
    return both[0], both[1]


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Prove the lemmas and the conclusion.

    Parameters
    ----------
    question : Question
        With ``evidence`` "bracket" (then a sample is needed) or "every sample".
    sample : Sample or None
        The sample of the run.

    Returns
    -------
    list of Claim
        Where something that the conclusion rests on is not proved, it is undecided.
    """
    e = question.evidence
    found = [c for c, _ in hypotheses(question)]

    def say(kind: Kind, name: str, value: Ball, relation: Relation, bound: Fraction | int, side: Side) -> None:
        found.append(decide(name, kind, value, relation, ball(bound), SOURCE, e, "", side))

    chance = event_probability(question.n, question.width, "one")
    say("hypothesis", "P(exactly one all-zero column) >= 1/3", chance, ">=", Fraction(1, 3), "both")
    if sample is not None:
        count = len(sample.event.columns)
        name = "number of all-zero columns"
        found.append(decide_exactly(name, "hypothesis", (count, count), "==", 1, SOURCE, e))
    least = min(gamma_of(question), Fraction(1, 16 * question.n))
    name = "f is convex and f >= 0: smallest weight of a squared distance"
    found.append(decide_exactly(name, "hypothesis", (least, least), ">=", 0, SOURCE, e))
    found.append(decide_exactly("smoothness <= 4", "hypothesis", smoothness(question), "<=", 4, SOURCE, e))
    x = Bits(question)
    say("hypothesis", "w* = -e_a/2 is a common flat minimum: margin tau2/r", x.tau2, ">", 0, "both")
    for part in (_first, _run):
        part(functools.partial(say, "dynamics"), x)
    open_ = next((c.name for c in found if c.verdict != "proved"), "")
    if open_:
        note = f"it rests on {open_}"
        return [*found, Claim(SUFFIX, "conclusion", e, "undecided", None, None, ">=", SOURCE, note)]
    value = (x.average - root(x.c2) / 8).lower().max(ball(0)) ** 2 / 4
    note = "a fresh z_I is 1 with probability 1/2; every start within tau2/4 and every epsilon up to eta gam tau2/100"
    found.append(decide(SUFFIX, "conclusion", value, ">=", ball(Fraction(1, 80)), SOURCE, e, note, "low"))
    return found


def _first(tell: Say, x: Bits) -> None:
    """The first step."""
    n, half = x.n, ball(2).sqrt() / 2
    tell("w_1: |s_k/dl - 1|", x.uneven, "<=", Fraction(1, 8), "high")
    tell("w_1: |x| of an example, less rho, over r", product(x.width, x.near) - ball(Fraction(1, 8)), "<", 0, "high")
    tell("w_1: wedges, over r", x.near + x.drift - ball(H), "<", 0, "high")
    tell("w_1: other hinges, over tau1", x.side - 1, "<", 0, "high")
    spread = 1 - x.uneven - ball(Fraction(n - 1, 2 * n)) * (1 + x.uneven)
    tell("w'_1: no y of another column falls: least mean of u, over dl", spread, ">", 0, "low")
    tell("epsilon / |g| at w_1", x.first, "<=", Fraction(1, 100), "high")
    tell("|b_2| / tau2", x.second[0], ">=", Fraction(3, 2), "low")
    tell("|b_2| / tau2, from above", x.second[1], "<=", Fraction(9, 2), "high")
    asleep = product(x.eta, x.felt) / 8 * 2 * ball(2).sqrt() + x.side
    tell("other blocks sleep: th |y_i| + |b_i|, over tau1", asleep, "<", 1, "high")
    start = (1 + x.uneven) / 40 - (1 - x.kap) ** 2 * x.phi * half / 8
    tell("start term of w_2, over eta kap r", start, "<", 0, "high")
    rise = x.tilt / x.width  # a perturbation lowers y_I by th at most
    tell("start term of every later ascent point, over eta kap r", start + rise, "<", 0, "high")
    tell("(m - tau2) / tau1", 1 - product(x.push, 1 + x.th / 4) / 2, ">", 0, "low")


def _run(tell: Say, x: Bits) -> None:
    """Every later step."""
    tell("1 - vth", 1 - x.vth, ">", 0, "both")
    tell("B_2 / (vth r)", product(x.second[1], x.gam / (1 + x.gam), x.tau1) / 2, "<=", 1, "high")
    excess = product(x.gam, x.length - 1) + x.drift - ball(H)
    tell("B <= eta K <= vth r: K/r - (1 + gam)", excess, "<=", 0, "high")
    tell("V is at rest at w_t: (B - h)/r", x.vth + x.drift - ball(H), "<", 0, "high")
    tell("H_t / r", x.floor, ">=", Fraction(23, 200), "low")
    tell("m / (eta r)", x.zone, "<=", Fraction(223, 10_000), "high")
    tell("gain of two steps from an odd one / (eta vth K)", x.gain_odd, ">=", Fraction(7, 10), "low")
    tell("gain of two steps from an even one / (eta vth K)", x.gain_even, ">=", Fraction(7, 10), "low")
    tell("B_3 / (eta r)", x.third, ">=", Fraction(1, 2), "low")
    tell("odd steps: (B - m)/(eta r)", x.odd - x.zone, ">", 0, "low")
    tell("even steps from w_4 on: B / tau2", x.even, ">=", 11, "low")
    tell("1 - phi at w_2, over eta", 1 / (100 * (x.second[0].lower() - 1)), "<=", EARLY, "high")
    blunt = x.tau2 / (100 * (x.odd - x.zone).lower())
    tell("1 - phi at odd steps", blunt / x.eta, "<=", LATE, "high")
    tell("1 - phi at even steps from w_4 on, over eta", 1 / (100 * (x.even.lower() - 1)), "<=", LATE, "high")
    tell("b at the projection on V_I, over r", ball(H) - x.drift, ">", 0, "low")
    tell("c X_t / r", x.risen, "<=", Fraction(63, 100), "high")
    tell("|w_t|² <= 1, no projection", x.norm, "<=", 1, "high")
    tell("c X of every suffix average / r", x.average, ">=", Fraction(13, 50), "low")


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    words={"preset": ("proof",)},
    constants={"gamma": Constant(1)},
    event="one",
    sample=bits(lambda n: 0),
    positive_radius=True,
    largest_radius="1/sqrt(eta T)",
    open_={SUFFIX: "conclusion"},
    unit="eta r² T",
)
