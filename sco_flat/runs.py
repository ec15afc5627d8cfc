"""Run a request, measure it, ask the works what they claim about it, record it: what ``sco-flat run`` calls."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Unpack, overload

import numpy as np

from sco_flat import averages, bounds, compilation, instances, measures
from sco_flat.averages.base import Picked
from sco_flat.bounds.base import about, asked, held, title_of
from sco_flat.engines.layout import Layout, Look, Vector
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.kernels import general
from sco_flat.requests import Request, parameters_of, request_from
from sco_flat.results import Claim, Point, Points, Run, claim
from sco_flat.signatures import OfRun, spelled
from sco_flat.traits import objection
from sco_flat.vocabulary import as_written, word
from sco_flat.works import base as works


def measured(
    simulation: Simulation, chosen: Iterable[str], curvature: bool = False, numbers: Mapping[str, Any] | None = None
) -> dict[str, Point]:
    """Take every measure at some averages of a run, of which each reads its own numbers; a point is measured once."""
    facts = works.facts_of(simulation)
    points = Points()
    seen: list[tuple[Vector, Point]] = []
    for name in chosen:
        average = averages.get(name)
        if objection(average, facts) is not None:
            continue
        picked = Picked(*average.pick(simulation, **average.read(numbers or {})))
        point = next((p for w, p in seen if w is picked.w), None)
        point = point or measures.at(simulation.look(picked.w), None, curvature)
        seen.append((picked.w, point))
        points[name] = replace(point, start=picked.start, note=picked.note)
    return points


def usual() -> list[str]:
    """The averages of every run."""
    return [name for name in averages.names() if not averages.get(name).asked]


def watched(average: str | None, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the numbers of an average, before anything runs, and return them and those of the run.

    Raises
    ------
    InputError
        For an average that is not known, and a number that it cannot use.
    """
    if average is None:
        return {}, dict(given)
    chosen = averages.get(average)
    own = {option.name for option in chosen.numbers}
    return chosen.read(given), {key: value for key, value in given.items() if key not in own}


def over_time(simulation: Simulation, most: int) -> dict[str, list[float]]:
    """Run again and take both risks at up to ``most`` iterates, evenly, the first and the last among them.

    Returns
    -------
    dict
        Columns ``t``, ``empirical_risk``, ``population_risk_low``, ``population_risk``.
    """
    steps = simulation.instance.steps
    times = sorted({round(t) for t in np.linspace(1, steps, min(most, steps))})
    found: dict[str, list[float]] = {
        "t": [], "empirical_risk": [], "population_risk_low": [], "population_risk": []
    }  # fmt: skip
    for t, w in simulation.snapshots(times):
        look = simulation.look(w.copy())
        low, high = look.population_risk
        for key, value in zip(found, (t, look.empirical_risk, low, high), strict=True):
            found[key].append(value)
    return found


def upper_claims(simulation: Simulation, average: Point) -> list[Claim]:
    """Hold the full average against the upper bounds that speak of its method."""
    claims, facts, numbers = [], works.facts_of(simulation), works.numbers_of(simulation)
    stated = [pair for work in works.works() for pair in work.every_sample]
    for function, quantity in (*stated, *bounds.EVERY_SAMPLE):
        if not about(function, facts):
            continue
        value = average.saer[1] if quantity == "saer" else average.empirical_risk
        name = f"{quantity} of the full average <= {title_of(function)}"
        claims.append(held(name, works.cited(function), facts, value, **asked(function, numbers)))
    return claims


def lower_claims(simulation: Simulation, least: float) -> list[Claim]:
    """Hold the smallest risk of a suffix against the lower bounds of the statements that speak of its method."""
    claims, settings = [], simulation.settings
    for statement, found in works.lower_bounds(simulation.instance, settings, works.facts_of(simulation)):
        if not statement.speaks_of(settings):
            continue
        name = f"population risk of every suffix >= lower bound ({statement.title})"
        if isinstance(found, str):
            claims.append(Claim(name, "conclusion", "float", "not applicable", least, None, ">=", "", found))
        else:
            claims.append(claim(name, "conclusion", least, ">=", found.value, found.source, slack=1e-12))
    return claims


def invariant_claims(simulation: Simulation) -> list[Claim]:
    """Hold the last iterate against what is true of every point; a run that violates it is a defect."""
    found = simulation.instance.invariants(simulation.look(simulation.last))
    return [claim(name, "dynamics", large, ">=", small, why, slack=1e-12) for name, large, small, why in found]


@np.errstate(all="ignore")
def execute(
    request: Request, curvature: bool = False, average: str | None = None, numbers: Mapping[str, Any] | None = None
) -> tuple[Run, Simulation]:
    """Run a request and hold its last iterate, full average and lowest suffix against their risks.

    Parameters
    ----------
    request : Request
        What to run.
    curvature : bool
        Whether to take lambda_max and trace, too; of networks they are always taken.
    average : str, optional
        One more average.
    numbers : mapping, optional
        What it reads.

    Returns
    -------
    run : Run
        The record.
    simulation : Simulation
        The run itself, for its vectors and for every suffix.

    Raises
    ------
    InputError
        For every number, name or combination that cannot be used.
    """
    began = time.perf_counter()
    instance = works.build(request)
    settings = request.settings
    sample = request.sample(instance)
    compilation.ahead_of(instance, settings)
    simulation = simulate(instance, sample, settings, request.seed)
    chosen = dict.fromkeys([*usual(), *([] if average is None else [average])])
    points = measured(simulation, chosen, curvature, numbers)
    for name, (rows, w) in instance.minima(sample).items():
        points[name] = measures.at(Look(Layout(instance, sample, rows), w), None, curvature)
    notes = [*_overflows(simulation, points), *_notes(simulation)]
    notes += [f"{name} {point.note}" for name, point in points.items() if point.note]
    notes += instance.remarks_at(simulation.look(simulation.last))
    homes = works.homes(request.instance, settings)
    claims = [c for home in homes for c in works.hypothesis_claims(home.hypotheses(instance))]
    if any(c.verdict == "fails" for c in claims):
        notes.append("outside the theorem: " + "; ".join(c.name for c in claims if c.verdict == "fails"))
    if instance.suffixes:
        claims += lower_claims(simulation, float(simulation.suffix_risks[:, 0].min()))
    claims += invariant_claims(simulation) + upper_claims(simulation, points["average"])
    run = Run(
        instance=request.instance,
        method=settings.method,
        engine=simulation.engine.name,
        dimension=instance.dimension,
        parameters=instance.resolved() | method_numbers(request),
        event=sample.event,
        points=points,
        claims=works.mark_outside(claims),
        seconds=time.perf_counter() - began,
        notes=tuple(notes),
        request=request,
    )
    return run, simulation


