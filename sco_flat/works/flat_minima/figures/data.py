"""Data of the five figures, from runs on the spot, and `draw`, which draws and saves one.

Risks are those of simulated points. Closed forms enter only as the bounds and guides that are drawn beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sco_flat import bounds as theory
from sco_flat.comparisons import curves
from sco_flat.engines.layout import Layout, Look
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.flat_erm import FlatErm
from sco_flat.plots import style
from sco_flat.requests import request_from
from sco_flat.samples import Sample
from sco_flat.works.flat_minima import figures as plots
from sco_flat.works.flat_minima import lower
from sco_flat.works.flat_minima.figures.bounds import METHODS

Data = dict[str, Any]
FLOOR = 1e-6
"""Smaller risks, and zero, are drawn here on logarithmic axes."""


def start(instance: str, method: str, **numbers: Any) -> Simulation:
    """Run a request without the search over suffixes, which most figures do not need."""
    request = request_from(instance, method, **numbers)
    built = request.build()
    return simulate(built, request.sample(built), request.settings, request.seed)


def landscape_data(quick: bool) -> Data:
    """Risks of e_I and rho e_b over rho, and of a slice through both, on one sample of Theorem 1."""
    n, slice_rho, radius = 6, 0.3, 0.5
    side = 25 if quick else 81

    def at(built: FlatErm, sample: Sample, x: float, y: float) -> Look:
        column = sample.event.columns[0]
        layout = Layout(built, sample, np.array([column], dtype=np.int64))
        return Look(layout, np.array([x, y]))

    def build(rho: float) -> tuple[FlatErm, Sample]:
        request = request_from(
            "flat-erm", "gd", n=n, steps=2, step_size=0.5, flatness_radius=rho, perturbation_radius=radius
        )
        built = request.build()
        assert isinstance(built, FlatErm)
        return built, request.sample(built)

    rhos = np.linspace(0.0, 0.5, 11)
    flat, sharp = [], []
    for rho in rhos:
        built, sample = build(float(rho))
        flat.append(at(built, sample, 1.0, 0.0).population_risk[0])
        sharp.append(at(built, sample, 0.0, float(rho)).population_risk[0])
    built, sample = build(slice_rho)
    x, y = np.linspace(-0.55, 1.45, side), np.linspace(-0.7, 0.7, side)
    empirical, population = (np.zeros((side, side)) for _ in range(2))
    for i, height in enumerate(y):
        for j, along in enumerate(x):
            look = at(built, sample, float(along), float(height))
            empirical[i, j] = look.empirical_risk
            population[i, j] = built.population_risk(look.profile())[0]
    fine = np.linspace(0.0, 0.5, 101)
    saers = [at(built, sample, *place).saer for place in ((1.0, 0.0), (0.0, slice_rho))]
    found = f"{saers[0][1]:.3g} for $e_I$, {saers[1][1]:.3g} for ρ $e_b$"
    return {
        "rho": rhos, "flat": np.array(flat), "sharp": np.array(sharp),
        "formula_rho": fine, "formula": np.array([lower.theorem1(flatness_radius=float(r)).value for r in fine]),
        "x": x, "y": y, "empirical": empirical, "population": population, "slice_rho": slice_rho,
        "saer": {"radius": radius, "flat": saers[0], "sharp": saers[1]},
        "saer_text": f"SAER at r = {radius:g}, ρ = {slice_rho:g}: {found}",
        "parameters": {"n": n, "m": built.m, "d": built.dimension},
    }  # fmt: skip


def sagd_data(quick: bool) -> Data:
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


def chain_data(quick: bool) -> Data:
    """Every iterate of SAM on the bad block, and the risk of every suffix."""
    n, steps, eta = 6, 16 if quick else 24, 1.0 / 6.0
    request = request_from("sam-chain", "sam", n=n, steps=steps, step_size=eta)
    built = request.build()
    sample = request.sample(built)
    column = sample.event.columns[0]
    r = built.perturbation_radius
    block = np.zeros((steps, steps))
    for t in range(1, steps + 1):
        # a run keeps one window sum and no history: the window [t, t] is the iterate w_t itself
        run = simulate(built, sample, request.settings, request.seed, (t, t))
        block[t - 1] = run.layout.dense(run.average)[:-1].reshape(built.m, steps)[column] / (eta * r)
    unit = eta**2 * r**2 * steps
    suffix = simulate(built, sample, request.settings, request.seed).suffix_risks[:, 0] / unit
    numbers = {"step_size": eta, "steps": steps, "perturbation_radius": r, "n": n}
    return {
        "block": block,
        "suffix": suffix,
        "bound": lower.theorem7(**numbers).value / unit,  # type: ignore[arg-type]
        "rate": lower.theorem7_rate(**numbers).value / unit,  # type: ignore[arg-type]
        "parameters": {"n": n, "T": steps, "eta": "1/6", "r": r, "rho": 0, "constants": "corrected"},
    }


def parameters_data(quick: bool) -> Data:
    """Last iterate of SAM with printed and with corrected constants, over n."""
    steps, eta = 32, 1.0 / 24.0
    sizes = (6, 8, 10, 11, 12) if quick else (6, 7, 8, 9, 10, 11, 12, 13, 14)
    rows = []
    unit = r = 0.0
    for n in sizes:
        for kind in ("corrected", "printed"):
            run = start("sam-chain", "sam", n=n, steps=steps, step_size=eta, parameters=kind)
            r = run.instance.perturbation_radius
            unit = eta**2 * r**2 * steps
            risk = run.instance.population_risk(run.look(run.last).profile())[0] / unit
            rows.append({"parameters": kind, "n": n, "risk": risk, "awake": int(run.layout.rows.size)})
    bound = lower.theorem7(step_size=eta, steps=steps, perturbation_radius=r, n=min(sizes)).value / unit
    return {
        "rows": rows,
        "bound": bound,
        "parameters": {"T": steps, "eta": "1/24", "r": r, "rho": 0, "m": "2ⁿ", "seed": 0},
    }


LEAST_SQUARES = {"n": 20, "dimension": 40, "steps": 50, "step_size": 0.25, "perturbation_radius": 0.1, "seed": 0}


def bounds_data(quick: bool) -> Data:
    """Risk of the full average between its bounds, over T and over r, averaged over samples."""
    samples = 4 if quick else 8
    walk = {"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.02}
    chain = {"n": 6, "steps": 64, "step_size": 1 / 16}
    times = (16, 64, 256) if quick else (16, 32, 64, 128, 256, 512)
    few = (5, 10, 20, 40) if quick else (5, 10, 20, 40, 80, 160, 320)
    radii = (0.25, 0.5, 1.0, 1.5) if quick else (0.02, 0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
    wide = (0.5, 1.0, 5.0) if quick else (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)

    def source(name: str, method: str, numbers: Data) -> curves.Source:
        return curves.Source(name, method, numbers, samples)

    rows = [
        [
            curves.over_steps(source("least-squares", "gd", LEAST_SQUARES), few),
            curves.over_steps(source("least-squares", "sgd", LEAST_SQUARES), few),
            curves.over_steps(source("sagd-blocks", "sagd", walk), times),
            curves.over_steps(source("sam-chain", "sam", chain), times),
        ],
        [
            curves.over_radius(source("least-squares", "sagd", LEAST_SQUARES), wide),
            curves.over_radius(source("least-squares", "sam", LEAST_SQUARES), wide),
            curves.over_radius(source("sagd-blocks", "sagd", walk), radii),
            curves.over_radius(source("sam-chain", "sam", chain), radii),
        ],
    ]
    return bounds_figure(rows, samples)


def bounds_of(source: curves.Source) -> Data:
    """The same figure for one method: over T up to the source's, and over r around its radius."""
    steps = source.numbers["steps"]
    times = sorted({max(2, steps >> k) for k in range(6)} | {steps})
    panels = [curves.over_steps(source, times)]
    if source.method in ("sagd", "sam"):
        panels.append(curves.over_radius(source, (0.05, 0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)))
    return bounds_figure([panels], source.samples)


