"""BatchNorm run: SAM comes near 8 and knows the target; with the paper's last radius it collapses here."""

from __future__ import annotations

from dataclasses import replace

from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement
from sco_flat.works.wen_li_ma.runs import FIXED, SOURCE, accuracy, fitted, followed, in_kind, numbers
from sco_flat.works.wen_li_ma.training import points
from sco_flat.works.wen_li_ma.training import request as scenario

PRINTED = "not reproduced: Wen, Li and Ma, Table 2 (r = 0.1, then 1), at this size"


def claims(request: Request) -> list[Claim]:
    """Statistics of the whole sample at every step; then the same run with stages that end at the printed radius."""
    _, found = followed(request, STATEMENT)
    large = scenario("batch-norm-large-r", n=request.n)
    printed = replace(
        request, steps=large.steps, step_size=large.step_size, perturbation_radius=large.perturbation_radius,
        settings=replace(request.settings, stages=large.settings.stages),
    )  # fmt: skip
    last, end = found[-1], points(printed, 2)[-1]
    note = "no floor is known where the sample is not complete; on complete sets the paper has the infimum 8"
    kind = [
        fitted(last, "SAM"),
        accuracy(last, ">=", 0.99),
        claim("Tr", "conclusion", last.trace, "<=", 9.4, SOURCE, note=note),
        claim("r = 1 in the end: F_S", "conclusion", end.risk, ">=", 0.9, PRINTED, note="the network is 0"),
    ]
    return in_kind(request, STATEMENT, kind)


STATEMENT = Statement(
    key="wen-li-ma.batch-norm-run",
    title="Table 1, BatchNorm",
    text="BatchNorm: SAM with batches of 1 and statistics of the whole sample comes near Tr = 8, and generalises",
    instance="xor",
    method="sam",
    defaults=numbers("batch-norm"),
    claims=claims,
    unread=FIXED,
)
