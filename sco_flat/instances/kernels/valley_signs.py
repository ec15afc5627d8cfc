"""Valleys and seen half-spaces of SAM's valleys for codes of random signs, whose products are not zero."""

from __future__ import annotations

import numpy as np

from sco_flat._jit import CLOSED, REFUSED, SOLVED, STATUS, helper
from sco_flat.instances.kernels.lanes import chosen
from sco_flat.instances.kernels.polyhedra import LARGEST, solve
from sco_flat.instances.kernels.valley import (
    CODE,
    COLUMNS,
    FLOOR,
    POINTS,
    RHO,
    SEEN,
    WIDENING,
    code_product,
    example,
    examples,
    holds,
    share_of,
    words_of,
)


@helper
def _sign(codes, c, i, j):
    """Entry j of the i-th row of signs."""
    words = (int(c[CODE]) + 63) // 64
    start = int(c[COLUMNS]) * words_of(c)
    return 1.0 if (codes[start + i * words + j // 64] >> (j % 64)) & 1 else -1.0


@helper
def products(codes, c, point, first, out):
    """``<u_i, point[first : first + d']>`` for every code."""
    length = int(c[CODE])
    for i in range(out.size):
        s = 0.0
        for j in range(length):
            s += _sign(codes, c, i, j) * point[first + j]
        out[i] = s / length**0.5


@helper
def spread(codes, c, rise, first, out):
    """Add ``sum_i rise_i u_i`` to ``out[first : first + d']``."""
    length = int(c[CODE])
    for i in range(rise.size):
        if rise[i] != 0.0:
            part = rise[i] / length**0.5
            for j in range(length):
                out[first + j] += _sign(codes, c, i, j) * part


@helper
def _valley_product(codes, c, p, q, count):
    """Product of the normals ``(±u_i, -c u_i)``; the second half of the places has the minus."""
    side = 1.0 if (p < count) == (q < count) else -1.0
    return (side + c[WIDENING] * c[WIDENING]) * code_product(codes, c, p % count, q % count)


@helper
def valleys(params, work, up, along, rise, run):
    """``((1 + c²)/2) dist((b, x), V)²``, all half-spaces ``±<u_i, b> - c <u_i, x> <= h`` together."""
    c, count = params.constants, up.size
    excesses = np.empty(2 * count)
    furthest = 0
    for p in range(2 * count):
        i = p % count
        excesses[p] = (up[i] if p < count else -up[i]) - c[WIDENING] * along[i] - c[FLOOR]
        if excesses[p] > excesses[furthest]:
            furthest = p
    most, steep = excesses[furthest], 1.0 + c[WIDENING] * c[WIDENING]
    if most <= 0.0:
        return 0.0
    alone = True
    for p in range(2 * count):
        if p != furthest and alone:
            alone = excesses[p] <= (most / steep) * _valley_product(params.codes, c, furthest, p, count)
    if alone:
        work.flags[CLOSED] += 1
        rise[furthest % count] += most if furthest < count else -most
        run[furthest % count] -= c[WIDENING] * most
        return 0.5 * most * most
    taken = np.zeros(2 * count)
    found = 2 * count <= LARGEST
    if found:
        gram = np.empty((2 * count, 2 * count))
        for p in range(2 * count):
            for q in range(2 * count):
                gram[p, q] = _valley_product(params.codes, c, p, q, count)
        found = solve(gram, excesses, taken)
    if not found:
        work.flags[STATUS] = REFUSED
        return -1.0
    work.flags[SOLVED] += 1
    result = 0.0
    for p in range(2 * count):
        result += excesses[p] * taken[p]
        rise[p % count] += steep * (taken[p] if p < count else -taken[p])
        run[p % count] -= c[WIDENING] * steep * taken[p]
    return 0.5 * steep * result


@helper
def _seen_by(params, work, z, along, places, excesses, taken):
    """Multipliers of the projection of x on K_z; return how many half-spaces enter it, and its squared length."""
    c, count, furthest = params.constants, 0, 0
    for i in range(along.size):
        if holds(params.codes, c, i, z):
            places[count] = i
            excesses[count] = along[i] - c[SEEN]
            taken[count] = 0.0
            if excesses[count] > excesses[furthest]:
                furthest = count
            count += 1
    if count == 0 or excesses[furthest] <= 0.0:
        return 0, 0.0
    most, alone = excesses[furthest], True
    for p in range(count):
        if p != furthest and alone:
            alone = excesses[p] <= most * code_product(params.codes, c, places[furthest], places[p])
    if alone:
        work.flags[CLOSED] += 1
        taken[furthest] = most
        return count, most * most
    found = count <= LARGEST
    if found:
        gram = np.empty((count, count))
        for p in range(count):
            for q in range(count):
                gram[p, q] = code_product(params.codes, c, places[p], places[q])
        found = solve(gram, excesses[:count], taken[:count])
    if not found:
        work.flags[STATUS] = REFUSED
        return -1, -1.0
    work.flags[SOLVED] += 1
    squared = 0.0
    for p in range(count):
        squared += excesses[p] * taken[p]
    return count, squared


@helper
def seen(params, work, batch, law, along, run):
    """``½ dist(x, K_z + rho B)²``, the mean over the examples."""
    share, found = share_of(params, batch, law), 0.0
    places = np.empty(along.size, dtype=np.int64)
    excesses, taken = np.empty(along.size), np.empty(along.size)
    for k in range(examples(params, law)):
        if law or chosen(batch, k):
            z = example(params, k, law)
            count, squared = _seen_by(params, work, z, along, places, excesses, taken)
            if count < 0:
                return -1.0
            length = squared**0.5
            beyond = length - params.constants[RHO]
            if beyond > 0.0:
                found += beyond * beyond
                for p in range(count):
                    run[places[p]] += share * (beyond / length) * taken[p]
    return 0.5 * share * found


@helper
def all_codes(params, work, batch, law, point, up, along, rise, run, out):
    """Both terms and the codes' part of the penalty, whose coefficients stand in ``rise``."""
    c = params.constants
    points, length = int(c[POINTS]), int(c[CODE])
    walls = valleys(params, work, up, along, rise, run)
    felt = seen(params, work, batch, law, along, run) if walls >= 0.0 else -1.0
    if felt < 0.0:
        return -1.0
    spread(params.codes, c, rise, points, out)
    spread(params.codes, c, run, points + length, out)
    return walls + felt
