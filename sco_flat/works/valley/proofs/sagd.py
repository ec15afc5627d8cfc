"""Theorem L: SA-GD with every exact maximiser walks along the valley of the only all-plus column.

``D = r - rho``, ``c² = (1-eta)/(4 n eta T)``, ``l² = 1 + c²``, ``0 <= h <= D l/(4 n T)``; ``psi`` is l²/2 times the
squared distance to the wedge ``V = {|b| <= c x + h + rho l}``. I is the all-plus column, ``(b, x)`` its block, ``B =
|b|``, all other coordinates are 0 so far.

*Where the maximum is.* ``psi(w + v) <= ½ [A + (s - rho) l]_+²`` for ``|v_I| = s``, ``A = B - cx - h``, since the
signed distance to V changes by s at most. With ``phi(u) = [sqrt u - rho]_+²``, which is convex and 0 at 0, an example
adds at most ``½ l² (phi(P) + ½ phi(Q))`` from the squares P of what it sees as plus and Q of what it sees as minus
(with q); the mean over the sample is convex in the squares of the columns, so that it is largest with all of ``r² -
s²`` in one column, with a share ``p <= 1 - 1/n`` of plus signs, and then ``½ l² phi(r² - s²) (1 + p)/2``. As
``phi(s²) + phi(r² - s²) <= D²``,

    F_S(w + v) <= ½ [A + a l]_+² + ½ (1 - 1/(2n)) l² (D² - a²),    a = [s - rho]_+.

Where ``A + a l > 0`` this is convex in a, before it falls: its maximum is at a = 0 or a = D, and at a = D alone while
``cx + h <= D l/(4n)``, since then ``(A + D l)² >= D² l² (1 - 1/(4n))² > D² l² (1 - 1/(2n))``. The value there is
reached along the outer normal of a nearest face.

*A step.* The maximisers are ``r (±1, -c)/l`` with the sign of b, and where w is the apex every direction of its
normal cone, ``(sin p, -cos p)`` with ``cos p >= c/l``. So x grows by ``eta c R`` with ``R = A + D l >= D l (1 -
1/(4n))``, and from the apex by ``eta l² D cos p >= eta c D l``. (At the normal of a face the projection has a b of
the same sign: the wedge is the half-plane there.)

*No fall.* V contains what lies above its points, so that psi falls with x: no perturbation whatever lowers x_I. Hence
``x_t >= (t-1) eta c D l (1 - 1/(4n))`` for every t <= T, whatever happens once ``cx + h`` has passed ``D l/(4n)``:
then x is larger for ever.

*Length.* With ``g = grad F_S(w + v)``, ``|v| <= r``: the ball of radius rho around 0 has loss 0, so that ``<g, w> >=
F_S(w + v) + |g|²/(2 beta) - D |g| >= |g|²/beta - D |g|``; ``|w - eta g|² <= |w|² + theta D²/(2 - theta)``, ``theta =
eta beta``, ``beta = 1 + c²``.

*Risk.* A fresh z has a minus in column I with probability ½: ``F >= [x - rho]_+²/8``, and x of a suffix average is at
least that of the full average, since x grows.
"""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.balls import Ball, ball, decide, decide_exactly, event_probability, product
from sco_flat.proofs.base import Provable, bits
from sco_flat.proofs.question import Question, Span
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.valley.proofs.design import span_product
from sco_flat.works.valley.rechecks.sagd import recheck

SOURCE = "Theorem L"
SUFFIX = "F / (eta r² T/n) of every suffix average >= 1/240"
FLAT = "every suffix average: (rho + sqrt(8 F))² / (eta (r - rho)² T/n) >= 1/30"
LENGTH = "|w_t|² <= (T-1) theta (r - rho)²/(2 - theta) <= 1, theta = eta (1 + c²)"
THIRD, QUARTER = Fraction(1, 3), Fraction(1, 4)


def slope(question: Question) -> Span:
    """``c² = (1-eta)/(4 n eta T)``, exactly: it falls with eta."""
    room = 4 * question.n * question.steps
    low, high = ((1 / eta - 1) / room for eta in reversed(question.step_size))
    return max(low, Fraction(0)), max(high, Fraction(0))


def excess(question: Question) -> Span:
    """``(r - rho)² eta T``, exactly: 1 where r is ``auto``."""
    radius, rho = question.perturbation_radius, question.flatness_radius
    if radius is None:
        return Fraction(1), Fraction(1)
    beyond = (max(radius[0] - rho[1], Fraction(0)), max(radius[1] - rho[0], Fraction(0)))
    return span_product(beyond, beyond, question.step_size, (Fraction(question.steps),) * 2)


