"""Theorem 2, "in particular": with ``eta = 1/(4 beta)`` and ``r - rho = c/sqrt T`` SA-GD's SAER is ``O(beta/T)``."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement
from sco_flat.works.flat_minima import rates, upper


def claims(request: Request) -> list[Claim]:
    """``T F_S^r(average)/beta`` at T, 4T and 16T against ``4 (D² + c²)``."""
    return rates.optimisation(request, upper.theorem2, "F_S^r(average)", lambda s: s.look(s.average).saer[1])


STATEMENT = Statement(
    key="flat-minima.2-corollary",
    title="Corollary of Theorem 2",
    text="SA-GD, eta = 1/(4 beta), r - rho = c/sqrt T: F_S^r(average) <= 4 (D² + c²) beta/T",
    instance="sagd-blocks",
    method="sagd",
    defaults={"n": 6, "steps": 16, "step_size": 0.25, "flatness_radius": 0.02},
    claims=claims,
    hypotheses=rates.step_of,
    needs=AS_ANALYSED,
)
