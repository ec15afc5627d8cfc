"""All pure constant faces of a training set, in fractions: the other route, which `verify` takes.

A face of sign s is a set A of points with label s for which some u has ``u · x = 1`` on A and ``u · x <= 0`` on all
other training points. The points are taken in or left out one by one; a choice without any u is given up at once.
Nothing is assumed of the size of u, and no float enters. The empty set is among them: its neurons are idle on the
training set, cost nothing, and must be 0 at a test point wherever ``y f`` is bounded there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sco_flat.works.wen_li_ma.linear import minimise, reduced

Row = tuple[Fraction, ...]
LARGEST = 20_000
"""Choices that are looked at, at most."""
ZERO, ONE = Fraction(0), Fraction(1)


class TooMany(ArithmeticError):
    """There are more choices than are looked at."""


@dataclass(frozen=True)
class Region:
    """The directions of a face, ``{base + span · p: rows · p <= room}``.

    Attributes
    ----------
    inside : tuple of int
        Its training points.
    base, span : tuples
        A solution of ``u · x = 1`` on them, and a basis of what keeps it so.
    rows, room : tuples
        The conditions of the other points on p.
    """

    inside: tuple[int, ...]
    base: Row
    span: tuple[Row, ...]
    rows: tuple[Row, ...]
    room: Row

    def empty(self) -> bool:
        """Whether no direction is left: by Farkas iff some ``m >= 0`` has ``m rows = 0`` and ``m room < 0``."""
        if all(r >= 0 for r in self.room):
            return False  # p = 0
        if not self.span:
            return True
        conditions = [[row[k] for row in self.rows] for k in range(len(self.span))]
        found = minimise(self.room, [*conditions, [ONE] * len(self.rows)], [*(ZERO,) * len(self.span), ONE])
        return isinstance(found, Fraction) and found < 0

    def largest(self, x: Row) -> Fraction | None:
        """The largest ``u · x``, None where there is none; by duality, on a region that is not empty."""
        at = sum((a * b for a, b in zip(self.base, x, strict=True)), ZERO)
        slope = [sum((a * b for a, b in zip(s, x, strict=True)), ZERO) for s in self.span]
        if not any(slope):
            return at
        conditions = [[row[k] for row in self.rows] for k in range(len(self.span))]
        found = minimise(self.room, conditions, slope) if self.rows else None
        return at + found if isinstance(found, Fraction) else None


def _region(points: Sequence[Row], inside: Sequence[int], outside: Sequence[int]) -> Region | None:
    """The region of a choice; None where its equations have no solution."""
    width = len(points[0])
    found, leads = reduced([[*points[k], ONE] for k in inside], width)
    if len(found) > len(leads):
        return None
    base = [ZERO] * width
    for row, lead in zip(found, leads, strict=True):
        base[lead] = row[-1]
    span = []
    for free in (c for c in range(width) if c not in leads):
        w = [ZERO] * width
        w[free] = ONE
        for row, lead in zip(found, leads, strict=True):
            w[lead] = -row[free]
        span.append(tuple(w))
    rows = tuple(tuple(sum((a * b for a, b in zip(points[k], w, strict=True)), ZERO) for w in span) for k in outside)
    room = tuple(-sum((a * b for a, b in zip(points[k], base, strict=True)), ZERO) for k in outside)
    return Region(tuple(inside), tuple(base), tuple(span), rows, room)


def faces(points: Sequence[Row], labels: Sequence[Fraction], sign: int) -> list[Region]:
    """Return all pure constant faces of one sign.

    Parameters
    ----------
    points : sequence of tuples
        As a neuron sees them.
    labels : sequence of Fraction
        Theirs.
    sign : int
        Of the faces.

    Raises
    ------
    TooMany
        If more than `LARGEST` choices would have to be looked at.
    """
    own = [k for k, y in enumerate(labels) if y * sign > 0]
    others = [k for k, y in enumerate(labels) if y * sign <= 0]
    found: list[Region] = []
    seen = 0
    open_: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = [(0, (), ())]
    while open_:
        place, inside, outside = open_.pop()
        seen += 1
        if seen > LARGEST:
            raise TooMany
        region = _region(points, inside, (*others, *outside))
        if region is None or region.empty():
            continue
        if place < len(own):
            open_ += [(place + 1, inside, (*outside, own[place])), (place + 1, (*inside, own[place]), outside)]
        else:
            found.append(region)
    return found


def bounded(region: Region, sign: int, x: Row, label: Fraction, price: Fraction) -> bool:
    """Whether ``sign y relu(u · x) >= price`` for every direction of a face.

    Where sign and label agree that asks for ``u · x >= price`` or ``price <= 0``; otherwise for ``u · x <= -price``.
    """
    if sign * label > 0:
        if price <= 0:
            return True
        low = region.largest(tuple(-v for v in x))
        return low is not None and -low >= price
    high = region.largest(x)
    return price <= 0 and high is not None and high <= -price
