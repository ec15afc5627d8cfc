"""Theorem 3: every suffix average of SA-GD has large population risk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sco_flat.bounds import Bound
from sco_flat.errors import NotApplicable
from sco_flat.instances.base import Loss
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts
from sco_flat.works.base import Hypothesis, Statement, facts_of
from sco_flat.works.flat_minima import conditions, lower
from sco_flat.works.flat_minima.common import prepare

SOURCE = "Theorem 3"


def claims(request: Request) -> list[Claim]:
    """Check the walk ``w_t = -q sum_{s<t} e_{I,s}`` (paper's weights, adversarial oracle) and every suffix."""
    instance, simulation, found = prepare(request)
    event = simulation.layout.sample.event
    found.append(claim("event probability >= 1/2", "hypothesis", event.probability, ">=", 0.5, SOURCE))
    found.append(claim("an all-plus column exists", "hypothesis", float(len(event.columns)), ">=", 1.0, SOURCE))
    q = instance.step_size * max(instance.perturbation_radius - instance.flatness_radius, 0.0)
    if _chosen_walk(instance.facts() | simulation.settings.facts()):
        row = int(np.searchsorted(simulation.layout.rows, event.columns[0])) if event.columns else 0
        walk = np.full(instance.steps, -q)
        walk[-1] = 0.0
        block = simulation.last[row * instance.steps : (row + 1) * instance.steps]
        error = float(np.max(np.abs(block - walk)))
        found.append(claim("last iterate is -q on e_{I,1..T-1}", "dynamics", error, "<=", 1e-14 * q, SOURCE))
        others = simulation.last.copy()
        others[row * instance.steps : (row + 1) * instance.steps] = 0.0
        found.append(claim("no other coordinate moves", "dynamics", float(np.max(np.abs(others))), "==", 0.0, SOURCE))
    norm = float(np.sqrt(np.sum(simulation.last**2)))
    found.append(claim("|w_T| <= 1, no projection", "dynamics", norm, "<=", 1.0, SOURCE))
    found.append(
        claim("oracle value within 0 of the maximum", "dynamics", simulation.oracle_gap, "<=", 0.0, SOURCE)
        if simulation.oracle_gap <= 0.0
        else Claim(
            "oracle value within 0 of the maximum",
            "dynamics",
            "float",
            "undecided",
            simulation.oracle_gap,
            0.0,
            "<=",
            SOURCE,
            "a numerical maximiser: the gap is to an upper bound of the maximum",
        )
    )
    start, risk = simulation.lowest_suffix()
    head = f"F of every suffix average (lowest at {start}) >= "
    bound = STATEMENT.bound(instance, facts_of(simulation))
    if isinstance(bound, str):
        name = head + RATE
        return [*found, Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", SOURCE, bound)]
    exact = bound.name == "theorem3"
    name = head + ("exact value at the full average" if exact else RATE)
    found.append(claim(name, "conclusion", risk[0], ">=", bound.value, bound.source, slack=1e-11))
    if exact:
        rate = lower.theorem3_rate(**_numbers(instance))
        name = f"F of every suffix average >= {RATE}"
        found.append(claim(name, "conclusion", risk[0], ">=", rate.value, rate.source))
    return found


RATE = "(1/(2 sqrt 2) - 1/3)²/4 eta² (r - rho)² T"


def _chosen_walk(facts: Facts) -> bool:
    """Whether the walk is the paper's: its weights, and its choice among maximisers that tie."""
    return bool(facts["equal_weights"] and facts["oracle"] == "adversarial")


def _numbers(instance: Loss) -> dict[str, Any]:
    return {
        "step_size": instance.step_size, "steps": instance.steps,
        "perturbation_radius": instance.perturbation_radius, "flatness_radius": instance.flatness_radius,
    }  # fmt: skip


def hypotheses(instance: Loss) -> tuple[Hypothesis, ...]:
    """The conditions on T, r and rho, and on weights that are not the paper's."""
    found = conditions.theorem3(**_numbers(instance))
    if not isinstance(instance, SagdBlocks) or instance.equal_weights:
        return found
    return (*found, *conditions.robust_weights(instance))


def lower_bound(instance: Loss, facts: Facts) -> Bound:
    """The exact value with the paper's weights and choice; the paper's rate for every correct oracle otherwise.

    Raises
    ------
    NotApplicable
        For other weights whose walk is not proved to reach the rate: rho is too large.
    """
    numbers = _numbers(instance)
    if facts["equal_weights"]:
        return lower.theorem3(**numbers)
    rate = lower.theorem3_rate(**numbers)
    if isinstance(instance, SagdBlocks) and not _reached(instance) >= rate.value:
        limit = "with these weights the rate is proved for a smaller rho only"
        raise NotApplicable("flatness-radius", instance.flatness_radius, limit, "choose a smaller one")
    return rate


def _reached(loss: SagdBlocks) -> float:
    """``½[a_T² eta (a_T r - rho) sqrt(S/2) - rho]_+²`` with ``S = (T-1)(2T-1)/(6T)``: F of every suffix, at least.

    Whatever constant columns a correct oracle picks: every step goes at least ``a_T eta (a_T r - rho)`` far, and
    ``E ½[sqrt(X) - rho]_+²`` is convex in the part X that a fresh example feels, half of it on the mean.
    """
    last, r, rho, steps = loss.last_weight, loss.perturbation_radius, loss.flatness_radius, loss.steps
    half = (steps - 1) * (2 * steps - 1) / (12 * steps)
    return 0.5 * max(last**2 * loss.step_size * (last * r - rho) * math.sqrt(half) - rho, 0.0) ** 2


def tie(facts: Facts) -> str | None:
    """Where weights do not fall, it is about one choice among the maximisers only."""
    if facts["falling_weights"] or facts["oracle"] == "adversarial":
        return None
    whose = "the paper's weights" if facts["equal_weights"] else "weights that do not fall from entry to entry"
    return (
        f"oracle = {facts['oracle']}: with {whose} Theorem 3 needs the oracle adversarial; use it, or --preset robust"
    )


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.flat_minima.proofs.theorem3 import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="flat-minima.3",
    title="Theorem 3",
    text="SA-GD: every suffix average has F of order eta² (r - rho)² T",
    instance="sagd-blocks",
    method="sagd",
    defaults={"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.02},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO),
    exception=tie,
    event="any",
    home=True,
    lower=lower_bound,
)
