"""Theorem A: the valley over fair bits, from every small start and with every small epsilon in the normaliser."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from sco_flat.bounds import Bound
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.instances.sam_valley_bits import SamValleyBits
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.samples import streams
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts
from sco_flat.works.base import Hypothesis, Statement, build, facts_of, hypothesis_claims, require
from sco_flat.works.valley.common import own_size

TITLE = "Theorem A"


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """The conditions on n, m, eta, gam, T, r, and the constants of the proof."""
    assert isinstance(loss, SamValleyBits)
    found = [Hypothesis(c.name, c.key, c.value, c.relation, c.limit, c.mend, TITLE) for c in loss.conditions()]
    margin, eighth = loss.valley()["margin"], loss.perturbation_radius / 8.0
    usual, noise = float(loss.preset == "proof"), math.sqrt(loss.m) * loss.largest_noise()
    return (
        *found,
        Hypothesis("m >= 2^n", "width", loss.m, ">=", 2.0**loss.n, "leave width out", TITLE),
        Hypothesis("m <= 2^n", "width", loss.m, "<=", 2.0**loss.n, "leave width out", TITLE),
        Hypothesis(
            "margin <= r/8", "margin", margin, "<=", eighth, f"the largest legal margin is {eighth:.12g}", TITLE
        ),
        Hypothesis(
            "margin >= sqrt(m) tau2/4", "margin", margin, ">=", noise, f"the least legal margin is {noise:.12g}", TITLE
        ),
        own_size(loss.n if loss.design is None else loss.design, loss.n, TITLE),
        Hypothesis("the constants of the proof", "preset", usual, ">=", 1.0, "choose the preset proof", TITLE),
    )


def lower(loss: Loss, facts: Facts) -> Bound:
    """``eta r² T/80``.

    Raises
    ------
    NotApplicable
        Outside the conditions.
    """
    given = hypotheses(loss)
    require(given, loss)
    value = loss.step_size * loss.perturbation_radius**2 * loss.steps / 80.0
    return Bound(STATEMENT.key, value, "lower", "population_risk", "sharper", TITLE, tuple(c.name for c in given))


def claims(request: Request) -> list[Claim]:
    """The run from 0, and one from a start at the edge of the dead zones with the largest epsilon."""
    loss = build(request, STATEMENT)
    assert isinstance(loss, SamValleyBits)
    sample = request.sample(loss)
    simulation = simulate(loss, sample, request.settings, request.seed)
    found = hypothesis_claims(hypotheses(loss))
    event = sample.event
    found.append(claim("event probability >= 1/3", "hypothesis", event.probability, ">=", 1.0 / 3.0, TITLE))
    found.append(claim("exactly one all-zero column", "hypothesis", float(len(event.columns)), "==", 1.0, TITLE))
    bound = STATEMENT.bound(loss, facts_of(simulation))
    signs = streams(request.seed, "start")["start"].choice([-1.0, 1.0], loss.dimension)
    disturbed = replace(request.settings, start=loss.largest_noise() * signs, epsilon=loss.largest_epsilon())
    runs = {"": simulation, ", disturbed": simulate(loss, sample, disturbed, request.seed)}
    for label, run in runs.items():
        if len(event.columns) == 1:
            found += dynamics(run, label)
        start, risk = run.lowest_suffix()
        name = f"F of every suffix average{label} (lowest at {start}) >= eta r² T/80"
        if isinstance(bound, str):
            found.append(Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", TITLE, bound))
        else:
            found.append(claim(name, "conclusion", risk[0], ">=", bound.value, bound.source))
    return found


def dynamics(simulation: Simulation, label: str) -> list[Claim]:
    """What the proof says of b and x of the bad column at every step."""
    loss = simulation.instance
    assert isinstance(loss, SamValleyBits)
    v, place = loss.valley(), 3 * simulation.layout.sample.event.columns[0]
    least, largest, fallen, before, total = math.inf, 0.0, 0.0, -math.inf, 0.0
    for t, w in simulation.iterates():
        y, b, x = (float(entry) for entry in w[place : place + 3])
        total += x
        if t > 1:
            zone = v["tau2"] if b < 0.0 else v["tau1"] + v["theta"] * y
            least, largest = min(least, abs(b) / zone), max(largest, abs(b) / v["h"])
            fallen = max(fallen, before - x)
        before = x
    average = v["c"] * total / loss.steps / loss.perturbation_radius
    norm = float(np.sqrt(np.sum(simulation.last**2)))
    return [
        claim(f"B / (dead zone) of every step from w_2 on{label}", "dynamics", least, ">", 1.0, TITLE),
        claim(f"B / h of every step from w_2 on{label}", "dynamics", largest, "<=", 1.0, TITLE),
        claim(f"largest fall of X in a step{label}", "dynamics", fallen, "<=", 0.0, TITLE),
        claim(f"c X of the full average / r{label}", "dynamics", average, ">=", 0.26, TITLE),
        claim(f"|w_T| <= 1, no projection{label}", "dynamics", norm, "<=", 1.0, TITLE),
    ]


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.valley.proofs.noise import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="valley.sam-noise",
    title=TITLE,
    text="SAM: every suffix average has F of order eta r² T, with small noise at the start and a small epsilon",
    instance="sam-valley-bits",
    method="sam",
    defaults={"n": 6, "steps": 160, "step_size": 0.12},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO),
    event="one",
    lower=lower,
)
