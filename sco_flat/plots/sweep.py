"""Figures of a sweep: lines with confidence bands, heat maps, phase diagrams; one panel for each facet."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sco_flat.plots.style import BLACK, GREY, NAMES, VERMILLION, headline, listing, new_figure, series

WORDS = {
    "population_risk": "population risk", "empirical_risk": "empirical risk", "saer": "SAER F_S^r",
    "flatness_radius": "flatness radius", "eps": "stability eps", "radius": "perturbation radius r",
    "flatness": "flatness radius ρ", "T": "number of iterates T", "eta": "step size η", "n": "sample size n",
    "width": "number of columns m",
}  # fmt: skip
POINTS = {"average": "full average", "last": "last iterate", "lowest_suffix": "lowest suffix"}
BOUNDS: dict[str, tuple[str, dict[str, Any]]] = {
    "paper_bound": ("the paper's bound on the mean", {"color": GREY, "ls": (0, (6, 2, 1, 2))}),
    "upper_bound": ("sharper bound on the mean, a priori", {"color": BLACK, "ls": "-"}),
    "lower_bound": ("lower bound, given the event", {"color": VERMILLION, "ls": (0, (9, 3))}),
}
WIDE = 8.0
"""Ratio of the largest to the smallest positive value from which an axis is logarithmic."""


def word(name: str, unit: str | None = None) -> str:
    """A column's name for people."""
    point, _, quantity = name.rpartition(".")
    text = WORDS.get(quantity, quantity)
    text = f"{text}, {POINTS[point]}" if point in POINTS else text
    if unit:
        for key, symbol in NAMES.items():
            unit = unit.replace(key, symbol)
        text += f" / ({unit.replace('**2', '²').replace('**', '^').replace('*', ' ')})"
    return text


def _log(values: Any) -> bool:
    found = np.array([v for v in values if isinstance(v, (int, float))], dtype=float)
    positive = found[found > 0]
    return bool(found.size and positive.size == found.size and positive.max() / positive.min() >= WIDE)


