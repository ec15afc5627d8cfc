"""The loops over t: one for a run, one for a replay that looks at every suffix. See ``_jit`` for signatures."""

from __future__ import annotations

import numpy as np
from numba import types

from sco_flat._jit import (
    DESCEND,
    FACTOR,
    GRADIENT,
    KNOBS,
    LANE0,
    LIMITS,
    MAXIMISE,
    MOST_SQUARES,
    OK,
    PARAMS,
    PASSIVE_STEP,
    PROFILE,
    SCHEDULE,
    STATE_DIRTY,
    STATUS,
    STEP,
    TRACK,
    UPPER,
    V_INDEX,
    VALUE,
    WORK,
    Knobs,
    borrowed,
    helper,
    kernel,
)
from sco_flat._pointed import Pointed
from sco_flat.instances.kernels.lanes import add_squares, clear, reach, state_squares, total

_array = types.float64[::1]
_RUN = (
    PARAMS,
    WORK,
    KNOBS,
    SCHEDULE,
    Pointed(VALUE),
    Pointed(GRADIENT),
    Pointed(DESCEND),
    Pointed(UPPER),
    Pointed(STEP),
    Pointed(MAXIMISE),
    types.int64[::1],
    _array,
    LIMITS,
    _array,
)
ADVANCE = types.int64(*_RUN, *[types.int64] * 5, _array, _array, _array)
_AGAIN = (*_RUN, Pointed(ADVANCE))
REPLAY = types.int64(
    *_AGAIN,
    types.int64,
    _array,
    _array,
    _array,
    Pointed(PROFILE),
    PARAMS,
    types.int64,
    _array,
    _array,
    types.float64[:, ::1],
)
CHANGES = types.float64(
    *_AGAIN, types.int64, types.int64, _array, _array, _array, _array, types.int64[::1], types.int64[::1], _array
)
BACKWARDS = types.void(
    types.int64,
    _array,
    _array,
    types.int64[::1],
    types.int64[::1],
    _array,
    _array,
    types.int64[::1],
    types.float64[:, ::1],
)


EPS = 2.0**-52
"""Twice the largest relative error of a rounding."""
STAGES = 4
"""The kind of a schedule whose radius changes with the step size."""


@helper
def _stage(schedule, t):
    """The stage of the update from w_t to w_{t+1}."""
    k = 0
    while schedule.ends[k] < t:
        k += 1
    return k


@helper
def _knobs_at(knobs, schedule, t):
    """The settings of the update from w_t to w_{t+1}."""
    if schedule.kind != STAGES:
        return knobs
    radius = schedule.radii[_stage(schedule, t)]
    return Knobs(radius, knobs.epsilon, knobs.normalize, knobs.key, knobs.own)


@helper
def step_size_at(schedule, t, steps):
    """Step size of the update from w_t to w_{t+1}."""
    if schedule.kind == STAGES:
        return schedule.sizes[_stage(schedule, t)]
    if schedule.kind == 1:
        return schedule.step_size / t**0.5
    if schedule.kind == 2:
        return schedule.step_size * (steps - t) / steps
    if schedule.kind == 3 and t < schedule.span:
        return schedule.step_size * t / schedule.span
    return schedule.step_size


@helper
def _scale(w, factor, whole, weight, begin, end):
    """Multiply w[begin:end]; ``whole`` gains weight times the change."""
    for j in range(begin, end):
        old = w[j]
        w[j] = factor * old
        whole[j] += weight * (w[j] - old)


@helper
def _span(work, a, length):
    """First and last entry of a block, and one more, between which the last step moved it on a tracked run."""
    first, last = work.low[a], work.high[a]
    place = work.flags[V_INDEX] - 1 - a * length
    if 0 <= place < length:
        first = place if first >= last else min(first, place)
        last = max(last, place + 1)
    return first, last


@helper
def _may_leave(params, work, w):
    """Whether the sum of all squares may be above 1; what moved is looked at, and roundings are allowed for.

    work.scratch has the stored blocks and b as this saw them last; it may once more see all of them.
    """
    seen, length = work.scratch, params.length
    gained, size, count = 0.0, 0.0, 4
    for a in range(params.rows.size + 1):
        first, last = _span(work, a, length) if a < params.rows.size else (w.size - 1 - a * length, w.size - a * length)
        count += last - first
        for j in range(a * length + first, a * length + last):
            now, before = w[j] * w[j], seen[j] * seen[j]
            gained += now - before
            size += now + before
            seen[j] = w[j]
    work.stats[MOST_SQUARES] += gained
    work.stats[MOST_SQUARES] += count * EPS * (size + work.stats[MOST_SQUARES])
    return work.flags[PASSIVE_STEP] < 0 or not work.stats[MOST_SQUARES] * (1.0 + w.size * EPS) <= 1.0


