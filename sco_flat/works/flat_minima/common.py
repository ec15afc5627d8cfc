"""What a theorem declares, and claims that several of them make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

from sco_flat import bounds
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import NotApplicable
from sco_flat.instances.base import Instance
from sco_flat.results import Claim, claim
from sco_flat.runs import Request, bound_name, common, hypothesis_claims, is_plain

SAMPLES = 16
"""Samples over which Theorems 4 and 8, which hold in expectation, are averaged."""


@dataclass(frozen=True)
class Theorem:
    """A theorem of the paper.

    Attributes
    ----------
    number : int
        Its number in arXiv 2511.03548.
    statement : str
        One line.
    instance, method : str
        Where and with what it is tested.
    defaults : dict
        Numbers of ``sco-flat check`` where none are given.
    claims : callable
        `Request` to the list of claims.
    """

    number: int
    statement: str
    instance: str
    method: str
    defaults: dict[str, Any]
    claims: Callable[[Request], list[Claim]]


def prepare(request: Request) -> tuple[Instance, Simulation, list[Claim]]:
    """Build, draw, run; return the hypotheses on the numbers and on the sample as claims."""
    instance = request.build()
    sample = request.sample(instance)
    simulation = simulate(instance, sample, request.settings, request.seed)
    return instance, simulation, hypothesis_claims(instance)


def upper_bounds(
    instance: Instance, simulation: Simulation, value: float, quantity: str, functions: tuple[Any, ...], **numbers: Any
) -> list[Claim]:
    """Hold one measured value against several upper bounds."""
    claims = []
    for function in functions:
        name = f"{quantity} <= {bound_name(function)}"
        if not is_plain(simulation.settings):
            note = "the theorem is about the exact, full-batch method with a constant step size"
            claims.append(Claim(name, "conclusion", "float", "not applicable", value, None, "<=", "", note))
            continue
        found = bounds.attempt(function, **common(instance, simulation), **numbers)
        if isinstance(found, NotApplicable):
            claims.append(Claim(name, "conclusion", "float", "not applicable", value, None, "<=", "", str(found)))
        else:
            claims.append(claim(name, "conclusion", value, "<=", found.value, found.source))
    return claims


def mean_risk(request: Request) -> tuple[float, float, Instance, Simulation]:
    """Average the population risk of the full average over fresh samples, with no event imposed.

    Returns
    -------
    mean, deviation : float
        Over `SAMPLES` seeds from ``request.seed`` on; upper ends of the risk brackets.
    instance, simulation
        Of the last sample.
    """
    risks = []
    for k in range(SAMPLES):
        one = replace(request, seed=request.seed + k, event="free")
        instance = one.build()
        simulation = simulate(instance, one.sample(instance), one.settings, one.seed)
        risks.append(instance.population_risk(simulation.look(simulation.average).profile())[1])
    return fmean(risks), stdev(risks), instance, simulation
