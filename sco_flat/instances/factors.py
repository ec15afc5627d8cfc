"""Exact factors W_1, ..., W_L of a matrix M: named ones, random ones, one's own from a text or a file; and snapping.

A point is written in one line: matrices from W_1 on, parted by ``|``, their rows by ``;`` and entries by spaces, as in
``1 0; 0 1/2 | 1 0; 0 3/5``. Everything here is exact; M is their product ``W_L ... W_1``.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, prod
from pathlib import Path
from typing import Any

import numpy as np

from sco_flat import numbers
from sco_flat.errors import InputError, nearest, shown

Matrix = tuple[tuple[Fraction, ...], ...]
CLOSE = Fraction(1, 10**10)
"""Largest |M - W_L ... W_1| / |M| of factors that are taken for a minimum."""
LARGEST = 4096
"""Most entries of all factors together."""
HUGE = Fraction(10**100)
"""Bound on the product of the factors' norms, and its inverse on |M|: floats hold all that is computed between."""
GRID = 2**44
"""Entries of a point that is snapped are rounded to multiples of 1/GRID."""
GUESSES = 4 * 10**8
"""Below the inverse of the relative width of intervals: fractions p/q with p q below it are farther apart."""
ROUNDS = 64
"""Of power iteration."""
BYTES = 2**22
NAMED = {
    "depth-3": "2 1 0; 0 1 0; 1 0 2 | 1 0 1/2; 0 1 0; 1/2 0 1 | 4/3 0 -2/3; -2/3 5/4 5/6; 1/3 -3/8 1/12",
    "unequal-products": "1 0; 0 1/2 | 1 0; 0 3/5 | 1 0; 0 6/5",
    "equal-norms": "1 0; 0 0; 0 5 | 1 0 0; 0 5 0",
    "not-balanced": "1 0; 0 1/9 | 1 0; 0 9/10",
    "balanced": "2 0 0; 0 1 0; 0 0 1/2 | 2 0 0; 0 1 0; 0 0 1/2 | 2 0 0; 0 1 0; 0 0 1/2",
    "scalar": "1 | 1",
}
"""The points of the statements."""


@dataclass(frozen=True)
class Minimiser:
    """Factors and their product.

    Attributes
    ----------
    factors : tuple of Matrix
        W_1 to W_L.
    residual, move : float
        Of factors that were given with an M: ``|M - W_L ... W_1| / |M|``, and how far snapping moved W_L, relatively.
    """

    factors: tuple[Matrix, ...]
    residual: float = 0.0
    move: float = 0.0

    @functools.cached_property
    def target(self) -> Matrix:
        """M, exactly."""
        return product(self.factors)

    @property
    def text(self) -> str:
        """The factors in one line, the only spelling of them."""
        return " | ".join("; ".join(" ".join(map(str, row)) for row in matrix) for matrix in self.factors)


def multiply(a: Matrix, b: Matrix) -> Matrix:
    """``a b``, exactly."""
    columns = tuple(zip(*b, strict=True))
    return tuple(tuple(sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in columns) for r in a)


def transposed(a: Matrix) -> Matrix:
    """The transpose."""
    return tuple(zip(*a, strict=True))


def identity(size: int) -> Matrix:
    """The identity."""
    return tuple(tuple(Fraction(i == j) for j in range(size)) for i in range(size))


def product(factors: Sequence[Matrix]) -> Matrix:
    """``W_k ... W_1``."""
    return functools.reduce(lambda done, w: multiply(w, done), factors)


def squared(a: Matrix) -> Fraction:
    """Squared Frobenius norm."""
    return sum((x * x for row in a for x in row), Fraction(0))


def minus(a: Matrix, b: Matrix) -> Matrix:
    """``a - b``."""
    return tuple(tuple(x - y for x, y in zip(r, s, strict=True)) for r, s in zip(a, b, strict=True))


def scaled(a: Matrix, factor: Fraction) -> Matrix:
    """``factor a``."""
    return tuple(tuple(factor * x for x in row) for row in a)