def bounds_figure(rows: list[list[curves.Panel]], samples: int) -> Data:
    """Data of the bounds figure from panels of curves."""
    return {
        "panels": [[_panel(panel) for panel in row] for row in rows], "floor": FLOOR, "samples": samples,
        "failures": [f for row in rows for panel in row for f in panel.failures],
    }  # fmt: skip


def _panel(panel: curves.Panel) -> Data:
    source = panel.source
    symbols = {"n": "n", "dimension": "d", "step_size": "eta", "flatness_radius": "rho"}
    numbers = {symbol: source.numbers[key] for key, symbol in symbols.items() if key in source.numbers}
    if panel.axis == "r":
        numbers["T"] = source.numbers["steps"]
    elif source.method in ("sam", "sagd"):
        numbers["r"] = source.numbers.get("perturbation_radius", "max")
    title = f"{METHODS[source.method]} on {source.name}"
    return panel.as_dict() | {"title": title, "parameters": numbers}


def _landscape_caption(data: Data) -> str:
    saer, rho, p = data["saer"], data["slice_rho"], data["parameters"]
    place = int(np.argmin(np.abs(data["rho"] - rho)))
    return (
        f"The flat minimum e_I has population risk {data['flat'][place]:.4f} at rho = {data['rho'][place]:.2g}, "
        f"the sharp minimum rho e_b has {data['sharp'][place]:.4f}, although at r = {saer['radius']:.2g} the SAER "
        f"of e_I is {saer['flat'][1]:.4f} and that of rho e_b is {saer['sharp'][1]:.4f}. "
        f"One sample of n = {p['n']} examples in dimension d = {p['d']}; points and contours are floating-point "
        f"evaluations of the losses, the line is the exact formula of Theorem 1."
    )


