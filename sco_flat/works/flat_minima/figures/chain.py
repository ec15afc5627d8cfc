"""Theorem 7: SAM walks down a chain of coordinates that the sample does not see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, BLUE, GREY, headline, listing, new_figure


def chain(data: Mapping[str, Any]) -> Figure:
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
    name = f"Theorem 7, corrected: {data['bound']:.3f} (proved bound)"
    right.axhline(data["bound"], color=BLACK, linestyle="--", label=name)
    right.axhline(
        data["rate"], color=GREY, linestyle=":", label=f"its simple form 1/{1 / data['rate']:.0f} (proved bound)"
    )
    right.set_ylim(0.0, 1.45 * float(suffix.max()))
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
