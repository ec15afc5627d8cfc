"""Kernels of the SAM chain (Theorem 7). The mathematics and the parameters are in ``sam_chain.py``.

Stored state: the ``A`` blocks named in ``params.rows`` in full, then (blocks and frontier engines) one number
``x[i, 1]`` for every block, then ``b``. A block stays *passive*, that is, its entries from the second on stay
exactly 0, as long as ``x[i, 1] + lam >= 0`` at every point where a gradient is taken. This is checked whenever
a first coordinate has changed; when it fails the kernels write nothing and ask for promotion.
"""

from __future__ import annotations

from sco_flat._jit import (
    ACTIVE,
    CHUNK,
    DESCEND,
    GRADIENT,
    LANE0,
    LANE1,
    MOVED,
    MOVED_SIZE,
    MOVED_WEIGHT,
    OK,
    PASSIVE_STEP,
    PROFILE,
    QUIET,
    STATE_DIRTY,
    STATUS,
    STREAM,
    TRACK,
    UPPER,
    V_COUPLED,
    V_OWN,
    V_PASSIVE,
    VALUE,
    borrowed,
    helper,
    inline,
    kernel,
)
from sco_flat.instances.kernels.columns import STRETCH
from sco_flat.instances.kernels.lanes import add_squares, clear, code_of, popcount, total
from sco_flat.instances.kernels.sam_chain_coupling import (
    DELTA_1,
    DENSITY,
    GAMMA,
    KAPPA,
    LAM,
    SMOOTHNESS,
    add_passive,
    couple,
    first_slopes,
    joined,
    past,
    promote_unless_asked,
    slope_of,
    write_passive,
)
from sco_flat.instances.kernels.sam_chain_whole import add_squared_slopes, own_step


@inline
def _point(y, w, v, scale, start, length, low, high, end, before):
    """Write w + scale v on entries low..high-1 of the block at ``start`` to y[1:], its neighbours around it.

    ``before`` is the point at low - 1 and ``end`` the end of the window, behind which v counts as 0. Returns
    the point at high - 1.
    """
    count = high - low
    # slices start at 0, so that no index can be negative and the loops become vector code
    x = w[start + low : start + high]
    inner = y[1 : count + 1]
    y[0] = before
    y[count + 1] = 0.0
    if scale != 0.0:
        d = v[start + low : start + high]
        for k in range(count):
            inner[k] = x[k] + scale * d[k]
    else:
        for k in range(count):
            inner[k] = x[k]
    if high < length:
        y[count + 1] = w[start + high]
        if high < end and scale != 0.0:
            y[count + 1] += scale * v[start + high]
    return y[count]


@inline
def _terms(r, y, delta, lam, length, low, high):
    """Write the chain terms ``[x_j - delta_j x_{j-1}]_+`` of entries low..high to r, from the point in y."""
    count = high - low
    delta = delta[low : high + 1]
    for k in range(count + 1 if high < length else count):
        t = y[k + 1] - delta[k] * y[k]
        r[k] = t if t > 0.0 else 0.0
    if high == length:
        r[count] = 0.0
    if low == 0:
        r[0] = 0.0
        t = y[2] - delta[1] * (y[1] + lam)
        r[1] = t if t > 0.0 else 0.0


@inline
def _slopes(g, y, r, delta, share, first_slope, low, high):
    """Write the slopes on entries low..high-1 to g, from the point and its chain terms."""
    count = high - low
    delta = delta[low + 1 : high + 1]
    inner = y[1 : count + 1]
    after = r[1 : count + 1]
    for k in range(count):
        g[k] = share * inner[k] + (r[k] - delta[k] * after[k])
    if low == 0:
        g[0] = first_slope - delta[0] * after[0]


@inline
def _move(x, g, step_size, sums, weight):
    """Take the step along the slopes g on the entries x; sums gains weight times the change."""
    if weight != 0.0:
        for k in range(x.size):
            old = x[k]
            x[k] = old - step_size * g[k]
            sums[k] += weight * (x[k] - old)
    else:
        for k in range(x.size):
            x[k] -= step_size * g[k]


