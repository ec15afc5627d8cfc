"""A remark of the setup: with ``r <= rho`` every minimiser of the SAER is an r-flat minimum of F_S.

The common rho-flat w* has ``F_S^r(w*) = 0``, so that a minimiser has ``F_S^r = 0``, that is ``F_S = 0`` on its ball of
radius r. On the loss of Theorem 1 both sides are known at every point: ``F_S^r(w) = 0`` exactly where the flatness
radius ``rho - max_k xi_k(w)`` is at least r.
"""

from __future__ import annotations

import numpy as np

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, Statement, build, hypothesis_claims
from sco_flat.works.flat_minima import conditions, draw
from sco_flat.works.flat_minima.common import RUNS_NOTHING

SOURCE = "setup, SA-ERM"
DRAWS = 200
SHORT = 0.9
"""Share of ``rho - r`` to which drawn points are kept, or which they miss, so that rounding decides nothing."""


def hypotheses(instance: Loss) -> tuple[Hypothesis, ...]:
    """``r <= rho``, and what the loss is made for."""
    r, rho = instance.perturbation_radius, instance.flatness_radius
    own = Hypothesis("r <= rho", "perturbation_radius", r, "<=", rho, f"the largest legal r is {rho:g}", SOURCE)
    return (own, *conditions.theorem1(rho))


def claims(request: Request) -> list[Claim]:
    """The SAER of drawn zeros of F_S, on both sides of the flatness radius r."""
    instance = build(request)
    sample = request.sample(instance)
    found = hypothesis_claims(hypotheses(instance))
    r, rho = instance.perturbation_radius, instance.flatness_radius
    layout, rng = Layout(instance, sample, draw.rows(sample)), np.random.default_rng(request.seed)
    zero = np.zeros(layout.size)
    found.append(claim("F_S^r(w*) = 0 at w* = 0", "conclusion", Look(layout, zero).upper(r), "==", 0.0, SOURCE))
    if r > rho:
        return found
    inside = [Look(layout, draw.point(layout, SHORT * (rho - r), rng)) for _ in range(DRAWS)]
    # the largest norm that an example feels lies strictly between rho - r and rho
    outside = [Look(layout, draw.point(layout, rho - SHORT * r, rng)) for _ in range(DRAWS)]
    flattest = min(draw.flatness(look) for look in inside)
    name = f"smallest flatness radius of {DRAWS} drawn points >= r"
    found.append(claim(name, "conclusion", flattest, ">=", r, SOURCE))
    largest = max(look.upper(r) for look in inside)
    found.append(claim("their largest F_S^r = 0: minimisers of F_S^r", "conclusion", largest, "==", 0.0, SOURCE))
    if r > 0.0:
        sharpest = max(draw.flatness(look) for look in outside)
        name = f"largest flatness radius of {DRAWS} other zeros of F_S < r"
        found.append(claim(name, "conclusion", sharpest, "<", r, SOURCE))
        least = min(draw.pushed(look, r) for look in outside)
        found.append(claim("their smallest F_S^r > 0: not minimisers", "conclusion", least, ">", 0.0, SOURCE))
    return found


STATEMENT = Statement(
    key="flat-minima.saer-minimisers",
    title="Remark on SA-ERM",
    text="r <= rho: every minimiser of F_S^r is an r-flat minimum of F_S",
    instance="flat-erm",
    method="gd",
    defaults={"n": 8, "steps": 1, "step_size": 0.25, "perturbation_radius": 0.1, "flatness_radius": 0.2},
    claims=claims,
    hypotheses=hypotheses,
    any_method=True,
    unread=RUNS_NOTHING,
)
