"""SAM with momentum and decoupled weight decay, as libraries run it; no statement speaks of it."""

from __future__ import annotations

from sco_flat._jit import FACTOR, OK, STATUS, STEP, kernel
from sco_flat.methods.base import Method, Parameter, move_by
from sco_flat.methods.sam import ascent_scale


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """``m <- mu m + g``, g the gradient at SAM's point, then ``w <- w - eta (m + decay w)``; g is 0 where g(w) = 0."""
    size = w.size
    squared = gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] != OK:
        return
    scale = ascent_scale(params, work, knobs, t, squared, v)
    felt = memory[size:]
    if scale >= 0.0:
        gradient(params, work, batch, w, v, scale, felt)
    else:
        felt[:] = 0.0
    for j in range(size):
        memory[j] = knobs.own[0] * memory[j] + felt[j]
        felt[j] = memory[j] + knobs.own[1] / work.stats[FACTOR] * w[j]
    move_by(work, w, felt, step_size, total, weight)


METHOD = Method(
    name="sam-momentum",
    title="SAM with momentum and weight decay: m <- mu m + g, w <- w - eta (m + decay w)",
    step=step,
    reads=("perturbation_radius", "normalize", "epsilon", "batch_size"),
    memory=2,
    scales=True,
    parameters={
        "momentum": Parameter(0.9, 0.0, 1.0, "share of the last step that is kept"),
        "weight_decay": Parameter(0.0, 0.0, 1e6, "multiple of w that is added to the step"),
    },
)
