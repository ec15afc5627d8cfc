"""The smallest lambda_max that a minimum can have, at the minimum at hand and at random ones of several depths."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.requests import Request, request_from
from sco_flat.results import Claim, claim
from sco_flat.works.factorisation import common

TITLE = "floor"
SOURCE = f"{common.PAPER}; Mulayoff and Michaeli 2020"
DEPTHS, SEEDS = (2, 3, 4, 6), 3


def claims(request: Request) -> list[Claim]:
    """The inequality chain of the proof at the minimum, and the floor at random ones."""
    loss, found = common.at_minimum(request, STATEMENT)
    origin = np.zeros(loss.dimension)
    value, depth = loss.lambda_max(origin), loss.depth
    left, sizes, right = np.linalg.svd(loss.target)
    u, v, s = left[:, 0], right[0], float(sizes[0])
    after, before = loss.sides(origin)
    a, b = [x.T @ u for x in after], [x @ v for x in before]
    met = [float(a[i] @ b[i + 1]) for i in range(depth - 1)]
    lengths = np.array([np.linalg.norm(x) * np.linalg.norm(y) for x, y in zip(a, b, strict=True)])
    rayleigh, least = 2.0 * float(np.sum(lengths**2)), s ** (depth - 1)
    room = common.SOLVER
    found += [
        claim("largest |a_i . b_(i+1) - s| / s", "dynamics", max(abs(x - s) for x in met) / s, "<=", room, SOURCE),
        claim("prod |a_i||b_i| >= s^(L-1)", "dynamics", float(np.prod(lengths)), ">=", least, SOURCE, slack=room),
        claim("2 sum |a_i|²|b_i|² >= floor", "dynamics", rayleigh, ">=", loss.floor(), SOURCE, slack=room),
        claim("lambda_max >= 2 sum |a_i|²|b_i|²", "conclusion", value, ">=", rayleigh, SOURCE, slack=room),
    ]
    others = [
        request_from("factorisation", factors=f"random:{depth}:3:{seed}").build()
        for depth in DEPTHS
        for seed in range(SEEDS)
    ]
    ratios = [f.lambda_max(np.zeros(f.dimension)) / f.floor() for f in map(common.factorisation, others)]
    name = f"smallest lambda_max / floor of {len(ratios)} random minima, L = 2 to {DEPTHS[-1]}"
    found.append(claim(name, "conclusion", min(ratios), ">=", 1.0, SOURCE, slack=room))
    return found


def proof() -> Any:
    """The step of the means for every depth, and the chain and the floor at the minimum at hand exactly."""
    from sco_flat.works.factorisation.proofs.floor import FLOOR

    return FLOOR


STATEMENT = common.at_a_minimum(
    instance="factorisation",
    key="factorisation.floor",
    title=TITLE,
    text="where W_L ... W_1 = M, |M - W_L ... W_1|² has lambda_max >= 2 L s^(2-2/L), s = |M|, at the minima tried",
    defaults=common.DEFAULTS,
    claims=claims,
    proof=proof,
    unread=common.ALL_SEEN,
)