def kernel(a: Matrix) -> list[tuple[Fraction, ...]]:
    """A basis of the vectors that a square matrix takes to 0."""
    size, rows, pivots = len(a), [list(row) for row in a], list[int]()
    for j in range(size):
        k = len(pivots)
        pivot = next((i for i in range(k, size) if rows[i][j]), None)
        if pivot is None:
            continue
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][j] for x in rows[k]]
        for i in range(size):
            if i != k and rows[i][j]:
                rows[i] = [x - rows[i][j] * y for x, y in zip(rows[i], rows[k], strict=True)]
        pivots.append(j)
    found = []
    for j in range(size):
        if j not in pivots:
            vector = [Fraction(i == j) for i in range(size)]
            for k, place in enumerate(pivots):
                vector[place] = -rows[k][j]
            found.append(tuple(vector))
    return found


def sides(factors: Sequence[Matrix]) -> tuple[list[Matrix], list[Matrix]]:
    """``A_i = W_L ... W_{i+1}`` and ``B_i = W_{i-1} ... W_1`` for i = 1..L; empty products are the identity."""
    before, after = [identity(len(factors[0][0]))], [identity(len(factors[-1]))]
    for w in factors[:-1]:
        before.append(multiply(w, before[-1]))
    for w in factors[:0:-1]:
        after.append(multiply(after[-1], w))
    return after[::-1], before


def solve(a: Matrix, b: Matrix) -> Matrix | None:
    """x with ``x a = b`` for a square a, by elimination; None where a is singular."""
    size = len(a)
    rows = [[*x, *y] for x, y in zip(transposed(a), transposed(b), strict=True)]
    for k in range(size):
        pivot = next((i for i in range(k, size) if rows[i][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k], strict=True)]
    return transposed(tuple(tuple(row[size:]) for row in rows))


def shaped(key: str, factors: Sequence[Matrix]) -> None:
    """Refuse what is no product of at least two matrices.

    Raises
    ------
    InputError
        With the shapes.
    """
    shapes = " ".join(f"{len(w)}x{len(w[0])}" for w in factors)
    if len(factors) < 2:
        raise InputError(key, f"{len(factors)} factor(s)", "the depth L is at least 2", "give W_1 and W_2 at least")
    for k, (w, after) in enumerate(itertools.pairwise(factors), 1):
        if len(w) != len(after[0]):
            raise InputError(
                key, shapes, f"W_{k + 1} has {len(after[0])} columns, and W_{k} has {len(w)} rows", "mend the shapes"
            )
    entries = sum(len(w) * len(w[0]) for w in factors)
    if entries > LARGEST:
        raise InputError(key, shapes, f"has {entries:,} entries, and {LARGEST:,} are the most", "give smaller factors")
    if prod(max(squared(w), Fraction(1)) for w in factors) > HUGE**2:
        raise InputError(key, shapes, f"the norms multiply to more than {float(HUGE):g}", "give smaller entries")


def exact_minimiser(key: str, factors: tuple[Matrix, ...]) -> Minimiser:
    """The factors as a minimum of the loss of their own product.

    Raises
    ------
    InputError
        For shapes that do not fit, and where the product is 0.
    """
    shaped(key, factors)
    found = Minimiser(factors)
    size = squared(found.target)
    if size * HUGE**2 < 1:
        shown = f"|M| < {1 / float(HUGE):g}" if size else "M = 0"
        raise InputError(key, shown, "the product is not 0", "give factors with another product")
    return found


