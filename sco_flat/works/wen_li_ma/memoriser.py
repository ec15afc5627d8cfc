"""Theorem 4.1, first half: with a bias a memoriser is flattest."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact, kink_note
from sco_flat.works.wen_li_ma.constructions import memoriser, off_kinks, one_scale_off, printed_radius
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.nets import kinks, misses, trace, wrong

SOURCE = "Wen, Li and Ma, Theorem 4.1 and Proposition 4.1"
OWN = "new: flattest where f is differentiable, too"
MUTATED = "how far a construction is off that is not the paper's"


def decide(d: int, n: int, seed: int) -> list[Claim]:
    """Interpolation, trace and error, and two disturbed networks that miss the floor."""
    data = xor(d, n, seed)
    net = memoriser(data)
    reached, note = trace(net, data), kink_note(kinks(net, data), n)
    printed = trace(printed_radius(net, d), data)
    found = [
        exact("training points with f != y", misses(net, data), "==", 0, SOURCE),
        exact("Tr / (4 sqrt(d + 1))", reached / 4, "==", 1, SOURCE, note),
        exact("Tr² = 16 (d + 1)", reached**2 * net.radicand, "==", 16 * (d + 1), SOURCE),
        exact("Tr / (4 sqrt(d + 1)), one scale times 1.01", trace(one_scale_off(net, data), data) / 4, ">", 1, MUTATED),
        exact("Tr² with the printed radius (d² + 1)^(1/4)", printed**2 * (d * d + 1), ">", 16 * (d + 1), MUTATED),
    ]
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
