"""Population risk between its bounds, over T and over r: the data of the bounds figure.

Everything is in expectation over samples, as the upper bounds are: the lower bounds of statements are multiplied by the
probability of their event. A bound outside its range leaves a gap and says why; everything else stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sco_flat import bounds, methods
from sco_flat.bounds.base import asked, silent, valued
from sco_flat.bounds.expectation import CHANCE, ROUNDING
from sco_flat.comparisons import strengths
from sco_flat.errors import InputError
from sco_flat.requests import Request, request_from
from sco_flat.works import base as works

UPPER = ("measured", "trajectory", "a_priori", "paper")
"""Upper bounds that are drawn, by their keys in `strengths.BOUNDS`."""


@dataclass(frozen=True)
class Source:
    """A method on a problem, all numbers but the one on the axis.

    Attributes
    ----------
    name, method : str
        A registered loss and method.
    numbers : dict
        As for `request_from`.
    samples : int
        Over which the mean is taken, at least 2.
    """

    name: str
    method: str
    numbers: dict[str, Any]
    samples: int

    def at(self, **changed: Any) -> Source:
        """The same with other numbers."""
        return Source(self.name, self.method, self.numbers | changed, self.samples)

    def request(self) -> Request:
        """The run; outside its statements, too."""
        return request_from(self.name, self.method, **self.numbers | {"allow_outside": True})

    def strengths(self) -> strengths.Strengths:
        """Means and upper bounds."""
        return strengths.of_instance(self.request(), self.samples)

    def radius(self) -> float:
        """r, with ``auto`` resolved."""
        return self.request().build().perturbation_radius

    def lower(self) -> float | str:
        """The lower bound on every suffix times the probability of its event, or why there is none."""
        found = self.stated()
        return found if isinstance(found, str) else found[1] * found[2]

    def stated(self) -> tuple[str, float, float] | str:
        """The statement with that bound, the bound, and the probability of its event."""
        request = self.request()
        instance = request.build()
        reason = f"no lower bound of {instance.name} is about its population risk"
        for statement in works.about(instance.name):
            if statement.lower is None:
                continue
            if not statement.speaks_of(request.settings):
                reason = f"no lower bound of {instance.name} is about {self.method}"
                continue
            sample = replace(request, event=statement.event).sample(instance)
            facts = instance.facts() | request.settings.facts() | sample.facts()
            found = statement.bound(instance, facts)
            if not isinstance(found, str):
                return statement.key, found.value, float(sample.event.probability)
            reason = found
        return reason

    def parts(self, distance: float) -> tuple[float, float] | None:
        """The two parts of the a priori bound: of F_S, and ``2 beta eps``; None where it does not apply."""
        request = self.request()
        instance = request.build()
        facts = instance.facts() | request.settings.facts()
        numbers = works.given(instance, request.settings) | {"distance": distance, "n": instance.n}
        if isinstance(strengths.a_priori(facts, numbers), str):
            return None
        uphill = silent(bounds.risk_a_priori, facts) is None
        reach = bounds.REACH[bounds.analysis(facts)][1] if uphill else bounds.unnormalized_sam_reach
        stability = (bounds.stability_sharper, bounds.sa_gd_stability, bounds.unnormalized_sam_stability)
        empirical, stable = valued(reach, **asked(reach, numbers)), bounds.sharpest(stability, facts, **numbers)
        if isinstance(empirical, str) or isinstance(stable, str):
            return None
        return empirical.value, 2 * instance.smoothness * stable.value


@dataclass
class Panel:
    """One panel of the figure: curves over T or over r.

    Attributes
    ----------
    source : Source
        The numbers that stay.
    axis : {"T", "r"}
        What varies.
    x : list of float
        Its values.
    series : dict
        ``lower``, ``risk``, ``error`` (half width of the 95% interval), and `UPPER`; None where not applicable.
    notes : list of str
        Why, each once.
    regimes : list of (float, float, str)
        Ranges of x with their names.
    failures : list of str
        Measured values above a bound, which must not be.
    undecided : list of str
        Those that the samples do not decide, and why.
    """

    source: Source
    axis: str
    x: list[float]
    series: dict[str, list[float | None]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    regimes: list[tuple[float, float, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the panel as JSON-ready data."""
        data = vars(self) | {"source": vars(self.source)}
        data["regimes"] = [[a, None if math.isinf(b) else b, text] for a, b, text in self.regimes]
        return data

    def _add(self, point: Source) -> strengths.Strengths:
        found = point.strengths()
        stated, lower = point.stated(), point.lower()
        at = f"{self.axis} = {self.x[len(self.series.get('risk', []))]:g}"
        row: dict[str, float | None] = {
            "risk": found.means["population_risk"], "error": found.errors["population_risk"],
            "lower": None if isinstance(lower, str) else lower,
        }  # fmt: skip
        self._note("lower", lower if isinstance(lower, str) else "")
        for key in UPPER:
            claim = found.claim(key)
            row[key] = claim.bound
            if claim.verdict == "fails":
                self.failures.append(f"{at}: {claim.name}")
            elif claim.verdict == "undecided":
                self.undecided.append(f"{at}: {claim.name}: {claim.note}")
            else:
                self._note(key, claim.note)
        if not isinstance(stated, str):
            for name, reason in below(found.measured, stated[0], stated[2]).items():
                getattr(self, name).append(f"{at}: {reason}")
        for key, value in row.items():
            self.series.setdefault(key, []).append(value)
        return found

    def _note(self, key: str, text: str) -> None:
        words = f"{key.replace('_', ' ')}: {text}"
        if text and words not in self.notes:
            self.notes.append(words)


