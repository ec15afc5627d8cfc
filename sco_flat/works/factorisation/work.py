"""Sharpness in deep matrix factorisation: flatness that can be decided exactly."""

from __future__ import annotations

from typing import Any

from sco_flat.works.base import Case, Work
from sco_flat.works.factorisation.edges import EDGES

POINTS = ("depth-3", "unequal-products", "equal-norms", "not-balanced", "balanced", "scalar")


def grid(quick: bool) -> list[Case]:
    """The checks of the report, statement by statement."""
    drawn = [f"random:{depth}:3:{seed}" for depth in (2, 3, 4) for seed in range(1 if quick else 4)]
    found = [Case("factorisation.floor", "random factors, L = 2 to 6")]
    for key in ("lambda", "flat", "balanced"):
        found += [Case(f"factorisation.{key}", "named minima", {"factors": point}) for point in POINTS]
        found += [Case(f"factorisation.{key}", "random factors", {"factors": point}) for point in drawn]
    found += [Case("factorisation.sensing", "signs", {"measurements": k}) for k in ((1, 5) if quick else (1, 2, 5, 9))]
    found.append(Case("factorisation.escape", "c < 1", {"edge": 0.99}))
    found += [Case("factorisation.escape", "c > 1", {"edge": c}) for c in EDGES]
    found.append(Case("factorisation.escape", "from the flattest minimum", {"factors": "scalar"}))
    return found


def errata() -> list[Any]:
    """Slips of the paper."""
    from sco_flat.works.factorisation.errata import ENTRIES

    return list(ENTRIES)


def figures() -> tuple[Any, ...]:
    """The figures of the report; matplotlib loads with them."""
    from sco_flat.works.factorisation.figures import figures as own

    return own()


WORK = Work(
    name="factorisation",
    title="Sharpness in deep matrix factorisation",
    citation="Kamber and Parhi, arXiv 2509.25783",
    reference="arXiv 2509.25783",
    heading="Deep matrix factorisation: flatness decided exactly",
    introduction="At the minima of |M - W_L ... W_1|² the largest eigenvalue of the Hessian has a closed form, so that "
    "flat and balanced can be decided in fractions; and gradient descent leaves a minimum that is too sharp for its "
    "step size, however near it starts.",
    grid=grid,
    errata=errata,
    figures=figures,
    proved=(
        ("factorisation.lambda", {}),
        ("factorisation.floor", {}),
        ("factorisation.flat", {}),
        ("factorisation.flat", {"factors": "equal-norms"}),
        ("factorisation.balanced", {}),
        ("factorisation.sensing", {}),
        *(("factorisation.escape", {"edge": str(c)}) for c in EDGES),
    ),
)
