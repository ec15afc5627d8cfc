"""Along one escape: the sharpness falls below 2/eta, and the factors' norms come together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, GREY, headline, listing, new_figure, series
from sco_flat.requests import request_from
from sco_flat.works.factorisation import common, departure
from sco_flat.works.figures import Data, WorkFigure

EDGE = 1.4
SHOWN = 80


def data(quick: bool) -> Data:
    """lambda_max and norms at every iterate, with the end certified in floats by the loss."""
    run = departure.run(request_from("factorisation", "gd", steps=SHOWN, edge=EDGE), 1.0)
    loss = common.factorisation(run.instance)
    points = [w.copy() for _, w in run.iterates()]
    sharpness = np.array([loss.lambda_max(w) for w in points])
    norms = np.array([common.norms(loss.factors_at(w)) for w in points])
    stable = 2.0 / loss.step_size
    failures = [] if sharpness[-1] < stable < sharpness[0] else [f"lambda_max ends at {sharpness[-1]:.6g}"]
    return {
        "sharpness": sharpness,
        "norms": norms,
        "stable": stable,
        "floor": loss.floor(),
        "failures": failures,
        "parameters": {"L": loss.depth, "c": EDGE, "η": loss.step_size, "start": "w* + 1e-9 v_1"},
    }


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw lambda_max on the left, the norms on the right.

    Parameters
    ----------
    data : mapping
        ``sharpness``, shape (T,); ``norms``, shape (T, L); ``stable``, that is 2/eta; ``floor``; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.2)
    left, right = figure.subplots(1, 2)
    t = np.arange(data["sharpness"].size)
    left.plot(t, data["sharpness"], label="λ_max", **series(0) | {"markevery": 8})
    left.axhline(data["stable"], color=BLACK, linestyle="--", label="2/η")
    left.axhline(data["floor"], color=GREY, linestyle=":", label="floor 2 L s^(2-2/L)")
    left.set_ylim(0.0, 1.35 * float(np.max(data["sharpness"])))
    left.set_xlabel("steps")
    left.set_ylabel("λ_max (of the Gauss-Newton matrix)")
    left.set_title("it ends where 2/η allows")
    left.legend(loc="upper right")
    for i, norm in enumerate(np.asarray(data["norms"]).T):
        right.plot(t, norm, label=f"|W_{i + 1}|", **series(i) | {"markevery": 8})
    right.set_ylim(0.0, 1.35 * float(np.max(data["norms"])))
    right.set_xlabel("steps")
    right.set_ylabel("spectral norm")
    right.set_title("norms of the factors")
    right.legend(loc="upper right", ncols=3)
    headline(
        figure, "The escape ends at a flatter minimum of the same matrix", f"{listing(data['parameters'])}; float run"
    )
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    first, last = data["sharpness"][0], data["sharpness"][-1]
    return (
        f"One escape of gradient descent. lambda_max falls from {first:.4g} to {last:.4g}, below 2/eta = "
        f"{data['stable']:.4g}; no minimum of this matrix is below {data['floor']:.4g}. On the way it is that of the "
        "Gauss-Newton matrix, which is the Hessian where the loss is 0. Float run; `check factorisation.escape "
        "--evidence every-sample` certifies the end."
    )


FIGURE = WorkFigure(
    "escape_path",
    data,
    draw,
    caption,
    "Left: the largest eigenvalue is level, then falls within a few steps below the line 2/eta and stays. Right: the "
    "largest of the three norms falls at the same time.",
)
