"""What the architectures share: where numbers lie, affine maps, activations, losses of an output, loops over a batch.

``params.codes`` describes the network, ``params.weights`` holds the inputs row by row and then the labels: the n
examples of the sample first, and after them those on which the law of z is looked at. Layer l is stored as the matrix
``W[i, j]`` from input i to output j, row by row, with its bias as one more row where it has one. So a sum over the
inputs of a layer is a sum of rows, in their order; sums over one row run in eight lanes.
"""

from __future__ import annotations

import math

from sco_flat._jit import ACTIVE, DIVERGED, LANE0, OK, STATUS, borrowed, helper
from sco_flat.instances.kernels.four import load, load_before, store, store_before
from sco_flat.instances.kernels.four import spread as same
from sco_flat.instances.kernels.general import step_along
from sco_flat.instances.kernels.lanes import EVERYONE, add_squares, clear, product, total

DEPTH, INPUTS, WIDTH, OUTPUTS, BIAS, ACTIVATION, OBJECTIVE, ROWS = range(8)
"""Places in ``params.codes``."""
SMOOTHING, EPS = range(2)
"""Places in ``params.constants``."""
NO_BIAS, FIRST_BIAS, EVERY_BIAS = range(3)
RELU, LINEAR, SOFTPLUS = range(3)
SQUARE, LOGISTIC, CROSS_ENTROPY = range(3)
SCRATCH = 8
"""Vectors of the length of w in scratch space: the point, its slope, activations (2), their slopes, and statistics."""
SIZE_BITS = 40
"""See ``samples.SIZE_BITS``."""


@helper
def room(work, w, place, count):
    """The scratch vectors ``place`` to ``place + count``."""
    start = work.scratch.size - (SCRATCH - place) * w.size
    return borrowed(work.scratch)[start : start + count * w.size]


@helper
def moved(work, w, v, scale):
    """``w + scale v``."""
    if scale == 0.0:
        return w
    point = room(work, w, 0, 1)
    for j in range(w.size):
        point[j] = w[j] + scale * v[j]
    return point


@helper
def has_bias(params, layer):
    """1 where a layer, counted from 1, has a bias."""
    kind = params.codes[BIAS]
    return 1 if kind == EVERY_BIAS or (kind == FIRST_BIAS and layer == 1 and params.codes[DEPTH] > 1) else 0


@helper
def _sixteen_outputs(x, y, bias, first, fan_out, out):
    """`affine` for the sixteen outputs from ``first`` on: sums of rows, held in registers."""
    a = b = c = d = same(0.0)
    place = first
    for i in range(x.size):
        felt = same(x[i])
        a, b = a + felt * load(y, place), b + felt * load(y, place + 4)
        c, d = c + felt * load(y, place + 8), d + felt * load(y, place + 12)
        place += fan_out
    if bias:
        a, b = a + load(y, place), b + load(y, place + 4)
        c, d = c + load(y, place + 8), d + load(y, place + 12)
    store(out, first, a)
    store(out, first + 4, b)
    store(out, first + 8, c)
    store(out, first + 12, d)


@helper
def _last_outputs(x, y, bias, first, fan_out, out):
    """The same for those that are left, fewer than sixteen: others count as 0 and are not written."""
    a = b = c = d = same(0.0)
    for i in range(x.size + bias):
        row, felt = y[i * fan_out : (i + 1) * fan_out], same(x[i] if i < x.size else 1.0)
        a = a + felt * load_before(row, first, fan_out)
        b = b + felt * load_before(row, first + 4, fan_out)
        c = c + felt * load_before(row, first + 8, fan_out)
        d = d + felt * load_before(row, first + 12, fan_out)
    store_before(out, first, fan_out, a)
    store_before(out, first + 4, fan_out, b)
    store_before(out, first + 8, fan_out, c)
    store_before(out, first + 12, fan_out, d)


