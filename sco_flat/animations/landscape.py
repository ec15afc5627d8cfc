"""The path of SA-GD on the exact two-dimensional landscape of its runs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sco_flat.animations._base import (
    Animation,
    Array,
    Data,
    Scene,
    growing,
    over_time,
    risks,
    slide,
    start,
    state,
    trace,
)
from sco_flat.engines.simulation import Simulation
from sco_flat.plots.style import BLACK, BLUE, GREEN, VERMILLION, headline, listing
from sco_flat.works import base as works

ORACLES = ("adversarial", "benign")
SIDE = 49
"""Points along each axis of the landscape."""


def prepare(
    *, n: int = 4, steps: int = 64, step_size: float = 0.25, flatness_radius: float = 0.02, seed: int = 0
) -> Data:
    """Run SA-GD with both oracles and evaluate both risks around their paths.

    On these runs every entry of the bad block I is at most 0 and all other blocks are 0, so that the risks depend on
    ``|x_I|`` and b only.
    """
    found, norm = {}, {}
    for oracle in ORACLES:
        run = start(
            "sagd-blocks", "sagd", n=n, steps=steps, step_size=step_size, flatness_radius=flatness_radius, seed=seed,
            event="one", oracle=oracle,
        )  # fmt: skip
        column = run.layout.sample.event.columns[0]
        found[oracle] = trace(run, [column])
        norm[oracle] = np.sqrt((found[oracle].blocks[:, 0] ** 2).sum(axis=1))
    reach = 1.6 * max(flatness_radius, *(float(np.abs(f.b).max()) for f in found.values()))
    x = np.linspace(0.0, 1.05 * float(norm["adversarial"].max()), SIDE)
    # the edges of the valley are points of the grid, so that its outline is exact
    b = np.union1d(np.linspace(-reach, reach, SIDE), [-flatness_radius, 0.0, flatness_radius])
    empirical, population = surface(run, column, x, b)
    radius, stated = run.instance.perturbation_radius, works.home(run.instance.name).title
    return {
        "steps": steps,
        "title": f"{stated}: in a flat valley of the empirical risk SA-GD walks uphill in F",
        "parameters": {"n": n, "T": steps, "eta": step_size, "r": radius, "rho": flatness_radius, "weights": "paper"},
        "caption": "The risks of these runs depend on two numbers only: the norm of the bad block I and b. Left: "
        "contours of the population risk F, the valley where the empirical risk F_S is 0, and the paths under two "
        "correct oracles. Right: both risks of the iterates. Float run.",
        "alt": "Left: a path along the bottom of the valley, across the contours of the population risk, and one that "
        "jumps to and fro at the start of the valley. Right: the population risk of the first path grows, its "
        "empirical risk is 0; both risks of the second stay small.",
        "status": [
            f"t = {t}: "
            + "; ".join(f"{o} F_S = {f.empirical[t - 1]:.3g}, F = {f.population[t - 1]:.3g}" for o, f in found.items())
            for t in range(1, steps + 1)
        ],
        "x": x, "b": b, "surface_empirical": empirical, "surface_population": population,
        "norm": norm, "height": {o: f.b for o, f in found.items()},
        "empirical": {o: f.empirical for o, f in found.items()},
        "population": {o: f.population for o, f in found.items()},
    }  # fmt: skip


def surface(run: Simulation, column: int, x: Array, b: Array) -> tuple[Array, Array]:
    """F_S and F where block ``column`` has norm x, against its sign, and the scalar coordinate is b."""
    layout = run.layout
    place = int(np.searchsorted(layout.rows, column)) * run.instance.length
    empirical, population = (np.zeros((b.size, x.size)) for _ in range(2))
    w = np.zeros(layout.size)
    for i, height in enumerate(b):
        for j, along in enumerate(x):
            w[place], w[-1] = -along, height
            empirical[i, j], population[i, j] = risks(run, w)
    return empirical, population


def draw(data: Data) -> Scene:
    """Draw contours and paths on the left, risks over t on the right."""
    figure, steps, times = slide(), data["steps"], np.arange(1, data["steps"] + 1)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
    _landscape(left, data)
    paths, curves = {}, {}
    for oracle, colour, mark in zip(ORACLES, (VERMILLION, BLUE), "os", strict=True):
        paths[oracle] = growing(left, color=colour, marker=mark, markersize=11, markeredgecolor=BLACK)
        for key, dash, name in (("population", "-", "F"), ("empirical", (0, (5, 2)), "F_S")):
            curves[oracle, key] = growing(
                right,
                color=colour,
                linestyle=dash,
                marker=mark,
                markerfacecolor=colour if key == "population" else "white",
                label=f"${name}(w_t)$, {oracle}",
            )
    top = max(float(p.max()) for p in data["population"].values())
    over_time(right, steps, top, "risk", "both risks along the paths")
    headline(figure, data["title"], f"{listing(data['parameters'])}; float run")
    text = state(figure)

    def update(t: int) -> None:
        for oracle, path in paths.items():
            path.set_data(data["norm"][oracle][:t], data["height"][oracle][:t])
        for (oracle, key), line in curves.items():
            line.set_data(times[:t], data[key][oracle][:t])
        text.set_text(data["status"][t - 1].replace("F_S", "$F_S$").replace("F ", "$F$ "))

    return Scene(figure, (*paths.values(), *curves.values(), text), update)


def _landscape(axes: Axes, data: Data) -> None:
    """Contours of F, with the valley of F_S hatched."""
    x, b, population = data["x"], data["b"], data["surface_population"]
    # the losses are squares of distances: squared levels give evenly spaced contours
    top = float(population.max())
    levels = top * (np.arange(1, 9) / 8.0) ** 2
    axes.contourf(x, b, population, levels=[-1.0, 1e-9 * top, *levels], cmap="Greys", vmin=0.0, vmax=1.8 * top)
    # labels at a height that is clear of the valley and of the paths, for the lines that reach it
    above = int(np.searchsorted(b, 0.65 * b[-1]))
    row = population[above]
    named = [level for level in levels[1:-1:2] if row[0] < level < row[-1]]
    places = [(float(np.interp(level, row, x)), float(b[above])) for level in named]
    for chosen in ([level for level in levels[:-1] if level not in named], named):
        lines = axes.contour(x, b, population, levels=chosen, colors=BLACK, linewidths=0.6)
    # a set of its own: some versions of matplotlib count places among all levels of a set
    axes.clabel(lines, fmt="%.2g", fontsize="small", manual=places)
    valley = 1e-12 * float(data["surface_empirical"].max())
    axes.contourf(x, b, data["surface_empirical"], levels=[-1.0, valley], colors="none", hatches=["//"])
    axes.contour(x, b, data["surface_empirical"], levels=[valley], colors=GREEN, linewidths=2.0)
    axes.set_xlim(-0.04 * x[-1], x[-1])
    axes.set_xlabel("norm |$x_I$| of the bad block")
    axes.set_ylabel("b")
    axes.set_title("contours of F; hatched: $F_S$ = 0")
    axes.grid(visible=False)


ANIMATION = Animation(prepare, draw)
