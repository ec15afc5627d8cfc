"""Theorem 3.2: a simplified BatchNorm on a complete set ``S x {±1}²``; the law of the generaliser's trace.

``f(x) = sum_j a_j g_j h_j(x) / rms(h_j)`` with ``h = relu(W x')`` and the mean square over the whole set. The infimum
is 8: Cauchy-Schwarz bounds ``|E y h|/rms(h)`` by 1/2 on such a set, so ``sum |a_j g_j| >= 2``, and the parts of a and
g in the trace are ``4 sum |a_j g_j|`` or more. This lower end is argued here alone; what is decided in fractions is the
generaliser, at two scales: it is above 8, and what it has above 8 falls like ``1/s²``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sco_flat.errors import InputError
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import SEED, exact
from sco_flat.works.wen_li_ma.constructions import CORNERS
from sco_flat.works.wen_li_ma.data import dot, square
from sco_flat.works.wen_li_ma.nets import Row

SOURCE = "Wen, Li and Ma, Theorem 3.2"
LAW = f"sharper than {SOURCE}: an equality"
Rest = tuple[int, ...]


@dataclass(frozen=True)
class Normed:
    """A neuron before its normalisation, and the product ``c = a g`` of its two later weights, ``|a| = |g|``."""

    direction: Row
    c: Fraction


def complete(rests: Sequence[Rest]) -> list[tuple[int, ...]]:
    """``S x {±1}²`` with the two coordinates of the label in front, as ``(x, 1)``."""
    return [(*corner, *r, 1) for r in rests for corner in CORNERS]


def chosen(d: int, points: int, seed: int) -> list[Rest]:
    """Draw S: so many of the 2^(d-2) sign vectors.

    Raises
    ------
    InputError
        If there are not that many.
    """
    every = list(itertools.product((-1, 1), repeat=d - 2))
    if points > len(every):
        raise InputError("points", points, f"must be at most 2^(d-2) = {len(every)}", "choose fewer")
    return [every[k] for k in np.random.default_rng(seed).choice(len(every), points, replace=False)]


def own(rests: Sequence[Rest], scale: Fraction) -> tuple[Normed, ...]:
    """The generaliser: ``relu(scale (±x_1 ± x_2 - 1))``, which is ``scale`` on a quarter of the set."""
    zeros = (0,) * len(rests[0])
    return tuple(Normed(tuple(scale * v for v in (s, t, *zeros, -1)), Fraction(s * t, 2)) for s, t in CORNERS)


@dataclass(frozen=True)
class Parts:
    """What is known of a network on its set: the parts of ``Tr`` and its values."""

    later: Fraction
    first: Fraction
    values: list[Fraction]


def parts(net: Sequence[Normed], points: Sequence[tuple[int, ...]]) -> Parts:
    """The trace by the Jacobian, with the mean square differentiated, too.

    Parameters
    ----------
    net : sequence of Normed
        Neurons whose root mean square on the set is a fraction.
    points : sequence
        The whole set, as (x, 1).

    Raises
    ------
    InputError
        If a neuron is 0 on the whole set, or its root mean square is no fraction.
    """
    n = len(points)
    later = first = Fraction(0)
    values = [Fraction(0)] * n
    for j in net:
        h = [max(dot(j.direction, x), Fraction(0)) for x in points]
        mean = square(h) / n
        rms = _root(mean)
        # d(h_i/rms) = x_i/rms - h_i m/rms³, m = mean of h x
        m = [sum((v * x[k] for v, x in zip(h, points, strict=True)), Fraction(0)) / n for k in range(len(points[0]))]
        for i, (v, x) in enumerate(zip(h, points, strict=True)):
            values[i] += j.c * v / rms
            later += 2 * abs(j.c) * v * v / mean
            jacobian = [(a if v > 0 else 0) - v * b / mean for a, b in zip(x, m, strict=True)]
            first += j.c**2 * square(jacobian) / mean
    return Parts(2 * later / n, 2 * first / n, values)


def _root(value: Fraction) -> Fraction:
    """The root of a square of a fraction."""
    from math import isqrt

    found = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    if not value or found**2 != value:
        raise InputError("scale", value, "is a mean square without a root among the fractions", "use another network")
    return found


def decide(d: int, points: int, scale: Fraction, seed: int) -> list[Claim]:
    """The law at the scale and at twice the scale, and the claim that it corrects."""
    rests = chosen(d, points, seed)
    every = complete(rests)
    mean = square([Fraction(sum(r[k] for r in rests), points) for k in range(d - 2)])
    found = []
    for s in (scale, 2 * scale):
        reached = parts(own(rests, s), every)
        off = sum(v != x[0] * x[1] for v, x in zip(reached.values, every, strict=True))
        law = 8 + 2 * (d - 2 - mean) / s**2
        found += [
            exact(f"points with f != y, scale {s}", off, "==", 0, SOURCE),
            exact(f"Tr = 8 + 2 (d - 2 - |mean of S|²)/s², scale {s}", reached.later + reached.first, "==", law, LAW),
            exact(f"its part of the two later layers, scale {s}", reached.later, "==", 8, LAW),
        ]
    first, twice = (
        reached.later + reached.first for reached in (parts(own(rests, s), every) for s in (scale, 2 * scale))
    )
    return [
        *found,
        exact("Tr against 8", first, ">=", 8, SOURCE),
        exact("4 (Tr - 8) at twice the scale = Tr - 8, so that it falls to 8", 4 * (twice - 8), "==", first - 8, LAW),
    ]


STATEMENT = Exact(
    key="wen-li-ma.batch-norm",
    title="Theorem 3.2, the law",
    text="BatchNorm on S x {±1}²: at scale s the generaliser has Tr = 8 + 2 (d - 2 - |mean of S|²)/s², which falls "
    "to 8 (shown at s and 2 s)",
    numbers={
        "d": Number(8, 3, 12),
        "points": Number(7, 1, 64),
        "scale": Number(Fraction(10), Fraction(1, 1000), 10**6),
        "seed": SEED,
    },
    decide=decide,
)
