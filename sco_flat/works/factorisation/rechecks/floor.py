"""The floor once more: identities of polynomials by their values on a grid, the chain from the parameters' side."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from sco_flat.instances import factors as exact
from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.question import Question
from sco_flat.samples import Sample
from sco_flat.works.factorisation.rechecks.largest import times, turned
from sco_flat.works.factorisation.rechecks.points import Point, of, opened


def differs() -> int:
    """Largest ``|p_L(y) - y p_{L-1}(y) - L (y - 1)²|`` on a grid.

    As a polynomial in L, y and ``Y = y^L`` it has degrees 1, 2 and 1 at most; one that is 0 on 2 x 3 x 2 points is 0.
    """
    grid = product((0, 1), (-1, 0, 2), (0, 1))
    return max(abs((y * z - (n + 1) * y + n) - y * (z - n * y + n - 1) - n * (y - 1) ** 2) for n, y, z in grid)


def chain(point: Point) -> tuple[Fraction, Fraction, Fraction]:
    """The same three numbers: ``|A_i^T u v^T B_i^T|²`` for the norms, the derivative of the product for K."""
    u, v = exact.leading_pair(exact.product(_fractions(point)))
    left, right = [[x] for x in u], [list(v)]
    depth = point.depth
    a, b = [times(turned(x), left) for x in point.after], [times(right, turned(x)) for x in point.before]
    aim = times(times(turned(left), point.product), turned(right))[0][0]
    met = [times(y, x)[0][0] for x, y in zip(a[:-1], b[1:], strict=True)]
    blocks = [times(x, y) for x, y in zip(a, b, strict=True)]
    total = sum(x * x for block in blocks for row in block for x in row)
    moved = [times(times(x, y), z) for x, y, z in zip(point.after, blocks, point.before, strict=True)]
    felt = sum(p * q * x for w in moved for p, row in zip(u, w, strict=True) for q, x in zip(v, row, strict=True))
    unit = sum(x * x for x in u) * sum(x * x for x in v)
    mean = Fraction(total, unit * point.unit * depth) ** depth
    size = Fraction(aim * aim, unit * point.scale ** (2 * depth)) ** (depth - 1)
    off = Fraction(max(abs(x - aim) for x in met), point.scale**depth)
    return off, Fraction(felt - total, point.unit), mean / size


def _fractions(point: Point) -> list[exact.Matrix]:
    return [tuple(tuple(Fraction(x, point.scale) for x in row) for row in w) for w in point.factors]


def floor(question: Question, sample: Sample | None) -> list[Rechecked]:
    """The floor."""
    point = of(question)
    book = opened(point)
    name = "every L: p_L(y) - y p_(L-1)(y) - L (y - 1)², sum of |coefficients| in L, y and y^L"
    book.say("dynamics", name, differs(), "==", 0)
    at_zero = max(abs(y * 1 - 1 * y + 0) for y in (0, 1))
    book.say("dynamics", "every L: p_0(y) = y - y + 0, sum of |coefficients|", at_zero, "==", 0)
    met, quadratic, means = chain(point)
    # each of the 2 L norms is in one pair, but for |a_L| and |b_1|
    alone = 2 * point.depth - 2 * (point.depth - 1) - 2
    name = "norms in prod |a_i||b_i| that are not those of |a_L||b_1| prod |a_i||b_(i+1)|"
    book.say("dynamics", name, alone, "==", 0)
    book.say("dynamics", "largest |a_i . b_(i+1) - u^T M v| near the top pair", met, "==", 0)
    book.say("dynamics", "(v x u)^T K (v x u) - sum |a_i|²|b_i|²", quadratic, "==", 0)
    book.say("dynamics", "(sum |a_i|²|b_i|² / L)^L / (u^T M v)^(2L-2)", means, ">=", 1)
    book.say("conclusion", "lambda_max - 2 L s^(2-2/L) >= 0", point.sharpness() - point.floor(), ">=", 0)
    even = Point(" | ".join(["2 0 0; 0 1 0; 0 0 1/2"] * point.depth))
    name = "W_i = diag(2, 1, 1/2) at this depth: lambda_max - 2 L s^(2-2/L)"
    book.say("conclusion", name, even.sharpness() - even.floor(), "==", 0)
    return book.found
