"""Lines with confidence bands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sco_flat.plots._panels import BOUNDS, decades, logarithmic, panels, said, ticks, upright, word
from sco_flat.plots.base import Plot
from sco_flat.plots.style import at_floor, fitting, folded, grow, points, room, series

MOST = 4
"""Rims around a marker: with more of them it would hide its neighbours."""


def draw(data: Mapping[str, Any]) -> Figure:
    """Lines over x, one for each value of ``by``, with 95% bands over the repetitions.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    figure, found = panels(data)
    x, by = data["x"], data["by"]
    labels = list(dict.fromkeys(row[by] for row in data["rows"])) if by else [None]
    log_x = logarithmic(row[x] for row in data["rows"])
    above = [row[key] for row in data["rows"] for key in data["bounds"] if row[key] is not None]
    log_y, floor = decades([row["mean"] for row in data["rows"]], above, scale=data["scale"], shown=8)
    width = 3.3 * min(len(found), 4) + 1.4
    sizes = _sizes(found, x, by, labels, floor if log_y else None)
    for axes, rows in found:
        for k, label in enumerate(labels):
            own = sorted((row for row in rows if not by or row[by] == label), key=lambda row: row[x])
            if not own:
                continue
            at = [row[x] for row in own]
            mean, half = (np.array([row[key] for row in own]) for key in ("mean", "half"))
            high = np.maximum(mean + half, floor) if log_y else mean + half
            mean = np.maximum(mean, floor) if log_y else mean
            look = series(k) | {"markersize": sizes[k]}
            axes.plot(at, mean, label=folded(said({by: label}), room(width) - 1.0) if by else "measured", **look)
            if half.any():
                low = np.maximum(mean - half, floor or mean.min() / 10) if log_y else mean - half
                axes.fill_between(at, low, high, color=look["color"], alpha=0.2, lw=0)
        if data["bounds"]:
            _bounds(axes, rows, x, by, labels, floor)
        axes.set_xscale("log" if log_x else "linear")
        axes.set_yscale("log" if log_y else "linear")
        if log_x:
            ticks(axes.xaxis, (row[x] for row in data["rows"]))
        axes.set_xlabel(word(x))
    for axes, _ in found if floor else ():  # once all lines are there: it ends the search for limits
        at_floor(axes, floor)
    upright(figure, len(found), data)
    handles, names = found[0][0].get_legend_handles_labels()
    across = fitting(names, width)
    if len(handles) > 1:
        figure.legend(handles, names, loc="outside lower center", ncols=across)
    grow(figure, -(-len(handles) // across) - 1)
    return figure


def _sizes(
    found: list[tuple[Axes, list[dict[str, Any]]]], x: str, by: str | None, labels: list[Any], floor: float | None
) -> list[float]:
    """Sizes of the markers: a line that others lie on has larger ones, whose rim shows around theirs.

    Heights are compared as they are drawn: on a linear axis, or on a logarithmic one with its floor.
    """

    def height(mean: float) -> float:
        return mean if floor is None else math.log(max(mean, floor))

    places = [
        {(panel, row[x]): height(row["mean"]) for panel, (_, rows) in enumerate(found) for row in rows
         if not by or row[by] == label}
        for label in labels
    ]  # fmt: skip
    means = [mean for own in places for mean in own.values()]
    near = 0.01 * (max(means) - min(means))
    covering = [
        sum(any(abs(own[at] - other[at]) <= near for at in own.keys() & other.keys()) for other in places[k + 1 :])
        for k, own in enumerate(places)
    ]
    return [points(5.0 * (1.0 + 0.35 * min(count, MOST))) for count in covering]


def _bounds(axes: Axes, rows: list[dict[str, Any]], x: str, by: str | None, labels: list[Any], floor: float) -> None:
    """Each bound once if it is the same for all lines, otherwise beside its own line, in that line's colour."""
    for key, (name, look) in BOUNDS.items():
        curves = [
            [(row[x], max(row[key], floor) if floor else row[key]) for row in sorted(rows, key=lambda row: row[x])
             if (not by or row[by] == label) and row[key] is not None]
            for label in labels
        ]  # fmt: skip
        if all(curve == curves[0] for curve in curves):
            if curves[0]:
                axes.plot(*zip(*curves[0], strict=True), label=name, **look)
            continue
        for k, (label, curve) in enumerate(zip(labels, curves, strict=True)):
            if curve:
                own = look | {"color": series(k)["color"]}
                axes.plot(*zip(*curve, strict=True), label=f"{name}, {said({str(by): label})}", **own)


PLOT = Plot("line", "lines over x with 95% bands", draw)
