"""What knows the target with a bias is far from flattest: gradient descent with weight decay."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement
from sco_flat.works.wen_li_ma.runs import FIXED, accuracy, followed, in_kind, inequality, numbers

SOURCE = "Wen, Li and Ma, Figure 1, in kind"


def claims(request: Request) -> list[Claim]:
    """Accuracy, and a trace of several floors."""
    loss, found = followed(request, STATEMENT)
    last, floor = found[-1], 4.0 * (loss.inputs + 1) ** 0.5
    kind = [
        accuracy(last, ">=", 0.99),
        claim("Tr / (4 sqrt(d + 1))", "conclusion", last.trace / floor, ">=", 2.5, SOURCE),
    ]
    return [inequality(found, "GD with weight decay"), *in_kind(request, STATEMENT, kind)]


STATEMENT = Statement(
    key="wen-li-ma.weight-decay",
    title="Figure 1, weight decay",
    text="bias: GD with weight decay generalises at a trace of 2.5 times the floor or more",
    instance="xor",
    method="weight-decay",
    defaults=numbers("decay"),
    claims=claims,
    unread=FIXED,
)
