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
    helper,
    kernel,
)
from sco_flat.instances.kernels.general import step_along
from sco_flat.instances.kernels.lanes import add_squares, chosen, clear, count_of, product, total

SCRATCH = 2
"""Vectors of the length of w at the end of scratch space: the point that is looked at, and slopes."""
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
def _moved(work, w, v, scale):
    """``w + scale v``; see ``SCRATCH``."""
    if scale == 0.0:
        return w
    start = work.scratch.size - SCRATCH * w.size
    point = work.scratch[start : start + w.size]
    for j in range(w.size):
        point[j] = w[j] + scale * v[j]
    return point


@helper
def _slopes_into(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return its squared norm."""
    d, y = w.size, _moved(work, w, v, scale)
    for j in range(d):
        out[j] = 0.0
    share = 1.0 / count_of(params, batch)
    for k in range(params.n):
        if chosen(batch, k):
            x = params.weights[k * d : (k + 1) * d]
            slope = share * _slope(params, product(x, y), params.weights[params.n * d + k])
            for j in range(d):
                out[j] += slope * x[j]
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
    d, y, found = w.size, _moved(work, w, v, scale), 0.0
    for k in range(params.n):
        if chosen(batch, k):
            p = product(params.weights[k * d : (k + 1) * d], y)
            found += _height(params, p, params.weights[params.n * d + k])
    return found / count_of(params, batch)


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