@helper
def _widen(low, high, length):
    """Widen low..high-1 to multiples of 8 inside the block."""
    return max(low, 0) & ~7, min((high + 7) & ~7, length)


@helper
def _rests(params, code, w, start, j):
    """Whether no example has a term of entry j that is on at w; then none comes on before it or the one before moves.

    A zero gradient is less: another batch, or a rounding, may end it.
    """
    if j == 0:
        return True
    before = w[start + j - 1]
    if j == 1:
        before = before + params.constants[LAM]
    return not w[start + j] - params.weights[j] * before > 0.0 and (code == 0 or w[start + j] == 0.0)


@helper
def _narrow(params, work, a, w, out, low, high):
    """Close the window low..high-1 of stored block a around what its gradient moves, or may move under a batch."""
    first, last, code, start = low, high, code_of(params, a), a * params.length
    while first < last and out[start + first] == 0.0 and _rests(params, code, w, start, first):
        first += 1
    while last > first and out[start + last - 1] == 0.0 and _rests(params, code, w, start, last - 1):
        last -= 1
    if first == last:
        work.low[a] = 0
        work.high[a] = 0
        return
    work.low[a], work.high[a] = _widen(first - 1, last + 1, params.length)
    for j in range(work.low[a], low):
        out[start + j] = 0.0
    for j in range(high, work.high[a]):
        out[start + j] = 0.0


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """Gradient of the batch risk at w + scale v; see ``_jit.GRADIENT``."""
    w, v, out = borrowed(w), borrowed(v), borrowed(out)
    delta, lam = borrowed(params.weights), params.constants[LAM]
    length = params.length
    flags = borrowed(work.flags)
    own = flags[V_OWN] != 0 and scale == 0.0 and not flags[TRACK]
    moved, slope_b = False, 0.0
    if flags[STATE_DIRTY] or not flags[QUIET] or (scale != 0.0 and flags[V_COUPLED]):
        asleep, place = couple(params, work, batch, w, v, scale)
        if not asleep:
            promote_unless_asked(flags)
            return -1.0
        moved, slope_b = first_slopes(params, work, batch, place)
    share = 1.0 / popcount(batch)
    lanes, y = borrowed(work.stats), borrowed(work.point)
    clear(lanes, LANE0)
    clear(lanes, LANE1)
    stretch = 0
    coupled = moved
    active = moved
    fresh = 0
    for a in range(params.rows.size):
        i = params.rows[a]
        first_slope = 0.0
        if moved:
            first_slope = slope_of(params, work, a)
            work.low[a] = 0
            work.high[a] = max(work.high[a], min(8, length))
            if params.passive:
                stretch = add_passive(params, work, stretch, fresh, i)
                fresh = i + 1
        stretch = past(lanes, stretch, i)
        low, high = work.low[a], work.high[a]
        if low >= high:
            continue
        start = a * length
        fraction = popcount(code_of(params, a) & batch) * share
        before = w[start + low - 1] if low > 0 else 0.0
        if own:
            out[start] = add_squared_slopes(lanes, w[start : start + length], delta, lam, fraction, first_slope)
        for begin in range(high if own else low, high, CHUNK):
            stop = min(begin + CHUNK, high)
            before = _point(y, w, v, scale, start, length, begin, stop, high, before)
            _terms(work.slack, y, delta, lam, length, begin, stop)
            g = out[start + begin : start + stop]
            _slopes(g, y, work.slack, delta, fraction, first_slope, begin, stop)
            add_squares(lanes, LANE0, out, start + begin, stop - begin)
        if low == 0 and out[start] != 0.0:
            coupled = True
        if flags[TRACK]:
            _narrow(params, work, a, w, out, low, high)
    if params.passive and moved:
        add_passive(params, work, stretch, fresh, params.m)
        write_passive(params, work, out)
    out[w.size - 1] = slope_b
    flags[V_PASSIVE] = 1 if moved else 0
    flags[V_COUPLED] = 1 if coupled else 0
    squared = joined(params, work, moved, scale)
    if flags[STATUS] != OK:
        return -1.0
    squared += slope_b * slope_b
    if squared == 0.0 and not active:
        active = _any_term(params, work, batch, w, v, scale)
    flags[ACTIVE] = 1 if active else 0
    flags[V_OWN] = 1 if own else 0
    return squared


