"""Theorem 8, "in particular": SAM's population risk with ``T = n``, ``eta = theta/beta``, ``r - rho = c/sqrt T``."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement
from sco_flat.works.flat_minima import rates, upper
from sco_flat.works.flat_minima.common import IN_EXPECTATION


def claims(request: Request) -> list[Claim]:
    """The mean risk over samples, for n and 2n, against ``A beta/n + 72 theta beta r² n``."""
    return rates.population(request, upper.theorem8)


STATEMENT = Statement(
    key="flat-minima.8-corollary",
    title="Corollary of Theorem 8",
    text="SAM, T = n, eta = theta/beta, r - rho = c/sqrt n: E F(average) <= A beta/n + 72 theta beta r² n",
    instance="sam-chain",
    method="sam",
    defaults={"n": 6, "steps": 6, "step_size": 1.0 / 16.0},
    claims=claims,
    hypotheses=rates.step_and_size_of,
    needs=AS_ANALYSED,
    unread=IN_EXPECTATION,
)
