"""Theorem 1: a flattest empirical minimum with constant population risk, beside a sharp one with none.

At ``rho = 0`` no minimum is flatter than another, and the two are equally sharp: the check says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.bounds.base import PAPER
from sco_flat.engines.layout import Layout, Look
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build, hypothesis_claims
from sco_flat.works.flat_minima import conditions
from sco_flat.works.flat_minima.common import RUNS_NOTHING

SOURCE = "Theorem 1"


def claims(request: Request) -> list[Claim]:
    """Evaluate both minima on the sample: the flat ``e_I`` and the sharp ``rho e_b``."""
    instance = build(request)
    sample = request.sample(instance)
    found = hypothesis_claims(conditions.theorem1(instance.flatness_radius))
    event = sample.event
    found.append(claim("event probability >= 1/2", "hypothesis", event.probability, ">=", 0.5, SOURCE))
    found.append(claim("an all-zero column exists", "hypothesis", float(len(event.columns)), ">=", 1.0, SOURCE))
    if not event.columns:
        return found
    rho, r = instance.flatness_radius, instance.perturbation_radius
    flat, sharp = (Look(Layout(instance, sample, rows), w) for rows, w in instance.minima(sample).values())
    least = 0.5 * max(r - rho, 0.0) ** 2
    # every w has F_S^r(w) >= F_S(w + s r e_b) >= least, with s the sign of b, and 1 at b = 0: so reaching it means
    # being a minimiser
    found.append(claim("F_S(e_I) = 0", "conclusion", flat.empirical_risk, "==", 0.0, SOURCE))
    found.append(
        claim("F_S^r(e_I) <= min F_S^r = [r - rho]_+²/2", "conclusion", flat.upper(r), "<=", least, SOURCE, slack=1e-14)
    )
    risk = flat.population_risk
    risky = max(1.0 - rho, 0.0) ** 2 / 4.0
    found.append(claim("F(e_I) >= (1 - rho)²/4", "conclusion", risk[0], ">=", risky, f"{PAPER}, {SOURCE}", slack=1e-12))
    found.append(claim("F(e_I) >= 1/16", "conclusion", risk[0], ">=", 1.0 / 16.0, SOURCE, slack=1e-12))
    found.append(claim("F_S(rho e_b) = 0", "conclusion", sharp.empirical_risk, "==", 0.0, SOURCE))
    for delta in (0.01, 0.1, 0.5):
        push = np.array([0.0, delta])
        reached = sharp.value(push, 1.0)
        assert reached is not None
        found.append(
            claim(
                f"F_S^{delta:g}(rho e_b) >= {delta:g}²/2",
                "conclusion",
                reached,
                ">=",
                0.5 * delta**2,
                "Theorem 1 (printed with e_I for e_b)",
                slack=1e-12,
            )
        )
        if rho == 0.0:
            name = f"rho = 0: F_S^{delta:g}(e_I) = F_S^{delta:g}(rho e_b), both are equally sharp"
            level = flat.value(push, 1.0)
            assert level is not None
            found.append(claim(name, "conclusion", level, "==", sharp.upper(delta), SOURCE, slack=1e-12))
    # sqrt(rho²) may miss rho by a unit in the last place, and the bracket is widened outwards
    rounding = (8.0 * np.finfo(float).eps * rho) ** 2
    risk = sharp.population_risk
    found.append(claim("F(rho e_b) = 0 up to rounding", "conclusion", risk[1], "<=", rounding, SOURCE))
    return found


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.flat_minima.proofs.theorem1 import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="flat-minima.1",
    title="Theorem 1",
    text="a flattest empirical minimiser has F = (1-rho)²/4, a sharp one has F = 0",
    instance="flat-erm",
    method="gd",
    defaults={"n": 8, "steps": 1, "step_size": 0.25, "perturbation_radius": 0.3, "flatness_radius": 0.2},
    claims=claims,
    proof=proof,
    hypotheses=lambda instance: conditions.theorem1(instance.flatness_radius),
    event="any",
    home=True,
    any_method=True,
    unread=RUNS_NOTHING,
)
