"""Kernels of SA-GD's valleys. Stored state: pairs (b_i, x_i) of the blocks in ``params.rows``, then q.

Blocks that are not stored are exactly 0 and stay so: at 0 no term has a slope. Sums run over the blocks in ascending
order, so that leaving them out changes no bit.
"""

from __future__ import annotations

import math

from sco_flat._jit import (
    ACTIVE,
    DESCEND,
    GRADIENT,
    MAXIMISE,
    NEAR,
    OK,
    PROFILE,
    REFUSED,
    STATUS,
    TIED_STEPS,
    TIES,
    UPPER,
    V_INDEX,
    VALUE,
    helper,
    kernel,
)
from sco_flat.instances.kernels.general import step_along
from sco_flat.instances.kernels.lanes import popcount
from sco_flat.instances.kernels.wedge import wedge

WIDENING, FLOOR, RHO = 0, 1, 2
"""Places of c, of ``h + rho sqrt(1 + c²)`` and of rho among the constants."""


@helper
def _felt(params, work, batch, w, v, scale):
    """Mean of ``¼ [|x|_z - rho]_+²``; ``|x|_z²`` is left in work.sums, half the shares of the examples behind it."""
    n, rho = params.n, params.constants[RHO]
    q = w[w.size - 1]
    if scale != 0.0:
        q = q + scale * v[w.size - 1]
    for k in range(n):
        work.sums[k] = q * q
    for a in range(params.rows.size):
        x = w[2 * a + 1]
        if scale != 0.0:
            x = x + scale * v[2 * a + 1]
        if x != 0.0:
            code = params.codes[params.rows[a]]
            for k in range(n):
                if not (code >> k) & 1:
                    work.sums[k] += x * x
    share, found = 1.0 / popcount(batch), 0.0
    for k in range(n):
        norm = work.sums[k] ** 0.5
        excess = norm - rho
        if (batch >> k) & 1 and excess > 0.0:
            found += excess * excess
            work.sums[n + k] = 0.5 * share * (excess / norm)
        else:
            work.sums[n + k] = 0.0
    return 0.25 * share * found


@helper
def _mean(params, work, batch, w, v, scale):
    """Mean loss of the batch at w + scale v."""
    found, c, h = _felt(params, work, batch, w, v, scale), params.constants[WIDENING], params.constants[FLOOR]
    for a in range(params.rows.size):
        b, x = w[2 * a], w[2 * a + 1]
        if scale != 0.0:
            b, x = b + scale * v[2 * a], x + scale * v[2 * a + 1]
        plus = popcount(params.codes[params.rows[a]] & batch) / popcount(batch)
        found += plus * wedge(b, x, c, h)[0]
    return found


