"""Theorem 7: SAM walks down a chain of coordinates that the sample does not see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sco_flat.engines.simulation import simulate
from sco_flat.plots.style import BLACK, BLUE, GREY, headline, listing, new_figure
from sco_flat.requests import request_from
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.flat_minima import lower


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the bad block over time as a heat map, and the population risk of every suffix average.

    Parameters
    ----------
    data : mapping
        ``block``: ``x[I, j]`` at step t in units of eta r, shape (t, j); ``suffix``: risk of the average of
        [tau, T] in units of eta² r² T, shape (T,); ``bound``, ``rate``: lower bounds in the same units;
        ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.3)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
    block = np.asarray(data["block"])
    steps = block.shape[0]
    edges = np.arange(steps + 1) + 0.5
    # one-sided values and a one-hue map: darker means further below zero, in print too
    image = left.pcolormesh(
        edges, np.arange(block.shape[1] + 1) + 0.5, -block.T, cmap="Greys", vmin=0.0, rasterized=True
    )
    left.set_xlabel("iterate t")
    left.set_ylabel("coordinate j of the unseen block I")
    left.set_title("−x[I, j] at iterate t (float run)")
    left.grid(False)
    bar = figure.colorbar(image, ax=left, pad=0.02)
    bar.set_label("units of η r")
    suffix = np.asarray(data["suffix"])
    start = np.arange(1, suffix.size + 1)
    right.plot(start, suffix, "o-", color=BLUE, label="average of [τ, T] (float run)")
    name = f"Theorem 7: {data['bound']:.3f} (by theorem)"
    right.axhline(data["bound"], color=BLACK, linestyle="--", label=name)
    right.axhline(
        data["rate"], color=GREY, linestyle=":", label=f"its simple form 1/{1 / data['rate']:.0f} (by theorem)"
    )
    right.set_ylim(0.0, 1.45 * float(suffix.max()))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel("first iterate τ of the suffix average")
    right.set_ylabel("population risk F (units of η² r² T)")
    right.set_title("risk of every suffix average")
    right.legend(loc="upper left")
    headline(
        figure,
        "Theorem 7: SAM takes a full step into a new unseen coordinate at every iterate",
        listing(data["parameters"]),
    )
    return figure


def data(quick: bool) -> Data:
    """Every iterate of SAM on the bad block, and the risk of every suffix."""
    n, steps, eta = 6, 16 if quick else 24, 1.0 / 6.0
    request = request_from("sam-chain", "sam", n=n, steps=steps, step_size=eta)
    built = request.build()
    sample = request.sample(built)
    column = sample.event.columns[0]
    r = built.perturbation_radius
    block = np.zeros((steps, steps))
    for t in range(1, steps + 1):
        # a run keeps one window sum and no history: the window [t, t] is the iterate w_t itself
        run = simulate(built, sample, request.settings, request.seed, (t, t))
        block[t - 1] = run.layout.dense(run.average)[:-1].reshape(built.m, steps)[column] / (eta * r)
    unit = eta**2 * r**2 * steps
    suffix = simulate(built, sample, request.settings, request.seed).suffix_risks[:, 0] / unit
    numbers = {"step_size": eta, "steps": steps, "perturbation_radius": r, "n": n}
    return {
        "block": block,
        "suffix": suffix,
        "bound": lower.theorem7(**numbers).value / unit,  # type: ignore[arg-type]
        "rate": lower.theorem7_rate(**numbers).value / unit,  # type: ignore[arg-type]
        "parameters": {"n": n, "T": steps, "eta": "1/6", "r": r, "rho": 0, "constants": "corrected"},
    }


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    p = data["parameters"]
    return (
        f"Each step of SAM adds a new coordinate of about {-float(np.min(data['block'])):.2f} eta r to the block that "
        f"the sample does not see, and the population risk of every suffix, at least "
        f"{float(np.min(data['suffix'])):.4f} eta² r² T, lies above the proved {data['bound']:.4f}; "
        "x[I, 1] and x[I, 2], which start the chain, are far too small to be seen. "
        f"SAM on sam-chain with the corrected constants, n = {p['n']}, T = {p['T']}, eta = {p['eta']}, "
        f"r = {p['r']:.3g}, rho = 0; float run."
    )


FIGURE = WorkFigure(
    "chain",
    data,
    draw,
    caption,
    "Left: heat map of the unseen block over time, a staircase. Right: risk of every suffix.",
)
