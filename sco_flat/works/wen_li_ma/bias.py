"""The second scenario run: with a bias SAM of single examples ends at the floor of the trace, whatever it knows."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement
from sco_flat.works.wen_li_ma.runs import FIXED, SOURCE, fitted, followed, from_below, in_kind, inequality, numbers


def claims(request: Request) -> list[Claim]:
    """The trace; the accuracy is that of a draw, and compared over several of them in Table 1."""
    loss, found = followed(request, STATEMENT)
    last, floor = found[-1], 4.0 * (loss.inputs + 1) ** 0.5
    kind = [
        fitted(last, "SAM"),
        claim("Tr - 4 sqrt(d + 1), after annealing", "conclusion", last.trace - floor, "<=", 0.5, SOURCE),
    ]
    return [
        inequality(found, "SAM"),
        from_below(last, "4 sqrt(d + 1)", floor),
        *in_kind(request, STATEMENT, kind),
    ]


STATEMENT = Statement(
    key="wen-li-ma.bias",
    title="Table 1, bias",
    text="bias: SAM with batches of 1 and a radius that falls to 0 ends at the floor 4 sqrt(d + 1), within 1/2",
    instance="xor",
    method="sam",
    defaults=numbers("bias"),
    claims=claims,
    unread=FIXED,
)