def below(measured: Sequence[strengths.Measured], key: str, chance: float) -> dict[str, str]:
    """What speaks against the lower bound of a statement, which holds for every sample of its event.

    The mean over samples says little where few of them meet the event, or none. Those that do are held one by one, and
    their number against the probability of the event.

    Returns
    -------
    dict
        A reason for ``failures`` or ``undecided``; nothing where the bound is met.
    """
    from scipy.special import bdtr, bdtrc

    met = [m for m in measured if key in m.floors]
    if any(m.population_risk < m.floors[key] * (1 - ROUNDING) for m in met):
        return {"failures": "below the lower bound"}
    seen = f"the event was met {len(met)} of {len(measured)} times, its probability is {chance:.3g}"
    if chance < 1 and min(bdtr(len(met), len(measured), chance), bdtrc(len(met) - 1, len(measured), chance)) < CHANCE:
        return {"failures": seen}
    return {} if met else {"undecided": f"E F >= lower bound: {seen}; take more samples"}


def over_steps(source: Source, times: Sequence[int]) -> Panel:
    """Curves over T; regimes are the part of the a priori bound that is larger."""
    panel = Panel(source, "T", [float(t) for t in times])
    parts = []
    for steps in times:
        point = source.at(steps=steps)
        parts.append(point.parts(panel._add(point).distance))
    names = ["" if p is None else "optimisation term leads" if p[0] >= p[1] else "stability term leads" for p in parts]
    edges = [0.0, *(math.sqrt(a * b) for a, b in zip(panel.x, panel.x[1:], strict=False)), math.inf]
    for k, name in enumerate(names):
        if panel.regimes and panel.regimes[-1][2] == name:
            panel.regimes[-1] = (panel.regimes[-1][0], edges[k + 1], name)
        elif name:
            panel.regimes.append((edges[k], edges[k + 1], name))
    return panel


def over_radius(source: Source, multiples: Sequence[float]) -> Panel:
    """Curves over r, at multiples of the source's radius; regimes are where the theorem stands.

    Raises
    ------
    InputError
        For a method without a radius.
    """
    if "perturbation_radius" not in methods.get(source.method).reads:
        raise InputError("method", source.method, "has no perturbation radius", "choose sagd or sam")
    largest = source.radius()
    panel = Panel(source, "r", [m * largest for m in multiples])
    for radius in panel.x:
        panel._add(source.at(perturbation_radius=radius))
    rho = float(source.numbers.get("flatness_radius", 0.0))
    if rho > 0.0:
        panel.regimes.append((0.0, rho, "r ≤ ρ"))
    proved = [x for x, value in zip(panel.x, panel.series["lower"], strict=True) if value is not None]
    if proved:
        panel.regimes.append((max(rho, 0.0), max(proved), "the lower bound holds"))
        if max(proved) < panel.x[-1]:
            panel.regimes.append((max(proved), math.inf, "beyond the theorem"))
    return panel
