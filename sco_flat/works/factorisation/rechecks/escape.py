"""The ends once more."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.factorisation.rechecks.points import Point, of, opened

ENDS = {"end_plus": "+", "end_minus": "-"}
MISSING = "1 | 1"


def escape(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Both ends beside the start."""
    point = of(question)
    book, start = opened(point), point.sharpness()
    c = Fraction(question.options.get("edge", Fraction(11, 10)))
    eta = question.step_size[0]
    off = (start * (eta / 2) - c).most(c - start * (eta / 2))
    book.say("hypothesis", "|eta lambda_max / 2 - c| <= 1e-8 c", off.positive(), "<=", c / 10**8)
    book.say("hypothesis", "eta lambda_max / 2 > 1", start * (eta / 2), ">", 1)
    book.say("hypothesis", "eta 2 L s^(2-2/L) / 2 < 1", point.floor() * (eta / 2), "<", 1)
    book.say("dynamics", "lambda_max of the start - 2/eta", start - 2 / eta, ">", 0)
    for name, sign in ENDS.items():
        end = Point(question.options.get(name, MISSING))
        book.say("dynamics", f"end from {sign}v_1: |M of the end - M|²", _off(point, end), "==", 0)
        if name not in question.options:  # what is left open of it is no statement; the line above is, and is false
            continue
        value = end.sharpness()
        book.say("conclusion", f"end from {sign}v_1: eta lambda_max / 2 < 1", value * (eta / 2), "<", 1)
        book.say("conclusion", f"end from {sign}v_1: lambda_max - that of the start", value - start, "<", 0)
    return book.found


def _off(one: Point, other: Point) -> Interval | int:
    """Squared distance of the two products, over their common denominator; 1 where factors differ in shape."""
    a, b = one.product, other.product
    shapes, others = ([(len(w), len(w[0])) for w in point.factors] for point in (one, other))
    if shapes != others:
        return 1
    first, second = one.scale**one.depth, other.scale**other.depth
    total = sum((x * second - y * first) ** 2 for r, q in zip(a, b, strict=True) for x, y in zip(r, q, strict=True))
    return Interval(Fraction(total, (first * second) ** 2))
