"""Theorem 6: SAM stays at a sharp minimum although a flat one exists."""

from __future__ import annotations

from typing import Any

from sco_flat import bounds
from sco_flat.engines.layout import Look
from sco_flat.errors import NotApplicable
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import AS_ANALYSED, Facts
from sco_flat.works.base import Hypothesis, Statement
from sco_flat.works.flat_minima import conditions, lower
from sco_flat.works.flat_minima.common import prepare


def claims(request: Request) -> list[Claim]:
    """SAER of every iterate against that of the flat minimum ``w* = -½``; from 0 or from a positive start."""
    instance, simulation, found = prepare(request)
    radius = instance.perturbation_radius
    flat = Look(simulation.layout, simulation.last * 0.0 - 0.5).upper(radius)
    start = float(simulation.started()[-1])
    lowest = float("inf")
    for t, w in simulation.iterates():
        if start == 0.0:
            lowest = min(lowest, Look(simulation.layout, w.copy()).upper(radius) - flat)
            if w[-1] != 0.0:
                found.append(claim(f"w_{t} = 0", "dynamics", float(w[-1]), "==", 0.0, "Theorem 6"))
                break
        else:
            lowest = min(lowest, Look(simulation.layout, w.copy()).upper(radius))
    if start == 0.0:
        found.append(claim("w_T = 0 (0/0 counts as 0)", "dynamics", float(simulation.last[-1]), "==", 0.0, "Theorem 6"))
        bound = bounds.attempt(lower.theorem6, perturbation_radius=radius)
    else:
        bound = bounds.attempt(
            lower.theorem6_positive_start, step_size=instance.step_size, perturbation_radius=radius, start=start
        )
    # the SAER is convex and increasing here, and the iterates are ordered: averages lie between iterates
    name = "F_S^r(w) - F_S^r(w*) of every iterate and average >= bound"
    if isinstance(bound, NotApplicable):
        found.append(Claim(name, "conclusion", "float", "not applicable", lowest, None, ">=", "Theorem 6", str(bound)))
    else:
        found.append(claim(name, "conclusion", lowest, ">=", bound.value, bound.source, slack=1e-14))
    return found


def hypotheses(instance: Loss) -> tuple[Hypothesis, ...]:
    """``r, rho <= ½``."""
    return conditions.theorem6(
        perturbation_radius=instance.perturbation_radius, flatness_radius=instance.flatness_radius
    )


def other_start(facts: Facts) -> str | None:
    """It is about ``w_1 = 0``, or about a positive start from which one step reaches ``w <= 0``."""
    lowest = facts.get("lowest_start")
    if lowest == 0.0:
        return None
    if lowest is None or lowest < 0.0:
        drawn = "a random one" if lowest is None else f"w_1 = {lowest:g}"
        return f"Theorem 6 speaks of the start w_1 = 0 or of a positive one, not of {drawn}"
    numbers = {k: facts[k] for k in ("step_size", "perturbation_radius")}
    found = bounds.attempt(lower.theorem6_positive_start, **numbers, start=lowest)
    return f"Theorem 6: {found}" if isinstance(found, NotApplicable) else None


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.flat_minima.proofs.theorem6 import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="flat-minima.6",
    title="Theorem 6",
    text="SAM stops at a sharp minimum: F_S^r(w) - F_S^r(w*) = r²/2",
    instance="sam-sharp",
    method="sam",
    defaults={"n": 6, "steps": 64, "step_size": 0.25, "perturbation_radius": 0.5, "flatness_radius": 0.5},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=AS_ANALYSED,
    exception=other_start,
    home=True,
)
