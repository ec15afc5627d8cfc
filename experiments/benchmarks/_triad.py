"""STREAM's triad ``a = b + s c`` in Numba on one thread: what memory allows at best, 24 bytes an element."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from benchmarks._base import seconds

LARGE = 3 * 2**28
"""Bytes beyond every cache."""


@numba.njit(cache=False)
def _triad(a, b, c, s):  # type: ignore[no-untyped-def]
    for i in range(a.size):
        a[i] = b[i] + s * c[i]


class Triad:
    """Three arrays that take ``total`` bytes together."""

    def __init__(self, total: int) -> None:
        self.size = max(total // 24, 1024)
        self.arrays = [np.ones(self.size) for _ in range(3)]
        self.pass_once()

    def pass_once(self) -> None:
        """Once over the arrays."""
        _triad(*self.arrays, 2.0)

    def per_byte(self) -> float:
        """CPU seconds a byte."""
        return seconds(self.pass_once, max(1, 2**24 // self.size)) / (24 * self.size)

    def moves(self, count: float) -> Callable[[], float]:
        """How long it needs for so many bytes, as a contender of a race."""
        return lambda: count * self.per_byte()


def triads(size: int, large: int) -> dict[str, Callable[[], float]]:
    """Contenders that move what one step on ``size`` coordinates has to move at least.

    The norm reads w, the update reads and writes it: 24 bytes a coordinate.
    """
    here = {"triad, same size": Triad(24 * size), f"triad, {large / 2**20:.0f} MiB": Triad(large)}
    return {name: one.moves(24 * size) for name, one in here.items()}
