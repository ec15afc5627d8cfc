"""The bound of a node of the chain's search, as a function of one multiplier."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.saer import concave
from sco_flat.instances.saer.links import Chain
from sco_flat.instances.saer.tables import Tables

Vector = NDArray[np.float64]

TANGENTS = 14
"""Most multipliers for a node."""
SLACK = 2.0**-40


@dataclass(frozen=True, eq=False)
class Node:
    """Ranges.

    Attributes
    ----------
    under, over : ndarray, shape (k,)
        Ranges of ``v_k . x + delta_1``.
    low, high : ndarray, shape (m, T)
        Ranges of v.
    cut : ndarray of bool, shape (m,)
        Blocks in which one has been cut.
    """

    under: Vector
    over: Vector
    low: Vector
    high: Vector
    cut: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Point:
    """The bound of a multiplier mu, its maximiser and ``|v|²``."""

    bound: float
    mu: float
    v: Vector
    up: float
    length: float


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The best point found, and those on both sides of r that are nearest to it."""

    best: Point
    longer: Point | None
    shorter: Point | None


def chords(low: Vector, high: Vector) -> tuple[Vector, Vector]:
    """``alpha, beta`` with ``½ [t]_+² <= alpha + beta t`` for ``low <= t <= high``."""
    top, bottom = np.maximum(high, 0.0), np.maximum(low, 0.0)
    mixed = 0.5 * top**2 / np.where(high > low, high - low, 1.0)
    beta = np.where(low >= 0.0, 0.5 * (low + high), mixed)
    return 0.5 * bottom**2 - beta * low, beta


@dataclass(eq=False)
class Dual:
    """The bound of a node as a function of the multiplier; ``work`` counts what has been computed."""

    chain: Chain
    tops: concave.Tops
    node: Node
    work: int = 0

    def __post_init__(self) -> None:
        chain, node = self.chain, self.node
        at = chain.coupling(chain.blocks, chain.b)
        alpha, beta = (c * (chain.gamma * chain.shares) for c in chords(node.under, node.over))
        self.linear, self.on_b = beta @ chain.signs, float(beta.sum())
        self.constant = float(np.sum(alpha + beta * at))
        self.room = float(np.sum(np.abs(alpha) + beta * np.abs(at)))
        self.terms = chain.terms(chain.blocks)

    @property
    def least(self) -> float:
        """From here on all blocks are concave."""
        return float(self.tops.values.max()) * (1.0 + concave.MARGIN)

    def at(self, mu: float, start: Vector) -> Point:
        """The bound at mu; Newton's method starts from a given v."""
        chain, r = self.chain, self.chain.radius
        smooth = ~self.node.cut & (mu >= self.tops.values * (1.0 + concave.MARGIN))
        v, bound, room = start.copy(), self.constant, self.room
        if smooth.any():
            rows = np.flatnonzero(smooth)
            value, v[rows], left = concave.maximise(chain, rows, self.linear[rows], mu, start[rows])
            bound += value + left / (2.0 * (mu - float(self.tops.values[rows].max())))
            room += float(np.sum((chain.blocks[rows] + v[rows]) ** 2))
        if not smooth.all():
            rows = np.flatnonzero(~smooth)
            part, count = self._tables(rows)
            values, found = part.maximise(mu)
            v[rows] = found[count]
            bound += float(np.sum(values[count]))
            room += float(np.sum(part.magnitudes(mu)[count]))
            self.work += part.work
        up = min(self.on_b / mu, r)
        length = float(np.sum(v * v)) + up * up
        bound += self.on_b * up - 0.5 * mu * up * up + 0.5 * mu * r * r
        bound += SLACK * (room + mu * (r * r + length))
        return Point(bound, mu, v, up, length)

    def _tables(self, rows: NDArray[np.int64]) -> tuple[Tables, NDArray[np.int64]]:
        """The blocks of these rows that differ, and which of them each row is."""
        chain, node = self.chain, self.node
        own = np.column_stack([chain.seen, self.linear, chain.blocks, node.low, node.high])[rows]
        _, first, which = np.unique(own, axis=0, return_index=True, return_inverse=True)
        some = rows[first]
        part = Tables(
            chain.seen[some], self.linear[some], chain.blocks[some], self.terms[some], node.low[some], node.high[some],
            chain.deltas,
        )  # fmt: skip
        return part, which.ravel()

    def concave(self, low: float) -> Point:
        """The best multiplier from `least` on, with ``|v|`` between the last two taken for ``1 / (a + b mu)``."""
        chain, r = self.chain, self.chain.radius
        found = self.at(self.least, np.zeros_like(chain.blocks))
        longer, shorter = found, None
        for _ in range(30):
            if abs(found.length - r * r) <= 1e-6 * r * r or (shorter is None and found.length < r * r):
                break
            if shorter is None:
                # beyond, the tangent is below what is attained
                mu = longer.mu + 2.0 * (longer.bound - 0.999 * low) / (longer.length - r * r)
            else:
                near, far = 1.0 - r / math.sqrt(longer.length), r / math.sqrt(max(shorter.length, 1e-300)) - 1.0
                mu = longer.mu + (shorter.mu - longer.mu) * min(max(near / (near + far), 0.05), 0.95)
            found = self.at(mu, found.v)
            longer, shorter = (found, shorter) if found.length > r * r else (longer, found)
        return found

    def close(self, first: Point, low: float, goal: float, most: int) -> Relaxed:
        """Look for the best multiplier from a point on, until the bound is at ``goal`` or the tangents allow no more.

        Where only one side is known, its tangent is followed to a value below which the bound cannot come.
        """
        r2 = self.chain.radius**2
        longer, shorter = (first, None) if first.length > r2 else (None, first)
        best = first
        if best.mu > self.least and not self.node.cut.any():
            return Relaxed(best, longer, shorter)
        for _ in range(TANGENTS):
            if best.bound <= goal or abs(best.length - r2) <= 1e-6 * r2 or self.work > most:
                break
            mu = self._next(longer, shorter, best, low)
            if not mu > 0.0:
                break
            found = self.at(mu, best.v)
            longer, shorter = (found, shorter) if found.length > r2 else (longer, found)
            best = min(best, found, key=lambda point: point.bound)
        return Relaxed(best, longer, shorter)

    def _next(self, longer: Point | None, shorter: Point | None, best: Point, low: float) -> float:
        """Where tangents meet each other or ``low``; 0 where nothing is to be gained."""
        r2 = self.chain.radius**2
        if longer is None or shorter is None:
            slope = 0.5 * (r2 - best.length)
            return min(max(best.mu - (best.bound - 0.999 * low) / slope, 0.5 * best.mu), 2.0 * best.mu)
        a, b = longer.mu, shorter.mu
        fall, rise = 0.5 * (r2 - longer.length), 0.5 * (r2 - shorter.length)
        mu = (shorter.bound - longer.bound + fall * a - rise * b) / (fall - rise)
        least = longer.bound + fall * (mu - a)
        if best.bound - least < 1e-4 * best.bound or not a < b:
            return 0.0
        return min(max(mu, a + 0.02 * (b - a)), b - 0.02 * (b - a))


def relax(dual: Dual, parent: Point, low: float, goal: float, most: int) -> Relaxed:
    """Bound F on a node, from the best point of a larger one on."""
    if dual.node.cut.any() or parent.mu < dual.least:
        return dual.close(dual.at(parent.mu, parent.v), low, goal, most)
    return dual.close(dual.concave(low), low, goal, most)
