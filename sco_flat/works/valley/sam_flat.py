"""Theorem S2: the same with a common minimum that is flat of radius r/8."""

from __future__ import annotations

from typing import Any

from sco_flat.bounds import Bound
from sco_flat.instances.base import Loss
from sco_flat.instances.sam_valley import SamValley
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts
from sco_flat.works.base import Hypothesis, Statement
from sco_flat.works.valley import common

TITLE = "Theorem S2"


def claims(request: Request) -> list[Claim]:
    """The recurrence beside the run, and every suffix."""
    return common.claims(request, STATEMENT)


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """The conditions on eta, gam, T, r and rho."""
    return common.conditions(loss, TITLE, lifted=True)


def lower(loss: Loss, facts: Facts) -> Bound:
    """``eta r² T/80`` of every suffix; with codes of signs ``eta r² T/190``."""
    return common.bound(STATEMENT, loss)


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.valley.proofs.sam_proof import PROVABLE

    return PROVABLE[True]


STATEMENT = Statement(
    key="valley.sam-flat",
    title=TITLE,
    text="SAM: every suffix average has F of order eta r² T although a minimum is flat of radius r/8",
    instance="sam-valley",
    method="sam",
    defaults={"n": 6, "steps": 512, "step_size": 0.125, "flatness_radius": 0.015625},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO),
    event="one",
    concerns=lambda loss: isinstance(loss, SamValley) and loss.lifted and not loss.wide,
    lower=lower,
)
