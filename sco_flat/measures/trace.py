"""The trace of the Hessian of ``F_S``; of networks that of its Gauss-Newton part, with relu'(0) = 0."""

from __future__ import annotations

from sco_flat import curvature
from sco_flat.engines.layout import Look
from sco_flat.measures.base import Measure


def _trace(look: Look) -> float | None:
    """Of the Gauss-Newton part where the loss has one."""
    found: float | None = look.instance.gauss_newton_trace(look)
    return curvature.trace(look) if found is None else found


MEASURE = Measure(
    name="trace",
    title="trace",
    evaluate=_trace,
    asked=True,
    place=21,
)
