"""Figures of arXiv 2511.03548, one file each."""

from __future__ import annotations

from sco_flat.works.figures import WorkFigure


def figures() -> tuple[WorkFigure, ...]:
    """Return all figures, in the order of the report."""
    from sco_flat.works.flat_minima.figures import chain, landscape, parameters, sagd

    return tuple(module.FIGURE for module in (landscape, sagd, chain, parameters))
