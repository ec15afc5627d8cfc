"""The share of the sample whose class is right."""

from __future__ import annotations

from sco_flat.measures.base import Measure
from sco_flat.networks import curvature
from sco_flat.traits import CLASSES, CURVED

MEASURE = Measure(
    name="train_accuracy",
    title="train accuracy",
    evaluate=curvature.train_accuracy,
    asked=True,
    needs=(
        CURVED,
        CLASSES,
    ),
    place=11,
)
