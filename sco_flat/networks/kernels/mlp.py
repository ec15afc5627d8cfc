"""Kernels of a chain of affine maps with an activation between them."""

from __future__ import annotations

from sco_flat._jit import DESCEND, GRADIENT, OK, PROFILE, VALUE, borrowed, helper, kernel
from sco_flat.networks.kernels.passes import (
    DEPTH,
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
def forward(params, work, y, k):
    """Activations of all layers, the input first, one after the other in scratch space; the output is returned."""
    codes, hidden = params.codes, room(work, y, 2, 2)
    x = hidden[: codes[INPUTS]]
    take_input(params, k, x)
    at, place = 0, x.size
    for layer in range(1, codes[DEPTH] + 1):
        last = layer == codes[DEPTH]
        fan_out = codes[OUTPUTS] if last else codes[WIDTH]
        out, bias = hidden[place : place + fan_out], has_bias(params, layer)
        affine(x, y[at:], bias, out)
        if not last:
            activate(params, out)
        at += (x.size + bias) * fan_out
        place += fan_out
        x = out
    return x


@helper
def backward(params, work, y, k, outs, slopes, out, fresh):
    """Add the gradient of one example to ``out``, from that of its output."""
    codes, hidden, delta = params.codes, room(work, y, 2, 2), room(work, y, 4, 1)
    at, place, begin = y.size, codes[INPUTS] + (codes[DEPTH] - 1) * codes[WIDTH], 0
    for layer in range(codes[DEPTH], 0, -1):
        fan_in, bias = codes[INPUTS] if layer == 1 else codes[WIDTH], has_bias(params, layer)
        at -= (fan_in + bias) * slopes.size
        x = hidden[place - fan_in : place]
        spread(x, slopes, bias, out[at:], fresh)
        if layer > 1:
            begin += slopes.size
            felt = delta[begin : begin + fan_in]
            back(fan_in, y[at:], slopes, felt)
            through(params, x, felt)
            slopes = felt
        place -= fan_in


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
