"""Kernels of SAM's static valley. A point is x_1, ..., x_m and b; each example has a wedge of its own."""

from __future__ import annotations

from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, UPPER, VALUE, helper, kernel
from sco_flat.instances.kernels.general import step_along
from sco_flat.instances.kernels.lanes import popcount
from sco_flat.instances.kernels.wedge import wedge

WIDENING, FLOOR, BOWL, MARGIN = range(4)
"""Places of c, h, gam and rho among the constants."""


@helper
def _slopes(params, work, batch, w, v, scale, out):
    """Write the gradient of the batch's mean loss at w + scale v to ``out`` and return that loss."""
    m, c, share = params.codes.size, params.constants, 1.0 / popcount(batch)
    b = w[m] if scale == 0.0 else w[m] + scale * v[m]
    found = 0.5 * c[BOWL] * b * b
    for i in range(m):
        out[i] = 0.0
    out[m] = c[BOWL] * b
    for k in range(params.n):
        if not (batch >> k) & 1:
            continue
        squares, along, zeros = 0.0, 0.0, 0
        for i in range(m):
            x = w[i] if scale == 0.0 else w[i] + scale * v[i]
            if (params.codes[i] >> k) & 1:
                squares += x * x
            else:
                along += x
                zeros += 1
        # the wedge along the unit vector of the zeros; without zeros it has parallel edges
        length = max(zeros, 1) ** 0.5
        height, slope_b, slope_x = wedge(b, along / length, c[WIDENING] * (zeros / m) ** 0.5, c[FLOOR])
        norm = squares**0.5
        excess = max(norm - c[MARGIN], 0.0)
        found += share * (height + 0.5 * excess * excess)
        out[m] += share * slope_b
        pull, push = share * (excess / norm if excess > 0.0 else 0.0), share * (slope_x / length)
        for i in range(m):
            if not (params.codes[i] >> k) & 1:
                out[i] += push
            elif pull > 0.0:
                out[i] += pull * (w[i] if scale == 0.0 else w[i] + scale * v[i])
    return found


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    _slopes(params, work, batch, w, v, scale, out)
    squared = 0.0
    for j in range(w.size):
        squared += out[j] * out[j]
    work.flags[ACTIVE] = 1 if squared > 0.0 else 0
    return squared


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = work.scratch[work.scratch.size - w.size :]
    _slopes(params, work, batch, w, v, scale, slopes)
    return step_along(w, slopes, step_size, whole, weight)


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _slopes(params, work, batch, w, v, scale, work.scratch[work.scratch.size - w.size :])


@kernel(UPPER)
def upper(params, work, batch, w, radius):
    """``½ (sqrt(2 F_S) + sqrt(beta) r)²``: the root of a beta-smooth function ``>= 0`` is that steep at most."""
    c = params.constants
    steep = 1.0 + c[WIDENING] * c[WIDENING] + c[BOWL]
    found = _slopes(params, work, batch, w, w, 0.0, work.scratch[work.scratch.size - w.size :])
    reach = (2.0 * found) ** 0.5 + steep**0.5 * radius
    return 0.5 * reach * reach
