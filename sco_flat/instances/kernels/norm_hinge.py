"""Kernels of the losses ``½ [ xi_z(w) - rho ]_+²`` with a weighted norm ``xi_z`` (Theorems 1 and 3).

``xi_z(w)² = sum_ij a_j² phi(z_i, x_ij) + c² b²`` with ``phi = [z x]_+²`` for signs and ``z x²`` for bits. Stored
state: the blocks in ``params.rows``, then ``b``; blocks that are not stored are exactly 0 and stay so, because
the slope of an entry is proportional to the entry.

Frontier windows hold every entry that can enter some ``xi_k``; the entries outside lie against the sign of a
constant column and add exactly 0.
"""

from __future__ import annotations

from sco_flat._jit import (
    ACTIVE,
    CHUNK,
    DESCEND,
    GRADIENT,
    LANE0,
    LANE1,
    OK,
    PROFILE,
    TRACK,
    UPPER,
    VALUE,
    helper,
    kernel,
)
from sco_flat.instances.kernels.lanes import add_squares, clear, code_of, popcount, total

RHO, C, SIGNED, LIPSCHITZ = 0, 1, 2, 3
"""Places in ``params.constants``; LIPSCHITZ is that of ``xi``, max(a_1, c)."""


@helper
def _block_norms(params, work, a, w, v, scale, low, high):
    """Weighted squares of the positive and of the negative entries of a block at w + scale v."""
    start = a * params.length
    above, below = work.point, work.slack
    weights = params.weights
    clear(work.stats, LANE0)
    clear(work.stats, LANE1)
    for begin in range(low, high, CHUNK):
        count = min(begin + CHUNK, high) - begin
        x0 = start + begin
        if scale != 0.0:
            for k in range(count):
                y = weights[begin + k] * (w[x0 + k] + scale * v[x0 + k])
                above[k] = y if y > 0.0 else 0.0
                below[k] = y if y < 0.0 else 0.0
        else:
            for k in range(count):
                y = weights[begin + k] * w[x0 + k]
                above[k] = y if y > 0.0 else 0.0
                below[k] = y if y < 0.0 else 0.0
        add_squares(work.stats, LANE0, above, 0, count)
        add_squares(work.stats, LANE1, below, 0, count)
    return total(work.stats, LANE0), total(work.stats, LANE1)


@helper
def _norms(params, work, w, v, scale):
    """Write xi_k(w + scale v) of every example to work.sums."""
    n = params.n
    signed = params.constants[SIGNED] != 0.0
    b = w[w.size - 1]
    if scale != 0.0:
        b = b + scale * v[w.size - 1]
    b *= params.constants[C]
    for k in range(n):
        work.sums[k] = b * b
    for a in range(params.rows.size):
        if work.low[a] >= work.high[a]:
            continue
        above, below = _block_norms(params, work, a, w, v, scale, work.low[a], work.high[a])
        code = code_of(params, a)
        if not signed:
            above, below = above + below, 0.0
        for k in range(n):
            work.sums[k] += above if (code >> k) & 1 else below
    for k in range(n):
        work.sums[k] = work.sums[k] ** 0.5


@helper
def _shares(params, work, batch):
    """Write ``[xi_k - rho]_+ / xi_k`` over the batch size to work.sums[n:]; return their sum."""
    n = params.n
    rho = params.constants[RHO]
    share = 1.0 / popcount(batch)
    joint = 0.0
    for k in range(n):
        xi = work.sums[k]
        work.sums[n + k] = 0.0
        if (batch >> k) & 1 and xi > rho:
            work.sums[n + k] = share * ((xi - rho) / xi)
            joint += work.sums[n + k]
    return joint


