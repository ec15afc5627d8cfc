"""Theorems of our own on losses with a valley that widens."""

from __future__ import annotations

from typing import Any

from sco_flat.works.base import Case, Work

STEP_SIZES = (0.12, 0.08, 0.04)


def grid(quick: bool) -> list[Case]:
    """The checks of the report."""
    sizes, seeds = ((4, 6), range(1)) if quick else ((4, 6, 8, 10), range(4))
    found = []
    for n in sizes:
        for seed in seeds:
            common = {"n": n, "seed": seed}
            for step_size in STEP_SIZES[: 1 if quick else 3]:
                steps = round(20 / step_size)
                found.append(Case("valley.sam", "orthonormal codes", common | {"steps": steps, "step_size": step_size}))
            found.append(Case("valley.sam-flat", "rho = r/8", common))
            found.append(Case("valley.sam-wide", "rho = r/2", common))
            if n <= 8:
                found.append(Case("valley.sam-noise", "from 0 and disturbed", common))
                found.append(Case("valley.dimension", "random signs", common))
                found.append(Case("valley.dimension-sagd", "random words", common))
            for rho in (0.0, 0.01):
                found.append(Case("valley.sagd", "the loss's own maximiser", common | {"flatness_radius": rho}))
    found.append(Case("valley.sam-batches", "batches of 1 (a conjecture)", {"n": 4, "batch_size": 1}))
    return found


def counterexamples() -> tuple[Any, ...]:
    """Runs that end badly, to be disturbed."""
    from sco_flat.works.valley.counterexamples import counterexamples as own

    return own()


def figures() -> tuple[Any, ...]:
    """The figures of the report; matplotlib loads with them."""
    from sco_flat.works.valley.figures import figures as own

    return own()


EVERYWHERE = {"scope": "all"}
WORK = Work(
    name="valley",
    title="The valley: SAM and SA-GD walk along a valley that widens",
    citation="unpublished",
    heading="The valley: which powers of the step size are right",
    introduction="The paper leaves open whether the population risk of SAM and SA-GD grows like η or like η². A valley "
    "that widens answers it: SAM reaches η r² T, SA-GD with exact maximisers (η² + η/n) r² T.",
    grid=grid,
    counterexamples=counterexamples,
    figures=figures,
    proved=(
        ("valley.sam", EVERYWHERE),
        ("valley.sam", EVERYWHERE | {"codes": "signs"}),
        ("valley.sam", {"n": 20, "steps": 4000, "step_size": "1/50"}),
        ("valley.sam-flat", EVERYWHERE),
        ("valley.sam-wide", EVERYWHERE),
        ("valley.sam-noise", {"n": 20, "steps": 4000, "step_size": "1/50"}),
        ("valley.sagd", {"n": 20, "steps": 4000, "step_size": "1/100..1/4"}),
        ("valley.dimension", {"n": 20}),
        ("valley.dimension-sagd", {"n": 20, "steps": 1000, "step_size": "1/10..1"}),
    ),
)
