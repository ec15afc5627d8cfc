"""The mean loss over points that are not in the sample."""

from __future__ import annotations

from sco_flat.measures.base import Measure
from sco_flat.networks import curvature
from sco_flat.traits import CURVED

MEASURE = Measure(
    name="fresh_risk",
    title="fresh risk",
    evaluate=curvature.fresh_risk,
    asked=True,
    needs=(CURVED,),
    place=12,
)
