"""The parity of two coordinates, learnt by a network: the question is whether a flat minimum generalises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sco_flat.errors import InputError
from sco_flat.networks.base import Array
from sco_flat.networks.loss import NetworkLoss

ENUMERATED = 12
"""Dimension up to which all points of the cube are looked at."""


@dataclass(frozen=True)
class Xor(NetworkLoss):
    """``y = x_1 x_2`` on the cube.

    Setting
        x uniform on {-1, 1}^d; the sample has n distinct points. Up to d = 12 the population risk is that of the whole
        cube; beyond, ``--set test=N`` fresh points are looked at.
    Source
        arXiv 2307.11007.
    """

    name = "xor"
    title = "a network on y = x_1 x_2, x in {-1, 1}^d"
    classes = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inputs <= 62 and self.n > 2**self.inputs:
            raise InputError("n", self.n, f"the cube has {2**self.inputs} points", "take a smaller n or a larger d")

    def law(self) -> Array | None:
        """The cube up to d = 12."""
        return self._cube(np.arange(2**self.inputs)) if self.inputs <= ENUMERATED else None

    def _cube(self, places: np.ndarray) -> Array:
        """Points of the cube by their places, in the order of ``itertools.product((-1, 1), repeat=d)``."""
        bits = places[:, None] >> np.arange(self.inputs - 1, -1, -1)[None, :] & 1
        return np.asarray(2.0 * bits - 1.0)

    def points(self, rng: np.random.Generator, count: int, distinct: bool) -> Array:
        """See ``NetworkLoss.points``."""
        if self.inputs > 62:  # two equal points among fewer than 10^6 are never seen
            return np.asarray(2.0 * rng.integers(0, 2, (count, self.inputs)) - 1.0)
        return self._cube(rng.choice(2**self.inputs, count, replace=not distinct))

    def labels(self, inputs: Array) -> Array:
        """``x_1 x_2``."""
        return inputs[:, 0] * inputs[:, 1]


INSTANCE = Xor
