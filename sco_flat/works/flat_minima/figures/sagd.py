"""Theorem 3: SA-GD's SAER falls like 1/T while the population risk stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat import bounds as theory
from sco_flat.plots.style import (
    BLACK,
    GREY,
    at_floor,
    fitting,
    folded,
    grow,
    headline,
    listing,
    new_figure,
    points,
    room,
    series,
)
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.flat_minima.figures.runs import FLOOR, start

ORACLES = ("adversarial", "coordinate", "benign", "uniform", "ascent")


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw SAER and population risk of the full average over T, for each oracle and each choice of weights.

    Parameters
    ----------
    data : mapping
        ``rows``: list of dicts ``preset``, ``oracle``, ``T``, ``saer_low``, ``saer_high``, ``risk``, ``risk_low``,
        ``risk_high`` (mean and range over seeds); ``bound``: list of dicts ``T``, ``value``; ``floor``: where
        smaller risks are drawn; ``seeds``; ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 5.0)
    left, right = figure.subplots(1, 2)
    rows, floor = data["rows"], data["floor"]
    there = {(r["preset"], r["oracle"]) for r in rows}
    groups = [(p, o) for p in ("paper", "robust") for o in ORACLES if (p, o) in there]
    handles = []
    for place, (preset, oracle) in enumerate(groups):
        own = sorted((r for r in rows if (r["preset"], r["oracle"]) == (preset, oracle)), key=lambda r: r["T"])
        look = series(ORACLES.index(oracle), hollow=preset == "robust")
        # the curves coincide, so each one is moved a little to the side
        steps = np.array([r["T"] for r in own]) * 1.06 ** (place - len(groups) / 2)
        high, low = (np.array([r[k] for r in own]) for k in ("saer_high", "saer_low"))
        left.errorbar(
            steps,
            high,
            yerr=(high - low, 0 * high),
            elinewidth=points(0.8),
            **look | {"linestyle": "none"},
        )
        risk, bottom, top = (np.maximum([r[k] for r in own], floor) for k in ("risk", "risk_low", "risk_high"))
        label = f"{oracle}, {preset} weights"
        spread = (np.maximum(risk - bottom, 0.0), np.maximum(top - risk, 0.0))  # a mean may round past its range
        handles.append(
            right.errorbar(steps, risk, yerr=spread, elinewidth=points(0.8), capsize=points(1.5), label=label, **look)
        )
    bound = data["bound"]
    times = np.array([b["T"] for b in bound], dtype=float)
    values = np.array([b["value"] for b in bound])
    handles += left.plot(times, values, color=BLACK, label="sharper bound of the SAER (by theorem)")
    reference = [r for r in rows if r["preset"] == "paper" and r["oracle"] == "adversarial"]
    guide = 0.45 * reference[0]["saer_high"] * reference[0]["T"] / times
    handles += left.plot(times, guide, color=GREY, linestyle=":", label="guide: slope of 1/T")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(times, [f"{t:g}" for t in times])
        axes.minorticks_off()
        axes.set_xlabel("number of iterates T\n(points are spread sideways)")
    left.set_ylabel("SAER of the full average (units of the loss)")
    right.set_ylabel("population risk F of the full average")
    right.set_ylim(floor, 1.0)
    at_floor(right, floor)
    left.set_title(folded("SAER: falls (bars: down to the lower end)", room(4.2)))
    right.set_title(folded("population risk: stays or falls, by oracle and weights", room(4.3)))
    title = "markers: float runs; filled: paper weights, hollow: robust weights"
    columns = fitting([str(handle.get_label()) for handle in handles], 11.0)  # the longest names share one column
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=title)
    detail = f"{listing(data['parameters'])}; float runs: mean and range over {data['seeds']} seeds"
    headline(figure, "Theorem 3: SA-GD finds flat minima that generalise badly", detail)
    grow(figure, -(-len(handles) // columns) - 4)
    return figure


def data(quick: bool) -> Data:
    """SAER and population risk of SA-GD's full average over T, by oracle and weights."""
    n, eta, rho = 4, 0.25, 0.02
    seeds = 3 if quick else 8
    times = (16, 64, 256, 1024) if quick else (16, 64, 256, 1024, 4096)
    jobs = [
        ("paper", "adversarial", times), ("paper", "coordinate", times), ("paper", "benign", times),
        ("paper", "uniform", times), ("paper", "ascent", (8, 16) if quick else (8, 16, 32)),
        ("robust", "adversarial", times), ("robust", "uniform", times),
        ("robust", "ascent", (8, 16) if quick else (8, 16, 32)),
    ]  # fmt: skip
    rows = []
    for preset, oracle, steps in jobs:
        for length in steps:
            # only these oracles draw at random; long runs of the uniform one are slow and differ little
            random = oracle == "coordinate" or (oracle == "uniform" and length <= 1024)
            repeat = seeds if random else 3 if oracle == "ascent" else 1
            points = []
            for seed in range(repeat):
                run = start(
                    "sagd-blocks", "sagd", n=n, steps=length, step_size=eta, flatness_radius=rho, preset=preset,
                    oracle=oracle, seed=seed, engine="dense" if oracle == "ascent" else "auto",
                )  # fmt: skip
                points.append(run.look(run.average))
            risk = np.array([p.population_risk[0] for p in points])
            rows.append(
                {
                    "preset": preset, "oracle": oracle, "T": length,
                    "saer_low": float(np.mean([p.saer[0] for p in points])),
                    "saer_high": float(np.mean([p.saer[1] for p in points])),
                    "risk": float(risk.mean()), "risk_low": float(risk.min()), "risk_high": float(risk.max()),
                    "repeat": repeat,
                }
            )  # fmt: skip
    bound = []
    for length in sorted({8, *times}):
        found = theory.sa_gd_sharper(
            step_size=eta, steps=length, smoothness=1.0, perturbation_radius=rho + 1.0 / (eta * length**0.5),
            flatness_radius=rho, distance=0.0,
        )  # fmt: skip
        bound.append({"T": length, "value": found.value})
    parameters = {"n": n, "eta": eta, "rho": rho, "r": "ρ + 1/(η √T)"}
    return {"rows": rows, "bound": bound, "floor": FLOOR, "seeds": f"1 to {seeds}", "parameters": parameters}


def caption(data: Data) -> str:
    """Say what it shows, from the data."""

    def pick(preset: str, oracle: str) -> list[Data]:
        return [r for r in data["rows"] if (r["preset"], r["oracle"]) == (preset, oracle)]

    hard, robust, soft = pick("paper", "adversarial"), pick("robust", "uniform"), pick("paper", "uniform")
    return (
        f"From T = {hard[0]['T']} to {hard[-1]['T']} the SAER falls from {hard[0]['saer_high']:.3g} to "
        f"{hard[-1]['saer_high']:.3g}, while the population risk under the adversarial oracle goes from "
        f"{hard[0]['risk']:.3g} to {hard[-1]['risk']:.3g}; with the paper's weights the uniform oracle escapes "
        f"({soft[-1]['risk']:.2g}), with the robust weights it does not ({robust[-1]['risk']:.3g}). "
        f"SA-GD on sagd-blocks with n = {data['parameters']['n']}, eta = {data['parameters']['eta']:g}, "
        f"rho = {data['parameters']['rho']:g}, r = rho + 1/(eta sqrt T), float runs, full average, "
        f"{data['seeds']} seeds (whiskers: smallest and largest)."
    )


FIGURE = WorkFigure(
    "sagd",
    data,
    draw,
    caption,
    "Left: SAER of SA-GD over T, falling like 1/T. Right: its population risk, constant under most oracles.",
)
