"""The columns of a sample from their places: NumPy's Philox stream, entered anywhere.

NumPy draws an integer below s from a word u of 32 bits (64 where s is larger) as the upper half of ``u s`` and takes
another word where the lower half is below ``2^32 mod s`` (Lemire). Words come eight (four) at a time from
Philox4x64-10, a function of the key and of a counter. So a code is a function of its place and of
how many words were refused before it, which a table of *pieces* says: from column ``begin`` on, column i is made of
word ``offset + i``.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sco_flat._jit import helper, kernel
from sco_flat.instances.kernels.lanes import popcount

STRETCH = 2**20
"""Sums over columns are taken in stretches of so many, whose sums are added in order: so threads may share them."""
TILE = 1024
"""Columns that are made at a time; they stay in the first-level cache."""
WORDS = 2 * TILE + 64
"""Scratch space for the words of a tile: themselves, from a whole block on, and the four rows that they come in."""
BEGIN, OFFSET, SIZE, BAD = 0, 1, 2, 3
"""Columns of the table of pieces: SIZE is s, or 0 where all codes are BAD; codes from BAD on are one higher."""

_WORD = types.uint64[::1]
_INTS = types.int64[::1]
_PIECES = types.int64[:, ::1]
_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_K0, _K1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_HALF, _LOW, _ZERO = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(0)


@intrinsic
def _high(typingctx, a, b):
    """Upper 64 bits of a product of two words: one instruction, which Numba has no name for."""

    def codegen(context, builder, signature, args):
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, wide(64)), word)

    return types.uint64(types.uint64, types.uint64), codegen


@helper
def _half(a, b):
    """The same from products of 32 bits, which vectors have."""
    low, high, few, many = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    middle = high * few + ((low * few) >> _HALF)
    return high * many + (middle >> _HALF) + ((low * many + (middle & _LOW)) >> _HALF)


@helper
def _round(c0, c1, c2, c3, k0, k1):
    """One round of Philox."""
    return _half(_M1, c2) ^ c1 ^ k0, _M1 * c2, _half(_M0, c0) ^ c3 ^ k1, _M0 * c0


@helper
def _philox(key, block, count, out):
    """Write Philox4x64-10 on the counters of blocks, which NumPy raises before their use, to four rows of ``out``."""
    row = out.size // 4
    first, second, third, fourth = out[:count], out[row : row + count], out[2 * row :], out[3 * row :]
    k0, k1 = key[0], key[1]
    for q in range(count):
        c0, c1, c2, c3 = _round(np.uint64(block + q + 1), _ZERO, _ZERO, _ZERO, k0, k1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + _K0, k1 + _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(2) * _K0, k1 + np.uint64(2) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(3) * _K0, k1 + np.uint64(3) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(4) * _K0, k1 + np.uint64(4) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(5) * _K0, k1 + np.uint64(5) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(6) * _K0, k1 + np.uint64(6) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(7) * _K0, k1 + np.uint64(7) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(8) * _K0, k1 + np.uint64(8) * _K1)
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0 + np.uint64(9) * _K0, k1 + np.uint64(9) * _K1)
        first[q], second[q], third[q], fourth[q] = c0, c1, c2, c3


@helper
def _words(key, wide, first, count, out):
    """Write the words first .. first + count - 1 to ``out``; return where in it the first one stands."""
    each = 4 if wide else 8
    block = first // each
    start = first - block * each
    blocks = (start + count + each - 1) // each
    drawn = out[TILE + 16 :]
    _philox(key, block, blocks, drawn)
    row = drawn.size // 4
    for q in range(blocks):
        a, b, c, d = drawn[q], drawn[row + q], drawn[2 * row + q], drawn[3 * row + q]
        p = each * q
        if wide:
            out[p], out[p + 1], out[p + 2], out[p + 3] = a, b, c, d
        else:
            out[p], out[p + 1], out[p + 2], out[p + 3] = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
            out[p + 4], out[p + 5], out[p + 6], out[p + 7] = c & _LOW, c >> _HALF, d & _LOW, d >> _HALF
    return start


@helper
def _scaled(wide, words, start, count, size, bad, out, at):
    """Turn words into codes."""
    s = np.uint64(size)
    words = words[start : start + count]
    out = out[at : at + count]
    for k in range(count):
        code = np.int64(_high(words[k], s)) if wide else np.int64((words[k] * s) >> _HALF)
        out[k] = code + (1 if code >= bad else 0)


@helper
def _without(lost, count, out):
    """Take examples out of codes, one after the other."""
    for place in lost:
        below = (1 << place) - 1
        for k in range(count):
            out[k] = (out[k] & below) | (out[k] >> (place + 1) << place)


@helper
def fill(pieces, key, wide, lost, begin, count, words, out):
    """Write the codes of the columns begin .. begin + count - 1 to ``out``; at most `TILE` of them.

    ``words`` is scratch space of `WORDS` words.
    """
    low, high = 0, pieces.shape[0]
    while high - low > 1:
        middle = (low + high) // 2
        if pieces[middle, BEGIN] <= begin:
            low = middle
        else:
            high = middle
    done, end = begin, begin + count
    while done < end:
        while low + 1 < pieces.shape[0] and pieces[low + 1, BEGIN] <= done:
            low += 1
        stop = min(end, pieces[low + 1, BEGIN]) if low + 1 < pieces.shape[0] else end
        size, bad = pieces[low, SIZE], pieces[low, BAD]
        if size == 0:
            for k in range(done - begin, stop - begin):
                out[k] = bad
        else:
            start = _words(key, wide, pieces[low, OFFSET] + done, stop - done, words)
            _scaled(wide, words, start, stop - done, size, bad, out, done - begin)
        done = stop
    _without(lost, count, out)


CODES = types.void(_PIECES, _WORD, types.boolean, _INTS, types.int64, _INTS)


@kernel(CODES)
def codes(pieces, key, wide, lost, begin, out):
    """Write the codes of the columns from ``begin`` on to ``out``."""
    words = np.empty(WORDS, dtype=np.uint64)
    for at in range(0, out.size, TILE):
        count = min(TILE, out.size - at)
        fill(pieces, key, wide, lost, begin + at, count, words, out[at : at + count])


SURVEY = types.UniTuple(types.int64, 2)(
    _WORD, types.boolean, _INTS, types.int64, types.int64, types.int64, types.int64, types.int64, _INTS, _INTS, _INTS
)


@kernel(SURVEY)
def survey(key, wide, lost, n, size, bad, first, count, ones, constant, refused):
    """Look at the codes of ``count`` words from ``first`` on.

    Parameters
    ----------
    key, wide, lost : words of the key, whether words have 64 bits, the examples that are taken out
    n, size, bad : bits of a code that is left, s, and the code that is passed over
    ones : (64,) counts how many codes have how many ones
    constant, refused : words behind codes of zeros, ``~word`` of those of ones alone; words that give no code

    Returns
    -------
    constant, refused : int, int
        How many of both there are; -1 where an array is too short.
    """
    words, out = np.empty(WORDS, dtype=np.uint64), np.empty(TILE, dtype=np.int64)
    s = np.uint64(size)
    least = (_ZERO - s) % s if wide else np.uint64((1 << 32) % size)
    full = (1 << n) - 1
    found = gone = 0
    for at in range(0, count, TILE):
        length = min(TILE, count - at)
        start = _words(key, wide, first + at, length, words)
        _scaled(wide, words, start, length, size, bad, out, 0)
        _without(lost, length, out)
        some = False
        for k in range(length):
            low = words[start + k] * s if wide else (words[start + k] * s) & _LOW
            some |= low < least
            some |= (out[k] == 0) | (out[k] == full)
        for k in range(length):
            ones[popcount(out[k])] += 1
        if not some:
            continue
        for k in range(length):
            low = words[start + k] * s if wide else (words[start + k] * s) & _LOW
            if low < least:
                if gone == refused.size:
                    return -1, -1
                refused[gone] = first + at + k
                gone += 1
                ones[popcount(out[k])] -= 1
            elif out[k] == 0 or out[k] == full:
                if found == constant.size:
                    return -1, -1
                constant[found] = first + at + k if out[k] == 0 else ~(first + at + k)
                found += 1
    return found, gone
