"""Theorem 3.2: which complete sets force the target: those with rank(S - S) = d - 2, and no others.

The argument below is for every set; what is decided in fractions is the worst flattest network on the sets tried.

A neuron reaches the infimum iff for every r in S it is active at one of the four corners alone, always with one
value: ``w · r`` is constant on S. Of rank d - 2 that leaves w = 0, and f depends on two coordinates. Otherwise some w
is left, and a point of the cube outside the affine hull of S on which it turns the sign.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.batch_norm import Normed, Rest, chosen, complete, parts
from sco_flat.works.wen_li_ma.common import SEED, exact
from sco_flat.works.wen_li_ma.constructions import CORNERS
from sco_flat.works.wen_li_ma.data import dot
from sco_flat.works.wen_li_ma.linear import kernel
from sco_flat.works.wen_li_ma.nets import Row

SOURCE = "Wen, Li and Ma, Theorem 3.2"


def left(rests: list[Rest]) -> list[Row]:
    """A basis of the w with ``w · r`` constant on S; it is empty iff rank(S - S) = d - 2."""
    rows = [tuple(Fraction(a - b) for a, b in zip(r, rests[0], strict=True)) for r in rests[1:]]
    return kernel(rows, len(rests[0]))


def witness(rests: list[Rest], w: Row) -> tuple[Normed, ...]:
    """Four neurons that are 1 on S at their corner and see more elsewhere: ``relu(±x_1 ± x_2 - 1 + w · (r - r_0))``."""
    base = dot(w, rests[0])
    found = []
    for s, t in CORNERS:
        turn = 1 if s * t > 0 else -1  # where the plus neurons grow, the minus neurons fall
        found.append(Normed((Fraction(s), Fraction(t), *(turn * v for v in w), -1 - turn * base), Fraction(s * t, 2)))
    return tuple(found)


def worst(rests: list[Rest], d: int) -> tuple[int, Fraction, int]:
    """Of the worst flattest network: points missed in the set, trace of its later layers, wrong points of the cube."""
    free = left(rests)
    size = Fraction(2 * d)
    net = witness(rests, tuple(size * v for v in free[0]) if free else (Fraction(0),) * (d - 2))
    every = complete(rests)
    found = parts(net, every)
    off = sum(v != x[0] * x[1] for v, x in zip(found.values, every, strict=True))
    cube = complete(list(itertools.product((-1, 1), repeat=d - 2)))
    # a mean square of 1/4 on S: h/rms = 2 h
    values = (sum((2 * j.c * max(dot(j.direction, x), Fraction(0)) for j in net), Fraction(0)) for x in cube)
    return off, found.later, sum(v * x[0] * x[1] <= 0 for v, x in zip(values, cube, strict=True))


def decide(d: int, sets: int, seed: int) -> list[Claim]:
    """Draw sets of all sizes; of each the rank and the worst flattest network."""
    rng = np.random.default_rng([seed, 3])
    full, safe, both, off, least = 0, 0, 0, 0, Fraction(8)
    most = Fraction(8)
    for k in range(sets):
        points = int(rng.integers(2, min(2 * d, 2 ** (d - 2)) + 1))
        rests = chosen(d, points, seed + k)
        missed, later, errors = worst(rests, d)
        off, least, most = off + missed, min(least, later), max(most, later)
        full, safe, both = full + (not left(rests)), safe + (errors == 0), both + ((errors == 0) == (not left(rests)))
    return [
        exact("points of the sets with f != y, worst flattest network", off, "==", 0, SOURCE),
        exact("its trace in the limit of a large first layer, least", least, "==", 8, SOURCE),
        exact("its trace in the limit of a large first layer, largest", most, "==", 8, SOURCE),
        exact("sets where its error is 0 = sets with rank(S - S) = d - 2", safe, "==", full, SOURCE),
        exact("sets where both agree", both, "==", sets, SOURCE),
    ]


STATEMENT = Exact(
    key="wen-li-ma.complete-sets",
    title="Theorem 3.2",
    text="BatchNorm, on the complete sets tried: the worst flattest network is the target iff rank(S - S) = d - 2",
    numbers={"d": Number(6, 3, 8), "sets": Number(20, 1, 200), "seed": SEED},
    decide=decide,
)
