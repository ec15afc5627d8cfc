"""SAM on whole blocks of the chain: the gradient at w is taken twice, and never stored.

A step reads w for the norm of the gradient, and reads and writes it for the descent: 24 bytes an entry. The direction,
which would be written and read between the two, takes as long to fetch as to compute from w and its neighbours. The
values and the order of the sums are those of `sam_chain`, to the bit.
"""

from __future__ import annotations

from sco_flat._jit import CHUNK, LANE0, inline
from sco_flat.instances.kernels.four import (
    head,
    load,
    load_before,
    positive,
    pushed,
    spread,
    store,
    store_before,
    with_head,
)


@inline
def _opening(x, later, d, lam, share, first_slope):
    """Slopes on the first four entries x of a block, and the chain terms one place later, as the entries in ``later``.

    The first entry has no chain term of its own, and enters the second one's with lam.
    """
    terms = positive(later - d * with_head(x, head(x) + lam))
    return with_head(share * x, first_slope) + (pushed(spread(0.0), terms) - d * terms), terms


@inline
def _following(x, later, d, share, before):
    """The same for any other four, from the terms that the four before them gave."""
    terms = positive(later - d * x)
    return share * x + (pushed(before, terms) - d * terms), terms


@inline
def add_squared_slopes(lanes, x, delta, lam, share, first_slope):
    """Add the squared slopes of a whole block x to the lanes, and write none; return the first slope."""
    length = x.size
    share = spread(share)
    even, odd = load(lanes, LANE0), load(lanes, LANE0 + 4)
    g, terms = _opening(load_before(x, 0, length), load_before(x, 1, length), load(delta, 1), lam, share, first_slope)
    slope = head(g)
    even, odd = odd, even + g * g
    whole = max((length - 1) & ~3, 4)
    for k in range(4, whole, 4):
        g, terms = _following(load(x, k), load(x, k + 1), load(delta, k + 1), share, terms)
        even, odd = odd, even + g * g
    for k in range(whole, length, 4):
        later = load_before(x, k + 1, length)
        g, terms = _following(load_before(x, k, length), later, load(delta, k + 1), share, terms)
        even, odd = odd, even + g * g
    if (length - 1) & 4 == 0:
        even, odd = odd, even
    store(lanes, LANE0, even)
    store(lanes, LANE0 + 4, odd)
    return slope


@inline
def _write(x, k, stop, change, sums, weight):
    """Subtract a change from entries k..k+3 of x, as far as they lie before ``stop``; sums gains weight times that."""
    old = load_before(x, k, stop)
    new = old - change
    store_before(x, k, stop, new)
    if weight != 0.0:
        store_before(sums, k, stop, load_before(sums, k, stop) + spread(weight) * (new - old))


@inline
def own_step(y, x, delta, lam, share, own_slope, first_slope, scale, step_size, sums, weight):
    """Take the step of a whole block x along the slopes at x + scale g, g the slopes at x, the first ``own_slope``.

    A stretch of the points is written to y, with the next four points, or the zeros behind the block; then the step is
    taken there. What the last four of a stretch gave goes on to the next, whose predecessors have moved by then.
    """
    length = x.size
    share, scale, step_size = spread(share), spread(scale), spread(step_size)
    here, d = load_before(x, 0, length), load(delta, 1)
    g, terms = _opening(here, load_before(x, 1, length), d, lam, share, own_slope)
    store(y, 0, here + scale * with_head(g, own_slope))
    pulls, begun = terms, 4
    for begin in range(0, length, CHUNK):
        stop = min(begin + CHUNK, length)
        whole = max(min(stop, length - 1) & ~3, begun)
        for k in range(begun, whole, 4):
            here = load(x, k)
            g, terms = _following(here, load(x, k + 1), load(delta, k + 1), share, terms)
            store(y, k - begin, here + scale * g)
        ahead = terms
        for k in range(whole, stop + 1, 4):
            here = load_before(x, k, length)
            g, ahead = _following(here, load_before(x, k + 1, length), load(delta, k + 1), share, ahead)
            store(y, k - begin, here + scale * g)
        if begin == 0:
            g, pulls = _opening(load(y, 0), load(y, 1), d, lam, share, first_slope)
            _write(x, 0, stop, step_size * g, sums, weight)
        whole = max(stop & ~3, begun)
        for k in range(begun, whole, 4):
            g, pulls = _following(load(y, k - begin), load(y, k - begin + 1), load(delta, k + 1), share, pulls)
            old = load(x, k)
            new = old - step_size * g
            store(x, k, new)
            if weight != 0.0:
                store(sums, k, load(sums, k) + spread(weight) * (new - old))
        for k in range(whole, stop, 4):
            g, pulls = _following(load(y, k - begin), load(y, k - begin + 1), load(delta, k + 1), share, pulls)
            _write(x, k, stop, step_size * g, sums, weight)
        begun = stop
