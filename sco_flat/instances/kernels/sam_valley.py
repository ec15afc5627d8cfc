"""Kernels of SAM's valley.

Orthonormal codes: b and x are their coordinates, K_z and V fall apart, and what sleeps is not stored. Codes of signs:
everything is stored, and V and K_z are projected on by `valley_signs`. R is `valley_penalty` in both cases. Only a
projection on several half-spaces at once allocates, which the runs of the theorem do not meet.
"""

from __future__ import annotations

import numpy as np
from numba import types

from sco_flat._jit import (
    ACTIVE,
    DESCEND,
    GRADIENT,
    OK,
    PARAMS,
    PROFILE,
    STATUS,
    UPPER,
    VALUE,
    WORK,
    helper,
    kernel,
)
from sco_flat.instances.kernels.general import smooth_upper, spare, step_along
from sco_flat.instances.kernels.lanes import chosen
from sco_flat.instances.kernels.valley import (
    CODE,
    COLUMNS,
    FLOOR,
    POINTS,
    RHO,
    SIGNS,
    SMOOTHNESS,
    WIDENING,
    example,
    examples,
    holds,
    share_of,
    slab,
    starts,
    stored,
    wedge,
)
from sco_flat.instances.kernels.valley_penalty import penalty
from sco_flat.instances.kernels.valley_signs import all_codes, products

_array = types.float64[::1]
SAMPLE, LAW = np.int64(0), np.int64(1)
"""Which examples the mean is over. Plain numbers would be literals, and everything compiled once for each."""


@helper
def _walls(params, count, point, out):
    """``((1 + c²)/2) dist((b, x), V)²``: one wedge ``|b_i| - c x_i <= h`` for each coordinate."""
    wide, floor = params.constants[WIDENING], params.constants[FLOOR]
    first, found = int(params.constants[POINTS]), 0.0
    for k in range(first, first + count):
        rise, run, squares = wedge(point[k], point[k + count], wide, floor)
        out[k] += rise
        out[k + count] += run
        found += squares
    return 0.5 * found


@helper
def _felt(params, count, batch, law, point, out):
    """``½ [|(x_i)_+ over the i with z in A_i| - rho]_+²``, the mean over the examples."""
    c, first = params.constants, int(params.constants[POINTS])
    share, found = share_of(params, batch, law), 0.0
    highest = 0.0
    for k in range(first + count, first + 2 * count):
        highest = max(highest, point[k])
    if highest == 0.0:
        return 0.0
    for e in range(examples(params, law)):
        if law or chosen(batch, e):
            z, squares = example(params, e, law), 0.0
            for k in range(first, first + count):
                if point[k + count] > 0.0 and holds(params.codes, c, params.rows[k] - first, z):
                    squares += point[k + count] * point[k + count]
            length = squares**0.5
            beyond = length - c[RHO]
            if beyond > 0.0:
                found += beyond * beyond
                for k in range(first, first + count):
                    if point[k + count] > 0.0 and holds(params.codes, c, params.rows[k] - first, z):
                        out[k + count] += share * (beyond / length) * point[k + count]
    return 0.5 * share * found


@kernel(types.float64(PARAMS, WORK, types.int64, types.int64, _array, _array, types.float64, _array))
def slopes_into(params, work, batch, law, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return the loss; -1 where the status says why not."""
    c, size = params.constants, w.size
    points, columns, signs = int(c[POINTS]), int(c[COLUMNS]), c[SIGNS] != 0.0
    begin = size
    point = work.scratch[:begin]
    table = work.scratch[begin : begin + 4 * points]
    begin += 4 * points
    some = columns if signs else 0
    up, along = work.scratch[begin : begin + some], work.scratch[begin + some : begin + 2 * some]
    rise = work.scratch[begin + 2 * some : begin + 3 * some]
    run = work.scratch[begin + 3 * some : begin + 4 * some]
    for j in range(size):
        point[j] = w[j] if scale == 0.0 else w[j] + scale * v[j]
        out[j] = 0.0
    for i in range(some):
        rise[i] = 0.0
        run[i] = 0.0
    if signs:
        products(params.codes, c, point, points, up)
        products(params.codes, c, point, points + int(c[CODE]), along)
    count = stored(params)
    far = penalty(params, work, point, up, table, rise, out)
    if far < 0.0:
        return -1.0
    found = far + starts(params, batch, law, point, out) + slab(params, count, point, out)
    if not signs:
        return found + _walls(params, count, point, out) + _felt(params, count, batch, law, point, out)
    rest = all_codes(params, work, batch, law, point, up, along, rise, run, out)
    return found + rest if rest >= 0.0 else -1.0


_slopes_into = slopes_into.dispatcher


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _slopes_into(params, work, batch, SAMPLE, w, v, scale, spare(work, w))


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``; the squares are added in the order of ``lanes.state_squares``."""
    _slopes_into(params, work, batch, SAMPLE, w, v, scale, out)
    squared, active = 0.0, 0
    for j in range(w.size):
        squared += out[j] * out[j]
        if out[j] != 0.0:
            active = 1
    work.flags[ACTIVE] = active
    return squared


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = spare(work, w)
    _slopes_into(params, work, batch, SAMPLE, w, v, scale, slopes)
    if work.flags[STATUS] != OK:
        return work.flags[STATUS]
    return step_along(w, slopes, step_size, whole, weight)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``F_S + r |grad F_S| + ½ beta r²``."""
    slopes = spare(work, w)
    base = _slopes_into(params, work, batch, SAMPLE, w, w, 0.0, slopes)
    return smooth_upper(base, slopes, params.constants[SMOOTHNESS], radius)


@kernel(PROFILE)
def profile(params, work, w, out):
    """The population risk itself, by enumeration of the points of the sample space."""
    out[0] = _slopes_into(params, work, 0, LAW, w, w, 0.0, spare(work, w))
    return work.flags[STATUS]
