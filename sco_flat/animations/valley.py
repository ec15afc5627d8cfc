"""SAM's 2-cycle drifts along a valley that widens, on the landscape itself; gradient descent rests."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sco_flat.animations._base import Animation, Array, Data, Scene, growing, slide, start, state
from sco_flat.engines.simulation import Simulation
from sco_flat.errors import InputError
from sco_flat.instances.valley_2d import Valley2d
from sco_flat.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION, headline, listing

METHODS = ("sam", "gd")
NAMES = {"sam": "SAM", "gd": "GD"}
START = "gaussian:1e-6"
SIDE = 121
"""Points along each axis of the landscape."""


def prepare(
    *, n: int = 1, steps: int = 64, step_size: float = 0.25, flatness_radius: float = 0.0, seed: int = 0
) -> Data:
    """Run SAM and GD from the same start beside the bottom of the valley, and evaluate the loss around their paths.

    The loss does not depend on z: n is of no consequence.
    """
    if steps < 2:
        raise InputError("steps", steps, "T >= 2: the first step only leaves the bottom", "choose more")
    path, felt = {}, {}
    for method in METHODS:
        run = start(
            "valley-2d", method, n=n, steps=steps, step_size=step_size, flatness_radius=flatness_radius, seed=seed,
            start=START,
        )  # fmt: skip
        theta = step_size * run.instance.smoothness
        if theta >= 2.0:
            raise InputError("step-size", step_size, f"eta beta = {theta:.4g} must be below 2", "choose a smaller one")
        path[method] = np.array([w.copy() for _, w in run.iterates()])  # columns b and x
        felt[method] = np.array([run.look(w).empirical_risk for w in path[method]])
    loss = run.instance
    assert isinstance(loss, Valley2d)
    r, (c, floor, bowl) = loss.perturbation_radius, loss.constants()
    looked = np.array([_looked_at(run, w) for w in path["sam"]])
    right = 1.1 * float(np.abs(path["sam"][:, 1]).max())
    x = np.linspace(-0.12 * right, right, SIDE)
    b = np.linspace(-1.0, 1.0, SIDE) * max(1.25 * float(np.abs(looked[:, 0]).max()), floor + c * right)
    times = np.arange(steps)
    return {
        "steps": steps,
        "title": "SAM drifts along a valley in which gradient descent rests",
        "parameters": {"T": steps, "eta": step_size, "r": r, "c": c, "h": floor, "g": bowl},
        "caption": "The loss ½ [|b| - c x - h]_+² + (g/2) b² is nearly flat between two edges that part along x. Left: "
        "its contours, the edges, and the iterates; the arrow is SAM's v_t, of length r: it takes its gradient at "
        "w_t + v_t, beyond an edge, where the loss falls along x. Right: x over t, with the limit for "
        "small eta and g. Both methods start at the same point. Float run.",
        "alt": "Left: a narrow valley that widens to the right; SAM's path jumps from one side of its bottom to the "
        "other and moves right at every jump, gradient descent stays at the left. Right: SAM's x grows with t and "
        "follows a curve, that of gradient descent is 0.",
        "status": [
            f"t = {t}: " + "; ".join(
                f"{NAMES[m]} x = {path[m][t - 1, 1]:.3g}, b = {path[m][t - 1, 0]:.2g}, loss {felt[m][t - 1]:.2g}"
                for m in METHODS
            )
            for t in range(1, steps + 1)
        ],
        "x": x, "b": b, "surface": np.array([[loss.loss(np.array([high, along]), None) for along in x] for high in b]),
        "edge": floor + c * x, "path": path, "looked": looked, "loss": felt,
        "limit": (r - floor) / c * -np.expm1(-step_size * c**2 * times),
    }  # fmt: skip


def _looked_at(run: Simulation, w: Array) -> Array:
    """Where SAM takes its gradient: r farther along the gradient at w."""
    gradient = run.look(w).gradient()
    assert gradient is not None  # no coordinate sleeps
    length = float(np.linalg.norm(gradient))
    return w + run.instance.perturbation_radius * gradient / length if length > 0.0 else w


def draw(data: Data) -> Scene:
    """Draw the landscape and the paths on the left, x over t on the right."""
    figure, steps, times = slide(), data["steps"], np.arange(1, data["steps"] + 1)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
    _landscape(left, data)
    look = left.annotate(
        "", (0.0, 0.0), (0.0, 0.0), arrowprops={"arrowstyle": "->", "color": BLACK, "lw": 2.0, "shrinkA": 0.0}
    )
    right.plot(times, data["limit"], color=GREY, linestyle=(0, (2, 2)), label="SAM, limit of small η and g")
    paths, curves = {}, {}
    for method, colour, mark, dash in zip(METHODS, (VERMILLION, BLUE), "os", ("-", (0, (5, 2))), strict=True):
        drawn = {"color": colour, "marker": mark, "markersize": 11, "markeredgecolor": BLACK}
        paths[method] = growing(left, linewidth=1.2, **drawn)
        curves[method] = growing(right, linestyle=dash, label=NAMES[method], **drawn)
    top = max(float(data["path"]["sam"][:, 1].max()), float(data["limit"].max()))
    right.set_xlim(0.0, 1.05 * steps)
    right.set_ylim(-0.06 * top, 1.45 * top)
    right.set_xlabel("iterate t")
    right.set_ylabel("x")
    right.set_title("how far along the valley")
    right.legend(loc="upper left")
    headline(figure, data["title"], f"{listing(data['parameters'])}; float run")
    text = state(figure)

    def update(t: int) -> None:
        for method in METHODS:
            points = data["path"][method]
            paths[method].set_data(points[:t, 1], points[:t, 0])
            curves[method].set_data(times[:t], points[:t, 1])
        look.xy = tuple(data["looked"][t - 1, ::-1])
        look.set_position(data["path"]["sam"][t - 1, ::-1])
        text.set_text(data["status"][t - 1])

    return Scene(figure, (*paths.values(), look, *curves.values(), text), update)


def _landscape(axes: Axes, data: Data) -> None:
    """Contours of the loss between and beyond the edges of the valley."""
    x, b, surface, edge = data["x"], data["b"], data["surface"], data["edge"]
    # squares of distances: squared levels give evenly spaced contours
    top = float(surface.max())
    levels = top * (np.arange(0, 9) / 8.0) ** 2
    axes.contourf(x, b, surface, levels=levels, cmap="Greys", vmin=0.0, vmax=1.8 * top)
    axes.contour(x, b, surface, levels=levels[1:-1], colors=BLACK, linewidths=0.6)
    inside = edge >= 0.0
    for side in (1.0, -1.0):
        axes.plot(x[inside], side * edge[inside], color=GREEN, linewidth=2.0)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(b[0], b[-1])
    axes.set_xlabel("x, along the valley")
    axes.set_ylabel("b, across")
    axes.set_title("green: edges of the valley; arrow: $v_t$")
    axes.grid(visible=False)


ANIMATION = Animation(prepare, draw)
