"""The data: the cube {-1, 1}^d with y = x_1 x_2, or points and labels of one's own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from sco_flat.errors import InputError
from sco_flat.numbers import fraction

Point = tuple[Fraction, ...]
LARGEST_D = 12
"""Largest d of a cube: all its points are looked at."""


def cube(d: int) -> list[tuple[int, ...]]:
    """Return the 2^d points of the cube, in the order of `itertools.product`.

    Raises
    ------
    InputError
        If d < 2: the labels need two coordinates.
    """
    if not 2 <= d <= LARGEST_D:
        raise InputError("d", d, f"must be at least 2 (y = x_1 x_2) and at most {LARGEST_D}", "choose d in that range")
    return list(itertools.product((-1, 1), repeat=d))


@dataclass(frozen=True)
class Data:
    """Training and test points with their labels.

    Attributes
    ----------
    points, labels : tuples
        The training set, in fractions.
    rest, rest_labels : tuples
        The points that are not in it.
    bias : bool
        Whether a neuron has a bias: it then sees (x, 1).
    """

    points: tuple[Point, ...]
    labels: tuple[Fraction, ...]
    rest: tuple[Point, ...] = ()
    rest_labels: tuple[Fraction, ...] = ()
    bias: bool = True

    def __post_init__(self) -> None:
        for held, said in ((self.points, self.labels), (self.rest, self.rest_labels)):
            if len(held) != len(said):
                limit = f"must be as many as the points, {len(held)}"
                raise InputError("labels", len(said), limit, "give each point its label")
        known: dict[Point, Fraction] = {}
        for x, y in zip(self.points, self.labels, strict=True):
            if known.setdefault(x, y) != y:
                shown = ", ".join(map(str, x))
                raise InputError(
                    "points", f"({shown})", f"has the labels {known[x]} and {y}: no network meets both", "drop one"
                )
        if not self.points or any(len(x) != self.d for x in (*self.points, *self.rest)) or self.d < 2:
            raise InputError(
                "points", len(self.points), "are at least one point of d >= 2 coordinates each", "give more"
            )

    @property
    def d(self) -> int:
        """Number of coordinates."""
        return len(self.points[0])

    @property
    def n(self) -> int:
        """Size of the training set."""
        return len(self.points)

    def seen(self, x: Point) -> Point:
        """What a neuron sees of a point: x, or (x, 1)."""
        return (*x, Fraction(1)) if self.bias else x

    @property
    def length(self) -> Fraction:
        """The common ``|x'|²`` of the training points.

        Raises
        ------
        InputError
            If they differ: the floor is then no common number, and "flattest = reaches it" is not decided here.
        """
        found = {square(self.seen(x)) for x in self.points}
        if len(found) > 1:
            text = f"{min(found)} and {max(found)}"
            raise InputError(
                "points", text, "are squared lengths |x|² of two of them: they must be equal", "scale them"
            )
        return found.pop()


def xor(d: int, n: int, seed: int, bias: bool = True) -> Data:
    """Draw n points of the cube without replacement, with y = x_1 x_2; the others are the test points.

    Parameters
    ----------
    d, n, seed : int
        ``default_rng(seed).choice(2**d, n, replace=False)`` of the cube's points.
    bias : bool
        Whether neurons have one.

    Raises
    ------
    InputError
        If d or n is out of range.

    Examples
    --------
    >>> found = xor(2, 3, 0)
    >>> found.n, len(found.rest)
    (3, 1)
    """
    every = cube(d)
    if not 1 <= n <= len(every):
        raise InputError("n", n, f"must be at least 1 and at most 2^d = {len(every)}", "choose one in that range")
    chosen = [int(k) for k in np.random.default_rng(seed).choice(len(every), n, replace=False)]
    kept = set(chosen)
    train = [every[k] for k in chosen]
    rest = [x for k, x in enumerate(every) if k not in kept]
    return given(train, [x[0] * x[1] for x in train], rest, [x[0] * x[1] for x in rest], bias=bias)


def given(
    points: Sequence[Sequence[Any]],
    labels: Sequence[Any],
    rest: Sequence[Sequence[Any]] = (),
    rest_labels: Sequence[Any] = (),
    *,
    bias: bool = True,
) -> Data:
    """Take points and labels of one's own, as exact numbers.

    Raises
    ------
    InputError
        For a coordinate that is no number, and for one point with two labels.
    """

    def exact(value: Any) -> Fraction:
        try:
            return fraction(value)
        except (ValueError, ZeroDivisionError, OverflowError):
            raise InputError("points", value, "is not a finite number", "write it like 0.25 or 1/24") from None

    def row(x: Sequence[Any]) -> Point:
        return tuple(map(exact, x))

    return Data(
        tuple(map(row, points)), tuple(map(exact, labels)), tuple(map(row, rest)), tuple(map(exact, rest_labels)), bias
    )


def square(x: Sequence[Fraction | int]) -> Fraction:
    """``|x|²``."""
    return dot(x, x)


def dot(u: Sequence[Fraction | int], x: Sequence[Fraction | int]) -> Fraction:
    """``u · x``, over one denominator: a sum of fractions would be reduced after every term."""
    top, bottom = 0, 1
    for a, b in zip(u, x, strict=True):
        if a and b:
            (p, q), (r, s) = a.as_integer_ratio(), b.as_integer_ratio()
            below = q * s
            if below == bottom:
                top += p * r
            else:
                common = math.lcm(bottom, below)
                top, bottom = top * (common // bottom) + p * r * (common // below), common
    return Fraction(top, bottom)
