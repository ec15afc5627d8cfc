"""What the figures of this work share."""

from __future__ import annotations

from typing import Any

from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.requests import request_from

FLOOR = 1e-6
"""Smaller risks, and zero, are drawn here on logarithmic axes."""


def start(instance: str, method: str, **numbers: Any) -> Simulation:
    """Run a request without the search over suffixes, which most figures do not need."""
    request = request_from(instance, method, **numbers)
    built = request.build()
    return simulate(built, request.sample(built), request.settings, request.seed)
