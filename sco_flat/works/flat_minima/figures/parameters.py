"""Theorem 7: the printed constants against the corrected ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, headline, listing, new_figure, points, series
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.flat_minima import lower
from sco_flat.works.flat_minima.figures.runs import start


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the population risk of the last iterate, and how many blocks moved, over n.

    Parameters
    ----------
    data : mapping
        ``rows``: list of dicts ``parameters`` (``corrected`` or ``printed``), ``n``, ``risk`` (in units of
        eta² r² T), ``awake`` (number of blocks that left the start); ``bound``: lower bound in these units;
        ``parameters``: for the title.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.1)
    left, right = figure.subplots(1, 2)
    rows = data["rows"]
    for place, kind in enumerate(("corrected", "printed")):
        own = sorted((r for r in rows if r["parameters"] == kind), key=lambda r: r["n"])
        n = np.array([r["n"] for r in own])
        look = series(place, hollow=kind == "corrected")
        if kind == "corrected":  # larger and hollow, so that it shows around the other where they agree
            look["markersize"] = points(9.0)

        left.plot(n, [r["risk"] for r in own], label=f"{kind} constants (float run)", **look)
        right.plot(n, [r["awake"] for r in own], label=f"{kind} constants (float run)", **look)
    left.axhline(
        data["bound"], color=BLACK, linestyle=":", label=f"Theorem 7, corrected: {data['bound']:.3f} (by theorem)"
    )
    everything = sorted({r["n"] for r in rows})
    right.plot(everything, [2.0**n for n in everything], color=BLACK, linestyle=":", label="all m = 2ⁿ blocks")
    left.set_yscale("log")
    right.set_yscale("log")
    left.set_ylim(top=1.6)
    left.set_ylabel("population risk F (units of η² r² T)")
    left.set_title("last iterate")
    right.set_ylabel("number of blocks that moved")
    right.set_title("why: blocks move that should stay put")
    for axes in (left, right):
        axes.set_xlabel("sample size n")
        axes.set_xticks(everything)
        axes.legend(loc="upper left" if axes is right else "upper right")
    right.set_ylim(top=40 * 2.0 ** max(everything))
    headline(
        figure,
        "Theorem 7: with the printed constants the counterexample collapses as n grows",
        listing(data["parameters"]),
    )
    return figure


def data(quick: bool) -> Data:
    """Last iterate of SAM with printed and with corrected constants, over n."""
    steps, eta = 32, 1.0 / 24.0
    sizes = (6, 8, 10, 11, 12) if quick else (6, 7, 8, 9, 10, 11, 12, 13, 14)
    rows = []
    unit = r = 0.0
    for n in sizes:
        for kind in ("corrected", "printed"):
            run = start("sam-chain", "sam", n=n, steps=steps, step_size=eta, parameters=kind)
            r = run.instance.perturbation_radius
            unit = eta**2 * r**2 * steps
            risk = run.instance.population_risk(run.look(run.last).profile())[0] / unit
            rows.append({"parameters": kind, "n": n, "risk": risk, "awake": int(run.layout.rows.size)})
    bound = lower.theorem7(step_size=eta, steps=steps, perturbation_radius=r, n=min(sizes)).value / unit
    return {
        "rows": rows,
        "bound": bound,
        "parameters": {"T": steps, "eta": "1/24", "r": r, "rho": 0, "m": "2ⁿ", "seed": 0},
    }


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    worst = max(data["rows"], key=lambda r: r["n"] + (r["parameters"] == "printed") / 2)
    mate = next(r for r in data["rows"] if r["n"] == worst["n"] and r["parameters"] == "corrected")
    p = data["parameters"]
    return (
        f"At n = {worst['n']} the last iterate has population risk {worst['risk']:.4f} eta² r² T with the printed "
        f"constants, because {worst['awake']} of {2 ** worst['n']} blocks move, and {mate['risk']:.4f} eta² r² T "
        f"with the corrected ones, for which {mate['awake']} moves. "
        f"SAM on sam-chain, T = {p['T']}, eta = {p['eta']}, r = {p['r']:.3g}, rho = 0, m = 2^n; float runs."
    )


FIGURE = WorkFigure(
    "parameters",
    data,
    draw,
    caption,
    "Left: population risk over n for both choices of constants. Right: number of blocks that moved.",
)
