"""Population risk against the stability bounds in three strengths, averaged over samples.

The bounds hold in expectation. *A priori* knows the numbers only, *along the trajectory* the measured sum of ``F_S(w_t
+ v_t)``, *measured stability* the measured eps. Each function of the means that is used here is concave, so that means
may go in (Jensen).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

from sco_flat import bounds
from sco_flat.bounds.base import about, judge, title_of
from sco_flat.comparisons import stability
from sco_flat.patience import track
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import Facts
from sco_flat.works import base as works

BOUNDS = {
    "measured": "measured stability, sharper",
    "measured_paper": "measured stability, the paper's 4 F_S + 3 beta eps",
    "trajectory": "along the trajectory, sharper",
    "trajectory_paper": "along the trajectory, the paper's 4 F_S + 3 beta eps",
    "a_priori": "a priori, sharper",
    "paper": "a priori, the paper's constants",
}
"""Three strengths, each with our constants and with those of the first work; other works have rows after these."""
NORMAL = 1.96
"""Half width of a 95% confidence interval in standard errors."""


@dataclass(frozen=True)
class Measured:
    """One sample: risks of the full average, its stability, and the summed risk along the run.

    ``visits``: how often the example that is visited most was visited; 0 for methods that take all in a step.
    """

    population_risk: float
    empirical_risk: float
    eps: float
    summed_risk: float
    visits: int


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
        The mean population risk against every bound, in the order of `BOUNDS`, then those of other works; ``fails``
        if even its interval's lower end is above.
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


def _error(values: list[float]) -> float:
    """Half the width of the mean's interval; infinite where it cannot be known."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.inf
    return NORMAL * stdev(values) / math.sqrt(len(values))


def _compare(measured: list[Measured], facts: Facts, numbers: dict[str, Any]) -> Strengths:
    names = ("population_risk", "empirical_risk", "eps", "summed_risk")
    columns = {k: [getattr(m, k) for m in measured] for k in names}
    means = {k: fmean(v) for k, v in columns.items()}
    errors = {k: _error(v) for k, v in columns.items()}
    claims = []
    for name, trial in _trials(measured, means, facts, numbers):
        label = f"E F(average) <= {name}"
        low = means["population_risk"] - errors["population_risk"] if len(measured) > 1 else means["population_risk"]
        found = trial()
        if isinstance(found, bounds.Bound):
            made = claim(label, "conclusion", low, "<=", found.value, found.source)
            claims.append(replace(made, value=means["population_risk"]))
        else:
            value = means["population_risk"]
            claims.append(Claim(label, "conclusion", "float", "not applicable", value, None, "<=", "", found))
    return Strengths(len(measured), means, errors, tuple(claims))


def _trials(
    measured: list[Measured], means: dict[str, float], facts: Facts, numbers: dict[str, Any]
) -> list[tuple[str, Callable[[], bounds.Bound | str]]]:
    """The bounds or why there is none, by name: in the order of `BOUNDS`, then those of other works."""
    reached, summed = means["empirical_risk"], means["summed_risk"]
    visits = max(m.visits for m in measured)
    first, *others = works.works()

    def along() -> bounds.Bound | str:
        if facts["full_batch"]:
            run = {k: numbers[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n")}
            return judge(bounds.stability_trajectory, facts, **run, summed_risk=summed)
        some = {k: numbers[k] for k in ("step_size", "smoothness", "n")}
        return judge(bounds.sgd_stability_trajectory, facts, **some, visits=visits, summed_loss=summed)

    def whole() -> bounds.Bound | str:
        if facts["full_batch"]:
            kind = "sam" if facts["families"] & {"sam", "gd"} else "sa-gd"  # GD is SAM with r = 0
            return judge(bounds.risk_a_priori, facts, **numbers, method=kind)
        steps, n = numbers["steps"], numbers["n"]
        if steps > n or visits > 1:
            return f"steps = {steps}: w_t must not depend on z_t: T <= n = {n}, each example once; take fewer steps"
        own = {k: numbers[k] for k in ("step_size", "smoothness", "distance")}
        return judge(bounds.sgd_baseline, facts, **own, n=steps)

    def paper() -> bounds.Bound | str:
        found = [judge(f, facts, **numbers) for f in first.risk]
        spoken = [x for f, x in zip(first.risk, found, strict=True) if about(f, facts)]
        return next((x for x in spoken if isinstance(x, bounds.Bound)), next(iter(spoken or found), "no work has one"))

    def risk(step: Callable[..., bounds.Bound], eps: float | bounds.Bound | str) -> bounds.Bound | str:
        if isinstance(eps, str):
            return eps
        value = eps if isinstance(eps, float) else eps.value
        return judge(step, facts, smoothness=numbers["smoothness"], empirical_risk=reached, stability=value)

    eps = {"measured stability": lambda: means["eps"], "along the trajectory": along}
    own = [
        lambda: risk(bounds.risk_sharper, means["eps"]),
        lambda: risk(first.transfer[-1], means["eps"]),
        lambda: risk(bounds.risk_sharper, along()),
        lambda: risk(first.transfer[-1], along()),
        whole,
        paper,
    ]
    found = list(zip(BOUNDS.values(), own, strict=True))
    for work in others:
        for f, (strength, of) in itertools.product(work.transfer, eps.items()):
            found.append((f"{strength}, {work.name}: {title_of(f)}", functools.partial(_later, risk, f, of)))
        for f in work.risk:
            found.append((f"a priori, {work.name}: {title_of(f)}", functools.partial(judge, f, facts, **numbers)))
    return found


def _later(risk: Callable[..., Any], step: Callable[..., bounds.Bound], eps: Callable[[], Any]) -> Any:
    """A bound whose stability is looked at when it is asked for."""
    return risk(step, eps())


def of_instance(request: Request, samples: int) -> Strengths:
    """Compare on a loss, over seeds from the request's on, with no event imposed."""
    measured = []
    for k in track(range(samples), samples, "samples"):
        one = replace(request, seed=request.seed + k, event="free")
        instance = works.build(one)
        found = stability.leave_one_out(instance, one.sample(instance), one.settings, one.seed, growth=False)
        look = found.simulation.look(found.simulation.average)
        risk = instance.population_risk(look.profile())[1]
        measured.append(Measured(risk, look.empirical_risk, found.eps, found.summed_risk, found.visits))
    numbers: dict[str, Any] = works.numbers_of(found.simulation) | {"n": instance.n}
    return _compare(measured, works.facts_of(found.simulation), numbers)
