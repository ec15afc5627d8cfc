"""The paper's first bound, on numbers of your own: not applicable, with the reason, where it says nothing.

Whoever has measured a risk on the target asks whether it is below the bound; the terms are enclosed in balls.
`sco_flat.works.swad.bounds` has the same in floats.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from sco_flat.errors import InputError
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number

SOURCE = "Cha et al."
DIGITS = 10**7
"""Binary digits up to which N is written out."""
LOSS = "losses are in [0, 1]"
COMMON = {
    "m": Number(10**6, 1, 10**6),
    "d": Number(10, 1, 10**9),
    "vc": Number(10, 1, 10**6),
    "diameter": Number(Fraction(2), Fraction(1, 10**6), 10**6),
    "gamma": Number(Fraction(1, 5), Fraction(1, 10**6), 10**6),
    "delta": Number(Fraction(1, 20), Fraction(1, 10**9), 1),
    "robust_risk": Number(Fraction(0), 0, 1),
    "divergence": Number(Fraction(0), 0, 2),
}
"""What both bounds read: all examples, weights, the largest VC dimension, and the mean of the divergences."""


def exponent(d: int, diameter: Fraction, gamma: Fraction) -> Any:
    """``d ln(diam/gamma)``, enclosed."""
    from sco_flat.proofs.balls import ball

    return d * ball(diameter / gamma).log()


def room(m: int, d: int, vc: int, diameter: Fraction, gamma: Fraction) -> Claim:
    """Whether the class is small enough for the bound to say anything.

    Raises
    ------
    InputError
        If gamma is above the diameter, or the VC dimension above m.
    """
    from sco_flat.proofs.balls import ball, decide

    if gamma > diameter:
        raise InputError("gamma", gamma, f"must be at most the diameter, {diameter}", "choose a smaller one")
    if vc > m:
        raise InputError("vc", vc, f"must be at most m = {m}", "choose a smaller one")
    note = f"else the term for the class is at least 1, and {LOSS}"
    name = "d ln(diam/gamma) < m"
    return decide(name, "hypothesis", exponent(d, diameter, gamma), "<", ball(m), SOURCE, "symbolic", note)


def term(m: int, vc: int, inside: Any) -> Any:
    """``sqrt((v ln(m/v) + inside) / m)``."""
    from sco_flat.proofs.balls import ball

    return ((vc * ball(Fraction(m, vc)).log() + inside) / m).sqrt()


def cover(d: int, diameter: Fraction, gamma: Fraction) -> Any:
    """``ln N``, N = ceil((diam/gamma)^d) balls; where that is too long to write, of all numbers up to one above."""
    from sco_flat.proofs.balls import ball

    ratio = diameter / gamma
    if d * (ratio.numerator.bit_length() + ratio.denominator.bit_length()) <= DIGITS:
        return ball(math.ceil(ratio**d)).log()
    logarithm = exponent(d, diameter, gamma)
    return logarithm.union((logarithm.exp() + 1).log())


def compared(name: str, risk: Fraction, paid: Any, bound: Any, delta: Fraction) -> list[Claim]:
    """The risk against a bound that says something; what it is vacuous for else."""
    from sco_flat.proofs.balls import ball, decide

    found = [
        decide("what it pays for the class < 1", "hypothesis", paid, "<", ball(1), SOURCE, "symbolic", LOSS),
        decide("the bound < 1", "hypothesis", bound, "<", ball(1), SOURCE, "symbolic", LOSS),
    ]
    if any(c.verdict != "proved" for c in found):
        return found
    note = f"of these numbers alone: the theorem is not proved here, and says so with probability 1 - {delta}"
    return [*found, decide(name, "conclusion", ball(risk), "<=", bound, SOURCE, "symbolic", note)]


def decide(
    m: int, d: int, vc: int, diameter: Fraction, gamma: Fraction, delta: Fraction, robust_risk: Fraction,
    divergence: Fraction, target_risk: Fraction,
) -> list[Claim]:  # fmt: skip
    """The bound, term by term, and the risk on the target."""
    from sco_flat.proofs.balls import ball

    found = room(m, d, vc, diameter, gamma)
    if found.verdict != "proved":
        return [found]
    paid = term(m, vc, cover(d, diameter, gamma) - ball(delta).log())
    bound = ball(robust_risk + divergence / 2) + paid
    name = "E_T(w) <= E^gamma(w) + (1/2I) sum Div + sqrt((v ln(m/v) + ln(N/delta))/m)"
    return [found, *compared(name, target_risk, paid, bound, delta)]


STATEMENT = Exact(
    key="swad.theorem1",
    title="Theorem 1",
    text="the risk on the target is at most the robust risk, the divergence and a term for the class",
    numbers={**COMMON, "target_risk": Number(Fraction(0), 0, 1)},
    decide=decide,
)
