"""Theorem 7's loss at a point, as the search for its SAER reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.saer.ascent import climb

Vector = NDArray[np.float64]

SMALL = 2**10
"""Entries up to which a climb takes all its rounds."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A point of the chain on a sample.

    Attributes
    ----------
    blocks, b : ndarray, shape (m, T), float
        w.
    seen : ndarray, shape (m,)
        ``pi_i``, the share of ones of each column.
    signs, shares : ndarray, shape (k, m), (k,)
        The ``v_k`` on the first entries, one for examples that are alike, and the share of each.
    deltas : ndarray, shape (T,)
        ``delta_j`` at place j - 1, the first being 0.
    lam, gamma, delta_1, radius : float
        Constants of the loss, and r.
    """

    blocks: Vector
    b: float
    seen: Vector
    signs: Vector
    shares: Vector
    deltas: Vector
    lam: float
    gamma: float
    delta_1: float
    radius: float

    def some(self, rows: NDArray[np.int64]) -> Chain:
        """These blocks; their coupling is not meant to be read."""
        return replace(self, blocks=self.blocks[rows], seen=self.seen[rows])

    def terms(self, x: Vector) -> Vector:
        """``t_ij``, 0 for j = 1."""
        t = np.zeros_like(x)
        t[:, 1:] = x[:, 1:] - self.deltas[1:] * x[:, :-1]
        t[:, 1] -= self.deltas[1] * self.lam
        return t

    def coupling(self, x: Vector, b: float) -> Vector:
        """``v_k . x + delta_1``."""
        return np.asarray(self.signs @ x[:, 0] + (b + self.delta_1))

    def value(self, x: Vector, b: float) -> float:
        """F."""
        rest = float(np.sum(self.seen[:, None] * x[:, 1:] ** 2)) + float(np.sum(np.maximum(self.terms(x), 0.0) ** 2))
        return 0.5 * (rest + self.gamma * float(self.shares @ np.maximum(self.coupling(x, b), 0.0) ** 2))

    def spread(self, r: Vector) -> Vector:
        """The transpose of the linear part of `terms`."""
        out = r.copy()
        out[:, 0] = 0.0
        out[:, :-1] -= self.deltas[1:] * r[:, 1:]
        return out

    def slope(self, x: Vector, b: float) -> tuple[Vector, float]:
        """The gradient."""
        out = self.spread(np.maximum(self.terms(x), 0.0))
        out[:, 1:] += self.seen[:, None] * x[:, 1:]
        pull = np.maximum(self.coupling(x, b), 0.0) * (self.gamma * self.shares)
        out[:, 0] += pull @ self.signs
        return out, float(pull.sum())

    def climb(self, x: Vector, b: float, rounds: int = 100) -> tuple[float, Vector]:
        """The largest value on the way up from a point, and where it is; fewer rounds where there is more to read."""

        def at(point: Vector) -> tuple[float, Vector]:
            y, last = point[:-1].reshape(self.blocks.shape), float(point[-1])
            rise, up = self.slope(y, last)
            return self.value(y, last), np.append(rise.ravel(), up)

        centre = np.append(self.blocks.ravel(), self.b)
        return climb(at, centre, self.radius, np.append(x.ravel(), b), max(min(rounds, rounds * SMALL // x.size), 4))
