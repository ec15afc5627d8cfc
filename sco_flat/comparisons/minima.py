"""The minima that a loss knows beside a run: what is measured at each, and the line from the sharp to the flat one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.engines.layout import Layout, Look
from sco_flat.errors import InputError
from sco_flat.numbers import whole
from sco_flat.plots.style import headline, listing, new_figure, points, series
from sco_flat.requests import Request
from sco_flat.runs import execute

LARGEST = 2000
"""Points of the line at most."""
MEASURES = {"empirical_risk": "empirical risk $F_S$", "population_risk": "population risk $F$", "saer": "SAER $F_S^r$"}


def along(request: Request, most: int, ran: bool) -> dict[str, Any]:
    """Run again, measure its points and the minima, and both risks and the SAER on the line between two minima.

    Parameters
    ----------
    request : Request
        Of the run.
    most : int
        Points of the line, at least 2.
    ran : bool
        Whether the points of the run are shown beside the minima.

    Returns
    -------
    dict
        ``points``: by name both ends of the three measures; ``ends``: names of the minima on the line, the last
        that the loss names first; ``ran``: as given; ``way``: from 0 to 1; and the measures there, by their name,
        shape (most, 2).

    Raises
    ------
    InputError
        For a loss that knows no two minima, and a number that cannot be used.
    """
    whole("most", most, 2, LARGEST)
    run, simulation = execute(request)
    loss, sample = simulation.instance, simulation.layout.sample
    minima = loss.minima(sample)
    if len(minima) < 2:
        limit = f"{loss.name} knows no minima on this sample to show"
        raise InputError("kind", "minima", limit, "leave it out for the risks over t")
    found = {name: _ends(point.values) for name, point in run.points.items() if ran or name in minima}
    (far, (rows, one)), (near, (_, other)) = list(minima.items())[:2]
    layout, way = Layout(loss, sample, rows), np.linspace(0.0, 1.0, most)
    start = Look(layout, other)
    looks = (start.at((1.0 - s) * other + s * one) for s in way)  # one after the other, in one scratch space
    line = [_ends({name: getattr(look, name) for name in MEASURES}) for look in looks]
    data = {name: np.array([at[name] for at in line]) for name in MEASURES}
    return {"points": found, "ends": (near, far), "ran": ran, "way": way} | data


def _ends(values: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Both ends of each measure, the same where it is a number."""
    return {name: (float(np.min(values[name])), float(np.max(values[name]))) for name in MEASURES}


def draw(data: Mapping[str, Any], title: str, parameters: Mapping[str, Any]) -> Figure:
    """Draw the measures of every point on the left, and of the line between two minima on the right.

    Parameters
    ----------
    data : mapping
        From `along`.
    title : str
        Method and instance.
    parameters : mapping
        What the second line of the title says.
    """
    figure = new_figure(8.6, 3.9)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.1))
    names, banded = list(data["points"]), list[str]()
    for place, (measure, label) in enumerate(MEASURES.items()):
        ends = np.array([data["points"][name][measure] for name in names])
        # values that agree lie on one place: the markers under others are larger
        look = series(place) | {"linestyle": "", "markersize": points(10.0 - 2.5 * place)}
        left.plot(ends[:, 1], range(len(names)), label=label, **look)
        left.hlines(range(len(names)), ends[:, 0], ends[:, 1], color=look["color"])
        low, high = data[measure].T
        right.plot(data["way"], high, label=label, markevery=max(high.size // 6, 1), **series(place))
        if (high - low).max() > 1e-3 * high.max():  # an enclosure that can be seen
            right.fill_between(data["way"], low, high, color=look["color"], alpha=0.25)
            banded.append(label)
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.margins(x=0.08, y=0.12)
    left.set(xlabel="value (units of the loss)", title="the run and the minima" if data["ran"] else "at the minima")
    near, far = data["ends"]
    ticks = [name.replace(" minimum ", "\n") for name in (near, far)]
    for label, side in zip(right.set_xticks([0.0, 1.0], ticks), ("left", "right"), strict=True):
        label.label1.set_horizontalalignment(side)  # the left one away from the numbers of the other axis
    right.set(ylabel="value (units of the loss)", title="on the line between two minima")
    right.set_ylim(bottom=min(0.0, *(float(np.min(data[m])) for m in MEASURES)))
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    said = f"; bands and bars: enclosure of the {' and the '.join(banded)}" if banded else ""
    headline(figure, f"{title}: the minima of the empirical risk", f"{listing(parameters)}; float run{said}")
    return figure
