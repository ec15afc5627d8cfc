"""Theorem 2: SA-GD minimises the SAER at rate 1/T up to 4 beta [r - rho]_+²."""

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
    value = simulation.look(simulation.average).saer[1]
    functions = (upper.theorem2, bounds.sa_gd_sharper)
    return found + upper_bounds(simulation, value, "F_S^r(average)", functions)


STATEMENT = Statement(
    key="flat-minima.2",
    title="Theorem 2",
    text="SA-GD: F_S^r(average) <= D²/(eta T) + 4 beta [r - rho]_+²",
    instance="sagd-blocks",
    method="sagd",
    defaults={"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.02},
    claims=claims,
    hypotheses=conditions.small_step,
    needs=AS_ANALYSED,
)
