"""Theorem 4.1 in D layers."""

from __future__ import annotations

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact, kink_note
from sco_flat.works.wen_li_ma.constructions import deep, generaliser, memoriser, off_kinks
from sco_flat.works.wen_li_ma.data import xor
from sco_flat.works.wen_li_ma.nets import deep_trace, kinks, misses, wrong

SOURCE = "Wen, Li and Ma, Theorem 4.1 in D layers"


def decide(d: int, n: int, depth: int, seed: int) -> list[Claim]:
    """Both networks with identities between their layers, at the floor ``2 D (d + 1)^(1/D)``."""
    data, found = xor(d, n, seed), []
    for name, make in (("memoriser", memoriser), ("w = x_i, b = 1 - d", off_kinks), ("generaliser", generaliser)):
        shallow = make(data)
        net, note = deep(shallow, depth), kink_note(kinks(shallow, data), n)
        reached = deep_trace(net, data)
        found += [
            exact(f"{name}: training points with f != y", misses(net, data), "==", 0, SOURCE),
            exact(f"{name}: Tr / (2D (d + 1)^(1/D))", reached / (2 * depth), "==", 1, SOURCE, note),
            exact(
                f"{name}: Tr^D = (2D)^D (d + 1)",
                reached**depth * net.radicand,
                "==",
                (2 * depth) ** depth * (d + 1),
                SOURCE,
            ),
        ]
        if make is generaliser:
            found.append(exact(f"{name}: other points with the wrong sign", wrong(net, data), "==", 0, SOURCE))
    return found


STATEMENT = Exact(
    key="wen-li-ma.depth",
    title="Theorem 4.1, depth D",
    text="in D layers memoriser and generaliser are flattest, both: Tr = 2D (d+1)^(1/D)",
    numbers={"d": D, "n": N, "depth": Number(3, 2, 6), "seed": SEED},
    decide=decide,
)
