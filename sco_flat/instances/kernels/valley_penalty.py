"""The population's detector of SAM's valleys: ``(mu nn/2) dist((a, y, b), R)²``."""

from __future__ import annotations

import numpy as np

from sco_flat._jit import CLOSED, OK, PROMOTE, REFUSED, SOLVED, STATUS, helper
from sco_flat.instances.kernels.polyhedra import LARGEST, solve
from sco_flat.instances.kernels.valley import (
    COLUMNS,
    MU,
    NORMAL,
    OTHERS,
    POINTS,
    SIGMA,
    SIGNS,
    THETA,
    TOP,
    gram_of,
    holds,
    normal_product,
    over_set,
    place_of,
    stored,
    tabulate,
)


@helper
def _scan(params, point, heights, table, base, places, excesses):
    """Find the half-spaces of R that the point exceeds.

    Parameters
    ----------
    heights : ndarray
        ``<u_i, b>`` of sign codes; not read for orthonormal ones, whose heights stand in the point.
    places, excesses : ndarray
        Where the first of them are written.

    Returns
    -------
    count, furthest, most : int, int, float
        How many they are, and which is exceeded most, by how much.
    """
    c = params.constants
    first, held, k = int(c[POINTS]), stored(params), 0
    signs = c[SIGNS] != 0.0
    count, furthest, most = 0, -1, 0.0
    whole = 0.0
    for p in range(first // 4):
        whole += table[16 * p + 15]
    for i in range(int(c[COLUMNS])):
        height = 0.0
        if signs:
            height = heights[i]
        elif k < held and params.rows[first + k] - first == i:
            height = point[first + k]
            k += 1
        inside = over_set(params.codes, c, i, table)
        excess = (height + base) - c[THETA] * (whole - inside if c[OTHERS] else inside)
        if excess > 0.0:
            if count < places.size:
                places[count] = i
                excesses[count] = excess
            count += 1
            if excess > most:
                furthest, most = i, excess
    return count, furthest, most


@helper
def _push(params, i, amount, rise, out):
    """Add ``amount`` times the normal of half-space i to the gradient; ``rise`` takes the coefficient of u_i."""
    c, last = params.constants, out.size - 1
    if c[SIGNS] != 0.0:
        rise[i] += amount
    else:
        out[int(c[POINTS]) + place_of(params.rows, c, stored(params), i)] += amount
    out[last] += c[SIGMA] * amount
    for j in range(int(c[POINTS])):
        if holds(params.codes, c, i, j) != (c[OTHERS] != 0.0):
            out[j] -= c[THETA] * amount


@helper
def _out_of_reach(params, point, heights, base):
    """Whether no half-space can be exceeded: the largest height, and -y over all points where it is positive."""
    c = params.constants
    first, reach, highest = int(c[POINTS]), 0.0, 0.0
    for j in range(first):
        reach += max(-point[j], 0.0)
    if c[SIGNS] != 0.0:
        for i in range(int(c[COLUMNS])):
            highest = max(highest, heights[i])
    else:
        for k in range(first, first + stored(params)):
            highest = max(highest, point[k])
    return highest + base + c[THETA] * reach <= 0.0


@helper
def penalty(params, work, point, heights, table, rise, out):
    """Add the term's gradient to ``out`` and return its value.

    One active half-space is certified: the step onto it leaves no other one exceeded. Products of the normals are at
    least ``sig² - t > 0``, so that half-spaces with room at the point have no part in the projection. A half-space
    of a sleeping coordinate that may have one is a reason to promote.
    """
    c = params.constants
    base = c[SIGMA] * point[point.size - 1] - c[TOP]
    if _out_of_reach(params, point, heights, base):
        return 0.0
    tabulate(c, point, table)
    count, furthest, most = _scan(params, point, heights, table, base, np.empty(0, dtype=np.int64), np.empty(0))
    if count == 0:
        return 0.0
    held = stored(params)
    signs = c[SIGNS] != 0.0
    if not signs and place_of(params.rows, c, held, furthest) < 0:
        work.flags[STATUS] = PROMOTE
        return -1.0
    places, excesses = np.empty(count, dtype=np.int64), np.empty(count)
    if count > 1:
        _scan(params, point, heights, table, base, places, excesses)
    else:
        places[0], excesses[0] = furthest, most
    alone = True
    for k in range(count):
        if places[k] != furthest:
            left = excesses[k] - (most / c[NORMAL]) * normal_product(params.codes, c, furthest, places[k])
            alone = alone and left <= 0.0
    if alone:
        work.flags[CLOSED] += 1
        _push(params, furthest, c[MU] * most, rise, out)
        return 0.5 * c[MU] * most * most
    status = OK if count <= LARGEST else REFUSED
    for k in range(count):
        if not signs and place_of(params.rows, c, held, places[k]) < 0:
            status = PROMOTE
    taken = np.empty(count)
    if status == OK and not solve(gram_of(params.codes, c, places), excesses, taken):
        status = REFUSED
    if status != OK:
        work.flags[STATUS] = status
        return -1.0
    work.flags[SOLVED] += 1
    found = 0.0
    for k in range(count):
        if taken[k] != 0.0:
            found += excesses[k] * taken[k]
            _push(params, places[k], c[MU] * c[NORMAL] * taken[k], rise, out)
    return 0.5 * c[MU] * c[NORMAL] * found
