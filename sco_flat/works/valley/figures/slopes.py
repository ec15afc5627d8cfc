"""Which power of the step size: SAM's risk on the chain and in the valley, over eta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.bounds import Bound
from sco_flat.engines.simulation import simulate
from sco_flat.plots.style import BLACK, GREY, headline, listing, new_figure, series
from sco_flat.requests import request_from
from sco_flat.works import base as works
from sco_flat.works.figures import Data, WorkFigure

KEYS = ("valley.sam", "flat-minima.7")


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw F/(eta r² T) of the lowest suffix average over eta, with what is proved.

    Parameters
    ----------
    data : mapping
        ``step_size``: shape (k,); ``curves``: for each statement ``title``, ``instance``, ``risk`` and ``bound`` in
        units of eta r² T, shape (k,), and ``slope``, that of log risk over log eta; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.6)
    axes = figure.subplots()
    eta = np.asarray(data["step_size"])
    for place, (curve, colour, dash) in enumerate(zip(data["curves"], (BLACK, GREY), ("--", ":"), strict=True)):
        named = f"{curve['instance']}, slope {curve['slope']:.2f} (float run)"
        axes.loglog(eta, curve["risk"], label=named, **series(place))
        axes.loglog(eta, curve["bound"], color=colour, linestyle=dash, label=f"{curve['title']} (by theorem)")
    top = max(float(np.max(c["risk"])) for c in data["curves"])
    axes.set_ylim(top=12.0 * top)
    axes.set_xlabel("step size η")
    axes.set_ylabel("F (units of η r² T)")
    axes.set_title("lowest risk of a suffix average")
    axes.legend(loc="upper left", ncols=2)
    headline(
        figure,
        "SAM's risk is of order η² r² T on the chain and of order η r² T in the valley",
        listing(data["parameters"]),
    )
    return figure


def data(quick: bool) -> Data:
    """Lowest suffix of SAM on both losses, with the same eta, T and r."""
    n, steps, count = 6, 2000 if quick else 8000, 4 if quick else 7
    # what the valley allows: eta T >= 16, and eta (1 + gam) <= .24 at gam = 1
    etas = np.geomspace(16.0 / steps, 0.12, count)
    curves, failures = [], []
    for key in KEYS:
        statement = works.get(key)
        risk, proved = np.zeros(count), np.zeros(count)
        for k, eta in enumerate(etas):
            step_size = float(eta)
            r = 1.0 / (step_size * steps) ** 0.5
            request = request_from(
                statement.instance, statement.method, n=n, steps=steps, step_size=step_size, perturbation_radius=r
            )
            built = request.build()
            run = simulate(built, request.sample(built), request.settings, request.seed)
            bound = statement.bound(built, works.facts_of(run))
            assert isinstance(bound, Bound), bound
            (low, high), unit = run.lowest_suffix()[1], step_size * r**2 * steps
            risk[k], proved[k] = low / unit, bound.value / unit
            if high < bound.value:
                failures.append(f"{statement.title}, eta = {step_size:.3g}: {high:.6g} is below {bound.value:.6g}")
        slope = float(np.polyfit(np.log(etas), np.log(risk), 1)[0])
        curves.append(
            {"title": statement.title, "instance": statement.instance, "risk": risk, "bound": proved, "slope": slope}
        )
    parameters = {"n": n, "T": steps, "r": "1/sqrt(η T)", "rho": 0, "seed": 0}
    return {"step_size": etas, "curves": curves, "failures": failures, "parameters": parameters}


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    low, high, p = data["step_size"][0], data["step_size"][-1], data["parameters"]
    said = "; ".join(
        f"{c['instance']} falls from {c['risk'][-1]:.3g} to {c['risk'][0]:.3g} (slope {c['slope']:.2f})"
        for c in data["curves"]
    )
    return (
        f"The lowest population risk of a suffix average of SAM in units of eta r² T, as the step size goes from "
        f"{high:.3g} to {low:.3g}: {said}. Both losses have the same eta, T and r. On the chain each step enters a "
        "new coordinate, by about eta r; in the valley all go the same way, each by about eta r/sqrt(eta T). "
        f"n = {p['n']}, T = {p['T']}, r = 1/sqrt(eta T), rho = 0; float runs."
    )


FIGURE = WorkFigure(
    "slopes",
    data,
    draw,
    caption,
    "Risk over the step size on logarithmic axes: a line that is nearly level for the valley, one that rises with "
    "slope 1 for the chain, and below each the bound that is proved.",
)
