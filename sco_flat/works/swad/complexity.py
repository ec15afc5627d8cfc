"""Flatness alone bounds nothing: how much every version of the paper's first bound has to pay for the class.

On `flat-erm`, one domain, no shift: with column I zero on the sample ``f(e_I + v, z) = f(v, z)`` for all its z, so that
``E^gamma(e_I) = ½ [gamma - rho]_+²``, 0 for gamma <= rho; a fresh z has ``z_I = 1`` with probability ½, ``E(e_I) =
(1-rho)²/4``. A column is zero with probability ``1 - (1 - 2^-n)^(2^n) > 1 - 1/e``. Whatever holds with probability 1 -
delta > 1/e holds on one of these samples, so its term for the class is more than (1-rho)²/4.
"""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number, exactly
from sco_flat.works.swad.bounds import theorem1

NEW, SOURCE = "this package", "Cha et al., Theorem 1"
DIAMETER = 2
"""Of the unit ball."""


def loss(felt: Fraction, rho: Fraction) -> Fraction:
    """``½ [xi - rho]_+²``."""
    return max(felt - rho, Fraction(0)) ** 2 / 2


def decide(n: int, flatness_radius: Fraction, gamma: Fraction, delta: Fraction) -> list[Claim]:
    """Both risks of e_I, the probability of its sample, and what the paper's own term is there."""
    from sco_flat.proofs.balls import ball, event_probability
    from sco_flat.proofs.balls import decide as enclose

    rho, one, dimension = flatness_radius, Fraction(1), 2**n + 1
    chance, some = event_probability(n, 2**n, "any"), 1 - (-ball(1)).exp()
    robust, risk = loss(gamma, rho), (loss(one, rho) + loss(Fraction(0), rho)) / 2
    share = dimension * (ball(DIAMETER) / ball(gamma)).log() / n
    own = theorem1(float(robust), [0.0], m=n, dimension=dimension, diameter=DIAMETER, gamma=float(gamma), vc=1)
    likely = "samples with a zero column are likelier than what the bound may fail on"
    least = "no version of the first bound holds with a smaller term"
    return [
        exactly("rho < 1", rho, "<", 1, NEW, kind="hypothesis"),
        exactly("gamma <= rho", gamma, "<=", rho, NEW, kind="hypothesis"),
        enclose("delta < 1 - 1/e", "hypothesis", ball(delta), "<", some, NEW, "symbolic", likely),
        exactly("E^gamma(e_I) = 0", robust, "==", 0, NEW),
        exactly("E(e_I) = (1 - rho)²/4", risk, "==", (1 - rho) ** 2 / 4, NEW),
        enclose("P(a zero column) >= 1 - 1/e", "conclusion", chance, ">=", some, NEW, "symbolic"),
        exactly("what the class has to cost: E - E^gamma at e_I > 0", risk - robust, ">", 0, NEW, least),
        enclose("d ln(diam/gamma) / m >= 1", "conclusion", share, ">=", ball(1), SOURCE, "symbolic", own.vacuous),
    ]


STATEMENT = Exact(
    key="swad.complexity",
    title="Theorem 1 on a flat bad minimum",
    text="no version of the bound by flatness holds on flat-erm with a complexity term below (1-rho)²/4",
    numbers={
        "n": Number(8, 1, 62),
        "flatness_radius": Number(Fraction(1, 5), 0, 1),
        "gamma": Number(Fraction(1, 5), Fraction(1, 10**9), 1),
        "delta": Number(Fraction(1, 20), 0, 1),
    },
    decide=decide,
)
