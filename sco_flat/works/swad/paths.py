"""Domain generalisation in kind: one run on the sources, and the points that averages pick from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from sco_flat.averages.window import Window, swad_window
from sco_flat.curvature import f_gamma
from sco_flat.engines.layout import Layout, Look
from sco_flat.engines.simulation import stretches
from sco_flat.instances.domains import Domained, Domains
from sco_flat.networks import curvature
from sco_flat.networks.base import Array
from sco_flat.requests import request_from

EVERY = 25
"""Steps between two checkpoints."""
ON_SOURCE, ON_TARGET = 2.0, 5.0
"""Distances of F_gamma on training data and on the target."""
ERM = {"method": "weight-decay", "weight_decay": 0.0, "perturbation_radius": 0.0}
"""Plain descent on batches: SAM with r = 0 takes the same steps with two gradients each."""
SAM = {"method": "sam", "perturbation_radius": 0.1}


def validation(look: Look) -> float:
    """The loss of the kept examples of all sources."""
    loss, sample = look.instance, look.layout.sample
    assert isinstance(loss, Domains)
    assert isinstance(sample, Domained)
    found = loss.predict(look.w, sample.kept_inputs, sample.inputs)
    return float(loss.heights(found, sample.kept_labels).mean())


def of_target(look: Look) -> Look:
    """The same point, with the target as its sample."""
    loss, sample = look.instance, cast(Any, look.layout.sample)
    assert isinstance(loss, Domains)
    count = len(sample.law_labels) // loss.groups * loss.groups
    law = replace(sample, inputs=sample.law_inputs[:count], labels=sample.law_labels[:count])
    return Look(Layout(replace(loss, n=count), law, look.layout.rows), look.w)


@dataclass(frozen=True, eq=False)
class Path:
    """A run, cut at its checkpoints: all that any average of windows of segments needs.

    Attributes
    ----------
    layout : Layout
        Loss and sample.
    checkpoints : ndarray, shape (K, d)
        The iterates ``1, 1 + every, 1 + 2 every, ...``.
    segments : ndarray, shape (K, d)
        The mean of the iterates after the checkpoint before, up to this one.
    last : ndarray, shape (d,)
        w_T.
    losses : list of float
        Validation losses of the checkpoints.
    every : int
        Steps between two checkpoints.
    """

    layout: Layout
    checkpoints: Array
    segments: Array
    last: Array
    losses: list[float]
    every: int

    def window(self, **rule: Any) -> Window:
        """SWAD's window, by `swad_window`."""
        return swad_window(self.losses, **rule)

    def dense(self, window: Window) -> Array:
        """The mean of every iterate of a window, as `sco_flat.averages.swad.swad` has it."""
        if window.weights is not None:
            return self._weighted(window.weights)
        if window.start is None or window.end is None:
            return self.last
        first, rest = window.start, self.segments[window.start + 1 : window.end + 1]
        total = self.checkpoints[first] + self.every * rest.sum(axis=0)
        return np.asarray(total / (1 + self.every * len(rest)))

    def sparse(self, window: Window) -> Array:
        """The mean of the checkpoints of a window."""
        if window.start is None or window.end is None:
            return self.last
        return np.asarray(self.checkpoints[window.start : window.end + 1].mean(axis=0))

    def _weighted(self, weights: Mapping[int, int]) -> Array:
        total = sum(count * self.segments[k] for k, count in weights.items())
        return np.asarray(total / sum(weights.values()))

    def swa(self) -> Array:
        """The mean of the checkpoints of the second half."""
        return np.asarray(self.checkpoints[len(self.checkpoints) // 2 :].mean(axis=0))

    def best(self) -> Array:
        """The checkpoint of least validation loss."""
        return np.asarray(self.checkpoints[int(np.argmin(self.losses))])

    def accuracy(self, w: Array) -> float:
        """On the target."""
        found = curvature.accuracy(Look(self.layout, w))
        assert found is not None
        return found

    def flatness(self, w: Array) -> tuple[float, float]:
        """F_gamma of the training data and of the target."""
        look = Look(self.layout, w)
        found = f_gamma(look, ON_SOURCE), f_gamma(of_target(look), ON_TARGET)
        return tuple(math.nan if value is None else value for value in found)  # type: ignore[return-value]


def path(seed: int = 0, every: int = EVERY, **numbers: Any) -> Path:
    """Run once.

    Parameters
    ----------
    seed : int
        Of sample, start and order.
    every : int
        Steps between two checkpoints.
    **numbers
        As of ``sco_flat.run("domains", ...)``, with `ERM` or `SAM`.

    Returns
    -------
    Path
        Two vectors for each checkpoint.

    Raises
    ------
    InputError
        As of the instance and of the run.

    Examples
    --------
    >>> small = {"domains": 3, "n": 8, "batch_size": 4, "inputs": 6, "width": 3, "kept": 2, "test": 4, "steps": 11}
    >>> found = path(0, 2, **ERM, **small)
    >>> found.checkpoints.shape, len(found.losses)
    ((6, 61), 6)
    """
    asked = request_from("domains", seed=seed, **numbers)
    loss, points, segments, losses = asked.build(), [], [], []
    times = [*range(1, loss.steps + 1, every)]
    ends = [] if times[-1] == loss.steps else [loss.steps]
    for t, look, mean in stretches(loss, asked.sample(loss), asked.settings, seed, times + ends):
        if t in times:
            points.append(look.w)
            segments.append(mean)
            losses.append(validation(look))
    return Path(look.layout, np.array(points), np.array(segments), look.w, losses, every)
