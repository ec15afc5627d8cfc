"""Theorem 4, "in particular": SA-GD's population risk with ``T = n``, ``eta = theta/beta``, ``r - rho = c/sqrt T``."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement
from sco_flat.works.flat_minima import rates, upper
from sco_flat.works.flat_minima.common import IN_EXPECTATION


def claims(request: Request) -> list[Claim]:
    """The mean risk over samples, for n and 2n, against ``A beta/n + 72 theta beta r² n``."""
    return rates.population(request, upper.theorem4)


STATEMENT = Statement(
    key="flat-minima.4-corollary",
    title="Corollary of Theorem 4",
    text="SA-GD, T = n, eta = theta/beta, r - rho = c/sqrt n: E F(average) <= A beta/n + 72 theta beta r² n",
    instance="sagd-blocks",
    method="sagd",
    defaults={"n": 6, "steps": 6, "step_size": 0.25, "flatness_radius": 0.02},
    claims=claims,
    hypotheses=rates.step_and_size_of,
    needs=AS_ANALYSED,
    unread=IN_EXPECTATION,
)
