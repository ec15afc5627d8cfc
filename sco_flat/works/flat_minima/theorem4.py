"""Theorem 4: an upper bound on the expected population risk, by leave-one-out stability."""

from __future__ import annotations

import functools

from sco_flat import bounds
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement, build, hypothesis_claims
from sco_flat.works.flat_minima import conditions, upper
from sco_flat.works.flat_minima.common import IN_EXPECTATION, mean_risk

sharper = functools.partial(bounds.risk_a_priori, method="sa-gd")
functools.update_wrapper(sharper, bounds.risk_a_priori)
one_more = functools.partial(bounds.risk_one_more, method="sa-gd")
functools.update_wrapper(one_more, bounds.risk_one_more)


def claims(request: Request) -> list[Claim]:
    """Hold the mean over samples against the paper's bound and the sharper ones; no event is imposed."""
    found = hypothesis_claims(STATEMENT.hypotheses(build(request, STATEMENT)))
    return found + mean_risk(request, STATEMENT).upper_bounds(upper.theorem4, sharper, bounds.sa_gd_risk, one_more)


STATEMENT = Statement(
    key="flat-minima.4",
    title="Theorem 4",
    text="SA-GD: E F(average) <= 4 E F_S + 3 beta eps",
    instance="sagd-blocks",
    method="sagd",
    defaults={"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.02},
    claims=claims,
    hypotheses=conditions.small_step,
    needs=AS_ANALYSED,
    unread=IN_EXPECTATION,
)