@helper
def _slopes(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return its squared norm."""
    _felt(params, work, batch, w, v, scale)
    n, squared, c, h = params.n, 0.0, params.constants[WIDENING], params.constants[FLOOR]
    for a in range(params.rows.size):
        b, x = w[2 * a], w[2 * a + 1]
        if scale != 0.0:
            b, x = b + scale * v[2 * a], x + scale * v[2 * a + 1]
        code = params.codes[params.rows[a]]
        plus = popcount(code & batch) / popcount(batch)
        _, slope_b, slope_x = wedge(b, x, c, h)
        pull = 0.0
        for k in range(n):
            if not (code >> k) & 1:
                pull += work.sums[n + k]
        out[2 * a] = plus * slope_b
        out[2 * a + 1] = plus * slope_x + pull * x
        squared += out[2 * a] * out[2 * a] + out[2 * a + 1] * out[2 * a + 1]
    q, pull = w[w.size - 1], 0.0
    if scale != 0.0:
        q = q + scale * v[w.size - 1]
    for k in range(n):
        pull += work.sums[n + k]
    out[w.size - 1] = pull * q
    return squared + out[w.size - 1] * out[w.size - 1]


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    squared = _slopes(params, work, batch, w, v, scale, out)
    work.flags[ACTIVE] = 1 if squared > 0.0 else 0
    return squared


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = work.scratch[work.scratch.size - w.size :]
    _slopes(params, work, batch, w, v, scale, slopes)
    return step_along(w, slopes, step_size, whole, weight)


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _mean(params, work, batch, w, v, scale)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``½ (sqrt(2 F_S) + sqrt(beta) r)²``: the root of a beta-smooth function ``>= 0`` is that steep at most."""
    steep = 1.0 + params.constants[WIDENING] * params.constants[WIDENING]
    reach = (2.0 * _mean(params, work, batch, w, w, 0.0)) ** 0.5 + steep**0.5 * radius
    return 0.5 * reach * reach


@kernel(PROFILE)
def profile(params, work, w, out):
    """Write ``x_i²`` of each stored block, then ``q²`` and the sum of the wedges."""
    size, c, h = params.rows.size, params.constants[WIDENING], params.constants[FLOOR]
    walls = 0.0
    for a in range(size):
        out[a] = w[2 * a + 1] * w[2 * a + 1]
        walls += wedge(w[2 * a], w[2 * a + 1], c, h)[0]
    out[size] = w[w.size - 1] * w[w.size - 1]
    out[size + 1] = walls
    return OK


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """``(r/l)(sign b, -c)`` in the all-plus block of largest ``K = |b| - c x - h``, where that is known to be best.

    Let all coordinates outside all-plus blocks be 0, ``c x + h >= 0`` in each of these, K > 0 in one of them at most,
    l² = 1 + c². With a push of length s the wedge of such a block is at most ``½ [K + s l]_+²``, and reaches it along
    that direction only, since w is in front of the apex. The other terms are convex in the squares of the other blocks'
    lengths, so that together they are at most ``C [u - rho]_+²``, ``C = ¼ + p (l²/2 - ¼)``, u the length of what is
    left, p the largest share of plus signs in a mixed column. What the whole push in the best block gains over any
    other one grows with its |b|, so let its K <= 0, too: then all bounds are convex in the squares of the lengths, and
    the best is one block alone: this one where ``½ [K + r l]_+² > C (r - rho)²``.
    """
    radius, c, h = knobs.perturbation_radius, params.constants[WIDENING], params.constants[FLOOR]
    work.flags[V_INDEX] = 0
    known = work.bad.size > 0 and popcount(batch) == params.n and w[w.size - 1] == 0.0
    for j in range(w.size):
        v[j] = 0.0
    place, best, ties, apart, rest = 0, -math.inf, 0, 0, 0
    for j in range(w.size):
        rest += 1 if w[j] != 0.0 else 0
    for k in range(work.bad.size):
        b, height = w[2 * work.bad[k]], c * w[2 * work.bad[k] + 1] + h
        rest -= (1 if b != 0.0 else 0) + (1 if w[2 * work.bad[k] + 1] != 0.0 else 0)
        known = known and height >= 0.0
        slack = abs(b) - height
        apart += 1 if slack > 0.0 else 0
        if slack > best:
            place, best, ties = 2 * work.bad[k], slack, 0
        if slack == best:
            # at the apex every direction from one edge to the other is as good
            ties += 1 if b != 0.0 else (2 if height > 0.0 else 3)
    steep = 1.0 + c * c
    share = 0.25 + work.stats[NEAR] * (0.5 * steep - 0.25)
    reach = max(min(best, 0.0) + steep**0.5 * radius, 0.0)
    excess = max(radius - params.constants[RHO], 0.0)
    if not (known and rest == 0 and apart <= 1 and 0.5 * reach * reach > share * excess * excess):
        work.flags[STATUS] = REFUSED
        return 0.0
    length = radius / steep**0.5
    v[place] = -length if w[place] < 0.0 else length
    v[place + 1] = -c * length
    work.flags[TIES] = ties
    if ties > 1:
        work.flags[TIED_STEPS] += 1
    return 0.0
