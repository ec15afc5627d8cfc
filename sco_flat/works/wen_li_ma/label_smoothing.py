"""Theorem A.2: the logistic loss with label smoothing; its second derivative at its minimiser is p(1-p).

The Hessian at a network that minimises every example is ``l'' grad f grad f^T`` on average, so that the trace is ``p (1
- p)`` times ``(1/n) sum |grad f|²`` and the flattest set is that of the squares; decided are the derivatives of l.
"""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import exact

SOURCE = "Wen, Li and Ma, Theorem A.2"
CORRECTED = "Wen, Li and Ma, Lemma A.13 corrected: 1/(p(1-p)) is printed"


def derivatives(p: Fraction, odds: Fraction) -> tuple[Fraction, Fraction]:
    """First and second derivative in f of ``p log(1 + e^f) + (1-p) log(1 + e^-f)``, at ``e^f = odds``."""
    chance = odds / (1 + odds)
    return p * chance - (1 - p) * (1 - chance), chance * (1 - chance)


def decide(p: Fraction) -> list[Claim]:
    """At the minimiser ``e^f = (1-p)/p`` of every example."""
    best = (1 - p) / p
    slope, curvature = derivatives(p, best)
    return [
        exact("l'(f) at e^f = (1-p)/p", slope, "==", 0, SOURCE),
        exact("l''(f) there = p (1 - p)", curvature, "==", p * (1 - p), CORRECTED),
        exact("l''(f) there, against 1/(p (1 - p))", curvature, "<", 1 / (p * (1 - p)), CORRECTED),
        exact("l'(f) at twice the odds", derivatives(p, 2 * best)[0], ">", 0, SOURCE),
        exact("l'(f) at half the odds", derivatives(p, best / 2)[0], "<", 0, SOURCE),
    ]


STATEMENT = Exact(
    key="wen-li-ma.label-smoothing",
    title="Theorem A.2",
    text="logistic loss with label smoothing p: e^f = (1-p)/p has l' = 0, a change of its sign, and l'' = p(1-p)",
    numbers={"p": Number(Fraction(1, 5), Fraction(1, 1000), Fraction(49, 100))},
    decide=decide,
)
