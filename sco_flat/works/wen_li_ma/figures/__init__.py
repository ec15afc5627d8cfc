"""Figures of this work, one file each."""

from __future__ import annotations

from sco_flat.works.figures import WorkFigure


def figures() -> tuple[WorkFigure, ...]:
    """Return all figures, in the order of the report."""
    from sco_flat.works.wen_li_ma.figures import flattest, runs

    return (flattest.FIGURE, runs.FIGURE)
