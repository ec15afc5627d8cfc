"""Phase diagrams: where something holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from sco_flat.plots.base import Plot
from sco_flat.plots.heatmap import shaded


def draw(data: Mapping[str, Any]) -> Figure:
    """A heat map with level lines; cells outside the statement's conditions are hatched.

    Parameters
    ----------
    data : mapping
        From `sco_flat.sweeps.draw.prepare`.
    """
    return shaded(data, contours=True)


PLOT = Plot("phase", "a heat map with level lines, hatched outside the statement", draw, flat=True)
