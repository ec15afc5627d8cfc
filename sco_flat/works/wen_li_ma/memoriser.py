"""Theorem 4.1, first half: with a bias a memoriser is flattest."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact
from sco_flat.works.wen_li_ma.constructions import memoriser, off_kinks
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.nets import kinks, misses, trace, wrong
from sco_flat.works.wen_li_ma.shown import at_the_floor

SOURCE = "Wen, Li and Ma, Theorem 4.1 and Proposition 4.1"
OWN = "new: flattest where f is differentiable, too"


def decide(d: int, n: int, seed: int) -> list[Claim]:
    """Interpolation, trace and error, and two disturbed networks that miss the floor."""
    data = xor(d, n, seed)
    net = memoriser(data)
    found = at_the_floor(net, data, SOURCE)
    sharp = off_kinks(data)
    found += [
        exact("w = x_i, b = 1 - d: points with f != y, or on a kink", misses(sharp, data) + kinks(sharp, data), "==", 0,
              OWN),
        exact("w = x_i, b = 1 - d: Tr / (4 sqrt(d + 1))", trace(sharp, data) / 4, "==", 1, OWN),
    ]  # fmt: skip
    if data.rest:
        share = Fraction(wrong(net, data), 2**d)
        found.append(exact("error on the cube = 1 - n/2^d", share, "==", 1 - Fraction(n, 2**d), SOURCE))
    return found


STATEMENT = Exact(
    key="wen-li-ma.memoriser",
    title="Theorem 4.1, Proposition 4.1",
    text="with a bias n neurons that know the training set alone are flattest: Tr = 4 sqrt(d+1), error 1 - n/2^d",
    numbers={"d": D, "n": N, "seed": SEED},
    decide=decide,
)
