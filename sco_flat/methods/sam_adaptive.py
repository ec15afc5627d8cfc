"""Adaptive SAM (ASAM): the ball of the ascent is scaled by the entries of w; no statement speaks of it."""

from __future__ import annotations

from sco_flat._jit import OK, STATUS, STEP, V_COUPLED, V_INDEX, V_PASSIVE, ZERO_STEP, kernel
from sco_flat.methods.base import Method, Parameter


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """Descend along the gradient at ``w + r D² g/|D g|``, ``D = diag(|w_j| + offset)``; no step where ``D g = 0``."""
    gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] != OK:
        return
    largest = 0.0
    for j in range(w.size):
        v[j] *= abs(w[j]) + knobs.own[0]
        largest = max(largest, abs(v[j]))
    if largest == 0.0:
        if work.flags[ZERO_STEP] == 0:
            work.flags[ZERO_STEP] = t
        return
    squared = 0.0
    for j in range(w.size):
        v[j] /= largest  # squares underflow long before the entries do
        squared += v[j] * v[j]
        v[j] *= abs(w[j]) + knobs.own[0]
    work.flags[V_INDEX], work.flags[V_COUPLED], work.flags[V_PASSIVE] = 0, 1, 1
    descend(params, work, batch, w, v, knobs.perturbation_radius / squared**0.5, step_size, total, weight)


METHOD = Method(
    name="sam-adaptive",
    title="adaptive SAM: w <- w - eta grad F_S(w + r D² g/|D g|), D = diag(|w| + offset)",
    step=step,
    reads=("perturbation_radius", "batch_size"),
    scales=True,
    parameters={"offset": Parameter(0.01, 0.0, 1e6, "added to the size of every entry")},
)
