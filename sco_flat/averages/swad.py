"""SWAD: the mean of every iterate from where the validation loss has converged to where it rises.

Two runs: the first looks at the loss at the checkpoints, the second averages the window that `swad_window` finds there.
So two vectors are held, whatever T and the window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sco_flat.averages.base import Average
from sco_flat.averages.swa import spacing
from sco_flat.averages.window import Window, swad_window
from sco_flat.engines.layout import Look, Vector
from sco_flat.engines.simulation import Simulation, simulate

Validation = Callable[[Look], float]


def unseen(look: Look) -> float:
    """The upper end of the population risk: the loss on as many fresh examples as one likes."""
    return look.population_risk[1]


def trace(simulation: Simulation, every: int | None = None, validation: Validation = unseen) -> list[float]:
    """Return the validation loss at checkpoints 0, 1, ...: at the iterates ``1, 1 + every, 1 + 2 every, ...``."""
    times = range(1, simulation.instance.steps + 1, spacing(simulation, every))
    return [float(validation(simulation.look(w))) for _, w in simulation.snapshots(times)]


def swad(
    simulation: Simulation, every: int | None = None, validation: Validation = unseen, **rule: Any
) -> tuple[Vector, Window]:
    """Average a run by SWAD.

    Parameters
    ----------
    simulation : Simulation
        A finished run of any method on any loss.
    every : int, optional
        Steps between two checkpoints, a hundredth of the run by default.
    validation : callable
        From a look at an iterate to its validation loss; the population risk by default. ``lambda look:
        look.empirical_risk`` feeds it with the sample itself.
    **rule
        ``n_start``, ``n_end``, ``tolerance``, ``mode`` of `swad_window`.

    Returns
    -------
    w : ndarray
        On the stored coordinates: the mean of the iterates between the ends of the window, in the mode ``released``
        the mean of the segments by their weights. Where the valley never begins it is the last iterate, in the mode
        ``released`` the last segment.
    window : Window
        In checkpoints from 0: checkpoint i is the iterate ``1 + i every``.

    Raises
    ------
    InputError
        As `swad_window`.
    """
    space = spacing(simulation, every)
    window = swad_window(trace(simulation, space, validation), **rule)
    if window.weights is not None:
        return _segments(simulation, space, window.weights), window
    if window.start is None or window.end is None:
        return simulation.last, window
    span, sample = (1 + window.start * space, 1 + window.end * space), simulation.layout.sample
    again = simulate(simulation.instance, sample, simulation.settings, simulation.seed, span)
    return again.average, window


def _segments(simulation: Simulation, space: int, weights: dict[int, int]) -> Vector:
    """The mean of segments: segment i holds the iterates after checkpoint i-1 up to checkpoint i."""
    mean, whole = simulation.last * 0.0, sum(weights.values())
    for t, w in simulation.iterates():
        place = -(-(t - 1) // space)
        mean += w * (weights.get(place, 0) / (whole * (space if place else 1)))
    return mean


def pick(simulation: Simulation) -> tuple[Vector, int | None]:
    """Average by the paper's algorithm with its numbers, validated on the population risk."""
    w, window = swad(simulation)
    return w, None if window.start is None else 1 + window.start * spacing(simulation)


AVERAGE = Average(name="swad", title="SWAD", pick=pick, asked=True, place=6)
