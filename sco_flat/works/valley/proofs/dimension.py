"""Theorems 1' and 3', exactly: codes in place of coordinates, so that the dimension is linear in n.

*Codes exist.* Of M(M-1)/2 pairs of random signs of length d', at most a share ``exp(-d' t²/2)`` has a product above
t; of random words of k letters out of q, ``exp(-k KL(t, 1/q))``, where a product is the share of equal letters. Where
the mean number of such pairs is below 1, some codes have none.

*1'.* ``f = ½ [dist((w, b), K_z x 0) - rho]_+²``, ``K_z = {<u_i, w> <= t, z_i = 1}``. If column I is zero on the
sample, u_I lies in every K_z of it: ``F_S^r(u_I) <= ½ [r - rho]_+²``, and no point has less, since a push along b
costs at least that. A fresh z has ``z_I = 1`` with probability ½, and then ``dist(u_I, K_z) >= 1 - t``.

*3'.* ``f = ½ [dist(w, K_z) - rho]_+²``, ``K_z = {<u_i, X_j> <= 0 (z_i = +), -<u_i, X_j> <= q0 t (z_i = -)}``, ``q0 =
eta (r - rho)``, ``u_i >= 0``. If column I is all plus, ``w_t = -q0 sum_{s<t} e_s u_I`` lies in every K_z of the
sample, as ``0 <= <u_i, u_I> <= t``; ``F_S(w_t + v) <= ½ [r - rho]_+²``, which ``v = r e_t u_I`` reaches, and w_t is
the projection of ``w_t + v``. A suffix average has ``X_j = -q0 a_j u_I`` with ``a_j >= (T - j)/T``, and a fresh z_I
is minus with probability ½: then the distance is at least ``q0 sqrt(sum_j [a_j - t]_+²)``.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from sco_flat.proofs.balls import Ball, ball, decide, decide_exactly, event_probability
from sco_flat.proofs.base import Constant, Provable, bits
from sco_flat.proofs.question import Question, Span
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.valley.proofs.sagd import excess
from sco_flat.works.valley.rechecks import dimension as rechecks

FIRST, THIRD = "Theorem 1'", "Theorem 3'"
HALF = Fraction(1, 2)
PUSHES = (Fraction(1, 100), Fraction(1, 10), Fraction(1, 2))
PAIRS = "mean number of pairs of random codes with a product above t"


def level(question: Question, usual: Fraction) -> Fraction:
    """t, exactly."""
    return Fraction(question.options.get("coherence", usual))


def sign_pairs(question: Question) -> Ball:
    """Mean number of pairs of random signs with a product above t, from above; length 25 n by default."""
    length, t = Fraction(question.options.get("code_length", 25 * question.n)), level(question, Fraction(1, 3))
    m = ball(question.width)
    return m * (m - 1) / 2 * (-ball(length * t**2 / 2)).exp()


def word_pairs(question: Question) -> Ball:
    """The same of random words of 4 n letters out of 8 by default."""
    places = Fraction(question.options.get("places", 4 * question.n))
    q, t, m = Fraction(question.options.get("letters", 8)), level(question, HALF), ball(question.width)
    if not 1 / q < t < 1:
        return m * (m - 1) / 2
    divergence = ball(t) * ball(t * q).log() + ball(1 - t) * ball((1 - t) / (1 - 1 / q)).log()
    return m * (m - 1) / 2 * (-ball(places) * divergence).exp()


def _shared(question: Question, sample: Sample | None, pairs: Ball, kind: str, source: str) -> list[Claim]:
    """The event, the codes, and what holds of half a squared distance to a convex set that contains 0."""
    e = question.evidence
    chance = event_probability(question.n, question.width, "any")
    found = [decide(f"P(an {kind} column) >= 1/2", "hypothesis", chance, ">=", ball(HALF), source, e)]
    if sample is not None:
        count = (len(sample.event.columns),) * 2
        found.append(decide_exactly(f"number of {kind} columns", "hypothesis", count, ">=", 1, source, e))
    found.append(decide(PAIRS, "hypothesis", pairs, "<", ball(1), source, e, "", "high"))
    curvature = (Fraction(0), Fraction(1))
    name = "f is convex and f >= 0: curvature of ½ [dist - rho]_+²"
    found.append(decide_exactly(name, "hypothesis", curvature, ">=", 0, source, e))
    found.append(decide_exactly("smoothness <= 1", "hypothesis", curvature, "<=", 1, source, e))
    return found


def hypotheses_first(question: Question) -> list[tuple[Claim, str]]:
    """``t + rho <= 1``, and a whole length of the codes."""
    t = level(question, Fraction(1, 3))
    value, e = (t + question.flatness_radius[0], t + question.flatness_radius[1]), question.evidence
    part = Fraction(question.options.get("code_length", 0)) % 1
    return [
        (decide_exactly("t + rho <= 1", "hypothesis", value, "<=", 1, FIRST, e), "flatness-radius"),
        (decide_exactly("d' is whole: d' mod 1", "hypothesis", (part, part), "==", 0, FIRST, e), "code_length"),
    ]


def loss(felt: Fraction, rho: Fraction) -> Fraction:
    """``½ [xi - rho]_+²``."""
    return max(felt - rho, Fraction(0)) ** 2 / 2


def claims_first(question: Question, sample: Sample | None) -> list[Claim]:
    """Evaluate both minima; all but the event and the codes is exact, and monotone in rho and r."""
    e, rhos, t = question.evidence, question.flatness_radius, level(question, Fraction(1, 3))
    found = [c for c, _ in hypotheses_first(question)]
    found += _shared(question, sample, sign_pairs(question), "all-zero", FIRST)
    longest = (max(Fraction(1), rhos[0]), max(Fraction(1), rhos[1]))
    found.append(decide_exactly("|u_I| <= 1 and |rho e_b| <= 1", "hypothesis", longest, "<=", 1, FIRST, e))
    radii = question.perturbation_radius or (Fraction(1), Fraction(1))

    def conclude(name: str, values: list[Fraction], relation: str) -> None:
        ends = (min(values), max(values))
        found.append(decide_exactly(name, "conclusion", ends, relation, 0, FIRST, e))  # type: ignore[arg-type]

    conclude("F_S(u_I) = 0", [loss(Fraction(0), rho) for rho in rhos], "==")
    above = [loss(r, rho) - max(r - rho, Fraction(0)) ** 2 / 2 for r in radii for rho in rhos]
    conclude("F_S^r(u_I) - min F_S^r <= 0", above, "<=")
    far = [loss(1 - t, rho) / 2 - (1 - t - rho) ** 2 / 4 for rho in rhos]
    conclude("F(u_I) - (1 - t - rho)²/4 >= 0", far, ">=")
    conclude("F_S(rho e_b) = F(rho e_b) = 0", [loss(rho, rho) for rho in rhos], "==")
    for push in PUSHES:
        name = f"F_S^{float(push):g}(rho e_b) - {float(push):g}²/2 >= 0"
        conclude(name, [loss(rho + push, rho) - push**2 / 2 for rho in rhos], ">=")
    return found


def hypotheses_third(question: Question) -> list[tuple[Claim, str]]:
    """``T >= 2``, ``r > rho``, ``eta (r - rho) <= 1/sqrt T``, ``t < 1``, whole q and k."""
    e, steps, t = question.evidence, question.steps, level(question, HALF)
    parts = sum((Fraction(question.options.get(name, 0)) % 1 for name in ("letters", "places")), Fraction(0))
    found: tuple[tuple[str, Span | tuple[int, int], str, int, str], ...] = (
        ("T >= 2", (steps, steps), ">=", 2, "steps"),
        ("t < 1", (t, t), "<", 1, "coherence"),
        ("q and k are whole: q mod 1 + k mod 1", (parts, parts), "==", 0, "letters"),
        ("r > rho: (eta (r - rho))² T > 0", walked(question), ">", 0, "radius"),
        ("(eta (r - rho))² T <= 1", walked(question), "<=", 1, "radius"),
    )
    return [(decide_exactly(name, "hypothesis", v, r, b, THIRD, e), key) for name, v, r, b, key in found]  # type: ignore[arg-type]


def walked(question: Question) -> Span:
    """``q0² T``, exactly: 1 where r is ``auto``."""
    if question.perturbation_radius is None:
        return Fraction(1), Fraction(1)
    low, high = excess(question)
    return low * question.step_size[0], high * question.step_size[1]


def felt(steps: int, t: Fraction) -> Fraction:
    """``sum_j [(T-j)/T - t]_+²/T``, exactly."""
    first = (t * steps).__floor__() + 1  # of k = T - j: the first with k > t T
    count, last = max(steps - first, 0), steps - 1
    if not count:
        return Fraction(0)
    squares = Fraction(prod((last, last + 1, 2 * last + 1)) - prod((first - 1, first, 2 * first - 1)), 6)
    total = Fraction((first + last) * count, 2)
    return (squares - 2 * t * steps * total + count * (t * steps) ** 2) / steps**3


def claims_third(question: Question, sample: Sample | None) -> list[Claim]:
    """The walk of the proof and the risk of every suffix average."""
    e, steps, t = question.evidence, question.steps, level(question, HALF)
    found = [c for c, _ in hypotheses_third(question)]
    found += _shared(question, sample, word_pairs(question), "all-plus", THIRD)
    low, high = walked(question)
    length = (low * Fraction(steps - 1, steps), high * Fraction(steps - 1, steps))
    found.append(decide_exactly("|w_t|² <= 1, no projection", "dynamics", length, "<=", 1, THIRD, e))
    corners = [(part, product) for part in (0, 1) for product in (0, t)]  # of a_j and of <u_i, u_I>
    plus = [-part * product for part, product in corners]
    minus = [part * product - t for part, product in corners]
    for name, values in (
        ("w_t in K_z of the sample: <u_i, X_j> of a plus, over q0", plus),
        ("w_t in K_z of the sample: -<u_i, X_j> of another column, over q0, less t", minus),
    ):
        ends = (Fraction(min(values)), Fraction(max(values)))
        found.append(decide_exactly(name, "dynamics", ends, "<=", 0, THIRD, e))
    sharp = question.flatness_radius[1] == 0
    name, share = (SUFFIX, Fraction(1, 4)) if sharp else (FLAT, Fraction(1))
    open_ = next((c.name for c in found if c.verdict != "proved"), "")
    if open_:
        note = f"it rests on {open_}"
        return [*found, Claim(name, "conclusion", e, "undecided", None, None, ">=", THIRD, note)]
    value, bound = felt(steps, t) * share, ((1 - t) ** 3 / 3 - (1 - t) ** 2 / steps) * share
    note = "a fresh z_I is minus with probability 1/2"
    found.append(decide_exactly(name, "conclusion", (value, value), ">=", bound, THIRD, e, note))
    return found


SUFFIX = "F / (eta² r² T) of every suffix average >= ((1-t)³/3 - (1-t)²/T)/4"
FLAT = "every suffix average: (rho + 2 sqrt F)² / (eta² (r - rho)² T) >= (1-t)³/3 - (1-t)²/T"
ERM = Provable(
    hypotheses=hypotheses_first,
    claims=claims_first,
    recheck=rechecks.first,
    constants={"coherence": Constant(1), "code_length": Constant()},
    event="any",
    sample=bits(lambda n: 0),
    largest_radius="1",
)
SAGD = Provable(
    hypotheses=hypotheses_third,
    claims=claims_third,
    recheck=rechecks.third,
    constants={"coherence": Constant(1), "places": Constant(), "letters": Constant()},
    event="any",
    sample=bits(lambda n: (1 << n) - 1),
    positive_radius=True,
    largest_radius="rho + 1/(eta sqrt(T))",
    open_={SUFFIX: "conclusion", FLAT: "conclusion"},
    unit="eta² r² T",
)