@helper
def _any_term(params, work, batch, w, v, scale):
    """Tell a gradient that is zero from one that underflowed: any chain or quadratic term that is on."""
    delta, lam = params.weights, params.constants[LAM]
    for a in range(params.rows.size):
        low, high = work.low[a], work.high[a]
        start = a * params.length
        seen = code_of(params, a) & batch != 0
        before = w[start + low - 1] if 0 < low < high else 0.0
        for j in range(low, high):
            here = w[start + j]
            if scale != 0.0:
                here = here + scale * v[start + j]
            if j > 0:
                term = here - delta[j] * (before + lam if j == 1 else before)
                if term > 0.0 or (seen and here != 0.0):
                    return True
            before = here
    return False


@helper
def _move_passive(params, work, w, step_size, whole, weight):
    """Take the step on the passive coordinates."""
    stored = params.rows.size * params.length
    for a in range(params.rows.size):
        work.coupled[params.m + params.rows[a]] = 0.0
    for i in range(params.m):
        old = w[stored + i]
        new = old - step_size * work.coupled[params.m + i]
        w[stored + i] = new
        whole[stored + i] += weight * (new - old)


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    w, v, whole = borrowed(w), borrowed(v), borrowed(whole)
    delta, lam = borrowed(params.weights), params.constants[LAM]
    length = params.length
    flags = borrowed(work.flags)
    own = flags[V_OWN] != 0 and scale != 0.0
    moved, slope_b, place = False, 0.0, 0
    if flags[STATE_DIRTY] or not flags[QUIET] or (scale != 0.0 and flags[V_COUPLED]):
        asleep, place = couple(params, work, batch, w, v, scale)
        if not asleep:
            promote_unless_asked(flags)
            return flags[STATUS]
        moved, slope_b = first_slopes(params, work, batch, place)
    share = 1.0 / popcount(batch)
    for a in range(params.rows.size):
        first_slope = 0.0
        if moved:
            first_slope = slope_of(params, work, a)
            if scale != 0.0:
                for j in range(work.low[a]):
                    v[a * length + j] = 0.0
            work.low[a] = 0
            if work.high[a] < min(8, length):
                if scale != 0.0:
                    for j in range(work.high[a], min(8, length)):
                        v[a * length + j] = 0.0
                work.high[a] = min(8, length)
        low, high = work.low[a], work.high[a]
        if low >= high:
            continue
        start = a * length
        fraction = popcount(code_of(params, a) & batch) * share
        first_value = w[start]
        before = w[start + low - 1] if low > 0 else 0.0
        first, last = high, low
        y = borrowed(work.point)
        if own:
            x, sums = w[start : start + length], whole[start : start + length]
            own_step(y, x, delta, lam, fraction, v[start], first_slope, scale, step_size, sums, weight)
        for begin in range(high if own else low, high, CHUNK):
            stop = min(begin + CHUNK, high)
            before = _point(y, w, v, scale, start, length, begin, stop, high, before)
            _terms(work.slack, y, delta, lam, length, begin, stop)
            x = w[start + begin : start + stop]
            sums = whole[start + begin : start + stop]
            _slopes(work.slope, y, work.slack, delta, fraction, first_slope, begin, stop)
            _move(x, work.slope, step_size, sums, weight)
            if flags[TRACK]:
                if scale != 0.0:
                    first, last = low, high
                else:
                    seen = code_of(params, a) != 0
                    for k in range(stop - begin):
                        on = work.slack[k] > 0.0 or (seen and y[k + 1] != 0.0)  # before the step
                        if on or work.slope[k] != 0.0:
                            first = min(first, begin + k)
                            last = begin + k + 1
        if w[start] != first_value:
            flags[STATE_DIRTY] = 1
        if flags[TRACK]:
            if first >= last:
                work.low[a] = 0
                work.high[a] = 0
            else:
                work.touched[a] = max(work.touched[a], last)
                work.low[a], work.high[a] = _widen(first - 1, last + 1, length)
    if moved:
        flags[STATE_DIRTY] = 1
        flags[PASSIVE_STEP] = -1
        if flags[STREAM]:
            flags[MOVED] = 1 if place == 0 else 2
            work.stats[MOVED_SIZE], work.stats[MOVED_WEIGHT] = step_size, weight
        if params.passive:
            _move_passive(params, work, w, step_size, whole, weight)
        old = w[w.size - 1]
        new = old - step_size * slope_b
        w[w.size - 1] = new
        whole[w.size - 1] += weight * (new - old)
    return OK


