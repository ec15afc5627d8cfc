"""The sleeping blocks of the SAM chain where they are not stored: their numbers from their codes, tile by tile.

A sleeping block has one number, and every step moves it along a slope that is a sum over examples of one of two
numbers, as its code says. So its number is a function of its code and of the *turns* so far, the steps that moved
sleeping blocks. It is made by the operations of ``sam_chain.py`` in their order.
"""

from __future__ import annotations

import numpy as np
from numba import types

from sco_flat._jit import helper, kernel
from sco_flat.instances.kernels.columns import TILE, WORDS, fill
from sco_flat.instances.kernels.lanes import add_squares
from sco_flat.instances.kernels.sums import BATCH, add_columns, add_examples

STATE, MEAN, SHIFTED, SLOPE, REST = 0, 1, 2, 3, 4
"""What is made: numbers at w; of an average; at w + scale v; slopes; what is left of the sum of all from step t on."""
ONES, ZEROS, SHARE, SIZE, WEIGHT, TIME, WIDTH = 0, 64, 128, 129, 130, 131, 132
"""Places in a row of ``turns``: what a one and a zero of each example add to a slope, its factor, the step and time."""
WORST, AVERAGE, LOWEST, RESULTS = 64, 65, 66, 67
"""Places in the results, behind the sums for up to 64 examples."""

_FLOATS = types.float64[::1]
_INTS = types.int64[::1]
_STREAM = types.int64[:, ::1], types.uint64[::1], types.boolean, _INTS
_VIEW = types.float64[:, ::1], types.int64, types.int64, types.float64, types.float64


@helper
def _slopes(codes, turn, n, count, out):
    """Write the slopes of a turn for each code."""
    for base in range(0, count, BATCH):
        add_examples(codes, turn[ONES:ZEROS], turn[ZEROS:SHARE], n, out, base)
    for k in range(count):
        out[k] = turn[SHARE] * out[k]


@helper
def _left(turns, states, count, t, factor, numbers, low):
    """What is left of the sum in ``numbers`` when w_1 .. w_{t-1} are taken off, as the driver's replay does."""
    for k in range(count):
        low[k] = 0.0
    taken = 0
    for s in range(1, t):
        while taken < turns.shape[0] and turns[taken, TIME] < s:
            taken += 1
        for k in range(count):
            x = -states[taken, k]
            high = numbers[k] + x
            part = high - numbers[k]
            low[k] += (numbers[k] - (high - part)) + (x - part)
            numbers[k] = high
    for k in range(count):
        numbers[k] = (numbers[k] + low[k]) * factor


@helper
def _numbers(codes, n, count, turns, kind, base, window, factor, slopes, states, numbers):
    """Write the numbers of a view for each code; ``states`` has a row more than there are turns."""
    used = turns.shape[0] - (1 if kind in (SHIFTED, SLOPE) else 0)
    if kind == SLOPE:
        _slopes(codes, turns[used], n, count, numbers)
        return
    for k in range(count):
        states[0, k] = 0.0
        numbers[k] = 0.0
    for j in range(used):
        if j == base:
            for k in range(count):
                numbers[k] = window * states[j, k]
        turn = turns[j]
        _slopes(codes, turn, n, count, slopes)
        for k in range(count):
            old = states[j, k]
            new = old - turn[SIZE] * slopes[k]
            states[j + 1, k] = new
            numbers[k] += turn[WEIGHT] * (new - old)
    if kind in (MEAN, REST):
        if base >= used:
            for k in range(count):
                numbers[k] = window * states[used, k]
        if kind == MEAN:
            for k in range(count):
                numbers[k] = numbers[k] / factor
        else:
            _left(turns, states, count, int(window), factor, numbers, slopes)
    elif kind == SHIFTED:
        _slopes(codes, turns[used], n, count, slopes)
        for k in range(count):
            numbers[k] = states[used, k] + factor * slopes[k]
    else:
        for k in range(count):
            numbers[k] = states[used, k]


@helper
def _risk(numbers, kappa, one, count, results):
    """Go on with the largest and the mean coupling."""
    worst, mean, zero = results[WORST], results[AVERAGE], 1.0 - one
    for k in range(count):
        x = numbers[k]
        worst += max(x, -kappa * x)
        mean += one * x - zero * (kappa * x)
    results[WORST], results[AVERAGE] = worst, mean


