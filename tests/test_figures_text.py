"""No text of a figure leaves the canvas or lies on another, and no curve leaves its axes.

The figures of the works are held to it in `test_plots`, from the same helper.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from figure_data import FIGURES, MADE, bounds, fake, falsified, swept
from figure_text import complaints, cut

from sco_flat import animations
from sco_flat.comparisons import figure as bounds_figure
from sco_flat.comparisons import minima, staircase, trajectory
from sco_flat.comparisons.falsify import figure as falsify_figure
from sco_flat.plots import heatmap, line, phase, style

NUMBERS = {"n": 20, "T": 1000000, "eta": 0.0625}
LONG = "A title that somebody gave, longer than the figure is wide, so that it takes more lines than one of them"
FILMS = {"landscape": {"steps": 6}, "window": {"steps": 40}, "walk": {"steps": 6}}
"""The other films with six steps, too; a window needs some to end."""


def risks(top: float) -> dict[str, list[float]]:
    return {"t": [1, 2, 3], "empirical_risk": [0.0, 1e-20, top / 9], "population_risk": [top / 5, top, top / 2]}


def beside() -> dict[str, Any]:
    """A run and two minima with the longest names and a SAER that is a wide enclosure."""
    names = ("last", "average", "lowest_suffix", "flat minimum u_I", "sharp minimum rho e_b")
    kinds = {name: np.linspace((0.0, 0.01 * k), (0.1, 0.2 * k), 40) for k, name in enumerate(minima.MEASURES, 1)}
    return {
        "points": {name: {kind: tuple(values[-1]) for kind, values in kinds.items()} for name in names},
        "ends": names[:2:-1], "ran": True, "way": np.linspace(0, 1, 40), **kinds,
    }  # fmt: skip


def stairs(count: int, cell: int, columns: int) -> dict[str, Any]:
    times = np.linspace(1, count * cell, count).round()
    return {"t": times, "cell": cell, "size": np.tri(count), "column": 987654321, "columns": columns}


DRAWN = {
    "line": lambda: line.draw(swept("line")),
    "line, one panel": lambda: line.draw(swept("line", facets=[], rows=swept("line")["rows"][::2], title=LONG)),
    "line, linear": lambda: line.draw(swept("line", scale="linear", bounds=())),
    "line, eight panels": lambda: line.draw(swept("line", facets=["instance", "method"], by=None)),
    "line of a claim": lambda: line.draw(swept("line", value="end from +v_1: lambda_max < 2/eta.value", unit=None)),
    "heatmap": lambda: heatmap.draw(swept("heatmap")),
    "phase": lambda: phase.draw(swept("phase", facets=["instance", "method"])),
    "phase, linear": lambda: phase.draw(swept("phase", scale="linear", title=LONG)),
    "bounds of a method": lambda: bounds_figure.draw(bounds(1, title=f"{LONG} on sam-chain")),
    "bounds, one panel": lambda: bounds_figure.draw(bounds(1, 1)),
    "falsify": lambda: falsify_figure.draw(falsified(10)),
    "falsify, one": lambda: falsify_figure.draw(falsified(1)),
    "run": lambda: trajectory.draw(risks(1e-3), "gd on least-squares", {"n": 20, "T": 1000, "eta": 0.0625}),
    "run and minima": lambda: minima.draw(beside(), "gd on flat-erm-code", {**NUMBERS, "r": 0.333, "ρ": 0.123}),
    "run, staircase": lambda: staircase.draw(stairs(20, 1, 1), "sam on sam-chain", NUMBERS),
    "run, coarse staircase": lambda: staircase.draw(stairs(200, 5000, 17), "sagd on sagd-blocks", NUMBERS),
    "run, zero": lambda: trajectory.draw(risks(0.0), "sam on sam-valley-epochs", {"n": 6, "T": 3, "eta": 0.0625}),
}


def test_the_check_sees_what_is_wrong():
    """A text beyond the edge, one on another, turned or not, and a curve of which a part is not shown."""
    with style.style():
        figure = style.new_figure(4.0, 3.0)
        axes = figure.subplots()
        axes.plot([0, 1, 2], [0, 1, 5], label="curve")
        assert complaints(figure) == cut(figure) == []
        axes.set_ylim(0, 4)
        for x, text in ((0.5, "one text"), (0.8, "two texts")):
            axes.text(x, 2.0, text)
        for x, text in ((0.5, "a text that is turned"), (0.7, "and another beside it")):
            axes.text(x, 0.2, text, rotation=45)
        axes.text(1.9, 3.0, "beyond the edge of the canvas").set_in_layout(False)
        assert complaints(figure) == [
            "'beyond the edge of the canvas' leaves the canvas",
            "'one text' lies on 'two texts'",
        ]
        assert cut(figure) == ["'curve' leaves the axes ''"]
        axes.texts[3].set_x(0.55)
        assert "'a text that is turned' lies on 'and another beside it'" in complaints(figure)


@pytest.mark.parametrize(
    ("name", "look"),
    [(name, "paper") for name in DRAWN]
    + [pytest.param(name, "slide", marks=pytest.mark.deep) for name in (*DRAWN, *MADE)],
)
def test_texts_have_their_place(name, look):
    with style.style(look):
        figure = DRAWN[name]() if name in DRAWN else FIGURES[name].draw(fake(name))
        assert complaints(figure) == []
        assert cut(figure) == []


@pytest.mark.parametrize("name", animations.names())
def test_the_first_and_the_last_frame(name):
    chosen = animations.get(name)
    data = chosen.prepare(**FILMS.get(name, {"steps": 6}))
    with style.style("slide"):
        scene = chosen.draw(data)
        for t in (1, data["steps"]):
            scene.update(t)
            assert complaints(scene.figure) == [], t


def test_lines_on_each_other_are_seen():
    """A line that others lie on has larger markers, whose rim shows around theirs."""
    with style.style():
        (axes, *_) = line.draw(swept("line")).axes
        sizes = {curve.get_label(): curve.get_markersize() for curve in axes.lines}
    assert sizes["method = gd"] == sizes["method = sam"] < sizes["method = sagd"] < sizes["method = sgd"]


def test_folded_lines_fit_and_lose_nothing():
    text = "instance = sam-chain, method = sam, r = 1/(2 η √T); float runs, mean of 4 repetitions; bands: 95% intervals"
    for inches in (1.5, 2.5, 4.7, 9.0):
        lines = style.folded(text, inches).split("\n")
        assert " ".join(lines) == text
        assert max(map(len, lines)) <= inches / style.LETTER
        if inches > 2.0:  # no line begins inside of what stands between commas
            assert all(a.endswith((",", ";")) for a in lines[:-1])
    assert max(map(len, itertools.chain(style.folded("x" * 99, 2.0).split("\n")))) <= 2.0 / style.LETTER


def test_every_figure_of_a_work_has_small_data():
    """A new figure needs an entry in ``figure_data.MADE``, so that its texts are looked at."""
    assert set(MADE) == set(FIGURES)
