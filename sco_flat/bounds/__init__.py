"""Upper and lower bounds with explicit constants: one function per theorem, each refusing what it does not cover."""

from collections.abc import Callable

from sco_flat.bounds.base import Bound, attempt, require, sharpest
from sco_flat.bounds.baselines import gd_baseline, sgd_baseline, sgd_stability, sgd_stability_trajectory
from sco_flat.bounds.generalisation import (
    REACH,
    analysis,
    risk_a_priori,
    risk_sharper,
    risk_trajectory,
)
from sco_flat.bounds.maximisers import sa_gd_risk, sa_gd_stability, sa_gd_stability_trajectory
from sco_flat.bounds.one_more import risk_one_more
from sco_flat.bounds.optimisation import (
    regret_sharper,
    sa_gd_sharper,
    sam_sharper,
)
from sco_flat.bounds.stability import stability_sharper, stability_trajectory
from sco_flat.bounds.unnormalized import (
    unnormalized_sam_reach,
    unnormalized_sam_risk,
    unnormalized_sam_stability,
    unnormalized_sam_stability_trajectory,
)

__all__ = [
    "REACH",
    "Bound",
    "analysis",
    "attempt",
    "gd_baseline",
    "regret_sharper",
    "require",
    "risk_a_priori",
    "risk_one_more",
    "risk_sharper",
    "risk_trajectory",
    "sa_gd_risk",
    "sa_gd_sharper",
    "sa_gd_stability",
    "sa_gd_stability_trajectory",
    "sam_sharper",
    "sgd_baseline",
    "sgd_stability",
    "sgd_stability_trajectory",
    "sharpest",
    "stability_sharper",
    "stability_trajectory",
    "unnormalized_sam_reach",
    "unnormalized_sam_risk",
    "unnormalized_sam_stability",
    "unnormalized_sam_stability_trajectory",
]

EVERY_SAMPLE: tuple[tuple[Callable[..., Bound], str], ...] = (
    (sa_gd_sharper, "saer"),
    (sam_sharper, "empirical_risk"),
    (unnormalized_sam_reach, "empirical_risk"),
)
"""Upper bounds on a risk of the full average that hold for every sample, and what they bound."""
