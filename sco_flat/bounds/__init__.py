"""Upper and lower bounds with explicit constants: one function per theorem, each refusing what it does not cover."""

from sco_flat.bounds.base import Bound, attempt, require
from sco_flat.bounds.baselines import gd_baseline, sgd_baseline, sgd_stability, sgd_stability_trajectory
from sco_flat.bounds.generalisation import (
    REACH,
    analysis,
    risk_a_priori,
    risk_sharper,
    risk_trajectory,
)
from sco_flat.bounds.optimisation import (
    regret_sharper,
    sa_gd_sharper,
    sam_sharper,
)
from sco_flat.bounds.stability import stability_sharper, stability_trajectory

__all__ = [
    "REACH",
    "Bound",
    "analysis",
    "attempt",
    "gd_baseline",
    "regret_sharper",
    "require",
    "risk_a_priori",
    "risk_sharper",
    "risk_trajectory",
    "sa_gd_sharper",
    "sam_sharper",
    "sgd_baseline",
    "sgd_stability",
    "sgd_stability_trajectory",
    "stability_sharper",
    "stability_trajectory",
]

EVERY_SAMPLE = ((sa_gd_sharper, "saer"), (sam_sharper, "empirical_risk"))
"""Upper bounds on a risk of the full average that hold for every sample, and what they bound."""
