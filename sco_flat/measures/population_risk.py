"""The population risk ``F(w)``, exact or in a bracket."""

from __future__ import annotations

from sco_flat.measures.base import Measure

MEASURE = Measure(
    name="population_risk",
    title="population risk",
    evaluate=lambda look: look.population_risk,
    interval=True,
    place=2,
)