@helper
def _block_squares(params, work, a, w, v, scale, low, high):
    """Return ``sum y_j² (j >= 2)`` and the sum of the squared chain terms of a block at y = w + scale v."""
    delta, lam = params.weights, params.constants[LAM]
    length = params.length
    clear(work.stats, LANE0)
    clear(work.stats, LANE1)
    start = a * params.length
    before = w[start + low - 1] if 0 < low < high else 0.0
    for begin in range(low, high, CHUNK):
        stop = min(begin + CHUNK, high)
        before = _point(work.point, w, v, scale, start, length, begin, stop, high, before)
        _terms(work.slack, work.point, delta, lam, length, begin, stop)
        if begin == 0:
            work.point[1] = 0.0
        add_squares(work.stats, LANE0, work.point, 1, stop - begin)
        add_squares(work.stats, LANE1, work.slack, 0, stop - begin)
    return total(work.stats, LANE0), total(work.stats, LANE1)


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """Mean loss of the batch at w + scale v; see ``_jit.VALUE``."""
    asleep, place = couple(params, work, batch, w, v, scale)
    if not asleep:
        promote_unless_asked(work.flags)
        return -1.0
    share = 1.0 / popcount(batch)
    joint = 0.0
    for k in range(params.n):
        if (batch >> k) & 1:
            r = max(work.sums[place + k] + params.constants[DELTA_1], 0.0)
            joint += r * r
    result = 0.5 * params.constants[GAMMA] * share * joint
    for a in range(params.rows.size):
        squares, chain = _block_squares(params, work, a, w, v, scale, work.low[a], work.high[a])
        result += 0.5 * chain
        result += 0.5 * (popcount(code_of(params, a) & batch) * share) * squares
    return result


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """Smoothness bound ``F + r |grad F| + beta r² / 2`` on the largest loss within the radius."""
    base = value(params, work, batch, w, w, 0.0)
    if work.flags[STATUS] != OK:
        return base
    squared = gradient(params, work, batch, w, w, 0.0, work.scratch)
    return base + radius * squared**0.5 + 0.5 * params.constants[SMOOTHNESS] * radius * radius


@kernel(PROFILE)
def profile(params, work, w, out):
    """Write ``sum x_ij² (j >= 2)``, twice the chain term, and the largest and mean ``v_z . w + delta_1``."""
    length = params.length
    squares = 0.0
    chain = 0.0
    kappa, one = params.constants[KAPPA], params.constants[DENSITY]
    zero = 1.0 - one
    worst = w[w.size - 1]
    mean = w[w.size - 1]
    for a in range(params.rows.size):
        first = w[a * length]
        worst += max(first, -kappa * first)
        mean += one * first - zero * (kappa * first)
        block_squares, block_chain = _block_squares(params, work, a, w, w, 0.0, 0, length)
        squares += block_squares
        chain += block_chain
    if params.passive:
        stored = params.rows.size * length
        for begin in range(0, params.m, STRETCH):
            # the first stretch goes on with what is there
            above, middle = (worst, mean) if begin == 0 else (0.0, 0.0)
            for i in range(begin, min(begin + STRETCH, params.m)):
                x = w[stored + i]
                above += max(x, -kappa * x)
                middle += one * x - zero * (kappa * x)
            worst, mean = (above, middle) if begin == 0 else (worst + above, mean + middle)
    out[0] = squares
    out[1] = chain
    out[2] = worst
    out[3] = mean
    if not work.flags[STREAM]:  # the sleeping columns come first
        out[2] += params.constants[DELTA_1]
        out[3] += params.constants[DELTA_1]
    return OK
