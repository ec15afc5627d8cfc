"""Gradient descent with weight decay, on all examples or on batches."""

from __future__ import annotations

from sco_flat._jit import FACTOR, OK, STATUS, STEP, kernel
from sco_flat.methods.base import Method, Parameter, move_by


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """``w <- w - eta (g + decay w)``, g the gradient at w."""
    gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] != OK:
        return
    for j in range(w.size):
        v[j] += knobs.own[0] / work.stats[FACTOR] * w[j]
    move_by(work, w, v, step_size, total, weight)


METHOD = Method(
    name="weight-decay",
    title="gradient descent with weight decay: w <- w - eta (grad F_S(w) + decay w)",
    step=step,
    reads=("batch_size",),
    families=frozenset({"weight-decay"}),
    scales=True,
    parameters={"weight_decay": Parameter(0.02, 0.0, 1e6, "multiple of w that is added to the gradient")},
)