@helper
def affine(x, y, bias, out):
    """``out_j = sum_i x_i W_ij``, and the bias; W starts at ``y[0]``."""
    x, y, out = borrowed(x), borrowed(y), borrowed(out)
    fan_out = out.size
    if fan_out == 1:
        out[0] = product(x, y[: x.size])
        if bias:
            out[0] += y[x.size]
        return
    body = fan_out & ~15
    for first in range(0, body, 16):
        _sixteen_outputs(x, y, bias, first, fan_out, out)
    if body < fan_out:
        _last_outputs(x, y, bias, body, fan_out, out)


@helper
def _sixteen_rows(x, slopes, first, fan_out, out, fresh):
    """`spread` for the sixteen slopes from ``first`` on, which are held in registers."""
    a, b, c, d = load(slopes, first), load(slopes, first + 4), load(slopes, first + 8), load(slopes, first + 12)
    place = first
    if fresh:
        for i in range(x.size):
            felt = same(x[i])
            store(out, place, felt * a)
            store(out, place + 4, felt * b)
            store(out, place + 8, felt * c)
            store(out, place + 12, felt * d)
            place += fan_out
    else:
        for i in range(x.size):
            felt = same(x[i])
            store(out, place, load(out, place) + felt * a)
            store(out, place + 4, load(out, place + 4) + felt * b)
            store(out, place + 8, load(out, place + 8) + felt * c)
            store(out, place + 12, load(out, place + 12) + felt * d)
            place += fan_out


@helper
def _last_rows(x, slopes, first, fan_out, out, fresh):
    """The same for those that are left, fewer than sixteen."""
    body = fan_out & ~3
    for i in range(x.size):
        felt, place = same(x[i]), i * fan_out
        for j in range(first, body, 4):
            found = felt * load(slopes, j)
            store(out, place + j, found if fresh else load(out, place + j) + found)
        for j in range(body, fan_out):
            found_last = x[i] * slopes[j]
            out[place + j] = found_last if fresh else out[place + j] + found_last


@helper
def spread(x, slopes, bias, out, fresh):
    """Add the gradient of an affine map, ``x_i slopes_j``, to ``out``; write it there if that is fresh."""
    x, slopes, out = borrowed(x), borrowed(slopes), borrowed(out)
    fan_out = slopes.size
    if fan_out == 1:
        only = slopes[0]
        for i in range(x.size):
            out[i] = x[i] * only if fresh else out[i] + x[i] * only
    else:
        body = fan_out & ~15
        for first in range(0, body, 16):
            _sixteen_rows(x, slopes, first, fan_out, out, fresh)
        if body < fan_out:
            _last_rows(x, slopes, body, fan_out, out, fresh)
    if bias:
        row = out[x.size * fan_out : (x.size + 1) * fan_out]
        for j in range(fan_out):
            row[j] = slopes[j] if fresh else row[j] + slopes[j]


@helper
def back(x_size, y, slopes, out):
    """``out_i = sum_j W_ij slopes_j``."""
    y, slopes, out = borrowed(y), borrowed(slopes), borrowed(out)
    fan_out = slopes.size
    for i in range(x_size):
        out[i] = y[i] * slopes[0] if fan_out == 1 else product(y[i * fan_out : (i + 1) * fan_out], slopes)


@helper
def softplus(x):
    """``log(1 + exp(x))`` without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@helper
def activate(params, out):
    """Apply the activation in place."""
    kind = params.codes[ACTIVATION]
    if kind == RELU:
        for j in range(out.size):
            out[j] = out[j] if out[j] > 0.0 or out[j] != out[j] else 0.0
    elif kind == SOFTPLUS:
        for j in range(out.size):
            out[j] = softplus(out[j])


@helper
def rate(params, h):
    """The derivative of the activation from its value h; relu'(0) = 0."""
    kind = params.codes[ACTIVATION]
    if kind == RELU:
        return 1.0 if h > 0.0 else 0.0
    return 1.0 if kind == LINEAR else -math.expm1(-h)


