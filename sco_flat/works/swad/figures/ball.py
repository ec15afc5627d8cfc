"""Iterates and averages over the flat ball of a plateau: the ones stay out, the others lie inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, BLUE, GREY, VERMILLION, headline, listing, new_figure, points
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.swad.plateau import DIMENSION, averaged, balance, walk

RHO, SEEDS = 0.5, 10


def data(quick: bool) -> Data:
    """One walk, its running mean, and SWAD's mean of each seed."""
    steps = 2000 if quick else 4000
    runs = [walk(seed, steps, RHO) for seed in range(SEEDS)]
    running = np.cumsum(runs[0], axis=0) / np.arange(1, steps + 1)[:, None]
    return {
        "sizes": np.linalg.norm(runs[0], axis=1),
        "running": np.linalg.norm(running, axis=1),
        "swad": [float(np.linalg.norm(averaged(run, RHO))) for run in runs],
        "parameters": {"d": DIMENSION, "rho": RHO, "T": steps, "seeds": SEEDS},
        "failures": [],
    }


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw lengths over t; SWAD's are levels at the right.

    Parameters
    ----------
    data : mapping
        ``sizes`` and ``running``, shape (T,); ``swad``, one length a seed; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.2)
    axes = figure.subplots()
    t = np.arange(1, len(data["sizes"]) + 1)
    axes.plot(t, data["sizes"], color=GREY, linewidth=points(0.7), label="iterates, seed 0")
    axes.plot(t, data["running"], color=BLUE, linewidth=points(2.0), label="mean of the first t iterates, seed 0")
    right = np.full(len(data["swad"]), 1.03 * len(t))
    axes.plot(right, data["swad"], "s", color=VERMILLION, markersize=points(6), label="SWAD's averages, all seeds")
    axes.axhline(RHO, color=BLACK, linestyle=":", label="flat ball: below ρ")
    axes.set_ylim(0.0, None)
    axes.set_xlabel("iterate t")
    axes.set_ylabel("length")
    axes.legend(loc="lower left")
    headline(figure, "Noise on a plateau: averages lie in the flat ball", f"{listing(data['parameters'])}; float runs")
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    share = 100.0 * float(np.mean(np.asarray(data["sizes"]) <= RHO))
    return (
        f"Lengths of GD's iterates with noise on ½ [|w| - rho]_+²: {share:.1f} % are in the flat ball, noise and loss "
        f"balance at {balance(RHO):.3g}. SWAD's averages of {len(data['swad'])} seeds have the median length "
        f"{np.median(data['swad']):.2g}, the plain average {data['running'][-1]:.2g}. Floats."
    )


FIGURE = WorkFigure(
    "swad-ball",
    data,
    draw,
    caption,
    "A noisy line just above a dotted line at rho; below it a falling curve and ten squares, most of them far.",
)