@helper
def _project(params, work, w, whole, weight):
    """Scale w back to the unit ball; the sum runs in the order of the gradient norm."""
    if work.flags[TRACK] and not _may_leave(params, work, w):
        return
    squared = state_squares(params, work, w, 1.0, True, True)
    work.stats[MOST_SQUARES] = squared * (1.0 + w.size * EPS)
    if squared > 1.0:
        shrink = 1.0 / squared**0.5
        rows, length = params.rows.size, params.length
        for a in range(rows):
            end = reach(params, work, a)
            _scale(w, shrink, whole, weight, a * length, a * length + end)
            if work.flags[TRACK]:  # a term that was off by no more than a rounding may come on
                work.low[a] = 0
                work.high[a] = min((end + 8) & ~7, length)
                for j in range(a * length, a * length + end):
                    work.scratch[j] = w[j]
        _scale(w, shrink, whole, weight, rows * length, w.size)
        if work.flags[TRACK]:
            work.scratch[w.size - 1] = w[w.size - 1]
        work.flags[STATE_DIRTY] = 1
        work.flags[PASSIVE_STEP] = -1


@helper
def _cap(work, limits, w, whole, weight):
    """Scale a part of w back to its largest norm; the sum runs in eight lanes."""
    clear(work.stats, LANE0)
    add_squares(work.stats, LANE0, w, limits.begin, limits.end - limits.begin)
    squared = total(work.stats, LANE0)
    if squared > limits.cap * limits.cap:
        _scale(w, limits.cap / squared**0.5, whole, weight, limits.begin, limits.end)
        work.flags[STATE_DIRTY] = 1
        work.flags[PASSIVE_STEP] = -1


@helper
def _clamp(work, limits, w, whole, weight):
    """Move every entry into its interval."""
    for j in range(w.size):
        new = min(max(w[j], limits.low[j]), limits.high[j])
        if new != w[j]:
            whole[j] += weight * (new - w[j])
            w[j] = new
            work.flags[STATE_DIRTY] = 1
            work.flags[PASSIVE_STEP] = -1


@helper
def _update(
    params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
    batches, factors, limits, memory, t, steps, weight, w, v, whole,
):  # fmt: skip
    """Take the update from w_t to w_{t+1}; ``whole`` gains weight times the change."""
    place = t - 1 if batches.size > 1 else 0
    batch = batches[place]
    if batch != 0:  # otherwise all examples of the step are left out: their loss is zero
        work.stats[FACTOR] = factors[place]
        move(
            params, work, _knobs_at(knobs, schedule, t), value, gradient, upper, descend, oracle, batch, t,
            factors[place] * step_size_at(schedule, t, steps), w, v, memory, whole, weight,
        )  # fmt: skip
        if work.flags[STATUS] != OK:
            return
    if limits.ball:
        _project(params, work, w, whole, weight)
    if limits.cap > 0.0:
        _cap(work, limits, w, whole, weight)
    if limits.low.size:
        _clamp(work, limits, w, whole, weight)
    if work.flags[PASSIVE_STEP] < 0:
        work.flags[PASSIVE_STEP] = t + 1


@kernel(ADVANCE)
def advance(
    params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
    batches, factors, limits, memory, begin, end, steps, first, last, w, v, whole,
):  # fmt: skip
    """Take the updates begin..end-1 of a run of ``steps`` iterates; return the t that was reached.

    ``whole`` becomes the sum of w_first..w_last (1-based, inclusive): it starts as (last - first + 1) w_first
    and each later change counts for the iterates that still see it. Coordinates that do not change need no
    visit, so the sum costs no extra memory traffic on sparse runs and has the same bits on all engines.
    """
    w, v, whole, batches = borrowed(w), borrowed(v), borrowed(whole), borrowed(batches)
    factors = borrowed(factors)
    for t in range(begin, end):
        if t == first:
            for j in range(w.size):
                whole[j] = (last - first + 1) * w[j]
        weight = float(last - t) if first <= t < last else 0.0
        _update(
            params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
            batches, factors, limits, memory, t, steps, weight, w, v, whole,
        )  # fmt: skip
        if work.flags[STATUS] != OK:
            return t
    if end == first:
        for j in range(w.size):
            whole[j] = (last - first + 1) * w[j]
    return end


@helper
def _take_off(high, low, w, begin, end):
    """Subtract w from the double-double sums high + low on begin..end-1."""
    for j in range(begin, end):
        x = -w[j]
        s = high[j] + x
        part = s - high[j]
        low[j] += (high[j] - (s - part)) + (x - part)
        high[j] = s