SUMS = types.void(
    *_STREAM, types.int64, types.int64, types.int64, *_VIEW, types.float64, types.float64, _INTS, _FLOATS, _FLOATS
)


@kernel(SUMS)
def column_sums(
    pieces, key, wide, lost, begin, end, n, turns, kind, base, window, factor, kappa, one, places, values, results
):  # fmt: skip
    """Go on with the sums over the columns begin .. end - 1 at a view.

    ``places`` are those whose blocks are stored, ``values`` their first coordinates. The sums of all examples, then the
    largest and the mean coupling and the lowest number, of sleeping blocks alone, are in ``results``.
    """
    words, codes = np.empty(WORDS, dtype=np.uint64), np.zeros(TILE, dtype=np.int64)
    slopes, numbers, others = np.zeros(TILE), np.zeros(TILE), np.zeros(TILE)
    states = np.zeros((turns.shape[0] + 1, TILE))
    p = 0
    for at in range(begin, end, TILE):
        count = min(TILE, end - at)
        fill(pieces, key, wide, lost, at, count, words, codes)
        _numbers(codes, n, count, turns, kind, base, window, factor, slopes, states, numbers)
        first = p
        while p < places.size and places[p] < at + count:
            numbers[places[p] - at] = 0.0
            p += 1
        lowest = results[LOWEST]
        for k in range(count):
            others[k] = -kappa * numbers[k]
            lowest = min(lowest, numbers[k])
        results[LOWEST] = lowest
        if kind != SHIFTED:  # nobody asks for a risk there
            _risk(numbers, kappa, one, count, results)
        for q in range(first, p):
            numbers[places[q] - at] = values[q]
            others[places[q] - at] = -kappa * values[q]
        for k in range(0, n, BATCH):
            add_columns(codes, numbers, others, count, results, k)


NUMBERS = types.void(*_STREAM, types.int64, types.int64, types.int64, *_VIEW, _FLOATS)


@kernel(NUMBERS)
def column_numbers(pieces, key, wide, lost, begin, end, n, turns, kind, base, window, factor, out):
    """Write the numbers of the columns begin .. end - 1 at a view."""
    words, codes = np.empty(WORDS, dtype=np.uint64), np.zeros(TILE, dtype=np.int64)
    slopes, numbers, states = np.zeros(TILE), np.zeros(TILE), np.zeros((turns.shape[0] + 1, TILE))
    for at in range(begin, end, TILE):
        count = min(TILE, end - at)
        fill(pieces, key, wide, lost, at, count, words, codes)
        _numbers(codes, n, count, turns, kind, base, window, factor, slopes, states, numbers)
        out[at - begin : at - begin + count] = numbers[:count]


SQUARE = types.void(
    *_STREAM, types.int64, types.int64, types.int64, *_VIEW, _INTS, _INTS, _INTS, _INTS, types.int64, _FLOATS, _FLOATS
)


@kernel(SQUARE)
def column_squares(
    pieces, key, wide, lost, begin, end, n, turns, kind, base, window, factor,
    places, blocks, low, high, length, gradient, lanes,
):  # fmt: skip
    """Go on with the lanes of the squared norm of a gradient over the columns begin .. end - 1.

    ``blocks`` are the stored blocks at ``places``, with windows ``low .. high`` and their entries in ``gradient``.
    """
    words, codes = np.empty(WORDS, dtype=np.uint64), np.zeros(TILE, dtype=np.int64)
    slopes, numbers, states = np.zeros(TILE), np.zeros(TILE), np.zeros((turns.shape[0] + 1, TILE))
    p = 0
    for at in range(begin, end, TILE):
        count = min(TILE, end - at)
        fill(pieces, key, wide, lost, at, count, words, codes)
        _numbers(codes, n, count, turns, kind, base, window, factor, slopes, states, numbers)
        done = 0
        while done < count:
            stored = p < places.size and places[p] < at + count
            stop = places[p] - at if stored else count
            lane = lanes[0]
            for k in range(done, stop):
                lane += numbers[k] * numbers[k]
            lanes[0] = lane
            done = stop
            if stored:
                a = blocks[p]
                add_squares(lanes, 0, gradient, a * length + low[a], high[a] - low[a])
                p += 1
                done = stop + 1
