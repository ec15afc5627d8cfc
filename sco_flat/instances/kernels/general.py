"""Kernels for losses that have nothing better."""

from __future__ import annotations

import math

from sco_flat._jit import OK, PROFILE, UPPER, helper, kernel


@kernel(UPPER)
def no_upper(params, work, batch, w, radius):
    """No bound on the loss around w."""
    return math.inf


@kernel(PROFILE)
def whole_point(params, work, w, out):
    """The population risk depends on w itself."""
    for j in range(w.size):
        out[j] = w[j]
    return OK


@helper
def step_along(w, slope, step_size, whole, weight):
    """``w -= step_size slope`` in place, with its share in the sum: the end of a ``descend`` kernel."""
    for j in range(w.size):
        old = w[j]
        w[j] = old - step_size * slope[j]
        whole[j] += weight * (w[j] - old)
    return OK