def snapped(key: str, target: Matrix, factors: Sequence[Matrix], *, round_first: bool = False) -> Minimiser:
    """Move W_L, as little as possible, so that the product is M exactly.

    Parameters
    ----------
    key : str
        For errors.
    target : Matrix
        M.
    factors : sequence of Matrix
        W_1 to W_L with a product near M.
    round_first : bool
        Round W_1 to W_{L-1} to multiples of 1/`GRID` before.

    Raises
    ------
    InputError
        If ``|M - W_L ... W_1| > 1e-10 |M|``, or ``W_{L-1} ... W_1`` has dependent columns.
    """
    size = squared(target)
    shape = (len(factors[-1]), len(factors[0][0]))
    if (len(target), len(target[0])) != shape:
        raise InputError(key, f"M {len(target)}x{len(target[0])}", f"the product is {shape[0]}x{shape[1]}", "mend M")
    if size * HUGE**2 < 1:
        raise InputError(key, "M = 0" if not size else "a tiny M", "the product is not 0", "give another M")
    off = squared(minus(target, product(factors))) / size
    if off > CLOSE**2:
        limit = "|M - W_L ... W_1| is at most 1e-10 |M| at a minimum"
        raise InputError(key, f"{float(off) ** 0.5:.3g} |M|", limit, "give a point of zero loss")
    if not off:
        return Minimiser(tuple(factors))
    first = [tuple(tuple(_rounded(x) for x in row) for row in w) for w in factors[:-1]] if round_first else factors[:-1]
    inner, last = product(first), factors[-1]
    gap = minus(target, multiply(last, inner))
    share = solve(multiply(transposed(inner), inner), gap)
    if share is None:
        shown = "W_1" if len(first) == 1 else f"W_{len(first)} ... W_1"
        raise InputError(key, shown, "snapping needs independent columns", "give factors whose product is M exactly")
    step = multiply(share, transposed(inner))
    move = squared(step) + sum((squared(minus(w, v)) for w, v in zip(first, factors[:-1], strict=True)), Fraction(0))
    total = sum(map(squared, factors), Fraction(0))
    mended = tuple(tuple(x + y for x, y in zip(r, s, strict=True)) for r, s in zip(last, step, strict=True))
    return Minimiser((*first, mended), float(off) ** 0.5, float(move / total) ** 0.5)


