"""Theorem 5: SAM minimises the empirical risk at the same rate."""

from __future__ import annotations

from sco_flat import bounds
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement
from sco_flat.works.flat_minima import conditions, upper
from sco_flat.works.flat_minima.common import prepare, upper_bounds


def claims(request: Request) -> list[Claim]:
    """Hold the full average against the paper's bound and the sharper one."""
    _, simulation, found = prepare(request, STATEMENT)
    value = simulation.look(simulation.average).empirical_risk
    functions = (upper.theorem5, bounds.sam_sharper)
    return found + upper_bounds(simulation, value, "F_S(average)", functions)


STATEMENT = Statement(
    key="flat-minima.5",
    title="Theorem 5",
    text="SAM: F_S(average) <= D²/(eta T) + 4 beta [r - rho]_+²",
    instance="sam-chain",
    method="sam",
    defaults={"n": 6, "steps": 64, "step_size": 1.0 / 16.0},
    claims=claims,
    hypotheses=conditions.small_step,
    needs=AS_ANALYSED,
)
