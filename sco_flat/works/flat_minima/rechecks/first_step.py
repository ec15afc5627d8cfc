"""The first step of SAM's chain, for any sample or for one; its columns are counted by matrix products."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample


@dataclass(frozen=True)
class First:
    """What the first step of SAM's chain needs of the sample; see ``theorem7.Sight``."""

    norm: Interval
    coupling: Interval
    largest: Interval
    smallest: Interval
    squared: Interval


def any_sample(question: Question, kappa: Fraction, delta_1: Interval) -> First:
    """What can be seen of any sample with exactly one zero column."""
    n, m = question.n, question.width
    longest = Interval(m + kappa**2).sqrt()
    shortest = Interval(1 + (m - 1) * ((1 + kappa) / n - kappa) ** 2 + kappa**2).sqrt()
    norm = Interval(shortest.low, longest.high)
    inner = 1 - (m - 1) * kappa + kappa**2
    smallest = (inner / longest + delta_1) * ((1 + kappa) / n) - (longest + delta_1) * kappa
    return First(norm, (norm + delta_1) * inner, longest + delta_1, smallest, ((longest + delta_1) * longest).square())


def this_sample(question: Question, kappa: Fraction, delta_1: Interval, sample: Sample) -> First:
    """What is seen of a given sample."""
    n, m = question.n, question.width
    counts = np.zeros((n, n))
    for begin in range(0, m, 1 << 16):
        bits = (sample.codes[begin : begin + (1 << 16), None] >> np.arange(n) & 1).astype(np.float64)
        counts += bits.T @ bits  # whole numbers below 2^53: exact in any order
    both = [[int(x) for x in row] for row in counts]
    product = [
        [
            1 + both[k][j] - kappa * (both[k][k] + both[j][j] - 2 * both[k][j])
            + kappa**2 * (m - both[k][k] - both[j][j] + both[k][j])
            for j in range(n)
        ]
        for k in range(n)
    ]  # fmt: skip
    rows = [sum(row, Fraction(0)) / n for row in product]
    norm = Interval(sum(rows, Fraction(0)) / n).sqrt()
    couplings = [row / norm + delta_1 for row in rows]
    inner = []
    for line in product:
        total = Interval(0)
        for coupling, p in zip(couplings, line, strict=True):
            total = total + coupling * p
        inner.append(total / n)
    least, squared = inner[0], Interval(0)
    for coupling, value in zip(couplings, inner, strict=True):
        least, squared = least.least(value), squared + coupling * value / n
    everything = couplings[0]
    for coupling in couplings[1:]:
        everything = everything + coupling
    smallest, largest = _ends(sample, couplings)

    def mean(chosen: Interval) -> Interval:
        return (chosen * (1 + kappa) - everything * kappa) / n

    return First(norm, least, mean(largest), mean(smallest), squared)


def _ends(sample: Sample, couplings: list[Interval]) -> tuple[Interval, Interval]:
    """Smallest and largest sum of couplings over the ones of a column that is not zero, rounding allowed for."""
    exponent = max(math.frexp(float(c.high))[1] for c in couplings)
    values = np.array([math.ldexp(float(c.high), -exponent) for c in couplings])
    codes = sample.codes[sample.codes != 0]
    sums = np.zeros(codes.size)
    for k, value in enumerate(values):
        sums += np.where(codes >> k & 1, value, 0.0)
    slack = Fraction(1, 2**40)  # of each sum: 62 additions and two conversions lose less than 2^-45

    def widened(x: float) -> Interval:
        exact = Fraction(x) * Fraction(2) ** exponent
        return Interval(exact * (1 - slack), exact * (1 + slack))

    return widened(float(sums.min())), widened(float(sums.max()))
