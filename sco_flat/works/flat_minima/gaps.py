"""How far apart upper and lower bounds are, theorem by theorem, and which gaps are open.

Every number is computed: bounds from their functions, worst cases from exact fractions, lower bounds from the proofs
for every sample, times the probability of their event where the upper bound is on an expectation.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from sco_flat import bounds, instances
from sco_flat.bounds import pep
from sco_flat.bounds.base import Bound
from sco_flat.works import worst_cases
from sco_flat.works.base import prove
from sco_flat.works.flat_minima import upper
from sco_flat.works.gap import Gap

THETA = Fraction(1, 4)
STEPS = 64
FEW = 8
"""T of the rows that solve programs."""
SIZE = 20


def _risk(name: str, beta: int, paper: Callable[..., Bound], method: Literal["sa-gd", "sam"]) -> tuple[float, float]:
    """The paper's and the sharper bound on E F at the largest legal r, in units of ``eta beta² r² T``."""
    cls, eta = instances.get(name), float(THETA) / beta
    radius = cls.auto_radius(STEPS, eta, 0.0)
    loss = cls(n=SIZE, steps=STEPS, step_size=eta, perturbation_radius=radius)
    numbers: dict[str, Any] = {
        "step_size": eta, "steps": STEPS, "smoothness": float(beta), "perturbation_radius": radius,
        "flatness_radius": 0.0, "distance": loss.distance_from(None, None), "n": SIZE,
    }  # fmt: skip
    unit = eta * beta**2 * radius**2 * STEPS
    return paper(**numbers).value / unit, bounds.risk_a_priori(**numbers, method=method).value / unit


def _expected(theorem: int, **numbers: Any) -> float:
    """Constant of a lower bound on E F: what is proved on the event, times the event's probability."""
    claims = prove(theorem, "every sample", n=SIZE, steps=STEPS, **numbers).claims
    chance = next(c for c in claims if c.name.startswith("P("))
    value = next(c for c in claims if c.name.startswith("F / ("))
    assert chance.enclosure is not None
    assert value.enclosure is not None
    return float(Decimal(chance.enclosure[0]) * Decimal(value.enclosure[0]))


def table() -> list[Gap]:
    """All rows, at ``eta beta = 1/4``, T = 64, n = 20; the lower bounds' losses at the largest r that they allow."""
    theta = float(THETA)
    floor = float(pep.two_cycle(THETA, Fraction(1), 1)[0])
    rate = 1.0 / (2.0 * (1.0 + theta * (STEPS - 1)))  # Huber's function; the program's optimum agrees
    blocks = _risk("sagd-blocks", 1, upper.theorem4, "sa-gd")
    steep = _risk("sam-chain", 3, upper.theorem8, "sam")
    # eta² r² T in units of eta beta² r² T is eta/beta² = theta/beta³
    walk = _expected(3, step_size=THETA, flatness_radius=0) * theta
    chain = _expected(7, step_size=THETA / 3) * theta / 27.0
    sagd, sam = (worst_cases.worst_case(k, FEW, THETA, Fraction(1)) for k in ("2", "5"))
    return [
        Gap("1", "F of a flattest minimum, rho = 0", "1", 0.25, 0.25, None, 0.25, "closed"),
        Gap("2, 5: regret lemma", "floor of mean F(w_t + v_t)", "beta Delta²", 4.0, 2.0 / (2.0 - theta) ** 2, None,
            floor, "closed: a 2-cycle attains the sharper one"),
        Gap("2, 5: regret lemma", f"rate at Delta = 0, T = {STEPS}", "beta D²", 1.0 / (theta * STEPS),
            1.0 / ((2.0 - theta) * theta * STEPS), None, rate,
            "closed by the semidefinite program; the formula stays above"),
        Gap("2", f"F^r(average) of SA-GD, T = {FEW}, Delta = D", "beta D²", sagd.paper, sagd.sharper, sagd.upper,
            sagd.lower, "nearly closed by the semidefinite program"),
        Gap("5", f"F(average) of SAM, T = {FEW}, Delta = D", "beta D²", sam.paper, sam.sharper, sam.upper, sam.lower,
            "open: no loss is known above Huber's, and a search of the exact program at T = 2 and 4 finds none"),
        Gap("5", "floor of F_S(average) of SAM", "beta Delta²", 4.0, 1.0 / (2.0 * (2.0 - theta)), None, None,
            "open: no example is known that attains it"),
        Gap("3 against 4", "E F of SA-GD, beta = 1, rho = 0", "eta beta² r² T", *blocks, None, walk,
            "open: the upper bound has eta, the lower one eta²"),
        Gap("6", "F_S^r of SAM - F_S^r(w*)", "r²", None, 0.5, None, 0.5, "closed: an equality"),
        Gap("7 against 8", "E F of SAM, beta = 3", "eta beta² r² T", *steep, None, chain,
            "open: the upper bound has eta, the lower one eta²; beta² is not matched either"),
    ]  # fmt: skip
