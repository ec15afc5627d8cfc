"""Figures of this work, one file each."""

from __future__ import annotations

from sco_flat.works.figures import WorkFigure


def figures() -> tuple[WorkFigure, ...]:
    """Return all figures, in the order of the report."""
    from sco_flat.works.swad.figures import ball, domains, trace

    return trace.FIGURE, ball.FIGURE, domains.FIGURE
