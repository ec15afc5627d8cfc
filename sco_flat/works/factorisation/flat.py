"""Flat minima: what they share, and what they need not."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.instances.factorisation import Factorisation
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.factorisation import common

TITLE = "flat minima"
SOURCE = f"{common.PAPER}, sharper"
ROOT = 1e-4
"""Room where a quantity that is 0 at a flat minimum is at most of the order of the root of `common.CLOSE`."""


def is_flat(loss: Factorisation) -> bool:
    """Whether lambda_max is the floor, in floats."""
    return loss.lambda_max(np.zeros(loss.dimension)) <= loss.floor() * (1.0 + common.CLOSE)


def top_pairs(loss: Factorisation) -> list[tuple[common.Vector, common.Vector]]:
    """Singular pairs of the largest singular value: a basis, and sums of two of it."""
    left, sizes, right = np.linalg.svd(loss.target)
    count = int(np.sum(sizes >= sizes[0] * (1.0 - common.CLOSE)))
    pairs = [(left[:, k], right[k]) for k in range(count)]
    half = np.sqrt(0.5)
    sums = [(i, j) for i in range(count) for j in range(i)]
    return pairs + [((left[:, i] + left[:, j]) * half, (right[i] + right[j]) * half) for i, j in sums]


def claims(request: Request) -> list[Claim]:
    """What holds of a flat minimum; of another one, that it is none."""
    loss, found = common.at_minimum(request, STATEMENT)
    origin = np.zeros(loss.dimension)
    value, floor = loss.lambda_max(origin), loss.floor()
    if not is_flat(loss):
        return [*found, claim("not flat: lambda_max > 2 L s^(2-2/L)", "conclusion", value, ">", floor, SOURCE)]
    name = "flat: lambda_max = 2 L s^(2-2/L)"
    found.append(claim(name, "conclusion", value, "==", floor, SOURCE, slack=common.CLOSE))
    after, before = loss.sides(origin)
    spread = apart = 0.0
    for u, v in top_pairs(loss):
        a, b = [x.T @ u for x in after], [x @ v for x in before]
        lengths = np.array([np.linalg.norm(x) * np.linalg.norm(y) for x, y in zip(a, b, strict=True)])
        spread = max(spread, float(np.ptp(lengths) / lengths.max()))
        cosines = [abs(x @ y) / (np.linalg.norm(x) * np.linalg.norm(y)) for x, y in zip(a[:-1], b[1:], strict=True)]
        apart = max(apart, 1.0 - float(min(cosines)))
    found += [
        claim("so |a_i||b_i| of every top pair is one number: spread", "conclusion", spread, "<=", ROOT, SOURCE),
        claim("and a_i is parallel to b_(i+1): 1 - |cos|", "conclusion", apart, "<=", ROOT, SOURCE),
    ]
    ratio = common.products(loss)
    if ratio.max() > ratio.min() * (1.0 + common.CLOSE):
        name = "but |A_i||B_i| differ: largest / smallest"
        found.append(claim(name, "conclusion", float(ratio.max() / ratio.min()), ">", 1.0, common.NEW))
    return found


def proof() -> Any:
    """The proof in fractions, and its re-check."""
    from sco_flat.works.factorisation.proofs.points import FLAT

    return FLAT


STATEMENT = common.at_a_minimum(
    instance="factorisation",
    key="factorisation.flat",
    title=TITLE,
    text="flat minima have |a_i||b_i| equal and a_i, b_(i+1) parallel for every top pair; |A_i||B_i| may differ",
    defaults=common.DEFAULTS | {"factors": "unequal-products"},
    claims=claims,
    proof=proof,
    unread=common.ALL_SEEN,
)
