"""Theorem 3: SA-GD's SAER falls like 1/T while the population risk stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sco_flat.plots.style import BLACK, GREY, at_floor, headline, listing, new_figure, series

ORACLES = ("adversarial", "coordinate", "benign", "uniform", "ascent")


def sagd(data: Mapping[str, Any]) -> Figure:
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
            elinewidth=0.8,
            **look | {"linestyle": "none"},
        )
        risk, bottom, top = (np.maximum([r[k] for r in own], floor) for k in ("risk", "risk_low", "risk_high"))
        label = f"{oracle}, {preset} weights"
        spread = (np.maximum(risk - bottom, 0.0), np.maximum(top - risk, 0.0))  # a mean may round past its range
        handles.append(right.errorbar(steps, risk, yerr=spread, elinewidth=0.8, capsize=1.5, label=label, **look))
    bound = data["bound"]
    times = np.array([b["T"] for b in bound], dtype=float)
    values = np.array([b["value"] for b in bound])
    handles += left.plot(times, values, color=BLACK, label="sharper bound of the SAER (proved bound)")
    reference = [r for r in rows if r["preset"] == "paper" and r["oracle"] == "adversarial"]
    guide = 0.45 * reference[0]["saer_high"] * reference[0]["T"] / times
    handles += left.plot(times, guide, color=GREY, linestyle=":", label="guide: slope of 1/T")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("number of iterates T (points are spread sideways)")
    left.set_ylabel("SAER of the full average (units of the loss)")
    right.set_ylabel("population risk F of the full average")
    right.set_ylim(0.15 * floor, 1.0)
    at_floor(right, floor)
    left.set_title("SAER: falls (bars: down to the lower end)")
    right.set_title("population risk: stays")
    title = "markers: float runs; filled: paper weights, hollow: robust weights"
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title=title)
    detail = f"{listing(data['parameters'])}; float runs: mean and range over {data['seeds']} seeds"
    headline(figure, "Theorem 3: SA-GD finds flat minima that generalise badly", detail)
    return figure
