"""Population risk between the lower and the upper bounds: one panel for each method, over T or over r."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sco_flat import methods
from sco_flat.comparisons import curves
from sco_flat.plots import style
from sco_flat.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    VERMILLION,
    at_floor,
    fitting,
    folded,
    grow,
    headline,
    listing,
    new_figure,
    points,
    room,
)

CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    "paper": ("the paper's bound", {"color": GREY, "ls": (0, (6, 2, 1, 2)), "marker": ""}),
    "a_priori": ("sharper, a priori", {"color": BLACK, "ls": "-", "marker": ""}),
    "trajectory": ("sharper, along the trajectory", {"color": PURPLE, "ls": (0, (5, 2)), "marker": "s"}),
    "measured": ("sharper, measured stability", {"color": GREEN, "ls": (0, (1, 1.4)), "marker": "^"}),
    "lower": ("lower bound × P(event)", {"color": VERMILLION, "ls": (0, (9, 3)), "marker": ""}),
}
"""From top to bottom, with names and looks; dash and marker tell them apart without colour."""
MISSING = {
    "paper": "the paper's bound", "a priori": "the a priori bound", "trajectory": "the bound along the trajectory",
    "measured": "the bound from measured stability", "lower": "the lower bound",
}  # fmt: skip
"""What a note of a panel speaks of."""
SHADES = ("#F4F4F4", "#E6E6E6", "#D6D6D6")
NAME = "bounds"
FLOOR = 1e-6
"""Smaller risks, and zero, are drawn here on logarithmic axes."""
Data = dict[str, Any]


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw all panels.

    Parameters
    ----------
    data : mapping
        ``panels``: list of rows, each a list of dicts ``title``, ``parameters``, ``axis`` ("T" or "r"), ``x``,
        ``series`` (``lower``, ``risk``, ``error`` and the upper bounds, with None for gaps), ``regimes`` (from, to,
        name); ``floor``; ``samples``.

    Returns
    -------
    Figure
        The figure.
    """
    rows: Sequence[Sequence[Mapping[str, Any]]] = data["panels"]
    columns = max(len(row) for row in rows)
    width = 4.0 * columns + 0.6
    figure = new_figure(width, 2.7 * len(rows) + 1.4)
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for row, places in zip(rows, grid, strict=True):
        for k, place in enumerate(places):
            if k < len(row):
                _panel(place, row[k], data["floor"])
            else:
                place.set_axis_off()
    figure.supylabel("E F of the full average", fontsize=float(matplotlib.rcParams["font.size"]))
    found: dict[str, Any] = {}
    for place in grid.flat:
        for handle, label in zip(*place.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    order = [name for name, _ in CURVES.values()]
    order.insert(len(order) - 1, RISK)
    shown = [name for name in order if name in found]
    across = fitting(shown, width)
    figure.legend([found[name] for name in shown], shown, loc="outside lower center", ncols=across)
    headline(
        figure,
        "Lower bound ≤ population risk ≤ bounds in three strengths ≤ the paper's",
        f"dots: means over {data['samples']} samples, bars: 95% intervals (float runs); shaded: regimes",
    )
    titles = sum(max(place.get_title().count("\n") for place in places) - 1 for places in grid)
    grow(figure, -(-len(shown) // across) - 3 + titles)
    return figure


RISK = "measured population risk"


def _values(series: Mapping[str, Any], key: str, floor: float) -> NDArray[np.float64]:
    found = np.array([np.nan if x is None else x for x in series[key]], dtype=float)
    return np.asarray(np.maximum(found, floor))


def _panel(axes: Axes, panel: Mapping[str, Any], floor: float) -> None:
    series, x = panel["series"], np.asarray(panel["x"], dtype=float)
    axes.set_yscale("log")
    if panel["axis"] == "T":
        axes.set_xscale("log")
        axes.set_xticks(x[:: -(-x.size // 4)], [f"{t:g}" for t in x[:: -(-x.size // 4)]])
        axes.minorticks_off()
    for key, (name, look) in CURVES.items():
        values = _values(series, key, floor)
        if np.isfinite(values).any():
            axes.plot(x, values, label=name, markerfacecolor="white", **look)
    risk = _values(series, "risk", floor)
    error = np.array(series["error"], dtype=float)
    spread = (np.minimum(error, np.maximum(risk - floor, 0.0)), error)
    axes.errorbar(x, risk, yerr=spread, color=BLUE, marker="o", ls="none", capsize=points(2), label=RISK)
    if np.min(risk - error) <= floor or any((_values(series, key, 0.0) <= floor).any() for key in CURVES):
        at_floor(axes, floor)
    _regimes(axes, panel, x)
    axes.set_xlabel({"T": "number of iterates T", "r": "perturbation radius r"}[panel["axis"]])
    lines = (folded(text, room(3.8)) for text in (panel["title"], listing(panel["parameters"])))
    axes.set_title("\n".join(lines), fontsize="medium")


def _regimes(axes: Axes, panel: Mapping[str, Any], x: NDArray[np.float64]) -> None:
    """Shade the ranges and write their names along the top, with room for them above the curves."""
    low, high = axes.get_ylim()
    room = 10.0 ** (0.2 * np.log10(high / low))
    axes.set_ylim(low, high * room)
    left, right = axes.get_xlim()
    size = 0.78 * float(matplotlib.rcParams["font.size"])

    def along(value: float) -> float:
        ends = np.log([left, right]) if axes.get_xscale() == "log" else np.array([left, right])
        at = np.log(value) if axes.get_xscale() == "log" else value
        return float((at - ends[0]) / (ends[1] - ends[0]))

    for k, (begin, end, name) in enumerate(panel["regimes"]):
        begin, end = max(begin, left), min(end if end is not None else np.inf, right)
        if begin >= end:
            continue
        axes.axvspan(begin, end, color=SHADES[k % len(SHADES)], zorder=0, lw=0)
        a, b = along(begin), along(end)
        if b - a > 0.2:
            text = name if b - a > 0.4 else name.replace(" ", "\n")
            axes.text(
                (a + b) / 2, 0.98, text, transform=axes.transAxes, ha="center", va="top", fontsize=size, color="#333333"
            )
    axes.set_xlim(left, right)


def of_source(source: curves.Source) -> Data:
    """The same figure for one method: over T up to the source's, and over r around its radius."""
    steps = source.numbers["steps"]
    times = sorted({max(2, steps >> k) for k in range(6)} | {steps})
    panels = [curves.over_steps(source, times)]
    if "perturbation_radius" in methods.get(source.method).reads:
        panels.append(curves.over_radius(source, (0.05, 0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)))
    return joined([panels], source.samples)


def joined(rows: list[list[curves.Panel]], samples: int) -> Data:
    """Data of the bounds figure from panels of curves."""
    return {
        "panels": [[_data(panel) for panel in row] for row in rows], "floor": FLOOR, "samples": samples,
        "failures": [f for row in rows for panel in row for f in panel.failures],
    }  # fmt: skip


def _data(panel: curves.Panel) -> Data:
    source = panel.source
    symbols = {"n": "n", "dimension": "d", "step_size": "eta", "flatness_radius": "rho"}
    numbers = {symbol: source.numbers[key] for key, symbol in symbols.items() if key in source.numbers}
    if panel.axis == "r":
        numbers["T"] = source.numbers["steps"]
    elif "perturbation_radius" in methods.get(source.method).reads:
        numbers["r"] = source.numbers.get("perturbation_radius", "largest legal")
    title = f"{methods.get(source.method).title.partition(':')[0]} on {source.name}"
    return panel.as_dict() | {"title": title, "parameters": numbers}


def notes(data: Data) -> list[str]:
    """Why something is not drawn: each reason once, whatever its numbers."""
    kept: dict[str, str] = {}
    for panel in panels(data):
        for note in panel["notes"]:
            kept.setdefault(re.sub(r"[0-9.e+-]+", "", note), note)
    return list(kept.values())


def panels(data: Data) -> list[Data]:
    """All panels, row by row."""
    return [panel for row in data["panels"] for panel in row]


def gaps(data: Data) -> str:
    """Which curves are missing where and why, for readers: without the values that were refused, and their mends."""
    found: dict[tuple[str, str], list[str]] = {}
    for panel in panels(data):
        for note in panel["notes"]:
            key, _, reason = note.partition(": ")
            reason = re.sub(r"^\w+ = \S+: ", "", reason).partition("; ")[0]
            found.setdefault((MISSING[key], reason), []).append(panel["title"])
    return "; ".join(
        f"{name} of {', '.join(dict.fromkeys(titles))}: {reason}" for (name, reason), titles in found.items()
    )


def save(folder: Path, data: Data, look: str) -> None:
    """Draw and save the figure from its data."""
    with style.style(look):
        style.save(draw(data), folder, NAME)
