"""The SAER of the hinge losses in a narrow bracket: relax, climb, branch.

**The problem.** With ``s_k`` = ``xi_k²`` = ``sum_c A_kc x_c²`` at ``x = w + v``, maximise ``G(s)`` = mean of
``g(s_k)`` = ``½ [sqrt(s_k) - rho]_+²`` over ``|v| <= r``. ``A_kc`` is the squared weight of coordinate c where example
k feels the side on which ``x_c`` lies, else 0. Beyond rho, ``g(s) = ½ (s - 2 rho sqrt(s) + rho²)`` has the slope
``½ (1 - rho / sqrt(s))``, which increases: g is convex and non-decreasing *in s*.

**Relaxation.** On a range ``p <= xi_k <= q`` g lies below its chord ``alpha_k + beta_k s_k``, and the sum of the chords
is separable in the coordinates: ``sum_c P_c x_c²`` with ``P_c`` the mean of ``beta_k A_kc``. With one multiplier mu
above all P, ``P x² - mu (x - w)²`` is concave on the side of w, largest at ``x = mu w / (mu - P)``, and

    max G <= mean alpha_k + sum_c P_c mu w_c² / (mu - P_c) + mu r²      for every mu > max P.

In ``y_c = x_c²`` the constraint ``sum (sqrt(y_c) - |w_c|)² <= r²`` is convex, so that on the side of w nothing is lost.
Coordinates that are felt alike move in proportion and count as one, of their common norm.

**Crossing.** A coordinate crosses if ``x_c`` and ``w_c`` have opposite signs; then ``v_c`` is longer than ``x_c``, and
``P_c x_c = mu v_c`` at a maximiser makes ``P_c > mu``. A maximiser has no two coordinates with ``P > mu``: in their
plane there is a direction along the sphere, and by the convexity of G in s the value grows along it. So *at most one
coordinate crosses*, only where ``P_c (r - |w_c|) / r >= mu`` is at least P of all others (`_rivals`), and of those that
are felt alike the one nearest to 0. Without crossing no ``|x_c|`` is below ``|w_c|``: growing it back costs nothing.

**Branching.** On the range of the ``xi_k`` whose chord is furthest above g at the relaxed maximiser, between rho and
that point, then near it; on whether a coordinate crosses; and on how far it does, y: ``P y² - mu (|w| + y)²`` is
largest at an end of the range of y. Where all chords are tight the bound is attained, so the bracket closes. Nodes are
taken by their bounds; the lower end climbs from the maximiser of each.

**Rounding.** Sums have non-negative terms, and differences are of inputs or of mu and P rounded up, so that each term
is right up to a few units; ``Squares.slack`` allows for all of them in every bound.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.saer.ascent import climb
from sco_flat.results import Interval

Vector = NDArray[np.float64]

GOAL = 1e-2
"""Relative width at which a bracket is narrow enough ..."""
SOON, FEW = 1e-3, 64
"""... and the one that is aimed at for the first few nodes."""
NODES = 40000
"""Most nodes of a search ..."""
WORK = 3 * 2**31
"""... and most numbers that they may read; beyond that the bracket is what has been reached."""
BEYOND = 0.8
"""A range around rho is cut that far from rho to the relaxed maximiser: a chord that ends near it is tight there."""
_EPS = 2.0**-52


@dataclass(frozen=True, eq=False)
class Squares:
    """Coordinates that are felt alike, as one each: G groups of them, n examples.

    Attributes
    ----------
    ahead, behind : ndarray, shape (n, G)
        Squared weights on the side of w and on the other one.
    norms, least : ndarray, shape (G,)
        Norm of a group at w, and its entry nearest to 0; ``least`` is infinite where crossing gains nothing.
    radius, rho : float
        r and rho.
    reach : float
        Lipschitz constant of the ``xi_k``.
    terms : int
        Number of coordinates behind the groups.
    """

    ahead: Vector
    behind: Vector
    norms: Vector
    least: Vector
    radius: float
    rho: float
    reach: float
    terms: int

    @property
    def slack(self) -> float:
        """Relative rounding of a sum over all coordinates and examples."""
        return float(64 + self.terms + self.ahead.shape[0]) * _EPS

    def value(self, x: Vector) -> tuple[float, Vector]:
        """G at ``w + v = x``, and the ``xi_k``; no entry but the last may be negative, the one that crosses."""
        squares = x * x
        if x[-1] < 0.0:
            xi = np.sqrt(self.ahead[:, :-1] @ squares[:-1] + self.behind[:, -1] * squares[-1])
        else:
            xi = np.sqrt(self.ahead @ squares)
        return mean(heights(xi, self.rho)), xi

    def climb(self, x: Vector, rounds: int = 200) -> float:
        """The largest value on the way up from a point.

        Without crossing, the tangents of g in s are lines as in `relax`, of which the maximum is known: no round falls.
        """
        if x[-1] < 0.0:
            return climb(self._rise, self.norms, self.radius, x, rounds)[0]
        best, xi = self.value(x)
        for _ in range(rounds):
            slopes = self._share(xi) @ self.ahead
            if not slopes.any():
                break
            mu = multiplier(slopes, self.norms, self.radius, float(slopes.max()) * (1.0 + 4.0 * _EPS))
            x = self.outward(slopes * self.norms / (mu - slopes), int(np.argmax(slopes)))
            value, xi = self.value(x)
            if value <= best * (1.0 + 1e-12):
                return max(best, value)
            best = value
        return best

    def _share(self, xi: Vector) -> Vector:
        """Twice the slopes of g in s, over n."""
        return np.asarray(np.maximum(xi - self.rho, 0.0) / np.where(xi > 0.0, xi, 1.0) / xi.size)

    def _rise(self, x: Vector) -> tuple[float, Vector]:
        """G and its gradient where the last entry has crossed, or not."""
        value, xi = self.value(x)
        slopes = self._share(xi) @ self.ahead
        if x[-1] < 0.0:
            slopes[-1] = self._share(xi) @ self.behind[:, -1]
        return value, slopes * x

    def outward(self, moves: Vector, top: int, rest: float = 0.0) -> Vector:
        """``w + v`` with these ``|v_c|``; what they and ``rest`` leave of r² goes to one group."""
        x = self.norms + moves
        spare = max(self.radius**2 - float(moves @ moves) - rest, 0.0)
        x[top] = self.norms[top] + math.sqrt(moves[top] ** 2 + spare)
        return x

    def without(self, c: int) -> Squares:
        """Take the entry nearest to 0 out of group c."""
        norms = self.norms.copy()
        norms[c] = math.sqrt(max((norms[c] - self.least[c]) * (norms[c] + self.least[c]), 0.0))
        return replace(self, norms=norms)


def grouped(
    felt: NDArray[np.int64], weights: Vector, sizes: Vector, setting: Setting, examples: NDArray[np.int64]
) -> Squares:
    """Group coordinates by who feels them on their side, and how much.

    Parameters
    ----------
    felt : ndarray of int64
        Bit k is set where example k feels the coordinate on its side.
    weights, sizes : ndarray
        Their weights ``a``, and ``|x|``.
    setting : Setting
        Numbers of the loss.
    examples : ndarray of int64
        Examples to average over.
    """
    order = np.lexsort((weights, felt))
    felt, weights, sizes = felt[order], weights[order], sizes[order]
    starts = np.flatnonzero(np.append(True, (np.diff(felt) != 0) | (np.diff(weights) != 0.0)))
    norms = np.sqrt(np.add.reduceat(sizes**2, starts))
    least = np.minimum.reduceat(np.where(sizes > 0.0, sizes, math.inf), starts)
    squares = weights[starts] ** 2
    ahead = squares * ((felt[starts] >> examples[:, None]) & 1)
    behind = squares - ahead if setting.signed else np.zeros_like(ahead)
    gains = squares * np.maximum(1.0 - least / setting.radius, 0.0)
    rival = _rivals(felt[starts], squares, setting)
    least = np.where(behind.any(axis=0) & (gains > 0.0) & (gains >= rival), least, math.inf)
    return Squares(ahead, behind, norms, least, setting.radius, setting.rho, setting.reach, sizes.size)


def _rivals(felt: NDArray[np.int64], squares: Vector, setting: Setting) -> Vector:
    """Largest squared weight of a coordinate that is felt, on its side, by all who feel a group's other side."""
    if setting.n > 16:
        return np.full(felt.size, setting.bias_weight**2)
    most = np.zeros(1 << setting.n)
    np.maximum.at(most, felt, squares)
    for k in range(setting.n):
        pairs = most.reshape(-1, 2, 1 << k)
        np.maximum(pairs[:, 0], pairs[:, 1], out=pairs[:, 0])
    return np.asarray(most[~felt & ((1 << setting.n) - 1)])


