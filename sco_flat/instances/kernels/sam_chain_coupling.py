"""The term of the SAM chain that couples its blocks: sums over columns, and the slopes that they give.

Sums over columns are taken stretch by stretch (`kernels.columns.STRETCH`), each in its order, on every engine.
Where there are too many columns to be stored (``flags[STREAM]``), the numbers of sleeping blocks are no part of the
state: the kernels ask for what they need of them, the n sums and the squared norm, and are called again.
"""

from __future__ import annotations

import numpy as np

from sco_flat._jit import (
    ASKED,
    AT_V,
    AT_W,
    COLUMNS,
    LANE0,
    LANE1,
    OK,
    PROMOTE,
    QUIET,
    SHIFT,
    SQUARES,
    STATE_DIRTY,
    STATUS,
    STREAM,
    V_COUPLED,
    V_PASSIVE,
    VERSION,
    helper,
)
from sco_flat.instances.kernels.columns import STRETCH
from sco_flat.instances.kernels.lanes import popcount, total

LAM, GAMMA, DELTA_1, KAPPA, SMOOTHNESS, DENSITY = 0, 1, 2, 3, 4, 5
"""Places in ``params.constants``."""


@helper
def answer_to(params, work, question, scale):
    """Return where the answer about columns that are not stored lies; ask, and return -1, if it is not there."""
    version = work.flags[VERSION] if question == AT_W else max(work.flags[VERSION] - 1, 0)
    place = 2 * params.codes.size + version * (2 * params.n + 2)
    if np.int64(work.coupled[place + 2 * params.n + 1]) & question:
        return place
    work.flags[ASKED] = question
    work.stats[SHIFT] = scale
    work.flags[STATUS] = COLUMNS
    return -1


@helper
def _answered_sums(params, work, scale, place):
    """Take the sums over columns that are not stored from the answers; return False if they are not there."""
    answer = answer_to(params, work, AT_W if place == 0 else AT_V, scale)
    if answer < 0:
        return False
    if place == 0:
        work.flags[VERSION] += 1
    for k in range(params.n):
        work.sums[place + k] = work.coupled[answer + place + k]
    return True


@helper
def _take_sums(params, work, w, v, scale, place):
    """Write ``v_k . (w + scale v)`` for all examples k; return False where a passive block would wake."""
    asleep = (
        _answered_sums(params, work, scale, place) if work.flags[STREAM] else _add_up(params, work, w, v, scale, place)
    )
    if asleep and place == 0:
        work.flags[QUIET] = 1
        for k in range(params.n):
            if work.sums[k] + params.constants[DELTA_1] > 0.0:
                work.flags[QUIET] = 0
    return asleep


@helper
def _add_up(params, work, w, v, scale, place):
    """Take these sums over the stored columns, stretch by stretch."""
    length = params.length
    first = work.coupled
    stored = params.rows.size * length
    lowest = 0.0
    if params.passive:
        for i in range(params.m):
            first[i] = w[stored + i]
        if scale != 0.0 and work.flags[V_PASSIVE]:
            for i in range(params.m):
                first[i] = w[stored + i] + scale * v[stored + i]
        for a in range(params.rows.size):
            first[params.rows[a]] = 0.0
        for i in range(params.m):
            lowest = min(lowest, first[i])
    for a in range(params.rows.size):
        if scale != 0.0:
            first[params.rows[a]] = w[a * length] + scale * v[a * length]
        else:
            first[params.rows[a]] = w[a * length]
    b = w[w.size - 1]
    if scale != 0.0:
        b = b + scale * v[w.size - 1]
    n = params.n
    sums = work.sums
    for k in range(n):
        sums[place + k] = b
    kappa = params.constants[KAPPA]
    before = 2 * n
    for begin in range(0, params.m, STRETCH):
        if begin > 0:
            for k in range(n):
                sums[before + k] = sums[place + k]
                sums[place + k] = 0.0
        for i in range(begin, min(begin + STRETCH, params.m)):
            x = first[i]
            if x != 0.0:
                code = params.codes[i]
                other = -kappa * x
                for k in range(n):
                    sums[place + k] += x if (code >> k) & 1 else other
        if begin > 0:
            for k in range(n):
                sums[place + k] = sums[before + k] + sums[place + k]
    return not (0.0 - params.weights[1] * (lowest + params.constants[LAM]) > 0.0)


