"""The recurrence of SAM in the valley, walked in rational intervals; lengths in units of r."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sco_flat.proofs.intervals import Interval
from sco_flat.works.valley.rechecks.fixed import Fixed

LONGEST = 4096
"""Largest T that is walked."""
TURN = Fraction(63, 100)


@dataclass(frozen=True)
class Extremes:
    """What the recurrence reaches at most or at least over all steps.

    Attributes
    ----------
    excess, size, ratio, drop, risen, reach, grown : Interval
        Largest ``K - (1 + gam)``, ``B``, ``B/H``, ``(H_t - H_(t+1))/(eta H)``, ``cX``, ``B + cX``, ``m - tau``.
    floor, gain, third, side, average : Interval
        Smallest H, gain of two steps over ``eta vth K``, ``B_3/eta``, b at the projection, full average of ``cX``.
    slope, early, late, odd, odd_room : Interval
        Of the loss with the coordinate q: see the claims.
    """

    excess: Interval
    size: Interval
    floor: Interval
    ratio: Interval
    drop: Interval
    gain: Interval
    third: Interval
    side: Interval
    risen: Interval
    reach: Interval
    grown: Interval
    average: Interval
    slope: Interval
    early: Interval
    late: Interval
    odd: Interval
    odd_room: Interval


@dataclass(frozen=True)
class Step:
    """``B/eta``, H, the dead zone ``m/eta`` and K before a step, and B."""

    b: Fixed
    h: Fixed
    m: Fixed
    k: Fixed
    felt: Fixed


def steps_of(x: Any) -> list[Step]:
    """The states from w_2 on, until w_T.

    Raises
    ------
    ArithmeticError
        If b leaves the range in which the recurrence is SAM's.
    """
    eta, gam, length, shrink = (Fixed.of(v) for v in (x.eta, x.gam, x.length, 1 - x.vth))
    opens, quarter = Fixed.of(x.gam * x.w2), Fixed.of(Fraction(1, 4))
    b, h, m, found = Fixed.of(x.tau * 2), Fixed.of(x.top), Fixed.of(x.tau), []
    for _ in range(2, x.steps + 1):
        felt = eta * b
        if not (b.low > m.high and felt.high <= quarter.low):
            raise ArithmeticError("the recurrence is not SAM's there")
        k = gam * (length - eta * m) + h
        found.append(Step(b, h, m, k, felt))
        if x.flat:
            m = m + opens * (eta * (b - m) + length)
        b, h = k - shrink * b, h - (h + felt).over(x.steps)
    return found


def extremes(x: Any) -> Extremes:
    """Walk, and keep the extremes."""
    walk, zero = steps_of(x), Fixed.of(0)
    top, cap, c2 = Fixed.of(x.top), Fixed.of(x.gam + 1), Fixed.of(x.c2)
    ascent, inner = Fixed.of(1 / x.length), Fixed.of(1 / (x.c2 + 1))
    shrink, speed = Fixed.of((1 - x.vth).square()), Fixed.of(x.vth)
    excess, gain, side = walk[0].k - cap, Fixed.of(2), Fixed.of(2)
    size = ratio = reach = total = zero
    for now in walk:
        risen, share = top - now.h, now.felt / now.h
        excess, size, ratio = excess.most(now.k - cap), size.most(now.felt), ratio.most(share)
        reach, total = reach.most(now.felt + risen), total + risen
        side = side.least(ascent + now.felt - (now.h + now.felt) * inner)
    for now, later in zip(walk, walk[2:], strict=False):
        gain = gain.least((later.b - shrink * now.b) / (speed * now.k))
    zones = _zones(x, walk) if x.flat else dict.fromkeys(("slope", "early", "late", "odd", "odd_room"), zero)
    found = dict(
        excess=excess, size=size, floor=walk[-1].h, ratio=ratio, drop=(ratio + Fixed.of(1)) * c2, gain=gain,
        third=walk[1].b, side=side, risen=top - walk[-1].h, reach=reach,
        grown=Fixed.of(x.eta) * (walk[-1].m - walk[0].m), average=total.over(x.steps), **zones,
    )  # fmt: skip
    return Extremes(**{name: value.interval for name, value in found.items()})


def _zones(x: Any, walk: list[Step]) -> dict[str, Fixed]:
    """How far B stays above the dead zone."""
    slope = early = late = Fixed.of(10)
    shrink, shrunk, turn, two = Fixed.of((1 - x.vth).square()), Fixed.of(1), Fixed.of(TURN), walk[0].b
    for k, now in enumerate(walk[::2]):
        if k:
            shrunk = shrunk * shrink
            turned = Fixed.of(x.vth * k)
            slope = slope.least((now.b - two * shrunk) / turned.least(turn))
            if turned.low <= turn.high:
                early = early.least((now.b - now.m - walk[0].m) / turned)
            if turned.high >= turn.low:
                late = late.least(now.b - now.m)
    odd, room = walk[1].b, walk[1].b - walk[1].m
    for now in walk[1::2]:
        odd, room = odd.least(now.b), room.least(now.b - now.m)
    return {"slope": slope, "early": early, "late": late, "odd": odd, "odd_room": room}
