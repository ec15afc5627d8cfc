"""Sharpness-aware minimisation (SAM)."""

from __future__ import annotations

from sco_flat._jit import ACTIVE, PERTURB, UNDERFLOW_STEP, V_PASSIVE, ZERO_STEP, kernel
from sco_flat.instances.kernels.lanes import state_squares
from sco_flat.methods.base import Method

_SMALL = 2.0**-900
_RAISE = 2.0**450


@kernel(PERTURB)
def perturb(params, work, knobs, value, gradient, upper, oracle, batch, t, w, v):
    """Direction grad F_S(w), scaled to length r; -1 (no step) at a zero gradient."""
    squared = gradient(params, work, batch, w, w, 0.0, v)
    if squared < 0.0:
        return 0.0
    if knobs.perturbation_radius == 0.0:
        return 0.0
    if knobs.normalize == 0:
        return knobs.perturbation_radius
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
    scale = knobs.perturbation_radius / (norm + knobs.epsilon)
    if scale > 1.7e308:
        if work.flags[UNDERFLOW_STEP] == 0:
            work.flags[UNDERFLOW_STEP] = t
        return -1.0
    return scale


METHOD = Method(
    name="sam",
    title="SAM: w <- w - eta grad F_S(w + r grad F_S(w) / |grad F_S(w)|)",
    perturb=perturb,
    reads=("perturbation_radius", "normalize", "epsilon", "batch_size"),
    families=frozenset({"sam", "perturbed", "uphill"}),
)
