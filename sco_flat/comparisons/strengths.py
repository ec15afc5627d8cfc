"""Population risk against the stability bounds in three strengths, averaged over samples.

The bounds hold in expectation. *A priori* knows the numbers only, *along the trajectory* the measured sum of ``F_S(w_t
+ v_t)``, *measured stability* the measured eps. Each function of the means that is used here is concave, so that means
may go in (Jensen). So it is in D², which differs from sample to sample where w* or w_1 is drawn: the paper's bounds and
that of SGD are affine in it; the sharper one is ``(sqrt(a + b D²) + c + d sqrt(e + f D²))²``, whose terms are affine,
roots of affine ones, and the geometric mean of two.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sco_flat import bounds
from sco_flat.bounds.base import about, judge, silent, title_of
from sco_flat.bounds.expectation import half_width, hold, mean, root_mean_square
from sco_flat.comparisons import stability
from sco_flat.digits import QUANTILES, digits_from
from sco_flat.patience import track
from sco_flat.requests import Request
from sco_flat.results import Claim, json_number
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
"""Three strengths, each with our constants and with the paper's."""


@dataclass(frozen=True)
class Measured:
    """One sample: risks of the full average, its stability, and the summed risk along the run.

    Attributes
    ----------
    population_risk : float
        Upper end of its bracket.
    empirical_risk, eps, summed_risk : float
        As measured; ``summed_risk`` is not a number where it is not.
    visits : int
        How often the example that is visited most was visited; 0 for methods that take all in a step.
    distance : float
        D.
    lowest_risk : float, optional
        Lower end of the population risk; the same by default.
    floors : dict
        Lower bounds on the population risk of every suffix, by the keys of the statements whose event is met.
    unmeasured : str
        Why ``summed_risk`` is not known.
    gap : float
        How far SA-GD's perturbations may be from maximisers, as in `sco_flat.comparisons.spread.Spread`.
    """

    population_risk: float
    empirical_risk: float
    eps: float
    summed_risk: float
    visits: int
    distance: float
    lowest_risk: float | None = None
    floors: dict[str, float] = field(default_factory=dict)
    unmeasured: str = ""
    gap: float = 0.0

    @property
    def low(self) -> float:
        """Lower end of the population risk."""
        return self.population_risk if self.lowest_risk is None else self.lowest_risk