def guess(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of small denominator near the middle of a narrow interval: the only one of its size in there."""
    return ((low + high) / 2).limit_denominator(max(isqrt(int(GUESSES / high)), 1))


def leading_pair(target: Matrix) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Whole vectors u, v near a top singular pair: power iteration without floats, the same on every machine."""
    gram = multiply(transposed(target), target)
    v = tuple(Fraction(1, 1 + j) for j in range(len(gram)))
    for _ in range(ROUNDS):
        v = _whole(tuple(row[0] for row in multiply(gram, tuple((x,) for x in v))))
    u = _whole(tuple(row[0] for row in multiply(target, tuple((x,) for x in v))))
    return tuple(map(int, u)), tuple(map(int, v))


def _whole(vector: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    largest = max(map(abs, vector))
    return tuple(Fraction(round(x * 2**40 / largest)) for x in vector)


def _rounded(x: Fraction) -> Fraction:
    return Fraction(round(x * GRID), GRID)


def exactly(array: Any) -> Matrix:
    """The matrix that an array of floats is."""
    return tuple(tuple(map(Fraction, row)) for row in np.asarray(array, dtype=np.float64).tolist())


def read(key: str, value: str) -> Minimiser:
    """Read factors: a name of `NAMED`, ``random:DEPTH:SIZE:SEED``, a text of fractions, or the name of a JSON file.

    The file has ``factors``, a list of matrices from W_1 on, with numbers or texts such as ``"1/3"`` as entries; and
    ``M`` where that is not their product. Then W_L is moved as little as possible to make it so.

    Parameters
    ----------
    key : str
        For errors.
    value : str
        What was given.

    Raises
    ------
    InputError
        For what cannot be read, and for what is no minimum; see `exact_minimiser` and `snapped`.

    Examples
    --------
    >>> read("factors", "1 0; 0 1/9 | 1 0; 0 9/10").target[1][1]
    Fraction(1, 10)
    """
    word = value.strip()
    if _names_file(word):
        return _from_file(key, word)
    kind, colon, rest = word.lower().partition(":")
    if colon and kind == "random":
        return _random(key, value, rest)
    return _written(key, NAMED.get(word.lower(), word))


def _names_file(word: str) -> bool:
    return word.lower().endswith(".json")


def spelled(key: str, value: str, outside: bool) -> str:
    """Return the only spelling of what `read` reads: a name as it is, or the factors in one line.

    Parameters
    ----------
    key, value : str
        As for `read`.
    outside : bool
        Whether it may name a file.

    Raises
    ------
    InputError
        See `read`; also for a file that may not be named.
    """
    word = value.strip()
    if _names_file(word) and not outside:
        raise InputError(key, value, "is not the name of a file", "write the factors")
    found, (kind, colon, rest) = read(key, word), word.lower().partition(":")
    if colon and kind == "random":
        return ":".join([kind, *map(str, _three(key, word, rest))])
    return kind if kind in NAMED else found.text


@functools.lru_cache(maxsize=64)
def _written(key: str, text: str) -> Minimiser:
    parts = enumerate(text.split("|"), 1)
    return exact_minimiser(
        key, tuple(_matrix(key, [row.split() for row in part.split(";")], f"W_{k}") for k, part in parts)
    )


def _matrix(key: str, rows: Any, name: str) -> Matrix:
    """A matrix from lists of numbers or texts."""
    known = ", ".join(NAMED)
    mend = f"write a name ({known}), random:DEPTH:SIZE:SEED, W_1 | W_2 as 1 0; 0 1/2 | 1 0; 0 1, or a JSON file"
    good = isinstance(rows, list) and rows and all(isinstance(r, list) and r for r in rows)
    if not good or len({len(r) for r in rows}) > 1:
        raise InputError(key, name, "is a matrix: rows of equally many numbers", mend)
    entry: Any = None
    try:
        return tuple(tuple(numbers.fraction(entry := x) for x in row) for row in rows)
    except (ValueError, ZeroDivisionError, OverflowError):
        near = nearest(entry, NAMED) if isinstance(entry, str) else []
        hint = f"did you mean {' or '.join(near)}?" if near else mend
        raise InputError(key, f"{shown(entry)} in {name}", "has entries that are fractions", hint) from None


def _from_file(key: str, path: str) -> Minimiser:
    try:
        raw = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(key, path, f"cannot be read ({reason})", "give a JSON file with factors") from None
    if len(raw) > BYTES:
        raise InputError(key, path, f"is longer than {BYTES:,} bytes", "give a smaller file")
    try:
        data = json.loads(raw.decode("utf-8"), parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or not {"factors"} <= set(data) <= {"factors", "M"}:
        raise InputError(key, path, "is a JSON table with factors, and M if it is not their product", "mend the file")
    listed = data["factors"] if isinstance(data["factors"], list) else []
    factors = tuple(_matrix(key, rows, f"W_{k} of {path}") for k, rows in enumerate(listed, 1))
    if "M" not in data:
        return exact_minimiser(key, factors)
    shaped(key, factors)
    return snapped(key, _matrix(key, data["M"], f"M of {path}"), factors)


def _three(key: str, value: str, rest: str) -> tuple[int, int, int]:
    """Depth, size and seed."""
    parts = rest.split(":")
    if len(parts) != 3:
        raise InputError(key, value, "is random:DEPTH:SIZE:SEED", "write for example random:4:20:0")
    limits = {"depth": (2, 64), "size": (1, 32), "seed": (0, 2**63)}
    depth, size, seed = (numbers.whole(f"{key}: {k}", x, *limits[k]) for k, x in zip(limits, parts, strict=True))
    return depth, size, seed


def _random(key: str, value: str, rest: str) -> Minimiser:
    """Square factors whose entries are multiples of 1/8 from -1 to 1."""
    depth, size, seed = _three(key, value, rest)
    drawn = np.random.default_rng(seed).integers(-8, 9, size=(depth, size, size))
    entries = tuple(tuple(tuple(Fraction(x, 8) for x in row) for row in matrix) for matrix in drawn.tolist())
    return exact_minimiser(key, entries)
