"""Cells over two axes, shaded by the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import AbstractPathEffect, withStroke

from sco_flat.plots._panels import WIDE, edges_of, logarithmic, panels, ticks, word
from sco_flat.plots.base import Plot
from sco_flat.plots.style import GREY


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
    positive = [m for m in means if m > 0]
    spread = bool(positive) and max(positive) / min(positive) >= WIDE
    # six decades show; what is below them, and zero, has the darkest shade
    floor = max(min(positive), max(positive) / 1e6) if spread else 0.0
    norm = LogNorm(floor, max(positive)) if spread else Normalize(min(means), max(means))
    image: Any = None
    for axes, rows in found:
        across, up = (sorted({row[k] for row in rows}) for k in (x, y))
        grid, outside = np.full((len(up), len(across)), np.nan), np.zeros((len(up), len(across)))
        for row in rows:
            at = up.index(row[y]), across.index(row[x])
            grid[at] = max(row["mean"], floor) if spread else row["mean"]
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
                top = np.nanmax(grid)
                levels = [top * f for f in ((0.001, 0.01, 0.1, 0.5) if spread else (0.25, 0.5, 0.75))]
                lines = axes.contour(across, up, grid, levels, colors="white", linewidths=1.0)
                named = axes.clabel(lines, fmt=lambda v: f"{v:.2g}", fontsize="small", inline_spacing=8)
                rim: list[AbstractPathEffect] = [
                    withStroke(linewidth=2.5, foreground="#303030")
                ]  # white on yellow cannot be read
                lines.set_path_effects(rim)
                for text in named:
                    text.set_path_effects(rim)
        axes.set_xscale("log" if logarithmic(across) else "linear")
        axes.set_yscale("log" if logarithmic(up) else "linear")
        for axis, values in ((axes.xaxis, across), (axes.yaxis, up)):
            ticks(axis, values)
        axes.grid(False)
        axes.set_xlabel(word(x))
    found[0][0].set_ylabel(word(y))
    label = word(data["value"], data["unit"])
    figure.colorbar(image, ax=[axes for axes, _ in found], label=label, extend="min" if spread else "neither")
    return figure


def _cell(edges: list[Any], i: int, j: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lower left corner and size of a cell."""
    corner = float(edges[0][i]), float(edges[1][j])
    return corner, (float(edges[0][i + 1]) - corner[0], float(edges[1][j + 1]) - corner[1])


PLOT = Plot("heatmap", "cells over x and y", draw, flat=True)
