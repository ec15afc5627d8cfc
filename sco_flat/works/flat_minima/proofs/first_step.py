"""SAM's first step on the chain, for one sample or for all of them; see ``theorem7.py``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sco_flat.proofs.balls import Ball, ball, decide, product
from sco_flat.proofs.question import Question, Side
from sco_flat.results import Claim, Relation
from sco_flat.samples import Sample
from sco_flat.works.flat_minima.proofs.constants import Constants

FIRST = "Theorem 7, first-update lemma"
NOT_NEEDED = "printed, but not needed: it is false for some samples once n >= 2 T, and the conclusion stands without it"


@dataclass(frozen=True)
class Sight:
    """What the first step sees of the sample; for all samples, bounds from the side that is needed.

    Attributes
    ----------
    norm, inverse : Ball
        V and 1/V.
    coupling : Ball
        Smallest ``mean_l c_l <v_zk, v_zl>`` over the examples k (all samples: from below).
    largest, smallest : Ball
        Of ``g_i``, i != I (all samples: the smallest from below).
    squared : Ball
        ``|mean_k c_k v_zk|²`` (all samples: from above).
    """

    norm: Ball
    inverse: Ball
    coupling: Ball
    largest: Ball
    smallest: Ball
    squared: Ball


def all_samples(question: Question, c: Constants) -> Sight:
    """Enclose what can be seen of any sample with exactly one zero column."""
    n, m, kappa = question.n, question.width, c.kappa
    least = Fraction(1, n) - kappa * (1 - Fraction(1, n))
    most = ball(m + kappa**2)
    lowest = ball(1 + (m - 1) * least**2 + kappa**2)
    norm = lowest.sqrt().union(most.sqrt())
    inner = 1 - kappa * (m - 1) + kappa**2
    mean = norm + c.delta_1
    # a column with one 1, at the example with the smallest coupling
    low = ball((1 + kappa) / n) * (ball(inner) / most.sqrt() + c.delta_1) - ball(kappa) * (most.sqrt() + c.delta_1)
    return Sight(
        norm=norm,
        inverse=(1 / lowest.sqrt()).union(1 / most.sqrt()),
        coupling=ball(inner) * mean,
        largest=most.sqrt() + c.delta_1,
        smallest=low,
        squared=most * (most.sqrt() + c.delta_1) ** 2,
    )


def gram(sample: Sample) -> NDArray[np.int64]:
    """Number of columns that are 1 in both of two examples, shape (n, n): all that V and the coupling depend on."""
    bits = [np.packbits((sample.codes >> k & 1).astype(np.uint8)) for k in range(sample.n)]
    counts = [[int(np.bitwise_count(a & b).sum(dtype=np.int64)) for b in bits] for a in bits]
    return np.array(counts, dtype=np.int64)


def one_sample(question: Question, c: Constants, sample: Sample) -> Sight:
    """Evaluate it for a given sample, from exact counts of its columns."""
    n, m, kappa = question.n, question.width, c.kappa
    both = gram(sample).tolist()
    ones = [both[k][k] for k in range(n)]
    product = [
        [
            1
            + both[k][j]
            - kappa * (ones[k] + ones[j] - 2 * both[k][j])
            + kappa**2 * (m - ones[k] - ones[j] + both[k][j])
            for j in range(n)
        ]
        for k in range(n)
    ]
    means = [sum(row, Fraction(0)) / n for row in product]
    norm = ball(sum(means, Fraction(0)) / n).sqrt()
    couplings = [ball(q) / norm + c.delta_1 for q in means]
    inner = [sum((c_ * ball(p) for c_, p in zip(couplings, row, strict=True)), ball(0)) / n for row in product]
    smallest = inner[0]
    for value in inner[1:]:
        smallest = smallest.min(value)
    low, high = _extremes(sample, couplings, kappa)
    squared = sum((c_ * v for c_, v in zip(couplings, inner, strict=True)), ball(0)) / n
    return Sight(norm, 1 / norm, smallest, high, low, squared)


def _extremes(sample: Sample, couplings: list[Ball], kappa: Fraction) -> tuple[Ball, Ball]:
    """Smallest and largest ``g_i`` over the columns that are not zero.

    Integer scores (couplings in units of the largest one's 2^-40, rounded down) leave only the columns within n units
    of the best as candidates; those are evaluated in balls.
    """
    n = sample.n
    top = max(float(v.upper()) for v in couplings)
    units = [int(float(v.lower()) / top * 2**40) - 1 for v in couplings]
    codes = sample.codes[sample.codes != 0]
    scores = np.zeros(codes.size, dtype=np.int64)
    for k in range(n):
        scores += (codes >> k & 1) * units[k]
    total = sum(couplings, ball(0))

    def evaluate(code: int) -> Ball:
        chosen = sum((couplings[k] for k in range(n) if code >> k & 1), ball(0))
        return ((1 + ball(kappa)) * chosen - ball(kappa) * total) / n

    room = 4 * n  # a unit for the rounding down of each coupling, and as much again for the two float divisions
    low = [evaluate(int(code)) for code in np.unique(codes[scores <= scores.min() + room])]
    high = [evaluate(int(code)) for code in np.unique(codes[scores >= scores.max() - room])]
    smallest, largest = low[0], high[0]
    for value in low[1:]:
        smallest = smallest.min(value)
    for value in high[1:]:
        largest = largest.max(value)
    return smallest, largest


def first_update(question: Question, c: Constants, sight: Sight) -> tuple[list[Claim], Ball]:
    """Items 1 to 6 of the first-update lemma, and ``A``."""
    d, e = question.dimension, question.evidence
    first = c.delta_2 * (ball(c.kappa) * sight.inverse - c.lam)
    bad = c.delta_2 * first + c.gamma * ball(c.kappa) * (sight.norm + c.delta_1)
    coupling = c.delta_share - sight.coupling - ball(c.kappa) * c.delta_2 * first / c.gamma

    one_sided: Side = "high" if e == "every sample" else "both"  # for all samples the coupling is bounded from below

    def item(name: str, value: Ball, relation: Relation, bound: Ball, note: str = "", side: Side = "both") -> Claim:
        return decide(f"first-update item {name}", "dynamics", value, relation, bound, FIRST, e, note, side)

    second = -c.step_share * sight.largest
    if e == "every sample":
        note = "the worst sample: every column but one is all ones"
    else:
        note = "smallest x_i1 over the columns"
    upper = item("2 (upper side)", -product(c.eta_gamma, sight.smallest), "<", ball(0), side=one_sided)
    if e == "every sample" and upper.verdict != "proved":
        upper = Claim(
            upper.name, "dynamics", e, "not applicable", upper.value, 0.0, "<", FIRST, NOT_NEEDED,
            upper.enclosure, upper.bound_enclosure,
        )  # fmt: skip
    items = [
        item("1: largest coupling / (eta gamma r)", coupling, "<=", ball(0), side=one_sided),
        item("2: smallest x_i1 / lam", second, ">", ball(-1), note),
        upper,
        item("5", product(bad, c.reach), "<=", ball(1) / d),
        item("5 (lower side)", product(bad, c.reach), ">=", ball(0)),
        item("6", -product(first, c.reach), ">=", -ball(1) / d),
        item("6 (upper side)", -product(first, c.reach), "<", ball(0)),
    ]
    return items, first
