"""Theorem S2': a common minimum that is flat of any radius rho below SAM's r."""

from __future__ import annotations

from typing import Any

from sco_flat.bounds import Bound
from sco_flat.engines.simulation import simulate
from sco_flat.instances.base import Loss
from sco_flat.instances.sam_valley import SamValley
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts
from sco_flat.works.base import Hypothesis, Statement, build, facts_of, hypothesis_claims, require
from sco_flat.works.valley import common

TITLE = "Theorem S2'"
LEAST_RISK = 1.0 / 80.0
RISK = "eta (r - rho)² T/80"


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """The conditions on eta, T, r and rho."""
    assert isinstance(loss, SamValley)
    gamma, usual = loss.valley()["gamma"], loss.step_size * loss.excess / 128.0
    found = [Hypothesis(c.name, c.key, c.value, c.relation, c.limit, c.mend, TITLE) for c in loss.conditions()]
    return (
        Hypothesis("rho > 0", "flatness_radius", loss.flatness_radius, ">", 0.0, "choose a positive rho", TITLE),
        Hypothesis(
            "the valley begins as wide as the flat ball", "walls", float(loss.wide), ">=", 1.0,
            "choose walls = snug, or rho above r/8", TITLE,
        ),
        Hypothesis("gam = eta (1 - rho/r)/128", "gamma", gamma, "==", usual, "leave gamma out", TITLE),
        Hypothesis("orthonormal codes", "codes", float(loss.signs), "<=", 0.0, "choose codes = orthonormal", TITLE),
        *found,
        common.own_size(loss.made_for, loss.n, TITLE),
    )  # fmt: skip


def lower(loss: Loss, facts: Facts) -> Bound:
    """``eta (r - rho)² T/80`` of every suffix.

    Raises
    ------
    NotApplicable
        Outside the conditions.
    """
    given = hypotheses(loss)
    require(given, loss)
    beyond = loss.perturbation_radius - loss.flatness_radius
    value = LEAST_RISK * loss.step_size * beyond**2 * loss.steps
    return Bound(STATEMENT.key, value, "lower", "population_risk", "sharper", TITLE, tuple(c.name for c in given))


def claims(request: Request) -> list[Claim]:
    """Hypotheses, event, the recurrence beside the run, and the risk of every suffix."""
    loss = build(request, STATEMENT)
    sample = request.sample(loss)
    simulation = simulate(loss, sample, request.settings, request.seed)
    event, found = sample.event, hypothesis_claims(hypotheses(loss))
    chance = f"event probability, mean over the families >= {common.LEAST_CHANCE}"
    found.append(claim(chance, "hypothesis", event.probability, ">=", common.LEAST_CHANCE, TITLE))
    found += common.sample_claims(sample, TITLE)
    if len(event.columns) == 1:
        found += common.dynamics(simulation, TITLE)
    start, risk = simulation.lowest_suffix()
    name = f"F of every suffix average (lowest at {start}) >= {RISK}"
    known: Bound | str = STATEMENT.bound(loss, facts_of(simulation))
    if isinstance(known, str):
        return [*found, Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", TITLE, known)]
    return [*found, claim(name, "conclusion", risk[0], ">=", known.value, known.source)]


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.valley.proofs.wide import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="valley.sam-wide",
    title=TITLE,
    text="SAM: every suffix average has F of order eta (r - rho)² T for every flatness radius rho < r",
    instance="sam-valley",
    method="sam",
    defaults={
        "n": 6, "steps": 2700, "step_size": 0.1, "perturbation_radius": 0.06, "flatness_radius": 0.03,
    },
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO),
    event="one",
    concerns=lambda loss: isinstance(loss, SamValley) and loss.wide,
    lower=lower,
)  # fmt: skip
