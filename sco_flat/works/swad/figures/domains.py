"""Accuracy on the domain left out against F_gamma, on the sources and on the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from sco_flat.plots.style import BLACK, BLUE, GREEN, VERMILLION, headline, new_figure
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.swad.domains import DOMAINS, FLATNESS, Table, plan, row
from sco_flat.works.swad.paths import ON_SOURCE, ON_TARGET

LOOKS = dict(zip(FLATNESS, (("o", VERMILLION), ("s", GREEN), ("^", BLUE)), strict=True))
"""Marker and colour of a point; ERM's are hollow, SAM's are full."""
TITLES = {"last": "last iterate", "swa": "SWA", "swad": "SWAD"}
PLACES = ((f"F_γ on the sources, γ = {ON_SOURCE:g}", 0), (f"F_γ on the target, γ = {ON_TARGET:g}", 1))


def data(quick: bool) -> Data:
    """All runs on generated data: accuracy on the target, and both F_gamma, of the ends and of two averages."""
    targets, seeds = (1, 1) if quick else (DOMAINS, 2)
    rows = [row("generated", "overfits", *asked) for asked in plan(targets, range(seeds))]
    return {"rows": rows, "parameters": {"targets": targets, "seeds": seeds}, "failures": []}


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw a panel for each place where F_gamma is taken: single runs small, their means large.

    Parameters
    ----------
    data : mapping
        ``rows``: the runs; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.2)
    panels = figure.subplots(1, 2, sharey=True)
    table = Table(data["rows"])
    for axes, (label, place) in zip(panels, PLACES, strict=True):
        for way in ("ERM", "SAM"):
            own = [r for r in data["rows"] if r.way == way]
            for point, (marker, colour) in LOOKS.items():
                face = colour if way == "SAM" else "white"
                seen = {"marker": marker, "linestyle": "", "markeredgecolor": colour, "markerfacecolor": face}
                at = [r.flatness[point][place] for r in own], [r.accuracy[point] for r in own]
                axes.plot(*at, **seen, markersize=3.5, alpha=0.45)
                mean = [table.flatness(way, point, place)], [table.accuracy(way, point)]
                big = seen | {"markeredgecolor": BLACK if way == "SAM" else colour, "markeredgewidth": 1.4}
                axes.plot(*mean, **big, markersize=11, label=f"{way}, {TITLES[point]}", zorder=3)
        axes.set(xscale="log", xlabel=label)
        axes.xaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))  # names of all nine would lie on each other
    panels[0].set_ylabel("accuracy on the domain left out")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    numbers = data["parameters"]
    runs = f"generated domains, {numbers['targets']} of {DOMAINS} targets, {numbers['seeds']} seed(s)"
    headline(figure, "One domain left out: accuracy against flatness", f"{runs}; large: means; float runs")
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    table = Table(data["rows"])
    told = []
    for way in ("ERM", "SAM"):
        (near, far), (near_last, far_last) = (
            [table.flatness(way, point, place) for place in (0, 1)] for point in ("swad", "last")
        )
        gain = table.accuracy(way, "swad") - table.accuracy(way, "last")
        told.append(
            f"{way}: SWAD less the last iterate {gain:+.3f} in accuracy; its F_gamma is {near / near_last:.2g} times "
            f"the last iterate's on the sources, {far / far_last:.2g} times on the target"
        )
    spread = np.ptp([r.accuracy["last"] for r in data["rows"]])
    return (
        f"Generated domains, one left out. {'; '.join(told)}. A ratio above 1 is less flat: SWAD wins as early "
        f"stopping does. Small marks are single runs; the last iterates' accuracies differ by {spread:.2g}. Floats."
    )


FIGURE = WorkFigure(
    "swad-domains",
    data,
    draw,
    caption,
    "Two panels of marks, accuracy against F_gamma: SWAD's triangles are highest, right of the circles of the last "
    "iterates on the sources, left of them on the target.",
)
