"""SAM in single precision, as deep learning runs it; no statement speaks of it.

The iterate, both gradients and the squared norm are rounded to 32 bits; the ascent point w + v is not, and the loss
sums its terms in 64.
"""

from __future__ import annotations

import numpy as np

from sco_flat._jit import OK, STATUS, STEP, ZERO_STEP, kernel
from sco_flat.methods.base import Method, set_to


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """One step of SAM; none where the squared norm is 0 in 32 bits."""
    gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] != OK:
        return
    squared = np.float32(0.0)
    for j in range(w.size):
        entry = np.float32(v[j])
        squared = np.float32(squared + entry * entry)
        v[j] = entry
    norm = np.float64(np.sqrt(squared)) + knobs.epsilon
    if norm == 0.0:
        if work.flags[ZERO_STEP] == 0:
            work.flags[ZERO_STEP] = t
        return
    gradient(params, work, batch, w, v, knobs.perturbation_radius / norm, memory)
    eta = np.float32(step_size)
    for j in range(w.size):
        moved = np.float32(w[j]) - eta * np.float32(memory[j])
        set_to(work, w, j, np.float64(np.float32(moved)), total, weight)


METHOD = Method(
    name="sam-single",
    title="SAM whose iterate, gradients and norm are rounded to single precision (float32)",
    step=step,
    reads=("perturbation_radius", "epsilon", "batch_size"),
    memory=1,
)
