"""The block of a bad column over t: the staircase that a method goes down, of which the sample knows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.numbers import whole
from sco_flat.plots.style import headline, listing, new_figure, whole_ticks
from sco_flat.requests import Request
from sco_flat.works.base import build

LARGEST = 2000
"""Iterates, and cells of the block, that a picture has at most."""


def along(request: Request, most: int) -> dict[str, Any]:
    """Run again and take the block of the first bad column at up to ``most`` iterates.

    Parameters
    ----------
    request : Request
        Of the run.
    most : int
        Iterates, evenly spread; and the most cells over the block. At least 2.

    Returns
    -------
    dict
        ``t``: iterates, shape (k,); ``cell``: coordinates j that stand for one cell; ``size``: largest ``abs(x[I, j])``
        of each cell, shape (k, cells); ``column``, ``columns``: which block it is, and of how many.

    Raises
    ------
    InputError
        For a loss without such blocks, a sample without a bad column, and numbers that cannot be used.
    """
    whole("most", most, 2, LARGEST)
    instance = build(request)
    if not instance.has_blocks or instance.length < 2:
        limit = f"{instance.name} has no blocks of coordinates that one column wakes"
        raise InputError("kind", "staircase", limit, "leave it out for the risks over t")
    sample = request.sample(instance)
    columns = sample.event.columns
    if not columns:
        limit = "the sample has no bad column, and so no block that moves unnoticed"
        raise InputError("kind", "staircase", limit, "choose another seed or a larger d, or leave it out")
    ran = simulate(instance, sample, request.settings, request.seed)
    place, length = int(np.searchsorted(ran.layout.rows, columns[0])), instance.length
    times = sorted({round(t) for t in np.linspace(1, instance.steps, min(most, instance.steps))})
    cell = -(-length // most)
    size = np.zeros((len(times), -(-length // cell)))
    for row, (_, w) in zip(size, ran.snapshots(times), strict=True):
        row[:] = np.maximum.reduceat(np.abs(w[place * length : (place + 1) * length]), np.arange(0, length, cell))
    return {"t": times, "cell": cell, "size": size, "column": columns[0], "columns": len(columns)}


def draw(data: Mapping[str, Any], title: str, parameters: Mapping[str, Any]) -> Figure:
    """Draw the block as a heat map: t from left to right, j upwards.

    Parameters
    ----------
    data : mapping
        From `along`.
    title : str
        Method and instance.
    parameters : mapping
        What the second line of the title says.
    """
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    t, size, cell = np.asarray(data["t"], dtype=float), np.asarray(data["size"]), data["cell"]
    between = 0.5 * (t[1:] + t[:-1])
    edges = np.array([t[0] - 0.5, *between, t[-1] + 0.5])
    heights = np.arange(size.shape[1] + 1) * cell + 0.5
    held = np.isfinite(size).all(1)
    top = float(size[held].max(initial=0.0))
    # one hue that darkens: in print, too, darker is further from 0
    image = axes.pcolormesh(edges, heights, size.T, cmap="Greys", vmin=0.0, vmax=top or 1.0, rasterized=True)
    figure.colorbar(image, ax=axes, pad=0.02).set_label("abs(x[I, j]) of $w_t$")
    axes.set(xlabel="iterate t", ylabel="coordinate j of block I")
    for axis in (axes.xaxis, axes.yaxis):
        whole_ticks(axis)
    axes.grid(False)
    one = f"the first of {data['columns']} bad columns" if data["columns"] > 1 else "the only one"
    said = f", a cell shows the largest of {cell}" if cell > 1 else ""
    said += "; the block stays at 0" if top == 0.0 and held.all() else ""
    said += "" if held.all() else f"; it leaves the doubles by t = {t[~held][0]:g}"
    headline(figure, f"{title}: the block of a bad column",
             f"{listing(parameters)}; I = {data['column']}, {one}; float run{said}")  # fmt: skip
    return figure
