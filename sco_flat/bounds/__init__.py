"""Upper and lower bounds with explicit constants: one function per theorem, each refusing what it does not cover."""

from sco_flat.bounds._bound import Bound, attempt, require
from sco_flat.bounds.baselines import gd_baseline, sgd_baseline, sgd_stability, sgd_stability_trajectory
from sco_flat.bounds.generalisation import (
    risk_a_priori,
    risk_paper,
    risk_sharper,
    risk_trajectory,
    theorem4,
    theorem8,
)
from sco_flat.bounds.lower import (
    theorem1,
    theorem3,
    theorem3_rate,
    theorem3_window,
    theorem6,
    theorem6_positive_start,
    theorem7,
    theorem7_printed_lemma,
    theorem7_rate,
)
from sco_flat.bounds.optimisation import (
    regret_lemma,
    regret_sharper,
    sa_gd_sharper,
    sam_sharper,
    theorem2,
    theorem5,
)
from sco_flat.bounds.stability import stability_paper, stability_sharper, stability_trajectory

__all__ = [
    "Bound",
    "attempt",
    "gd_baseline",
    "regret_lemma",
    "regret_sharper",
    "require",
    "risk_a_priori",
    "risk_paper",
    "risk_sharper",
    "risk_trajectory",
    "sa_gd_sharper",
    "sam_sharper",
    "sgd_baseline",
    "sgd_stability",
    "sgd_stability_trajectory",
    "stability_paper",
    "stability_sharper",
    "stability_trajectory",
    "theorem1",
    "theorem2",
    "theorem3",
    "theorem3_rate",
    "theorem3_window",
    "theorem4",
    "theorem5",
    "theorem6",
    "theorem6_positive_start",
    "theorem7",
    "theorem7_printed_lemma",
    "theorem7_rate",
    "theorem8",
]
