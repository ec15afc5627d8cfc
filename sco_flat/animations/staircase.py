"""SAM takes a full step into one new coordinate of the unseen block at every iterate."""

from __future__ import annotations

import numpy as np

from sco_flat.animations._base import Animation, Data, Scene, growing, over_time, slide, start, state, trace
from sco_flat.bounds import Bound
from sco_flat.plots.style import BLACK, BLUE, GREY, ORANGE, VERMILLION, headline, listing
from sco_flat.works import base as works


def prepare(
    *, n: int = 6, steps: int = 64, step_size: float = 1 / 6, flatness_radius: float = 0.0, seed: int = 0
) -> Data:
    """Run SAM on the chain and follow the block of the column that is zero on the whole sample."""
    run = start(
        "sam-chain", "sam", n=n, steps=steps, step_size=step_size, flatness_radius=flatness_radius, seed=seed
    )  # fmt: skip
    found = trace(run, run.layout.sample.event.columns)
    r = run.instance.perturbation_radius
    unit = step_size * r
    statement = works.home(run.instance.name)
    bound = statement.bound(run.instance, works.facts_of(run))
    assert isinstance(bound, Bound)  # `start` refuses numbers outside
    rows = zip(found.empirical, found.population, found.mean_population, strict=True)
    return {
        "steps": steps,
        "title": f"{statement.title}: SAM goes down an unseen staircase, one coordinate a step",
        "parameters": {"n": n, "T": steps, "eta": step_size, "r": r, "rho": 0, "constants": "corrected"},
        "caption": "Block I is the column that is zero on the whole sample. Left: its entries x[I, j] at iterate t and "
        "in the average of the iterates so far. Right: empirical risk F_S, which hardly sees this, and population "
        f"risk F, with the lower bound that {statement.title} proves for every suffix average at T. Float run.",
        "alt": "Left: bars of the unseen block, one more at each iterate. Right: population risk growing with t while "
        "the empirical risk stays near 0.",
        "status": [
            f"t = {t}: F_S = {f_s:.3g}, F = {f:.3g}, F of the average = {mean:.3g}"
            for t, (f_s, f, mean) in enumerate(rows, 1)
        ],
        "block": found.blocks[:, 0] / unit, "mean_block": found.mean_blocks[:, 0] / unit,
        "empirical": found.empirical, "population": found.population, "mean_population": found.mean_population,
        "bound": bound.value, "stated": statement.title,
    }  # fmt: skip


def draw(data: Data) -> Scene:
    """Draw the block over j on the left and the risks over t on the right."""
    figure, steps, block = slide(), data["steps"], data["block"]
    left, right = figure.subplots(1, 2)
    edges, times = np.arange(steps + 1) + 0.5, np.arange(1, steps + 1)
    bars = left.stairs(block[-1], edges, fill=True, color=ORANGE, edgecolor=BLACK, linewidth=0.5, label="iterate $w_t$")
    mean = left.stairs(block[-1], edges, baseline=None, color=BLACK, linewidth=2.2, label="average of $w_1$..$w_t$")
    low = float(block.min())
    left.set_ylim(1.42 * low, -0.06 * low)
    left.set_xlabel("coordinate j of the unseen block I")
    left.set_ylabel("x[I, j]  (units of η r)")
    left.set_title("block I, all zeros on the sample")
    left.legend(loc="lower left")
    curves = {
        "population": growing(right, color=VERMILLION, linestyle="-", marker="o", label="$F(w_t)$"),
        "mean_population": growing(
            right, color=BLUE, linestyle=(0, (5, 2)), marker="s", label="$F$(average of $w_1$..$w_t$)"
        ),
        "empirical": growing(right, color=BLACK, linestyle=":", marker="^", label="$F_S(w_t)$"),
    }
    right.axhline(data["bound"], color=GREY, linestyle=(0, (9, 3)), label=f"{data['stated']}, at T (by theorem)")
    top = float(max(data["population"].max(), data["bound"]))
    over_time(right, steps, top, "risk", "empirical and population risk")
    headline(figure, data["title"], f"{listing(data['parameters'])}; float run")
    text = state(figure)

    def update(t: int) -> None:
        bars.set_data(block[t - 1])
        mean.set_data(data["mean_block"][t - 1])
        for key, line in curves.items():
            line.set_data(times[:t], data[key][:t])
        text.set_text(data["status"][t - 1].replace("F_S", "$F_S$").replace("F ", "$F$ "))

    return Scene(figure, (bars, mean, *curves.values(), text), update)


ANIMATION = Animation(prepare, draw)
