"""Kernels of linear models: a link of ``x_k . w`` and a label, averaged over the examples of a batch.

``weights`` holds the inputs row by row, then the labels, then the target; ``constants[LINK]`` chooses the link.
"""

from __future__ import annotations

import math

from sco_flat._jit import (
    ACTIVE,
    DESCEND,
    GRADIENT,
    LANE0,
    OK,
    PROFILE,
    UPPER,
    VALUE,
    borrowed,
    helper,
    kernel,
)
from sco_flat.instances.kernels.four import load, spread, store
from sco_flat.instances.kernels.general import step_along
from sco_flat.instances.kernels.lanes import (
    add_multiple,
    add_squares,
    chosen,
    clear,
    count_of,
    product,
    total,
)

SCRATCH = 3
"""Vectors of the length of w at the end of scratch space: the point last looked at with all examples, one with some of
them, and slopes."""
LINK = 0
SQUARES, LOGISTIC = 0.0, 1.0
"""``½ (p - y)²``, and ``log(1 + exp(-4 y p))/4``; both are 1-smooth in p."""


@helper
def _softplus(x):
    """``log(1 + exp(x))`` without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@helper
def _height(params, p, y):
    """The link."""
    if params.constants[LINK] == SQUARES:
        return 0.5 * (p - y) * (p - y)
    return _softplus(-4.0 * y * p) / 4.0


@helper
def _slope(params, p, y):
    """Its derivative in p."""
    if params.constants[LINK] == SQUARES:
        return p - y
    return -y * math.exp(-_softplus(4.0 * y * p))


@helper
def _move(point, w, v, scale):
    """Let a point be ``w + scale v``; return whether it was another one."""
    apart = False
    for j in range(w.size):
        now = w[j] + scale * v[j]
        apart |= now != point[j]
        point[j] = now
    return apart


@helper
def _predictions(params, work, batch, w, v, scale):
    """Predictions of a batch at w + scale v, by example.

    A search asks for a mean and for its slopes at the same point: of all examples the last predictions away from w are
    kept. Both they and the point that they belong to begin as zeros.
    """
    w, v, d, n = borrowed(w), borrowed(v), w.size, params.n
    sums, scratch, inputs = borrowed(work.sums), borrowed(work.scratch), borrowed(params.weights)
    start = scratch.size - SCRATCH * d
    found, y, apart = sums[:n], scratch[start : start + d], True
    if scale == 0.0:
        found, y = sums[n : 2 * n], w
    elif count_of(params, batch) == n:
        apart = _move(y, w, v, scale)
    else:
        found, y = sums[n : 2 * n], scratch[start + d : start + 2 * d]
        _move(y, w, v, scale)
    if apart:
        for k in range(n):
            if chosen(batch, k):
                found[k] = product(inputs[k * d : (k + 1) * d], y)
    return found


@helper
def _add_four(inputs, k, d, s0, s1, s2, s3, out):
    """Add the inputs k to k + 3 to ``out``, by their slopes and one after the other."""
    end, first = k * d + d, spread(s0)
    second, third, fourth = spread(s1), spread(s2), spread(s3)
    for j in range(0, d & ~3, 4):
        x = k * d + j
        found = load(out, j) + first * load(inputs, x)
        found = found + second * load(inputs, x + d)
        found = found + third * load(inputs, x + 2 * d)
        store(out, j, found + fourth * load(inputs, x + 3 * d))
    for j in range(d & ~3, d):
        found = out[j] + s0 * inputs[k * d + j]
        found += s1 * inputs[end + j]
        found += s2 * inputs[end + d + j]
        out[j] = found + s3 * inputs[end + 2 * d + j]


@helper
def _slopes_into(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return its squared norm."""
    out, d, n, count = borrowed(out), w.size, params.n, count_of(params, batch)
    share, many = 1.0 / count, n & ~3 if count == n else 0
    inputs = borrowed(params.weights)
    slopes, labels = borrowed(work.sums)[2 * n : 3 * n], inputs[n * d : n * d + n]
    found = _predictions(params, work, batch, w, v, scale)
    for k in range(n):
        if chosen(batch, k):
            slopes[k] = share * _slope(params, found[k], labels[k])
    for j in range(d):
        out[j] = 0.0
    for k in range(0, many, 4):
        _add_four(inputs, k, d, slopes[k], slopes[k + 1], slopes[k + 2], slopes[k + 3], out)
    for k in range(many, n):
        if chosen(batch, k):
            add_multiple(out, slopes[k], inputs[k * d : (k + 1) * d])
    clear(work.stats, LANE0)
    add_squares(work.stats, LANE0, out, 0, d)
    return total(work.stats, LANE0)


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    squared = _slopes_into(params, work, batch, w, v, scale, out)
    work.flags[ACTIVE] = 1 if squared > 0.0 else 0
    return squared


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = work.scratch[work.scratch.size - w.size :]
    _slopes_into(params, work, batch, w, v, scale, slopes)
    return step_along(w, slopes, step_size, whole, weight)


@helper
def _mean(params, work, batch, w, v, scale):
    """Mean loss of the batch at w + scale v."""
    d, n, total_loss = w.size, params.n, 0.0
    found = _predictions(params, work, batch, w, v, scale)
    for k in range(n):
        if chosen(batch, k):
            total_loss += _height(params, found[k], params.weights[n * d + k])
    return total_loss / count_of(params, batch)


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _mean(params, work, batch, w, v, scale)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``F_S + r |grad F_S| + ½ r²``: the inputs are unit vectors, so that the loss is 1-smooth."""
    slopes = work.scratch[work.scratch.size - w.size :]
    norm = _slopes_into(params, work, batch, w, w, 0.0, slopes) ** 0.5
    return _mean(params, work, batch, w, w, 0.0) + radius * norm + 0.5 * radius * radius


@kernel(PROFILE)
def profile(params, work, w, out):
    """``|w - w*|²``, ``w . w*`` and ``|w|²``: the law of x is that of every rotation of it."""
    d = w.size
    start = params.n * d + params.n
    out[0] = 0.0
    out[1] = 0.0
    out[2] = 0.0
    for j in range(d):
        apart = w[j] - params.weights[start + j]
        out[0] += apart * apart
        out[1] += w[j] * params.weights[start + j]
        out[2] += w[j] * w[j]
    return OK
