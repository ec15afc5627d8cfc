"""The numerical oracle: many starts of ``v <- r grad / |grad|``, best value kept, gap reported."""

from __future__ import annotations

from sco_flat._jit import MAXIMISE, V_COUPLED, V_INDEX, V_PASSIVE, kernel
from sco_flat.draws import normal_bits
from sco_flat.oracles.base import Oracle

STARTS = 8
ITERATIONS = 60


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """F_S is convex, so every iteration raises F_S(w + v); starts: the gradient, then random points."""
    radius = knobs.perturbation_radius
    size = w.size
    trial = work.scratch[:size]
    slope = work.scratch[size : 2 * size]
    best = -1.0
    for start in range(STARTS):
        squared = 0.0
        if start == 0:
            squared = gradient(params, work, batch, w, w, 0.0, trial)
        if not squared > 0.0:
            squared = 0.0
            for j in range(size):
                trial[j] = normal_bits(knobs.key, t * STARTS + start, j)
                squared += trial[j] * trial[j]
        work.flags[V_COUPLED] = 1
        work.flags[V_PASSIVE] = 1
        scale = radius / squared**0.5
        reached = -1.0
        for _ in range(ITERATIONS):
            now = value(params, work, batch, w, trial, scale)
            if not now > reached + 1e-15 * abs(reached):
                break
            reached = now
            if reached > best:
                best = reached
                for j in range(size):
                    v[j] = scale * trial[j]
            squared = gradient(params, work, batch, w, trial, scale, slope)
            work.flags[V_COUPLED] = 1
            work.flags[V_PASSIVE] = 1
            if not squared > 0.0:
                break
            for j in range(size):
                trial[j] = slope[j]
            scale = radius / squared**0.5
        # nearly equal weights make the iteration slow: try the coordinate that leads, but leave ties alone
        lead = 0
        for j in range(size):
            if abs(trial[j]) > abs(trial[lead]):
                lead = j
        sign = 1.0 if trial[lead] > 0.0 else -1.0
        for j in range(size):
            trial[j] = 0.0
        trial[lead] = sign
        reached = value(params, work, batch, w, trial, radius)
        if reached > best * (1.0 + 1e-9):
            best = reached
            for j in range(size):
                v[j] = radius * trial[j]
    gap = upper(params, work, value, gradient, batch, w, radius) - best
    work.flags[V_INDEX] = 0
    work.flags[V_COUPLED] = 1
    work.flags[V_PASSIVE] = 1
    return gap


ORACLE = Oracle(
    name="ascent",
    title="numerical: multi-start v <- r grad / |grad|",
    tie_rule="the best value found, first start wins",
    maximise=maximise,
    exact=False,
    one_coordinate=False,
)
