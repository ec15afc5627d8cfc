"""Sharpness in deep matrix factorisation: flatness that can be decided exactly."""

from __future__ import annotations

from typing import Any

from sco_flat.works.base import Case, Work

EDGES = (1.01, 1.05, 1.1, 1.2, 1.4)


def grid(quick: bool) -> list[Case]:
    """The checks of the report."""
    found = [Case(f"factorisation.{name}", "default") for name in ("lambda", "floor", "flat", "balanced", "sensing")]
    return found


WORK = Work(
    name="factorisation",
    title="Sharpness in deep matrix factorisation",
    citation="Kamber and Parhi, arXiv 2509.25783",
    reference="arXiv 2509.25783",
    heading="Deep matrix factorisation: flatness decided exactly",
    introduction="At the minima of |M - W_L ... W_1|² the largest eigenvalue of the Hessian has a closed form, so that "
    "flat, balanced and unstable can be decided in fractions; and gradient descent leaves a minimum that is too sharp.",
    grid=grid,
)
