"""Accuracy from session to session, and the loss around the base weights with the box marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.networks.base import times
from sco_flat.plots.style import BLACK, headline, listing, new_figure, points, series
from sco_flat.works.f2m import tasks
from sco_flat.works.f2m.network import Net, Search, cross_entropy, one_hot, trained
from sco_flat.works.f2m.sessions import STATEMENT, names, table
from sco_flat.works.figures import Data, WorkFigure

WIDE = 3.0
"""How far the loss is followed, in units of b."""
DIRECTIONS = 10


def along(net: Net, task: tasks.Task, shares: tasks.Array, bound: float) -> tasks.Array:
    """The base loss at ``W_2 + s b u`` for random signs u, shape (directions, shares)."""
    h, hot, rng = net.hidden(task.base[0]), one_hot(task.base[1], task.classes), np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(DIRECTIONS, *net.second.shape))

    def loss(second: tasks.Array) -> float:
        return cross_entropy(times(times(h, second), net.out) + net.shift, hot)

    return np.array([[loss(net.second + s * bound * u) for s in shares] for u in signs])


def data(quick: bool) -> Data:
    """Accuracies of all methods, shape (seeds, sessions + 1), and the losses around two networks."""
    given = STATEMENT.read({"seeds": 1 if quick else 6})
    bound, lam, seeds = float(given["clamp"]), float(given["lam"]), int(given["seeds"])
    found = table(
        "toy", "paper", bound=bound, draws=int(given["draws"]), lam=lam, shots=int(given["shots"]),
        epochs=int(given["epochs"]), step_size=float(given["step_size"]), seeds=seeds, seed=0,
    )  # fmt: skip
    task, shares = tasks.gaussians(0, int(given["shots"])), np.linspace(-WIDE, WIDE, 13)
    searches = {"plain training": Search(bound, 0, 0.0), f"F2M({lam:g})": Search(bound, int(given["draws"]), lam)}
    losses = {}
    for label, search in searches.items():
        net = trained(
            task.base, search, np.random.default_rng([0, 2]), hidden=task.hidden, steps=task.steps,
            step_size=task.step_size,
        )  # fmt: skip
        losses[label] = along(net, task, shares, bound)
    rows = {way: np.array([row.accuracy for row in found.rows[way]]) for way in found.rows if way not in _rest(lam)}
    return {"rows": rows, "losses": losses, "shares": shares, "parameters": {"b": bound, "seeds": seeds}}


def _rest(lam: float) -> set[str]:
    """F2M with other lam than the one that is drawn."""
    return {*names(lam)} - {f"F2M({lam:g})"}


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw both panels.

    Parameters
    ----------
    data : mapping
        ``rows``: method to accuracies, shape (seeds, sessions + 1); ``shares``: multiples of b; ``losses``: name to
        losses, shape (directions, shares); ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.0)
    left, right = figure.subplots(1, 2)
    for place, (way, found) in enumerate(data["rows"].items()):
        left.plot(np.arange(found.shape[1]), found.mean(axis=0), label=way, **series(place))
    left.set(xlabel="session", ylabel="accuracy on all classes so far")
    left.set_xticks(np.arange(found.shape[1]))
    for place, (label, losses) in enumerate(data["losses"].items()):
        look = series(3 * place) | {"marker": ""}
        for k, line in enumerate(losses):
            right.plot(data["shares"], line, label=label if k == 0 else None, **look | {"linewidth": points(0.9)})
    for share in (-1.0, 1.0):
        right.axvline(
            share, color=BLACK, linewidth=points(1.0), linestyle=":", label="the box, ±b" if share > 0 else None
        )
    right.set(yscale="log", xlabel="distance of W_2's entries, in units of b", ylabel="base loss")
    for axes, columns in ((left, 2), (right, 2)):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=columns)
    headline(
        figure,
        "Accuracy from session to session, and the loss around the weights of the base",
        f"12 base classes, then four times two with five shots; {listing(data['parameters'])}; float runs",
    )
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    told = ", ".join(f"{way} {found[:, -1].mean():.3f}" for way, found in data["rows"].items())
    middle = len(data["shares"]) // 2
    rise = {
        label: np.median(losses[:, [0, -1]]) / losses[0, middle] for label, losses in data["losses"].items()
    }  # fmt: skip
    grows = ", ".join(f"{label} {value:.3g}" for label, value in rise.items())
    return (
        f"Left: accuracy on all classes seen, means over {data['parameters']['seeds']} seed(s); at the end: {told}. "
        "The paper has its method above frozen weights; that is not reproduced. Right: the loss of the base classes in "
        f"{DIRECTIONS} random directions around the weights after base training; at {WIDE:g} b it is larger than at "
        f"the weights by the factor (median): {grows}."
    )


FIGURE = WorkFigure(
    "f2m_sessions",
    data,
    draw,
    caption,
    "Accuracy over sessions of four methods, and the base loss around plain and flat training with the box of width b.",
)
