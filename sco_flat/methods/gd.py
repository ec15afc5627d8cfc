"""Gradient descent (GD)."""

from __future__ import annotations

from typing import Any

from sco_flat._jit import STEP, kernel
from sco_flat.methods.base import Method


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """Descend along the gradient at w."""
    descend(params, work, batch, w, v, 0.0, step_size, total, weight)


def felt_risk(look: Any, settings: Any) -> float:
    """``F_S(w_t)``."""
    return float(look.empirical_risk)


METHOD = Method(
    name="gd",
    title="gradient descent: w <- w - eta grad F_S(w)",
    step=step,
    families=frozenset({"gd", "ascent", "perturbed", "uphill"}),
    sparse=True,
    scales=True,
    felt_risk=felt_risk,
)
