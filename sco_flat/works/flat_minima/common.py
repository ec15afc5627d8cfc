"""Claims that several theorems make."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sco_flat.bounds.base import Bound, held, judge, title_of
from sco_flat.bounds.expectation import hold, root_mean_square
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.patience import track
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import Facts
from sco_flat.works.base import (
    Statement,
    build,
    cited,
    facts_of,
    given,
    homes,
    hypothesis_claims,
    numbers_of,
    reads_only,
)

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
    facts, known = facts_of(simulation), numbers_of(simulation) | numbers
    return [held(f"{quantity} <= {title_of(f)}", cited(f), facts, value, **known) for f in functions]


@dataclass(frozen=True)
class Means:
    """The population risk of the full average over `SAMPLES` fresh samples, with no event imposed.

    Attributes
    ----------
    low, high : tuple of float
        Ends of the risk of every sample.
    distances : tuple of float
        D of every sample: w* or w_1 may be drawn.
    facts, numbers : mapping
        What is the same for all: facts of the run, and the numbers that bounds ask for.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    distances: tuple[float, ...]
    facts: Facts
    numbers: dict[str, Any]

    def hold(self, name: str, bound: Callable[..., Bound | str]) -> Claim:
        """Hold the mean against a bound that is concave in D²; ``bound`` takes the numbers."""

        def at(kept: Sequence[int]) -> Bound | str:
            return bound(**self.numbers | {"distance": root_mean_square([self.distances[i] for i in kept])})

        return hold(f"mean of F(average) over {SAMPLES} samples <= {name}", self.low, self.high, at)

    def upper_bounds(self, *functions: Callable[..., Bound]) -> list[Claim]:
        """Hold the mean against bounds on the expectation."""
        return [self.hold(title_of(f), functools.partial(judge, cited(f), self.facts)) for f in functions]


@np.errstate(all="ignore")
def mean_risk(request: Request, *statements: Statement) -> Means:
    """Measure the population risk of the full average over seeds from ``request.seed`` on."""
    risks, distances = [], []
    for k in track(range(SAMPLES), SAMPLES, "samples"):
        one = replace(request, seed=request.seed + k, event="free")
        instance = build(one, *statements)
        simulation = simulate(instance, one.sample(instance), one.settings, one.seed)
        risks.append(simulation.look(simulation.average).population_risk)
        distances.append(numbers_of(simulation)["distance"])
    low, high = zip(*risks, strict=True)
    numbers = given(instance, one.settings) | {"n": instance.n}
    return Means(low, high, tuple(distances), facts_of(simulation), numbers)