@dataclass(frozen=True)
class Setting:
    """n, r, rho, the Lipschitz constant of the ``xi_k``, the weight c of b, and whether signs are felt."""

    n: int
    radius: float
    rho: float
    reach: float
    bias_weight: float
    signed: bool


@dataclass(frozen=True, eq=False)
class Node:
    """Ranges of the ``xi_k``, the groups of which an entry may cross, or one that does and how far."""

    low: Vector
    high: Vector
    may: NDArray[np.int64]
    crosses: int = -1
    near: float = 0.0
    far: float = 0.0


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A bound; the relaxed maximiser, G and ``xi_k`` there; why it is not attained: chords, or ``loss`` by crossing."""

    bound: float
    value: float
    problem: Squares
    point: Vector
    xi: Vector
    gaps: Vector
    loss: float
    worst: int


def mean(numbers: Vector) -> float:
    """The mean of a few numbers."""
    return math.fsum(map(float, numbers)) / numbers.size


def heights(xi: Vector, rho: float) -> Vector:
    """G of ``xi²``."""
    return np.asarray(0.5 * np.maximum(xi - rho, 0.0) ** 2)


def chords(low: Vector, high: Vector, rho: float) -> Vector:
    """Slopes in s of the chords of g on ``low² <= s <= high²``."""
    total = low + high
    both = 0.5 * ((low - rho) + (high - rho)) / np.where(total > 0.0, total, 1.0)
    apart = (high - low) * total
    one = heights(high, rho) / np.where(apart > 0.0, apart, 1.0)
    return np.where(low >= rho, both, one)


def multiplier(slopes: Vector, norms: Vector, radius: float, floor: float) -> float:
    """The ``mu >= floor`` at which ``|v| = r``, by Newton's method on ``1 / |v|``; floor where v is shorter."""
    if radius == 0.0:
        return math.inf
    pull = slopes * norms
    mu = max(floor, float(np.max(slopes + pull / radius)))
    for _ in range(60):
        moves = pull / (mu - slopes)
        squared = float(moves @ moves)
        if squared <= radius * radius * (1.0 + 1e-13):
            break
        length = math.sqrt(squared)
        step = squared / float(moves @ (moves / (mu - slopes))) * (length - radius) / radius
        if not mu + step > mu:
            break
        mu += step
    return mu


