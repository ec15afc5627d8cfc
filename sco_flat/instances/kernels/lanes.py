"""Sums in a fixed order: eight lanes, entry j in lane j mod 8, blocks ascending.

Adding an exact zero changes no lane, so an engine that skips entries known to be zero gets the same bits.
"""

from __future__ import annotations

from sco_flat._jit import LANE0, TRACK, helper, inline
from sco_flat.instances.kernels.four import joined, load, load_before, spread, store, store_before

EVERYONE = -1
"""The batch of all examples; see ``samples.everyone``."""


@inline
def popcount(x):
    """Count the bits of a non-negative 64-bit integer."""
    x = x - ((x >> 1) & 0x5555555555555555)
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F
    return ((x * 0x0101010101010101) >> 56) & 0x7F


@helper
def code_of(params, a):
    """Code of the column of stored block a; where columns are a stream, ``params.codes`` has those of stored ones."""
    return params.codes[a if params.codes.size == params.rows.size else params.rows[a]]


@helper
def count_of(params, batch):
    """Number of examples of a batch."""
    if batch < 0:
        return params.n if batch == EVERYONE else 1
    return popcount(batch)


@helper
def chosen(batch, k):
    """Whether example k is in a batch; see ``samples.everyone`` and ``samples.alone``."""
    if batch < 0:
        return batch == EVERYONE or k == -batch - 2
    return (batch >> k) & 1 == 1


@inline
def add_squares(lanes, base, x, begin, count):
    """Add the squares of x[begin : begin + count] to the lanes at ``base``; x[begin] belongs to lane 0."""
    x = x[begin : begin + count]
    low, high = load(lanes, base), load(lanes, base + 4)
    body = count & ~7
    for j in range(0, body, 8):
        one, other = load(x, j), load(x, j + 4)
        low, high = low + one * one, high + other * other
    store(lanes, base, low)
    store(lanes, base + 4, high)
    for j in range(body, count):
        lanes[base + j - body] += x[j] * x[j]


@helper
def clear(lanes, base):
    """Empty the lanes at ``base``."""
    for k in range(8):
        lanes[base + k] = 0.0


@helper
def total(lanes, base):
    """Join the lanes at ``base``, always in the same tree."""
    low = (lanes[base] + lanes[base + 4]) + (lanes[base + 2] + lanes[base + 6])
    high = (lanes[base + 1] + lanes[base + 5]) + (lanes[base + 3] + lanes[base + 7])
    return low + high


@helper
def reach(params, work, a):
    """Entries of a block from this one on are 0."""
    return work.touched[a] if work.flags[TRACK] else params.length


@helper
def product(x, y):
    """``x . y``, entry j in lane j mod 8."""
    low = high = spread(0.0)
    body, end = x.size & ~7, x.size
    for j in range(0, body, 8):
        low, high = low + load(x, j) * load(y, j), high + load(x, j + 4) * load(y, j + 4)
    if body < end:  # what is not there is 0, which changes no lane
        low = low + load_before(x, body, end) * load_before(y, body, end)
    if body + 4 < end:
        high = high + load_before(x, body + 4, end) * load_before(y, body + 4, end)
    return joined(low + high)


@helper
def add_multiple(out, factor, x):
    """``out += factor x``."""
    body, end, four = x.size & ~3, x.size, spread(factor)
    for j in range(0, body, 4):
        store(out, j, load(out, j) + four * load(x, j))
    if body < end:
        store_before(out, body, end, load_before(out, body, end) + four * load_before(x, body, end))


@helper
def state_squares(params, work, x, factor, full, passive):
    """Sum of (factor x)² over a stored state in the order that every engine shares.

    ``full`` takes all that is not 0 instead of windows; ``passive`` says whether the passive coordinates of
    x are meaningful (otherwise they stand for zeros).
    """
    length = params.length
    stored = params.rows.size * length
    clear(work.stats, LANE0)
    fresh = 0
    for a in range(params.rows.size):
        if params.passive and passive:
            for i in range(fresh, params.rows[a]):
                work.stats[LANE0] += (factor * x[stored + i]) * (factor * x[stored + i])
            fresh = params.rows[a] + 1
        low = 0 if full else work.low[a]
        high = reach(params, work, a) if full else work.high[a]
        for j in range(low, high):
            work.stats[LANE0 + (j & 7)] += (factor * x[a * length + j]) * (factor * x[a * length + j])
    if params.passive and passive:
        for i in range(fresh, params.m):
            work.stats[LANE0] += (factor * x[stored + i]) * (factor * x[stored + i])
    b = factor * x[x.size - 1]
    return total(work.stats, LANE0) + b * b
