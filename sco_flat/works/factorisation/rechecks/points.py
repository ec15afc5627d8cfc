"""A minimum once more: derivatives from the parameters' side below, residuals and characteristic polynomials above."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from sco_flat.instances import factors as exact
from sco_flat.proofs.base import Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question
from sco_flat.results import Kind, Relation
from sco_flat.samples import Sample
from sco_flat.works.factorisation.rechecks.largest import Whole, enclosed, lower_end, times, turned, whole

Number = Interval | Fraction | int
ROOT_BITS = 220


class Book:
    """Collects what the re-check says; all of it is needed."""

    def __init__(self) -> None:
        self.found: list[Rechecked] = []

    def say(self, kind: Kind, name: str, value: Number, relation: Relation, bound: Number) -> None:
        """Keep one statement."""
        left, right = (x if isinstance(x, Interval) else Interval(x) for x in (value, bound))
        self.found.append(Rechecked(name, kind, left, relation, right))


class Point:
    """Factors in whole numbers over one denominator, with all partial products."""

    def __init__(self, text: str, masks: Any = None) -> None:
        self.factors, self.scale = whole(exact.read("factors", text).factors)
        self.depth = len(self.factors)
        self.after, self.before = [], []
        for i in range(self.depth):
            self.before.append(self._chain(self.factors[:i], len(self.factors[0][0])))
            self.after.append(self._chain(self.factors[i + 1 :], len(self.factors[-1])))
        self.product = self._chain(self.factors, 0)
        self.masks: Any = None if masks is None else masks.tolist()
        self.unit = self.scale ** (2 * (self.depth - 1))

    def _chain(self, factors: list[Whole], size: int) -> Whole:
        if not factors:
            return [[int(i == j) for j in range(size)] for i in range(size)]
        found = factors[-1]
        for w in factors[-2::-1]:
            found = times(found, w)
        return found

    def hessian(self) -> Whole:
        """``2 K`` or ``2 S K S^T``, times `unit`: ``sum_i <row a, row c of A_i> <column b, column d of B_i>``."""
        rows, columns = len(self.product), len(self.product[0])
        places = [(b, a) for b in range(columns) for a in range(rows)]
        left = [times(a, turned(a)) for a in self.after]
        right = [times(turned(b), b) for b in self.before]
        found = [
            [2 * sum(x[a][c] * y[b][d] for x, y in zip(left, right, strict=True)) for d, c in places] for b, a in places
        ]
        if self.masks is None:
            return found
        return times(times(self.masks, found), turned(self.masks))

    def steepest(self) -> Fraction:
        """``2 |sum_i A_i Y_i B_i|²/|Y|²`` for rounded Y from the Jacobian's singular vectors: at most lambda_max."""
        scales = [self.scale**k for k in range(self.depth)]
        after = [_floats(w, scale) for w, scale in zip(self.after, reversed(scales), strict=True)]
        before = [_floats(w, scale) for w, scale in zip(self.before, scales, strict=True)]
        gram = sum(np.kron(b.T @ b, a @ a.T) for a, b in zip(after, before, strict=True))
        signs = None if self.masks is None else np.array(self.masks, dtype=float)
        x = np.linalg.eigh(gram if signs is None else signs @ gram @ signs.T)[1][:, -1]
        x = (x if signs is None else signs.T @ x).reshape(len(self.product[0]), -1).T
        blocks = [a.T @ x @ b.T for a, b in zip(after, before, strict=True)]
        size = max(float(np.abs(y).max()) for y in blocks)
        y = [[[round(float(t) / size * 2**50) for t in row] for row in block] for block in blocks]
        moved: Whole = [[0] * len(self.product[0]) for _ in self.product]
        for a, middle, b in zip(self.after, y, self.before, strict=True):
            share = times(times(a, middle), b)
            moved = [[s + t for s, t in zip(r, q, strict=True)] for r, q in zip(moved, share, strict=True)]
        felt = [t for column in zip(*moved, strict=True) for t in column]
        if self.masks is not None:
            felt = [sum(s * t for s, t in zip(mask, felt, strict=True)) for mask in self.masks]
        squares = sum(t * t for block in y for row in block for t in row)
        return Fraction(2 * sum(t * t for t in felt), squares * self.unit)

    def sharpness(self) -> Interval:
        """lambda_max of the Hessian."""
        least = () if self.masks is not None else (self.floor(),)
        candidates = tuple(x.low for x in least if x.low == x.high)
        return enclosed(self.hessian(), self.unit, self.steepest(), candidates)

    def size(self) -> Interval:
        """``s²``."""
        return spectral(self.product, self.scale**self.depth)

    def floor(self) -> Interval:
        """``2 L s^(2-2/L)``: the L-th root of ``(2 L)^L (s²)^(L-1)``."""
        s = self.size()
        ends = [(2 * self.depth) ** self.depth * x ** (self.depth - 1) for x in (s.low, s.high)]
        return Interval(_root(ends[0], self.depth, up=False), _root(ends[1], self.depth, up=True))


