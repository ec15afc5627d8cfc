"""Kernels of two layers with ``g_j h_j / R_j`` between them, ``R_j`` the root of the mean of ``h_j²`` over the sample.

The gains g are weights; they stand behind the first layer and its bias.
"""

from __future__ import annotations

import math

from sco_flat._jit import DESCEND, GRADIENT, OK, PROFILE, VALUE, borrowed, helper, kernel
from sco_flat.networks.kernels.passes import (
    INPUTS,
    OUTPUTS,
    ROWS,
    WIDTH,
    activate,
    affine,
    back,
    felt_at,
    has_bias,
    height,
    label_of,
    moved,
    place_of,
    room,
    size_of,
    spread,
    squared,
    step_down,
    take_input,
    through,
)


@helper
def _parts(params, work, y):
    """Input, hidden layer, the same divided by R, that times the gains, and outputs, in scratch space."""
    codes, hidden = params.codes, room(work, y, 2, 2)
    d, width = codes[INPUTS], codes[WIDTH]
    first, second, third = d + width, d + 2 * width, d + 3 * width
    outs = hidden[third : third + codes[OUTPUTS]]
    return hidden[:d], hidden[d:first], hidden[first:second], hidden[second:third], outs


@helper
def prepare(params, work, y, slopes):
    """Statistics of the whole sample: ``1/R_j``, and for slopes the sum n M of ``h_j h_j' x'``, as the first layer."""
    x, h, unit, _, _ = _parts(params, work, y)
    inverse, mean = room(work, y, 5, 1)[: h.size], room(work, y, 6, 1)
    bias = has_bias(params, 1)
    for j in range(h.size):
        inverse[j] = 0.0
    for k in range(params.n):
        take_input(params, k, x)
        affine(x, y, bias, h)
        activate(params, h)
        for j in range(h.size):
            inverse[j] += h[j] * h[j]
            unit[j] = h[j]
        if slopes:
            through(params, h, unit)
            spread(x, unit, bias, mean, k == 0)
    for j in range(h.size):
        square = inverse[j] / params.n
        inverse[j] = 1.0 / square**0.5 if square > 0.0 else 0.0  # a neuron that never fires stays 0
        if not square < math.inf:
            inverse[j] = math.nan  # what a double does not hold is no 0


@helper
def forward(params, work, y, k):
    """The output; all layers are left in scratch space."""
    x, h, unit, scaled, outs = _parts(params, work, y)
    inverse, at = room(work, y, 5, 1), (x.size + has_bias(params, 1)) * h.size
    take_input(params, k, x)
    affine(x, y, has_bias(params, 1), h)
    activate(params, h)
    for j in range(h.size):
        unit[j] = h[j] * inverse[j]
        scaled[j] = y[at + j] * unit[j]
    affine(scaled, y[at + h.size :], has_bias(params, 2), outs)
    return outs


@helper
def backward(params, work, y, k, outs, slopes, out, fresh):
    """Add the gradient of one example: with felt_j the slope in ``h_j / R_j``, that in w_j has two parts.

    They are ``felt_j h_j' x' / R_j`` and, through R, ``-felt_j h_j M_j / R_j³``.
    """
    x, h, unit, scaled, _ = _parts(params, work, y)
    inverse, mean, bias = room(work, y, 5, 1), room(work, y, 6, 1), has_bias(params, 1)
    at = (x.size + bias) * h.size
    spread(scaled, slopes, has_bias(params, 2), out[at + h.size :], fresh)
    felt = room(work, y, 7, 1)[: h.size]
    back(h.size, y[at + h.size :], slopes, felt)
    for j in range(h.size):
        out[at + j] = felt[j] * unit[j] + (0.0 if fresh else out[at + j])
        felt[j] *= y[at + j] * inverse[j]
        unit[j] *= felt[j] * inverse[j] / params.n
    through(params, h, felt)
    spread(x, felt, bias, out, fresh)
    for i in range(x.size + bias):
        row, means = out[i * h.size : (i + 1) * h.size], mean[i * h.size : (i + 1) * h.size]
        for j in range(h.size):
            row[j] -= unit[j] * means[j]


@helper
def slopes_into(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out``."""
    w, v, out = borrowed(w), borrowed(v), borrowed(out)
    y, count, k = moved(work, w, v, scale), size_of(params, batch), -1
    prepare(params, work, y, True)
    for i in range(count):
        k = place_of(params, work, batch, i, k)
        outs = forward(params, work, y, k)
        backward(params, work, y, k, outs, felt_at(params, work, w, outs, k, count), out, i == 0)


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    slopes_into(params, work, batch, w, v, scale, out)
    return squared(work, out)


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = room(work, w, 1, 1)
    slopes_into(params, work, batch, w, v, scale, slopes)
    return step_down(work, w, slopes, step_size, whole, weight)


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    w, v = borrowed(w), borrowed(v)
    y, count, k, found = moved(work, w, v, scale), size_of(params, batch), -1, 0.0
    prepare(params, work, y, False)
    for i in range(count):
        k = place_of(params, work, batch, i, k)
        found += height(params, forward(params, work, y, k), label_of(params, k))
    return found / count


@kernel(PROFILE)
def profile(params, work, w, out):
    """The mean loss over the rows behind the sample; see ``_jit.PROFILE``."""
    rows, found = params.codes[ROWS], 0.0
    prepare(params, work, w, False)
    for k in range(params.n, rows):
        found += height(params, forward(params, work, w, k), label_of(params, k))
    out[0] = found / (rows - params.n)
    return OK
