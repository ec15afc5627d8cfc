"""The work that this package began with."""

from __future__ import annotations

from sco_flat.works.base import Work
from sco_flat.works.flat_minima import upper

WORK = Work(
    name="flat-minima",
    title="Flat Minima and Generalization: Insights from Stochastic Convex Optimization",
    citation="M. Schliserman, S. Vansover-Hager, T. Koren, arXiv 2511.03548",
    every_sample=((upper.theorem2, "saer"), (upper.theorem5, "empirical_risk")),
    stability=(upper.stability_paper,),
    transfer=(upper.risk_paper,),
    risk=(upper.theorem4, upper.theorem8),
)
