"""SWAD on SA-GD's valley: lost on the training loss, saved by fresh examples.

The smaller half of the cycle, ``|b|``, grows by about ``eta² r`` in two steps and the half-width of the floor, ``c x``,
by ``2 eta c² r``. If the floor is faster, F_S is 0 at every second step, and the text's window does not end either.
"""

from __future__ import annotations

from sco_flat.instances.base import Loss
from sco_flat.instances.sagd_valley import SagdValley
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.works.base import Hypothesis, Statement
from sco_flat.works.swad.fed import SOURCE
from sco_flat.works.swad.slope import about
from sco_flat.works.valley.sagd import STATEMENT as SUFFIXES

LEAST_STEPS = 16


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """Those of the theorem; the cycle is faster than the floor, and two iterates are a small part of the run."""
    assert isinstance(loss, SagdValley)
    faster, longer = "take more steps, or larger ones", f"the smallest legal T is {LEAST_STEPS}"
    return (
        *SUFFIXES.hypotheses(loss),
        Hypothesis("4 c² <= eta", "step_size", 4.0 * loss.slope**2, "<=", loss.step_size, faster, SOURCE),
        Hypothesis(f"T >= {LEAST_STEPS}", "steps", float(loss.steps), ">=", float(LEAST_STEPS), longer, SOURCE),
    )


def claims(request: Request) -> list[Claim]:
    """The windows, and their risks beside those of every suffix."""
    return about(request, STATEMENT, SUFFIXES)


STATEMENT = Statement(
    key="swad.valley-sagd",
    title="SA-GD's valley",
    text="SWAD on SA-GD's valley never ends on F_S: F of order eta r² T/n; fed with F it ends early (measured)",
    instance="sagd-valley",
    method="sagd",
    defaults={"n": 4, "steps": 200, "step_size": 0.25},
    claims=claims,
    hypotheses=hypotheses,
    needs=SUFFIXES.needs,
    event="one",
)
