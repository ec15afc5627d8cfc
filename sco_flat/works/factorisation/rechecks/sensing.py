"""Measurements once more: traces in place of derivatives."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.instances.factorisation import masks
from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.factorisation.rechecks.largest import Whole, enclosed, lower_end, times, turned
from sco_flat.works.factorisation.rechecks.points import Point, opened


def sensing(question: Question, sample: Sample | None) -> list[Rechecked]:
    """The loss that sees the product through a few matrices."""
    text, count = question.options.get("factors", "depth-3"), Fraction(question.options.get("measurements", 5))
    whole = Point(text)
    drawn = masks(int(count), len(whole.product), len(whole.product[0]))
    seen = Point(text, drawn.transpose(0, 2, 1).reshape(int(count), -1))
    book = opened(seen)
    book.say("hypothesis", "measurements mod 1", count - int(count), "==", 0)
    name = "largest entry of 2 J J^T - 2 S K S^T, J from derivatives of <S_k, W>"
    book.say("dynamics", name, _off(seen, drawn.tolist()), "==", 0)
    value = seen.sharpness()
    book.say("conclusion", "lambda_max of the Hessian > 0", value, ">", 0)
    signs = seen.masks
    gram = times(signs, turned(signs))
    name = "lambda_max - |S|² lambda_max of the loss that sees every entry"
    book.say("conclusion", name, value - enclosed(gram, 1, lower_end(gram, 1)) * whole.sharpness(), "<=", 0)
    return book.found


def _off(point: Point, drawn: list[Whole]) -> Fraction:
    """``2 sum_i tr(S_k^T A_i A_i^T S_l B_i^T B_i)`` beside ``2 S K S^T``."""
    gram = point.hessian()
    sides = [(times(a, turned(a)), times(turned(b), b)) for a, b in zip(point.after, point.before, strict=True)]
    most = 0
    for k, s in enumerate(drawn):
        share = [times(times(left, s), right) for left, right in sides]
        for other, t in enumerate(drawn):
            met = sum(x * y for w in share for r, q in zip(w, t, strict=True) for x, y in zip(r, q, strict=True))
            most = max(most, abs(2 * met - gram[k][other]))
    return Fraction(most, point.unit)
