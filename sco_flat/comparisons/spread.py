"""What leave-one-out runs measure, held against the bounds on stability, for every sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import bounds
from sco_flat.bounds.base import about, asked, held, silent, title_of
from sco_flat.results import Claim, json_number
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
    unmeasured : str
        Why the summed risk is not a number, if it is not.
    gap : float
        SA-GD with a numerical oracle: its largest gap on S, plus the mean over i of its largest on ``S^(i)``; else 0.
    """

    eps: float
    distances: NDArray[np.float64]
    growth: NDArray[np.float64]
    summed_risk: float
    visits: int
    unmeasured: str
    gap: float = field(default=0.0, kw_only=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the measurement as JSON-ready data."""
        return {
            "eps": json_number(self.eps),
            "distances": json_number(self.distances.tolist()),
            "growth": json_number(self.growth.tolist()),
            "summed_risk": json_number(self.summed_risk),
            "gap": json_number(self.gap),
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
        made = held(label, works.cited(function), facts, found.eps, **given)
        if found.unmeasured and "summed_risk" in given and silent(function, facts) is None:
            made = Claim(label, "conclusion", "float", "not applicable", found.eps, None, "<=", "", found.unmeasured)
        kept.append(made)
    return kept


def _bounds(found: Spread, facts: Facts, numbers: dict[str, Any]) -> list[tuple[str, Any, dict[str, Any]]]:
    """Names, functions and arguments of the bounds: those of SGD for its family."""
    along, whole, paper = "along the trajectory, sharper", "a priori, sharper", "the paper's constants"
    first, *others = works.works()
    stated = [(paper, function, numbers) for function in first.stability]
    stated += [(f"{work.name}: {title_of(f)}", f, numbers) for work in others for f in work.stability]
    if about(bounds.sgd_stability, facts):
        own = {k: numbers[k] for k in ("step_size", "smoothness", "n")} | {"visits": max(found.visits, 1)}
        return [
            (along, bounds.sgd_stability_trajectory, own | {"summed_loss": found.summed_risk}),
            (whole, bounds.sgd_stability, own | {"distance": numbers["distance"]}),
            *stated,
        ]
    some = {k: numbers[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n")}
    some |= {"summed_risk": found.summed_risk}
    special: list[tuple[Callable[..., bounds.Bound], dict[str, Any]]] = [
        (bounds.sa_gd_stability_trajectory, some | {"gap": found.gap}),
        (bounds.sa_gd_stability, numbers),
        (bounds.unnormalized_sam_stability_trajectory, some | {"distance": numbers["distance"]}),
        (bounds.unnormalized_sam_stability, asked(bounds.unnormalized_sam_stability, numbers)),
    ]
    return [
        (along, bounds.stability_trajectory, some),
        (whole, bounds.stability_sharper, numbers),
        *stated,
        *((title_of(function), function, given) for function, given in special if about(function, facts)),
    ]
