"""SWAD: the mean of every iterate from where the validation loss has converged to where it rises.

Two runs: the first looks at the loss at the checkpoints, the second averages the window that `swad_window` finds there.
So two vectors are held, whatever T and the window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sco_flat import memory
from sco_flat.averages import options
from sco_flat.averages.base import Average, Picked
from sco_flat.averages.swa import spacing
from sco_flat.averages.window import Window, swad_window
from sco_flat.engines.layout import Look, Vector
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import InputError
from sco_flat.samples import streams

Validation = Callable[[Look], float]


def unseen(look: Look) -> float:
    """The upper end of the population risk: the loss on as many fresh examples as one likes."""
    return look.population_risk[1]


def training(look: Look) -> float:
    """F_S: the loss on the sample itself."""
    return look.empirical_risk


def on_fresh(simulation: Simulation, count: int) -> Validation:
    """The mean loss of fresh examples, by the loss's definition; they have a stream of their own.

    Raises
    ------
    InputError
        If the loss has not so many, or they do not fit into the memory.
    """
    loss, layout = simulation.instance, simulation.layout
    memory.ask(8 * (count * loss.m + 3 * loss.dimension), "choose a smaller n_val, n or T")
    examples = loss.fresh(layout.sample, streams(simulation.seed, "validation")["validation"], count)

    def mean(look: Look) -> float:
        w = layout.dense(look.w)
        return float(np.mean([loss.loss(w, z) for z in examples]))

    return mean


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


def _seen(simulation: Simulation, validation: str | None, count: int | None) -> tuple[Validation, str]:
    """Which loss is looked at, and what it is called."""
    if count is not None:
        if validation is not None:
            limit = "is the size of a validation set, and validation names another loss"
            raise InputError("n_val", count, limit, "give one of them")
        return on_fresh(simulation, count), f"the mean loss of {count} {simulation.instance.fresh_ones}"
    if validation == "F_S":
        return training, "the training loss F_S"
    exact = simulation.instance.facts()["known_risk"]
    return unseen, "the population risk F" if exact else "F, estimated on points of the law of z"


def pick(
    simulation: Simulation, *, every: int | None = None, validation: str | None = None, n_val: int | None = None,
    **rule: Any,
) -> Picked:  # fmt: skip
    """Average by SWAD, and say what it looked at and which window it found.

    Parameters
    ----------
    simulation, every, **rule
        As of `swad`.
    validation : {"F", "F_S"}, optional
        The population risk, which is usual, or the training loss.
    n_val : int, optional
        Instead of them, so many fresh examples.

    Raises
    ------
    InputError
        As `swad`; if both ``validation`` and ``n_val`` are given.
    """
    space = spacing(simulation, every)
    seen, name = _seen(simulation, validation, n_val)
    w, window = swad(simulation, space, seen, **rule)
    numbers = options.RULE | rule
    looked = f"looks at {name} every {f'{space} steps' if space > 1 else 'step'}"
    used = f"{window.mode}, Ns = {numbers['n_start']}, Ne = {numbers['n_end']}, r = {numbers['tolerance']:g}"
    if window.start is None or window.end is None:
        last = "segment" if window.weights else "iterate"
        return Picked(w, None, f"{looked} ({used}): no window begins, the last {last} is left")
    first, end = 1 + window.start * space, 1 + window.end * space
    ends = "ended" if window.ended else "not ended"
    kind = "segments of the checkpoints" if window.weights else "window"
    return Picked(w, first, f"{looked} ({used}): {kind} w_{first} .. w_{end}, {ends}")


AVERAGE = Average(name="swad", title="SWAD", pick=pick, numbers=options.ALL, asked=True, place=6)
