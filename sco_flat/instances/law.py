"""The population risk of a hinge of a random norm, exactly or in a rigorous bracket.

The losses of arXiv 2511.03548 have population risks of the form ``E G(S)`` with

    G(s) = 1/2 [sqrt(s) - rho]_+^2,    S = base + sum_i X_i,    X_i = p_i or q_i, each with probability 1/2,

independently over the rows ``i`` (``p_i`` and ``q_i`` are the squared norms of block ``i`` that the two values
of its bit let through). ``G`` is increasing and convex: for ``s > rho^2`` its slope is
``(1 - rho / sqrt(s)) / 2``, in [0, 1/2), and its curvature is ``rho / (4 s^(3/2))``.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sco_flat.errors import InputError

Vector = NDArray[np.float64]

_EPS = 2.0**-52  # twice the unit roundoff: first-order error counts below are safe with it
_LARGEST = 1e300  # sums of 10^8 such entries still fit a double
_NEGLIGIBLE = 1e-300  # jumps up to this are left out, in units where the largest S is about 1
_UNDERFLOW = 1e-250  # more than these jumps and all products that underflowed, in the same units
_CUT = 1e-40  # probability that the lattice may lose at the ends of the support, over all rows
_MOST_CELLS = 2**22  # length of the lattice: 64 MB of work space


def expected_hinge(
    base: float,
    p: ArrayLike,
    q: ArrayLike,
    rho: float,
    *,
    enumeration: int = 2**20,
    cells: int = 2**28,
    tolerance: float = 1e-6,
) -> tuple[float, float]:
    """Bracket ``E 1/2 [sqrt(base + sum_i X_i) - rho]_+^2`` for independent fair choices ``X_i`` of p_i or q_i.

    The answer is exact up to rounding at ``rho = 0`` (the mean) and where the rows with equal jumps
    ``|p_i - q_i|`` leave at most ``enumeration`` sums. Beyond that it is a bracket by convex order: rows are
    spread onto a lattice without moving their means for the upper end; the lower end is the better of the
    upper end less its curvature, and of rows drawn together onto the lattice.

    Parameters
    ----------
    base : float
        The sure part of the squared norm, in [0, 1e300].
    p, q : array_like, shape (rows,)
        The two values of each row, squared norms in [0, 1e300].
    rho : float
        Flatness radius of the loss, >= 0, in units of a norm.
    enumeration : int
        The largest number of sums to enumerate.
    cells : int
        An upper estimate of the lattice cells to update, about three multiply-adds each.
    tolerance : float
        The lattice is refined until the bracket is this narrow relative to its upper end, or ``cells`` are spent.

    Returns
    -------
    tuple of float
        ``(lower, upper)``, both widened outward by the rounding of the computation.

    Raises
    ------
    InputError
        A negative, non-finite or too large entry, or p and q of different shapes.
    """
    base, least, jumps, rho = _checked(base, p, q, rho)
    low = math.fsum([base, *least.tolist()])
    span = math.fsum(jumps.tolist())
    if math.sqrt((low + span) * (1 + 8 * _EPS)) * (1 + 2 * _EPS) <= rho:
        return 0.0, 0.0
    # G(4^e s; 2^e rho) = 4^e G(s; rho): a power of two, so no rounding, and no later under- or overflow
    power = math.frexp(low + span)[1] // 2
    low, span, jumps, rho = (
        math.ldexp(low, -2 * power),
        math.ldexp(span, -2 * power),
        np.ldexp(jumps, -2 * power),
        math.ldexp(rho, -power),
    )
    mean = low + span / 2
    jumps = jumps[jumps > _NEGLIGIBLE]
    sizes, counts = np.unique(jumps, return_counts=True)
    if rho <= 1e-20 * math.sqrt(mean):
        # s/2 - rho sqrt(s) <= G(s) <= s/2 for every s, and E sqrt(S) <= sqrt(E S)
        bracket = _outward(mean / 2 - rho * math.sqrt(mean), mean / 2, 8 * _EPS)
    elif sizes.size < 64 and math.prod((counts + 1).tolist()) <= max(1, enumeration):
        bracket = _enumerate(low, sizes, counts, rho)
    else:
        bracket = 0.0, math.inf
        for budget in (cells // 64, cells // 8, cells):
            below, above = _lattice(low, jumps, rho, budget)
            bracket = max(bracket[0], below), min(bracket[1], above)
            if bracket[1] - bracket[0] <= tolerance * bracket[1]:
                break
    lower, upper = math.ldexp(bracket[0], 2 * power), math.ldexp(bracket[1], 2 * power)
    return max(0.0, math.nextafter(lower, -math.inf)), math.nextafter(upper, math.inf)


def expected_hinge_monte_carlo(
    base: float, p: ArrayLike, q: ArrayLike, rho: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Estimate the same expectation by plain sampling, as a cross-check that shares no step with the bracket.

    Parameters
    ----------
    base, p, q, rho
        As for `expected_hinge`.
    draws : int
        Number of independent draws, at least 2.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    tuple of float
        The mean and the half width of its normal 95 % confidence interval.

    Raises
    ------
    InputError
        As for `expected_hinge`, or fewer than 2 draws.
    """
    if draws < 2:
        raise InputError("draws", draws, "a confidence interval needs at least 2 draws", "give draws >= 2")
    base, least, jumps, rho = _checked(base, p, q, rho)
    values = np.empty(draws)
    chunk = max(1, 2**20 // max(1, jumps.size))
    for start in range(0, draws, chunk):
        stop = min(start + chunk, draws)
        bits = rng.integers(0, 2, size=(stop - start, jumps.size), dtype=np.int8)
        values[start:stop] = _hinge(base + least.sum() + bits @ jumps, rho)
    return float(values.mean()), float(1.96 * values.std(ddof=1) / math.sqrt(draws))


def _checked(base: float, p: ArrayLike, q: ArrayLike, rho: float) -> tuple[float, Vector, Vector, float]:
    """Validate the input and return base, the smaller value of every row, the positive jumps, and rho."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    if p.ndim != 1 or p.shape != q.shape:
        shapes = f"{p.shape}, {q.shape}"
        raise InputError("p, q", shapes, "two vectors with one entry per row", "give the same length")
    for key, values in (("base", np.atleast_1d(np.float64(base))), ("p", p), ("q", q)):
        wrong = ~((values >= 0) & (values <= _LARGEST))
        if wrong.any():
            limit = f"squared norms lie in [0, {_LARGEST:g}]"
            raise InputError(key, values[wrong][0], limit, "pass squares of finite coordinates")
    if not 0 <= rho < math.inf:
        raise InputError("rho", rho, "the flatness radius is finite and at least 0", "give rho >= 0")
    jumps = np.abs(p - q)
    return float(base), np.minimum(p, q), jumps[jumps > 0], float(rho)


def _hinge(s: Vector, rho: float) -> Vector:
    """Return G(s) = 1/2 [sqrt(s) - rho]_+^2."""
    return 0.5 * np.maximum(np.sqrt(s) - rho, 0.0) ** 2


def _curvature(s: Vector, rho: float) -> Vector:
    """Return a decreasing convex majorant of G'': its own values from rho^2 on, the tangent there before it.

    G'' itself jumps from 0 to its maximum ``1/(4 rho^2)`` at ``rho^2``, so it is neither.
    """
    t = s / rho**2
    return (np.maximum(t, 1.0) ** -1.5 + 1.5 * np.maximum(1.0 - t, 0.0)) / (4 * rho**2)


def _outward(lower: float, upper: float, error: float) -> tuple[float, float]:
    """Widen a bracket of a non-negative number by a relative error and by what may have underflowed."""
    return max(0.0, lower * (1 - error) - _UNDERFLOW), upper * (1 + error) + _UNDERFLOW


def _expectations(mass: Vector, s: Vector, rho: float, slack: float) -> tuple[float, float]:
    """Return ``sum mass G(s (1 - slack))`` and ``sum mass G(s (1 + slack))``.

    G is increasing, so a relative error of s is dealt with by moving s: near ``rho^2``, where G vanishes to
    second order, no relative error of G would do. The 8 covers the square root.
    """
    slack += 8 * _EPS
    return float(np.sum(mass * _hinge(s * (1 - slack), rho))), float(np.sum(mass * _hinge(s * (1 + slack), rho)))


def _enumerate(low: float, sizes: Vector, counts: NDArray[np.int64], rho: float) -> tuple[float, float]:
    """Sum over all values of ``low + sum_g sizes[g] Binomial(counts[g], 1/2)``."""
    s, mass, steps = np.array([low]), np.ones(1), 0.0
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        s = np.add.outer(s, size * np.arange(count + 1)).ravel()
        mass = np.multiply.outer(mass, _binomial(count)).ravel()
        steps += 3 * min(count, 20 * math.sqrt(count)) + 68
    # Rounding. s: one product and one sum per group. Masses: per group one product and `steps` (see _binomial).
    # Outer sum: pairwise in NumPy, under 64 roundings. All terms are non-negative, so relative errors add up.
    lower, upper = _expectations(mass, s, rho, (2 * counts.size + 2) * _EPS)
    return _outward(lower, upper, (steps + 72) * _EPS)


@functools.lru_cache(maxsize=16)
def _binomial(count: int) -> Vector:
    """Return the weights of Binomial(count, 1/2), by ratios outward from the middle.

    Weights further than ``20 sqrt(count)`` from the middle underflow (Hoeffding), so no weight that counts is
    the product of more ratios than that, at three roundings each; the normalising sum adds under 64.
    """
    middle = count // 2
    up = np.arange(middle, count)
    right = np.cumprod((count - up) / (up + 1.0))
    down = np.arange(middle, 0, -1)
    left = np.cumprod(down / (count - down + 1.0))
    weights: Vector = np.concatenate((left[::-1], [1.0], right))
    weights /= weights.sum()
    weights.setflags(write=False)  # kept: the suffixes of a run ask for the same few
    return weights


def _lattice(low: float, jumps: Vector, rho: float, cells: int) -> tuple[float, float]:
    """Bracket the expectation on a lattice with a budget of cell updates.

    Upper end. A row {0, a} becomes {0, k h, (k+1) h} with the mean of its upper value kept, and rows with
    ``a <= h`` are first merged into {0, sum of their a}: both are mean-preserving spreads, so by convexity
    the expectation does not fall.

    Lower end. If the spread of one group of rows adds the variance v, the expectation rises by at most
    ``v/2 E C(O)``, with C the majorant of the curvature and O the sum of the other rows. C is convex and
    decreasing; hence with the other rows spread as well, giving Y in total, and because the group is 0 with
    probability 1/2, ``E C(O) <= 2 E C(Y)``. The other lower end draws {0, a} together to two points k h apart
    with the same mean, the opposite of a spread; it is the better one where rho^2 is far above the mean.
    """
    jumps = np.sort(jumps)
    h = _step(jumps, cells)
    merged, added, largest_group = _merge(jumps, h)
    k, part = _on_lattice(merged, h)
    mass, s, dropped, error = _law(low, k, part, h)
    # a merged jump has one rounding per row of its group, relative to that jump and so to s
    slack = (largest_group + 4) * _EPS
    below, above = _expectations(mass, s, rho, slack)
    ceiling = float(_hinge(np.array([(low + h * float(np.sum(k + 1))) * (1 + slack)]), rho)[0])
    bend = float(np.sum(mass * _curvature(s * (1 - slack), rho))) + 2.5 / (4 * rho**2) * dropped
    added += 0.5 * h * h * float(np.sum(part * (1 - part)))
    below = below * (1 - error) - added * bend * (1 + error + slack)
    upper = above + dropped * ceiling

    k, part = _on_lattice(jumps, h)
    # the means of what is cut off a jump, and so the whole of a small jump, become part of the base
    base = math.fsum([low, *(0.5 * h * part).tolist()])
    k = k[k > 0]
    mass, s, _, error_too = _law(base, k, np.zeros(k.size), h)
    together, _ = _expectations(mass, s, rho, 4 * _EPS)
    return _outward(max(below, together * (1 - error_too)), upper, error)


def _step(jumps: Vector, cells: int) -> float:
    """Return the finest power of two whose accumulation stays within the budget of cell updates.

    With a power of two, dividing a jump by the step and splitting off the integer part are exact.
    The work is estimated, not the result: Hoeffding gives the width of the support that is kept.
    """
    sums, squares = (np.concatenate(([0.0], np.cumsum(a))) for a in (jumps, jumps**2))
    h = 2.0 ** math.frexp(sums[-1])[1]
    while True:
        finer = h / 2
        small = int(np.searchsorted(jumps, finer, side="right"))
        large = jumps.size - small
        rows = large + min(small, sums[small] / finer + 1)
        square = squares[-1] - squares[small] + 2 * finer * (sums[-1] - sums[small]) + (large + 4 * rows) * finer**2
        length = sums[-1] / finer + rows + 1
        support = min(length, 2 * math.sqrt(0.5 * math.log(2 * jumps.size / _CUT) * square) / finer)
        if length > _MOST_CELLS or rows * support > cells:
            return h
        h = finer


def _merge(jumps: Vector, h: float) -> tuple[Vector, float, int]:
    """Merge the jumps up to h into groups of sum below 2h; return the jumps, the variance added, the largest group.

    Merged rows jump together. That costs less variance than spreading tiny rows one by one, and leaves at most
    ``sum / h + 1`` of them.
    """
    small = jumps[: np.searchsorted(jumps, h, side="right")]
    if small.size == 0:
        return jumps, 0.0, 1
    label = np.floor(np.cumsum(small) / h)
    starts = np.flatnonzero(np.concatenate(([True], np.diff(label) > 0)))
    sizes = np.diff(np.append(starts, small.size))
    groups = np.add.reduceat(small, starts)
    several = sizes > 1
    squares = groups[several] ** 2
    added = 0.25 * float(np.sum(squares - np.add.reduceat(small**2, starts)[several]))
    largest = int(sizes.max())
    # the differences cancel: their rounding, up to 3 per row of a group and 64 in the sum, is that of the squares
    added += (3 * largest + 72) * _EPS * float(np.sum(squares))
    return np.sort(np.concatenate((groups, jumps[small.size :]))), added, largest


def _on_lattice(jumps: Vector, h: float) -> tuple[NDArray[np.int64], Vector]:
    """Split jumps into whole steps and a remainder in [0, 1) of a step; exact for a power of two."""
    part, whole = np.modf(jumps / h)
    return whole.astype(np.int64), part


def _law(low: float, k: NDArray[np.int64], part: Vector, h: float) -> tuple[Vector, Vector, float, float]:
    """Return the masses and values of ``low`` plus the rows on the lattice, the mass cut off, and its error.

    The error is relative and covers the masses (five roundings per row, all terms non-negative), any pairwise
    sum over them (under 64) and the function summed (under 16).
    """
    from sco_flat.instances.kernels.lattice import accumulate

    table = np.zeros((2, int(np.sum(k + 1)) + 1))
    bounds = np.zeros(3, dtype=np.int64)
    dropped = accumulate(k, part, _CUT / max(1, k.size), table, bounds)
    turn, first, last = bounds.tolist()
    mass = table[turn, first : last + 1].copy()
    values = low + h * np.arange(first, last + 1, dtype=np.float64)
    return mass, values, float(dropped), (5 * k.size + 80) * _EPS
