"""What an animation consists of, and what all of them read off a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from sco_flat.engines import memory
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import InputError
from sco_flat.plots.style import new_figure, points
from sco_flat.requests import request_from
from sco_flat.works import base as works

Data = dict[str, Any]
Array = NDArray[np.float64]

MOST = 1024
"""Frames of one file: a page holds all of them at once."""


@dataclass(frozen=True)
class Scene:
    """A figure whose static part is drawn once.

    Attributes
    ----------
    figure : Figure
        Everything.
    artists : sequence of Artist
        What moves, in the order in which it is drawn over the rest.
    update : callable
        ``update(t)`` moves the artists to iterate t, from 1.
    """

    figure: Figure
    artists: Sequence[Artist]
    update: Callable[[int], None]


@dataclass(frozen=True)
class Animation:
    """One animation.

    Attributes
    ----------
    prepare : callable
        From ``n``, ``steps``, ``step_size``, ``flatness_radius``, ``seed`` to data. Each has ``steps``, ``title``,
        ``caption`` and ``alt`` (texts of the page) and ``status``, a text for each iterate.
    draw : callable
        From data to a scene; nothing is simulated here.
    """

    prepare: Callable[..., Data]
    draw: Callable[[Data], Scene]


@dataclass(frozen=True)
class Trace:
    """Every iterate of a run, reduced to some blocks and to its risks.

    Attributes
    ----------
    blocks, mean_blocks : ndarray, shape (T, number of columns, T)
        ``x[i, j]`` of the columns asked for, at ``w_t`` and at the average of ``w_1..w_t``.
    b : ndarray, shape (T,)
        The scalar coordinate of ``w_t``.
    empirical, population : ndarray, shape (T,)
        Risks of ``w_t``; the lower end where the population risk is a bracket.
    mean_empirical, mean_population : ndarray, shape (T,)
        The same for the average of ``w_1..w_t``.
    """

    blocks: Array
    mean_blocks: Array
    b: Array
    empirical: Array
    population: Array
    mean_empirical: Array
    mean_population: Array


def start(instance: str, method: str, **numbers: Any) -> Simulation:
    """Run a request inside its theorem.

    Raises
    ------
    InputError
        For more than `MOST` iterates, and for numbers outside the theorem, which the title states.
    """
    request = request_from(instance, method, allow_outside=True, **numbers)
    built = request.build()
    if built.steps > MOST:
        raise InputError("steps", built.steps, f"each iterate is a frame, and {MOST} are the most", "choose fewer")
    for statement in works.homes(instance, request.settings):
        works.refuse_outside(statement.hypotheses(built), built, mend="")
    memory.ask(built, request.settings)
    return simulate(built, request.sample(built), request.settings, request.seed)


def trace(simulation: Simulation, columns: Sequence[int]) -> Trace:
    """Follow a run from w_1 to w_T."""
    layout, steps = simulation.layout, simulation.instance.steps
    length = simulation.instance.length
    places = np.searchsorted(layout.rows, columns)

    def blocks(w: Array) -> Array:
        return w[: layout.rows.size * length].reshape(-1, length)[places]

    found = Trace(
        *(np.zeros((steps, len(places), length)) for _ in range(2)), *(np.zeros(steps) for _ in range(5))
    )  # fmt: skip
    whole = np.zeros(layout.size)
    for t, w in simulation.iterates():
        whole += w
        mean = whole / t
        found.blocks[t - 1], found.mean_blocks[t - 1], found.b[t - 1] = blocks(w), blocks(mean), w[-1]
        found.empirical[t - 1], found.population[t - 1] = risks(simulation, w)
        found.mean_empirical[t - 1], found.mean_population[t - 1] = risks(simulation, mean)
    return found


def risks(simulation: Simulation, w: Array) -> tuple[float, float]:
    """F_S and F of a stored point."""
    look = simulation.look(w)
    return look.empirical_risk, look.population_risk[0]


def slide() -> Figure:
    """Make an empty figure of 16 : 9, with 960 x 540 pixels in the ``slide`` look; the bottom is for the state at t."""
    figure = new_figure(9.6, 5.4)
    figure.set_size_inches(points(9.6 / 1.4), points(5.4 / 1.4))
    figure.set_dpi(100)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0.0, 0.06, 1.0, 0.94), w_pad=0.12, h_pad=0.06)
    return figure


def state(figure: Figure) -> Text:
    """Make the line of text at the bottom that says what the state at t is."""
    return figure.text(0.02, 0.022, "", va="baseline")


def over_time(axes: Axes, steps: int, top: float, risk: str, title: str) -> None:
    """Prepare axes for risks up to ``top`` over t, with room for the legend above the lines."""
    axes.set_xlim(0.0, 1.03 * steps)
    axes.set_ylim(-0.03 * top, 1.5 * top)
    axes.set_xlabel("iterate t")
    axes.set_ylabel(f"{risk} (units of the loss)")
    axes.set_title(title)
    axes.legend(loc="upper left")


def growing(axes: Axes, **look: Any) -> Line2D:
    """Make an empty line whose marker is on its last point."""
    return axes.plot([], [], markevery=[-1], **look)[0]
