"""SAM with a radius that falls over time; no statement speaks of it."""

from __future__ import annotations

from sco_flat._jit import OK, STATUS, STEP, kernel
from sco_flat.methods.base import Method, Parameter
from sco_flat.methods.sam import ascent_scale


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """One step of SAM with the radius ``r t^-power``."""
    squared = gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] != OK:
        return
    scale = ascent_scale(params, work, knobs, t, squared, v)
    if scale >= 0.0:
        descend(params, work, batch, w, v, scale * t ** -knobs.own[0], step_size, total, weight)


METHOD = Method(
    name="sam-radius",
    title="SAM whose radius falls as r t^-power",
    step=step,
    reads=("perturbation_radius", "normalize", "epsilon", "batch_size"),
    scales=True,
    parameters={"power": Parameter(0.5, 0.0, 10.0, "exponent at which the radius falls with t")},
)
