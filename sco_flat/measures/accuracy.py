"""The share of fresh points whose class is right."""

from __future__ import annotations

from sco_flat.measures.base import Measure
from sco_flat.networks import curvature
from sco_flat.traits import CLASSES, CURVED

MEASURE = Measure(
    name="accuracy",
    title="accuracy",
    evaluate=curvature.accuracy,
    asked=True,
    needs=(
        CURVED,
        CLASSES,
    ),
    place=10,
)
