"""Accuracy against the trace along runs: no bias, bias, weight decay, LayerNorm, with the floors of the trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, folded, headline, new_figure, points, room, series
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.wen_li_ma.training import SMALL, epochs, request
from sco_flat.works.wen_li_ma.training import points as ran

SHOWN = {
    "no bias, SAM": "no-bias",
    "bias, SAM": "bias",
    "bias, GD with weight decay": "decay",
    "LayerNorm, SAM": "layer-norm",
    "LayerNorm, SGD": "layer-norm-sgd",
}
NORMED = "LayerNorm"
SHORT: dict[str, dict[str, Any]] = {
    "no-bias": {"stages": epochs(60, (1000, 0.01, 0.1), (200, 0.01, 0.02), (50, 0.01, 0.0))},
    "bias": {"stages": epochs(60, (1000, 0.01, 0.1), (200, 0.01, 0.02), (50, 0.01, 0.0))},
    "decay": {"steps": 4001},
    "layer-norm": {"stages": epochs(40, (200, 0.01, 0.1), (200, 0.01, 0.5), (600, 0.01, 1.0))},
    "layer-norm-sgd": {"steps": 40_001},
}
"""Runs of a third of the length, for the quick report."""


def data(quick: bool) -> Data:
    """Trace and accuracy along each run, shape (seeds, points); the least ratio of a trace and its floor."""
    seeds, failures, found = (1 if quick else 3), [], {}
    for label, name in SHOWN.items():
        changed, count = SHORT[name] if quick else {}, 12 if quick else 25
        paths = [ran(request(name, seed, **changed), count) for seed in range(seeds)]
        found[label] = np.array([[(m.trace, m.accuracy) for m in run] for run in paths])
        for seed, run in enumerate(paths):
            least = min(m.trace / m.floor for m in run if m.floor)
            if least < 1.0 - 1e-12:
                failures.append(f"{label}, seed {seed}: a trace is {least:g} times its lower bound")
    return {"runs": found, "failures": failures, "parameters": {**SMALL, "seeds": seeds}}


def floors(d: int) -> dict[str, float]:
    """The lines of networks without norms."""
    return {
        "bias: 4 sqrt(d + 1)": 4.0 * (d + 1) ** 0.5,
        "no bias, on kinks: 4 sqrt(d)": 4.0 * d**0.5,
        "no bias, without kinks: 4 sqrt(2d)": 4.0 * (2 * d) ** 0.5,
    }


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the accuracy over the trace, run by run; a large mark is the end.

    Parameters
    ----------
    data : mapping
        ``runs``: label to an array of shape (seeds, points, 2) of traces and accuracies; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.8)
    panels = figure.subplots(1, 2, sharey=True, width_ratios=(1.6, 1.0))
    placed = [0, 0]
    for label, runs in data["runs"].items():
        panel = int(label.startswith(NORMED))
        axes, look = panels[panel], series(placed[panel])
        placed[panel] += 1
        for k, run in enumerate(np.asarray(runs)):
            axes.plot(run[:, 0], run[:, 1], **look | {"marker": "", "linewidth": points(1.1)})
            axes.plot(*run[-1], **look | {"linestyle": "", "markersize": points(8.0)}, label=label if k == 0 else None)
    for (label, value), dash in zip(floors(data["parameters"]["inputs"]).items(), ("-", ":", "--"), strict=True):
        panels[0].axvline(value, color=BLACK, linestyle=dash, linewidth=points(1.0), label=label)
    panels[1].axvline(2.0, color=BLACK, linestyle="-", linewidth=points(1.0), label="LayerNorm: 2")
    panels[0].set_ylabel("accuracy on fresh points")
    shown = (("without norms, d = 20", (20, 30, 40, 60, 100), 2), ("LayerNorm, d = 10", (2, 3, 4, 6, 10), 1))
    for axes, (title, ticks, columns) in zip(panels, shown, strict=True):
        axes.set(
            xscale="log", xlabel=folded("trace of the Gauss-Newton matrix", room(2.9)), title=title, ylim=(0.38, 1.04)
        )
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=columns)
    headline(
        figure,
        "Accuracy against trace along runs: lines are runs, large marks their ends",
        f"seeds = {data['parameters']['seeds']}; float runs",
    )
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    ends = {label: np.asarray(runs)[:, -1].mean(axis=0) for label, runs in data["runs"].items()}
    told = "; ".join(f"{label}: {accuracy:.3f} at {trace:.1f}" for label, (trace, accuracy) in ends.items())
    p = data["parameters"]
    return (
        f"The label is x_1 x_2; n = {p['n']} points of the cube of dimension {p['inputs']}, width {p['width']} (right: "
        "dimension 10, n = 40, width 40), batches of one example. Lines are runs, from right to left in the end, large "
        f"marks their ends, vertical lines the least trace that a network may have that meets all labels. Means over "
        f"{p['seeds']} seed(s), accuracy at trace: {told}. One draw says little of the accuracy with a bias."
    )


FIGURE = WorkFigure(
    "scenarios",
    data,
    draw,
    caption,
    "Accuracy over trace: without bias SAM ends right of its floor at accuracy one, with bias on the floor below that; "
    "weight decay at accuracy one far from the floor; LayerNorm with SAM on its floor at one, with SGD far and lower.",
)
