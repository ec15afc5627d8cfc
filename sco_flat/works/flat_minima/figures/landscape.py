"""Theorem 1: a flat minimum that generalises badly beside a sharp one that generalises perfectly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.flat_erm import FlatErm
from sco_flat.plots.style import BLACK, BLUE, VERMILLION, headline, listing, new_figure, points
from sco_flat.requests import request_from
from sco_flat.samples import Sample
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.flat_minima import lower


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the population risk of both minima over rho, and the slice of F_S and F that holds them.

    Parameters
    ----------
    data : mapping
        ``rho``, ``flat``, ``sharp``: radii, measured ``F(e_I)`` and ``F(rho e_b)``; ``formula_rho``, ``formula``:
        the exact ``F(e_I)``; ``x``, ``y``: places on the e_I and e_b axes; ``empirical``, ``population``: F_S and F
        there, shape (y, x); ``slice_rho``; ``saer_text``: the SAER of both; ``parameters``: names and values
        for the title.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 5.7)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.12))
    left = figure.add_subplot(grid[:, 0])
    left.plot(data["formula_rho"], data["formula"], color=BLACK, label="$F(e_I)$ = ¼(1 − ρ)² (exact formula)")
    left.plot(data["rho"], data["flat"], "o", color=BLUE, label="flat minimum $e_I$ (float run)")
    left.plot(
        data["rho"],
        data["sharp"],
        "s",
        mfc="white",
        color=VERMILLION,
        label="sharp minimum ρ $e_b$ (float run)",
    )
    left.set_xlabel("flatness radius ρ of the loss")
    left.set_ylabel("population risk F (units of the loss)")
    left.set_ylim(-0.008, 0.33)
    left.set_title("population risk of both empirical minima")
    left.legend(loc="upper right")
    rho = data["slice_rho"]
    for place, (key, name) in enumerate((("empirical", "empirical risk $F_S$"), ("population", "population risk $F$"))):
        axes = figure.add_subplot(grid[place, 1])
        _slice(axes, data["x"], data["y"], data[key], rho)
        axes.set_title(f"{name} at x $e_I$ + y $e_b$ (float run)")
        axes.set_ylabel("y, along $e_b$")
        if place:
            axes.set_xlabel("x, along $e_I$")
    headline(
        figure,
        "Theorem 1: of two minima of the empirical risk, the flat one is bad and the sharp one is good",
        f"{listing(data['parameters'])}; {data['saer_text']}\n"
        f"circles: balls of radius ρ = {rho:.3g} around $e_I$ and 0; grey: units of the loss",
    )
    return figure


def _slice(axes: Axes, x: Any, y: Any, values: Any, rho: float) -> None:
    # the losses are squares of distances: squared levels give evenly spaced contours
    top = float(np.max(values))
    levels = top * (np.arange(0, 8) / 7.0) ** 2
    levels[0] = 1e-9
    filled = axes.contourf(x, y, values, levels=[-1.0, *levels], cmap="Greys", vmin=0.0, vmax=1.6 * top)
    bar = axes.figure.colorbar(filled, ax=axes, ticks=levels[1::2], format="%.3f", shrink=0.95, pad=0.02)
    bar.ax.set_ylim(0.0, levels[-1])
    axes.contour(x, y, values, levels=levels[1:-1], colors=BLACK, linewidths=points(0.5))
    for centre in (1.0, 0.0):
        axes.add_patch(Circle((centre, 0.0), rho, fill=False, ls="--", lw=points(1.2), color=BLUE if centre else BLACK))
    axes.plot([1.0], [0.0], "o", color=BLUE)
    axes.plot([0.0], [rho], "s", mfc="white", color=VERMILLION)
    for name, place, colour in (("$e_I$", (1.0, 0.0), BLUE), ("ρ $e_b$", (0.0, rho), VERMILLION)):
        named = axes.annotate(
            name, place, xytext=(0.55, 0.5), textcoords="offset fontsize", color=colour, weight="bold"
        )  # fmt: skip
        named.set_path_effects([withStroke(linewidth=points(3.0), foreground="white")])
    axes.set_aspect("equal")
    axes.set_xticks(np.arange(-0.5, 1.5, 0.5))
    axes.set_yticks(np.arange(-0.5, 0.75, 0.5))
    axes.grid(False)


def data(quick: bool) -> Data:
    """Risks of e_I and rho e_b over rho, and of a slice through both, on one sample of Theorem 1."""
    n, slice_rho, radius = 6, 0.2, 0.5
    side = 25 if quick else 81

    def at(built: FlatErm, sample: Sample, x: float, y: float) -> Look:
        column = sample.event.columns[0]
        layout = Layout(built, sample, np.array([column], dtype=np.int64))
        return Look(layout, np.array([x, y]))

    def build(rho: float) -> tuple[FlatErm, Sample]:
        request = request_from(
            "flat-erm", "gd", n=n, steps=2, step_size=0.5, flatness_radius=rho, perturbation_radius=radius
        )
        built = request.build()
        assert isinstance(built, FlatErm)
        return built, request.sample(built)

    rhos = np.linspace(0.0, 0.5, 11)
    flat, sharp = [], []
    for rho in rhos:
        built, sample = build(float(rho))
        flat.append(at(built, sample, 1.0, 0.0).population_risk[0])
        sharp.append(at(built, sample, 0.0, float(rho)).population_risk[0])
    built, sample = build(slice_rho)
    x, y = np.linspace(-0.55, 1.45, side), np.linspace(-0.7, 0.7, side)
    empirical, population = (np.zeros((side, side)) for _ in range(2))
    plane = at(built, sample, 0.0, 0.0)
    for i, height in enumerate(y):
        for j, along in enumerate(x):
            look = plane.at(np.array([along, height]))
            empirical[i, j] = look.empirical_risk
            population[i, j] = built.population_risk(look.profile())[0]
    fine = np.linspace(0.0, 0.5, 101)
    saers = [at(built, sample, *place).saer for place in ((1.0, 0.0), (0.0, slice_rho))]
    found = f"{saers[0][1]:.3g} for $e_I$, {saers[1][1]:.3g} for ρ $e_b$"
    return {
        "rho": rhos, "flat": np.array(flat), "sharp": np.array(sharp),
        "formula_rho": fine, "formula": np.array([lower.theorem1(flatness_radius=float(r)).value for r in fine]),
        "x": x, "y": y, "empirical": empirical, "population": population, "slice_rho": slice_rho,
        "saer": {"radius": radius, "flat": saers[0], "sharp": saers[1]},
        "saer_text": f"SAER at r = {radius:g}, ρ = {slice_rho:g}: {found}",
        "parameters": {"n": n, "m": built.m, "d": built.dimension},
    }  # fmt: skip


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    saer, rho, p = data["saer"], data["slice_rho"], data["parameters"]
    place = int(np.argmin(np.abs(data["rho"] - rho)))
    return (
        f"The flat minimum e_I has population risk {data['flat'][place]:.4f} at rho = {data['rho'][place]:.2g}, "
        f"the sharp minimum rho e_b has {data['sharp'][place]:.4f}, although at r = {saer['radius']:.2g} the SAER "
        f"of e_I is {saer['flat'][1]:.4f} and that of rho e_b is {saer['sharp'][1]:.4f}. "
        f"One sample of n = {p['n']} examples in dimension d = {p['d']}; points and contours are floating-point "
        f"evaluations of the losses, the line is the exact formula of Theorem 1."
    )


FIGURE = WorkFigure(
    "landscape",
    data,
    draw,
    caption,
    "Left: population risk of the flat and of the sharp minimum over rho. Right: contours of F_S and F.",
)
