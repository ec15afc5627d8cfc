"""The figure of the disturbed counterexamples: what is left of each, and the edges, predicted and measured."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sco_flat.comparisons.falsify.changes import EPSILON, NOISE
from sco_flat.comparisons.falsify.suite import HALF, LARGEST, SMALLEST, Row
from sco_flat.plots import style

NAME = "falsify"
GAP = 0.4
"""Between kinds of disturbances, in cells."""
WIDTH = 14.5
SHADES = "cividis"
MARKERS = {"exact": "D", "safe": ">", "necessary": "<", "estimate": "o"}
WORDS = {
    "exact": "predicted", "safe": "survives, by theorem, up to", "necessary": "must die beyond",
    "estimate": "estimated",
}  # fmt: skip


def short(value: float) -> str:
    """Two digits of what is left."""
    if value >= 9.95:
        return f"{value:.0f}"
    text = f"{value:.1f}" if value >= 0.995 else f"{value:.2f}".lstrip("0")
    return {"1.0": "1", ".00": "0"}.get(text, text)


def draw(rows: Sequence[Row]) -> Figure:
    """Draw the table as shaded cells with numbers, and the edges below it."""
    height = 0.3 * len(rows)
    edges = sum(bool(row.edges) for row in rows)
    figure = style.new_figure(WIDTH, 4.4 + height + 0.3 * edges)
    over, under = figure.subplots(2, 1, height_ratios=[height + 0.9, 0.3 * edges + 0.6])
    _cells(over, rows)
    _edges(under, rows)
    names = under.get_legend_handles_labels()
    figure.legend(*names, loc="outside lower center", ncols=style.fitting(names[1], WIDTH))
    style.headline(
        figure, "What is left of the counterexamples when they are disturbed",
        "share of the undisturbed quantity at the full average (of F; of the SAER where F = 0), shaded up to "
        f"1; hatched: not applicable; less than {HALF:g} counts as dead; float runs, nothing is proved",
    )  # fmt: skip
    return figure


def _cells(axes: Axes, rows: Sequence[Row]) -> None:
    shades = matplotlib.colormaps[SHADES]
    places, labels, x = [], [], 0.0
    for kind, group in groupby(range(len(rows[0].cells)), lambda k: rows[0].cells[k].kind):
        begin = x
        for k in group:
            for y, row in enumerate(rows):
                cell = row.cells[k]
                if cell.left is None:
                    axes.add_patch(Rectangle((x, y), 1, 1, fill=False, hatch="////", edgecolor="#BBBBBB", lw=0))
                    continue
                shade = min(max(cell.left[0], 0.0), 1.0)
                axes.add_patch(
                    Rectangle((x, y), 1, 1, facecolor=shades(shade), edgecolor="white", lw=style.points(0.5))
                )
                colour = "white" if shade < HALF else "black"
                axes.text(
                    x + 0.5, y + 0.5, short(cell.left[0]), ha="center", va="center", color=colour, fontsize="small"
                )
            places.append(x + 0.5)
            labels.append(rows[0].cells[k].level)
            x += 1.0
        axes.text(begin, -0.15, kind, ha="left", va="bottom", fontsize="small", rotation=25)
        x += GAP
    axes.set_xlim(0, x - GAP)
    axes.set_ylim(len(rows), 0)
    axes.set_xticks(places, labels, rotation=90)
    axes.set_yticks(np.arange(len(rows)) + 0.5, [row.name for row in rows])
    axes.tick_params(length=0)
    axes.grid(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _edges(axes: Axes, rows: Sequence[Row]) -> None:
    shown = [row for row in rows if row.edges]
    looks = {NOISE: (style.BLUE, "-", -0.17), EPSILON: (style.VERMILLION, (0, (4, 1.5)), 0.17)}
    named = set()
    for y, row in enumerate(shown):
        for edge in row.edges:
            colour, dash, shift = looks[edge.kind]
            # the line is as long as what the counterexample survives
            end = SMALLEST if edge.survives is None else edge.survives
            axes.plot(
                [SMALLEST, end], [y + shift] * 2, color=colour, linestyle=dash, lw=style.points(2.2),
                label=None if edge.kind in named else f"survives {edge.kind} up to (| where it dies)",
            )  # fmt: skip
            named.add(edge.kind)
            if edge.dies is not None:
                axes.plot(
                    [edge.dies],
                    [y + shift],
                    color=colour,
                    marker="|",
                    markersize=style.points(9),
                    mew=style.points(1.6),
                )
            if edge.predicted is not None:
                words = WORDS[edge.predicted.kind]
                axes.plot(
                    [edge.predicted.value], [y + shift], color=style.BLACK, linestyle="", mfc="white",
                    marker=MARKERS[edge.predicted.kind], label=None if words in named else words,
                )  # fmt: skip
                named.add(words)
    axes.set_xscale("log")
    axes.set_xlim(SMALLEST / 100, max(1.0, 10 * LARGEST))  # what dies at once shows, too
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks(range(len(shown)), [row.name for row in shown])
    axes.set_xlabel(f"size of the disturbance (looked at up to {LARGEST:g})")


def save(folder: Path, rows: Sequence[Row], look: str) -> tuple[Path, Path]:
    """Draw and save the figure as PNG and PDF."""
    with style.style(look):
        return style.save(draw(rows), folder, NAME)
