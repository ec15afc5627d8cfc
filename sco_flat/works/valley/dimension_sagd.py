"""Theorem 3': SA-GD's walk into a flat bad minimum, in a dimension that is linear in n T."""

from __future__ import annotations

from typing import Any

import numpy as np

from sco_flat.bounds import Bound
from sco_flat.engines.simulation import simulate
from sco_flat.instances.base import Loss
from sco_flat.instances.sagd_code import SagdCode
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts, Need
from sco_flat.works.base import Hypothesis, Statement, build, facts_of, hypothesis_claims, require

TITLE = "Theorem 3'"
OWN_CHOICE = Need("oracle", "it is about the walk of the oracle exact, not of {value}", lambda value: value == "exact")
USUAL = Need("constants", "it is about the usual depth q0 = eta (r - rho)", lambda value: value == "usual")


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """``T >= 2``, ``r > rho``, ``eta (r - rho) <= 1/sqrt T``."""
    beyond = loss.perturbation_radius - loss.flatness_radius
    largest = SagdCode.auto_radius(loss.steps, loss.step_size, loss.flatness_radius)
    return (
        Hypothesis("T >= 2", "steps", loss.steps, ">=", 2, "the smallest legal T is 2", TITLE),
        Hypothesis("r > rho", "perturbation_radius", beyond, ">", 0.0, "choose r above rho", TITLE),
        Hypothesis(
            "r <= rho + 1/(eta sqrt T)", "perturbation_radius", loss.perturbation_radius, "<=", largest,
            f"the largest legal radius is {largest:.12g}", TITLE,
        ),
    )  # fmt: skip


def lower(loss: Loss, facts: Facts) -> Bound:
    """``[q0 sqrt(sum_j [(T-j)/T - t]_+²) - rho]_+²/4``: the full average has the smallest distance.

    Raises
    ------
    NotApplicable
        Outside the conditions.
    """
    assert isinstance(loss, SagdCode)
    given = hypotheses(loss)
    require(given, loss)
    left = np.maximum(np.arange(loss.steps) / loss.steps - loss.levels[1] / loss.one_step, 0.0)
    value = 0.25 * max(loss.one_step * float(np.sqrt(np.sum(left**2))) - loss.flatness_radius, 0.0) ** 2
    return Bound(STATEMENT.key, value, "lower", "population_risk", "sharper", TITLE, tuple(c.name for c in given))


def claims(request: Request) -> list[Claim]:
    """The walk ``w_t = -q0 sum_{s<t} e_s u_I`` and the risk of every suffix."""
    loss = build(request, STATEMENT)
    assert isinstance(loss, SagdCode)
    sample = request.sample(loss)
    simulation = simulate(loss, sample, request.settings, request.seed)
    found, columns = hypothesis_claims(hypotheses(loss)), sample.event.columns
    found.append(claim("event probability >= 1/2", "hypothesis", sample.event.probability, ">=", 0.5, TITLE))
    found.append(claim("an all-plus column exists", "hypothesis", float(len(columns)), ">=", 1.0, TITLE))
    if columns:
        parts = simulation.last.reshape(loss.steps, -1)
        along = np.where(np.arange(loss.steps) < loss.steps - 1, -loss.one_step, 0.0)
        error = min(float(np.abs(parts - np.outer(along, loss.code.vectors[i])).max()) for i in columns)
        name = "last iterate is -q0 u_I in parts 1..T-1"
        found.append(claim(name, "dynamics", error, "<=", 1e-14 * loss.one_step, TITLE))
    norm = float(np.sqrt(np.sum(simulation.last**2)))
    found.append(claim("|w_T| <= 1, no projection", "dynamics", norm, "<=", 1.0, TITLE, slack=1e-14))
    start, risk = simulation.lowest_suffix()
    name = f"F of every suffix average (lowest at {start}) >= [q0 sqrt(sum_j [(T-j)/T - t]_+²) - rho]_+²/4"
    bound = STATEMENT.bound(loss, facts_of(simulation))
    if isinstance(bound, str):
        return [*found, Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", TITLE, bound)]
    return [*found, claim(name, "conclusion", risk[0], ">=", bound.value, bound.source, slack=1e-11)]


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.valley.proofs.dimension import SAGD

    return SAGD


STATEMENT = Statement(
    key="valley.dimension-sagd",
    title=TITLE,
    text="SA-GD: every suffix average has F of order eta² (r - rho)² T in a dimension that is linear in n T",
    instance="sagd-code",
    method="sagd",
    defaults={"n": 6, "steps": 8, "step_size": 0.25, "flatness_radius": 0.0},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO, OWN_CHOICE, USUAL),
    event="any",
    lower=lower,
)
