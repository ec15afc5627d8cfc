"""Theorems of our own on losses with a valley that widens."""

from __future__ import annotations

from sco_flat.works.base import Work

WORK = Work(
    name="valley",
    title="The valley: SAM and SA-GD walk along a valley that widens",
    citation="unpublished",
    heading="The valley: which powers of the step size are right",
    introduction="The paper leaves open whether the population risk of SAM and SA-GD grows like η or like η². A valley "
    "that widens answers it: SAM reaches η r² T, SA-GD with exact maximisers (η² + η/n) r² T.",
    proved=(
        ("valley.sam", {"n": 20, "steps": 4000, "step_size": "1/50"}),
        ("valley.sam", {"scope": "all"}),
        ("valley.sam-flat", {"scope": "all"}),
    ),
)
