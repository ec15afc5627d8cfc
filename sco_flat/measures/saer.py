"""The sharpness-aware empirical risk: the largest ``F_S`` within the perturbation radius."""

from __future__ import annotations

from sco_flat.measures.base import Measure

MEASURE = Measure(
    name="saer",
    title="SAER",
    evaluate=lambda look: look.saer,
    interval=True,
    place=3,
)
