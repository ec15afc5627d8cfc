"""SAM on the chain in float intervals, vectorised: the re-check of a run on which the lemmas break.

Every operation is rounded outwards by a unit in the last place, sums by their worst case. About a bit is lost per step,
so that this is for short runs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.proofs.intervals import Interval
from sco_flat.samples import Sample

Array = NDArray[np.float64]
EPS = float(np.finfo(float).eps)


class Box:
    """Arrays of lower and upper ends."""

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any = None) -> None:
        self.low: Array = np.asarray(low, dtype=np.float64)
        self.high: Array = self.low if high is None else np.asarray(high, dtype=np.float64)

    @classmethod
    def outward(cls, low: Any, high: Any) -> Box:
        """Move both ends by a unit in the last place."""
        return cls(np.nextafter(low, -np.inf), np.nextafter(high, np.inf))

    @classmethod
    def of(cls, x: Interval | Fraction | int) -> Box:
        """Enclose rational ends."""
        low, high = (x.low, x.high) if isinstance(x, Interval) else (Fraction(x), Fraction(x))
        return cls.outward(float(low), float(high))

    def __add__(self, other: Box) -> Box:
        # adding an exact zero changes nothing: zeros stay zeros
        low, high = self.low + other.low, self.high + other.high
        keep = ((self.low == 0) & (self.high == 0)) | ((other.low == 0) & (other.high == 0))
        return Box(np.where(keep, low, np.nextafter(low, -np.inf)), np.where(keep, high, np.nextafter(high, np.inf)))

    def __neg__(self) -> Box:
        return Box(-self.high, -self.low)

    def __sub__(self, other: Box) -> Box:
        return self + (-other)

    def __mul__(self, other: Box) -> Box:
        ends = [self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high]
        low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
        none = (low == 0) & (high == 0)
        return Box(np.where(none, 0.0, np.nextafter(low, -np.inf)), np.where(none, 0.0, np.nextafter(high, np.inf)))

    def positive(self) -> Box:
        """``[x]_+``."""
        return Box(np.maximum(self.low, 0.0), np.maximum(self.high, 0.0))

    def square(self) -> Box:
        """``x²``."""
        size = np.maximum(np.abs(self.low), np.abs(self.high))
        least = np.where((self.low <= 0) & (self.high >= 0), 0.0, np.minimum(np.abs(self.low), np.abs(self.high)))
        return Box(np.maximum(np.nextafter(least * least, -np.inf), 0.0), np.nextafter(size * size, np.inf))

    def sum(self) -> Box:
        """Sum of all entries, with the worst rounding of any order."""
        room = (self.low.size + 2) * EPS
        low, high = float(self.low.sum()), float(self.high.sum())
        low -= room * float(np.abs(self.low).sum())
        high += room * float(np.abs(self.high).sum())
        return Box.outward(low, high)

    def at(self, where: Any) -> Box:
        """Take entries."""
        return Box(self.low[where], self.high[where])

    def interval(self) -> Interval:
        """The ends of a single number as rationals."""
        return Interval(Fraction(float(self.low)), Fraction(float(self.high)))


class Replay:
    """A run; arguments as rational intervals in the units of the loss."""

    def __init__(
        self, sample: Sample, steps: int, eta: Interval, radius: Interval, kappa: Fraction, lam: Interval,
        gamma: Interval, delta_1: Interval, deltas: list[Interval],
    ) -> None:  # fmt: skip
        codes, counts = np.unique(sample.codes, return_counts=True)
        self.n, self.steps = sample.n, steps
        self.bits = (codes[:, None] >> np.arange(sample.n) & 1).astype(bool)
        self.many = Box(counts.astype(float))
        self.share = Box.outward(*[self.bits.sum(axis=1) / sample.n] * 2)
        self.share = Box(
            np.where(self.bits.any(axis=1), self.share.low, 0.0), np.where(self.bits.any(axis=1), self.share.high, 0.0)
        )
        self.kappa, self.lam, self.gamma = Box.of(kappa), Box.of(lam), Box.of(gamma)
        self.delta_1 = Box.of(delta_1)
        self.deltas = Box([float(d.low) for d in deltas], [float(d.high) for d in deltas])
        self.deltas = Box.outward(self.deltas.low, self.deltas.high)
        shape = (codes.size, steps)
        w = (Box(np.zeros(shape)), Box(0.0))
        self.points: list[tuple[Box, Box]] = []
        with np.errstate(over="raise", invalid="raise"):
            self._run(w, eta, radius)

    def _run(self, w: tuple[Box, Box], eta: Interval, radius: Interval) -> None:
        for _ in range(self.steps):
            self.points.append(w)
            g = self._gradient(*w)
            norm = ((self.many_columns() * g[0].square()).sum() + g[1].square()).interval().sqrt()
            if norm.high == 0:
                continue
            scale = Box.of(radius / norm)
            g = self._gradient(w[0] + scale * g[0], w[1] + scale * g[1])
            down = Box.of(-eta)
            w = (w[0] + down * g[0], w[1] + down * g[1])

    def many_columns(self) -> Box:
        """Numbers of columns, to be multiplied with blocks."""
        return Box(self.many.low[:, None])

    def _coupling(self, x: Box, b: Box, k: int) -> Box:
        first = self.many * x.at((slice(None), 0))
        on = self.bits[:, k]
        return first.at(on).sum() - self.kappa * first.at(~on).sum() + b + self.delta_1

    def _terms(self, x: Box) -> Box:
        """The chain terms of entries 2..T."""
        before = Box(x.low[:, :-1].copy(), x.high[:, :-1].copy())
        shifted = before.at((slice(None), 0)) + self.lam
        before.low[:, 0], before.high[:, 0] = shifted.low, shifted.high
        return (x.at((slice(None), slice(1, None))) - self.deltas * before).positive()

    def _gradient(self, x: Box, b: Box) -> tuple[Box, Box]:
        part = Box.of(Interval(Fraction(1, self.n)))
        active = [self._coupling(x, b, k).positive() * self.gamma * part for k in range(self.n)]
        slope = Box(np.zeros(self.bits.shape[0]))
        total = Box(0.0)
        for k, a in enumerate(active):
            weight = Box(
                np.where(self.bits[:, k], 1.0, -self.kappa.high), np.where(self.bits[:, k], 1.0, -self.kappa.low)
            )
            slope, total = slope + weight * a, total + a
        terms = self._terms(x)
        later = Box(self.share.low[:, None], self.share.high[:, None]) * x.at((slice(None), slice(1, None))) + terms
        back = -(self.deltas * terms)
        low, high = np.zeros_like(x.low), np.zeros_like(x.high)
        low[:, 0], high[:, 0] = slope.low, slope.high
        low[:, 1:], high[:, 1:] = later.low, later.high
        moved = Box(low[:, :-1], high[:, :-1]) + back
        low[:, :-1], high[:, :-1] = moved.low, moved.high
        return Box(low, high), total

    def risks(self) -> list[Interval]:
        """Population risk of every suffix average, at place tau - 1."""
        x, b, found = *self.points[-1], []
        for count in range(1, self.steps + 1):
            if count > 1:
                x, b = x + self.points[-count][0], b + self.points[-count][1]
            part = Box.of(Interval(Fraction(1, count)))
            found.append(self._risk(part * x, part * b))
        return found[::-1]

    def _risk(self, x: Box, b: Box) -> Interval:
        many = self.many_columns()
        squares = (many * x.at((slice(None), slice(1, None))).square()).sum().interval()
        chain = (many * self._terms(x).square()).sum().interval()
        first = x.at((slice(None), 0))
        other = -(self.kappa * first)
        larger = Box(np.maximum(first.low, other.low), np.maximum(first.high, other.high))
        worst = ((self.many * larger).sum() + b + self.delta_1).positive().interval()
        gamma = self.gamma.interval()
        known = squares * Fraction(1, 4) + chain * Fraction(1, 2)
        return Interval(known.low, (known + gamma * worst.square() * Fraction(1, 2)).high)
