"""Main theorem: the largest eigenvalue of the Hessian at a minimum in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.instances.factorisation import Factorisation
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.factorisation import common

TITLE = "main theorem"
SOURCE = f"{common.PAPER}, {TITLE}"
STEP = 1e-5
"""Of central differences of the gradient, times the largest entry of the factors."""
DIFFERENCES = 1e-8
"""Relative room for them; the gradient is a polynomial, and differences miss by about STEP²."""
WHOLE = 100
"""Coordinates up to which the whole Hessian is taken."""


def claims(request: Request) -> list[Claim]:
    """The closed form beside differences of the gradient."""
    loss, found = common.at_minimum(request, STATEMENT)
    origin = np.zeros(loss.dimension)
    found += closed_forms(loss)
    value = loss.lambda_max(origin)
    if not loss.measurements:
        name = "lambda_max of the Hessian >= 2 L s^(2-2/L)"
        found.append(claim(name, "conclusion", value, ">=", loss.floor(), SOURCE, slack=common.SOLVER))
    return found


def closed_forms(loss: Factorisation) -> list[Claim]:
    """``2 lambda_max(K)``, its eigenvector, and the formulas for depth 2 and for one number."""
    origin = np.zeros(loss.dimension)
    value, v = loss.lambda_max(origin), loss.steepest_direction(origin)
    h = STEP * max(float(np.abs(w).max()) for w in loss.base)

    def along(direction: common.Vector) -> common.Vector:
        ahead, behind = (common.look_at(loss, sign * h * direction).gradient() for sign in (1.0, -1.0))
        assert ahead is not None
        assert behind is not None
        return (ahead - behind) / (2.0 * h)

    image = along(v)
    curvature, aside = float(v @ image), float(np.linalg.norm(image - value * v))
    name = "curvature along A_i^T X B_i^T, by differences = 2 lambda_max(K)"
    found = [
        claim(name, "conclusion", curvature, "==", value, SOURCE, slack=DIFFERENCES),
        claim("|H v - lambda_max v| / lambda_max of it", "dynamics", aside / value, "<=", DIFFERENCES, SOURCE),
    ]
    if loss.dimension <= WHOLE:
        hessian = np.array([along(e) for e in np.eye(loss.dimension)])
        top = float(np.linalg.eigvalsh((hessian + hessian.T) / 2.0)[-1])
        name = "largest eigenvalue of the Hessian by differences = 2 lambda_max(K)"
        found.append(claim(name, "conclusion", top, "==", value, SOURCE, slack=DIFFERENCES))
    if loss.measurements:
        return found
    if loss.depth == 2:
        total = 2.0 * float(np.sum(common.norms(loss.base) ** 2))
        name = "depth 2: 2 (|W_1|² + |W_2|²) = 2 lambda_max(K)"
        found.append(claim(name, "conclusion", total, "==", value, SOURCE, slack=common.SOLVER))
    if loss.target.size == 1:
        total = 2.0 * float(np.sum(common.products(loss) ** 2))
        name = "M a number: 2 sum |A_i|²|B_i|² = 2 lambda_max(K)"
        found.append(claim(name, "conclusion", total, "==", value, SOURCE, slack=common.SOLVER))
    return found


def proof() -> Any:
    """The proof in integers and fractions, and its re-check."""
    from sco_flat.works.factorisation.proofs.points import LAMBDA

    return LAMBDA


STATEMENT = common.at_a_minimum(
    instance="factorisation",
    key="factorisation.lambda",
    title=TITLE,
    text="where W_L ... W_1 = M, |M - W_L ... W_1|² has lambda_max = 2 lambda_max(sum (B_i^T B_i) x (A_i A_i^T))",
    defaults=common.DEFAULTS,
    claims=claims,
    proof=proof,
    unread=common.ALL_SEEN,
)
