"""The paper's second bound, on the minimiser of the robust risk: not applicable where it says nothing."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.errors import InputError
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.swad.theorem1 import COMMON, compared, cover, room, term


def decide(
    m: int, d: int, vc: int, diameter: Fraction, gamma: Fraction, delta: Fraction, robust_risk: Fraction,
    divergence: Fraction, least_risk: Fraction, excess_risk: Fraction,
) -> list[Claim]:  # fmt: skip
    """The bound, term by term, and the excess risk on the target.

    Raises
    ------
    InputError
        If the least risk is above the robust one, which is larger than the risk at its own minimiser.
    """
    from sco_flat.proofs.balls import ball

    if least_risk > robust_risk:
        raise InputError("least_risk", least_risk, f"must be at most robust_risk = {robust_risk}", "check both")
    found = room(m, d, vc, diameter, gamma)
    if found.verdict != "proved":
        return [found]
    half = ball(2 / delta).log()
    paid = term(m, vc, cover(d, diameter, gamma) + half) + term(m, vc, half)
    bound = ball(robust_risk - least_risk + divergence) + paid
    name = "E_T - min E_T <= E^gamma - min E + (1/I) sum Div + both terms for the class"
    return [found, *compared(name, excess_risk, paid, bound, delta)]


STATEMENT = Exact(
    key="swad.theorem2",
    title="Theorem 2",
    text="the minimiser of the robust risk: its excess risk on the target is at most a gap, a divergence and two terms",
    numbers={**COMMON, "least_risk": Number(Fraction(0), 0, 1), "excess_risk": Number(Fraction(0), 0, 1)},
    decide=decide,
)
