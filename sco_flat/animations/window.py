"""SWAD on SA-GD's walk out of its flat ball: where the window begins and ends, and where its average is."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sco_flat.animations._base import Animation, Array, Data, Scene, growing, over_time, slide, start, state
from sco_flat.averages.swad import trace, unseen
from sco_flat.averages.window import swad_window
from sco_flat.engines.simulation import Simulation
from sco_flat.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION, headline, listing

BEGINS, ENDS, TOLERANCE = 3, 6, 1.3
"""The paper's Ns, Ne and r."""
LOOKS = {
    "iterate": {"label": "iterate $w_t$", "color": VERMILLION, "marker": "o"},
    "full": {"label": "average of $w_1$..$w_t$", "color": BLACK, "marker": "D"},
    "swad": {"label": "SWAD's average", "color": BLUE, "marker": "s"},
}


def prepare(
    *, n: int = 4, steps: int = 120, step_size: float = 0.25, flatness_radius: float = 0.3, seed: int = 0
) -> Data:
    """Run SA-GD, and SWAD on its first t iterates for every t; each iterate is a checkpoint.

    The validation loss is the population risk: as many fresh examples as one likes.
    """
    run = start(
        "sagd-blocks", "sagd", n=n, steps=steps, step_size=step_size, flatness_radius=flatness_radius, seed=seed
    )  # fmt: skip
    losses = np.array(trace(run, 1))
    window = swad_window(losses, BEGINS, ENDS, TOLERANCE)
    assert window.start is not None  # the run starts at a minimum, below which no loss is
    assert window.end is not None
    begun, last = window.start + BEGINS, window.end + 1
    known = last + ENDS if window.ended else steps + 1
    points = _points(run, window.start + 1, begun, last, known)
    r = run.instance.perturbation_radius
    told = ["no window yet"] * (begun - 1) + [f"window from {window.start + 1}, open"] * (known - begun)
    told += [f"window {window.start + 1} to {last}"] * (steps + 1 - known)
    return {
        "steps": steps,
        "title": "SA-GD walks out of its flat ball: where SWAD's window begins and ends",
        "parameters": {"n": n, "T": steps, "eta": step_size, "r": r, "rho": flatness_radius},
        "caption": "Left: the validation loss, here the population risk F, of each iterate of SA-GD, and SWAD's window "
        f"by the paper's algorithm with Ns = {BEGINS}, Ne = {ENDS} and tolerance {TOLERANCE}: its start is known after "
        "Ns losses, its end after Ne losses above the threshold. Right: how far the iterate, the average of all "
        "iterates and SWAD's average are from 0 in the unseen block I, over the flat ball of radius rho. On "
        "the training loss, which is 0 at every one of them, SWAD would never stop. Float run.",
        "alt": "Left: a loss that is 0 and then rises, with a band over its first part. Right: the iterate leaves the "
        "flat ball and climbs, the average of all iterates follows, and SWAD's average stays where its window ended.",
        "status": _status(points, told),
        "losses": losses, "points": points, "start": window.start + 1, "end": last, "threshold": window.threshold,
        "begun": begun, "known": known, "rho": flatness_radius,
    }  # fmt: skip


def _status(points: dict[str, Array], told: list[str]) -> list[str]:
    """What the state at each t is: F of the three points, and what is known of the window."""
    found = []
    for t, says in enumerate(told, 1):
        iterate, full, mean = (points[key][t - 1, 1] for key in LOOKS)
        averaged = "" if np.isnan(mean) else f", of SWAD's {mean:.3g}"
        found.append(f"t = {t}: F = {iterate:.3g}, of the average {full:.3g}{averaged}; {says}")
    return found


def _points(run: Simulation, first: int, begun: int, last: int, known: int) -> dict[str, Array]:
    """|x_I| and F of the iterate, the full average and SWAD's at each t; shape (T, 2), NaN before its window begins.

    While no end is known SWAD averages up to t.
    """
    found = {key: np.full((run.instance.steps, 2), np.nan) for key in LOOKS}
    whole, held, ended = np.zeros(run.layout.size), np.zeros(run.layout.size), np.zeros(run.layout.size)
    for t, w in run.iterates():
        whole += w
        if t >= first:
            held += w
        if t == last:
            ended = held / (last + 1 - first)
        now = {"iterate": w, "full": whole / t}
        if t >= begun:
            now["swad"] = ended if t >= known else held / (t + 1 - first)
        for key, point in now.items():
            found[key][t - 1] = _distance(run, point), unseen(run.look(point))
    return found


def _distance(run: Simulation, w: Array) -> float:
    """|x_I| in the columns that the sample does not see."""
    length = run.instance.length
    places = np.searchsorted(run.layout.rows, run.layout.sample.event.columns)
    return float(np.linalg.norm(w[: run.layout.rows.size * length].reshape(-1, length)[places]))


def draw(data: Data) -> Scene:
    """Draw the loss and the window over t on the left, the points over the flat ball on the right."""
    figure, steps, times = slide(), data["steps"], np.arange(1, data["steps"] + 1)
    left, right = figure.subplots(1, 2)
    band = left.axvspan(0.5, 1.5, color=BLUE, alpha=0.18, linewidth=0, label="window")
    level = left.axhline(data["threshold"], color=GREEN, linestyle="--", label=f"threshold {data['threshold']:.3g}")
    edges = [left.axvline(data[key] + side, color=BLUE, linewidth=2.0) for key, side in (("start", -0.5), ("end", 0.5))]
    loss = growing(left, color=VERMILLION, marker="o", label="$F(w_t)$")
    over_time(left, steps, float(data["losses"].max()), "validation loss", "the loss, and SWAD's window")
    left.legend(loc="upper right")  # the window is on the left
    marks = {key: right.plot([], [], linestyle="none", markersize=10, markeredgecolor=BLACK, **look)[0]
             for key, look in LOOKS.items()}  # fmt: skip
    _ball(right, data)
    headline(figure, data["title"], f"{listing(data['parameters'])}; float run")
    text = state(figure)

    def update(t: int) -> None:
        begun, known = t >= data["begun"], t >= data["known"]
        band.set_visible(begun)
        band.set_x(data["start"] - 0.5)
        band.set_width((data["end"] if known else t) + 1.0 - data["start"])
        for artist, shown in ((level, begun), (edges[0], begun), (edges[1], known)):
            artist.set_visible(shown)
        loss.set_data(times[:t], data["losses"][:t])
        for key, mark in marks.items():
            distance, risk = data["points"][key][t - 1]
            mark.set_data([distance], [risk])
        text.set_text(data["status"][t - 1])

    return Scene(figure, (band, level, *edges, loss, *marks.values(), text), update)


def _ball(axes: Axes, data: Data) -> None:
    """The risk along the way, and the ball on which it is 0."""
    distance, risk = data["points"]["iterate"].T
    axes.axvspan(0.0, data["rho"], color=GREEN, alpha=0.18, linewidth=0, label="flat ball, radius ρ")
    axes.plot(distance, risk, color=GREY, linestyle=":")
    top = float(risk.max())
    axes.set_xlim(-0.03 * float(distance.max()), 1.05 * max(float(distance.max()), data["rho"]))
    axes.set_ylim(-0.06 * top, 1.5 * top)
    axes.set_xlabel("distance from the minimum, block I")
    axes.set_ylabel("population risk F (units of the loss)")
    axes.set_title("the same points over the flat ball")
    axes.legend(loc="upper left")


ANIMATION = Animation(prepare, draw)
