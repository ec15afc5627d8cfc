"""Kernels for losses that have nothing better."""

from __future__ import annotations

import math

from sco_flat._jit import OK, PROFILE, UPPER, helper, kernel


@kernel(UPPER)
def no_upper(params, work, value, gradient, batch, w, radius):
    """No bound on the loss around w."""
    return math.inf


@kernel(PROFILE)
def whole_point(params, work, w, out):
    """The population risk depends on w itself."""
    for j in range(w.size):
        out[j] = w[j]
    return OK


@helper
def spare(work, w):
    """The vector at the end of the scratch space, for a gradient that nobody asked for."""
    return work.scratch[work.scratch.size - w.size :]


@helper
def squares(x):
    """``|x|²``, one entry after the other."""
    found = 0.0
    for j in range(x.size):
        found += x[j] * x[j]
    return found


@helper
def smooth_upper(base, slopes, smoothness, radius):
    """``F + r |grad F| + ½ beta r²``, which no point within r exceeds."""
    return base + radius * squares(slopes) ** 0.5 + 0.5 * smoothness * radius * radius


@helper
def step_along(w, slope, step_size, whole, weight):
    """``w -= step_size slope`` in place, with its share in the sum: the end of a ``descend`` kernel."""
    for j in range(w.size):
        old = w[j]
        w[j] = old - step_size * slope[j]
        whole[j] += weight * (w[j] - old)
    return OK
