"""What the statements about minima of the factorisation share: defaults, what they do not read, floats at a minimum."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Loss
from sco_flat.instances.factorisation import Factorisation
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build, reads_only

PAPER = "arXiv 2509.25783"
NEW = "this package"
DEFAULTS: dict[str, Any] = {"n": 1, "steps": 1, "step_size": 0.02, "perturbation_radius": 0.0, "factors": "depth-3"}
UNREAD = reads_only(reason="it looks at one minimum and runs nothing")
ALL_SEEN = UNREAD | {
    "measurements": "it is about the loss that sees every entry",
    "edge": "it looks at one minimum and runs nothing",
}
at_a_minimum = functools.partial(Statement, method="gd", any_method=True)
"""A statement about one minimum."""
CLOSE = 1e-9
"""Relative distance from the floor up to which a minimum in floats is taken for flat."""
SOLVER = 1e-12
"""Relative room for eigenvalues in floats."""

Vector = NDArray[np.float64]


def at_minimum(request: Request, statement: Statement) -> tuple[Factorisation, list[Claim]]:
    """The loss of a request, and what is asked of factors that were given with an M."""
    loss = factorisation(build(request, statement))
    given, found = loss.minimiser, []
    if given.residual:
        note = f"snapped to an exact minimum: W_L moved by {given.move:.2g} of all factors"
        name = "|M - W_L ... W_1| / |M| of the factors as given"
        found.append(claim(name, "hypothesis", given.residual, "<=", 1e-10, PAPER, note=note))
    return loss, found


def factorisation(loss: Loss) -> Factorisation:
    """The loss as what it is."""
    assert isinstance(loss, Factorisation)
    return loss


def look_at(loss: Factorisation, w: Vector) -> Look:
    """A point with its kernels."""
    return Look(Layout(loss, loss.draw("free", 0), np.arange(loss.m)), w)


def norms(matrices: list[Vector]) -> Vector:
    """Spectral norms."""
    return np.array([np.linalg.norm(x, 2) for x in matrices])


def products(loss: Factorisation) -> Vector:
    """``|A_i||B_i|`` for i = 1..L."""
    after, before = loss.sides(np.zeros(loss.dimension))
    return norms(after) * norms(before)


def imbalance(factors: list[Vector]) -> float:
    """``sum_i |W_i W_i^T - W_{i+1}^T W_{i+1}|²``: 0 where the factors are balanced."""
    pairs = itertools.pairwise(factors)
    return float(sum(np.sum((w @ w.T - after.T @ after) ** 2) for w, after in pairs))
