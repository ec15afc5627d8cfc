"""What the plots of a sweep share: names of columns, panels for facets, logarithmic axes, edges of cells."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from sco_flat import averages, methods
from sco_flat.plots.style import (
    BASE,
    BLACK,
    GREY,
    NAMES,
    VERMILLION,
    brief,
    folded,
    headline,
    listing,
    new_figure,
    room,
)

WORDS = {
    "population_risk": "population risk", "empirical_risk": "empirical risk", "saer": "SAER F_S^r",
    "flatness_radius": "flatness radius", "eps": "stability eps", "radius": "perturbation radius r",
    "flatness": "flatness radius ρ", "T": "number of iterates T", "eta": "step size η", "n": "sample size n",
    "width": "width m",
}  # fmt: skip
SYMBOLS = NAMES | {"radius": "r", "flatness": "ρ", "width": "m"}
CLAIMED = {"value": "", "bound": ", the bound", "gap": ", value less bound", "holds": ", share that holds"}
"""Columns of a claim; before the last dot stands what it says."""
BOUNDS: dict[str, tuple[str, dict[str, Any]]] = {
    "paper_bound": ("the paper's bound on the mean", {"color": GREY, "ls": (0, (6, 2, 1, 2))}),
    "upper_bound": ("sharper bound on the mean, a priori", {"color": BLACK, "ls": "-"}),
    "lower_bound": ("lower bound, given the event", {"color": VERMILLION, "ls": (0, (9, 3))}),
}
WIDE = 8.0
"""Ratio of the largest to the smallest positive value from which an axis is logarithmic."""
MANY = 8
"""Values from more of which on ticks are round numbers."""
ACROSS = 4
"""Panels in a row."""


def word(name: str, unit: str | None = None) -> str:
    """A column's name for people."""
    point, _, quantity = name.rpartition(".")
    text = WORDS.get(quantity, quantity)
    if point in averages.names():
        text = f"{text}, {averages.get(point).title}"
    elif point == "iterate":
        text = f"{text}, iterate w_t"
    elif point and quantity in CLAIMED:
        text = f"{point}{CLAIMED[quantity]}"
    return f"{text} / ({formula(unit)})" if unit else text


def formula(text: str) -> str:
    """A formula of a sweep file for people: ``1/(2*eta*sqrt(T))`` is ``1/(2 η √T)``."""
    text = re.sub(r"\w+", lambda found: SYMBOLS.get(found[0], found[0]), text)
    text = re.sub(r"sqrt\((\w+)\)", r"√\1", text)
    return text.replace("**2", "²").replace("**", "^").replace("*", " ")


def said(numbers: Mapping[str, Any]) -> str:
    """Columns with their values, by their symbols."""
    return listing({SYMBOLS.get(name, name): value for name, value in numbers.items()})


def logarithmic(values: Any) -> bool:
    found = np.array([v for v in values if isinstance(v, (int, float))], dtype=float)
    positive = found[found > 0]
    return bool(found.size and positive.size == found.size and positive.max() / positive.min() >= WIDE)


def decades(means: Any, bounds: Any = (), *, scale: str | None, shown: int) -> tuple[bool, float]:
    """Whether an axis is logarithmic, and where all that lies below it, and zero, is drawn; 0 if nothing lies there.

    Where no ``scale`` ("log", "linear") is asked for, it is logarithmic if the values are wide apart and none is
    negative. At most ``shown`` decades show below the largest mean; bounds only widen it upwards.
    """
    found, other = (np.array(list(values), dtype=float) for values in (means, bounds))
    positive = found[found > 0]
    top = max(positive.max(initial=0.0), other.max(initial=0.0))
    wide = positive.size and min(found.min(), other.min(initial=0.0)) >= 0 and top / WIDE >= positive.min()
    if scale == "linear" or not (scale == "log" or wide):
        return False, 0.0
    lowest = positive[positive >= positive.max() / 10.0**shown].min()
    below = found.min() < lowest
    return True, float(10.0 ** (np.floor(np.log10(lowest)) - 1.0)) if below else 0.0


