"""Frozen families of half-subsets of a finite sample space, codes for them, and samples that miss exactly one set."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.instances.kernels import families as kernels
from sco_flat.results import Event
from sco_flat.samples import Sample, streams

TRIES = 10_000
"""Draws of a sample before its event counts as impossible; the theorem's event takes three."""
MOST_SIGNS = 2**14
"""Most codes of signs: the products of all pairs are looked at."""
MOST_BYTES = 2**32


def miss_chance(points: int, n: int) -> Fraction:
    """Probability that a uniform half of the points misses n distinct ones: ``C(N - n, N/2)/C(N, N/2)``."""
    return Fraction(math.comb(points - n, points // 2), math.comb(points, points // 2))


@dataclass(frozen=True, eq=False)
class Family:
    """Sets A_1, ..., A_M of N/2 points each, and codes u_1, ..., u_M of signs if there are any.

    Attributes
    ----------
    points, count : int
        N and M.
    words : ndarray of int64
        The sets as rows of bits, and behind them the signs of the codes.
    length : int
        Length of the codes, 0 for orthonormal ones.
    """

    points: int
    count: int
    words: NDArray[np.int64]
    length: int

    @property
    def row(self) -> int:
        """Words of a set."""
        return -(-self.points // 64)

    def _bits(self, start: int, row: int, length: int) -> NDArray[np.int64]:
        packed = self.words[start : start + self.count * row].reshape(self.count, row)
        return (packed[:, np.arange(length) // 64] >> (np.arange(length) % 64)) & 1

    def sets(self) -> NDArray[np.int64]:
        """The sets as 0 and 1, shape (M, N)."""
        return self._bits(0, self.row, self.points)

    def signs(self) -> NDArray[np.float64]:
        """The codes as unit vectors, shape (M, d')."""
        if self.length == 0:
            return np.eye(self.count)
        bits = self._bits(self.count * self.row, -(-self.length // 64), self.length)
        return np.asarray((2.0 * bits - 1.0) / math.sqrt(self.length), dtype=np.float64)

    def missed(self, examples: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sets that hold none of the examples."""
        seen = np.zeros(self.row, dtype=np.int64)
        for z in examples.tolist():
            seen[z // 64] |= np.int64(1) << np.int64(z % 64)
        found = np.zeros(64, dtype=np.int64)
        count = kernels.missed(self.words, self.row, self.count, seen, found)
        if count > found.size:
            found = np.zeros(count, dtype=np.int64)
            kernels.missed(self.words, self.row, self.count, seen, found)
        return found[:count]

    def holding(self, z: int) -> NDArray[np.int64]:
        """1 for every set that holds a point, 0 for the others; shape (M,)."""
        words = self.words[: self.count * self.row].reshape(self.count, self.row)
        return (words[:, z // 64] >> (z % 64)) & 1

    def outside(self, i: int) -> NDArray[np.int64]:
        """Points that are not in set i."""
        words = self.words[i * self.row : (i + 1) * self.row]
        places = np.arange(self.points)
        return np.flatnonzero((words[places // 64] >> (places % 64)) & 1 == 0)

    def draw(self, n: int, event: str, rng: np.random.Generator) -> Sample:
        """Draw n examples, if wanted conditionally on being distinct and missing one set, or any.

        A pair of a set and of n points outside it is uniform; with k sets missed by the points it is kept with
        probability 1/k, or for ``one`` if k = 1. So every sample of the event is equally likely.

        Returns
        -------
        Sample
            Its ``codes`` are the examples; the probability of the event is the mean over all families.

        Raises
        ------
        InputError
            If no draw meets the event.
        """
        share = miss_chance(self.points, n)
        apart = math.perm(self.points, n) / self.points**n
        if event == "free":
            examples = rng.integers(0, self.points, size=n)
            flaw = "" if np.unique(examples).size == n else "two of its examples are equal"
            return Sample(examples, n, Event(event, tuple(self.missed(examples).tolist()), 1.0, flaw))
        none = math.exp(self.count * math.log1p(-float(share)))
        chance = 1.0 - none if event == "any" else self.count * float(share) * none / (1.0 - float(share))
        for _ in range(TRIES):
            examples = rng.choice(self.outside(int(rng.integers(self.count))), n, replace=False)
            columns = self.missed(examples)
            if columns.size == 1 or (event == "any" and rng.random() * columns.size < 1.0):
                return Sample(examples, n, Event(event, tuple(columns.tolist()), apart * chance))
        limit = f"impossible for this family: each of {TRIES:,} samples that miss one of its {self.count:,} sets "
        raise InputError("event", event, limit + "misses another one", "choose a smaller width or another family")


@functools.lru_cache(maxsize=4)
def family(points: int, count: int, seed: int, length: int, bound: float) -> Family:
    """Draw a family from a seed of its own; the same bits on every machine.

    Parameters
    ----------
    points, count : int
        N and M.
    seed : int
        Of the family.
    length : int
        Of codes of signs; 0 for orthonormal codes, which are not stored.
    bound : float
        What the products of different codes of signs may reach.

    Raises
    ------
    InputError
        If the family does not fit into memory, or its codes are less apart than the bound.
    """
    row, wide = -(-points // 64), -(-length // 64)
    need = 8 * count * (row + wide)
    if need > MOST_BYTES:
        limit = f"its family of {count:,} sets takes {need:,} bytes"
        raise InputError("n", math.isqrt(points), limit, "choose a smaller n, or a smaller width")
    if length and count > MOST_SIGNS:
        limit = f"has {count:,} codes, and the products of all pairs are looked at for at most {MOST_SIGNS:,}"
        raise InputError("codes", "signs", limit, "choose a smaller n, or orthonormal codes")
    drawn = streams(seed, "family", "code")
    words = np.zeros(count * (row + wide), dtype=np.int64)
    kernels.halves(int(drawn["family"].integers(0, 2**62)), points, count, words[: count * row])
    if length:
        bits = np.zeros((count, 64 * wide), dtype=np.uint8)
        bits[:, :length] = drawn["code"].integers(0, 2, size=(count, length), dtype=np.uint8)
        words[count * row :] = np.packbits(bits, axis=1, bitorder="little").view("<i8").ravel()
    words.setflags(write=False)
    found = Family(points, count, words, length)
    if length:
        largest = kernels.coherence(words, count * row, wide, count, length) / length
        if largest > bound:
            limit = f"the largest product of two of its codes is {largest:.6g}, above {bound:g}"
            mend = "take another family, longer codes, or a larger coherence"
            raise InputError("family", seed, limit, mend)
    return found
