"""Claims that several theorems make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

from sco_flat.bounds.base import Bound, judge, title_of
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build, facts_of, homes, hypothesis_claims, numbers_of, reads_only

RUNS_NOTHING = reads_only(
    "n", "width", "perturbation_radius", "flatness_radius", "event", "seed",
    reason="it looks at points and runs nothing",
)  # fmt: skip
"""Options that a statement about the points of a sample does not read."""
IN_EXPECTATION = {"event": "it speaks of the mean over samples: no event is imposed"}
"""The option that a statement in expectation does not read."""
SAMPLES = 16
"""Samples over which Theorems 4 and 8, which hold in expectation, are averaged."""


def prepare(request: Request, *statements: Statement) -> tuple[Loss, Simulation, list[Claim]]:
    """Build, draw, run; return the hypotheses on the numbers as claims, those of some statements if they are given."""
    instance = build(request, *statements)
    simulation = simulate(instance, request.sample(instance), request.settings, request.seed)
    if statements:
        return instance, simulation, [c for s in statements for c in hypothesis_claims(s.hypotheses(instance))]
    return instance, simulation, conditions(request, instance)


def conditions(request: Request, instance: Loss) -> list[Claim]:
    """The hypotheses of the statement for which the loss was built, as claims."""
    return [c for s in homes(request.instance, request.settings) for c in hypothesis_claims(s.hypotheses(instance))]


def upper_bounds(
    simulation: Simulation, value: float, quantity: str, functions: tuple[Callable[..., Bound], ...], **numbers: Any
) -> list[Claim]:
    """Hold one measured value against several upper bounds."""
    claims = []
    for function in functions:
        name = f"{quantity} <= {title_of(function)}"
        found = judge(function, facts_of(simulation), **numbers_of(simulation), **numbers)
        if isinstance(found, str):
            claims.append(Claim(name, "conclusion", "float", "not applicable", value, None, "<=", "", found))
        else:
            claims.append(claim(name, "conclusion", value, "<=", found.value, found.source))
    return claims


def mean_risk(request: Request, *statements: Statement) -> tuple[float, float, Simulation]:
    """Average the population risk of the full average over fresh samples, with no event imposed.

    Returns
    -------
    mean, deviation : float
        Over `SAMPLES` seeds from ``request.seed`` on; upper ends of the risk brackets.
    simulation : Simulation
        Of the last sample.
    """
    risks = []
    for k in range(SAMPLES):
        one = replace(request, seed=request.seed + k, event="free")
        instance = build(one, *statements)
        simulation = simulate(instance, one.sample(instance), one.settings, one.seed)
        risks.append(instance.population_risk(simulation.look(simulation.average).profile())[1])
    return fmean(risks), stdev(risks), simulation
