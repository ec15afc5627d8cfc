"""Kernels of ``½ [xi_z(w) - rho]_+²``, ``xi_z² = sum_j dist(X_j, K_z)² + b²``, with half-spaces along codes.

A point is X_1, ..., X_T, of d' entries each, and b where the loss has one. Column i of the sample asks ``<u_i, X_j> <=
plus`` of its ones and ``-<u_i, X_j> <= minus`` of its zeros. ``params.weights`` holds the codes row by row, then the
products of all pairs. Only a projection on several half-spaces at once allocates.
"""

from __future__ import annotations

import math

import numpy as np

from sco_flat._jit import (
    ACTIVE,
    CLOSED,
    DESCEND,
    GRADIENT,
    MAXIMISE,
    OK,
    PROFILE,
    REFUSED,
    SOLVED,
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
from sco_flat.instances.kernels.polyhedra import solve

RHO, PLUS, MINUS, CODE, PARTS, BIAS = range(6)
"""Places among the constants: rho, the two levels, d', T, and 1 where there is b."""
TOGETHER = 64
"""Most half-spaces that a projection looks at together."""


@helper
def _product(params, i, j):
    """``<u_i, u_j>``."""
    m = params.codes.size
    return params.weights[m * int(params.constants[CODE]) + i * m + j]


@helper
def _side(params, k, i):
    """1 where example k asks from above, -1 from below."""
    return 1.0 if (params.codes[i] >> k) & 1 else -1.0


@helper
def _excess(params, k, i, along):
    """By how much column i of example k is exceeded."""
    return along - params.constants[PLUS] if (params.codes[i] >> k) & 1 else -along - params.constants[MINUS]


@helper
def _together(params, work, k, along, first, taken):
    """Multipliers of a projection on several half-spaces, the most exceeded first; squared distance, or -1."""
    places, count, found = np.empty(TOGETHER, dtype=np.int64), 1, 0.0
    places[0] = first
    while True:
        gram, excess, x = np.empty((count, count)), np.empty(count), np.empty(count)
        for p in range(count):
            excess[p] = _excess(params, k, places[p], along[places[p]])
            for q in range(count):
                gram[p, q] = _side(params, k, places[p]) * _side(params, k, places[q])
                gram[p, q] *= _product(params, places[p], places[q])
        if not solve(gram, excess, x):
            return -1.0
        kept, found = 0, 0.0
        for p in range(count):
            if x[p] > 0.0:
                places[kept], x[kept] = places[p], x[p]
                found += excess[p] * x[p]
                kept += 1
        count, furthest, most = kept, -1, 1e-15 * np.abs(excess).max()
        for i in range(along.size):
            left = _excess(params, k, i, along[i])
            for p in range(count):
                left -= x[p] * _side(params, k, i) * _side(params, k, places[p]) * _product(params, places[p], i)
                if places[p] == i:
                    left = -math.inf
            if left > most:
                furthest, most = i, left
        if furthest < 0:
            for p in range(count):
                taken[places[p]] = x[p] * _side(params, k, places[p])
            return found
        if count == TOGETHER:
            return -1.0
        places[count] = furthest
        count += 1


@helper
def _nearest(params, work, k, along, taken):
    """Write what the projection on example k's half-spaces takes off, as multiples of codes; squared distance, or -1.

    One active half-space is certified: the step onto it leaves no other one exceeded.
    """
    furthest, most = -1, 0.0
    for i in range(along.size):
        excess = _excess(params, k, i, along[i])
        if excess > most:
            furthest, most = i, excess
    if furthest < 0:
        return 0.0
    alone, side = True, _side(params, k, furthest)
    for i in range(along.size):
        step = most * side * _side(params, k, i) * _product(params, furthest, i)
        if i != furthest and _excess(params, k, i, along[i]) > step:
            alone = False
            break
    if alone:
        work.flags[CLOSED] += 1
        taken[furthest] = most * side
        return most * most
    work.flags[SOLVED] += 1
    return _together(params, work, k, along, furthest, taken)


@helper
def _along(params, w, v, scale, out):
    """``<u_i, X_j>`` for every part and code, part by part."""
    m, d = params.codes.size, int(params.constants[CODE])
    for j in range(int(params.constants[PARTS])):
        for i in range(m):
            s = 0.0
            for p in range(d):
                y = w[j * d + p]
                if scale != 0.0:
                    y = y + scale * v[j * d + p]
                s += params.weights[i * d + p] * y
            out[j * m + i] = s


@helper
def _tables(params, work):
    """Three tables of a number for each part and code: products, what one example takes off, and the mean of it."""
    size = params.codes.size * int(params.constants[PARTS])
    return work.scratch[:size], work.scratch[size : 2 * size], work.scratch[2 * size : 3 * size]


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``; xi_k and the mean pull are left in work. -1 where it is not known."""
    m, parts, share = params.codes.size, int(params.constants[PARTS]), 1.0 / popcount(batch)
    along, taken, pull = _tables(params, work)
    _along(params, w, v, scale, along)
    b = 0.0
    if params.constants[BIAS] != 0.0:
        b = w[w.size - 1]
        if scale != 0.0:
            b = b + scale * v[w.size - 1]
    pull[:] = 0.0
    found = 0.0
    for k in range(params.n):
        work.sums[k] = work.sums[params.n + k] = 0.0
        if not (batch >> k) & 1:
            continue
        taken[:] = 0.0
        squares = b * b
        for j in range(parts):
            part = _nearest(params, work, k, along[j * m : (j + 1) * m], taken[j * m : (j + 1) * m])
            if part < 0.0:
                work.flags[STATUS] = REFUSED
                return -1.0
            squares += part
        norm = squares**0.5
        work.sums[k] = norm
        excess = norm - params.constants[RHO]
        if excess > 0.0:
            found += excess * excess
            factor = share * (excess / norm)
            work.sums[params.n + k] = factor
            for p in range(taken.size):
                if taken[p] != 0.0:
                    pull[p] += factor * taken[p]
    return 0.5 * share * found


_norms = value.dispatcher
"""For the other kernels."""


@helper
def _slopes(params, work, batch, w, v, scale, out):
    """Write the gradient at w + scale v to ``out`` and return its squared norm."""
    m, d = params.codes.size, int(params.constants[CODE])
    _norms(params, work, batch, w, v, scale)
    pull = _tables(params, work)[2]
    for p in range(w.size):
        out[p] = 0.0
    for place in range(pull.size):
        if pull[place] != 0.0:
            i, j = place % m, place // m
            for p in range(d):
                out[j * d + p] += pull[place] * params.weights[i * d + p]
    if params.constants[BIAS] != 0.0:
        joint = 0.0
        for k in range(params.n):
            joint += work.sums[params.n + k]
        b = w[w.size - 1]
        if scale != 0.0:
            b = b + scale * v[w.size - 1]
        out[w.size - 1] = joint * b
    squared = 0.0
    for p in range(w.size):
        squared += out[p] * out[p]
    return squared


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
    if work.flags[STATUS] != OK:
        return work.flags[STATUS]
    return step_along(w, slopes, step_size, whole, weight)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``mean ½ [xi_k(w) + r - rho]_+²``: xi_k is a distance to a convex set."""
    _norms(params, work, batch, w, w, 0.0)
    found = 0.0
    for k in range(params.n):
        if (batch >> k) & 1:
            excess = max(work.sums[k] + radius - params.constants[RHO], 0.0)
            found += excess * excess
    return 0.5 * found / popcount(batch)


@kernel(PROFILE)
def profile(params, work, w, out):
    """Write ``<u_i, X_j>``, then ``b²`` and ``|w|²``."""
    size = params.codes.size * int(params.constants[PARTS])
    _along(params, w, w, 0.0, out[:size])
    out[size] = w[w.size - 1] * w[w.size - 1] if params.constants[BIAS] != 0.0 else 0.0
    out[size + 1] = 0.0
    for p in range(w.size):
        out[size + 1] += w[p] * w[p]
    return OK


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """``r u_I`` in the first part that is 0, I the first column that all examples ask to be at most 0.

    Where w lies in every K_z of the sample, ``xi_k(w + v) <= |v|``; there, this v reaches r on every example at once,
    since ``<u_I, r u_I> = r``. It is a maximiser by that bound; others are as good. Elsewhere nothing is known.
    """
    d, radius = int(params.constants[CODE]), knobs.perturbation_radius
    work.flags[V_INDEX] = 0
    for p in range(w.size):
        v[p] = 0.0
    _norms(params, work, batch, w, w, 0.0)
    inside = work.bad.size > 0 and popcount(batch) == params.n and params.constants[PLUS] == 0.0
    for k in range(params.n):
        inside = inside and work.sums[k] == 0.0
    place, idle = -1, 0
    for j in range(int(params.constants[PARTS])):
        free = True
        for p in range(d):
            free = free and w[j * d + p] == 0.0
        if free:
            idle += 1
            place = j if place < 0 else place
    if not inside or place < 0:
        work.flags[STATUS] = REFUSED
        return 0.0
    for p in range(d):
        v[place * d + p] = radius * params.weights[work.bad[0] * d + p]
    work.flags[TIES] = idle * work.bad.size
    if work.flags[TIES] > 1:
        work.flags[TIED_STEPS] += 1
    return 0.0