@kernel(REPLAY)
def replay(
    params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
    batches, factors, limits, memory, run, steps, w, v, whole, profile, lean, settled, low, average, profiles,
):  # fmt: skip
    """Run again and write the profile of every suffix average to ``profiles`` (T, P); ``run`` is `advance`.

    ``whole`` holds the sum of all iterates from the first run and is used up: the sum over the suffix [t, T] is
    what is left after w_1..w_{t-1} are taken off, in double-double, so that the short suffixes keep their digits;
    the window of ``run`` lies behind the run, so that nothing is added. From iterate ``settled`` on the sleeping
    blocks do not change; their share of the profile is left out (``lean`` has no passive blocks) and is added by
    the caller.
    """
    w, v, whole, batches = borrowed(w), borrowed(v), borrowed(whole), borrowed(batches)
    low, average, factors = borrowed(low), borrowed(average), borrowed(factors)
    stored = params.rows.size * params.length
    for t in range(1, steps + 1):
        left = 1.0 / (steps - t + 1)
        for j in range(stored):
            average[j] = (whole[j] + low[j]) * left
        average[w.size - 1] = (whole[w.size - 1] + low[w.size - 1]) * left
        if t < settled:
            for j in range(stored, w.size - 1):
                average[j] = (whole[j] + low[j]) * left
            profile(params, work, average, profiles[t - 1])
            _take_off(whole, low, w, stored, w.size - 1)
        else:
            profile(lean, work, average, profiles[t - 1])
        _take_off(whole, low, w, 0, stored)
        _take_off(whole, low, w, w.size - 1, w.size)
        if t < steps:
            run(
                params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
                batches, factors, limits, memory, t, t + 1, steps, steps + 2, steps + 2, w, v, whole,
            )  # fmt: skip
            if work.flags[STATUS] != OK:
                return t
    return steps


@kernel(CHANGES)
def changes(
    params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
    batches, factors, limits, memory, run, steps, everyone, w, v, shadow, whole, counts, places, amounts,
):  # fmt: skip
    """Run again, by `advance`, and log what changes: ``counts[t]`` changes after w_t, their places and amounts.

    ``everyone`` is the batch of all examples, which the risk is taken over whatever the steps look at.

    Returns
    -------
    float
        The largest empirical risk along the run, or -1 where the log is full.
    """
    w, v, shadow, whole = borrowed(w), borrowed(v), borrowed(shadow), borrowed(whole)
    batches, counts, places, amounts = borrowed(batches), borrowed(counts), borrowed(places), borrowed(amounts)
    factors = borrowed(factors)
    length, rows = params.length, params.rows.size
    used = 0
    peak = value(params, work, everyone, w, w, 0.0)
    for t in range(1, steps):
        run(
            params, work, knobs, schedule, value, gradient, descend, upper, move, oracle,
            batches, factors, limits, memory, t, t + 1, steps, steps + 2, steps + 2, w, v, whole,
        )  # fmt: skip
        found = used
        for a in range(rows):
            first, last = _span(work, a, length)
            for j in range(a * length + first, a * length + last):
                if w[j] != shadow[j]:
                    if used == places.size:
                        return -1.0
                    places[used] = j
                    amounts[used] = w[j] - shadow[j]
                    shadow[j] = w[j]
                    used += 1
        b = w.size - 1
        if w[b] != shadow[b]:
            if used == places.size:
                return -1.0
            places[used] = b
            amounts[used] = w[b] - shadow[b]
            shadow[b] = w[b]
            used += 1
        counts[t - 1] = used - found
        peak = max(peak, value(params, work, everyone, w, w, 0.0))
    return peak


@kernel(BACKWARDS)
def backwards(length, weights, w, counts, places, amounts, sums, seen, squares):
    """Weighted squares of every suffix average, block by block, from the last iterate back to the first.

    With ``A`` the sum over the suffix, ``|A + x|² = |A|² + 2 <A, x> + |x|²``, and going back one step changes
    x, and so the products, in a few entries only. The sums grow from short suffixes to long ones, so that
    nothing cancels. ``w`` starts as w_T and is taken back to w_1.
    """
    steps, rows = squares.shape
    top = squares.shape[1] - 1
    cross, norm = np.zeros(rows), np.zeros(rows)
    total = np.zeros(rows)
    used = places.size
    for j in range(w.size):
        a = min(j // length, top) if j < length * top else top
        norm[a] += weights[j - a * length if a < top else length] * w[j] * w[j]
        sums[j] = 0.0
        seen[j] = steps
    for t in range(steps, 0, -1):
        # sums[j] is the sum over [seen[j] + 1, T]; total, cross and norm belong to [t + 1, T] and w_t
        left = 1.0 / (steps - t + 1)
        for a in range(rows):
            total[a] += 2.0 * cross[a] + norm[a]
            squares[t - 1, a] = max(total[a], 0.0) * left * left  # what goes to and fro cancels
            cross[a] += norm[a]
        if t == 1:
            break
        for k in range(used - counts[t - 2], used):
            j = places[k]
            a = j // length if j < length * top else top
            weight = weights[j - a * length if a < top else length]
            sums[j] += (seen[j] - t + 1) * w[j]
            seen[j] = t - 1
            before = w[j] - amounts[k]
            cross[a] += weight * sums[j] * (before - w[j])
            norm[a] += weight * (before * before - w[j] * w[j])
            w[j] = before
        used -= counts[t - 2]
