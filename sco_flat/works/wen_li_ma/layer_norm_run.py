"""The third scenario run: with LayerNorm SAM ends at the floor of the trace, and knows the target."""

from __future__ import annotations

from dataclasses import replace

from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement
from sco_flat.works.wen_li_ma.runs import (
    FIXED,
    SOURCE,
    accuracy,
    fitted,
    followed,
    in_kind,
    inequality,
    measured,
    numbers,
)
from sco_flat.works.wen_li_ma.training import points


def claims(request: Request) -> list[Claim]:
    """SAM, and SGD with as many steps: the same start, the same order, no perturbation."""
    _, found = followed(request, STATEMENT)
    plain = points(replace(request, settings=replace(request.settings, method="sgd", batch_size=None)))
    last, end = found[-1], plain[-1]
    kind = [
        fitted(last, "SAM"),
        fitted(end, "SGD"),
        accuracy(last, ">=", 0.93),
        claim("|Tr - 2|", "conclusion", abs(last.trace - 2.0), "<=", 0.05, SOURCE),
        measured("accuracy, SAM - SGD", [last, end], lambda a, b: a - b, ">", 0.0),
        claim("Tr of SGD / 2", "conclusion", end.trace / 2.0, ">=", 4.0, SOURCE),
    ]
    return [inequality(found, "SAM"), inequality(plain, "SGD"), *in_kind(request, STATEMENT, kind)]


STATEMENT = Statement(
    key="wen-li-ma.layer-norm-run",
    title="Table 1, LayerNorm",
    text="LayerNorm, |W_1| <= 10: SAM with batches of 1 ends at Tr = 2 and generalises, SGD does neither as well",
    instance="xor",
    method="sam",
    defaults=numbers("layer-norm"),
    claims=claims,
    unread=FIXED,
)
