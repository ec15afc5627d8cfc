"""Is flat decided by balance? Balanced minima are flat, flat ones need not be balanced."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.requests import Request, request_from
from sco_flat.results import Claim, claim
from sco_flat.works.factorisation import common

TITLE = "balance"
SOURCE = common.PAPER
BALANCED, EQUAL = "balanced", "equal-norms"
UNSEEN = 1e-20
"""Squared imbalance, relative to the factors' fourth powers, that floats do not see."""


def claims(request: Request) -> list[Claim]:
    """The two printed points, and the one at hand."""
    loss, found = common.at_minimum(request, STATEMENT)
    for name in (BALANCED, EQUAL):
        other = common.factorisation(request_from("factorisation", factors=name).build())
        value, floor = other.lambda_max(np.zeros(other.dimension)), other.floor()
        if name == BALANCED:
            text = "balanced, diag(2, 1, 1/2)³: lambda_max = floor"
            found.append(claim(text, "conclusion", value, "==", floor, SOURCE, slack=common.SOLVER))
        else:
            gap = float(np.ptp(common.norms(other.base)))
            found.append(claim("equal norms alone: largest - smallest |W_i|", "dynamics", gap, "==", 0.0, common.NEW))
            found.append(claim("equal norms alone: lambda_max > floor", "conclusion", value, ">", floor, common.NEW))
    value, floor = loss.lambda_max(np.zeros(loss.dimension)), loss.floor()
    apart = common.imbalance(loss.base) / float(sum(np.sum(w * w) for w in loss.base)) ** 2
    if apart <= UNSEEN:
        text = "the minimum is balanced: lambda_max = floor"
        return [*found, claim(text, "conclusion", value, "==", floor, SOURCE, slack=common.CLOSE)]
    if value <= floor * (1.0 + common.CLOSE):
        text = "the minimum is flat, and not balanced: |W_i W_i^T - W_(i+1)^T W_(i+1)|² / |W|⁴"
        return [*found, claim(text, "conclusion", apart, ">", 0.0, common.NEW)]
    text = "the minimum is not flat, and not balanced: |W_i W_i^T - W_(i+1)^T W_(i+1)|² / |W|⁴"
    return [*found, claim(text, "conclusion", apart, ">", 0.0, SOURCE)]


def proof() -> Any:
    """The proof in fractions, and its re-check."""
    from sco_flat.works.factorisation.proofs.points import BALANCE

    return BALANCE


STATEMENT = common.at_a_minimum(
    instance="factorisation",
    key="factorisation.balanced",
    title=TITLE,
    text="balanced minima are flat; flat ones need not be balanced, and equal norms |W_i| alone are not enough",
    defaults=common.DEFAULTS | {"factors": "not-balanced"},
    claims=claims,
    proof=proof,
    unread=common.ALL_SEEN,
)
