"""SAM on the chain in balls, straight from the loss: no structure is assumed, so it goes on where the lemmas break.

Columns with the same code move alike and are kept once, with their number. A gradient is taken from the definition at w
and at the ascent point; a hinge whose sign is open is enclosed by both of its branches. About a bit is lost per step
(the normalised direction is a quotient of differences), which extra bits make up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sco_flat.patience import track
from sco_flat.proofs.balls import Ball, ball, precision
from sco_flat.samples import Sample

WORK = 1_200_000
"""Largest number of entries times steps that is run; about three seconds."""
STEPS = 16
"""Largest T: up to there the re-check in float intervals has bits left."""


@dataclass(frozen=True)
class Loss:
    """Numbers of the loss, as balls, for step size and radius."""

    eta: Ball
    radius: Ball
    lam: Ball
    gamma: Ball
    delta_1: Ball
    kappa: Fraction
    deltas: list[Ball]  # delta_j at place j, from 2


@dataclass
class Point:
    """A point by kinds of columns: first coordinates, later entries (None while all are 0), and b."""

    first: list[Ball]
    later: list[list[Ball] | None]
    b: Ball


class Walk:
    """A run of SAM from 0.

    Parameters
    ----------
    loss : Loss
        Numbers.
    sample : Sample
        The sample.
    steps : int
        T.
    bits : int
        Bits to work with; one a step is lost.
    """

    def __init__(self, loss: Loss, sample: Sample, steps: int, bits: int) -> None:
        self.loss, self.steps, self.n = loss, steps, sample.n
        codes, counts = np.unique(sample.codes, return_counts=True)
        self.codes, self.counts = [int(c) for c in codes], [int(c) for c in counts]
        self.shares = [Fraction(c.bit_count(), self.n) for c in self.codes]
        self.points: list[Point] = []
        with precision(bits + 2 * steps):
            zero = ball(0)
            w = Point([zero] * len(self.codes), [None] * len(self.codes), zero)
            for _ in track(range(steps), steps, "steps"):
                self.points.append(w)
                w = self._step(w)

    def _step(self, w: Point) -> Point:
        direction = self._gradient(w)
        squared = direction.b * direction.b
        for count, first, later in zip(self.counts, direction.first, direction.later, strict=True):
            squared += count * (first * first + sum((x * x for x in later or ()), ball(0)))
        if squared.is_zero():
            return w
        ahead = self._add(w, self.loss.radius / squared.sqrt(), direction)
        return self._add(w, -self.loss.eta, self._gradient(ahead))

    @staticmethod
    def _add(w: Point, scale: Ball, g: Point) -> Point:
        later: list[list[Ball] | None] = []
        for mine, other in zip(w.later, g.later, strict=True):
            if other is None:
                later.append(mine)
            elif mine is None:
                later.append([scale * y for y in other])
            else:
                later.append([x + scale * y for x, y in zip(mine, other, strict=True)])
        return Point([x + scale * y for x, y in zip(w.first, g.first, strict=True)], later, w.b + scale * g.b)

    def coupling(self, w: Point, k: int) -> Ball:
        """``v_zk . w + delta_1``."""
        ones, zeros = ball(0), ball(0)
        for code, count, x in zip(self.codes, self.counts, w.first, strict=True):
            if code >> k & 1:
                ones += count * x
            else:
                zeros += count * x
        return w.b + ones - ball(self.loss.kappa) * zeros + self.loss.delta_1

    def _gradient(self, w: Point) -> Point:
        zero, f = ball(0), self.loss
        active = [self.coupling(w, k).max(zero) * f.gamma / self.n for k in range(self.n)]
        total = sum(active, zero)
        first: list[Ball] = []
        later: list[list[Ball] | None] = []
        for place, code in enumerate(self.codes):
            slope = zero
            if not total.is_zero():
                chosen = sum((active[k] for k in range(self.n) if code >> k & 1), zero)
                slope = chosen - ball(f.kappa) * (total - chosen)
            x, rest = w.first[place], w.later[place]
            link = -f.deltas[2] * (x + f.lam)
            if rest is None and bool(link <= 0):
                first.append(slope)
                later.append(None)
                continue
            entries = [zero] * (self.steps - 1) if rest is None else rest
            slopes = [ball(self.shares[place]) * y for y in entries]
            before = x + f.lam
            for j, y in enumerate(entries, 2):
                term = (y - f.deltas[j] * before).max(zero)
                if not term.is_zero():
                    slopes[j - 2] += term
                    if j == 2:
                        slope -= f.deltas[j] * term
                    else:
                        slopes[j - 3] -= f.deltas[j] * term
                before = y
            first.append(slope)
            later.append(slopes)
        return Point(first, later, total)

    def risks(self) -> list[Ball]:
        """Population risk of every suffix average, at place tau - 1."""
        with precision(256):
            zero = ball(0)
            first = [zero] * len(self.codes)
            later: list[list[Ball] | None] = [None] * len(self.codes)
            b, found = zero, []
            for count, w in enumerate(track(reversed(self.points), self.steps, "suffixes"), 1):
                first = [x + y for x, y in zip(first, w.first, strict=True)]
                b += w.b
                for place, rest in enumerate(w.later):
                    if rest is not None:
                        mine = later[place] or [zero] * len(rest)
                        later[place] = [x + y for x, y in zip(mine, rest, strict=True)]
                found.append(self._risk(first, later, b, count))
            return found[::-1]

    def _risk(self, first: list[Ball], later: list[list[Ball] | None], b: Ball, count: int) -> Ball:
        zero, f = ball(0), self.loss
        squares, chain, worst = zero, zero, b / count + f.delta_1
        for many, x, rest in zip(self.counts, first, later, strict=True):
            x = x / count
            worst += many * x.max(-ball(f.kappa) * x)
            before = x + f.lam
            for j, y in enumerate(rest or (), 2):
                y = y / count
                squares += many * y * y
                chain += many * (y - f.deltas[j] * before).max(zero) ** 2
                before = y
            if rest is None:
                chain += many * (-f.deltas[2] * before).max(zero) ** 2
        known = squares / 4 + chain / 2
        return known.union(known + f.gamma * worst.max(zero) ** 2 / 2)
