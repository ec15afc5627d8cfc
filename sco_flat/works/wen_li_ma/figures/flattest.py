"""The worst and the best flattest network against the size of the training set, with and without a bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, headline, listing, new_figure, points, series
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.wen_li_ma import constructions
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.flattest import find
from sco_flat.works.wen_li_ma.nets import misses, trace, wrong

D = 4
SIZES = (3, 5, 7, 9, 11, 13, 15)


def data(quick: bool) -> Data:
    """Share of the test points at which some flattest network is wrong, by n and seed; error of the generaliser."""
    sizes, seeds = (SIZES[::2], 2) if quick else (SIZES, 4)
    worst = {bias: np.zeros((len(sizes), seeds)) for bias in (False, True)}
    best, failures = np.zeros((len(sizes), seeds)), []
    for i, n in enumerate(sizes):
        for seed in range(seeds):
            for bias in (False, True):
                points = xor(D, n, seed, bias)
                found = find(points, "all", seed)
                if found.verdict not in ("proved", "holds"):
                    failures.append(f"n = {n}, seed = {seed}: {found.verdict}")
                wrongs = found.errors if bias else sum(v <= 0 for v in found.lowest)
                worst[bias][i, seed] = (wrongs or 0) / len(points.rest)
                good = constructions.generaliser(points)
                assert misses(good, points) == 0
                assert trace(good, points) == 4
                best[i, seed] = max(best[i, seed], wrong(good, points) / len(points.rest))
    return {
        "n": np.array(sizes), "bias": worst[True], "no_bias": worst[False], "best": best, "failures": failures,
        "parameters": {"d": D, "seeds": seeds},
    }  # fmt: skip


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the shares over n.

    Parameters
    ----------
    data : mapping
        ``n``: shape (k,); ``bias``, ``no_bias``, ``best``: shape (k, seeds), shares of the test points.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.6)
    axes = figure.subplots()
    n = np.asarray(data["n"])
    for place, (key, label) in enumerate((("bias", "worst, with bias"), ("no_bias", "worst, without bias"))):
        shares, look = np.asarray(data[key]), series(place)
        if key == "bias":  # larger, so that it shows around the other where they agree
            look["markersize"] = points(9.0)
        axes.plot(n, shares.mean(axis=1), label=label, **look)
        ends = shares.min(axis=1), shares.max(axis=1)
        axes.fill_between(n, *ends, alpha=0.2, color=look["color"], linewidth=0)
    axes.plot(n, np.asarray(data["best"]).mean(axis=1), color=BLACK, linestyle=":", label="best, both")
    axes.set_xlabel("size n of the training set")
    axes.set_ylabel("share of the other points")
    axes.set_ylim(-0.04, 1.22)
    axes.set_title("points at which some flattest network is wrong")
    axes.legend(loc="upper right", ncols=3)
    headline(
        figure,
        "How much of the cube some flattest network gets wrong, with and without a bias",
        f"{listing(data['parameters'])}; lines: means over the seeds, bands: from the least to the largest",
    )
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    n, free = data["n"], data["no_bias"]
    known = [int(k) for k, shares in zip(n, free, strict=True) if shares.max() == 0]
    clear = f"without bias from n = {min(known)} on there is none" if known else "there are some at every n"
    p = data["parameters"]
    return (
        f"The label is x_1 x_2 on the cube of dimension {p['d']}. Among the two-layer networks that meet n labels, "
        "those with the least trace of the Hessian (relu'(0) = 0): the share of the other points at which one is "
        f"wrong, the mean over {p['seeds']} draws with the range. With a bias it is all of them at every n; {clear}. "
        "The best flattest network is the target. Networks in fractions, lower ends by float programs."
    )


FIGURE = WorkFigure(
    "flattest",
    data,
    draw,
    caption,
    "Share of wrong points over n: a line at one with bias, one that falls to zero without, zero for the best.",
)
