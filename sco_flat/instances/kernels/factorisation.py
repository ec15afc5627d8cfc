"""Kernels of ``|M - W_L ... W_1|²`` around a minimum, and of the same through a few measurements.

A point is the change of (W_1, ..., W_L) from the minimum, row by row. Matrices are multiplied in the order of
`sco_flat.instances.factorisation.chained`: entry (a, j) sums over k from 0 on.
"""

from __future__ import annotations

from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, UPPER, VALUE, helper, kernel
from sco_flat.instances.kernels.general import step_along

DEPTH, SEEN, ROOM, SHAPES = 0, 1, 2, 3
"""Places of L, of the number of measurements (0: every entry is seen), of the scratch space, and of d_0 to d_L."""


@helper
def _forward(params, w, v, scale, space):
    """Loss at w + scale v; space holds the factors, the products B_2 to B_{L+1}, and then the slope in the product."""
    c = params.constants
    depth, seen = int(c[DEPTH]), int(c[SEEN])
    wide = int(c[SHAPES])
    base = SHAPES + depth + 1
    for j in range(w.size):
        space[j] = c[base + j] + (w[j] if scale == 0.0 else w[j] + scale * v[j])
    at, before, now = 0, 0, w.size
    rows = 0
    for i in range(depth):
        cols, rows = int(c[SHAPES + i]), int(c[SHAPES + i + 1])
        for a in range(rows):
            for j in range(wide):
                space[now + a * wide + j] = space[at + a * wide + j] if i == 0 else 0.0
            if i > 0:
                for k in range(cols):
                    entry = space[at + a * cols + k]
                    for j in range(wide):
                        space[now + a * wide + j] += entry * space[before + k * wide + j]
        at += rows * cols
        before, now = now, now + rows * wide
    size = rows * wide
    aim = base + w.size
    total = 0.0
    for j in range(size):
        gap = space[before + j] - c[aim + j]
        space[now + j] = 2.0 * gap
        total += gap * gap
    if seen == 0:
        return total
    for j in range(size):
        space[now + j] = 0.0
    total = 0.0
    for k in range(seen):
        mask = aim + size + k * size
        felt = 0.0
        for j in range(size):
            felt += c[mask + j] * (space[before + j] - c[aim + j])
        total += felt * felt
        for j in range(size):
            space[now + j] += 2.0 * felt * c[mask + j]
    return total


@helper
def _slopes(params, w, v, scale, space, out):
    """Gradient at w + scale v: ``2 A_i^T R B_i^T``, from the last factor to the first; returns its squared norm."""
    _forward(params, w, v, scale, space)
    c = params.constants
    depth, wide = int(c[DEPTH]), int(c[SHAPES])
    at, last = w.size, w.size
    for i in range(depth):
        last += int(c[SHAPES + i + 1]) * wide
    here, other = last, last + (int(c[ROOM]) - w.size - last) // 2
    before = last - int(c[SHAPES + depth]) * wide
    for i in range(depth, 0, -1):
        cols, rows = int(c[SHAPES + i - 1]), int(c[SHAPES + i])
        at -= rows * cols
        if i == 1:
            for j in range(rows * wide):
                out[at + j] = space[here + j]
            break
        before -= cols * wide
        for a in range(rows):
            for k in range(cols):
                found = 0.0
                for j in range(wide):
                    found += space[here + a * wide + j] * space[before + k * wide + j]
                out[at + a * cols + k] = found
        for k in range(cols * wide):
            space[other + k] = 0.0
        for a in range(rows):
            for k in range(cols):
                entry = space[at + a * cols + k]
                for j in range(wide):
                    space[other + k * wide + j] += entry * space[here + a * wide + j]
        here, other = other, here
    total = 0.0
    for j in range(w.size):
        total += out[j] * out[j]
    return total


@helper
def _space(params, work):
    """The scratch space of this loss; its last w.size entries are for the slopes of a step."""
    return work.scratch[work.scratch.size - int(params.constants[ROOM]) :]


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _forward(params, w, v, scale, _space(params, work))


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    squared = _slopes(params, w, v, scale, _space(params, work), out)
    work.flags[ACTIVE] = 1 if squared > 0.0 else 0
    return squared


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    space = _space(params, work)
    slopes = space[space.size - w.size :]
    _slopes(params, w, v, scale, space, slopes)
    return step_along(w, slopes, step_size, whole, weight)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``(sqrt(f) + |S| (prod (|W_i| + r) - prod |W_i|))²``: what the product moves when every factor moves by r."""
    space, c = _space(params, work), params.constants
    found = _forward(params, w, w, 0.0, space)
    depth, seen = int(c[DEPTH]), int(c[SEEN])
    at, size = 0, int(c[SHAPES]) * int(c[SHAPES + depth])
    still, moved = 1.0, 1.0
    for i in range(depth):
        norm = 0.0
        for j in range(at, at + int(c[SHAPES + i]) * int(c[SHAPES + i + 1])):
            norm += space[j] * space[j]
        at += int(c[SHAPES + i]) * int(c[SHAPES + i + 1])
        still *= norm**0.5
        moved *= norm**0.5 + radius
    felt = 1.0
    if seen > 0:
        felt = 0.0
        for j in range(c.size - seen * size, c.size):
            felt += c[j] * c[j]
    reach = found**0.5 + felt**0.5 * (moved - still)
    return reach * reach
