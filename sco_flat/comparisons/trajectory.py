"""The risks of a run over t: what `Run.iterates` gives and `Run.plot` draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat import numbers
from sco_flat.engines.simulation import simulate
from sco_flat.plots.style import at_floor, headline, listing, new_figure, points, series, whole_ticks
from sco_flat.requests import Request
from sco_flat.runs import over_time
from sco_flat.works.base import build

DECADES = 8.0
"""How far below the largest risk the axis goes."""
NARROW = 4.0
"""Room below and above risks that fill less than a decade, as a factor: a power of ten is always in view."""
LARGEST = 10**6


def along(request: Request, most: int) -> dict[str, list[float]]:
    """Run again and take both risks at up to ``most`` iterates, the first and the last among them.

    Parameters
    ----------
    request : Request
        Of the run.
    most : int
        At least 2.

    Returns
    -------
    dict
        Columns ``t``, ``empirical_risk``, ``population_risk_low``, ``population_risk``.

    Raises
    ------
    InputError
        For a number of iterates that cannot be used.
    """
    numbers.whole("most", most, 2, LARGEST)
    instance = build(request)
    return over_time(simulate(instance, request.sample(instance), request.settings, request.seed), most)


def draw(data: Mapping[str, Any], title: str, parameters: Mapping[str, Any]) -> Figure:
    """Draw both risks over t.

    Parameters
    ----------
    data : mapping
        From `along`.
    title : str
        Method and instance.
    parameters : mapping
        What the second line of the title says.
    """
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    t = np.asarray(data["t"])
    risks = {"empirical risk": data["empirical_risk"], "population risk": data["population_risk"]}
    values = np.array([*risks.values()], dtype=float)
    top = np.nanmax(values, initial=0.0)
    logarithmic = bool(top > 0 and values.min(initial=0.0) >= 0.0)
    floor = 10.0 ** np.floor(np.log10(top) - DECADES) if logarithmic else 0.0
    for place, (name, found) in enumerate(risks.items()):
        shown = np.maximum(found, floor) if logarithmic else np.asarray(found)
        look = {"marker": "" if t.size > 1 else "o", "linewidth": points(1.6)}  # one iterate makes no line
        axes.plot(t, shown, label=name, **series(place) | look)
    whole_ticks(axes.xaxis)
    if logarithmic:
        axes.set_yscale("log")
        least = max(values.min(), floor)
        if top < 10.0 * least:  # a decade at least: what differs by rounding looks alike
            axes.set_ylim(least / NARROW, top * NARROW)
        if values.min() < floor:
            at_floor(axes, floor)
    axes.set(xlabel="t", ylabel="risk of w_t")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    ended = [name for name, found in risks.items() if found[-1] == 0.0 < max(found)]
    said = f"; the {' and '.join(ended)} of the last iterate is 0" if ended else ""
    held = np.isfinite(values)
    lost = t[(held[:, :1] & ~held).any(axis=0)]
    said += f"; at t = {lost[0]} they are more than a double holds" if lost.size else ""
    headline(figure, title, f"{listing(parameters)}; float run{said}")
    return figure
