"""The largest eigenvalue of the Hessian of ``F_S``; see `sco_flat.curvature` for the convention at kinks."""

from __future__ import annotations

from sco_flat import curvature
from sco_flat.measures.base import Measure

MEASURE = Measure(
    name="lambda_max",
    title="lambda_max",
    evaluate=curvature.lambda_max,
    asked=True,
    place=20,
)