@helper
def _sides(params, work, a):
    """Slope factors of a block above and below zero; call after ``_shares``."""
    n = params.n
    code = code_of(params, a)
    plus = 0.0
    minus = 0.0
    for k in range(n):
        if (code >> k) & 1:
            plus += work.sums[n + k]
        else:
            minus += work.sums[n + k]
    if params.constants[SIGNED] == 0.0:
        minus = plus
    return plus, minus


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """Gradient of the batch risk at w + scale v; see ``_jit.GRADIENT``."""
    length = params.length
    _norms(params, work, w, v, scale)
    joint = _shares(params, work, batch)
    work.flags[ACTIVE] = 1 if joint > 0.0 else 0
    clear(work.stats, LANE0)
    weights = params.weights
    for a in range(params.rows.size):
        low, high = work.low[a], work.high[a]
        start = a * length
        plus, minus = _sides(params, work, a)
        if scale != 0.0:
            for j in range(low, high):
                y = w[start + j] + scale * v[start + j]
                out[start + j] = (weights[j] * weights[j] * y) * (plus if y > 0.0 else minus)
        else:
            for j in range(low, high):
                y = w[start + j]
                out[start + j] = (weights[j] * weights[j] * y) * (plus if y > 0.0 else minus)
        add_squares(work.stats, LANE0, out, start + low, high - low)
    b = w[w.size - 1]
    if scale != 0.0:
        b = b + scale * v[w.size - 1]
    slope_b = params.constants[C] * params.constants[C] * b * joint
    out[w.size - 1] = slope_b
    return total(work.stats, LANE0) + slope_b * slope_b


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    length = params.length
    _norms(params, work, w, v, scale)
    joint = _shares(params, work, batch)
    if not joint > 0.0:
        return OK
    weights = params.weights
    for a in range(params.rows.size):
        low, high = work.low[a], work.high[a]
        if low >= high:
            continue
        plus, minus = _sides(params, work, a)
        start = a * length
        for j in range(low, high):
            old = w[start + j]
            y = old + scale * v[start + j] if scale != 0.0 else old
            new = old - step_size * ((weights[j] * weights[j] * y) * (plus if y > 0.0 else minus))
            w[start + j] = new
            whole[start + j] += weight * (new - old)
        if work.flags[TRACK]:
            positive = code_of(params, a) != 0
            first, last = low, high
            while first < last and not (w[start + first] > 0.0 if positive else w[start + first] < 0.0):
                first += 1
            while last > first and not (w[start + last - 1] > 0.0 if positive else w[start + last - 1] < 0.0):
                last -= 1
            work.low[a] = first & ~7 if first < last else 0
            work.high[a] = min((last + 7) & ~7, length) if first < last else 0
    old = w[w.size - 1]
    b = old
    if scale != 0.0:
        b = old + scale * v[w.size - 1]
    new = old - step_size * (params.constants[C] * params.constants[C] * b * joint)
    w[w.size - 1] = new
    whole[w.size - 1] += weight * (new - old)
    return OK


@helper
def _mean_hinge(params, work, batch, extra):
    """Mean of ``½ [xi_k + extra - rho]_+²`` over the batch."""
    share = 1.0 / popcount(batch)
    result = 0.0
    for k in range(params.n):
        if (batch >> k) & 1:
            excess = max(work.sums[k] + extra - params.constants[RHO], 0.0)
            result += excess * excess
    return 0.5 * share * result


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """Mean loss of the batch at w + scale v; see ``_jit.VALUE``."""
    _norms(params, work, w, v, scale)
    return _mean_hinge(params, work, batch, 0.0)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``mean ½ [xi_k(w) + L r - rho]_+²``, because xi_k is L-Lipschitz."""
    _norms(params, work, w, w, 0.0)
    return _mean_hinge(params, work, batch, params.constants[LIPSCHITZ] * radius)


@kernel(PROFILE)
def profile(params, work, w, out):
    """Write the weighted squares above and below zero of each stored block, then ``c² b²``."""
    size = params.rows.size
    for a in range(size):
        out[a], out[size + a] = _block_norms(params, work, a, w, w, 0.0, 0, params.length)
    b = params.constants[C] * w[w.size - 1]
    out[2 * size] = b * b
    return OK
