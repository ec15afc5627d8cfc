"""Kernels of SAM's static valley: x_i for each column, and one b that all of them share."""

from __future__ import annotations

from numba import types

from sco_flat._jit import (
    ACTIVE,
    DESCEND,
    GRADIENT,
    OK,
    PARAMS,
    PROFILE,
    UPPER,
    VALUE,
    WORK,
    helper,
    kernel,
)
from sco_flat.instances.kernels.general import smooth_upper, spare, squares, step_along
from sco_flat.instances.kernels.lanes import chosen, count_of
from sco_flat.instances.kernels.valley import wedge

WIDENING, FLOOR, GAMMA, SHIFT, RHO, SMOOTHNESS = range(6)
"""Places among the constants: c/sqrt(m), h, gam, where b counts from, rho, beta."""

_array = types.float64[::1]


@helper
def _walls(params, k, b, point, share, out):
    """The wedge of example k in the plane of b and of the mean direction of the x that it does not see."""
    c, ahead, unseen = params.constants, 0.0, 0
    for i in range(params.m):
        if not (params.codes[i] >> k) & 1:
            ahead += point[i]
            unseen += 1
    root = unseen**0.5
    if unseen == 0:
        excess = max(abs(b) - c[FLOOR], 0.0)
        out[out.size - 1] += share * (excess if b > 0.0 else -excess)
        return excess * excess
    rise, run, squares = wedge(b, ahead / root, c[WIDENING] * root, c[FLOOR])
    out[out.size - 1] += share * rise
    if run != 0.0:
        for i in range(params.m):
            if not (params.codes[i] >> k) & 1:
                out[i] += share * run / root
    return squares


@helper
def _felt(params, k, point, share, out):
    """``[|x|_z - rho]_+²`` of example k."""
    squares = 0.0
    for i in range(params.m):
        if (params.codes[i] >> k) & 1:
            squares += point[i] * point[i]
    length = squares**0.5
    beyond = max(length - params.constants[RHO], 0.0)
    if beyond > 0.0:
        for i in range(params.m):
            if (params.codes[i] >> k) & 1:
                out[i] += share * (beyond / length) * point[i]
    return beyond * beyond


@kernel(types.float64(PARAMS, WORK, types.int64, _array, _array, types.float64, _array))
def slopes_into(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return the loss."""
    point = work.scratch[: w.size]
    for j in range(w.size):
        point[j] = w[j] if scale == 0.0 else w[j] + scale * v[j]
        out[j] = 0.0
    share, found = 1.0 / count_of(params, batch), 0.0
    b = point[w.size - 1] + params.constants[SHIFT]
    for k in range(params.n):
        if chosen(batch, k):
            found += _walls(params, k, b, point, share, out) + _felt(params, k, point, share, out)
    out[w.size - 1] += params.constants[GAMMA] * b
    return 0.5 * share * found + 0.5 * params.constants[GAMMA] * b * b


_slopes_into = slopes_into.dispatcher


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _slopes_into(params, work, batch, w, v, scale, spare(work, w))


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    found = _slopes_into(params, work, batch, w, v, scale, out)
    squared = squares(out)
    work.flags[ACTIVE] = 1 if found > 0.0 or squared > 0.0 else 0
    return squared


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = spare(work, w)
    _slopes_into(params, work, batch, w, v, scale, slopes)
    return step_along(w, slopes, step_size, whole, weight)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``F_S + r |grad F_S| + ½ beta r²``."""
    slopes = spare(work, w)
    base = _slopes_into(params, work, batch, w, w, 0.0, slopes)
    return smooth_upper(base, slopes, params.constants[SMOOTHNESS], radius)


@kernel(PROFILE)
def profile(params, work, w, out):
    """Write every ``x_i²``, b, the sum of what is negative among the x, and that of its squares."""
    below, squares = 0.0, 0.0
    for i in range(params.m):
        out[i] = w[i] * w[i]
        below += max(-w[i], 0.0)
        squares += max(-w[i], 0.0) ** 2
    out[params.m] = w[w.size - 1] + params.constants[SHIFT]
    out[params.m + 1] = below
    out[params.m + 2] = squares
    return OK
