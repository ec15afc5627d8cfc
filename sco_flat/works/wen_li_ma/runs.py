"""What the statements about runs share: they suggest, in kind, at a size that takes a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from sco_flat.networks.loss import NetworkLoss
from sco_flat.requests import Request, request_from
from sco_flat.results import Claim, Relation, claim
from sco_flat.works.base import Statement, build
from sco_flat.works.wen_li_ma.training import SCENARIOS, Moment, points

SOURCE = "Wen, Li and Ma, Table 1, in kind"
SHARPENED = "Wen, Li and Ma, Theorem 4.1, sharpened: Cauchy and Schwarz, AM-GM at every parameter"
ROOM = 1e-12
"""Rounding of a trace and of its bound, relative."""
INEQUALITY = "Tr_GN / its lower bound, least of the run"
FIXED = dict.fromkeys(("network", "bias", "depth", "activation", "objective"), "its network is fixed")
"""What the statements do not read."""


def numbers(name: str) -> dict[str, Any]:
    """A scenario's numbers as defaults of a statement, without its method."""
    return {key: value for key, value in SCENARIOS[name].items() if key != "method"}


def inequality(found: list[Moment], run: str) -> Claim:
    """Hold every point of a run against the inequality that holds everywhere; rounding alone may be in its way."""
    name, ratios = f"{INEQUALITY}, {run}", [m.trace / m.floor for m in found if m.floor]
    if not ratios:
        reason = "the lower bound is 0 at every point that was looked at: the network is 0 on the sample"
        return Claim(name, "dynamics", "float", "not applicable", None, 1.0, ">=", SHARPENED, reason)
    return claim(name, "dynamics", min(ratios), ">=", 1.0, SHARPENED, slack=ROOM)


def from_below(last: Moment, line: str, height: float) -> Claim:
    """The trace at the end against its proved bound there, which is the printed line only where ``|f| = 1``."""
    floor = math.nan if last.floor is None else last.floor
    note = f"{line} = {height:.9g} where |f| = 1; Tr - {line} = {last.trace - height:.3g}"
    name = "Tr >= (4/n) sum |x'| |f|, at the end"
    return claim(name, "dynamics", last.trace, ">=", floor, SHARPENED, slack=ROOM, note=note)


def fitted(last: Moment, run: str) -> Claim:
    """The trace of Gauss and Newton is that of the Hessian where the labels are met."""
    return claim(f"F_S at the end, {run}", "dynamics", last.risk, "<=", 1e-3, "Wen, Li and Ma, Lemma 4.1")


def followed(request: Request, statement: Statement) -> tuple[NetworkLoss, list[Moment]]:
    """Make the loss inside a statement, and run."""
    loss = build(request, statement)
    assert isinstance(loss, NetworkLoss)
    return loss, points(request)


def accuracy(last: Moment, relation: Relation, bound: float) -> Claim:
    """Of fresh points; not applicable where there are none, since the whole cube is in the sample."""
    return measured("accuracy on fresh points", [last], lambda a: a, relation, bound)


def measured(name: str, ends: Sequence[Moment], read: Callable[..., float], relation: Relation, bound: float) -> Claim:
    """Claim a number that is read off the accuracies of some ends."""
    known = [m.accuracy for m in ends if m.accuracy is not None]
    if len(known) < len(ends):
        reason = "every point of the law is in the sample, so that none is fresh; take n < 2^d"
        return Claim(name, "conclusion", "float", "not applicable", None, bound, relation, SOURCE, reason)
    return claim(name, "conclusion", read(*known), relation, bound, SOURCE)


def in_kind(request: Request, statement: Statement, claims: Sequence[Claim]) -> list[Claim]:
    """Judge claims in kind at the numbers of the statement alone, whatever the seed.

    Their limits were found at one size. What a run with other numbers reached is shown, and not applicable.
    """
    own: dict[str, Any] = {"instance": statement.instance, "method": statement.method, "seed": request.seed}
    named = request_from(**own | statement.defaults)
    changed = [*_changed(request.build(), named.build()), *_changed(request.settings, named.settings)]
    if not changed:
        return list(claims)
    reason = f"its limit is that of the statement's own numbers; here {', '.join(changed)}"
    return [replace(c, verdict="not applicable", note=c.note if c.value is None else reason) for c in claims]


def _changed(given: Any, named: Any) -> Iterator[str]:
    """What differs between two frozen records."""
    for f in fields(named):
        mine, own = getattr(given, f.name), getattr(named, f.name)
        if not np.array_equal(mine, own):
            yield f"{f.name} = {'an array' if isinstance(mine, np.ndarray) else mine}, not {own}"
