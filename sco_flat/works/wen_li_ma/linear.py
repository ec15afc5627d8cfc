"""Linear algebra and linear programs in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Row = tuple[Fraction, ...]
ZERO, ONE = Fraction(0), Fraction(1)


def reduced(rows: Sequence[Sequence[Fraction]], width: int) -> tuple[list[list[Fraction]], list[int]]:
    """Row-reduce; return the rows that are not 0, and the places of their leading ones among the first ``width``."""
    left = [list(row) for row in rows]
    found: list[list[Fraction]] = []
    leads: list[int] = []
    for column in range(width):
        place = next((k for k, row in enumerate(left) if row[column]), None)
        if place is None:
            continue
        row = left.pop(place)
        head = row[column]
        row = [v / head for v in row]
        for other in (*left, *found):
            factor = other[column]
            if factor:
                other[:] = [a - factor * b for a, b in zip(other, row, strict=True)]
        found.append(row)
        leads.append(column)
    found += [row for row in left if any(row)]
    return found, leads


def kernel(rows: Sequence[Sequence[Fraction]], width: int) -> list[Row]:
    """A basis of ``{w: row · w = 0 for all rows}``."""
    found, leads = reduced(rows, width)
    basis = []
    for free in (c for c in range(width) if c not in leads):
        w = [ZERO] * width
        w[free] = ONE
        for row, lead in zip(found, leads, strict=False):
            w[lead] = -row[free]
        basis.append(tuple(w))
    return basis


def solve(rows: Sequence[Sequence[Fraction]], values: Sequence[Fraction]) -> Row | None:
    """One solution of ``row · w = value``, with 0 where it is free; None where there is none."""
    width = len(rows[0])
    found, leads = reduced([[*row, v] for row, v in zip(rows, values, strict=True)], width)
    if len(found) > len(leads):
        return None
    w = [ZERO] * width
    for row, lead in zip(found, leads, strict=True):
        w[lead] = row[-1]
    return tuple(w)


def minimise(
    costs: Sequence[Fraction], rows: Sequence[Sequence[Fraction]], values: Sequence[Fraction]
) -> Fraction | str | None:
    """Minimise ``costs · w`` over ``w >= 0`` with ``row · w = value`` for all rows, by Bland's rule in fractions.

    Returns
    -------
    Fraction, None or "unbounded"
        The minimum; None where no w is left.

    Examples
    --------
    >>> one = Fraction(1)
    >>> minimise([one, 3 * one], [[one, one]], [2 * one])
    Fraction(2, 1)
    """
    count, width = len(rows), len(costs)
    table = []
    for k, (row, v) in enumerate(zip(rows, values, strict=True)):
        sign = -1 if v < 0 else 1
        extra = [ONE if k == i else ZERO for i in range(count)]
        table.append([*(sign * a for a in row), *extra, sign * v])
    basis = [width + k for k in range(count)]
    first = [ZERO] * width + [ONE] * count
    _simplex(table, basis, first, width + count)
    if sum((first[b] * row[-1] for b, row in zip(basis, table, strict=True)), ZERO) > 0:
        return None
    for k in range(count - 1, -1, -1):  # artificial ones that are left at 0 go out, or their row is no condition
        if basis[k] >= width:
            enter = next((c for c in range(width) if table[k][c]), None)
            if enter is None:
                del table[k], basis[k]
            else:
                _pivot(table, basis, k, enter)
    second = [*costs, *(ZERO,) * count]
    if not _simplex(table, basis, second, width):
        return "unbounded"
    return sum((second[b] * row[-1] for b, row in zip(basis, table, strict=True)), ZERO)


def _pivot(table: list[list[Fraction]], basis: list[int], place: int, enter: int) -> None:
    head = table[place][enter]
    table[place] = [v / head for v in table[place]] if head != 1 else table[place]
    own = table[place]
    for k, row in enumerate(table):
        factor = row[enter]
        if k != place and factor:
            table[k] = [a - factor * b if b else a for a, b in zip(row, own, strict=True)]
    basis[place] = enter


def _simplex(table: list[list[Fraction]], basis: list[int], costs: Sequence[Fraction], allowed: int) -> bool:
    """Pivot until no cost among the first ``allowed`` falls; False if it falls for ever."""
    while True:
        prices = [costs[b] for b in basis]
        inside = set(basis)
        enter = next(
            (
                c for c in range(allowed)
                if c not in inside
                and costs[c] - sum((p * row[c] for p, row in zip(prices, table, strict=True) if p and row[c]), ZERO) < 0
            ),
            None,
        )  # fmt: skip
        if enter is None:
            return True
        ratios = [(row[-1] / row[enter], basis[k], k) for k, row in enumerate(table) if row[enter] > 0]
        if not ratios:
            return False
        _pivot(table, basis, min(ratios)[2], enter)
