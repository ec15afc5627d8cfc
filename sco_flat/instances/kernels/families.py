"""Frozen families of half-subsets as rows of bits, and which of them a sample misses."""

from __future__ import annotations

from numba import types

from sco_flat._jit import helper, inline, kernel
from sco_flat.draws import uniform_bits
from sco_flat.instances.kernels.lanes import popcount

_words = types.int64[::1]
_frozen = types.Array(types.int64, 1, "C", readonly=True)
CHUNK = 32
"""Fair bits that one uniform number gives."""


@inline
def count_bits(x):
    """Count the bits of a word, the highest one among them."""
    return popcount(x & 0x7FFFFFFFFFFFFFFF) + (1 if x < 0 else 0)


@helper
def _flip_until_half(key, row, drawn, points, first, out):
    """Turn random elements until half of the points are in the set: sets of equal size stay equally likely."""
    count = 0
    for k in range((points + 63) // 64):
        count += count_bits(out[first + k])
    while count != points // 2:
        place = int(uniform_bits(key, row, drawn) * points)
        drawn += 1
        held = (out[first + place // 64] >> (place % 64)) & 1
        if held == (1 if count > points // 2 else 0):
            out[first + place // 64] ^= 1 << (place % 64)
            count += -1 if held else 1


@kernel(types.void(types.int64, types.int64, types.int64, _words))
def halves(key, points, count, out):
    """Write ``count`` independent uniform subsets of half of the points, ``ceil(points / 64)`` words each."""
    words = (points + 63) // 64
    for row in range(count):
        for k in range(words):
            out[row * words + k] = 0
        pieces = (points + CHUNK - 1) // CHUNK
        for piece in range(pieces):
            bits = int(uniform_bits(key, row, piece) * 4294967296.0)
            left = points - piece * CHUNK
            if left < CHUNK:
                bits &= (1 << left) - 1
            out[row * words + piece // 2] |= bits << (CHUNK * (piece % 2))
        _flip_until_half(key, row, pieces, points, row * words, out)


@kernel(types.int64(_frozen, types.int64, types.int64, _words, _words))
def missed(family, words, count, seen, out):
    """Count the sets that hold none of the points seen, and write the first of them to out."""
    found = 0
    for row in range(count):
        free = True
        for k in range(words):
            if family[row * words + k] & seen[k]:
                free = False
                break
        if free:
            if found < out.size:
                out[found] = row
            found += 1
    return found


@helper
def unlike(family, first, second, words):
    """Number of bits in which two rows of words differ."""
    found = 0
    for k in range(words):
        found += count_bits(family[first + k] ^ family[second + k])
    return found


@helper
def common(family, first, second, words):
    """Number of bits that two rows of words share."""
    found = 0
    for k in range(words):
        found += count_bits(family[first + k] & family[second + k])
    return found


@kernel(types.int64(_frozen, types.int64, types.int64, types.int64, types.int64))
def coherence(family, start, words, count, length):
    """Largest ``|<s_i, s_j>|`` of different rows of signs, as a whole number."""
    largest = 0
    for i in range(count):
        for j in range(i):
            product = abs(length - 2 * unlike(family, start + i * words, start + j * words, words))
            largest = max(largest, product)
    return largest
