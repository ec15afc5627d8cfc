"""The run of one sample once more: its counts by words, the recurrence in rational intervals; lengths in units of r."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from sco_flat.proofs.intervals import Interval
from sco_flat.samples import Sample
from sco_flat.works.valley.drawn import sets
from sco_flat.works.valley.rechecks.book import Book
from sco_flat.works.valley.rechecks.fixed import Fixed
from sco_flat.works.valley.rechecks.walk import Step, steps_of

HALF, QUARTER, REACH = Fraction(1, 2), Fraction(1, 4), Fraction(63, 100)


def counts(book: Book, question: Any, sample: Sample) -> tuple[int, int] | None:
    """Say what the event asks; return the least and the largest overlap with the sample, or None off the event."""
    found, size = sets(question), question.n**2
    words = found.words[: found.count * found.row].reshape(found.count, found.row)
    mask = np.zeros(found.row, dtype=np.int64)
    points = sorted(set(sample.codes.tolist()))
    for z in points:
        mask[z >> 6] |= np.int64(1) << np.int64(z & 63)
    shared = np.bitwise_count((words & mask).view(np.uint64)).sum(axis=1, dtype=np.int64)
    missed = np.flatnonzero(shared == 0)
    book.say("hypothesis", "number of distinct examples, less n", len(points) - question.n, "==", 0)
    book.say("hypothesis", "number of sets that hold no example", len(missed), "==", 1)
    if len(missed) != 1:
        return None
    inside = int(found.outside(int(missed[0])).size)
    book.say("hypothesis", "points of the missed set, less half of all", size - inside - size // 2, "==", 0)
    if len(points) != question.n:
        return None
    return int(shared[shared > 0].min()), int(shared.max())


class Resting:
    """Coordinates that no longer move from w_2 on, in units of ``eta lam r``: a, y on the sample, y on the missed set.

    Parameters
    ----------
    x : Setting
        The numbers.
    """

    def __init__(self, x: Any) -> None:
        tilt, fall = x.nu.square() / (x.om * 4), x.om + x.eta * QUARTER  # eps1 mu/lam, om + dl/r
        self.a = Interval(0) - fall - tilt * Fraction(3, 2)
        self.seen, self.missed = Interval(0) - fall * x.nu, tilt * x.nu

    def felt(self, share: Interval | int) -> list[Interval]:
        """The start term's residual on the sample, on the missed set and elsewhere, at a share of the way."""
        return [(self.a + y) * share + HALF for y in (self.seen, self.missed, Interval(0))]


def run(book: Book, x: Any, sample: Sample, question: Any) -> None:
    """All claims about the run and the risks."""
    overlap = counts(book, question, sample)
    if overlap is None:
        return
    walk, rest = steps_of(x), Resting(x)
    _steps(book, x, walk, rest, overlap)
    _risks(book, x, walk, rest)


def _steps(book: Book, x: Any, walk: list[Step], rest: Resting, overlap: tuple[int, int]) -> None:
    """What the steps rest on; all but the last iterate take one."""
    taken = walk[:-1]
    least, most = overlap
    size = max((s.felt for s in taken), key=lambda v: v.high)
    zone = _fold([s.b - s.m for s in taken], Fixed.least)
    top, inner = Fixed.of(x.top), Fixed.of(1 / (x.c2 + 1))
    wall = _fold([s.felt - top + s.h for s in taken], Fixed.most) - Fixed.of(QUARTER)
    push = _fold([s.h + s.felt for s in taken], Fixed.least)
    across = [Fixed.of(1 / x.length) + s.felt - (s.h + s.felt) * inner for s in taken]
    along = [top - s.h + Fixed.of(x.c2) * inner * (s.h + s.felt) for s in taken]
    beyond = _fold([p + q for p, q in zip(across, along, strict=True)], Fixed.most).interval * x.t - QUARTER
    risen = _fold([top - s.h for s in taken], Fixed.most).interval
    base, reached = rest.a * x.eta * Fraction(3, 4) - x.tau_r, size.interval + 1 / x.length
    own = reached + base - rest.missed * x.eta / (x.nu * 4)
    others = reached * x.t + base - rest.seen * x.nu * x.eta * HALF * most  # y on the sample is negative
    say: list[tuple[str, Interval, str, int]] = [
        ("|w_t|²", _norm(x, walk, rest), "<=", 1),
        ("R of other sets at w'_1, over eps1", Interval(1 - 2 * least), "<=", 0),
        ("slab at w_t, t >= 2, over eta r", zone.interval, ">", 0),
        ("V_I at w_t, t >= 2", wall.interval, "<=", 0),
        ("start term of S at w_t, t >= 2, over eta lam r", rest.felt(1)[0], "<=", 0),
        ("R at w'_t, t >= 2", own.most(others), "<=", 0),
        ("V_I at w'_t, t >= 2", push.interval, ">", 0),
        ("b at the projection on V_I", _fold(across, Fixed.least).interval, ">", 0),
        ("V_i at the projection", beyond, "<=", 0),
        ("K_z of the sample, times c", (risen - REACH) * x.t, "<=", 0),
    ]
    if x.flat:
        edge = _fold([Fixed.of(x.w2) * s.felt + Fixed.of(x.eta) * s.m for s in taken], Fixed.least)
        say.append(("slab at w'_t: room before its apex", edge.interval, ">", 0))
    for name, value, relation, bound in say:
        book.say("dynamics", f"run: {name}", value, relation, bound)  # type: ignore[arg-type]


