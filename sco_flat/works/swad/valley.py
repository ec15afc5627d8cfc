"""SWAD on SAM's valley: lost on the training loss, saved by fresh examples."""

from __future__ import annotations

from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.works.base import Statement
from sco_flat.works.swad.slope import about
from sco_flat.works.valley.sam import STATEMENT as SUFFIXES


def claims(request: Request) -> list[Claim]:
    """The windows, and their risks beside those of every suffix."""
    return about(request, STATEMENT, SUFFIXES)


STATEMENT = Statement(
    key="swad.valley",
    title="SAM's valley",
    text="SWAD on SAM's valley never ends on F_S, so that F is of order eta r² T; fed with F it ends early (measured)",
    instance="sam-valley",
    method="sam",
    defaults={"n": 4, "steps": 400, "step_size": 0.12},
    claims=claims,
    hypotheses=SUFFIXES.hypotheses,
    needs=SUFFIXES.needs,
    event="one",
    concerns=SUFFIXES.concerns,
)
