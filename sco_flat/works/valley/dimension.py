"""Theorem 1': a flat minimum that generalises badly, in a dimension that is linear in n."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Loss
from sco_flat.instances.flat_erm_code import FlatErmCode
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, Statement, build, hypothesis_claims, reads_only

TITLE = "Theorem 1'"


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """``t + rho <= 1``."""
    assert isinstance(loss, FlatErmCode)
    t, rho = loss.levels[0], loss.flatness_radius
    mend = f"the largest legal rho is {1.0 - t:.6g}"
    return (Hypothesis("rho <= 1 - t", "flatness_radius", rho, "<=", 1.0 - t, mend, TITLE),)


def claims(request: Request) -> list[Claim]:
    """Evaluate both minima on the sample: the flat u_I and the sharp ``rho e_b``."""
    loss = build(request, STATEMENT)
    assert isinstance(loss, FlatErmCode)
    sample, found = request.sample(loss), hypothesis_claims(hypotheses(loss))
    found.append(claim("event probability >= 1/2", "hypothesis", sample.event.probability, ">=", 0.5, TITLE))
    columns = sample.event.columns
    found.append(claim("an all-zero column exists", "hypothesis", float(len(columns)), ">=", 1.0, TITLE))
    if not columns:
        return found
    rho, r, t = loss.flatness_radius, loss.perturbation_radius, loss.levels[0]
    flat, sharp = (Look(Layout(loss, sample, rows), w) for rows, w in loss.minima(sample).values())
    least, room = 0.5 * max(r - rho, 0.0) ** 2, 0.25 * (1.0 - t - rho) ** 2
    # u_I is a unit vector up to rounding, and so is its distance to half-spaces
    found += [
        claim("F_S(u_I) = 0", "conclusion", flat.empirical_risk, "==", 0.0, TITLE),
        claim("F_S^r(u_I) <= min F_S^r = [r - rho]_+²/2", "conclusion", flat.upper(r), "<=", least, TITLE, slack=1e-14),
        claim("F(u_I) >= (1 - t - rho)²/4", "conclusion", flat.population_risk[0], ">=", room, TITLE, slack=1e-12),
        claim("F_S(rho e_b) = 0", "conclusion", sharp.empirical_risk, "<=", (8e-16 * rho) ** 2, TITLE),
        claim("F(rho e_b) = 0", "conclusion", sharp.population_risk[1], "<=", (8e-16 * rho) ** 2, TITLE),
    ]
    for delta in (0.01, 0.1, 0.5):
        reached = sharp.value(np.append(np.zeros(loss.m), delta), 1.0)
        assert reached is not None
        name = f"F_S^{delta:g}(rho e_b) >= {delta:g}²/2"
        found.append(claim(name, "conclusion", reached, ">=", 0.5 * delta**2, TITLE, slack=1e-12))
    return found


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.valley.proofs.dimension import ERM

    return ERM


STATEMENT = Statement(
    key="valley.dimension",
    title=TITLE,
    text="a flattest empirical minimiser has F >= (1-t-rho)²/4 in a dimension linear in n, a sharp one has F = 0",
    instance="flat-erm-code",
    method="gd",
    defaults={"n": 8, "steps": 1, "step_size": 0.25, "perturbation_radius": 0.3, "flatness_radius": 0.1},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    event="any",
    any_method=True,
    unread=reads_only(
        "n", "width", "perturbation_radius", "flatness_radius", "event", "seed",
        reason="it looks at points and runs nothing",
    ),
)  # fmt: skip