@dataclass(frozen=True)
class Strengths:
    """Means over samples with 95% confidence intervals, and the claims on the mean population risk.

    Attributes
    ----------
    measured : tuple of Measured
        The samples, drawn with no event imposed.
    means, errors : dict
        Of ``population_risk``, ``empirical_risk``, ``eps``, ``summed_risk``, and half widths of their intervals.
    claims : tuple of Claim
        The mean population risk against every bound, in the order of `BOUNDS`; see `sco_flat.bounds.expectation`.
    distance : float
        Root mean square of D.
    """

    measured: tuple[Measured, ...]
    means: dict[str, float]
    errors: dict[str, float]
    claims: tuple[Claim, ...]
    distance: float

    @property
    def samples(self) -> int:
        """How many were drawn."""
        return len(self.measured)

    def claim(self, key: str) -> Claim:
        """Return one of them, by its key in `BOUNDS`."""
        return self.claims[list(BOUNDS).index(key)]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready data."""
        numbers = {"samples": self.samples, "means": self.means, "errors": self.errors, "distance": self.distance}
        data = {k: json_number(v) for k, v in numbers.items()} | {"claims": [c.as_dict() for c in self.claims]}
        return data | {"digits_from": digits_from(*QUANTILES)}


def _compare(measured: list[Measured], facts: Facts, numbers: dict[str, Any]) -> Strengths:
    names = ("population_risk", "empirical_risk", "eps", "summed_risk")
    columns = {k: [getattr(m, k) for m in measured] for k in names}

    def trial(place: int) -> Callable[[Sequence[int]], bounds.Bound | str]:
        return lambda kept: _trials([measured[i] for i in kept], facts, numbers)[place]()

    low, high = [m.low for m in measured], columns["population_risk"]
    claims = [hold(f"E F(average) <= {name}", low, high, trial(k)) for k, name in enumerate(_names())]
    return Strengths(
        tuple(measured), {k: mean(v) for k, v in columns.items()}, {k: half_width(v) for k, v in columns.items()},
        tuple(claims), root_mean_square([m.distance for m in measured]),
    )  # fmt: skip


def _names() -> list[str]:
    """The names of all rows: `BOUNDS`, and then what works beside the first one say."""
    names = list(BOUNDS.values())
    for work in works.works()[1:]:
        for function in work.transfer:
            names += [
                f"{how}, {work.name}: {title_of(function)}" for how in ("measured stability", "along the trajectory")
            ]
        names += [f"a priori, {work.name}: {title_of(function)}" for function in work.risk]
    return names


def _trials(measured: list[Measured], facts: Facts, common: dict[str, Any]) -> list[Callable[[], bounds.Bound | str]]:
    """The bounds at the means over some samples, or why there is none, in the order of `BOUNDS`."""
    reached, summed, eps = (mean(getattr(m, k) for m in measured) for k in ("empirical_risk", "summed_risk", "eps"))
    visits = max(m.visits for m in measured)
    numbers = common | {"distance": root_mean_square([m.distance for m in measured])}
    single, beta = about(bounds.sgd_baseline, facts), numbers["smoothness"]
    first = works.works()[0]
    transfers, stated = [bounds.risk_sharper, *first.transfer], list(first.risk)

    def along() -> bounds.Bound | str:
        known: list[Callable[..., bounds.Bound]] = [
            bounds.stability_trajectory,
            bounds.sa_gd_stability_trajectory,
            bounds.unnormalized_sam_stability_trajectory,
        ]
        given = numbers | {"summed_risk": summed, "gap": mean(m.gap for m in measured)}
        if single:
            known, given = [bounds.sgd_stability_trajectory], numbers | {"visits": visits, "summed_loss": summed}
        found = bounds.sharpest(known, facts, **given)
        spoken = any(silent(function, facts) is None for function in known)
        return measured[0].unmeasured or found if spoken else found

    def whole() -> bounds.Bound | str:
        if not single:
            return a_priori(facts, numbers)
        steps, n = numbers["steps"], numbers["n"]
        if steps > n or visits > 1:
            return f"steps = {steps}: w_t must not depend on z_t: T <= n = {n}, each example once; take fewer steps"
        own = {k: numbers[k] for k in ("step_size", "smoothness", "distance")}
        return judge(bounds.sgd_baseline, facts, **own, n=steps)

    def paper() -> bounds.Bound | str:
        found = [judge(f, facts, **numbers) for f in stated]
        spoken = [x for f, x in zip(stated, found, strict=True) if about(f, facts)]
        return next((x for x in spoken if isinstance(x, bounds.Bound)), next(iter(spoken or found), "no work has one"))

    def risk(step: Callable[..., bounds.Bound], stable: float | bounds.Bound | str) -> bounds.Bound | str:
        if isinstance(stable, str):
            return stable
        value = stable if isinstance(stable, float) else stable.value
        return judge(works.cited(step), facts, smoothness=beta, empirical_risk=reached, stability=value)

    def others(work: works.Work) -> Iterator[Callable[[], bounds.Bound | str]]:
        for function in work.transfer:
            yield functools.partial(risk, function, eps)
            yield functools.partial(lambda step: risk(step, along()), function)
        for function in work.risk:
            yield functools.partial(judge, function, facts, **numbers)

    sharper, stated_transfer = transfers[0], transfers[-1]
    return [
        lambda: risk(sharper, eps),
        lambda: risk(stated_transfer, eps),
        lambda: risk(sharper, along()),
        lambda: risk(stated_transfer, along()),
        whole,
        paper,
        *(trial for work in works.works()[1:] for trial in others(work)),
    ]


def a_priori(facts: Facts, numbers: dict[str, Any]) -> bounds.Bound | str:
    """The smallest bound on the population risk for which nothing is measured, or why there is none."""
    known: list[Callable[..., bounds.Bound]] = [bounds.risk_a_priori, bounds.sa_gd_risk, bounds.unnormalized_sam_risk]
    return bounds.sharpest([works.cited(f) for f in known], facts, **numbers, method=bounds.analysis(facts))


@np.errstate(all="ignore")
def of_instance(request: Request, samples: int) -> Strengths:
    """Compare on a loss, over seeds from the request's on, with no event imposed."""
    measured = []
    for k in track(range(samples), samples, "samples"):
        one = replace(request, seed=request.seed + k, event="free")
        instance = works.build(one)
        stability.ask(instance, one.settings, growth=False)
        found = stability.leave_one_out(instance, one.sample(instance), one.settings, one.seed, growth=False)
        look = found.simulation.look(found.simulation.average)
        low, high = look.population_risk
        numbers, facts = works.numbers_of(found.simulation), works.facts_of(found.simulation)
        stated = works.lower_bounds(instance, one.settings, facts)
        measured.append(
            Measured(
                high, look.empirical_risk, found.eps, found.summed_risk, found.visits, numbers["distance"], low,
                {s.key: b.value for s, b in stated if isinstance(b, bounds.Bound)}, found.unmeasured,
                found.gap,
            )
        )  # fmt: skip
    return _compare(measured, facts, numbers | {"n": request.n})
