"""The regime ``eta`` of order ``1/sqrt T`` and r constant, of the paper's summary: SAM's risk stays constant, too.

``eta² r² T`` does not depend on T there, so that Theorem 7 gives ``F >= 1/160`` at ``eta = 1/sqrt T`` and ``r = 1/2``
for every T, while F_S of the average is as small as Theorem 5's rate term ``D²/(eta T)`` says. That SAM minimises F_S
in this regime is seen on this loss; Theorem 5 does not show it, since ``4 beta [r - rho]_+²`` is constant as well.
"""

from __future__ import annotations

import math
from dataclasses import replace

from sco_flat.bounds.base import Bound, attempt
from sco_flat.engines.simulation import simulate
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build, numbers_of
from sco_flat.works.flat_minima import theorem7, upper
from sco_flat.works.flat_minima.common import conditions


def claims(request: Request) -> list[Claim]:
    """Lowest suffix risk and F_S of the average at T and 4T, with ``eta sqrt T`` and r kept."""
    first = build(request)
    found, radius = conditions(request, first), first.perturbation_radius
    constant = request.step_size**2 * radius**2 * request.steps / 40.0
    for steps in (request.steps, 4 * request.steps):
        step = request.step_size * math.sqrt(request.steps / steps)
        one = replace(request, steps=steps, step_size=step, perturbation_radius=radius)
        loss = build(one)
        simulation = simulate(loss, one.sample(loss), one.settings, one.seed)
        least = float(simulation.suffix_risks[:, 0].min())
        name, at = "F(every suffix) >= eta² r² T/40", f"T = {steps}"
        found.append(claim(name, "conclusion", least, ">=", constant, "Theorem 7, corrected", note=at))
        numbers = numbers_of(simulation)
        reached = simulation.look(simulation.average).empirical_risk
        rate = numbers["distance"] ** 2 / (step * steps)
        found.append(claim("F_S(average) <= D²/(eta T)", "conclusion", reached, "<=", rate, "this loss", note=at))
        name, floor = "Theorem 5's bound >= 4 beta r²", 4.0 * loss.smoothness * radius**2
        bound = attempt(upper.theorem5, **numbers)
        if isinstance(bound, Bound):
            found.append(claim(name, "conclusion", bound.value, ">=", floor, bound.source, note=at))
        else:
            note = str(bound)
            found.append(Claim(name, "conclusion", "float", "not applicable", None, floor, ">=", "Theorem 5", note))
    return found


STATEMENT = Statement(
    key="flat-minima.constant-radius",
    title="The regime of constant r",
    text="SAM, eta = 1/sqrt T, r = 1/2: F >= 1/160 at every T and suffix, with F_S = 0 on this loss",
    instance="sam-chain",
    method="sam",
    defaults={"n": 6, "steps": 256, "step_size": 1.0 / 16.0, "perturbation_radius": 0.5},
    claims=claims,
    hypotheses=theorem7.STATEMENT.hypotheses,
    needs=theorem7.STATEMENT.needs,
    event="one",
)
