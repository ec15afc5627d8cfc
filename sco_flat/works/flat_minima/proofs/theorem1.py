"""Theorem 1, exactly: the flat and the sharp minimum are evaluated in rational numbers.

For every z of the sample ``z_I = 0``, so that ``xi_z(e_I + v) = xi_z(v) <= |v|`` and ``F_S^r(e_I) <= ½ [r - rho]_+²``;
and every w has ``F_S^r(w) >= F_S(w + s r e_b) >= ½ [r - rho]_+²``, with s the sign of b, and 1 where ``b = 0``. A
fresh z has ``z_I = 1`` with probability ½. Nothing else of the sample enters: what is proved for the numbers is proved
for every sample with an all-zero column.

Every quantity here is monotone in rho and r, so that the ends of a box are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sco_flat.proofs.balls import ball, decide, decide_exactly, event_probability
from sco_flat.proofs.base import Provable, bits
from sco_flat.proofs.question import Question, Span
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs.hinge import loss_claims
from sco_flat.works.flat_minima.rechecks.theorem1 import theorem1 as recheck

SOURCE = "Theorem 1"
HALF = Fraction(1, 2)
PUSHES = (Fraction(1, 100), Fraction(1, 10), Fraction(1, 2))


def hypotheses(question: Question) -> list[tuple[Claim, str]]:
    """``rho <= ½``, with the key that mends it."""
    e = question.evidence
    rho = question.flatness_radius
    return [(decide_exactly("rho <= 1/2", "hypothesis", rho, "<=", HALF, SOURCE, e), "flatness-radius")]


def loss(felt: Fraction, rho: Fraction) -> Fraction:
    """``½ [xi - rho]_+²``."""
    return max(felt - rho, Fraction(0)) ** 2 / 2


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """Evaluate both minima.

    Parameters
    ----------
    question : Question
        With ``evidence`` "bracket" (then a sample is needed) or "every sample".
    sample : Sample or None
        The sample of the run.

    Returns
    -------
    list of Claim
        Decided without any rounding, but for the probability of the event.
    """
    e = question.evidence
    found = [c for c, _ in hypotheses(question)]
    probability = event_probability(question.n, question.width, "any")
    found.append(decide("P(an all-zero column) >= 1/2", "hypothesis", probability, ">=", ball(HALF), SOURCE, e))
    found += loss_claims(question, ball(1), ball(1), SOURCE)
    longest = (max(Fraction(1), question.flatness_radius[0]), max(Fraction(1), question.flatness_radius[1]))
    found.append(decide_exactly("|e_I| <= 1 and |rho e_b| <= 1", "hypothesis", longest, "<=", 1, SOURCE, e))
    share = Fraction(0)
    if sample is not None:
        count = len(sample.event.columns)
        found.append(decide_exactly("number of all-zero columns", "hypothesis", (count, count), ">=", 1, SOURCE, e))
        if not count:
            return found
        share = Fraction(int(sample.codes[sample.event.columns[0]]).bit_count(), question.n)
    r = question.perturbation_radius or (Fraction(1), Fraction(1))
    rho = question.flatness_radius
    zero, one = Fraction(0), Fraction(1)

    def ends(function: Callable[[Fraction], Fraction]) -> Span:
        values = [function(x) for x in rho]
        return min(values), max(values)

    def conclude(name: str, value: Span, relation: str, bound: Fraction, note: str = "") -> None:
        found.append(decide_exactly(name, "conclusion", value, relation, bound, SOURCE, e, note))  # type: ignore[arg-type]

    conclude("F_S(e_I) = 0", ends(lambda x: share * loss(one, x)), "==", zero)
    gaps = [share * (loss(one + a, x) - loss(a, x)) for a in r for x in rho]
    conclude("F_S^r(e_I) - min F_S^r <= 0", (min(gaps), max(gaps)), "<=", zero, "min F_S^r = [r - rho]_+²/2")

    def risk(x: Fraction) -> Fraction:
        return (loss(one, x) + loss(zero, x)) / 2

    conclude("F(e_I) - (1 - rho)²/4 = 0", ends(lambda x: risk(x) - (1 - x) ** 2 / 4), "==", zero)
    conclude("F(e_I) >= 1/16", ends(risk), ">=", Fraction(1, 16))
    conclude("F_S(rho e_b) = F(rho e_b) = 0", ends(lambda x: loss(x, x)), "==", zero)
    for push in PUSHES:
        name = f"F_S^{float(push):g}(rho e_b) - {float(push):g}²/2 >= 0"
        conclude(name, ends(lambda x, p=push: loss(x + p, x) - p**2 / 2), ">=", zero, "printed with e_I for e_b")  # type: ignore[misc]
        if rho == (zero, zero):  # the worst push of e_I is along b, too
            name = f"rho = 0: F_S^{float(push):g}(e_I) - F_S^{float(push):g}(rho e_b) = 0"
            note = "both are equally sharp"
            conclude(name, ends(lambda x, p=push: loss(p, x) - loss(x + p, x)), "==", zero, note)  # type: ignore[misc]
    return found


PROVABLE = Provable(
    hypotheses=hypotheses,
    claims=claims,
    recheck=recheck,
    event="any",
    sample=bits(lambda n: 0),
    largest_radius="1",
)
