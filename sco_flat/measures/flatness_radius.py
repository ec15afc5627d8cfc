"""The radius of the ball around a zero of F_S on which F_S stays 0."""

from __future__ import annotations

from sco_flat.measures.base import Measure

MEASURE = Measure(
    name="flatness_radius",
    title="flatness radius",
    evaluate=lambda look: look.flatness_radius,
    place=4,
)