def _norm(x: Any, walk: list[Step], rest: Resting) -> Interval:
    """``|w_t|²`` at most: what rests, b and x, and q, whose square is ``8 s2 (eta (m - tau))²``."""
    scale = (x.eta * HALF).square()
    still = (rest.a.square() + rest.seen.square() / x.nu + rest.missed.square() / (x.nu.square() * 2)) * scale
    top, first, found = Fixed.of(x.top), walk[0].m, Fixed.of(0)
    c2, eta = Fixed.of(x.c2), Fixed.of(x.eta)
    for s in walk[:-1]:
        grown = eta * (s.m - first)
        found = found.most(c2 * s.felt * s.felt + (top - s.h) * (top - s.h) + Fixed.of(8) * grown * grown)
    norm: Interval = x.s2 * (found.interval + x.c2 * still)
    return norm


def _risks(book: Book, x: Any, walk: list[Step], rest: Resting) -> None:
    """The risks of the suffix averages, the last iterate's first, over ``eta r² T``."""
    top, zero = Fixed.of(x.top), Fixed.of(0)
    thick, lost = Fixed.of(x.gam * x.eta.square() * x.c2 / 2), Fixed.of(x.t * REACH + x.rho)
    felt, steps = Fixed.of(x.c2 * (x.eta / 4).square()), len(walk) + 1
    starts = [
        [Fixed.of(v.positive().square()) for v in rest.felt(share)]
        for share in (Interval(1), Interval(Fraction(steps - 1, steps)))
    ]
    shares = [Fixed.of(v) for v in (x.nu, Interval(HALF), HALF - x.nu)]
    along, across, zone, risks, empirical = zero, zero, zero, list[Fixed](), list[Fixed]()
    for count in range(1, steps + 1):
        if count < steps:
            s = walk[-count]
            along, zone = along + top - s.h, zone + s.m
            across = across - s.b if (steps - count) % 2 else across + s.b  # b is negative at w_2
        else:
            zone = zone + walk[0].m  # w_1 = 0
        level = Fixed(*_absolute(across.over(count))) - zone.over(count)
        slab, start = thick * _square(level), starts[count == steps]
        fresh = shares[0] * start[0] + shares[1] * start[1] + shares[2] * start[2]
        risks.append(_square(along.over(count) - lost) * Fixed.of(QUARTER) + slab + felt * fresh)
        empirical.append(slab + felt * start[0])
    lowest = _fold(risks, Fixed.least)
    least = Fraction(1, 80 if x.t == 0 else 190)
    for name, value in (
        ("every suffix average", lowest), ("the last iterate", risks[0]), ("the full average", risks[-1]),
        ("the lowest suffix", lowest),
    ):  # fmt: skip
        side = "low" if name.startswith("every") else "both"
        text = f"F / (eta r² T) of {name} >= 1/{least.denominator}"
        book.say("conclusion", text, value.interval, ">=", least, side)  # type: ignore[arg-type]
    unit = x.gam * x.vth.square() * x.c2 / 2
    most = _fold(empirical, Fixed.most).interval / unit
    book.say("conclusion", "F_S / (gam (vth r)²/2) of every suffix average", most, "<=", 1)


def _absolute(value: Fixed) -> tuple[int, int]:
    if value.low >= 0:
        return value.low, value.high
    return (-value.high, -value.low) if value.high <= 0 else (0, max(-value.low, value.high))


def _square(value: Fixed) -> Fixed:
    """``[value]_+²``."""
    positive = value.most(Fixed.of(0))
    return positive * positive


def _fold(values: list[Fixed], which: Any) -> Fixed:
    found = values[0]
    for value in values[1:]:
        found = which(found, value)
    return found
