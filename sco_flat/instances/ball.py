"""A sum of two coordinates' sizes on a ball, learnt by a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sco_flat.networks.base import Array, squares
from sco_flat.networks.loss import NetworkLoss


@dataclass(frozen=True)
class Ball(NetworkLoss):
    """``y = |x_1| - |x_2|`` on the ball of radius sqrt(d).

    Setting
        x uniform on the ball; the risk is looked at on ``test`` fresh points.
    Source
        arXiv 2307.11007, figure 7.
    """

    name = "ball"
    title = "a network on y = |x_1| - |x_2|, x in the ball of radius sqrt(d)"

    def points(self, rng: np.random.Generator, count: int, distinct: bool) -> Array:
        """See ``NetworkLoss.points``."""
        x = rng.standard_normal((count, self.inputs))
        radius = np.sqrt(self.inputs) * rng.random(count) ** (1.0 / self.inputs)
        return np.asarray(x * (radius / np.sqrt(squares(x)))[:, None])

    def labels(self, inputs: Array) -> Array:
        """``|x_1| - |x_2|``."""
        return np.abs(inputs[:, 0]) - np.abs(inputs[:, 1])


INSTANCE = Ball
