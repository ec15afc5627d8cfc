"""Table 1: the flattest networks and those that SAM finds, in the three scenarios and without a bias."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.vocabulary import OPTIONS
from sco_flat.works.base import Statement
from sco_flat.works.wen_li_ma.runs import SOURCE, inequality, numbers

NEAR = "the printed line where F_S = 0; proved is 4 |x'| (1 - sqrt(F_S))"
SMALLER = "not reproduced at d = 10, which is too small for a bias to matter"


def claims(request: Request) -> list[Claim]:
    """All cells, and what stands behind them: traces, the mean difference, and the dimension that shows none."""
    from sco_flat.works.wen_li_ma import table_one  # loads the solvers

    runs = table_one.trained(request.seed)
    found: list[Claim] = [inequality([m for run in runs[row] for m in run], row) for row in runs if row != "BatchNorm"]
    found += [cell.claim() for cell in table_one.cells(request.seed, runs)]
    free, biased, little = (table_one.errors(runs[row]) for row in ("no bias", "bias", "bias, d = 10"))
    inputs = request.build().inputs  # type: ignore[attr-defined]
    over = [run[-1].trace - 4.0 * (inputs + 1) ** 0.5 for run in runs["bias"]]
    traces = [run[-1].trace for run in runs["no bias"]]
    free_risk, risk = (max(run[-1].risk for run in runs[row]) for row in ("no bias", "bias"))
    low, high = 4.0 * inputs**0.5, 4.0 * (2 * inputs) ** 0.5
    difference = (sum(biased) - sum(free)) / len(free)
    # (4/n) sum |x'| |f| >= 4 |x'| (1 - sqrt(F_S)) is what is proved of a network that meets its labels nearly
    proved, allowed = low * (1.0 - free_risk**0.5), -4.0 * (inputs + 1) ** 0.5 * risk**0.5
    return [
        *found,
        claim("no bias: least accuracy of the seeds", "conclusion", 1.0 - max(free), ">=", 0.95, SOURCE),
        claim(
            "no bias: Tr >= 4 sqrt(d), least of the seeds", "conclusion", min(traces), ">=", proved, SOURCE, note=NEAR
        ),
        claim("no bias: Tr <= 4 sqrt(2d), largest of the seeds", "conclusion", max(traces), "<=", high, SOURCE),
        claim("bias: F_S, largest of the seeds", "dynamics", risk, "<=", 1e-6, SOURCE),
        claim("mean accuracy without bias - with bias", "conclusion", difference, ">=", 0.1, SOURCE),
        claim(
            "bias: Tr - 4 sqrt(d + 1), least of the seeds", "conclusion", min(over), ">=", allowed, SOURCE, note=NEAR
        ),
        claim("bias: Tr - 4 sqrt(d + 1), largest of the seeds", "conclusion", max(over), "<=", 0.5, SOURCE),
        claim("bias, d = 10: accuracy", "conclusion", 1.0 - max(little), ">=", 0.98, SMALLER),
    ]


REASON = "its runs are fixed but for the seed"
STATEMENT = Statement(
    key="wen-li-ma.scenarios",
    title="Table 1",
    text="flattest networks and SAM's generalise: no bias yes/yes, bias no/no, BatchNorm yes/yes, LayerNorm no/yes",
    instance="xor",
    method="sam",
    defaults=numbers("bias"),
    claims=claims,
    unread={name: REASON for name in OPTIONS if name not in ("seed", "method", "allow_outside")},
)
