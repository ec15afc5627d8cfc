"""The exact maximisers of ``F_S(w + v)``, ``|v| <= r``, on the runs of the SA-GD blocks (Theorem 3).

Let every stored constant column lie against its sign (``s_i x_ij <= 0``), all other blocks be 0, and ``b = 0``.
With ``u_c = |w_c|`` and ``[v - u]_+ <= v (1 - u/r)`` for ``0 <= v <= r``, every example obeys
``xi_k(w + v)² <= sum_c W_kc² v_c²``, ``W_kc = a_c (1 - u_c/r)`` on the coordinates that example k feels. The
mean of ``½ [sqrt(.) - rho]_+²`` is convex in the squares ``v_c²``, so its maximum over the ball sits on one
coordinate: the best of the constant columns (felt by all examples), b, and the other columns (felt by a
fraction of the examples only). Coordinates that tie span the whole face of maximisers. If ``b != 0`` and c is
the largest weight, pushing b outwards gains the full ``c r`` on every example, which is the Lipschitz limit,
so it is the only maximiser. Elsewhere nothing is known, and the oracles refuse.

A maximiser in an *all-minus* column is as good as one in an all-plus column: the paper speaks of the latter
only, but both are constant columns and both are tied.
"""

from __future__ import annotations

from sco_flat._jit import NEAR, REFUSED, STATUS, TIED_STEPS, TIES, V_INDEX, helper
from sco_flat.instances.kernels.lanes import code_of
from sco_flat.instances.kernels.norm_hinge import RHO, C


@helper
def _settle(params, work, a, radius, w):
    """Advance the cursor of a block over its leading used entries, keeping the best value among them."""
    start = a * params.length
    j = work.cursor[a]
    while j < work.touched[a] and w[start + j] != 0.0:
        work.best[a] = max(work.best[a], params.weights[j] * (radius - abs(w[start + j])))
        j += 1
    work.cursor[a] = j


@helper
def _tail(params, begin):
    """Number of entries from ``begin`` on that share its weight (weights do not increase)."""
    if params.weights[params.length - 1] == params.weights[begin]:
        return params.length - begin
    end = begin + 1
    while params.weights[end] == params.weights[begin]:
        end += 1
    return end - begin


@helper
def _hinge(reach, rho):
    excess = max(reach - rho, 0.0)
    return 0.5 * excess * excess


@helper
def survey(params, work, radius, w):
    """Return (best reach of a constant column, ties among its coordinates, b ties, b alone)."""
    b = w[w.size - 1]
    c = params.constants[C]
    if b != 0.0:
        if c < params.weights[0]:
            work.flags[STATUS] = REFUSED
        return 0.0, 0, True, True
    best = -1.0
    ties = 0
    for k in range(work.bad.size):
        a = work.bad[k]
        _settle(params, work, a, radius, w)
        reach = work.best[a]
        if reach > best:
            best, ties = reach, 0
        for j in range(work.cursor[a], work.touched[a]):
            reach = params.weights[j] * (radius - abs(w[a * params.length + j]))
            if reach > best:
                best, ties = reach, 0
            if reach == best:
                ties += 1
        if work.touched[a] < params.length:
            reach = params.weights[work.touched[a]] * radius
            if reach > best:
                best, ties = reach, 0
            if reach == best:
                ties += _tail(params, work.touched[a])
    for k in range(work.bad.size):
        if work.best[work.bad[k]] == best:  # rare: to count them takes a look at each
            ties += _count_used(params, work, work.bad[k], radius, w, best)
    rho = params.constants[RHO]
    if max(_hinge(best, rho), _hinge(c * radius, rho)) < work.stats[NEAR] * _hinge(params.weights[0] * radius, rho):
        work.flags[STATUS] = REFUSED
    return best, ties, c * radius >= best, c * radius > best


@helper
def _count_used(params, work, a, radius, w, best):
    """Count the maximisers among the leading used entries."""
    count = 0
    for j in range(work.cursor[a]):
        if params.weights[j] * (radius - abs(w[a * params.length + j])) == best:
            count += 1
    return count


@helper
def find(params, work, radius, w, best, place):
    """Return (stored block, entry) of the tied coordinate number ``place`` (from 0, blocks ascending)."""
    left = place
    for k in range(work.bad.size):
        a = work.bad[k]
        if work.best[a] == best:
            for j in range(work.cursor[a]):
                if params.weights[j] * (radius - abs(w[a * params.length + j])) == best:
                    if left == 0:
                        return a, j
                    left -= 1
        for j in range(work.cursor[a], work.touched[a]):
            if params.weights[j] * (radius - abs(w[a * params.length + j])) == best:
                if left == 0:
                    return a, j
                left -= 1
        begin = work.touched[a]
        if begin < params.length and params.weights[begin] * radius == best:
            count = _tail(params, begin)
            if left < count:
                return a, begin + left
            left -= count
    return -1, -1


@helper
def _clear_direction(work, v):
    """Set v to 0; one entry where the last direction had only one."""
    if work.flags[V_INDEX] > 0:
        v[work.flags[V_INDEX] - 1] = 0.0
    else:
        for j in range(v.size):
            v[j] = 0.0
    work.flags[V_INDEX] = 0


@helper
def take_b(work, radius, w, v, up):
    """v = r e_b outwards; upwards or downwards at b = 0."""
    _clear_direction(work, v)
    b = w[w.size - 1]
    if b != 0.0:
        up = b > 0.0
    v[w.size - 1] = radius if up else -radius
    work.flags[V_INDEX] = w.size


@helper
def touch(params, work, a, j, value, v):
    """v[a, j] = value along the sign of the column, and the books on used entries and windows."""
    positive = code_of(params, a) != 0
    v[a * params.length + j] = value if positive else -value
    if j < work.cursor[a]:
        work.cursor[a] = 0
        work.best[a] = -1.0
    work.touched[a] = max(work.touched[a], j + 1)
    if work.low[a] >= work.high[a]:
        work.low[a] = j & ~7
        work.high[a] = min((j + 8) & ~7, params.length)
    else:
        work.low[a] = min(work.low[a], j & ~7)
        work.high[a] = max(work.high[a], min((j + 8) & ~7, params.length))


@helper
def take_entry(params, work, radius, a, j, v):
    """v = r e_{a, j} along the sign of the column."""
    _clear_direction(work, v)
    touch(params, work, a, j, radius, v)
    work.flags[V_INDEX] = a * params.length + j + 1


@helper
def take_nothing(work, v):
    """v = 0 before a dense direction is written."""
    _clear_direction(work, v)


@helper
def report(work, ties):
    """Book the number of tied maximising coordinates."""
    work.flags[TIES] = ties
    if ties > 1:
        work.flags[TIED_STEPS] += 1
