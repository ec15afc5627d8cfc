"""What the statements about runs share: they suggest, in kind, at a size that takes a second."""

from __future__ import annotations

from typing import Any

from sco_flat.networks.loss import NetworkLoss
from sco_flat.networks.scenarios import SCENARIOS, Moment, path
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build

SOURCE = "Wen, Li and Ma, Table 1, in kind"
INEQUALITY = "Tr_GN / its lower bound, least of the run"
FIXED = dict.fromkeys(("network", "bias", "depth", "activation", "objective"), "its network is fixed")
"""What the statements do not read."""


def numbers(name: str) -> dict[str, Any]:
    """A scenario's numbers as defaults of a statement, without its method."""
    return {key: value for key, value in SCENARIOS[name].items() if key != "method"}


def inequality(found: list[Moment], run: str) -> Claim:
    """Hold every point of a run against the inequality that holds everywhere; rounding alone may be in its way."""
    least = min(m.trace / m.floor for m in found if m.floor)
    source = "Wen, Li and Ma, Theorem 4.1, sharpened: Cauchy and Schwarz, AM-GM at every parameter"
    return claim(f"{INEQUALITY}, {run}", "dynamics", least, ">=", 1.0, source, slack=1e-12)


def fitted(last: Moment, run: str) -> Claim:
    """The trace of Gauss and Newton is that of the Hessian where the labels are met."""
    return claim(f"F_S at the end, {run}", "dynamics", last.risk, "<=", 1e-3, "Wen, Li and Ma, Lemma 4.1")


def followed(request: Request, statement: Statement) -> tuple[NetworkLoss, list[Moment]]:
    """Make the loss inside a statement, and run."""
    loss = build(request, statement)
    assert isinstance(loss, NetworkLoss)
    return loss, list(path(request))


def accuracy(last: Moment) -> float:
    """Of fresh points; the whole cube in the sample leaves none, and none is wrong."""
    return 1.0 if last.accuracy is None else last.accuracy