@helper
def through(params, h, slopes):
    """Take slopes from the activations back to what they were made of, in place."""
    if params.codes[ACTIVATION] == RELU:
        for j in range(slopes.size):
            slopes[j] = slopes[j] if h[j] > 0.0 else 0.0
    elif params.codes[ACTIVATION] == SOFTPLUS:
        for j in range(slopes.size):
            slopes[j] *= rate(params, h[j])


@helper
def take_input(params, k, x):
    """Copy the input of row k."""
    start = k * x.size
    for i in range(x.size):
        x[i] = params.weights[start + i]


@helper
def label_of(params, k):
    """The label of row k."""
    return params.weights[params.codes[ROWS] * params.codes[INPUTS] + k]


@helper
def _log_sum(outs):
    """``log sum_c exp(outs_c)``."""
    top = outs[0]
    for c in range(1, outs.size):
        top = max(top, outs[c])
    found = 0.0
    for c in range(outs.size):
        found += math.exp(outs[c] - top)
    return top + math.log(found)


@helper
def height(params, outs, label):
    """Loss of an output: ``(f - y)²``; ``-log s(y f)`` with smoothed labels; cross entropy."""
    kind = params.codes[OBJECTIVE]
    if kind == SQUARE:
        return (outs[0] - label) * (outs[0] - label)
    if kind == LOGISTIC:
        p, margin = params.constants[SMOOTHING], label * outs[0]
        return (1.0 - p) * softplus(-margin) + p * softplus(margin)
    return _log_sum(outs) - outs[int(label)]


@helper
def slope_of(params, outs, label, share, slopes):
    """``share`` times its gradient."""
    kind = params.codes[OBJECTIVE]
    if kind == SQUARE:
        slopes[0] = share * (2.0 * (outs[0] - label))
    elif kind == LOGISTIC:
        margin = label * outs[0]
        slopes[0] = share * (label * (math.exp(-softplus(-margin)) - (1.0 - params.constants[SMOOTHING])))
    else:
        top = _log_sum(outs)
        for c in range(outs.size):
            slopes[c] = share * (math.exp(outs[c] - top) - (1.0 if c == int(label) else 0.0))


@helper
def size_of(params, batch):
    """Number of examples of a batch."""
    if batch == EVERYONE:
        return params.n
    if batch < 0:
        return ((-(batch + 2)) >> SIZE_BITS) + 1
    count = 0
    for k in range(params.n):
        count += (batch >> k) & 1
    return count


@helper
def place_of(params, work, batch, i, last):
    """The i-th example of a batch, of which the one before it is ``last``."""
    if batch == EVERYONE:
        return i
    if batch < 0:
        code = -(batch + 2)
        first = code & ((1 << SIZE_BITS) - 1)
        return first if code >> SIZE_BITS == 0 else work.order[first + i]
    k = last + 1
    while (batch >> k) & 1 == 0:
        k += 1
    return k


@helper
def felt_at(params, work, w, outs, k, count):
    """The gradient of the loss of row k in its outputs, over the size of the batch, in scratch space."""
    slopes = room(work, w, 4, 1)[: outs.size]
    slope_of(params, outs, label_of(params, k), 1.0 / count, slopes)
    return slopes


@helper
def squared(work, out):
    """The squared norm of a gradient, in eight lanes; note where that is no number."""
    clear(work.stats, LANE0)
    add_squares(work.stats, LANE0, out, 0, out.size)
    found = total(work.stats, LANE0)
    if not found < math.inf and work.flags[STATUS] == OK:
        work.flags[STATUS] = DIVERGED
    work.flags[ACTIVE] = 1 if found > 0.0 else 0
    return found


@helper
def step_down(work, w, slopes, step_size, whole, weight):
    """The end of a DESCEND kernel: a step along the slopes, unless they are of no use."""
    squared(work, slopes)
    if work.flags[STATUS] != OK:
        return work.flags[STATUS]
    return step_along(w, slopes, step_size, whole, weight)
