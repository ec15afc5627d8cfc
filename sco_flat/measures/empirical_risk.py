"""The empirical risk ``F_S(w)``."""

from __future__ import annotations

from sco_flat.measures.base import Measure

MEASURE = Measure(
    name="empirical_risk",
    title="empirical risk",
    evaluate=lambda look: look.empirical_risk,
    place=1,
)