def _floats(matrix: Whole, scale: int) -> Any:
    return np.array([[x / scale for x in row] for row in matrix])


def spectral(matrix: Whole, scale: int) -> Interval:
    """Squared spectral norm of a matrix of whole numbers over a denominator."""
    gram = times(turned(matrix), matrix)
    return enclosed(gram, scale * scale, lower_end(gram, scale * scale))


def _root(x: Fraction, degree: int, up: bool) -> Fraction:
    """The root to `ROOT_BITS` bits; exact where it is a fraction of whole roots."""
    top, bottom = (_whole_root(part, degree) for part in (x.numerator, x.denominator))
    if top**degree == x.numerator and bottom**degree == x.denominator:
        return Fraction(top, bottom)
    shift = max(0, ROOT_BITS - (x.numerator.bit_length() - x.denominator.bit_length()) // degree)
    found = _whole_root((x.numerator << (shift * degree)) // x.denominator, degree)
    return Fraction(found + up, 1 << shift)


def _whole_root(x: int, degree: int) -> int:
    """The largest number whose power is at most x, by Newton's method from above."""
    if degree == 2:
        return isqrt(x)
    guess = 1 << (x.bit_length() // degree + 1)
    while True:
        step = ((degree - 1) * guess + x // guess ** (degree - 1)) // degree
        if step >= guess:
            return guess
        guess = step


def of(question: Question) -> Point:
    """The point of a question."""
    return Point(question.options.get("factors", "depth-3"))


def opened(point: Point) -> Book:
    """A book with what every point needs."""
    book = Book()
    total = sum(x * x for row in point.product for x in row)
    book.say("hypothesis", "|M|² > 0 in the Frobenius norm", Fraction(total, point.scale ** (2 * point.depth)), ">", 0)
    return book


def lambda_max(question: Question, sample: Sample | None) -> list[Rechecked]:
    """The main theorem."""
    point = of(question)
    book, value = opened(point), point.sharpness()
    name = "curvature of the loss along A_i^T X B_i^T / lambda_max"
    book.say("dynamics", name, Interval(point.steepest()) / value, ">=", 1 - Fraction(1, 10**8))
    book.say("conclusion", "lambda_max of the Hessian > 0", value, ">", 0)
    book.say("conclusion", "lambda_max - 2 L s^(2-2/L) >= 0", value - point.floor(), ">=", 0)
    return book.found


def _is_zero(x: Interval) -> bool:
    return x.low == x.high == 0


def flat(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Flat minima."""
    point = of(question)
    book, above = opened(point), point.sharpness() - point.floor()
    if not _is_zero(above):
        book.say("conclusion", "not flat: lambda_max - 2 L s^(2-2/L) > 0", above, ">", 0)
        return book.found
    book.say("conclusion", "flat: lambda_max - 2 L s^(2-2/L)", above, "==", 0)
    spread, parallel = top_pairs(point)
    book.say("conclusion", "so |a_i||b_i| of every top pair is one number: spread of the squares", spread, "==", 0)
    name = "and a_i is parallel to b_(i+1): |a_i|²|b_(i+1)|² - (a_i . b_(i+1))²"
    book.say("conclusion", name, parallel, "==", 0)
    scales = [point.scale**k for k in range(point.depth)]
    sizes = [
        spectral(a, left) * spectral(b, right)
        for a, b, left, right in zip(point.after, point.before, scales[::-1], scales, strict=True)
    ]
    largest, smallest = sizes[0], sizes[0]
    for x in sizes[1:]:
        largest, smallest = largest.most(x), smallest.least(x)
    ratio = largest / smallest
    if ratio.low > 1:
        book.say("conclusion", "but |A_i||B_i| differ: (largest / smallest)²", ratio, ">", 1)
    return book.found


def top_pairs(point: Point) -> tuple[Fraction, Fraction]:
    """The same two numbers from the left singular vectors, one column at a time."""
    size, unit = point.size().low, point.scale**point.depth
    gram = tuple(tuple(Fraction(-x, unit * unit) for x in row) for row in times(point.product, turned(point.product)))
    shifted = tuple(tuple(x + (size if i == j else 0) for j, x in enumerate(row)) for i, row in enumerate(gram))
    basis = exact.kernel(shifted)
    pairs = [*basis, *([p + q for p, q in zip(x, y, strict=True)] for i, x in enumerate(basis) for y in basis[:i])]
    spread = parallel = Fraction(0)
    for u in pairs:
        left = [[x] for x in u]
        right = times(turned(point.product), left)  # type: ignore[arg-type]
        a = [times(turned(x), left) for x in point.after]  # type: ignore[arg-type]
        b = [times(x, right) for x in point.before]
        lengths = [_length(x) * _length(y) for x, y in zip(a, b, strict=True)]
        spread = max(spread, max(lengths) - min(lengths))
        for x, y in zip(a[:-1], b[1:], strict=True):
            met = sum(s[0] * t[0] for s, t in zip(x, y, strict=True))
            parallel = max(parallel, _length(x) * _length(y) - met * met)
    return Fraction(spread), Fraction(parallel)


def _length(column: Whole) -> Fraction:
    return Fraction(sum(x[0] * x[0] for x in column))


def imbalance(point: Point) -> Fraction:
    """``sum_i |W_i W_i^T - W_{i+1}^T W_{i+1}|²`` through traces: ``|G|² + |H|² - 2 <G, H>``."""
    total = 0
    for w, after in zip(point.factors[:-1], point.factors[1:], strict=True):
        g, h = times(w, turned(w)), times(turned(after), after)
        pairs = [(x, y) for r, q in zip(g, h, strict=True) for x, y in zip(r, q, strict=True)]
        total += sum(x * x for x, _ in pairs) + sum(y * y for _, y in pairs) - 2 * sum(x * y for x, y in pairs)
    return Fraction(total, point.scale**4)


def balance(question: Question, sample: Sample | None) -> list[Rechecked]:
    """Balance."""
    point = of(question)
    book, even, equal = opened(point), Point("balanced"), Point("equal-norms")
    book.say("conclusion", "balanced, diag(2, 1, 1/2)³: lambda_max - floor", even.sharpness() - even.floor(), "==", 0)
    first, second = (spectral(w, equal.scale) for w in equal.factors)
    book.say("dynamics", "equal norms alone: |W_1|² - |W_2|²", first - second, "==", 0)
    book.say("conclusion", "equal norms alone: lambda_max - floor", equal.sharpness() - equal.floor(), ">", 0)
    uneven, above = imbalance(point), point.sharpness() - point.floor()
    if not uneven:
        book.say("conclusion", "balanced: lambda_max - 2 L s^(2-2/L)", above, "==", 0)
        return book.found
    if _is_zero(above):
        book.say("conclusion", "flat: lambda_max - 2 L s^(2-2/L)", above, "==", 0)
    else:
        book.say("conclusion", "not flat: lambda_max - 2 L s^(2-2/L) > 0", above, ">", 0)
    name = "not balanced: |W_i W_i^T - W_(i+1)^T W_(i+1)|² over all i"
    book.say("conclusion", name, uneven, ">", 0)
    return book.found
