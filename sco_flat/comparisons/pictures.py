"""Pictures of results beside the risks over t: suffixes of a run, the line of a witness, both ends of a worst case."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sco_flat.comparisons import minima, staircase, trajectory
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.plots import style
from sco_flat.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILLION,
    headline,
    listing,
    new_figure,
    series,
    whole_ticks,
)
from sco_flat.requests import Request
from sco_flat.runs import method_numbers
from sco_flat.settings import Settings
from sco_flat.vocabulary import word
from sco_flat.works import base as works

if TYPE_CHECKING:
    from sco_flat.bounds.pep import WorstCase
    from sco_flat.inspection.own import Inspection
    from sco_flat.instances.base import Loss

KINDS = ("iterates", "suffixes", "staircase", "minima")
NODES = 400
"""Points of the line through a witness."""
BEYOND = 0.25
"""How far the line goes on beyond its points, as a share of their distance."""
WIDE = 8.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""


def of_run(request: Request, kind: str | None, most: int, statement: works.Statement | None = None) -> Figure:
    """Draw a run over t, the risk of its suffixes, the block of a bad column, or the minima beside it.

    Parameters
    ----------
    request : Request
        Of the run, which is made again.
    kind : {"iterates", "suffixes", "staircase", "minima"} or None
        Both risks of w_t over t; the population risk of every suffix average over its first iterate, with what
        statements prove of all of them; the block of a bad column, over t; or the minima that the loss knows,
        with the line between them. None is ``minima`` where there are some, else ``iterates``.
    most : int
        Points of a curve.
    statement : Statement, optional
        Whose check it is. Where it looks at points and reads no number of steps, the minima are drawn without a run.

    Raises
    ------
    InputError
        For another kind, and for one that the loss or the sample has nothing to show of.
    """
    instance = works.build(request)
    if kind is None:
        kind = "minima" if len(instance.minima(request.sample(instance))) > 1 else "iterates"
    kind = word("kind", kind, KINDS)
    ran = kind != "minima" or statement is None or "steps" not in statement.unread
    title = (f"{statement.key}: " if statement else "") + (f"{request.settings.method} on " if ran else "")
    title += request.instance
    numbers = _numbers(request, instance, kind, {} if statement is None or ran else statement.unread)
    with style.style("paper"):
        if kind == "suffixes":
            return _suffixes(suffixes(request, most), title, numbers)
        if kind == "minima":
            return minima.draw(minima.along(request, most, ran), title, numbers)
        if kind == "staircase":
            return staircase.draw(staircase.along(request, most), title, numbers)
        return trajectory.draw(trajectory.along(request, most), title, numbers)


def _numbers(request: Request, instance: Loss, kind: str, unread: Mapping[str, str]) -> dict[str, Any]:
    """What a picture depends on, by symbol: the radius where it enters, the oracle, and what is not as usual."""
    settings = request.settings
    found: dict[str, tuple[str, Any]] = {"n": ("n", instance.n), "steps": ("T", instance.steps)}
    if settings.stages is None:  # which have step sizes and radii of their own
        found["step_size"] = ("eta", instance.step_size)
    if kind == "minima" or ("perturbation_radius" in settings.rule.reads and settings.stages is None):
        found["perturbation_radius"] = ("r", instance.perturbation_radius)
    if kind == "minima" or instance.flatness_radius > 0.0:
        found["flatness_radius"] = ("rho", instance.flatness_radius)
    asked = method_numbers(request)
    usual = method_numbers(replace(request, seed=0, settings=Settings(settings.method))) | {"start": "own"}
    unusual = {k: v for k, v in asked.items() if k == "oracle" or v not in (usual.get(k), "zero")}
    given = {"width": request.width, "event": request.event}
    unusual |= request.options | {name: value for name, value in given.items() if value is not None}
    found |= {name: (name, value) for name, value in unusual.items()}
    return dict(shown for option, shown in found.items() if option not in unread)


def suffixes(request: Request, most: int) -> dict[str, Any]:
    """Run again and take the population risk of suffix averages, the first, the lowest and the last among them.

    Returns
    -------
    dict
        ``start``: first iterates; ``low``, ``high``: ends of the risk; ``bounds``: lower bounds for every suffix, by
        the title of their statement.
    """
    instance = works.build(request)
    if not instance.suffixes:
        limit = f"the risk of {instance.name} is not a number of the suffix alone, and none is kept"
        raise InputError("kind", "suffixes", limit, "leave it out for the risks over t")
    ran = simulate(instance, request.sample(instance), request.settings, request.seed)
    risks = ran.suffix_risks
    if not np.isfinite(risks).all():
        limit = "the risk of a suffix average is more than a double holds"
        raise InputError("kind", "suffixes", limit, "choose a smaller step size, or leave it out for the risks over t")
    some = {round(t) for t in np.linspace(1, instance.steps, min(most, instance.steps))}
    start = np.array(sorted(some | {1 + int(risks[:, 0].argmin())}))
    found = works.lower_bounds(instance, request.settings, works.facts_of(ran))
    spoken = {s.title: b.value for s, b in found if not isinstance(b, str) and s.speaks_of(request.settings)}
    return {"start": start, "low": risks[start - 1, 0], "high": risks[start - 1, 1], "bounds": spoken}


def _suffixes(data: dict[str, Any], title: str, numbers: dict[str, Any]) -> Figure:
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    low, high = np.asarray(data["low"]), np.asarray(data["high"])
    look = series(0) | {"marker": "" if high.size > 1 else "o", "linewidth": 1.6}  # one suffix makes no line
    axes.plot(data["start"], high, label="average of [τ, T]", **look)
    whole_ticks(axes.xaxis)
    if (high - low).max() > 1e-3 * high.max():  # a band that can be seen
        axes.fill_between(data["start"], low, high, color=BLUE, alpha=0.25, label="its enclosure")
    for place, (name, bound) in enumerate(data["bounds"].items(), 1):
        look = series(place) | {"marker": "", "linestyle": (0, (9, 3)), "linewidth": 1.2}
        axes.axhline(bound, label=f"{name}: every suffix is above {bound:.3g}", **look)
    if low.min() >= 0.0:
        axes.set_ylim(0.0, 1.15 * max(float(high.max()), *data["bounds"].values(), 0.0) or None)
    axes.set(xlabel="first iterate τ of the suffix average", ylabel="population risk F")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2))
    headline(figure, f"{title}: the risk of every suffix", f"{listing(numbers)}; float run")
    return figure


def of_inspection(found: Inspection, claim: str | None) -> Figure:
    """Draw loss and slope on the line through the points that refute a claim, which are marked.

    Parameters
    ----------
    found : Inspection
        With its problem.
    claim : str, optional
        Which; the first that is refuted by default.

    Raises
    ------
    InputError
        For a claim that is not refuted.
    """
    if not found.witnesses:
        raise InputError("plot", f"an inspection of {found.name}", "has no picture", "nothing of it is refuted")
    witness = found.witnesses[word("claim", claim or next(iter(found.witnesses)), found.witnesses)]
    radius = getattr(found.problem, "radius", 1.0)
    origin, way, low, high = _line(witness.points, radius)
    at = np.linspace(low, high, NODES)
    at = at[np.linalg.norm(origin + at[:, None] * way, axis=1) <= radius]  # beyond it nothing is claimed
    line = [origin + s * way for s in at]
    values = [float(found.problem.value(w, witness.z)) for w in line]
    slopes = [float(np.asarray(found.problem.gradient(w, witness.z)) @ way) for w in line]
    marks: dict[float, list[str]] = {}
    for point, name in zip(witness.points, witness.names, strict=True):
        marks.setdefault(float((point - origin) @ way), []).append(name)
    with style.style("paper"):
        figure = new_figure(7.6, 3.6)
        for axes, shown, name in zip(figure.subplots(1, 2), (values, slopes), ("f", "slope of f"), strict=True):
            axes.plot(at, shown, color=BLUE)
            for s, names in marks.items():
                place = s, float(np.interp(s, at, shown))
                axes.plot(*place, "o", color=VERMILLION)
                axes.annotate(" = ".join(names), place, xytext=(4, 6), textcoords="offset points")
            axes.set(xlabel=f"way from {witness.names[0]}", ylabel=f"{name} on the line, at the example z")
        said = "\n".join(textwrap.wrap(f"{witness.property} is refuted: {witness.statement}", 88))
        headline(figure, found.name, said)
        return figure


def _line(
    points: tuple[NDArray[np.float64], ...], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    """A point, a unit direction, and how far to go both ways: through all points, or outwards through the only one."""
    first, last = points[0], points[-1]
    length = float(np.linalg.norm(last - first))
    if length > 0.0:
        return first, (last - first) / length, -BEYOND * length, (1.0 + BEYOND) * length
    way = first.copy() if first.any() else np.eye(1, first.size)[0]
    return first, way / np.linalg.norm(way), -radius, radius


def of_worst_case(found: WorstCase) -> Figure:
    """Draw both ends of a worst case and the bounds on one axis, each with its evidence."""
    rows = {
        "the method on the worst function found": (found.lower, "float run", ORANGE, "s"),
        "optimum of the lower program": (found.estimate, "solver", GREY, "D"),
        "upper end, verified": (found.upper, "proved", GREEN, "o"),
        "the sharper bound": (found.sharper, "proved", BLUE, "^"),
        "the paper's bound": (found.paper, "proved", BLACK, "v"),
    }
    known = {name: (value, how, c, m) for name, (value, how, c, m) in rows.items() if value is not None}
    with style.style("paper"):
        figure = new_figure(7.2, 0.42 * len(known) + 1.7)
        axes = figure.subplots()
        for place, (value, evidence, colour, marker) in enumerate(known.values()):
            axes.plot(value, -place, marker, color=colour, markersize=7)
            axes.annotate(f"{value:.4g} ({evidence})", (value, -place), xytext=(8, 0), textcoords="offset points",
                          va="center", fontsize="small")  # fmt: skip
        if found.lower is not None and found.upper is not None:
            axes.axvspan(found.lower, found.upper, color=GREEN, alpha=0.15)
        values = [value for value, *_ in known.values()]
        if min(values) > 0.0 and max(values) >= WIDE * min(values):
            axes.set_xscale("log")
        axes.set_yticks([-k for k in range(len(known))], list(known))
        axes.margins(x=0.3, y=0.25)
        axes.grid(axis="y", visible=False)
        statement = found.statement
        axes.set_xlabel(f"{statement.quantity}, in units of β D²")
        numbers = {
            "T": statement.steps,
            "eta beta": statement.theta,
            "r/D": statement.radius,
            "rho/D": statement.flatness,
        }
        headline(figure, f"Worst case of {found.title}", listing(numbers))
        return figure
