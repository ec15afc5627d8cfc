"""SAM in the valley: the first step, then a recurrence in two numbers, by inequalities that do not walk.

While ``tau < B <= h`` (all in units of r) the direction is ``±u_I``, and with ``H = 1 - h - cX``, ``K = gam (1 - tau) +
H``, ``vth = eta (1 + gam)``:

    B+ = eta K - (1 - vth) B,      cX+ = cX + (H + B)/T,      B_2 = 2 tau,      X_2 = 0.

*Floor of H.* ``H+ + vth >= (1 - 1/T)(H + vth)``, as ``B <= vth``. *Two steps.* ``B_(t+2) = (1-vth)² B_t + eta (vth K_t
- (H_t - H_(t+1)))`` and ``H_t - H_(t+1) = eta c² (H + B)``, which leaves a gain of at least ``g eta vth K_t``. So
``min(2 tau, .4 eta K)`` is never passed downwards: ``(1-vth)² m + g vth m/.4 >= m`` for ``g/.4 >= 2 - vth``; it
begins with ``B_2 = 2 tau < B_3``.

*With the coordinate q* (``gam = eta/8``): the direction is ``(±u_I, th')/l``; 1 becomes ``1/l`` in H and ``l - m`` in K
instead of ``1 - tau``, where the dead zone ``m = tau - th' q`` grows by at most ``eta gam th'² (vth + l)`` a step, that
is ``eta (vth + l)/(64 T)``. Over k double steps B gains at least ``a eta min(k vth, .63)``, as ``(1 - (1-vth)^(2k))``
is concave in k, and what was 2 tau at first is at least ``2 tau (1 - 2 k vth)``.

*Other half-spaces.* At the projection on the active face ``b = B + 1 - (H+B)/(1+c²) > 0`` and ``c x = cX + c² (H+B)/(1
+ c²)``, together at most ``B + 1 + cX``; so ``|<u_i,b>| - c <u_i,x> <= t (B + 1 + cX) <= h`` for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sco_flat.proofs.balls import Ball, ball, decide, decide_exactly, product
from sco_flat.proofs.base import Constant, Provable, Rechecked
from sco_flat.proofs.question import Question, Side
from sco_flat.results import Claim, Relation
from sco_flat.samples import Sample
from sco_flat.works.valley.drawn import columns, sample
from sco_flat.works.valley.proofs import run
from sco_flat.works.valley.proofs.counts import counted
from sco_flat.works.valley.proofs.design import (
    CODES,
    LARGEST_REACH,
    LEAST_TIME,
    SCOPES,
    STEEPEST,
    Design,
    Numbers,
    eighth,
    margin_of,
    reach_squared,
    span_product,
)
from sco_flat.works.valley.proofs.first_step import LEAST_N, event_claim, first_step, loss_claims

SOURCE = {False: "Theorem S1", True: "Theorem S2"}
GAIN = Fraction(4, 5)
SHARE = Fraction(2, 5)
TURN = Fraction(63, 100)
"""``k vth`` from which on the even steps are far enough above the dead zone."""
SUFFIX = "F / (eta r² T) of every suffix average"
EMPIRICAL = "F_S / (gam (vth r)²/2) of every suffix average"
LEAST_RISK = {CODES[0]: Fraction(1, 80), CODES[1]: Fraction(1, 190)}


def hypotheses(question: Question, flat: bool) -> list[tuple[Claim, str]]:
    """Conditions of the theorem on the numbers, decided without rounding, with the keys that mend them."""
    e, n, step, time = question.evidence, question.n, question.step_size, (Fraction(question.steps),) * 2
    gam = (step[0] / 8, step[1] / 8) if flat else (Fraction(question.options.get("gamma", 1)),) * 2
    least = LEAST_TIME[flat]
    found = [
        ("n >= 4", (n, n), ">=", LEAST_N, "n"),
        ("n is even: n mod 2", (n % 2, n % 2), "==", 0, "n"),
        ("eta (1 + gam) <= .24", span_product(step, (1 + gam[0], 1 + gam[1])), "<=", STEEPEST, "step-size"),
        (f"eta T >= {least}", span_product(step, time), ">=", least, "steps"),
        ("r² eta T <= 1.4²", reach_squared(question), "<=", LARGEST_REACH, "radius"),
    ]
    if flat:
        found.append(("rho > 0", question.flatness_radius, ">", 0, "flatness-radius"))
        found.append(("(8 rho/r)² <= 1", eighth(question, question.flatness_radius), "<=", 1, "flatness-radius"))
    else:
        found.append(("rho = 0", question.flatness_radius, "==", 0, "flatness-radius"))
        found.append(("(8 margin/r)² <= 1", eighth(question, margin_of(question)), "<=", 1, "margin"))
    return [(decide_exactly(name, "hypothesis", v, r, b, SOURCE[flat], e), key) for name, v, r, b, key in found]  # type: ignore[arg-type]


class Book:
    """Collects the claims of the recurrence.

    Parameters
    ----------
    x : Numbers
        What they read.
    """

    def __init__(self, x: Numbers) -> None:
        self.x, self.found = x, list[Claim]()

    def say(self, name: str, value: Ball, relation: Relation, bound: Fraction | int, side: Side) -> None:
        """Keep one claim about every step; one end of its quantity is known."""
        x = self.x
        self.found.append(
            decide(
                name, "dynamics", value, relation, ball(bound), SOURCE[x.flat], x.question.evidence,
                "for all admissible numbers at once" if x.all else "", side,
            )
        )  # fmt: skip


def growth(x: Numbers) -> Ball:
    """Growth of the dead zone m in a step, in units of ``eta r/T``: at most ``(vth + l)/64``."""
    return (x.vth + x.length) / 64


def gain(x: Numbers) -> Ball:
    """What two steps add to ``(1-vth)² B``, in units of ``eta vth K``, from below."""
    lost = product(x.c2, 1 + x.vth / x.floor.lower())
    if x.flat:  # the dead zone grows: gam² th'² (vth + l)/H
        lost += product(x.gam, x.gam, x.w2, x.vth + x.length) / x.floor.lower()
    return 1 - product(x.share, lost)


def recurrence(x: Numbers) -> list[Claim]:
    """Every step of the recurrence, by inequalities."""
    book, d = Book(x), x.design
    first = product(2 * x.tau, 1 - x.vth)
    third = x.top + product(x.gam, x.length - product(x.eta, x.tau)) - first
    book.say("1 - vth", 1 - x.vth, ">", 0, "both")
    book.say("B_2 / (vth r)", 2 * product(x.tau, x.share), "<=", 1, "both")
    excess = x.top + product(x.gam, x.length - 1) - 1
    book.say("B <= eta K <= vth r: K/r - (1 + gam)", excess, "<=", 0, "high")
    book.say("V is at rest at w_t: (B - h)/r", x.vth - ball(d.h), "<", 0, "high")
    book.say("H_t / r", x.floor, ">=", Fraction(3, 25), "low")
    book.say("B / H", x.vth / x.floor.lower(), "<=", 2, "high")
    book.say("(H_t - H_t+1) / (eta H)", product(x.c2, 1 + x.vth / x.floor.lower()), "<=", Fraction(3, 16), "high")
    book.say("gain of two steps / (eta vth K)", gain(x), ">=", GAIN, "low")
    book.say("(B_3 - 2 tau) / (eta r)", third - 2 * x.tau, ">", 0, "low")
    if x.flat:
        _dead_zone(book, third)
    else:
        book.say(
            "B >= min(2 tau, .4 eta K) stays: gain/.4 - (2 - vth)", gain(x) / ball(SHARE) - 2 + x.vth, ">=", 0, "low"
        )
        book.say(".4 eta K > tau: (.4 H - tau/eta)/r", ball(SHARE) * x.floor - x.tau, ">", 0, "low")
    book.say("b at the projection on V_I, over r", 1 / x.length - x.top / (1 + x.c2), ">", 0, "low")
    book.say("1 - c²", 1 - x.c2, ">=", 0, "low")
    book.say("c X_t / r", x.risen, "<=", Fraction(63, 100), "high")
    others = ball(x.t) * (1 + x.vth + x.risen) - ball(d.h)
    book.say("V_i is at rest: t (|b'| + c X)/r - h/r", others, "<", 0, "high")
    book.say("K_z of the sample is at rest: t c X/r - c k_x/r", ball(x.t) * (x.risen - ball(d.reach)), "<=", 0, "high")
    book.say("|w_t|² <= 1, no projection", norm(x), "<=", 1, "high")
    book.say("c X of every suffix average / r", average(x), ">=", Fraction(13, 50), "low")
    return book.found


def _dead_zone(book: Book, third: Ball) -> None:
    """With the coordinate q: B stays above the dead zone m, which grows."""
    x, grows = book.x, growth(book.x)
    part = (1 - ball(-2 * TURN).exp()) / (2 * ball(TURN))
    slope = product(gain(x), x.floor, part)
    widest = x.tau + grows
    book.say("even steps: gain a over min(k vth, .63) eta r", slope, ">=", Fraction(6, 125), "low")
    room = slope - 4 * x.tau - 2 * product(x.share, x.w2, x.vth + x.length) / 8
    book.say("even steps, k vth <= .63: growth of (B - m)/(eta vth r)", room, ">", 0, "low")
    book.say("even steps, k vth >= .63: (B - m)/(eta r)", slope * ball(TURN) - widest, ">", 0, "low")
    odd = third.lower().min((product(gain(x), x.floor) / (2 - x.vth)).lower())
    book.say("odd steps: B/(eta r)", odd, ">=", Fraction(6, 125), "low")
    book.say("odd steps: (B - m)/(eta r)", odd - widest, ">", 0, "low")


def norm(x: Numbers) -> Ball:
    """``|w_t|²``, from above: ``r² = (r² eta T) c²``."""
    d = x.design
    tilt = product(x.eta, ball(d.mu), x.eps1)
    start = product(x.eta, ball(d.lam), x.pull)
    first = (tilt * ball(d.sig) + start) ** 2 + product(x.nu, start, start) + tilt**2 * ball(d.th**2 / 2)
    along = product(x.eta, growth(x)) ** 2 * 8 if x.flat else ball(0)  # q², over r² c²
    return product(x.s2, product(x.c2, first + x.vth**2) + along + product(x.risen, x.risen))


def average(x: Numbers) -> Ball:
    """``c X`` of the full average, from below: X grows, so that no suffix has less."""
    return product(x.top, x.mean)


def risk(x: Numbers) -> Ball:
    """``F / (eta r² T)`` of every suffix average, from below: a fresh z lies in A_I with probability ½."""
    return (average(x) - ball(x.t * x.design.reach) - x.rho).lower().max(ball(0)) ** 2 / 4


def claims(question: Question, flat: bool, design: Design | None = None, sample: Sample | None = None) -> list[Claim]:
    """Prove the lemmas and the conclusion for the numbers, or for all admissible ones, or for the run of one sample.

    Parameters
    ----------
    question : Question
        The numbers.
    flat : bool
        Whether the loss has the coordinate q.
    design : Design, optional
        Other constants than the theorem's.
    sample : Sample, optional
        Of ``bracket`` evidence: then the run is walked, and nothing rests on the inequalities for all samples.

    Returns
    -------
    list of Claim
        Hypotheses, dynamics, conclusion. Where something that it rests on is not proved, the conclusion is undecided.
    """
    x, e, source = Numbers(question, design or Design(), flat), question.evidence, SOURCE[flat]
    found = [c for c, _ in hypotheses(question, flat)]
    found.append(event_claim(x, source))
    found += loss_claims(x, source)
    if sample is not None:
        found += counted(question, sample, source)
        return found + run.claims(x, sample, found, SUFFIX, EMPIRICAL)
    found += [*first_step(x, source), *recurrence(x)]
    code = question.options.get("codes", CODES[0])
    name = f"{SUFFIX} >= 1/{LEAST_RISK[code].denominator}"
    open_ = next((c.name for c in found if c.verdict != "proved"), "")
    if open_:
        note = f"it rests on {open_}"
        sides: tuple[tuple[str, Relation], ...] = ((name, ">="), (EMPIRICAL, "<="))
        return found + [Claim(n, "conclusion", e, "undecided", None, None, r, source, note) for n, r in sides]
    note = "a fresh z lies in A_I with probability 1/2"
    found.append(decide(name, "conclusion", risk(x), ">=", ball(LEAST_RISK[code]), source, e, note, "low"))
    felt = (1 - product(x.tau, x.share).lower().max(ball(0))) ** 2
    note = "B <= vth r, the dead zone is at least tau, and no other term is active"
    found.append(decide(EMPIRICAL, "conclusion", felt, "<=", ball(1), source, e, note, "high"))
    return found


def provable(flat: bool, recheck: Callable[[Question, bool, Sample | None], list[Rechecked]]) -> Provable:
    """What the prover and the re-check are handed."""
    return Provable(
        hypotheses=lambda question: hypotheses(question, flat),
        claims=lambda question, sample: claims(question, flat, sample=sample),
        recheck=lambda question, sample: recheck(question, flat, sample),
        trajectory=lambda question, sample: run.trajectory(Numbers(question, Design(), flat), sample),
        sample=sample,
        columns=columns,
        words={"codes": CODES, "scope": SCOPES},
        constants={} if flat else {"gamma": Constant(1), "margin": Constant(zero=True)},
        event="one",
        positive_radius=True,
        largest_radius="1/sqrt(eta T)",
        unit="eta r² T",
        open_={
            **{f"{SUFFIX} >= 1/{b.denominator}": "conclusion" for b in LEAST_RISK.values()},
            EMPIRICAL: "conclusion",
            **{f"{name} >= 1/{b.denominator}": "conclusion" for b in LEAST_RISK.values() for name in run.RISKS},
        },
    )
