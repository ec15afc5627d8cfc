"""Theorem L: SA-GD with every exact maximiser has a population risk of order eta (r - rho)² T/n."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sco_flat.bounds import Bound
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.instances.sagd_valley import SagdValley
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts, Need
from sco_flat.works.base import Hypothesis, Statement, build, facts_of, hypothesis_claims, require

TITLE = "Theorem L"
USUAL = Need("constants", "it is about the usual widening and floor", lambda value: value == "usual")


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """``n >= 4``, ``T >= 10``, ``eta <= 1/4``, ``r > rho``, and r so small that the walk stays in the ball."""
    theta = loss.step_size * loss.smoothness
    beyond = loss.perturbation_radius - loss.flatness_radius
    room = math.sqrt(max(2.0 - theta, 0.0) / (theta * max(loss.steps - 1, 1)))
    largest = loss.flatness_radius + room
    return (
        Hypothesis("n >= 4", "n", loss.n, ">=", 4, "the smallest legal n is 4", TITLE),
        Hypothesis("T >= 10", "steps", loss.steps, ">=", 10, "the smallest legal T is 10", TITLE),
        Hypothesis("eta <= 1/4", "step_size", loss.step_size, "<=", 0.25, "the largest legal step size is 1/4", TITLE),
        Hypothesis("r > rho", "flatness_radius", beyond, ">", 0.0, "choose rho below r", TITLE),
        Hypothesis(
            "r <= rho + sqrt((2 - theta)/(theta (T - 1)))", "perturbation_radius", loss.perturbation_radius, "<=",
            largest, f"the largest legal radius is {largest:.12g}", TITLE,
        ),
    )  # fmt: skip


def lower(loss: Loss, facts: Facts) -> Bound:
    """``[sqrt(eta (r - rho)² T/(30 n)) - rho]_+²/8``: ``eta r² T/(240 n)`` where rho is 0.

    Raises
    ------
    NotApplicable
        Outside the conditions.
    """
    given = hypotheses(loss)
    require(given, loss)
    beyond = loss.perturbation_radius - loss.flatness_radius
    along = math.sqrt(loss.step_size * loss.steps / (30.0 * loss.n)) * beyond
    value = max(along - loss.flatness_radius, 0.0) ** 2 / 8.0
    return Bound(STATEMENT.key, value, "lower", "population_risk", "sharper", TITLE, tuple(c.name for c in given))


def claims(request: Request) -> list[Claim]:
    """The event, the growth of x and the risk of every suffix on a run."""
    loss = build(request, STATEMENT)
    simulation = simulate(loss, request.sample(loss), request.settings, request.seed)
    event, found = simulation.layout.sample.event, hypothesis_claims(hypotheses(loss))
    found.append(claim("event probability >= 1/3", "hypothesis", event.probability, ">=", 1.0 / 3.0, TITLE))
    found.append(claim("exactly one all-plus column", "hypothesis", float(len(event.columns)), "==", 1.0, TITLE))
    if len(event.columns) == 1:
        found += dynamics(simulation)
    start, risk = simulation.lowest_suffix()
    name = f"F of every suffix average (lowest at {start}) >= [sqrt(eta (r - rho)² T/(30 n)) - rho]_+²/8"
    bound = STATEMENT.bound(loss, facts_of(simulation))
    if isinstance(bound, str):
        return [*found, Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", TITLE, bound)]
    return [*found, claim(name, "conclusion", risk[0], ">=", bound.value, bound.source)]


def dynamics(simulation: Simulation) -> list[Claim]:
    """x of the bad column never falls, and is as large as the proof says at every step."""
    loss, rows = simulation.instance, simulation.layout.rows
    assert isinstance(loss, SagdValley)
    place = 2 * int(np.searchsorted(rows, simulation.layout.sample.event.columns[0])) + 1
    c = loss.slope
    beyond = loss.perturbation_radius - loss.flatness_radius
    step = loss.step_size * c * beyond * math.hypot(1.0, c) * (1.0 - 0.25 / loss.n)
    least, fallen, before = math.inf, 0.0, 0.0
    for t, w in simulation.iterates():
        x = float(w[place])
        if t > 1:
            least, fallen = min(least, x / ((t - 1) * step)), max(fallen, before - x)
        before = x
    norm = float(np.sqrt(np.sum(simulation.last**2)))
    return [
        claim("x_t / ((t-1) eta c D l (1 - 1/(4n))) of every t >= 2", "dynamics", least, ">=", 1.0, TITLE, slack=1e-13),
        claim("largest fall of x in a step", "dynamics", fallen, "<=", 0.0, TITLE),
        claim("|w_T| <= 1, no projection", "dynamics", norm, "<=", 1.0, TITLE),
    ]


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.valley.proofs.sagd import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="valley.sagd",
    title=TITLE,
    text="SA-GD: every suffix average has F of order eta (r - rho)² T/n, whatever exact maximisers it takes",
    instance="sagd-valley",
    method="sagd",
    defaults={"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.0},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO, USUAL),
    event="one",
    lower=lower,
)
