"""Random numbers inside kernels: each depends on a key, the step and an index only, so that no order enters."""

from __future__ import annotations

import math

from sco_flat._jit import helper


@helper
def uniform_bits(key, t, index):
    """A number in (0, 1) that depends on (key, t, index) only: no state, so no order and no engine enters."""
    x = key ^ (t * 0x632BE59BD9B4E019) ^ (index * 0x1B873593CC9E2D51)
    for _ in range(3):
        x ^= (x >> 30) & 0x3FFFFFFFF
        x *= -0x40A7B892E31B1A47
        x ^= (x >> 27) & 0x1FFFFFFFFF
        x *= -0x6B2FB644ECCEEE15
        x ^= (x >> 31) & 0x1FFFFFFFF
    return (((x >> 11) & 0x1FFFFFFFFFFFFF) + 0.5) / 9007199254740992.0


@helper
def normal_bits(key, t, index):
    """A standard normal number from the same source."""
    from_zero = uniform_bits(key, t, 2 * index)
    angle = uniform_bits(key, t, 2 * index + 1)
    return (-2.0 * math.log(from_zero)) ** 0.5 * math.cos(6.283185307179586 * angle)
