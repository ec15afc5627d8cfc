"""How gradient descent leaves a minimum that is too sharp: the distance over t, with the predicted slopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, GREY, at_floor, brief, headline, listing, new_figure, points, series
from sco_flat.requests import request_from
from sco_flat.works.factorisation import common, departure
from sco_flat.works.factorisation.edges import EDGES
from sco_flat.works.figures import Data, WorkFigure

RETURNS = 0.9
SHOWN = 250
"""Steps that are drawn."""
FLOOR = 1e-16
"""Smaller distances are drawn here."""


def data(quick: bool) -> Data:
    """Distances from the minimum for step sizes below and beyond the edge."""
    edges = (RETURNS, 1.05, 1.4) if quick else (RETURNS, *EDGES)
    curves, failures = [], []
    for c in edges:
        run = departure.run(request_from("factorisation", "gd", steps=SHOWN, edge=c), 1.0)
        distance = np.array([float(np.linalg.norm(w)) for _, w in run.iterates()])
        hit = int(np.argmax(distance > departure.FAR)) if distance.max() > departure.FAR else None
        wanted = departure.predicted(c) if c > 1.0 else None
        if hit is not None and wanted is not None and abs(hit - wanted) > 1:
            failures.append(f"c = {c}: {hit} steps to a distance of {departure.FAR:g}, predicted {wanted}")
        curves.append({"c": c, "distance": distance, "hit": hit, "predicted": wanted})
    loss = common.factorisation(run.instance)
    sharp = loss.lambda_max(np.zeros(loss.dimension))
    parameters = {"L": loss.depth, "d": loss.dimension, "λ_max": sharp, "start": "w* + 1e-9 v_1"}
    return {"curves": curves, "failures": failures, "parameters": parameters}


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the distances on a logarithmic axis, each beside its straight line.

    Parameters
    ----------
    data : mapping
        ``curves``: for each step size ``c``, ``distance`` of shape (T,), and the steps ``hit`` and ``predicted`` to a
        distance of 1e-3, None where there are none; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.6)
    axes = figure.subplots()
    for place, curve in enumerate(data["curves"]):
        t = np.arange(curve["distance"].size)
        look = series(place) | {"markevery": max(t.size // 12, 1)}
        axes.semilogy(t, np.maximum(curve["distance"], FLOOR), label=f"η = {curve['c']:g} · 2/λ_max", **look)
        line = departure.NEAR * abs(2.0 * curve["c"] - 1.0) ** t
        axes.semilogy(t[line < 1.0], line[line < 1.0], color=BLACK, linestyle=":", linewidth=points(1))
    axes.axhline(departure.FAR, color=GREY, linewidth=points(1), label=f"{brief(departure.FAR)}: counted as left")
    axes.set_ylim(FLOOR, 30.0)
    if min(np.min(curve["distance"]) for curve in data["curves"]) < FLOOR:
        at_floor(axes, FLOOR)
    axes.set_xlabel("steps")
    axes.set_ylabel("distance from the minimum")
    axes.set_title("dotted: the rate |1 - 2c| of the linearised step")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.2), ncols=2)
    title = "Gradient descent leaves a minimum with λ_max > 2/η, however near it starts"
    headline(figure, title, f"{listing(data['parameters'])}; float runs")
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    met = ", ".join(
        f"{c['hit']} at c = {c['c']:g} (predicted {c['predicted']})" for c in data["curves"] if c["hit"] is not None
    )
    return (
        "Distance of gradient descent from an exact minimum of a product of three 3 x 3 matrices, from 1e-9 along the "
        f"top eigenvector, at eta = c 2/lambda_max. Steps to a distance of 1e-3: {met}. Below c = 1 it returns. Float "
        "runs."
    )


FIGURE = WorkFigure(
    "escape_rate",
    data,
    draw,
    caption,
    "Distance over steps on a logarithmic axis: straight lines that rise at the predicted slopes for step sizes beyond "
    "the edge and level off near 1; one that falls to rounding below the edge.",
)
