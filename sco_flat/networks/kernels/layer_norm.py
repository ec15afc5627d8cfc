"""Kernels of two layers with ``h / max(|h|, eps)`` between them, h the hidden layer."""

from __future__ import annotations

import math

from sco_flat._jit import DEAD, DESCEND, GRADIENT, LANE0, OK, PROFILE, STATUS, VALUE, borrowed, helper, kernel
from sco_flat.instances.kernels.lanes import add_squares, clear, product, total
from sco_flat.networks.kernels.passes import (
    EPS,
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
    """Input, hidden layer, the same divided by its norm, and outputs, in scratch space."""
    codes, hidden = params.codes, room(work, y, 2, 2)
    d, width = codes[INPUTS], codes[WIDTH]
    first, second = d + width, d + 2 * width
    return hidden[:d], hidden[d:first], hidden[first:second], hidden[second : second + codes[OUTPUTS]]


@helper
def _norm(work, h):
    """``|h|``."""
    clear(work.stats, LANE0)
    add_squares(work.stats, LANE0, h, 0, h.size)
    return total(work.stats, LANE0) ** 0.5


@helper
def forward(params, work, y, k):
    """The output; all layers are left in scratch space."""
    x, h, unit, outs = _parts(params, work, y)
    take_input(params, k, x)
    affine(x, y, has_bias(params, 1), h)
    activate(params, h)
    long = max(_norm(work, h), params.constants[EPS])
    if not long < math.inf:
        long = math.nan  # what a double does not hold is no 0
    for j in range(h.size):
        unit[j] = h[j] / long
    affine(unit, y[(x.size + has_bias(params, 1)) * h.size :], has_bias(params, 2), outs)
    return outs


@helper
def backward(params, work, y, k, outs, slopes, out, fresh):
    """Add the gradient of one example; a hidden layer that is 0 is refused."""
    x, h, unit, _ = _parts(params, work, y)
    at = (x.size + has_bias(params, 1)) * h.size
    spread(unit, slopes, has_bias(params, 2), out[at:], fresh)
    felt = room(work, y, 5, 1)[: h.size]
    back(h.size, y[at:], slopes, felt)
    norm = _norm(work, h)
    if norm == 0.0:
        work.flags[STATUS] = DEAD
    long, along = max(norm, params.constants[EPS]), 0.0
    if norm > params.constants[EPS]:
        along = product(felt, unit)
    for j in range(h.size):
        felt[j] = (felt[j] - along * unit[j]) / long
    through(params, h, felt)
    spread(x, felt, has_bias(params, 1), out, fresh)


@helper
def slopes_into(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out``."""
    w, v, out = borrowed(w), borrowed(v), borrowed(out)
    y, count, k = moved(work, w, v, scale), size_of(params, batch), -1
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
    for i in range(count):
        k = place_of(params, work, batch, i, k)
        found += height(params, forward(params, work, y, k), label_of(params, k))
    return found / count


@kernel(PROFILE)
def profile(params, work, w, out):
    """The mean loss over the rows behind the sample; see ``_jit.PROFILE``."""
    rows, found = params.codes[ROWS], 0.0
    for k in range(params.n, rows):
        found += height(params, forward(params, work, w, k), label_of(params, k))
    out[0] = found / (rows - params.n)
    return OK