def _sagd_caption(data: Data) -> str:
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


def _chain_caption(data: Data) -> str:
    p = data["parameters"]
    return (
        f"Each step of SAM adds a new coordinate of about {-float(np.min(data['block'])):.2f} eta r to the block that "
        f"the sample does not see, and the population risk of every suffix, at least "
        f"{float(np.min(data['suffix'])):.4f} eta² r² T, lies above the proved {data['bound']:.4f}; "
        "x[I, 1] and x[I, 2], which start the chain, are far too small to be seen. "
        f"SAM on sam-chain with the corrected constants, n = {p['n']}, T = {p['T']}, eta = {p['eta']}, "
        f"r = {p['r']:.3g}, rho = 0; float run."
    )


def _parameters_caption(data: Data) -> str:
    worst = max(data["rows"], key=lambda r: r["n"] + (r["parameters"] == "printed") / 2)
    mate = next(r for r in data["rows"] if r["n"] == worst["n"] and r["parameters"] == "corrected")
    p = data["parameters"]
    return (
        f"At n = {worst['n']} the last iterate has population risk {worst['risk']:.4f} eta² r² T with the printed "
        f"constants, because {worst['awake']} of {2 ** worst['n']} blocks move, and {mate['risk']:.4f} eta² r² T "
        f"with the corrected ones, for which {mate['awake']} moves. "
        f"SAM on sam-chain, T = {p['T']}, eta = {p['eta']}, r = {p['r']:.3g}, rho = 0, m = 2^n; float runs."
    )


def bounds_notes(data: Data) -> list[str]:
    """Why something is not drawn: each reason once, whatever its numbers."""
    kept: dict[str, str] = {}
    for row in data["panels"]:
        for panel in row:
            for note in panel["notes"]:
                kept.setdefault(re.sub(r"[0-9.e+-]+", "", note), note)
    return list(kept.values())


def _bounds_caption(data: Data) -> str:
    texts = []
    for panel in data["panels"][0]:
        values = {k: v[-1] for k, v in panel["series"].items()}
        upper = [values[k] for k in curves.UPPER if values[k] is not None]
        chain = " ≤ ".join(f"{x:.3g}" for x in [values["risk"], *upper])
        texts.append(f"{panel['title']}, {panel['axis']} = {panel['x'][-1]:.3g}: {chain}")
    return (
        "Measured population risk of the full average, then the bounds from measured stability, along the trajectory, "
        f"a priori, and the paper's, at the right end ({'; '.join(texts)}). Means over {data['samples']} samples with "
        "95% intervals, no event imposed; lower bounds are those of Theorems 3 and 7 times the probability of their "
        f"event. Not drawn where not applicable: {'; '.join(bounds_notes(data)) or 'nothing'}. Float runs; the bounds "
        "are proved."
    )


FIGURES: dict[str, tuple[Callable[[bool], Data], Callable[[Data], str]]] = {
    "landscape": (landscape_data, _landscape_caption),
    "sagd": (sagd_data, _sagd_caption),
    "chain": (chain_data, _chain_caption),
    "parameters": (parameters_data, _parameters_caption),
    "bounds": (bounds_data, _bounds_caption),
}


def draw(folder: Path, name: str, quick: bool, look: str) -> dict[str, Any]:
    """Simulate, draw and save one figure.

    Parameters
    ----------
    folder : path
        An existing folder.
    name : str
        Of `sco_flat.plots.NAMES`.
    quick : bool
        A smaller grid of the same shape.
    look : {"paper", "slide", "poster"}
        Size of the print.

    Returns
    -------
    dict
        ``name``, ``file_png``, ``file_pdf``, ``caption``, and ``failures``: measured values above a bound.
    """
    return save(folder, name, FIGURES[name][0](quick), look)


def save(folder: Path, name: str, data: Data, look: str) -> dict[str, Any]:
    """Draw and save one figure from its data; see `draw`."""
    with style.style(look):
        png, pdf = style.save(plots.drawing(name)(data), folder, name)
    found = {"name": name, "file_png": png, "file_pdf": pdf, "caption": FIGURES[name][1](data)}
    return found | {"failures": data.get("failures", [])}