def method_numbers(request: Request) -> dict[str, Any]:
    """Return what a request says of the method: seed, schedule, start, and what it reads."""
    settings = request.settings
    start = settings.start if isinstance(settings.start, (str, tuple)) else "given"
    plan = {"stages": settings.stages, "clamp": settings.clamp}
    data: dict[str, Any] = {"seed": request.seed, "schedule": settings.schedule, "project": settings.project}
    data["start"] = start if isinstance(start, str) else f"gaussian:{start[1]:g}"
    data |= {key: value for key, value in plan.items() if value is not None}
    if "batch_size" in settings.rule.reads and instances.get(request.instance).any_batch:
        data["order"] = settings.order
    for key in settings.rule.reads:
        if key != "perturbation_radius":
            data[key] = getattr(settings, key)
    return data | {k: settings.own.get(k, p.default) for k, p in parameters_of(settings.rule).items()}


def _overflows(simulation: Simulation, points: dict[str, Point]) -> list[str]:
    """What a double does not hold: the iterates from some step on, and measures."""
    notes = [f"the iterates leave what a double holds at step {simulation.left_at}"] if simulation.left_at else []
    unbounded = simulation.instance.upper is general.no_upper
    for name in measures.names():
        if name == "saer" and unbounded:  # its upper end is infinite by declaration
            continue
        values = {point: np.ravel(found.values.get(name) or 0.0) for point, found in points.items()}
        lost = [point for point, ends in values.items() if not np.isfinite(ends).all()]
        if lost:
            notes.append(f"a double does not hold the {measures.get(name).title} of {', '.join(lost)}")
    return notes


def _notes(simulation: Simulation) -> list[str]:
    notes = []
    if simulation.zero_step:
        notes.append(f"zero gradient at step {simulation.zero_step}: SAM takes no step (0/0 = 0)")
    if simulation.underflow_step:
        notes.append(
            f"gradient underflow at step {simulation.underflow_step}: it is not zero but too small for a float64, "
            "so this run stands still where SAM would move"
        )
    closed, searched = simulation.projections
    if closed or searched:
        notes.append(f"projections: {closed} on one half-space, certified; {searched} on several at once")
    if simulation.settings.maximiser is not None:
        if simulation.tied_steps:
            notes.append(f"the oracle had more than one maximiser on {simulation.tied_steps} steps")
        if simulation.oracle_gap > 0.0:
            notes.append(f"the oracle's value is within {simulation.oracle_gap:.3g} of the upper bound of the maximum")
    return notes


@overload
def run(
    instance: str,
    method: str | None = None,
    *,
    curvature: bool = ...,
    average: str | None = ...,
    **numbers: Unpack[OfRun],
) -> Run: ...


@overload
def run(
    instance: str, method: str | None = None, *, curvature: bool = ..., average: str | None = ..., **numbers: Any
) -> Run: ...


@partial(spelled, options=OfRun)
def run(
    instance: str, method: str | None = None, *, curvature: bool = False, average: str | None = None, **numbers: Any
) -> Run:
    """Run a method on an instance and return every number of it.

    Parameters
    ----------
    instance : str
        A loss that ``sco-flat list`` shows, for example ``sam-chain``.
    method : str, optional
        ``gd``, ``sgd``, ``sagd``, ``sam`` ...; by default the one of the instance's theorem.
    curvature : bool
        Whether to take lambda_max and trace, too; of networks they are always taken.
    average : str, optional
        One more average of the iterates, for example ``swad``; its numbers may be given, too: ``n_start=2``.
    **numbers
        Fields of `Request` and `Settings`, and parameters of the instance: by their long names, or as ``T``, ``eta``,
        ``r`` (or ``radius``), ``rho``, ``m``. Numbers may be texts such as ``"1/24"``.

    Returns
    -------
    Run
        Points ``last``, ``average`` and ``lowest_suffix``, claims, notes.

    Raises
    ------
    InputError
        For every number, name or combination that cannot be used.

    Examples
    --------
    >>> import sco_flat
    >>> run = sco_flat.run("sam-chain", n=6, steps=64, step_size=1 / 6)
    >>> round(run.points["last"].population_risk[0], 4)
    0.0493
    >>> run = sco_flat.run("sam-chain", n=6, steps=64, step_size=1 / 6, average="swad", n_val=20)
    >>> run.points["swad"].start, run.points["swad"].population_risk[1] < 1e-3
    (1, True)
    """
    with as_written(numbers):
        named = None if average is None else word("average", average, averages.names())
        picks, rest = watched(named, numbers)
        return execute(request_from(instance, method, **rest), curvature, named, picks)[0]
