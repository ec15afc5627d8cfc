"""What leave-one-out runs measure, held against the bounds on stability, for every sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import bounds
from sco_flat.bounds.base import Bound, judge, title_of
from sco_flat.results import Claim, claim, json_number
from sco_flat.traits import Facts
from sco_flat.works import base as works


@dataclass(frozen=True, eq=False)
class Spread:
    """Measured stability of the full average.

    Attributes
    ----------
    eps : float
        ``(1/n) sum_i |A(S) - A(S^(i))|²``.
    distances : ndarray, shape (n,)
        ``|A(S) - A(S^(i))|``.
    growth : ndarray, shape (T,) or (0,)
        ``(1/n) sum_i |w_t - w_t^(i)|²`` for t = 1..T, where it was asked for.
    summed_risk : float
        ``sum_t F_S(w_t + v_t)``, from above; for SGD ``sum_t f(w_t, z_t)`` over its updates.
    visits : int
        SGD: how often the example that is visited most was visited; else 0.
    """

    eps: float
    distances: NDArray[np.float64]
    growth: NDArray[np.float64]
    summed_risk: float
    visits: int

    def as_dict(self) -> dict[str, Any]:
        """Return the measurement as JSON-ready data."""
        return {
            "eps": self.eps,
            "distances": self.distances.tolist(),
            "growth": self.growth.tolist(),
            "summed_risk": json_number(self.summed_risk),
        }


def claims(found: Spread, facts: Facts, numbers: dict[str, Any]) -> list[Claim]:
    """Hold eps against the bounds along the trajectory, a priori, and with the constants of the works.

    Parameters
    ----------
    found : Spread
        The measurement.
    facts : mapping
        Of the run, see `sco_flat.works.base.facts_of`.
    numbers : dict
        ``step_size``, ``steps``, ``smoothness``, ``perturbation_radius``, ``flatness_radius``, ``distance``, ``n``.
    """
    kept = []
    for name, function, given in _bounds(found, facts, numbers):
        label = f"eps <= {name}"
        bound = judge(function, facts, **given)
        if isinstance(bound, Bound):
            kept.append(claim(label, "conclusion", found.eps, "<=", bound.value, bound.source))
        else:
            kept.append(Claim(label, "conclusion", "float", "not applicable", found.eps, None, "<=", "", bound))
    return kept


def _bounds(found: Spread, facts: Facts, numbers: dict[str, Any]) -> list[tuple[str, Any, dict[str, Any]]]:
    """Names, functions and arguments of the bounds: those of SGD for its family."""
    along, whole, paper = "along the trajectory, sharper", "a priori, sharper", "the paper's constants"
    stated = [(paper, function, numbers) for function in works.works()[0].stability]
    stated += [(f"{work.name}: {title_of(f)}", f, numbers) for work in works.works()[1:] for f in work.stability]
    if "sgd" in facts["families"]:
        own = {k: numbers[k] for k in ("step_size", "smoothness", "n")} | {"visits": max(found.visits, 1)}
        return [
            (along, bounds.sgd_stability_trajectory, own | {"summed_loss": found.summed_risk}),
            (whole, bounds.sgd_stability, own | {"distance": numbers["distance"]}),
            *stated,
        ]
    some = {k: numbers[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n")}
    return [
        (along, bounds.stability_trajectory, some | {"summed_risk": found.summed_risk}),
        (whole, bounds.stability_sharper, numbers),
        *stated,
    ]