def _panels(data: Mapping[str, Any]) -> tuple[Figure, list[tuple[Axes, list[dict[str, Any]]]]]:
    """One panel for each value of the facet, at most four in a row."""
    rows = data["rows"]
    facet = data["facet"]
    values = list(dict.fromkeys(row[facet] for row in rows)) if facet else [None]
    across = min(len(values), 4)
    down = -(-len(values) // across)
    figure = new_figure(3.3 * across + 1.4, 2.7 * down + 1.3)
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    found = []
    for k, place in enumerate(grid.flat):
        if k >= len(values):
            place.set_axis_off()
            continue
        if facet:
            place.set_title(listing({facet: values[k]}), fontsize="medium")
        found.append((place, [row for row in rows if not facet or row[facet] == values[k]]))
    title = data["title"] or word(data["value"])
    fixed = {k: v for k, v in data["fixed"].items() if k != "oracle" or data["fixed"].get("method") == "sagd"}
    most = max(row["count"] for row in rows)
    evidence = f"float runs, mean of {most} repetitions" if most > 1 else "float runs"
    if data["kind"] == "phase" and not all(row["inside"] for row in rows):
        evidence += "; hatched: outside the theorem"
    detail = f"{listing(fixed)}; {evidence}" if fixed else evidence
    headline(figure, title, "\n".join(textwrap.wrap(detail, 44 * across + 16)))
    return figure, found


def line(data: Mapping[str, Any]) -> Figure:
    """Lines over x, one for each value of ``by``, with 95% bands over the repetitions.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    figure, panels = _panels(data)
    x, by = data["x"], data["by"]
    labels = list(dict.fromkeys(row[by] for row in data["rows"])) if by else [None]
    drawn = ["mean", *(BOUNDS if data["bounds"] else ())]
    log_x = _log(row[x] for row in data["rows"])
    log_y = _log(row[key] for row in data["rows"] for key in drawn if row[key] is not None)
    means = [row["mean"] for row in data["rows"]]
    # eight decades show; a line that leaves them leaves the panel
    floor = max(means) / 1e8 if min(means) < max(means) / 1e8 else 0.0
    for axes, rows in panels:
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
            firsts = sorted({row[x]: row for row in rows}.items())
            for key, (name, look) in BOUNDS.items():
                points = [(place, row[key]) for place, row in firsts if row[key] is not None]
                if points:
                    axes.plot(*zip(*points, strict=True), label=name, **look)
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
    panels[0][0].set_ylabel(word(data["value"], data["unit"]))
    handles, names = panels[0][0].get_legend_handles_labels()
    if len(handles) > 1:
        wide = 0.075 * max(map(len, names)) + 0.6  # inches of an entry in the paper look
        across = max(1, int((3.3 * min(len(panels), 4) + 1.4) / wide))
        figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), across))
    return figure


def heatmap(data: Mapping[str, Any]) -> Figure:
    """Cells over x and y, shaded by the value.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    return _map(data, contours=False)


def phase(data: Mapping[str, Any]) -> Figure:
    """A heat map with level lines; cells outside the theorem's conditions are hatched.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    return _map(data, contours=True)


def _map(data: Mapping[str, Any], *, contours: bool) -> Figure:
    figure, panels = _panels(data)
    x, y = data["x"], data["y"]
    means = [row["mean"] for row in data["rows"]]
    positive = [m for m in means if m > 0]
    logarithmic = bool(positive) and max(positive) / min(positive) >= WIDE
    # six decades show; what is below them, and zero, has the darkest shade
    floor = max(min(positive), max(positive) / 1e6) if logarithmic else 0.0
    norm = LogNorm(floor, max(positive)) if logarithmic else Normalize(min(means), max(means))
    image: Any = None
    for axes, rows in panels:
        across, up = (sorted({row[k] for row in rows}) for k in (x, y))
        grid, outside = np.full((len(up), len(across)), np.nan), np.zeros((len(up), len(across)))
        for row in rows:
            at = up.index(row[y]), across.index(row[x])
            grid[at] = max(row["mean"], floor) if logarithmic else row["mean"]
            outside[at] = not row["inside"]
        edges = [_edges(np.array(values, dtype=float)) for values in (across, up)]
        image = axes.pcolormesh(*edges, grid, norm=norm, cmap="cividis", rasterized=True)
        if contours:
            for j, i in zip(*np.nonzero(outside), strict=True):
                corner = edges[0][i], edges[1][j]
                size = edges[0][i + 1] - corner[0], edges[1][j + 1] - corner[1]
                axes.add_patch(Rectangle(corner, *size, fill=False, hatch="////", edgecolor="#FFFFFF90", lw=0))
            if min(grid.shape) > 1 and np.isfinite(grid).all() and np.ptp(grid) > 0:
                top = np.nanmax(grid)
                levels = [top * f for f in ((0.001, 0.01, 0.1, 0.5) if logarithmic else (0.25, 0.5, 0.75))]
                lines = axes.contour(across, up, grid, levels, colors="white", linewidths=1.0)
                axes.clabel(lines, fmt=lambda v: f"{v:.2g}", fontsize="small")
        axes.set_xscale("log" if _log(across) else "linear")
        axes.set_yscale("log" if _log(up) else "linear")
        axes.grid(False)
        axes.set_xlabel(word(x))
    panels[0][0].set_ylabel(word(y))
    label = word(data["value"], data["unit"])
    figure.colorbar(image, ax=[axes for axes, _ in panels], label=label, extend="min" if logarithmic else "neither")
    return figure


def _edges(values: Any) -> Any:
    """Edges of cells around increasing values, half way between neighbours (on a logarithmic axis, its middle)."""
    if len(values) == 1:
        return np.array([values[0] * 0.9, values[0] * 1.1])
    v = np.log(values) if _log(values) else values
    inner = (v[1:] + v[:-1]) / 2
    edges = np.concatenate([[2 * v[0] - inner[0]], inner, [2 * v[-1] - inner[-1]]])
    return np.exp(edges) if _log(values) else edges


FIGURES: dict[str, Callable[[Mapping[str, Any]], Figure]] = {"line": line, "heatmap": heatmap, "phase": phase}
