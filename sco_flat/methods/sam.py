"""Sharpness-aware minimisation (SAM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sco_flat._jit import ACTIVE, FACTOR, OK, STATUS, STEP, UNDERFLOW_STEP, V_OWN, V_PASSIVE, ZERO_STEP, helper, kernel
from sco_flat.instances.kernels.lanes import state_squares
from sco_flat.methods.base import Method

_SMALL = 2.0**-900
_RAISE = 2.0**450


@helper
def ascent_scale(params, work, knobs, t, squared, v):
    """Factor that takes the gradient v, of that squared norm, to length r; -1 (no step) at a zero gradient."""
    if knobs.perturbation_radius == 0.0:
        return 0.0
    if knobs.normalize == 0:
        return knobs.perturbation_radius * work.stats[FACTOR]
    norm = squared**0.5
    if squared < _SMALL and work.flags[ACTIVE]:
        # squares underflow long before the entries do: lift them by an exact power of two
        squared = state_squares(params, work, v, _RAISE, False, work.flags[V_PASSIVE] != 0)
        norm = squared**0.5 / _RAISE
    if norm == 0.0 and knobs.epsilon == 0.0:
        if work.flags[ACTIVE]:
            if work.flags[UNDERFLOW_STEP] == 0:
                work.flags[UNDERFLOW_STEP] = t
        elif work.flags[ZERO_STEP] == 0:
            work.flags[ZERO_STEP] = t
        return -1.0
    # of c f: r c v/(c |v| + epsilon)
    scale = knobs.perturbation_radius / (norm + knobs.epsilon / work.stats[FACTOR])
    if scale > 1.7e308:
        if work.flags[UNDERFLOW_STEP] == 0:
            work.flags[UNDERFLOW_STEP] = t
        return -1.0
    return scale


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """Descend along the gradient at ``w + r g/|g|``, g the gradient at w; no step where g = 0."""
    work.flags[V_OWN] = 1
    squared = gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] != OK:
        return
    if squared < _SMALL and work.flags[ACTIVE] and work.flags[V_OWN]:
        work.flags[V_OWN] = 0  # the norm takes the entries themselves
        gradient(params, work, batch, w, w, 0.0, v)
    scale = ascent_scale(params, work, knobs, t, squared, v)
    if scale >= 0.0:
        descend(params, work, batch, w, v, scale, step_size, total, weight)
    work.flags[V_OWN] = 0


def felt_risk(look: Any, settings: Any) -> float:
    """``F_S(w_t + v_t)``."""
    slope = look.gradient()
    norm = 0.0 if slope is None else float(np.sqrt(slope @ slope))
    length = (norm + settings.epsilon) if settings.normalize else 1.0
    value = look.value(slope, look.instance.perturbation_radius / length) if norm > 0.0 else look.empirical_risk
    assert value is not None  # the run took its gradient there
    return float(value)


def unread(chosen: Mapping[str, Any]) -> dict[str, str]:
    """Nothing is added to a norm that is not taken."""
    if chosen.get("normalize", True):
        return {}
    return {"epsilon": "it is added to a norm, which is not read without normalisation (normalize = false)"}


METHOD = Method(
    name="sam",
    title="SAM: w <- w - eta grad F_S(w + r grad F_S(w) / |grad F_S(w)|)",
    step=step,
    reads=("perturbation_radius", "normalize", "epsilon", "batch_size"),
    families=frozenset({"sam", "ascent", "perturbed", "uphill"}),
    sparse=True,
    scales=True,
    felt_risk=felt_risk,
    unread=unread,
)