@helper
def couple(params, work, batch, w, v, scale):
    """Evaluate the term that couples the blocks; return (passive blocks asleep, place of its sums)."""
    place = 0
    if work.flags[STATE_DIRTY] and (scale == 0.0 or not work.flags[V_COUPLED]):
        if not _take_sums(params, work, w, v, 0.0, 0):
            return False, 0
        work.flags[STATE_DIRTY] = 0
    if scale != 0.0 and work.flags[V_COUPLED]:
        place = params.n
        if not _take_sums(params, work, w, v, scale, place):
            return False, 0
    return True, place


@helper
def first_slopes(params, work, batch, place):
    """Write the slopes on all first coordinates to work.coupled[m:]; return (any, slope on b)."""
    n = params.n
    shift = params.constants[DELTA_1]
    joint = 0.0
    for k in range(n):
        if (batch >> k) & 1:
            joint += max(work.sums[place + k] + shift, 0.0)
    if not joint > 0.0:
        return False, 0.0
    share = params.constants[GAMMA] / popcount(batch)
    kappa = params.constants[KAPPA]
    count = params.codes.size
    for i in range(count):
        code = params.codes[i]
        slope = 0.0
        for k in range(n):
            if (batch >> k) & 1:
                r = max(work.sums[place + k] + shift, 0.0)
                slope += r if (code >> k) & 1 else -kappa * r
        work.coupled[count + i] = share * slope
    return True, share * joint


@helper
def slope_of(params, work, a):
    """Slope on the first coordinate of stored block a."""
    count = params.codes.size
    return work.coupled[count + (a if count == params.rows.size else params.rows[a])]


@helper
def past(lanes, stretch, i):
    """Add the sums of a stretch of columns to those before it, where column i lies behind it."""
    if i // STRETCH != stretch:
        for k in range(8):
            lanes[LANE1 + k] += lanes[LANE0 + k]
            lanes[LANE0 + k] = 0.0
    return i // STRETCH


@helper
def add_passive(params, work, stretch, begin, end):
    """Add the squared slopes of sleeping blocks begin .. end - 1 to lane 0."""
    lanes = work.stats
    while begin < end:
        stretch = past(lanes, stretch, begin)
        stop = min(end, (stretch + 1) * STRETCH)
        for i in range(begin, stop):
            lanes[LANE0] += work.coupled[params.m + i] * work.coupled[params.m + i]
        begin = stop
    return stretch


@helper
def promote_unless_asked(flags):
    """Ask for promotion, unless sums over columns are asked for."""
    if flags[STATUS] == OK:
        flags[STATUS] = PROMOTE


@helper
def joined(params, work, moved, scale):
    """Squared norm of a gradient without b; asked for where columns that are not stored have a part in it."""
    if moved and work.flags[STREAM]:
        answer = answer_to(params, work, SQUARES, scale)
        return work.coupled[answer + 2 * params.n] if answer >= 0 else -1.0
    for k in range(8):
        work.stats[LANE0 + k] = work.stats[LANE1 + k] + work.stats[LANE0 + k]
    return total(work.stats, LANE0)


@helper
def write_passive(params, work, out):
    """Write the slopes of sleeping blocks to a gradient."""
    stored = params.rows.size * params.length
    for i in range(params.m):
        out[stored + i] = work.coupled[params.m + i]
    for a in range(params.rows.size):
        out[stored + params.rows[a]] = 0.0