def relax(whole: Squares, node: Node) -> Relaxed:
    """Bound G on a node by the chords, with the multiplier that makes the bound smallest."""
    problem = whole.without(node.crosses) if node.crosses >= 0 else whole
    c, r, n = node.crosses, whole.radius, whole.ahead.shape[0]
    grown = 1.0 + whole.slack
    beta = chords(node.low, node.high, whole.rho)
    share = beta * (grown / n)
    height, shift = heights(node.low, whole.rho), beta * node.low**2
    alpha = height - shift
    slopes = share @ problem.ahead
    over = share @ problem.behind[:, node.may]
    floor = max(float(slopes.max()), float(over.max(initial=0.0))) * (1.0 + 4.0 * _EPS) + 1e-300
    w, side = (float(whole.least[c]), float(share @ whole.behind[:, c])) if c >= 0 else (0.0, 0.0)
    ends = (node.near, node.far) if c >= 0 else (0.0,)
    left = [max((r - w - y) * (r + w + y), 0.0) for y in ends]
    mu = multiplier(slopes, problem.norms, math.sqrt(left[0]), floor)
    if c >= 0:
        # both ends of the range of y are worth the same at the middle value
        last = multiplier(slopes, problem.norms, math.sqrt(left[1]), floor)
        mu = min(max(side * sum(ends) / (2.0 * w + sum(ends)) if sum(ends) > 0.0 else mu, mu), last)
        mu = mu if math.isfinite(mu) else 1e8 * floor
    pull = slopes * problem.norms
    moves = pull / (mu - slopes)
    parts = float(pull @ problem.norms) + float(pull @ moves)
    parts += max(mu * b + side * y * y for b, y in zip(left, ends, strict=True))
    bound = mean(alpha) + parts * grown + mean(height + shift) * whole.slack
    problem, x = _maximiser(whole, problem, node, moves, int(np.argmax(slopes)))
    value, xi = problem.value(x)
    straight = alpha + beta * xi**2
    gaps = (straight - heights(xi, whole.rho)) / n
    worst = int(node.may[np.argmax(over)]) if node.may.size and float(over.max()) > float(slopes.max()) else -1
    return Relaxed(bound, value, problem, x, xi, gaps, bound - mean(straight), worst)


