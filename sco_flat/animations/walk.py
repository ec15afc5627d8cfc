"""With the paper's weights, where SA-GD walks to depends on how its oracle breaks ties."""

from __future__ import annotations

import numpy as np

from sco_flat.animations._base import Animation, Data, Scene, growing, over_time, slide, start, state, trace
from sco_flat.plots.style import BLACK, GREY, headline, listing, series
from sco_flat.works import base as works

ORACLES = ("adversarial", "coordinate", "benign", "uniform")


def prepare(
    *, n: int = 4, steps: int = 64, step_size: float = 0.25, flatness_radius: float = 0.02, seed: int = 0
) -> Data:
    """Run SA-GD on one sample with each oracle and follow the constant columns and b."""
    entries, b, empirical, population, radius = {}, {}, {}, {}, 0.0
    columns: list[int] = []
    for oracle in ORACLES:
        run = start(
            "sagd-blocks", "sagd", n=n, steps=steps, step_size=step_size, flatness_radius=flatness_radius, seed=seed,
            oracle=oracle,
        )  # fmt: skip
        radius, sample = run.instance.perturbation_radius, run.layout.sample
        columns = np.flatnonzero((sample.codes == 0) | (sample.codes == (1 << n) - 1)).tolist()
        found = trace(run, columns)
        unit = step_size * (radius - flatness_radius)
        entries[oracle] = np.abs(found.blocks.reshape(steps, -1)) / unit
        b[oracle] = np.abs(found.b) / unit
        empirical[oracle], population[oracle] = found.mean_empirical, found.mean_population
    return {
        "steps": steps,
        "title": f"{works.home(run.instance.name).title}: where SA-GD walks depends on how its oracle breaks ties",
        "parameters": {"n": n, "T": steps, "eta": step_size, "r": radius, "rho": flatness_radius, "weights": "paper"},
        "caption": "One sample, four correct oracles for the inner maximum. Bars: |x[i, j]| at iterate t in the "
        "columns i that are constant on the sample, one after the other; the last bar is |b|. Right: population risk "
        "of the average of the iterates so far. Float run.",
        "alt": "Four small panels of bars, one for each oracle, that fill up with t. Beside them the population risk "
        "of the average: it grows under the oracles that fill one coordinate a step, and not under the others.",
        "status": [
            f"t = {t}, averages: "
            + "; ".join(f"{o} F_S = {empirical[o][t - 1]:.3g}, F = {population[o][t - 1]:.3g}" for o in ORACLES)
            for t in range(1, steps + 1)
        ],
        "columns": columns, "entries": entries, "b": b, "empirical": empirical, "population": population,
    }  # fmt: skip


def draw(data: Data) -> Scene:
    """Draw one small panel for each oracle and the risk of the averages beside them."""
    figure, steps, columns = slide(), data["steps"], data["columns"]
    grid = figure.add_gridspec(2, 3, width_ratios=(1.0, 1.0, 1.8))
    right = figure.add_subplot(grid[:, 2])
    times, count = np.arange(1, steps + 1), len(columns) * steps
    edges = np.arange(count + 1) + 0.5
    gap = 0.06 * count
    beside = edges[-1] + np.array([gap, 2.0 * gap])
    top = 1.15 * max(float(data[key][oracle].max()) for key in ("entries", "b") for oracle in ORACLES)
    bars, spikes, lines = {}, {}, {}
    for k, oracle in enumerate(ORACLES):
        look = series(k)
        axes = figure.add_subplot(grid[k // 2, k % 2])
        bars[oracle] = axes.stairs(np.zeros(count), edges, fill=True, color=look["color"])
        spikes[oracle] = axes.stairs([0.0], beside, fill=True, color=BLACK)
        lines[oracle] = growing(right, **look, label=oracle)
        axes.set_title(oracle)
        for end in edges[steps::steps]:
            axes.axvline(end, color=GREY, linestyle=":")
        middles = edges[0] + steps * (np.arange(len(columns)) + 0.5)
        axes.set_xticks([*middles, beside.mean()], [*map(str, columns), "b"])
        axes.set_xlim(0.0, beside[1] + gap)
        axes.set_ylim(0.0, top)
        axes.grid(visible=False, axis="x")
        axes.tick_params(axis="x", length=0.0, labelbottom=k >= 2)
        axes.tick_params(axis="y", labelleft=k % 2 == 0)
        if k >= 2:
            axes.set_xlabel("column i, and b")
        if k == 2:
            axes.set_ylabel("|x[i, j]|, |b|  (units of η (r − ρ))", y=1.1)
    highest = max(float(data["population"][oracle].max()) for oracle in ORACLES)
    over_time(right, steps, highest, "population risk", "$F$ of the average of $w_1$..$w_t$")
    headline(figure, data["title"], f"{listing(data['parameters'])}; float run")
    text = state(figure)

    def update(t: int) -> None:
        for oracle in ORACLES:
            bars[oracle].set_data(data["entries"][oracle][t - 1])
            spikes[oracle].set_data([data["b"][oracle][t - 1]])
            lines[oracle].set_data(times[:t], data["population"][oracle][:t])
        text.set_text(f"t = {t}: " + ", ".join(f"{o} $F$ = {data['population'][o][t - 1]:.2g}" for o in ORACLES))

    return Scene(figure, (*bars.values(), *spikes.values(), *lines.values(), text), update)


ANIMATION = Animation(prepare, draw)
