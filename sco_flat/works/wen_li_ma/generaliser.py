"""Theorem 4.1, second half: with a bias four neurons that know the target are flattest, too."""

from __future__ import annotations

from sco_flat.results import Claim
from sco_flat.works.exact import Exact
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact, kink_note
from sco_flat.works.wen_li_ma.constructions import generaliser, one_scale_off, printed_radius
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.memoriser import MUTATED
from sco_flat.works.wen_li_ma.nets import kinks, misses, trace, wrong

SOURCE = "Wen, Li and Ma, Theorem 4.1 and Proposition 4.2"


def decide(d: int, n: int, seed: int) -> list[Claim]:
    """Interpolation, trace and error, and two disturbed networks that miss the floor."""
    data = xor(d, n, seed)
    net = generaliser(data)
    reached, note = trace(net, data), kink_note(kinks(net, data), n)
    printed = trace(printed_radius(net, d), data)
    return [
        exact("training points with f != y", misses(net, data), "==", 0, SOURCE),
        exact("Tr / (4 sqrt(d + 1))", reached / 4, "==", 1, SOURCE, note),
        exact("Tr² = 16 (d + 1)", reached**2 * net.radicand, "==", 16 * (d + 1), SOURCE),
        exact("Tr / (4 sqrt(d + 1)), one scale times 1.01", trace(one_scale_off(net, data), data) / 4, ">", 1, MUTATED),
        exact("Tr² with the printed radius (d² + 1)^(1/4)", printed**2 * (d * d + 1), ">", 16 * (d + 1), MUTATED),
        exact("other points with the wrong sign", wrong(net, data), "==", 0, SOURCE),
    ]


STATEMENT = Exact(
    key="wen-li-ma.generaliser",
    title="Theorem 4.1, Proposition 4.2",
    text="with a bias four neurons relu(±x_1 ± x_2 - 1) are flattest: Tr = 4 sqrt(d+1), error 0",
    numbers={"d": D, "n": N, "seed": SEED},
    decide=decide,
)
