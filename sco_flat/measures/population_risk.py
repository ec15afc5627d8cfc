"""The population risk ``F(w)``, exact or in a bracket."""

from __future__ import annotations

from sco_flat.measures.base import Measure
from sco_flat.traits import KNOWN_RISK

MEASURE = Measure(
    name="population_risk",
    title="population risk",
    evaluate=lambda look: look.population_risk,
    interval=True,
    needs=(KNOWN_RISK,),
    place=2,
)
