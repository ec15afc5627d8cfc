"""What leave-one-out runs measure, held against the bounds on stability, for every sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import bounds
from sco_flat.results import Claim, claim
from sco_flat.works.flat_minima import upper


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
            "summed_risk": self.summed_risk,
        }


def claims(found: Spread, method: str, numbers: dict[str, Any], why: str = "", flat: bool = True) -> list[Claim]:
    """Hold eps against the bounds along the trajectory, a priori, and with the paper's constants.

    Parameters
    ----------
    found : Spread
        The measurement.
    method : str
        Its method.
    numbers : dict
        ``step_size``, ``steps``, ``smoothness``, ``perturbation_radius``, ``flatness_radius``, ``distance``, ``n``.
    why : str
        Why no bound applies, if none does.
    flat : bool
        Whether all examples have a common minimum of loss 0.
    """
    kept = []
    for name, function, given, needs_minimum in _bounds(found, method, numbers):
        label = f"eps <= {name}"
        reason: Any = why or ("no w* has loss 0 on every example" if needs_minimum and not flat else "")
        if not reason and function is None:
            reason = "the paper has no bound on the stability of SGD"
        bound = reason or bounds.attempt(function, **given)
        if isinstance(bound, bounds.Bound):
            kept.append(claim(label, "conclusion", found.eps, "<=", bound.value, bound.source))
        else:
            kept.append(Claim(label, "conclusion", "float", "not applicable", found.eps, None, "<=", "", str(bound)))
    return kept


def _bounds(found: Spread, method: str, numbers: dict[str, Any]) -> list[tuple[str, Any, dict[str, Any], bool]]:
    """Names, functions and arguments of the three bounds, and whether they need a common minimum."""
    along, whole, paper = "along the trajectory, sharper", "a priori, sharper", "the paper's constants"
    if method == "sgd":
        own = {k: numbers[k] for k in ("step_size", "smoothness", "n")} | {"visits": max(found.visits, 1)}
        return [
            (along, bounds.sgd_stability_trajectory, own | {"summed_loss": found.summed_risk}, False),
            (whole, bounds.sgd_stability, own | {"distance": numbers["distance"]}, True),
            (paper, None, {}, False),
        ]
    given = numbers | ({"perturbation_radius": 0.0} if method == "gd" else {})
    some = {k: given[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n")}
    return [
        (along, bounds.stability_trajectory, some | {"summed_risk": found.summed_risk}, False),
        (whole, bounds.stability_sharper, given, True),
        (paper, upper.stability_paper, given, True),
    ]
