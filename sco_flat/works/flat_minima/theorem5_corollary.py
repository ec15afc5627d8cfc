"""Theorem 5, "in particular": with ``eta = 1/(4 beta)`` and ``r - rho = c/sqrt T`` SAM's F_S is ``O(beta/T)``.

On Huber's function, where ``D = 1``.
"""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement
from sco_flat.works.flat_minima import rates, upper


def claims(request: Request) -> list[Claim]:
    """``T F_S(average)/beta`` at T, 4T and 16T against ``4 (D² + c²)``."""
    return rates.optimisation(request, upper.theorem5, "F_S(average)", lambda s: s.look(s.average).empirical_risk)


STATEMENT = Statement(
    key="flat-minima.5-corollary",
    title="Corollary of Theorem 5",
    text="SAM, eta = 1/(4 beta), r - rho = c/sqrt T: F_S(average) <= 4 (D² + c²) beta/T",
    instance="huber",
    method="sam",
    defaults={"steps": 16, "step_size": 0.25, "perturbation_radius": 0.25},
    claims=claims,
    hypotheses=rates.step_of,
    needs=AS_ANALYSED,
)