def _maximiser(whole: Squares, problem: Squares, node: Node, moves: Vector, top: int) -> tuple[Squares, Vector]:
    """The point of the lines' maximum: what is left of the radius goes to y, then to the group of the largest slope."""
    c = node.crosses
    if c < 0:
        return problem, problem.outward(moves, top)
    w = float(whole.least[c])
    spare = max(whole.radius**2 - float(moves @ moves), 0.0)
    y = min(max(math.sqrt(spare) - w, node.near), node.far)
    entry = replace(
        problem,
        ahead=np.hstack([problem.ahead, problem.ahead[:, [c]]]),
        behind=np.hstack([problem.behind, problem.behind[:, [c]]]),
        norms=np.append(problem.norms, w),
    )
    return entry, np.append(problem.outward(moves, top, (w + y) ** 2), -y)


def children(whole: Squares, node: Node, found: Relaxed) -> list[Node]:
    """Split a node where its bound is lost; nothing where it cannot be told where."""
    inside = (found.xi > node.low) & (found.xi < node.high)
    gaps = np.where(inside, found.gaps, 0.0)
    if found.loss > gaps.sum():
        if node.crosses >= 0 and node.near < node.far:
            middle = 0.5 * (node.near + node.far)
            return [replace(node, far=middle), replace(node, near=middle)]
        if found.worst >= 0:
            c = found.worst
            stay, cross = (node.may[node.may != c], np.array([c]))
            return [
                replace(node, may=stay, low=np.maximum(node.low, lowest(whole, stay))),
                Node(
                    np.maximum(node.low, lowest(whole, cross)), node.high, stay[:0], c, 0.0,
                    whole.radius - float(whole.least[c]),
                ),
            ]  # fmt: skip
    k = int(np.argmax(gaps))
    if not gaps[k] > 0.0:
        return []
    xi, rho = float(found.xi[k]), whole.rho
    if node.low[k] < rho < node.high[k]:
        cut = rho + BEYOND * max(xi - rho, 0.0)
    else:
        cut = 0.5 * (xi + 0.5 * float(node.low[k] + node.high[k]))
    low, high = node.low.copy(), node.high.copy()
    low[k] = high[k] = cut
    return [replace(node, high=high), replace(node, low=low)]


def lowest(whole: Squares, may: NDArray[np.int64]) -> Vector:
    """The least ``xi_k`` of a maximiser of which one of these groups crosses."""
    squares = whole.ahead @ whole.norms**2
    if may.size:
        squares = squares - (whole.ahead[:, may] * whole.least[may] ** 2).max(axis=1)
    return np.sqrt(np.maximum(squares, 0.0) * (1.0 - whole.slack)) * (1.0 - whole.slack)


def search(whole: Squares, cheap: Interval) -> Interval:
    """Close a bracket of the SAER, [lower, upper]."""
    low, high = cheap
    may = np.flatnonzero(np.isfinite(whole.least))
    xi = np.sqrt(whole.ahead @ whole.norms**2)
    top = (xi + whole.reach * whole.radius) * (1.0 + 2.0 * whole.slack)
    first = Node(lowest(whole, may), top, may)
    found = relax(whole, first)
    low = max(low, found.problem.climb(found.point) * (1.0 - whole.slack))
    heap, count, closed = [(-found.bound, 0, first, found)], 1, low
    most = min(NODES, WORK // (10 * whole.ahead.size))
    while heap and count < most and -heap[0][0] > low * (1.0 + (SOON if count < FEW else GOAL)):
        _, _, node, found = heapq.heappop(heap)
        split = children(whole, node, found)
        if not split:
            closed = max(closed, found.bound)
        for child in split:
            own = relax(whole, child)
            count += 1
            if own.value > low * (0.9 if count < FEW else 1.0):
                low = max(low, own.problem.climb(own.point) * (1.0 - whole.slack))
            bound = min(own.bound, found.bound)
            if bound > low:
                heapq.heappush(heap, (-bound, count, child, own))
    return low, max(low, min(high, max([closed, *(-item[0] for item in heap[:1])])))
