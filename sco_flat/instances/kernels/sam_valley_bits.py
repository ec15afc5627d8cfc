"""Kernels of SAM's valley over fair bits: a block (y, b, x) for each column, and a behind them."""

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

WIDENING, FLOOR, GAMMA, THETA, TAU_1, TAU_2, LAM, DELTA, KAPPA, WEIGHT, SHARE, RHO, SMOOTHNESS = range(13)
"""Places among the constants: c, h, gam, th, tau1, tau2, lam, dl, kap, the weight of a, 1/sqrt(m), rho, beta."""

_array = types.float64[::1]


@helper
def _starts(params, batch, point, out):
    """``(lam/2) [a + m^(-1/2) sum_i u_{z,i} y_i + dl]_+²``, the mean over the examples."""
    c, last = params.constants, point.size - 1
    share, found, along = 1.0 / count_of(params, batch), 0.0, 0.0
    for k in range(params.n):
        if chosen(batch, k):
            ones, zeros = 0.0, 0.0
            for i in range(params.m):
                if (params.codes[i] >> k) & 1:
                    ones += point[3 * i]
                else:
                    zeros += point[3 * i]
            excess = c[WEIGHT] * point[last] + c[SHARE] * (ones - c[KAPPA] * zeros) + c[DELTA]
            if excess > 0.0:
                found += excess * excess
                along += excess
                push = share * c[LAM] * c[SHARE] * excess
                for i in range(params.m):
                    out[3 * i] += push if (params.codes[i] >> k) & 1 else -c[KAPPA] * push
    out[last] += share * c[LAM] * c[WEIGHT] * along
    return 0.5 * c[LAM] * share * found


@helper
def _felt(params, batch, point, out):
    """``½ [|x|_z - rho]_+²``, the mean over the examples."""
    share, found = 1.0 / count_of(params, batch), 0.0
    for k in range(params.n):
        if chosen(batch, k):
            squares = 0.0
            for i in range(params.m):
                if (params.codes[i] >> k) & 1:
                    squares += point[3 * i + 2] * point[3 * i + 2]
            length = squares**0.5
            beyond = length - params.constants[RHO]
            if beyond > 0.0:
                found += beyond * beyond
                for i in range(params.m):
                    if (params.codes[i] >> k) & 1:
                        out[3 * i + 2] += share * (beyond / length) * point[3 * i + 2]
    return 0.5 * share * found


@helper
def _columns(params, point, out):
    """What no example enters: the wedges, and the slabs ``(gam/2)([b - th y - tau1]_+² + [-b - tau2]_+²)``."""
    c, found, thick = params.constants, 0.0, 0.0
    for i in range(params.m):
        y, b = point[3 * i], point[3 * i + 1]
        rise, run, squares = wedge(b, point[3 * i + 2], c[WIDENING], c[FLOOR])
        above, below = max(b - c[THETA] * y - c[TAU_1], 0.0), max(-b - c[TAU_2], 0.0)
        out[3 * i] -= c[GAMMA] * c[THETA] * above
        out[3 * i + 1] += rise + c[GAMMA] * (above - below)
        out[3 * i + 2] += run
        found += squares
        thick += above * above + below * below
    return 0.5 * found + 0.5 * c[GAMMA] * thick


@kernel(types.float64(PARAMS, WORK, types.int64, _array, _array, types.float64, _array))
def slopes_into(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return the loss."""
    point = work.scratch[: w.size]
    for j in range(w.size):
        point[j] = w[j] if scale == 0.0 else w[j] + scale * v[j]
        out[j] = 0.0
    return _starts(params, batch, point, out) + _columns(params, point, out) + _felt(params, batch, point, out)


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
    """Write every ``x_i²``, what no example enters, and the largest and the mean start term's root."""
    c, last = params.constants, w.size - 1
    slopes = spare(work, w)
    worst, mean = 0.0, 0.0
    for j in range(w.size):
        slopes[j] = 0.0
    for i in range(params.m):
        y = w[3 * i]
        out[i] = w[3 * i + 2] * w[3 * i + 2]
        worst += max(y, -c[KAPPA] * y)
        mean += 0.5 * (y - c[KAPPA] * y)
    out[params.m] = _columns(params, w, slopes)
    out[params.m + 1] = c[WEIGHT] * w[last] + c[SHARE] * worst + c[DELTA]
    out[params.m + 2] = c[WEIGHT] * w[last] + c[SHARE] * mean + c[DELTA]
    return OK
