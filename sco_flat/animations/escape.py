"""Gradient descent leaves a minimum of |M - W_3 W_2 W_1|² that is too sharp, on a slice of the loss through its end."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sco_flat.animations._base import Animation, Array, Data, Scene, growing, slide, start, state
from sco_flat.errors import InputError
from sco_flat.instances.factorisation import Factorisation
from sco_flat.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION, headline, listing

NEAR = 1e-9
"""Distance of the start from the minimum."""
SETTLE = 400
"""Steps after which the run is taken to be where it ends."""
SIDE = 81
"""Points along each axis of the slice."""


def prepare(
    *, n: int = 1, steps: int = 64, step_size: float = 0.03, flatness_radius: float = 0.0, seed: int = 0
) -> Data:
    """Run from 1e-9 beside the minimum, and evaluate the loss on the plane through it, its end and the way out.

    The loss does not depend on z: n and seed are of no consequence.
    """
    numbers = {"n": n, "step_size": step_size, "flatness_radius": flatness_radius, "seed": seed}
    loss = start("factorisation", "gd", steps=1, start=np.zeros(27), **numbers).instance
    assert isinstance(loss, Factorisation)
    origin = np.zeros(loss.dimension)
    sharp, out = loss.lambda_max(origin), loss.steepest_direction(origin)
    c = step_size * sharp / 2.0
    if c <= 1.0:
        mend = f"choose more than {2.0 / sharp:.4g}"
        raise InputError("step-size", step_size, f"eta lambda_max / 2 = {c:.4g} must be above 1 to leave", mend)
    run = start("factorisation", "gd", steps=steps, start=NEAR * out, **numbers)
    last = start("factorisation", "gd", steps=max(steps, SETTLE), start=NEAR * out, **numbers)
    if last.left_at or last.look(last.last).empirical_risk > 1e-12:
        raise InputError("step-size", step_size, "the run does not settle at a minimum", "choose a smaller one")
    path = np.array([w.copy() for _, w in run.iterates()])
    along = last.last / np.linalg.norm(last.last)
    across = out - (out @ along) * along
    across /= np.linalg.norm(across)
    felt = np.array([run.look(w).empirical_risk for w in path])
    sharpness = np.array([loss.lambda_max(w) for w in path])
    x, y, surface = _slice(loss, along, across, float(last.last @ along))
    distance = np.linalg.norm(path, axis=1)
    return {
        "steps": steps,
        "title": "Gradient descent leaves a minimum that is too sharp for its step size",
        "parameters": {"L": loss.depth, "T": steps, "eta": step_size, "c": c},
        "caption": "Left: the loss on the plane through the sharp minimum (at 0), the minimum where the run ends, and "
        "the top eigenvector, with the iterates projected on it. Right: the distance from the sharp minimum, and "
        "lambda_max of the Gauss-Newton matrix, which falls below 2/eta. The run starts 1e-9 away. Float run.",
        "alt": "Left: a valley of the loss, and a path that jumps from side to side away from one point of its floor "
        "and comes to rest at another. Right: the distance grows along a straight line and levels off, while "
        "lambda_max falls below 2/eta.",
        "status": [
            f"t = {t}: distance {distance[t - 1]:.2g}, loss {felt[t - 1]:.2g}, λ_max {sharpness[t - 1]:.4g}"
            for t in range(1, steps + 1)
        ],
        "x": x, "y": y, "surface": surface, "path": path @ np.array([along, across]).T, "end": float(last.last @ along),
        "loss": felt, "distance": distance, "sharpness": sharpness, "stable": 2.0 / step_size,
        "rate": NEAR * (2.0 * c - 1.0) ** np.arange(steps),
    }  # fmt: skip


def _slice(loss: Factorisation, along: Array, across: Array, far: float) -> tuple[Array, Array, Array]:
    """The loss on a plane: coordinates from before the start to beyond the end."""
    x, y = np.linspace(-0.5 * far, 1.5 * far, SIDE), np.linspace(-0.75 * far, 0.75 * far, SIDE)
    return x, y, np.array([[loss.loss(a * along + b * across, None) for a in x] for b in y])


def draw(data: Data) -> Scene:
    """Draw the slice and the path on the left, distance and lambda_max over t on the right."""
    figure, steps, times = slide(), data["steps"], np.arange(1, data["steps"] + 1)
    panels = figure.subplot_mosaic([["slice", "distance"], ["slice", "sharp"]], width_ratios=(1.15, 1.0))
    _landscape(panels["slice"], data)
    far, sharp = panels["distance"], panels["sharp"]
    far.semilogy(times, data["rate"], color=GREY, linestyle=(0, (2, 2)), label="rate 2c - 1")
    far.set_ylim(1e-10, 1e4)
    far.set_ylabel("distance")
    far.legend(loc="upper left")
    sharp.axhline(data["stable"], color=BLACK, linestyle="--", label="2/η")
    sharp.set_ylim(0.0, 1.7 * float(np.max(data["sharpness"])))
    sharp.set_ylabel("λ_max")
    sharp.set_xlabel("iterate t")
    sharp.legend(loc="upper left")
    for axes in (far, sharp):
        axes.set_xlim(0.0, 1.05 * steps)
    look = {"marker": "o", "markersize": 9, "markeredgecolor": BLACK, "linewidth": 2.0}
    path = growing(panels["slice"], color=BLUE, **look)
    away, top = growing(far, color=BLUE, **look), growing(sharp, color=VERMILLION, **look)
    headline(figure, data["title"], f"{listing(data['parameters'])}; float run")
    text = state(figure)

    def update(t: int) -> None:
        path.set_data(data["path"][:t, 0], data["path"][:t, 1])
        away.set_data(times[:t], data["distance"][:t])
        top.set_data(times[:t], data["sharpness"][:t])
        text.set_text(data["status"][t - 1])

    return Scene(figure, (path, away, top, text), update)


def _landscape(axes: Axes, data: Data) -> None:
    """Contours of the loss, one for each power of ten, and both minima."""
    axes.contourf(data["x"], data["y"], np.log10(data["surface"] + 1e-6), levels=24, cmap="Greys", vmax=6.0)
    axes.contour(data["x"], data["y"], data["surface"], levels=10.0 ** np.arange(-3, 3), colors=BLACK, linewidths=0.5)
    axes.plot([0.0], [0.0], "s", color=VERMILLION, markersize=9, label="sharp minimum")
    axes.plot([data["end"]], [0.0], "s", color=GREEN, markersize=9, label="where it ends")
    axes.set_xlim(data["x"][0], data["x"][-1])
    axes.set_ylim(data["y"][0], data["y"][-1])
    axes.set_xlabel("towards the end")
    axes.set_ylabel("along the top eigenvector")
    axes.set_title("a slice of the loss")
    axes.legend(loc="lower left", frameon=True, framealpha=0.9)
    axes.grid(visible=False)


ANIMATION = Animation(prepare, draw)