def ticks(axis: Axis, values: Any) -> None:
    """Ticks on a logarithmic axis, at most five, in plain numbers: where the values are, or round ones for many."""
    at = sorted(set(values))
    if len(at) > MANY:
        low, high = (math.floor(math.log10(at[k])) for k in (0, -1))
        each = [(digit, digit * 10.0**k) for k in range(low, high + 1) for digit in (1, 2, 5)]
        inside = [(digit, t) for digit, t in each if at[0] <= t <= at[-1]]
        tens = [t for digit, t in inside if digit == 1]
        at = tens if len(tens) > 2 else [t for _, t in inside]
    at = at[:: -(-len(at) // 5)]
    axis.set_ticks(at, [str(round(tick)) if 1 <= tick < 1e5 and tick == round(tick) else brief(tick) for tick in at])
    axis.minorticks_off()


def panels(data: Mapping[str, Any]) -> tuple[Figure, list[tuple[Axes, list[dict[str, Any]]]]]:
    """One panel for each value of the facets, at most four in a row."""
    rows, facets = data["rows"], data["facets"]

    def place_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in facets)

    values = list(dict.fromkeys(map(place_of, rows)))
    across = min(len(values), ACROSS)
    down = -(-len(values) // across)
    figure = new_figure(3.3 * across + 1.4, 2.7 * down + 1.3)
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    found = []
    for k, place in enumerate(grid.flat):
        if k >= len(values):
            place.set_axis_off()
            grid.flat[k - across].tick_params(labelbottom=True)  # nothing below it has the numbers
            continue
        if facets:
            shown = said(dict(zip(facets, values[k], strict=True)))
            place.set_title(folded(shown, room(3.0)), fontsize="medium")
        found.append((place, [row for row in rows if place_of(row) == values[k]]))
    title = data["title"] or word(data["value"])
    known = data["fixed"]
    asks = "method" in known and "oracle" in methods.get(known["method"]).reads
    fixed = {k: v for k, v in known.items() if k != "oracle" or asks}
    most = max(row["count"] for row in rows)
    evidence = f"{data['made']}, mean of {most} repetitions" if most > 1 else data["made"]
    if data["y"] is None and any(row["half"] for row in rows):
        evidence += "; bands: its 95% interval"
    if data["kind"] == "phase" and not all(row["inside"] for row in rows):
        evidence += "; hatched: outside the theorem"
    if data["missing"]:
        evidence += f"; {data['missing']:,} of {data['cells']:,} cells are missing or not finite" + ", crossed" * (
            data["y"] is not None
        )
    elif data["y"] is not None and any(_holes(rows, data["x"], data["y"]) for _, rows in found):
        evidence += "; crossed: no cell there"
    numbers = said(fixed | {name: formula(text) for name, text in data["formulas"].items()})
    headline(figure, title, f"{numbers}; {evidence}" if numbers else evidence)
    return figure, found


def _holes(rows: list[dict[str, Any]], x: str, y: str) -> bool:
    """Whether a pair of values has no row, as where one axis is a formula of the other."""
    return len(rows) < len({row[x] for row in rows}) * len({row[y] for row in rows})


def upright(figure: Figure, panels: int, data: Mapping[str, Any]) -> None:
    """Name what goes up in so many panels: y, or the value where there is none."""
    size, print_ = figure.get_size_inches()[1], float(matplotlib.rcParams["font.size"])
    text = word(data["y"]) if data["y"] is not None else word(data["value"], data["unit"])
    text = folded(text, size * BASE / print_ - 1.3)
    if panels <= ACROSS:
        figure.axes[0].set_ylabel(text, fontsize=print_)  # beside the axes, however long the legend below them is
    else:
        figure.supylabel(text, fontsize=print_)


def edges_of(values: Any) -> Any:
    """Edges of cells around increasing values, half way between neighbours (on a logarithmic axis, its middle)."""
    if len(values) == 1:
        half = 0.1 * abs(values[0]) or 0.5
        return np.array([values[0] - half, values[0] + half])
    v = np.log(values) if logarithmic(values) else values
    inner = (v[1:] + v[:-1]) / 2
    found = np.concatenate([[2 * v[0] - inner[0]], inner, [2 * v[-1] - inner[-1]]])
    return np.exp(found) if logarithmic(values) else found
