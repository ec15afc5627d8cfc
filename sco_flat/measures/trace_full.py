"""The trace of the whole Hessian of a network, by differences; see `sco_flat.curvature`."""

from __future__ import annotations

from sco_flat import curvature
from sco_flat.measures.base import Measure
from sco_flat.traits import CURVED

MEASURE = Measure(
    name="trace_full",
    title="full trace",
    evaluate=curvature.trace,
    asked=True,
    needs=(CURVED,),
    place=22,
)
