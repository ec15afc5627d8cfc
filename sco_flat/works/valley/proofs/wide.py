"""SAM in a valley that begins as wide as the flat ball: ``rho = alpha r`` for every alpha between 0 and 1.

The recurrence is that of the coordinate q (`sco_flat.works.valley.proofs.sam`) with ``h = rho sqrt(1 + c²)``, ``th'² =
2 c²``, ``d = 1 - alpha``, ``gam = eta d/128``, ``mu = d/64``. SAM's point w' is beyond the edge of the valley by ``H =
r/l - h - cX``, which begins at about ``d r``. In units of ``d r`` the inequalities are those of rho = 0, for

    vth = eta (1 + gam) <= .24,     p = c²/d² <= 1/64,     r sqrt(eta T) <= 1,     v d < alpha,

the last, with ``v = eta (1 + eta/64)``, so that ``B <= v d r`` stays within the valley: for alpha >= 1/4 it follows.

*Top.* ``H_2/(d r) = 1 - (1 - 1/l)/d - alpha (sqrt(1 + c²) - 1)/d``, where ``1 - 1/l = 2 c²/(l (l + 1))`` and ``sqrt(1 +
c²) - 1 = c²/(1 + sqrt(1 + c²))`` carry a factor ``d²``.

*Floor.* ``B <= eta K`` and ``K <= gam r l + H <= d r (1 + eta/64)`` give ``B <= v d r``, ``v = eta (1 + eta/64)``,
and so ``H >= d r (top/e - v (1 - 1/e))``.

*Dead zone.* ``m = tau - th' q`` grows by ``2 eta gam c² (vth + l) r`` a step, by ``eta d (vth + l) r/64`` in all: less
than B.

*Risk.* ``c X`` of every suffix is at least ``d r (top/e - 1/T)``, and a fresh example sees ``X - rho`` of it, where
``rho/(r sqrt(eta T)) = alpha c``. So ``eta T`` has to be large against ``1/d²``: below about ``(alpha/(.63 d))²`` even
the last X is below rho, and nothing is left. This condition belongs to the loss, its constant 64 does not.

*Constants.* With ``walls = snug`` rho may be as small as about ``eta r``. For ``eta -> 0, eta T -> oo`` the bound is
``eta r² T/(4 e²) = .0338 eta r² T`` with a smoothness of ``1 + c`` and a little, where S1 has .0136 to .0190 with 3: in
units of ``eta beta² r² T`` that is 16 to 22 times as much. With the upper bound `sco_flat.bounds.risk_one_more`, 4/9 in
the limit, ``4/9 * 4 e² = 13.1`` is left on the event, times 1 over its probability, 4.2 to 5.6. In finite numbers (n =
100, T = 10^6, eta = 1/1000, r = 1/32): 23.5 on the event, 93 with the bound that compares twice.

What was left out, in floats: ``c² = u/(eta T)`` gives ``((1 - (1 - e^-u)/u)/sqrt(u))²``, at u = 2.2 1.19 times as much;
sets ``A_i`` of a share q of the points give 2q, but ``(1 - q)^-n`` sets; the last iterate has ``(1 - 1/e)² e² = 2.95``
times the full average. On the upper side, in order: ``|v_t - v'_t| <= 2r`` at every step in directions that lead apart
(here they do so by ``c r`` only, in a growing valley), and that the average of ``d_t`` is 2/3 of its end.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from sco_flat.proofs.balls import Ball, ball, decide, decide_exactly, product
from sco_flat.proofs.base import Provable
from sco_flat.proofs.question import Question, Side, Span
from sco_flat.results import Claim, Kind, Relation
from sco_flat.samples import Sample
from sco_flat.works.valley.drawn import columns, examples
from sco_flat.works.valley.proofs.counts import counted
from sco_flat.works.valley.proofs.design import SCOPES, Design, root, span_product
from sco_flat.works.valley.proofs.first_step import EVENT, LEAST_N, event, first_step
from sco_flat.works.valley.rechecks.wide import recheck

SOURCE = "Theorem S2'"
WALLS = ("usual", "snug")
DESIGN = Design(mu=Fraction(1, 64))
STEEPEST, SHORTEST = Fraction(6, 25), Fraction(1, 64)
"""Largest vth and p."""
TURN = Fraction(63, 100)
SUFFIX = "F / (eta (r - rho)² T) of every suffix average >= 1/80"


class Numbers:
    """What the inequalities read; lengths in units of r where they say so, else of ``d r``."""

    design, t = DESIGN, Fraction(0)

    def __init__(self, question: Question) -> None:
        self.question, self.all = question, question.options.get("scope") == SCOPES[1]

    @cached_property
    def time(self) -> Span:
        """``eta T``, exactly."""
        return span_product(self.question.step_size, (Fraction(self.question.steps),) * 2)

    @cached_property
    def s2(self) -> Ball:
        """``r² eta T``."""
        radius = self.question.perturbation_radius
        if self.all:
            return ball(0, 1)
        return ball(1) if radius is None else ball(*span_product(radius, radius, self.time))

    @cached_property
    def alpha(self) -> Ball:
        """``rho/r``."""
        if self.all:
            return ball(0, 1)
        rho, radius = ball(*self.question.flatness_radius), self.question.perturbation_radius
        return product(rho, ball(*self.time).sqrt()) if radius is None else rho / ball(*radius)

    @cached_property
    def d(self) -> Ball:
        """``1 - rho/r``."""
        return ball(0, 1) if self.all else 1 - self.alpha

    @cached_property
    def p(self) -> Ball:
        """``c²/d²``."""
        return ball(0, SHORTEST) if self.all else 1 / ball(*self.time) / self.d**2

    @cached_property
    def eta(self) -> Ball:
        """``eta``."""
        return ball(0, STEEPEST) if self.all else ball(*self.question.step_size)

    @cached_property
    def gam(self) -> Ball:
        """``gam``."""
        return product(self.eta, self.d) / 128

    @cached_property
    def v(self) -> Ball:
        """What B is at most."""
        return product(self.eta, 1 + self.eta / 64)

    @cached_property
    def vth(self) -> Ball:
        """``eta (1 + gam)``."""
        return ball(0, STEEPEST) if self.all else product(self.eta, 1 + self.gam)

    @cached_property
    def share(self) -> Ball:
        """``eta/vth``."""
        return 1 / (1 + self.gam)

    @cached_property
    def c2(self) -> Ball:
        """``c²``."""
        return product(self.p, self.d, self.d)

    @cached_property
    def length(self) -> Ball:
        """``l``."""
        return (1 + 2 * self.c2).sqrt()

    @cached_property
    def top(self) -> Ball:
        """``H_2``."""
        tilted = 2 * product(self.p, self.d) / (self.length * (self.length + 1))
        return 1 - tilted - product(self.alpha, self.p, self.d) / (1 + (1 + self.c2).sqrt())

    @cached_property
    def rest(self) -> Ball:
        """``(1 - 1/T)^(t-2)``, t up to T."""
        return ball(-1).exp().union(ball(1)) if self.all else self._power(self.question.steps - 2)

    @cached_property
    def mean(self) -> Ball:
        """``(1 - 1/T)^(T-1) - 1/T``, where ``1/T = eta c²``."""
        if self.all:
            return (ball(-1).exp() - product(self.eta, self.c2).upper()).union(ball(1))
        return self._power(self.question.steps - 1) - ball(Fraction(1, self.question.steps))

    def _power(self, exponent: int) -> Ball:
        return ((-ball(1) / self.question.steps).log1p() * max(exponent, 0)).exp()

    @cached_property
    def floor(self) -> Ball:
        """``H_t`` from below."""
        return product(self.top, self.rest) - product(self.v, 1 - self.rest)

    @cached_property
    def risen(self) -> Ball:
        """``c X_t`` from above."""
        return product(self.top + self.v, 1 - self.rest)

    @cached_property
    def nu(self) -> Ball:
        """``1/n``."""
        return ball(0, Fraction(1, LEAST_N)) if self.all else ball(Fraction(1, self.question.n))

    @cached_property
    def om(self) -> Ball:
        """``sqrt(1 + 1/n)``."""
        return (1 + self.nu).sqrt()

    @cached_property
    def pull(self) -> Ball:
        """``a_2`` without the part of R, in units of ``-eta lam r``."""
        return self.om + product(self.eta, ball(self.design.lam * self.design.dl))

    @cached_property
    def tau_r(self) -> Ball:
        """``tau_R/r``."""
        return (ball(self.design.sig) - product(ball(self.design.th / 2), self.nu, self.nu)) / self.om

    @cached_property
    def tau(self) -> Ball:
        """``tau/(eta d r) = (1/8) eps1/r``."""
        return product(ball(self.design.tau * self.design.mu * self.design.th / 2), self.nu, self.nu) / self.om


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """Conditions of the theorem on the numbers, with the keys that mend them."""
    x, n, e = Numbers(replace_scope(question)), question.n, question.evidence
    radius, rho = question.perturbation_radius, question.flatness_radius
    ratio = product(ball(*rho), ball(*rho), ball(*x.time)) if radius is None else x.alpha**2
    least = Fraction(0) if question.options.get("walls") == WALLS[1] else Fraction(1, 64)
    exact = [
        decide_exactly("n >= 4", "hypothesis", (Fraction(n),) * 2, ">=", LEAST_N, SOURCE, e),
        decide_exactly("n is even: n mod 2", "hypothesis", (Fraction(n % 2),) * 2, "==", 0, SOURCE, e),
    ]
    found = [(exact[0], "n"), (exact[1], "n")]
    for name, value, relation, bound, key in (
        ("(rho/r)² > 1/64, or 0 with snug walls", ratio, ">", least, "flatness-radius"),
        ("(rho/r)² < 1", ratio, "<", Fraction(1), "flatness-radius"),
        ("V is at rest at w_t: (B - h)/r", product(x.v, x.d) - x.alpha, "<", Fraction(0), "flatness-radius"),
        ("eta (1 + gam) <= .24", x.vth, "<=", STEEPEST, "step-size"),
        ("1/((1 - rho/r)² eta T) <= 1/64", x.p, "<=", SHORTEST, "steps"),
        ("r² eta T <= 1", x.s2, "<=", Fraction(1), "radius"),
    ):
        found.append((decide(name, "hypothesis", value, relation, ball(bound), SOURCE, e), key))  # type: ignore[arg-type]
    return found


def replace_scope(question: Question) -> Question:
    """The question about its own numbers, whatever its scope: hypotheses are on these."""
    return replace(question, options={k: v for k, v in question.options.items() if k != "scope"})


def quantities(x: Numbers) -> list[tuple[Kind, str, Ball, Relation, Fraction | int, Side]]:
    """Every inequality of the proof but its hypotheses."""
    d, top, gam, far = x.d, x.top, x.gam, DESIGN.mu * DESIGN.normal
    radius = product(x.s2.sqrt() if not x.all else ball(0, 1), x.c2.sqrt() if not x.all else ball(0, Fraction(1, 8)))
    g = product(gam, 1 + 2 * x.c2) + product(ball(far), d)  # on b, beside V
    met = 1 + (g + x.c2) / 2 + root((x.c2 - g) ** 2 / 4 + x.c2)
    smooth = met.upper().max((1 + x.c2 + g).upper()).max((1 + product(ball(far), d)).upper())
    q = product(x.alpha, x.length, root(x.s2)) / ball(2).sqrt()
    lost = product(x.c2, 1 + x.v / x.floor.lower())
    opened = 2 * product(x.eta, x.eta, d, x.c2, x.vth + x.length) / 128**2 / x.floor.lower()  # gam²/d = eta² d/128²
    gain = 1 - product(x.share, lost + opened)
    first = 2 * product(x.tau, 1 - x.vth)
    third = top + product(x.eta, x.length - product(x.eta, d, x.tau)) / 128 - first
    grows, part = (x.vth + x.length) / 64, (1 - ball(-2 * TURN).exp()) / (2 * ball(TURN))
    slope = product(gain, x.floor, part)
    odd = third.lower().min((product(gain, x.floor) / (2 - x.vth)).lower())
    room = slope - 4 * x.tau - product(x.share, x.c2, x.vth + x.length) / 32
    side = (1 / x.length - 1 / (1 + x.c2)).lower().max(ball(0)) + x.alpha.lower().max(ball(0)) / (1 + x.c2)
    along = product(x.eta, d, grows) ** 2 / 2  # q², over r² c²
    step = product(x.eta, x.pull) * 2
    norm = product(x.s2, product(x.c2, step**2 + x.vth**2) + along + product(d, x.risen) ** 2)
    average = product(top, x.mean)
    risk = (average - product(x.alpha, root(x.p))).lower().max(ball(0)) ** 2 / 4
    flat = "w* is a common flat minimum: margin of"
    h: Kind = "hypothesis"
    s: Kind = "dynamics"
    return [
        (h, EVENT, event(x), ">=", Fraction(9, 50), "low" if x.all else "both"),
        (h, "f is convex and f >= 0: smallest weight of a squared distance", gam.lower().max(ball(0)), ">=", 0, "low"),
        (h, "smoothness <= 6/5", smooth, "<=", Fraction(6, 5), "high"),
        (h, f"{flat} R, less rho, over 1", ball(Fraction(3, 4)) / ball(DESIGN.normal).sqrt() - radius, ">", 0, "low"),
        (h, f"{flat} the start, less rho", (1 - product(x.eta, radius) / 2) / ball(8).sqrt() - radius, ">", 0, "low"),
        (h, "|w*|² <= 1", ball(Fraction(1, 4)) + q**2, "<=", 1, "high"),
        (s, "1 - vth", 1 - x.vth, ">", 0, "both"),
        (s, "B <= eta K <= v d r: l", x.length, "<=", 2, "high"),
        (s, "H_t / (d r)", x.floor, ">=", Fraction(1, 5), "low"),
        (s, "(H_t - H_t+1) / (eta H)", lost, "<=", Fraction(3, 16), "high"),
        (s, "gain of two steps / (eta vth K)", gain, ">=", Fraction(4, 5), "low"),
        (s, "(B_3 - tau) / (eta d r)", third - x.tau, ">", 0, "low"),
        (s, "even steps: gain a over min(k vth, .63) eta d r", slope, ">=", Fraction(9, 100), "low"),
        (s, "even steps, k vth <= .63: growth of (B - m)/(eta vth d r)", room, ">", 0, "low"),
        (s, "even steps, k vth >= .63: (B - m)/(eta d r)", slope * ball(TURN) - x.tau - grows, ">", 0, "low"),
        (s, "odd steps: (B - m)/(eta d r)", odd - x.tau - grows, ">", 0, "low"),
        (s, "b at the projection on V_I, less its part in B, over r", side, ">=", 0, "low"),
        (s, "1 - c²", 1 - x.c2, ">=", 0, "low"),
        (s, "|w_t|² <= 1, no projection", norm, "<=", 1, "high"),
        (s, "c X of every suffix average / (d r)", average, ">=", Fraction(7, 20), "low"),
        ("conclusion", SUFFIX, risk, ">=", Fraction(1, 80), "low"),
    ]  # fmt: skip


def claims(question: Question, drawn: Sample | None) -> list[Claim]:
    """Prove the lemmas and the conclusion for the numbers or all admissible ones; a sample has to be on the event."""
    x, e = Numbers(question), question.evidence
    found = [c for c, _ in hypotheses(question)] + first_step(x, SOURCE)
    if drawn is not None:
        found += counted(question, drawn, SOURCE)
    note = "for all admissible numbers at once" if x.all else ""
    for kind, name, value, relation, bound, side in quantities(x):
        open_ = next((c.name for c in found if c.verdict != "proved"), "") if kind == "conclusion" else ""
        if open_:
            found.append(Claim(name, kind, e, "undecided", None, None, relation, SOURCE, f"it rests on {open_}"))
        else:
            found.append(decide(name, kind, value, relation, ball(bound), SOURCE, e, note, side))
    return found


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    sample=examples,
    columns=columns,
    words={"scope": SCOPES, "walls": WALLS},
    event="one",
    positive_radius=True,
    largest_radius="1/sqrt(eta T)",
    unit="eta (r - rho)² T",
    open_={SUFFIX: "conclusion"},
)
"""Proof and re-check together."""
