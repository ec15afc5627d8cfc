"""Lines with confidence bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sco_flat.plots._panels import BOUNDS, logarithmic, panels, word
from sco_flat.plots.base import Plot
from sco_flat.plots.style import listing, series


def draw(data: Mapping[str, Any]) -> Figure:
    """Lines over x, one for each value of ``by``, with 95% bands over the repetitions.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    figure, found = panels(data)
    x, by = data["x"], data["by"]
    labels = list(dict.fromkeys(row[by] for row in data["rows"])) if by else [None]
    drawn = ["mean", *(BOUNDS if data["bounds"] else ())]
    log_x = logarithmic(row[x] for row in data["rows"])
    log_y = logarithmic(row[key] for row in data["rows"] for key in drawn if row[key] is not None)
    means = [row["mean"] for row in data["rows"]]
    # eight decades show; a line that leaves them leaves the panel
    floor = max(means) / 1e8 if min(means) < max(means) / 1e8 else 0.0
    for axes, rows in found:
        for k, label in enumerate(labels):
            own = sorted((row for row in rows if not by or row[by] == label), key=lambda row: row[x])
            if not own:
                continue
            at = [row[x] for row in own]
            mean, half = (np.array([row[key] for row in own]) for key in ("mean", "half"))
            look = series(k)
            axes.plot(at, mean, label=listing({by: label}) if by else "measured", **look)
            if half.any():
                low = np.maximum(mean - half, mean.min() / 10) if log_y else mean - half
                axes.fill_between(at, low, mean + half, color=look["color"], alpha=0.2, lw=0)
        if data["bounds"]:
            _bounds(axes, rows, x, by, labels)
        axes.set_xscale("log" if log_x else "linear")
        axes.set_yscale("log" if log_y else "linear")
        if log_x:
            ticks = sorted({row[x] for row in data["rows"]})
            ticks = ticks[:: -(-len(ticks) // 5)]
            axes.set_xticks(ticks, [f"{tick:.4g}" for tick in ticks])
            axes.minorticks_off()
        if log_y and floor > 0.0:
            axes.set_ylim(bottom=floor)
        axes.set_xlabel(word(x))
    found[0][0].set_ylabel(word(data["value"], data["unit"]))
    handles, names = found[0][0].get_legend_handles_labels()
    if len(handles) > 1:
        wide = 0.075 * max(map(len, names)) + 0.6  # inches of an entry in the paper look
        across = max(1, int((3.3 * min(len(found), 4) + 1.4) / wide))
        figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), across))
    return figure


def _bounds(axes: Axes, rows: list[dict[str, Any]], x: str, by: str | None, labels: list[Any]) -> None:
    """Each bound once if it is the same for all lines, otherwise beside its own line, in that line's colour."""
    for key, (name, look) in BOUNDS.items():
        curves = [
            [(row[x], row[key]) for row in sorted(rows, key=lambda row: row[x])
             if (not by or row[by] == label) and row[key] is not None]
            for label in labels
        ]  # fmt: skip
        if all(curve == curves[0] for curve in curves):
            if curves[0]:
                axes.plot(*zip(*curves[0], strict=True), label=name, **look)
            continue
        for k, (label, curve) in enumerate(zip(labels, curves, strict=True)):
            if curve:
                own = look | {"color": series(k)["color"]}
                axes.plot(*zip(*curve, strict=True), label=f"{name}, {listing({str(by): label})}", **own)


PLOT = Plot("line", "lines over x with 95% bands", draw)
