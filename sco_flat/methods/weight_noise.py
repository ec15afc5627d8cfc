"""Descent on a loss that is averaged over noise on the weights; no statement speaks of it."""

from __future__ import annotations

from sco_flat._jit import OK, STATUS, STEP, V_COUPLED, V_INDEX, V_PASSIVE, kernel
from sco_flat.draws import uniform_bits
from sco_flat.methods.base import Method, Parameter, move_by


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """Descend along the mean of M gradients at ``w + u``, u uniform on ``[-b, b]`` in the entries from..to-1.

    The draws depend on the seed's key, the step and the entry only.
    """
    size = w.size
    out, found = memory[:size], memory[size:]
    first, end = int(knobs.own[2]), int(min(knobs.own[3], float(size)))
    # M equal gradients are one: their sum over M need not be, in doubles
    count = int(knobs.own[1]) if knobs.own[0] > 0.0 and first < end else 1
    for j in range(size):
        v[j] = 0.0
        found[j] = 0.0
    for k in range(count):
        for j in range(first, end):
            v[j] = 2.0 * uniform_bits(knobs.key, t, k * size + j) - 1.0
        work.flags[V_INDEX], work.flags[V_COUPLED], work.flags[V_PASSIVE] = 0, 1, 1
        gradient(params, work, batch, w, v, knobs.own[0], out)
        if work.flags[STATUS] != OK:
            return
        for j in range(size):
            found[j] += out[j]
    move_by(work, w, found, step_size / count, total, weight)


METHOD = Method(
    name="weight-noise",
    title="descent on the mean of M gradients at w + u, u uniform in a box",
    step=step,
    reads=("batch_size",),
    memory=2,
    scales=True,
    parameters={
        "bound": Parameter(0.01, 0.0, 1e6, "half the side b of the box"),
        "draws": Parameter(2.0, 1.0, 1e6, "number M of draws a step"),
        "noise_from": Parameter(0.0, 0.0, 1e12, "first entry with noise, from 0"),
        "noise_to": Parameter(1e12, 0.0, 1e12, "entry behind the last one with noise"),
    },
)
