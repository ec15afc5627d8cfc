"""Theorems of our own on losses with a valley that widens."""

from __future__ import annotations

from typing import Any

from sco_flat.works.base import Case, Work

STEP_SIZES = (0.12, 0.08, 0.04)


def grid(quick: bool) -> list[Case]:
    """The checks of the report, statement by statement."""
    sizes, seeds = ((4, 6), range(1)) if quick else ((4, 6, 8, 10), range(4))
    common = [{"n": n, "seed": seed} for n in sizes for seed in seeds]
    small = [numbers for numbers in common if numbers["n"] <= 8]
    runs = [{"steps": round(20 / eta), "step_size": eta} for eta in STEP_SIZES[: 1 if quick else 3]]
    return [
        *(Case("valley.sam", "orthonormal codes", numbers | run) for numbers in common for run in runs),
        *(Case("valley.sam-flat", "rho = r/8", numbers) for numbers in common),
        *(Case("valley.sam-wide", "rho = r/2", numbers) for numbers in common),
        *(Case("valley.sam-noise", "from 0 and disturbed", numbers) for numbers in small),
        Case("valley.sam-batches", "batches of 1 (a conjecture)", {"n": 4, "batch_size": 1}),
        *(
            Case("valley.sagd", "the loss's own maximiser", numbers | {"flatness_radius": rho})
            for numbers in common
            for rho in (0.0, 0.01)
        ),
        *(Case("valley.dimension", "random signs", numbers) for numbers in small),
        *(Case("valley.dimension-sagd", "random words", numbers) for numbers in small),
    ]


def counterexamples() -> tuple[Any, ...]:
    """Runs that end badly, to be disturbed."""
    from sco_flat.works.valley.counterexamples import counterexamples as own

    return own()


def figures() -> tuple[Any, ...]:
    """The figures of the report; matplotlib loads with them."""
    from sco_flat.works.valley.figures import figures as own

    return own()


def rows() -> tuple[Any, ...]:
    """Its rows in the table of all works; python-flint loads with them."""
    from sco_flat.works.valley.rows import rows as own

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
    rows=rows,
)
