"""Theorem 4.1, second half: with a bias four neurons that know the target are flattest, too."""

from __future__ import annotations

from sco_flat.results import Claim
from sco_flat.works.exact import Exact
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact
from sco_flat.works.wen_li_ma.constructions import generaliser
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.nets import wrong
from sco_flat.works.wen_li_ma.shown import at_the_floor

SOURCE = "Wen, Li and Ma, Theorem 4.1 and Proposition 4.2"


def decide(d: int, n: int, seed: int) -> list[Claim]:
    """Interpolation, trace and error, and two disturbed networks that miss the floor."""
    data = xor(d, n, seed)
    net = generaliser(data)
    found = at_the_floor(net, data, SOURCE)
    found.append(exact("other points with the wrong sign", wrong(net, data), "==", 0, SOURCE))
    return found


STATEMENT = Exact(
    key="wen-li-ma.generaliser",
    title="Theorem 4.1, Proposition 4.2",
    text="with a bias four neurons relu(±x_1 ± x_2 - 1) are flattest: Tr = 4 sqrt(d+1), error 0",
    numbers={"d": D, "n": N, "seed": SEED},
    decide=decide,
)
