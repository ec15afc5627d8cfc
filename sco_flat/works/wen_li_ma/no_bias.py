"""The first scenario run: without bias SAM of single examples ends flat, and knows the target."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement
from sco_flat.works.wen_li_ma.runs import (
    FIXED,
    SOURCE,
    accuracy,
    fitted,
    followed,
    from_below,
    in_kind,
    inequality,
    numbers,
)


def claims(request: Request) -> list[Claim]:
    """Accuracy, and the trace between the two lines: with the kinks of the target, and without any."""
    loss, found = followed(request, STATEMENT)
    last, flat = found[-1], 4.0 * loss.inputs**0.5
    kind = [
        fitted(last, "SAM"),
        accuracy(last, ">=", 0.95),
        claim("Tr <= 4 sqrt(2d), the infimum without kinks", "conclusion", last.trace, "<=", 2**0.5 * flat, SOURCE),
    ]
    return [inequality(found, "SAM"), from_below(last, "4 sqrt(d)", flat), *in_kind(request, STATEMENT, kind)]


STATEMENT = Statement(
    key="wen-li-ma.no-bias",
    title="Table 1, no bias",
    text="no bias: SAM with batches of 1 ends near the flattest networks, between both lines, and generalises",
    instance="xor",
    method="sam",
    defaults=numbers("no-bias"),
    claims=claims,
    unread=FIXED,
)
