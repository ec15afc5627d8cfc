"""Cells over two axes, shaded by the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import LogLocator, MaxNLocator

from sco_flat.plots._panels import WIDE, decades, edges_of, logarithmic, panels, ticks, upright, word
from sco_flat.plots.base import Plot
from sco_flat.plots.style import GREY, brief, folded, grow, points, room


def draw(data: Mapping[str, Any]) -> Figure:
    """Cells over x and y, shaded by the value.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    return shaded(data, contours=False)


def shaded(data: Mapping[str, Any], *, contours: bool) -> Figure:
    """Cells over x and y, shaded by the value; with ``contours`` level lines, and hatches outside the statement."""
    figure, found = panels(data)
    x, y = data["x"], data["y"]
    means = [row["mean"] for row in data["rows"]]
    spread, floor = decades(means, scale=data["scale"], shown=6)
    # what is below the six decades, and zero, has the darkest shade; it needs a decade of its own, as in a line plot,
    # only where the others are so close to each other that they would hardly be brighter
    low = (10.0 * floor if max(means) / WIDE >= 10.0 * floor else floor) if floor else min(means)
    norm = LogNorm(low, max(means)) if spread else Normalize(low, max(means))
    image: Any = None
    everywhere = [sorted({row[k] for row in data["rows"]}) for k in (x, y)]
    for axes, rows in found:
        # a cell that is missing in one panel has its place from the others; where none is, panels may differ in theirs
        across, up = everywhere if data["missing"] else (sorted({row[k] for row in rows}) for k in (x, y))
        grid, outside = np.full((len(up), len(across)), np.nan), np.zeros((len(up), len(across)))
        for row in rows:
            at = up.index(row[y]), across.index(row[x])
            grid[at] = max(row["mean"], low)
            outside[at] = not row["inside"]
        edges = [edges_of(np.array(values, dtype=float)) for values in (across, up)]
        image = axes.pcolormesh(*edges, grid, norm=norm, cmap="cividis", rasterized=True)
        for j, i in zip(*np.nonzero(np.isnan(grid)), strict=True):
            corner, size = _cell(edges, i, j)
            axes.add_patch(Rectangle(corner, *size, fill=False, hatch="xxx", edgecolor=GREY, lw=0))
        if contours:
            for j, i in zip(*np.nonzero(outside), strict=True):
                corner, size = _cell(edges, i, j)
                axes.add_patch(Rectangle(corner, *size, fill=False, hatch="////", edgecolor="#FFFFFF90", lw=0))
            if min(grid.shape) > 1 and np.isfinite(grid).all() and np.ptp(grid) > 0:
                # no level between a value and one that is only drawn as if it were the lowest
                _levels(axes, across, up, np.ma.masked_less_equal(grid, low) if floor else grid, spread)
        for axis, scaled, values in zip(
            (axes.xaxis, axes.yaxis), (axes.set_xscale, axes.set_yscale), everywhere, strict=True
        ):  # the panels share them
            scaled("log" if logarithmic(values) else "linear")
            ticks(axis, values)
        axes.grid(False)
        axes.set_xlabel(word(x))
    upright(figure, len(found), data)
    label = folded(word(data["value"], data["unit"]), room(2.7 * -(-len(found) // 4)))
    label += f"\n(darkest: at most {brief(low)})" if floor else ""
    figure.colorbar(image, ax=[axes for axes, _ in found], label=label, extend="min" if floor else "neither")
    grow(figure, 0)
    return figure


def _levels(axes: Axes, across: list[Any], up: list[Any], grid: Any, spread: bool) -> None:
    """Level lines with their values: at the powers of ten of a logarithmic scale, otherwise at round numbers."""
    locator = LogLocator(numticks=6) if spread else MaxNLocator(4)
    levels = [v for v in locator.tick_values(grid.min(), grid.max()) if grid.min() < v < grid.max()]
    if not levels:
        return
    lines = axes.contour(across, up, grid, levels, colors="white", linewidths=points(1.0))
    form = (lambda v: f"$10^{{{np.log10(v):.0f}}}$") if spread else "%g"
    named = axes.clabel(lines, fmt=form, fontsize="small", inline=False)  # no gap: the lines may be short
    for artist, wide in ((lines, 2.5), *((text, 4.0) for text in named)):
        rim: list[AbstractPathEffect] = [withStroke(linewidth=points(wide), foreground="#303030")]
        artist.set_path_effects(rim)  # white on yellow cannot be read


def _cell(edges: list[Any], i: int, j: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lower left corner and size of a cell."""
    corner = float(edges[0][i]), float(edges[1][j])
    return corner, (float(edges[0][i + 1]) - corner[0], float(edges[1][j + 1]) - corner[1])


PLOT = Plot("heatmap", "cells over x and y", draw, flat=True)
