"""Sizes of the chain's entries: the first ones in closed form, the rest as one interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from sco_flat.patience import track
from sco_flat.proofs.intervals import Interval
from sco_flat.works.flat_minima.rechecks.book import HALF

TAIL = 150
"""The closed form is used until it is within 2^-TAIL of its limit."""


SMALLEST = 2.0**-1022
"""Stands for what is smaller than a double."""


def fold(values: list[Interval], choose: Callable[[Interval, Interval], Interval]) -> Interval:
    """The values joined by ``choose``, from the first on."""
    found = values[0]
    for value in values[1:]:
        found = choose(found, value)
    return found


class Tail:
    """Sizes of the chain's entries in units of eta r: the first ones in closed form, the rest as one interval."""

    def __init__(
        self, steps: int, size: Interval, eta: Interval, delta: Interval, delta_3: Interval, x: Interval
    ) -> None:
        self.steps, self.delta, self.delta_3 = steps, delta, delta_3
        self.start = size
        self.third = more(delta_3) + delta_3 * eta * size  # b_3/(eta r) - 1
        if x.high < 1:
            self.limit = (more(delta) + x) / (1 - x)
            needed = steps if x.high > HALF else 4 + math.ceil(TAIL / -math.log2(max(float(x.high), SMALLEST)))
        else:
            needed = steps
        self.cut = min(steps, max(needed, 5))
        self._growth = {3: self.third}
        for j in track(range(4, self.cut + 1), self.cut, "entries"):
            if x.high <= HALF:
                power = Interval(x.low ** (j - 3), x.high ** (j - 3))
                self._growth[j] = self.limit + (self.third - self.limit) * power
            else:
                self._growth[j] = more(delta) + x * (1 + self._growth[j - 1])
        if self.cut < steps:
            end = self._growth[self.cut]
            self._rest = Interval(min(end.low, self.limit.low), max(end.high, self.limit.high))

    def settled(self, begin: int) -> range:
        """Indices from ``begin`` to T - 1, the one behind the cut standing for all others."""
        return range(begin, min(self.cut + 2, self.steps))

    def growth(self, j: int) -> Interval:
        """``b_j/(eta r) - 1``, j >= 3."""
        return self._growth[j] if j <= self.cut else self._rest

    def fresh(self, j: int) -> Interval:
        """``b_j/(eta r)``."""
        return self.start if j == 2 else 1 + self.growth(j)

    def final(self, j: int) -> Interval:
        """Its size from the next step on, j < T."""
        return self.fresh(j) - (self.delta_3 if j == 2 else self.delta) * self.fresh(j + 1)

    def before(self, tau: int) -> Interval:
        """``sum_{2 <= j < tau} final_j²``."""
        if not hasattr(self, "_before"):
            self._before = [Interval(0)] * 3
            for j in range(2, min(self.cut + 1, self.steps)):
                self._before.append(self._before[-1] + self.final(j).square())
        if tau < len(self._before):
            return self._before[tau]
        rest = tau - len(self._before) + 1
        return self._before[-1] + (self.final(self.cut + 1).square() * rest if rest else 0)

    def ahead(self, tau: int) -> Interval:
        """``sum_{j >= tau} (fresh_j + (T - j) final_j)²``."""
        steps = self.steps
        if not hasattr(self, "_ahead"):
            sums = {steps + 1: Interval(0)}
            if self.cut < steps:
                sums[self.cut + 1] = self._behind(self.cut + 1)
            for j in range(min(self.cut, steps), 1, -1):
                late = self.final(j) * (steps - j) if j < steps else Interval(0)
                sums[j] = sums[j + 1] + (self.fresh(j) + late).square()
            self._ahead = sums
        tau = max(tau, 2)
        return self._ahead[tau] if tau in self._ahead else self._behind(tau)

    def _behind(self, tau: int) -> Interval:
        """The same behind the cut, where the entries are alike: sums of powers of ``T - j``."""
        new, old, last = self.fresh(tau), self.final(self.cut + 1), self.steps - tau
        squares = Fraction(last * (last + 1) * (2 * last + 1), 6)
        return new.square() * (last + 1) + new * old * (last * (last + 1)) + old.square() * squares

    def suffix(self, tau: int) -> Interval:
        """Sum of the squares of a suffix average, in units of ``(eta r)²``.

        Where the tail is one interval the sum grows with tau behind the cut (each term's derivative in the window's
        length N is at most ``-2/3 final²``), so that of those the first is the smallest.
        """
        return self.before(tau) + self.ahead(tau) / (self.steps - tau + 1) ** 2


def more(delta: Interval) -> Interval:
    """``sqrt(1 + delta²) - 1``."""
    square = delta.square()
    return square / (1 + (1 + square).sqrt())