def longest(question: Question) -> Span:
    """``|w_T|²`` from above: ``(T-1) theta (r - rho)²/(2 - theta)``, exactly; 2 where theta is not below 2."""
    low, high = span_product(question.step_size, tuple(1 + c2 for c2 in slope(question)))  # type: ignore[arg-type]
    if high >= 2:
        return Fraction(2), Fraction(2)
    least, most = excess(question)
    lasting = Fraction(question.steps - 1, question.steps)
    wide = tuple(1 + c2 for c2 in slope(question))
    return least * lasting * wide[0] / (2 - low), most * lasting * wide[1] / (2 - high)


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """``n >= 4``, ``T >= 10``, ``eta <= 1/4``, ``r > rho``, and r so small that the walk stays in the ball."""
    e, n, steps = question.evidence, question.n, question.steps
    return [
        (decide_exactly(name, "hypothesis", value, relation, bound, SOURCE, e), key)  # type: ignore[arg-type]
        for name, value, relation, bound, key in (
            ("n >= 4", (n, n), ">=", 4, "n"),
            ("T >= 10", (steps, steps), ">=", 10, "steps"),
            ("eta <= 1/4", question.step_size, "<=", QUARTER, "step-size"),
            ("r > rho: (r - rho)² eta T > 0", excess(question), ">", 0, "flatness-radius"),
            (LENGTH, longest(question), "<=", 1, "radius"),
        )
    ]


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
    e, n, steps = question.evidence, question.n, question.steps
    found = [c for c, _ in hypotheses(question)]
    chance = event_probability(n, question.width, "one")
    name = "P(exactly one all-plus column) >= 1/3"
    found.append(decide(name, "hypothesis", chance, ">=", ball(THIRD), SOURCE, e))
    if sample is not None:
        count = len(sample.event.columns)
        name = "number of all-plus columns"
        found.append(decide_exactly(name, "hypothesis", (count, count), "==", 1, SOURCE, e))
    quarter, share = 1 - Fraction(1, 4 * n), Fraction(n - 1, n)
    half = Fraction(1, 2)
    lost = 1 - Fraction(1, 2 * n)
    c2 = slope(question)
    for name, kind, value, relation, bound in (
        ("f is convex and f >= 0: smallest weight of a squared distance", "hypothesis", half, ">=", 0),
        ("smoothness - (1 + c²)", "hypothesis", max(half - 1 - c2[0], Fraction(0)), "<=", 0),
        ("f(., z) = 0 on the ball of radius rho around 0", "hypothesis", Fraction(0), "==", 0),
        ("other columns: (1 + p)/2 - (1 - 1/(2n)) for p <= 1 - 1/n", "dynamics", (1 + share) / 2 - lost, "<=", 0),
        ("curvature in s of the bound on F_S(w + v), over l²", "dynamics", 1 - lost, ">", 0),
        ("s = r wins while c x + h <= D l/(4n): margin over l² D²", "dynamics", quarter**2 - lost, ">", 0),
        ("smallest x_2 / (eta c D l) of all maximisers at an apex", "dynamics", Fraction(1), ">=", quarter),
    ):
        found.append(decide_exactly(name, kind, (value, value), relation, bound, SOURCE, e))  # type: ignore[arg-type]
    steep = -ball(*c2)
    name = "slope of psi in x on a face, times c over R"
    found.append(decide(name, "dynamics", steep, "<=" if c2[0] == 0 else "<", ball(0), SOURCE, e))
    eta, floor = ball(*question.step_size), Fraction(1, 16 * steps)
    walked = product(1 - eta, ball(quarter * Fraction(steps - 1, steps))) + ball(floor)
    name = "(c x_T from below + h) / (D l/(4n))"
    found.append(decide(name, "dynamics", walked, "<=", ball(1), SOURCE, e, "h = D/(64 n T)", "high"))
    sharp = question.flatness_radius[1] == 0
    open_ = next((c.name for c in found if c.verdict != "proved"), "")
    last = SUFFIX if sharp else FLAT
    if open_:
        note = f"it rests on {open_}"
        return [*found, Claim(last, "conclusion", e, "undecided", None, None, ">=", SOURCE, note)]
    note = "a fresh z_I is minus with probability 1/2; every exact maximiser, whatever the tie rule"
    value, bound = average(question, eta), Fraction(1, 30)
    if sharp:
        value, bound = value / 8, bound / 8
    found.append(decide(last, "conclusion", value, ">=", ball(bound), SOURCE, e, note, "low"))
    return found


def average(question: Question, eta: Ball) -> Ball:
    """``x² n/(eta (r - rho)² T)`` of the full average, from below."""
    n, steps = question.n, question.steps
    shares = (1 - Fraction(1, 4 * n)) ** 2 * Fraction(steps - 1, steps) ** 2 / 16
    return product(1 + ball(*slope(question)), 1 - eta, ball(shares))


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    event="one",
    sample=bits(lambda n: (1 << n) - 1),
    positive_radius=True,
    largest_radius="rho + 1/sqrt(eta T)",
    open_={SUFFIX: "conclusion", FLAT: "conclusion"},
    unit="eta r² T/n",
)
