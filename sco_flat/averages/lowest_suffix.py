"""Of all suffix averages the one of smallest population risk (by its lower end)."""

from __future__ import annotations

from sco_flat.averages.base import Average
from sco_flat.engines.layout import Vector
from sco_flat.engines.simulation import Simulation
from sco_flat.traits import Need


def pick(simulation: Simulation) -> tuple[Vector, int]:
    """Find the suffix and average it."""
    start, _ = simulation.lowest_suffix()
    return simulation.suffix(start), start


AVERAGE = Average(
    name="lowest_suffix",
    title="lowest suffix",
    pick=pick,
    needs=(Need("suffixes", "the risk of every suffix of {loss} would have to be looked at"),),
    place=3,
    suffix=True,
)
