"""Balls of python-flint as this package uses them: exact input, outward rounding, comparisons with three answers."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

import flint

from sco_flat.proofs.question import LARGEST, LOWEST, Question, Side
from sco_flat.results import Claim, Evidence, Kind, Relation, Verdict

Ball = Any
"""A `flint.arb`: a midpoint and a radius; every operation encloses the true result."""

DIGITS = 40
FARTHEST = -4096
"""Exponent below which a power of e is enclosed between 0 and that of this one."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with midpoints of that many bits."""
    with flint.ctx.workprec(bits):
        yield


def ball(low: Fraction | int, high: Fraction | int | None = None) -> Ball:
    """Enclose a rational number, or all numbers between two of them."""
    ends = [flint.arb(flint.fmpq(Fraction(x).numerator, Fraction(x).denominator)) for x in (low, high) if x is not None]
    return ends[0] if len(ends) == 1 or low == high else ends[0].union(ends[1])


def held(count: float) -> float:
    """Bytes of so many balls at the precision of now."""
    return count * (128.0 + flint.ctx.prec / 8)


def given(question: Question, name: str) -> Ball | None:
    """An exact constant of the instance that was set by hand."""
    value = question.options.get(name)
    return None if value is None else ball(value)


def fraction(exact: Ball) -> Fraction:
    """Return the value of a ball of radius 0."""
    mantissa, exponent = exact.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def decimal(value: Fraction, up: bool, digits: int = DIGITS) -> str:
    """Round a rational number up or down to a decimal of so many digits."""
    context = Context(prec=digits, rounding=ROUND_CEILING if up else ROUND_FLOOR, Emin=-(10**9), Emax=10**9)
    text = format(context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context), "e")
    return text.removesuffix("e+0")


def endpoints(value: Ball) -> tuple[str, str]:
    """Return decimals below and above all of a ball."""
    return decimal(fraction(value.lower()), up=False), decimal(fraction(value.upper()), up=True)


def product(*factors: Ball) -> Ball:
    """Multiply balls from their ends: tight for wide ones, where midpoints and radii are not."""
    low = high = ball(1)
    for factor in factors:
        corners = [end * other for end in (low, high) for other in (factor.lower(), factor.upper())]
        low = high = corners[0]
        for corner in corners[1:]:
            low, high = low.min(corner), high.max(corner)
    return low.union(high)


def inverse(value: Ball) -> Ball:
    """``1/x`` of a positive ball, from its ends."""
    return (1 / value.lower()).union(1 / value.upper())


def answer(value: Ball, relation: Relation, bound: Ball, side: Side = "both") -> Verdict:
    """Decide an inequality between balls: ``proved``, ``fails`` or ``undecided``.

    Equality is proved between equal exact numbers only. Of a quantity that is only known from one side, one answer of
    an inequality can be given: a lower end at or above the bound proves ``>=``, and one below it leaves it open.
    """
    if not (value.is_finite() and bound.is_finite()):
        return "undecided"
    holds_only = proves(relation, side)
    if side != "both":
        value = value.lower() if side == "low" else value.upper()
    difference = bound - value
    true, false = {
        "<=": (difference >= 0, difference < 0),
        "<": (difference > 0, difference <= 0),
        ">=": (difference <= 0, difference > 0),
        ">": (difference < 0, difference >= 0),
        "==": (difference.is_zero(), difference != 0),
    }[relation]
    if true and (side == "both" or holds_only):
        return "proved"
    return "fails" if false and not holds_only else "undecided"


def proves(relation: Relation, side: Side) -> bool:
    """Whether the only known end of a quantity is the one that proves an inequality, and never refutes it."""
    if side != "both" and relation == "==":
        raise ValueError("an equality asks for both ends")
    return side != "both" and (relation in (">=", ">")) == (side == "low")


def decide(
    name: str,
    kind: Kind,
    value: Ball,
    relation: Relation,
    bound: Ball,
    source: str,
    evidence: Evidence,
    note: str = "",
    side: Side = "both",
) -> Claim:
    """Decide ``value relation bound`` and record the outcome with both enclosures, open where an end is not known."""
    value, bound = flint.arb(value), flint.arb(bound)
    verdict = answer(value, relation, bound, side)
    ends = endpoints(value) if value.is_finite() else None
    middle = value.mid()
    if ends is not None and side != "both":
        ends = (ends[0], LARGEST) if side == "low" else (LOWEST, ends[1])
        middle = value.lower() if side == "low" else value.upper()
    return Claim(
        name, kind, evidence, verdict, float(middle), float(bound.mid()), relation, source, note, ends,
        endpoints(bound) if bound.is_finite() else None,
    )  # fmt: skip


def decide_exactly(
    name: str,
    kind: Kind,
    value: tuple[Fraction | int, Fraction | int],
    relation: Relation,
    bound: Fraction | int,
    source: str,
    evidence: Evidence,
    note: str = "",
) -> Claim:
    """Decide an inequality for all rational numbers from one end to the other, without rounding."""
    low, high = Fraction(value[0]), Fraction(value[1])
    test = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}[relation]
    ends = {test(low, bound), test(high, bound)}
    inside = relation == "==" and low < bound < high
    verdict: Verdict = "undecided" if len(ends) > 1 or inside else "proved" if ends == {True} else "fails"
    return Claim(
        name, kind, evidence, verdict, _float(low if low == high or relation in (">=", ">") else high), _float(bound),
        relation, source, note, (decimal(low, up=False), decimal(high, up=True)),
        (decimal(Fraction(bound), up=False), decimal(Fraction(bound), up=True)),
    )  # fmt: skip


def _float(value: Fraction | int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def event_probability(n: int, width: int, kind: str) -> Ball:
    """Probability of at least one (``any``) or exactly one (``one``) bad column among ``width``."""
    step = (-ball(1) / ball(2) ** n).log1p()
    if kind == "one":
        return ball(width) / ball(2) ** n * _power(step * (width - 1))
    return 1 - _power(step * width) if step * width < FARTHEST else -(step * width).expm1()


def _power(exponent: Ball) -> Ball:
    """``e^x``; of a very negative x the ends are 0 and a small number, which can be written out."""
    return ball(0).union(ball(FARTHEST).exp()) if exponent < FARTHEST else exponent.exp()
