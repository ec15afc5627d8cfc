"""The largest value of one block of the chain, for any multiplier: tables along the block.

**The problem.** For one block at ``x = w + v``, ``low_j <= v_j <= high_j``, the largest of

    linear v_1 + ½ sum_{j>=2} (pi x_j² + [t_j]_+²) - ½ mu |v|²,    t_j = t_j(w) + v_j - delta_j v_{j-1}.

**Recursion.** Each term has two neighbours at most. Let ``C_j(v_j)`` be the largest value of all that lies before entry
j, with the term ``t_j`` that ends in it: ``C_1 = linear v_1``, and

    C_{j+1}(v) = max_u C_j(u) + ½ pi x_j(u)² - ½ mu u² + ½ [t_{j+1}(u, v)]_+².

Whatever mu is, ``C_{j+1}`` is a maximum of convex functions of v, hence convex: between two places of a grid it lies
below its chord. With chords for ``C_j`` the maximum over u is one of two quadratics on each interval, known exactly;
so that all tables lie above the true ones, by what the chords lose. The places are closest around w, where most
entries stay: with K of them a chord at distance d from w loses about ``2 d r / K²`` times the curvature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

PLACES = 65
"""Places of a grid, an odd number so that one of them is w."""
AT_ONCE = 2**20
"""Most numbers of an array."""


@dataclass(frozen=True, eq=False)
class Tables:
    """A few blocks.

    Attributes
    ----------
    seen, linear : ndarray, shape (a,)
        ``pi``, and the slope in the first entry.
    w, terms : ndarray, shape (a, T)
        The centre, and ``t_j`` there.
    low, high : ndarray, shape (a, T)
        Ranges of v.
    deltas : ndarray, shape (T,)
        ``delta_j`` at place j - 1.
    """

    seen: Vector
    linear: Vector
    w: Vector
    terms: Vector
    low: Vector
    high: Vector
    deltas: Vector

    def maximise(self, mu: float) -> tuple[Vector, Vector]:
        """The largest values, and where they are taken."""
        most = max(AT_ONCE // PLACES**2, 1)
        parts = [self._some(mu, slice(at, at + most)) for at in range(0, self.seen.size, most)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    @property
    def work(self) -> int:
        """Numbers that one call computes."""
        return 3 * self.w.size * PLACES**2

    def magnitudes(self, mu: float) -> Vector:
        """For each block the sum of what is added up, with room for the length of the sums."""
        reach = np.maximum(-self.low, self.high)
        before = np.zeros_like(reach)
        before[:, 1:] = self.deltas[1:] * reach[:, :-1]
        parts = self.seen[:, None] * (np.abs(self.w) + reach) ** 2 + mu * reach**2
        parts += np.maximum(self.terms + reach + before, 0.0) ** 2
        return np.asarray((parts.sum(axis=1) + np.abs(self.linear) * reach[:, 0]) * (1.0 + self.w.shape[1] / 64.0))

    def _some(self, mu: float, rows: slice) -> tuple[Vector, Vector]:
        """`maximise` for these blocks."""
        low, high = self.low[rows], self.high[rows]
        centre = np.clip(0.0, low, high)[:, :, None]
        pace = np.linspace(-1.0, 1.0, PLACES)
        grid = centre + pace**2 * np.where(pace < 0.0, low[:, :, None] - centre, high[:, :, None] - centre)
        grid[:, :, 0], grid[:, :, -1] = low, high
        length = low.shape[1]
        before = self.linear[rows, None] * grid[:, 0]
        stages = []
        for j in range(length):
            share = self.seen[rows] if j > 0 else np.zeros(low.shape[0])
            stages.append(_Stage.of(before, grid[:, j], share, self.w[rows, j], mu))
            if j + 1 < length:
                reach = self.terms[rows, j + 1, None] + grid[:, j + 1]
                before = stages[-1].best(reach, float(self.deltas[j + 1]))[0]
        v = np.empty(low.shape)
        values, v[:, -1] = stages[-1].top()
        for j in range(length - 2, -1, -1):
            reach = (self.terms[rows, j + 1] + v[:, j + 1])[:, None]
            v[:, j] = stages[j].best(reach, float(self.deltas[j + 1]))[1][:, 0]
        return values, v


@dataclass(frozen=True, eq=False)
class _Stage:
    """One entry: the quadratics ``second u² + first u + rest`` on each interval, and what they are where it counts."""

    left: Vector
    right: Vector
    second: Vector
    first: Vector
    rest: Vector
    places: Vector
    heights: Vector

    @classmethod
    def of(cls, before: Vector, grid: Vector, share: Vector, w: Vector, mu: float) -> _Stage:
        """Chords for the table before this entry; the places are the grid and the tops of the quadratics."""
        left, right = grid[:, :-1], grid[:, 1:]
        wide = right > left
        slope = np.diff(before, axis=1) / np.where(wide, right - left, 1.0)
        slope = np.where(wide, slope, 0.0)
        second, first = 0.5 * (share - mu)[:, None], (share * w)[:, None] + slope
        rest = 0.5 * (share * w * w)[:, None] + before[:, :-1] - slope * left
        tops = _vertex(second, first, left, right)
        at_grid = (second * grid + (share * w)[:, None]) * grid + 0.5 * (share * w * w)[:, None] + before
        heights = np.concatenate([at_grid, (second * tops + first) * tops + rest], axis=1)
        return cls(left, right, second, first, rest, np.concatenate([grid, tops], axis=1), heights)

    def top(self) -> tuple[Vector, Vector]:
        """The largest values without a next entry."""
        return _largest(self.heights, self.places)

    def best(self, reach: Vector, delta: float) -> tuple[Vector, Vector]:
        """The largest values with ``½ [reach - delta u]_+²`` of the next entry, for each reach.

        On an interval one of two quadratics is right, and the kink between them is no maximum: so it is at an end,
        or at the top of one of them.
        """
        t = np.maximum(reach[:, :, None] - delta * self.places[:, None, :], 0.0)
        value, u = _largest(self.heights[:, None, :] + 0.5 * t * t, self.places[:, None, :])
        second = (self.second + 0.5 * delta * delta)[:, None, :]
        if not np.any(second < 0.0):
            return value, u
        first, rest = self.first[:, None, :], self.rest[:, None, :]
        tops = _vertex(second, first - delta * reach[:, :, None], self.left[:, None, :], self.right[:, None, :])
        t = np.maximum(reach[:, :, None] - delta * tops, 0.0)
        other, at = _largest((self.second[:, None, :] * tops + first) * tops + rest + 0.5 * t * t, tops)
        return np.maximum(value, other), np.where(other > value, at, u)


def _vertex(second: Vector, first: Vector, left: Vector, right: Vector) -> Vector:
    """Where a quadratic is largest if it is concave, moved into the interval; else its left end."""
    concave = second < 0.0
    return np.where(concave, np.clip(-0.5 * first / np.where(concave, second, 1.0), left, right), left)


def _largest(values: Vector, places: Vector) -> tuple[Vector, Vector]:
    """The largest along the last axis, and the place that belongs to it."""
    k = np.argmax(values, axis=-1)[..., None]
    at = np.take_along_axis(np.broadcast_to(places, values.shape), k, -1)
    return np.take_along_axis(values, k, -1)[..., 0], at[..., 0]
