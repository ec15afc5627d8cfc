"""The average of all iterates ``w_1 .. w_T``."""

from __future__ import annotations

from sco_flat.averages.base import Average

AVERAGE = Average(
    name="average",
    title="full average",
    pick=lambda simulation: (simulation.average, None),
    place=2,
    suffix=True,
    whole=True,
)
