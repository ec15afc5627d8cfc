"""Population risk against the stability bounds in three strengths, averaged over samples.

The bounds hold in expectation. *A priori* knows the numbers only, *along the trajectory* the measured sum of ``F_S(w_t
+ v_t)``, *measured stability* the measured eps. Each function of the means that is used here is concave, so that means
may go in (Jensen).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any, Literal

from sco_flat import bounds
from sco_flat.comparisons import ordinary, stability
from sco_flat.comparisons.ordinary import Measured
from sco_flat.errors import NotApplicable
from sco_flat.results import Claim, claim
from sco_flat.runs import Request, common, is_plain
from sco_flat.works.flat_minima import upper

BOUNDS = {
    "measured": "measured stability, sharper",
    "measured_paper": "measured stability, the paper's 4 F_S + 3 beta eps",
    "trajectory": "along the trajectory, sharper",
    "trajectory_paper": "along the trajectory, the paper's 4 F_S + 3 beta eps",
    "a_priori": "a priori, sharper",
    "paper": "a priori, the paper's constants",
}
"""Three strengths, each with our constants and with the paper's."""
NORMAL = 1.96
"""Half width of a 95% confidence interval in standard errors."""


@dataclass(frozen=True)
class Strengths:
    """Means over samples with 95% confidence intervals, and the claims on the mean population risk.

    Attributes
    ----------
    samples : int
        How many were drawn, with no event imposed.
    means, errors : dict
        Of ``population_risk``, ``empirical_risk``, ``eps``, ``summed_risk``, and half widths of their intervals.
    claims : tuple of Claim
        The mean population risk against every bound, in the order of `BOUNDS`; ``fails`` if even its interval's lower
        end is above.
    """

    samples: int
    means: dict[str, float]
    errors: dict[str, float]
    claims: tuple[Claim, ...]

    def claim(self, key: str) -> Claim:
        """Return one of them, by its key in `BOUNDS`."""
        return self.claims[list(BOUNDS).index(key)]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready data."""
        return vars(self) | {"claims": [c.as_dict() for c in self.claims]}


def _compare(
    measured: list[Measured], method: str, numbers: dict[str, Any], realizable: bool, exact: bool = True
) -> Strengths:
    names = ("population_risk", "empirical_risk", "eps", "summed_risk")
    columns = {k: [getattr(m, k) for m in measured] for k in names}
    means = {k: fmean(v) for k, v in columns.items()}
    errors = {k: NORMAL * stdev(v) / math.sqrt(len(v)) if len(v) > 1 else math.inf for k, v in columns.items()}
    claims = []
    for (key, name), function in zip(BOUNDS.items(), _trials(measured, means, method, numbers), strict=True):
        needs_minimum = key in ("a_priori", "paper")
        label = f"E F(average) <= {name}"
        low = means["population_risk"] - errors["population_risk"] if len(measured) > 1 else means["population_risk"]
        why = "" if exact else stability.PLAIN
        why = why or ("no w* has loss 0 on every example" if needs_minimum and not realizable else "")
        found: Any = why or bounds.attempt(function)
        if isinstance(found, bounds.Bound):
            made = claim(label, "conclusion", low, "<=", found.value, found.source)
            claims.append(replace(made, value=means["population_risk"]))
        else:
            value = means["population_risk"]
            claims.append(Claim(label, "conclusion", "float", "not applicable", value, None, "<=", "", str(found)))
    return Strengths(len(measured), means, errors, tuple(claims))


def _trials(
    measured: list[Measured], means: dict[str, float], method: str, numbers: dict[str, Any]
) -> list[Callable[[], bounds.Bound]]:
    """The bounds, in the order of `BOUNDS`."""
    smooth, reached, summed = numbers["smoothness"], means["empirical_risk"], means["summed_risk"]
    if method == "sgd":
        some = {k: numbers[k] for k in ("step_size", "smoothness", "n")}
        visits = max(m.visits for m in measured)

        def along() -> bounds.Bound:
            return bounds.sgd_stability_trajectory(**some, visits=visits, summed_loss=summed)

        def whole() -> bounds.Bound:
            steps, n = numbers["steps"], numbers["n"]
            limit = f"w_t must not depend on z_t: T <= n = {n}, each example once"
            bounds.require("steps", steps, steps <= n and visits <= 1, limit, "take fewer steps")
            own = {k: numbers[k] for k in ("step_size", "smoothness", "distance")}
            return bounds.sgd_baseline(**own, n=steps)

        def paper() -> bounds.Bound:
            raise NotApplicable("method", "sgd", "the paper has no bound on SGD", "see the others")
    else:
        run = {k: numbers[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n")}
        kind: Literal["sa-gd", "sam"] = "sa-gd" if method == "sagd" else "sam"  # GD is SAM with r = 0

        def along() -> bounds.Bound:
            return bounds.stability_trajectory(**run, summed_risk=summed)

        def whole() -> bounds.Bound:
            return bounds.risk_a_priori(**numbers, method=kind)

        def paper() -> bounds.Bound:
            return upper.theorem4(**numbers) if method == "sagd" else upper.theorem8(**numbers)

    def risk(step: Callable[..., bounds.Bound], eps: float) -> bounds.Bound:
        return step(smoothness=smooth, empirical_risk=reached, stability=eps)

    return [
        lambda: risk(bounds.risk_sharper, means["eps"]),
        lambda: risk(upper.risk_paper, means["eps"]),
        lambda: risk(bounds.risk_sharper, along().value),
        lambda: risk(upper.risk_paper, along().value),
        whole,
        paper,
    ]


def of_ordinary(name: str, method: str, samples: int, *, seed: int = 0, **numbers: Any) -> Strengths:
    """Compare on least squares or logistic regression; numbers as for `ordinary.measure`."""
    problem = ordinary.get(name)
    measured = [ordinary.measure(problem, method, seed=seed + k, **numbers) for k in range(samples)]
    given = ordinary.bound_numbers(method, numbers)
    return _compare(measured, method, given, problem.realizable)


def of_instance(request: Request, samples: int) -> Strengths:
    """Compare on a registered instance, over seeds from the request's on, with no event imposed."""
    measured = []
    for k in range(samples):
        one = replace(request, seed=request.seed + k, event="free")
        instance = one.build()
        found = stability.leave_one_out(instance, one.sample(instance), one.settings, one.seed, growth=False)
        look = found.simulation.look(found.simulation.average)
        risk = instance.population_risk(look.profile())[1]
        measured.append(Measured(risk, look.empirical_risk, found.eps, found.summed_risk, found.visits))
    numbers: dict[str, Any] = common(instance, found.simulation) | {"n": instance.n}
    if request.settings.method == "gd":
        numbers["perturbation_radius"] = 0.0
    exact = is_plain(request.settings)
    return _compare(measured, request.settings.method, numbers, True, exact)
