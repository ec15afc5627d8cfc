"""The last iterate ``w_T``."""

from __future__ import annotations

from sco_flat.averages.base import Average

AVERAGE = Average(
    name="last",
    title="last iterate",
    pick=lambda simulation: (simulation.last, None),
    place=1,
    suffix=True,
)
