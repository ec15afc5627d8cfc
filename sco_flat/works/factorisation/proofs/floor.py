"""The floor ``2 L s^(2-2/L)``: the argument for every depth L and every minimum, and what a machine decides of it.

Decided are the step of the means for every L, and the chain at one minimum, at its depth.

*Chain.* Let ``a_i = A_i^T u`` and ``b_i = B_i v`` for unit vectors u and v. ``A_i B_{i+1} = M``, so that ``a_i .
b_{i+1} = u^T M v`` for i < L, while ``a_L = u`` and ``b_1 = v``. By Cauchy ``prod |a_i||b_i| = |a_L||b_1| prod_{i<L}
|a_i||b_{i+1}| >= (u^T M v)^(L-1)``. And ``(v ⊗ u)^T K (v ⊗ u) = sum |a_i|²|b_i|²``.

*Means.* ``sum t_i >= L (prod t_i)^(1/L)`` for every L, by induction: with ``y = G_{L+1}/G_L`` the step from L to L + 1
says ``p_L(y) = y^(L+1) - (L+1) y + L >= 0`` for ``y >= 0``, and ``p_L(y) = y p_{L-1}(y) + L (y - 1)²``, ``p_0 = 0``.
This is an identity of polynomials in L, y and ``Y = y^L``.

Together ``lambda_max(K) >= L (u^T M v)^(2-2/L)``, and the top singular pair gives s. *Attained*: by ``W_i = diag(2, 1,
1/2)``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from sco_flat.instances import factors as exact
from sco_flat.instances.factors import Minimiser
from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.base import Provable
from sco_flat.proofs.question import Question
from sco_flat.results import Claim
from sco_flat.samples import Sample
from sco_flat.works.factorisation.proofs import points
from sco_flat.works.factorisation.proofs.hessian import floor, lambda_max, twice_gram
from sco_flat.works.factorisation.rechecks import floor as rechecks

SOURCE = "arXiv 2509.25783; Mulayoff and Michaeli 2020"
STEP = "every L: p_L(y) - y p_(L-1)(y) - L (y - 1)², sum of |coefficients| in L, y and y^L"
FIRST = "every L: p_0(y) = y - y + 0, sum of |coefficients|"
COUNT = "norms in prod |a_i||b_i| that are not those of |a_L||b_1| prod |a_i||b_(i+1)|"
MET = "largest |a_i . b_(i+1) - u^T M v| near the top pair"
QUADRATIC = "(v x u)^T K (v x u) - sum |a_i|²|b_i|²"
MEANS = "(sum |a_i|²|b_i|² / L)^L / (u^T M v)^(2L-2)"
ATTAINED = "W_i = diag(2, 1, 1/2) at this depth: lambda_max - 2 L s^(2-2/L)"

Polynomial = Mapping[tuple[int, int, int], int]
"""From the powers of L, y and Y = y^L to the coefficient."""


def plus(*terms: Polynomial) -> Counter[tuple[int, int, int]]:
    """Sum."""
    found: Counter[tuple[int, int, int]] = Counter()
    for term in terms:
        for powers, factor in term.items():
            found[powers] += factor
    return found


def times(a: Polynomial, b: Polynomial) -> Counter[tuple[int, int, int]]:
    """Product."""
    found: Counter[tuple[int, int, int]] = Counter()
    for (i, j, k), x in a.items():
        for (p, q, r), y in b.items():
            found[i + p, j + q, k + r] += x * y
    return found


L, Y, POWER, ONE = {(1, 0, 0): 1}, {(0, 1, 0): 1}, {(0, 0, 1): 1}, {(0, 0, 0): 1}
MINUS = {(0, 0, 0): -1}


def induction() -> int:
    """Sum of the absolute coefficients of ``p_L - y p_{L-1} - L (y - 1)²``."""
    now = plus(times(POWER, Y), times(MINUS, times(plus(L, ONE), Y)), L)
    before = plus(POWER, times(MINUS, times(L, Y)), plus(L, MINUS))  # y^L - L y + L - 1
    square = times(plus(Y, MINUS), plus(Y, MINUS))
    rest = plus(now, times(MINUS, times(Y, before)), times(MINUS, times(L, square)))
    return sum(map(abs, rest.values()))


def first() -> int:
    """Sum of the absolute coefficients of ``p_0``, where ``y^0 = 1``."""
    return sum(map(abs, plus(Y, times(MINUS, Y)).values()))


def unpaired(depth: int) -> int:
    """How far the two products of norms are apart, as multisets."""
    whole = Counter([("a", i) for i in range(depth)] + [("b", i) for i in range(depth)])
    paired = Counter([("a", depth - 1), ("b", 0)])
    for i in range(depth - 1):
        paired.update([("a", i), ("b", i + 1)])
    return sum(((whole - paired) + (paired - whole)).values())


def chain(found: Minimiser) -> tuple[Fraction, Fraction, Fraction]:
    """What `MET`, `QUADRATIC` and `MEANS` say at a pair near the top one."""
    u, v = (tuple((Fraction(x),) for x in vector) for vector in exact.leading_pair(found.target))
    after, before = exact.sides(found.factors)
    a = [exact.multiply(exact.transposed(x), u) for x in after]
    b = [exact.multiply(x, v) for x in before]
    aim = exact.multiply(exact.transposed(u), exact.multiply(found.target, v))[0][0]
    met = [exact.multiply(exact.transposed(x), y)[0][0] for x, y in zip(a[:-1], b[1:], strict=True)]
    total = sum((exact.squared(x) * exact.squared(y) for x, y in zip(a, b, strict=True)), Fraction(0))
    k = twice_gram(found)
    point = [int(y[0] * x[0]) for y in v for x in u]
    image = [sum(s * t for s, t in zip(row, point, strict=True)) for row in k.rows]
    quadratic = Fraction(sum(s * t for s, t in zip(point, image, strict=True)), 2 * k.scale)
    unit, depth = exact.squared(u) * exact.squared(v), len(found.factors)
    means = (total / unit / depth) ** depth / (aim * aim / unit) ** (depth - 1)
    return max(abs(x - aim) for x in met), quadratic - total, means


def claims(question: Question, sample: Sample | None) -> list[Claim]:
    """The steps for every depth, the chain and the floor at the minimum at hand, and where it is attained."""
    found = points.minimum(question)
    ledger, depth = points.started(question, found), len(found.factors)
    for name, rest in ((STEP, induction()), (FIRST, first())):
        ledger.found.append(decide_exactly(name, "dynamics", (rest, rest), "==", 0, SOURCE, "symbolic"))
    met, quadratic, means = chain(found)
    ledger.say("dynamics", COUNT, unpaired(depth), "==", 0, SOURCE)
    ledger.say("dynamics", MET, met, "==", 0, SOURCE)
    ledger.say("dynamics", QUADRATIC, quadratic, "==", 0, SOURCE)
    ledger.say("dynamics", MEANS, means, ">=", 1, SOURCE)
    ledger.say("conclusion", points.ABOVE, points.apart(lambda_max(found), floor(found)), ">=", 0, SOURCE)
    even = Minimiser(exact.read("factors", "balanced").factors[:1] * depth)
    ledger.say("conclusion", ATTAINED, points.apart(lambda_max(even), floor(even)), "==", 0, SOURCE)
    return ledger.found


FLOOR = Provable(
    hypotheses=points.nothing,
    claims=claims,
    recheck=rechecks.floor,
    texts={"factors": exact.spelled},
    says="lambda_max >= 2 L s^(2-2/L) at this minimum, attained at its depth; of the proof for all minima the means at "
    "every L, the chain at this one",
)
