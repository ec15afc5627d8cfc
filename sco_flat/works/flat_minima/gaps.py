"""How far apart upper and lower bounds are, theorem by theorem, and which gaps are open.

Every number is computed: bounds from their functions, worst cases from exact fractions, lower bounds from the proofs
for every sample, times the probability of their event where the upper bound is on an expectation. What bounds the risks
of SA-GD and SAM from below in the order of eta are statements of the work ``valley``, here as formulas.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sco_flat import bounds
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
STEEP = 3
"""beta of the chain on which SAM fails, at most."""


def _risk(
    beta: float, paper: Callable[..., Bound], *sharper: Callable[..., Bound], distance: float = 0.0, **more: Any
) -> tuple[float, float]:
    """The paper's and the sharpest bound on E F for rho = 0, in units of ``eta beta² r² T``."""
    numbers: dict[str, Any] = {
        "step_size": float(THETA) / beta, "steps": STEPS, "smoothness": beta, "perturbation_radius": 1.0,
        "flatness_radius": 0.0, "distance": distance, "n": SIZE,
    } | more  # fmt: skip
    unit = numbers["step_size"] * beta**2 * numbers["perturbation_radius"] ** 2 * numbers["steps"]
    return paper(**numbers).value / unit, min(f(**numbers).value for f in sharper) / unit


def _expected(theorem: int, steps: int = STEPS, **numbers: Any) -> float:
    """Constant of a lower bound on E F: what is proved on the event, times the event's probability."""
    claims = prove(theorem, "every sample", n=SIZE, steps=steps, **numbers).claims
    chance = next(c for c in claims if c.name.startswith("P("))
    value = next(c for c in claims if c.name.startswith("F / ("))
    assert chance.enclosure is not None
    assert value.enclosure is not None
    return float(Decimal(chance.enclosure[0]) * Decimal(value.enclosure[0]))


def _sagd_valley(theta: float, steps: int) -> float:
    """``eta r² T/(240 n)``, on exactly one column of n plus signs among 2^n, in units of ``eta beta² r² T``.

    The loss has ``beta = 1 + c²`` with ``c² = (1 - eta)/(4 n eta T)``, solved here for ``eta = theta/beta``.
    """
    many = 4 * SIZE * theta * steps
    beta = (many - theta) / (many - 1)
    width = 2.0**SIZE
    return math.exp((width - 1) * math.log1p(-1 / width)) / (240 * SIZE * beta**2)


def _sam_valley(eta: float, steps: int, share: float) -> tuple[float, float]:
    """Smoothness of the valley that begins as wide as a flat ball of radius ``share r``, and what it gives.

    ``F / (eta r² T) >= ((1/l - share sqrt(1 + c²)) ((1 - 1/T)^(T-1) - 1/T) - share c)²/4``, with ``c² = 1/(eta T)`` and
    ``l² = 1 + 2 c²``, on n distinct examples out of n² and exactly one bad column, in units of ``eta beta² r² T``. The
    bad columns are frozen sets of half the examples, and some family of them has at least the mean probability.
    """
    examples = SIZE**2
    missed = math.comb(examples - SIZE, examples // 2) / math.comb(examples, examples // 2)
    columns = math.ceil(1 / missed)
    one = columns * missed * math.exp((columns - 1) * math.log1p(-missed))
    distinct = math.prod(1 - k / examples for k in range(SIZE))
    c2 = 1 / (eta * steps)
    beside = (1 - share) * (eta / 128 * (1 + 2 * c2) + 15 / 256)
    beta = 1 + (beside + c2) / 2 + math.hypot((beside - c2) / 2, math.sqrt(c2))
    mean = (1 - 1 / steps) ** (steps - 1) - 1 / steps
    width = (1 / math.sqrt(1 + 2 * c2) - share * math.sqrt(1 + c2)) * mean - share * math.sqrt(c2)
    return beta, distinct * one * width**2 / (4 * beta**2)


def _risks() -> list[Gap]:
    """E F of SA-GD, with a step size of constant order and with one far below 1/n, and E F of SAM."""
    sagd = functools.partial(bounds.risk_one_more, method="sa-gd")
    sam = functools.partial(bounds.risk_one_more, method="sam")
    unit, short = "eta beta² r² T", Fraction(1, 64 * SIZE)
    small, long = float(short), 64 * SIZE**2
    # eta² r² T in units of eta beta² r² T is eta/beta² = theta/beta³
    walk = _expected(3, step_size=THETA, flatness_radius=0) * float(THETA)
    slow = _expected(3, long, step_size=short, flatness_radius=0) * small
    lasting, short_step = 10_000, Fraction(1, 100)
    eta = float(short_step)
    beta, valley = _sam_valley(eta, lasting, 1 / 90)
    chain = _expected(7, lasting, step_size=short_step) * eta / STEEP**2
    given = {"step_size": eta, "steps": lasting, "perturbation_radius": 0.1, "distance": 0.51}
    return [
        Gap("3 against 4", "E F of SA-GD, rho = 0", unit, *_risk(1.0, upper.theorem4, sagd), None,
            max(walk, _sagd_valley(float(THETA), STEPS)),
            "closed in order at eta² + eta/n, the second part from below by valley.sagd; the constants are not"),
        Gap("3 against 4", f"E F of SA-GD, eta beta = 1/{short.denominator}, T = {long}", unit,
            *_risk(1.0, upper.theorem4, sagd, step_size=small, steps=long), None,
            max(slow, _sagd_valley(small, long)),
            "closed in order at eta² + eta/n, here the second part leads; the constants are not"),
        Gap("7 against 8", f"E F of SAM, eta = {short_step}, T = {lasting}", unit,
            *_risk(beta, upper.theorem8, sam, **given), None, max(chain, valley),
            "closed in order at eta beta², from below by valley.sam; the constants are not"),
    ]  # fmt: skip


def table() -> list[Gap]:
    """All rows, at ``eta beta = 1/4``, T = 64, n = 20; the lower bounds' losses at the largest r that they allow."""
    theta = float(THETA)
    floor = float(pep.two_cycle(THETA, Fraction(1), 1)[0])
    rate = 1.0 / (2.0 * (1.0 + theta * (STEPS - 1)))  # Huber's function; the program's optimum agrees
    walked, unwalked, steep = _risks()
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
        walked,
        unwalked,
        Gap("6", "F_S^r of SAM - F_S^r(w*)", "r²", None, 0.5, None, 0.5, "closed: an equality"),
        steep,
    ]  # fmt: skip
