"""Small made-up data for every figure, with the longest words and numbers that it may have to place."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat import oracles
from sco_flat.comparisons import overview
from sco_flat.comparisons.falsify import suite
from sco_flat.comparisons.falsify.changes import EPSILON, NOISE, disturbances
from sco_flat.works.base import works
from sco_flat.works.counterexample import Edge
from sco_flat.works.swad import domains

FIGURES = {figure.name: figure for figure in (*(f for work in works() for f in work.figures()), overview.FIGURE)}
"""All that ``reproduce`` draws."""
TIMES = np.array([4, 16, 64])


def fake(name: str) -> dict[str, Any]:
    """Data of a figure by its name."""
    return MADE[name]()


def landscape() -> dict[str, Any]:
    x, y = np.linspace(-0.5, 1.4, 5), np.linspace(-0.7, 0.7, 4)
    values = np.abs(y)[:, None] + 0 * x
    return {
        "rho": [0.0, 0.5], "flat": [0.25, 0.06], "sharp": [0.0, 0.0], "formula_rho": [0.0, 0.5],
        "formula": [0.25, 0.0625], "x": x, "y": y, "empirical": values, "population": values + x**2,
        "slice_rho": 0.3, "saer_text": "SAER at r = 0.5, ρ = 0.3: 0.0213 for $e_I$, 0.125 for ρ $e_b$",
        "parameters": {"n": 6, "m": 64, "d": 65},
    }  # fmt: skip


def sagd() -> dict[str, Any]:
    rows = [
        {"preset": p, "oracle": o, "T": int(t), "saer_low": 0.5 / t, "saer_high": 1 / t, "risk": 0.1 / t**3,
         "risk_low": 0.0, "risk_high": 0.2 / t**3}
        for p in ("paper", "robust") for o in oracles.names() if o != "exact" for t in TIMES
    ]  # fmt: skip
    bound = [{"T": int(t), "value": 2.0 / t} for t in TIMES]
    parameters = {"n": 4, "eta": 0.25, "rho": 0.02, "r": "ρ + 1/(η √T)"}
    return {"rows": rows, "bound": bound, "floor": 1e-6, "seeds": "1 to 8", "parameters": parameters}


def chain() -> dict[str, Any]:
    parameters = {"n": 6, "T": 24, "eta": "1/6", "r": 0.6123724, "rho": 0, "constants": "corrected"}
    return {
        "block": -np.tri(24), "suffix": np.linspace(0.06, 0.2, 24), "bound": 0.05, "rate": 1 / 40,
        "parameters": parameters,
    }  # fmt: skip


def parameters() -> dict[str, Any]:
    rows = [
        {"parameters": k, "n": n, "risk": 0.2 if k == "corrected" or n < 11 else 0.007, "awake": 1}
        for k in ("corrected", "printed") for n in range(6, 15)
    ]  # fmt: skip
    return {"rows": rows, "bound": 0.05, "parameters": {"T": 32, "eta": "1/24", "r": 2.12132, "m": "2ⁿ", "seed": 0}}


def slopes() -> dict[str, Any]:
    curves = [
        {"title": title, "instance": "sam-valley", "risk": risk, "bound": [0.4 * x for x in risk], "slope": 1.0}
        for title, risk in (("Theorem S1", [0.02, 0.03]), ("Theorem 7", [0.0005, 0.008]))
    ]
    return {"step_size": [0.002, 0.12], "curves": curves, "parameters": {"n": 6, "T": 8000, "r": "1/sqrt(η T)"}}


def escape_rate() -> dict[str, Any]:
    curves = [{"c": c, "distance": np.clip(1e-9 * (2 * c - 1.0) ** np.arange(250), 0.0, 1.0), "hit": None,
               "predicted": None} for c in (0.9, 1.01, 1.05, 1.1, 1.2, 1.4)]  # fmt: skip
    return {"curves": curves, "parameters": {"L": 3, "d": 27, "λ_max": 93.0834, "start": "w* + 1e-9 v_1"}}


def escape_path() -> dict[str, Any]:
    drop = np.where(np.arange(80) < 36, 93.0, 36.0)
    norms = np.outer(drop / 40.0, [1.0, 0.5, 0.9])
    given = {"L": 3, "c": 1.4, "η": 0.0300808, "start": "w* + 1e-9 v_1"}
    return {"sharpness": drop, "norms": norms, "stable": 66.5, "floor": 20.2, "parameters": given}


def balance() -> dict[str, Any]:
    flat = np.array([[0.0003, 1.0], [0.01, 1.0]])
    given = {"L": 3, "M": "diag(1, 1/8)", "minima": 180, "seed": 0}
    return {"random": np.array([[1e-6, 1.0], [1.3, 30.0]]), "flat": flat, "parameters": given}


def bounds(
    rows: int = 4, columns: int = 2, title: str = "stochastic gradient descent on least-squares"
) -> dict[str, Any]:
    """Also of one method: one row, and one panel where it has no radius."""
    series = {"risk": [0.1, 0.0, 0.1], "error": [0.2, 0.0, 0.1], "lower": [0.05, None, 0.04]}
    series |= {"paper": [None, None, 1e5]} | {key: [0.2, 3.0, 40] for key in ("measured", "trajectory", "a_priori")}
    given = {"n": 20, "d": 40, "eta": 0.25, "rho": 0.02, "r": "largest legal"}
    panel = {
        "title": title, "parameters": given, "axis": "T", "x": TIMES,
        "notes": ["a priori: steps = 40: T <= n = 20, each example once; take fewer steps"], "series": series,
        "regimes": [[0.0, 20.0, "optimisation term leads"], [20.0, None, "stability term leads"]],
    }  # fmt: skip
    other = panel | {"axis": "r", "regimes": [[0, 40.0, "the lower bound holds"], [40.0, None, "beyond the theorem"]]}
    return {"panels": [[panel, other][:columns]] * rows, "floor": 1e-6, "samples": 8, "failures": []}


def swad_trace() -> dict[str, Any]:
    losses = [1e-5, 4e-9, 1e-3, *np.geomspace(1e-4, 0.1, 397)]
    modes = {"algorithm": (1, 399), "text": (1, 2), "released": (1, 399)}
    panel = {"losses": losses, "windows": modes, "risks": dict.fromkeys(modes, 0.000283)}
    return {"panels": {"F_S": panel, "F": panel}, "full": 0.02, "parameters": {"n": 4, "T": 400, "eta": 0.12}}


def swad_domains() -> dict[str, Any]:
    rows = [
        domains.Row(
            way, k, 0,
            accuracy={"last": 0.5 + 0.01 * k, "swa": 0.6, "best": 0.65, "swad": 0.7},
            flatness={"last": (1e-3, 0.2), "swa": (2e-3, 0.15), "swad": (5e-3, 0.1 + 0.01 * k)},
        )
        for way in ("ERM", "SAM") for k in range(6)
    ]  # fmt: skip
    return {"rows": rows, "parameters": {"targets": 6, "seeds": 2}}


def swad_ball() -> dict[str, Any]:
    sizes = 0.55 + 0.05 * np.sin(np.arange(4000.0))
    given = {"d": 50, "rho": 0.5, "T": 4000, "seeds": 10}
    return {"sizes": sizes, "running": np.geomspace(0.5, 0.15, 4000), "swad": [0.15, 0.49], "parameters": given}


def f2m_sessions() -> dict[str, Any]:
    ways = {way: np.linspace(0.93, 0.5, 5)[None] for way in ("frozen", "fine-tune", "clamp", "F2M(0.01)")}
    losses = {way: np.geomspace(1e-3, 10, 13)[None] for way in ("plain training", "F2M(0.01)")}
    given = {"b": 0.15, "seeds": 6}
    return {"rows": ways, "losses": losses, "shares": np.linspace(-3, 3, 13), "parameters": given}


def flattest() -> dict[str, Any]:
    share = np.array([[1.0, 1.0], [0.7, 0.5], [0.0, 0.0]])
    given = {"d": 4, "seeds": 4}
    return {"n": [3, 9, 15], "bias": 0 * share + 1, "no_bias": share, "best": 0 * share, "parameters": given}


def scenarios() -> dict[str, Any]:
    from sco_flat.works.wen_li_ma.figures.runs import SHOWN

    runs = {label: np.array([[(100.0, 0.5), (2.0 if "Layer" in label else 17.9, 1.0)]]) for label in SHOWN}
    return {"runs": runs, "parameters": {"inputs": 20, "n": 60, "width": 60, "seeds": 3}}


MADE = {
    "landscape": landscape, "sagd": sagd, "chain": chain, "parameters": parameters, "slopes": slopes,
    "escape_rate": escape_rate, "escape_path": escape_path, "balance": balance, "bounds": bounds,
    "swad-trace": swad_trace, "swad-ball": swad_ball, "swad-domains": swad_domains, "flattest": flattest,
    "f2m_sessions": f2m_sessions,
    "scenarios": scenarios,
}  # fmt: skip


def falsified(count: int) -> list[suite.Row]:
    """Counterexamples under all disturbances, with every kind of edge."""
    changes = list(disturbances())
    left = [None if k % 7 == 0 else (0.1 * k, 0.1 * k) for k in range(len(changes))]
    cells = tuple(suite.Cell(d.kind, d.level, left=share) for d, share in zip(changes, left, strict=True))
    kinds = ("exact", "safe", "necessary", "estimate")
    rows = []
    for k in range(count):
        edge = Edge(1e-8, "|g|/(6n² - 1)", kinds[k % 4])
        edges = (suite.Measured(NOISE, None, suite.SMALLEST, None), suite.Measured(EPSILON, 1e-9, 1e-8, edge))
        rows.append(suite.Row("sam-valley-epochs", "", "", "", "", {}, (0, 0), cells, edges))
    return rows


def swept(kind: str, **changed: Any) -> dict[str, Any]:
    """What `sco_flat.sweeps.draw.prepare` hands to a plot: two panels, four lines, zeros, a cell that is missing."""
    flat = kind != "line"
    rows = [
        {"T": t, "radius": r, "method": m, "instance": i, "mean": 0.0 if m == "gd" else r * t / 1e4,
         "half": 0.0 if m == "gd" else 1e-4, "count": 8, "inside": r < 2.0,
         "lower_bound": 1e-7, "upper_bound": 10.0, "paper_bound": 1e4}
        for t in (16, 64, 256, 1024) for r in ((0.05, 1.5, 5.0) if flat else (1.5,))
        for m in (("sam",) if flat else ("gd", "sgd", "sagd", "sam")) for i in ("sagd-blocks", "sam-chain")
    ]  # fmt: skip
    data = {
        "x": "radius" if flat else "T", "y": "T" if flat else None, "value": "average.population_risk",
        "by": None if flat else "method", "facets": ["instance"], "kind": kind, "rows": rows[1:] if flat else rows,
        "unit": "eta**2*radius**2*T", "title": None, "scale": None, "style": "paper", "made": "float runs",
        "bounds": () if flat else ("paper_bound", "upper_bound", "lower_bound"), "cells": 2500, "missing": 1,
        "fixed": {"n": 6, "eta": 0.0625, "preset": "robust", "order": "with-replacement"},
        "formulas": {"width": "round(n**c)", "density": "1 - width**(-1/n)"},
    }  # fmt: skip
    return data | changed
