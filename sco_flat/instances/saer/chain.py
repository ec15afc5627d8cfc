"""The SAER of the chain in a narrow bracket.

**The problem.** Maximise over ``|v| <= r``, at ``x = w + v``,

    F = ½ sum_i sum_{j>=2} (pi_i x_ij² + [t_ij]_+²) + ½ gamma mean_k [v_k . x + delta_1]_+²,
    t_ij = x_ij - delta_j (x_{i,j-1} + lam 1{j=2}).

**Relaxation.** The coupling of the blocks is bounded by chords on ranges of the ``v_k . x``, as are those of the terms
``½ [t_ij]_+²`` that have been branched on: what is left falls apart into blocks, and with one multiplier

    max F <= sup_x (relaxed F(x) - ½ mu |x - w|²) + ½ mu r².

Where mu is above the largest eigenvalue of every block with all its remaining terms on, the function is concave
although the terms switch on and off: its Hessian is at most 0 wherever it exists, and its gradient is continuous.
Newton's method with banded Hessians finds the sup; a point with gradient g is within ``|g|² / (2 (mu - eigenvalue))``.

**Branching.** If the best mu is above the eigenvalues, its x has ``|x - w| = r`` and only chords lie above F. If it
sits on the largest one, the rest of r² may have no direction in which it is worth ``½ mu``: terms that are off at w
would have to be switched on first, which costs. Then the term that the leading eigenvector needs most is branched on,
at 0; else the range whose chord is furthest above. The lower end climbs from the maximiser of each node.

**Rounding.** `SLACK` times all magnitudes that were added up; eigenvalues are rounded up, and mu keeps a margin.
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

GOAL, SOON, FEW = 1e-2, 1e-3, 24
"""Relative width to reach, and to aim at for the first few nodes."""
NODES, WORK = 400, 2**21
"""Most nodes of a search, and most products of entries and length: a node takes eigenvalues of every block."""
LEADS = 6
"""Blocks along whose leading eigenvectors climbs start."""
KICKS, KICK = 8, 0.1
"""Climbs from around the best point, and how far from it they start, in radii."""
SMALL = 2**10
"""Entries up to which a climb takes all its rounds, and other climbs follow ..."""
CLOSE = 1e-4
"""... although the first one is this near to the bound."""
POLISH = 2000
"""Most rounds of the last climb."""
MARGIN = 1e-5
"""By how much mu stays above the eigenvalues, relative to them."""
SLACK = 2.0**-40


@dataclass(frozen=True, eq=False)
class Chain:
    """A point of the chain on a sample.

    Attributes
    ----------
    blocks, b : ndarray, shape (m, T), float
        w.
    seen : ndarray, shape (m,)
        ``pi_i``, the share of ones of each column.
    signs : ndarray, shape (n, m)
        The ``v_k`` on the first entries.
    deltas : ndarray, shape (T,)
        ``delta_j`` at place j - 1, the first being 0.
    lam, gamma, delta_1, radius : float
        Constants of the loss, and r.
    """

    blocks: Vector
    b: float
    seen: Vector
    signs: Vector
    deltas: Vector
    lam: float
    gamma: float
    delta_1: float
    radius: float

    def terms(self, x: Vector) -> Vector:
        """``t_ij``, 0 for j = 1."""
        t = np.zeros_like(x)
        t[:, 1:] = x[:, 1:] - self.deltas[1:] * x[:, :-1]
        t[:, 1] -= self.deltas[1] * self.lam
        return t

    def coupling(self, x: Vector, b: float) -> Vector:
        """``v_k . x + delta_1``."""
        return np.asarray(self.signs @ x[:, 0] + (b + self.delta_1))

    def value(self, x: Vector, b: float) -> float:
        """F."""
        rest = float(np.sum(self.seen[:, None] * x[:, 1:] ** 2)) + float(np.sum(np.maximum(self.terms(x), 0.0) ** 2))
        return 0.5 * (rest + self.gamma * float(np.mean(np.maximum(self.coupling(x, b), 0.0) ** 2)))

    def spread(self, r: Vector) -> Vector:
        """The transpose of the linear part of `terms`."""
        out = r.copy()
        out[:, 0] = 0.0
        out[:, :-1] -= self.deltas[1:] * r[:, 1:]
        return out

    def slope(self, x: Vector, b: float) -> tuple[Vector, float]:
        """The gradient."""
        out = self.spread(np.maximum(self.terms(x), 0.0))
        out[:, 1:] += self.seen[:, None] * x[:, 1:]
        pull = np.maximum(self.coupling(x, b), 0.0) * (self.gamma / self.signs.shape[0])
        out[:, 0] += pull @ self.signs
        return out, float(pull.sum())

    def climb(self, x: Vector, b: float, rounds: int = 100) -> tuple[float, Vector]:
        """The largest value on the way up from a point, and where it is; fewer rounds where there is more to read."""

        def at(point: Vector) -> tuple[float, Vector]:
            y, last = point[:-1].reshape(self.blocks.shape), float(point[-1])
            rise, up = self.slope(y, last)
            return self.value(y, last), np.append(rise.ravel(), up)

        centre = np.append(self.blocks.ravel(), self.b)
        return climb(at, centre, self.radius, np.append(x.ravel(), b), max(min(rounds, rounds * SMALL // x.size), 4))


@dataclass(frozen=True, eq=False)
class Node:
    """Ranges of the terms that are bounded by chords (NaN: the term itself), and of the coupling.

    Attributes
    ----------
    low, high : ndarray, shape (m, T)
        Ranges of ``t_ij``.
    under, over : ndarray, shape (n,)
        Ranges of ``v_k . x + delta_1``.
    """

    low: Vector
    high: Vector
    under: Vector
    over: Vector


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Bound, maximiser, loss by the multiplier, and the block and the term that would have to be branched on."""

    bound: float
    point: Vector
    b: float
    loss: float
    place: tuple[int, int] | None


def chords(low: Vector, high: Vector) -> tuple[Vector, Vector]:
    """``alpha, beta`` with ``½ [t]_+² <= alpha + beta t`` for ``low <= t <= high``."""
    top, bottom = np.maximum(high, 0.0), np.maximum(low, 0.0)
    mixed = 0.5 * top**2 / np.where(high > low, high - low, 1.0)
    beta = np.where(low >= 0.0, 0.5 * (low + high), mixed)
    return 0.5 * bottom**2 - beta * low, beta


def solve(diagonal: Vector, off: Vector, right: Vector) -> Vector:
    """Solve symmetric tridiagonal systems, one a row; ``off[:, j]`` couples j - 1 and j."""
    length = right.shape[1]
    pivots, x = diagonal.copy(), right.copy()
    for j in range(1, length):
        factor = off[:, j] / pivots[:, j - 1]
        pivots[:, j] -= factor * off[:, j]
        x[:, j] -= factor * x[:, j - 1]
    x[:, -1] /= pivots[:, -1]
    for j in range(length - 2, -1, -1):
        x[:, j] = (x[:, j] - off[:, j + 1] * x[:, j + 1]) / pivots[:, j]
    return x


class Blocks:
    """The eigenvalues of a block by its share of ones and by which of its terms are free."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._known: dict[tuple[float, bytes], tuple[float, Vector]] = {}

    def top(self, i: int, free: NDArray[np.bool_]) -> tuple[float, Vector]:
        """Largest eigenvalue of block i with these terms on, and its eigenvector."""
        key = (float(self.chain.seen[i]), free.tobytes())
        if key not in self._known:
            values, vectors = np.linalg.eigh(self._hessian(key[0], free))
            self._known[key] = float(values[-1]) * (1.0 + 1e-13), vectors[:, -1]
        return self._known[key]

    def _hessian(self, share: float, free: NDArray[np.bool_]) -> Vector:
        on, deltas = free.astype(float), self.chain.deltas
        on[0] = 0.0
        diagonal = share * (np.arange(free.size) > 0) + on
        diagonal[:-1] += deltas[1:] ** 2 * on[1:]
        off = -deltas[1:] * on[1:]
        return np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)


@dataclass(eq=False)
class Inner:
    """The concave inner problem of a node: its linear part, and the free terms."""

    chain: Chain
    free: NDArray[np.bool_]
    linear: Vector
    on_b: float
    constant: float
    room: float

    def maximise(self, mu: float, x: Vector) -> tuple[float, Vector, float, float]:
        """Value without ``½ mu r²``, maximiser, ``|x - w|²``, squared gradient left over."""
        chain = self.chain
        seen = np.broadcast_to(chain.seen[:, None], x.shape).copy()
        seen[:, 0] = 0.0
        before = None
        for _ in range(40):
            terms = chain.terms(x)
            on = ((terms > 0.0) & self.free).astype(float)
            if before is not None and np.array_equal(on, before):
                break
            before = on
            grad = seen * x + chain.spread(on * terms) + self.linear - mu * (x - chain.blocks)
            diagonal = mu - seen - on
            diagonal[:, :-1] -= chain.deltas[1:] ** 2 * on[:, 1:]
            off = np.zeros_like(x)
            off[:, 1:] = chain.deltas[1:] * on[:, 1:]
            x = x + solve(diagonal, off, grad)
        t = np.where(self.free, np.maximum(chain.terms(x), 0.0), 0.0)
        v = x - chain.blocks
        grad = seen * x + chain.spread(t) + self.linear - mu * v
        up = self.on_b / mu
        value = 0.5 * float(np.sum(seen * x * x)) + 0.5 * float(np.sum(t * t)) - 0.5 * mu * float(np.sum(v * v))
        value += float(np.sum(self.linear * x)) + self.on_b * chain.b + 0.5 * self.on_b * up + self.constant
        return value, x, float(np.sum(v * v)) + up * up, float(np.sum(grad * grad))


def inner(chain: Chain, node: Node) -> Inner:
    """Chords as linear terms."""
    free = np.isnan(node.low)
    free[:, 0] = False
    alpha, beta = (np.where(np.isnan(node.low), 0.0, c) for c in chords(node.low, node.high))
    alpha_c, beta_c = (c * (chain.gamma / node.under.size) for c in chords(node.under, node.over))
    linear = chain.spread(beta)
    linear[:, 0] += beta_c @ chain.signs
    shift = chain.deltas[1] * chain.lam
    constant = float(alpha.sum() - shift * beta[:, 1].sum() + alpha_c.sum() + beta_c.sum() * chain.delta_1)
    room = float(np.abs(alpha).sum() + np.abs(alpha_c).sum() + beta_c.sum() * chain.delta_1 + shift * beta[:, 1].sum())
    return Inner(chain, free, linear, float(beta_c.sum()), constant, room)


def relax(blocks: Blocks, node: Node, tops: Vector) -> Relaxed:
    """Bound F on a node with the best multiplier above the largest eigenvalue of each block, ``tops``."""
    chain, r = blocks.chain, blocks.chain.radius
    problem = inner(chain, node)
    highest = float(tops.max())
    # without curvature what is left is linear, with the maximum at mu = |slope| / r
    steep = math.sqrt(float(np.sum(problem.linear**2)) + problem.on_b**2)
    low = highest * (1.0 + MARGIN) if highest > 0.0 else 1e-3 * steep / r + 1e-100
    mu, (value, x, length, left) = low, problem.maximise(low, chain.blocks.copy())
    known, above = low, math.inf
    for _ in range(30):
        if not length > r * r * (1.0 + 1e-9):
            if mu == low or length >= r * r * (1.0 - 1e-6):
                break
            above = mu
            mu = 0.5 * (known + mu)
        else:
            known = mu
            # |x - w| falls like 1 / (mu - top), or faster
            step = (mu - highest) * (math.sqrt(length) / r - 1.0)
            mu = mu + step if mu + step < above else 0.5 * (mu + above)
        value, x, length, left = problem.maximise(mu, x)
    bound = value + 0.5 * mu * r * r + left / (2.0 * (mu - highest))
    bound += SLACK * (problem.room + mu * (r * r + length) + float(np.sum(x * x)))
    b, spare, place = chain.b + problem.on_b / mu, max(r * r - length, 0.0), None
    if spare > 1e-6 * r * r:
        # what is left of r² goes along the leading eigenvector, to the better side
        i = int(np.argmax(tops))
        lead = blocks.top(i, problem.free[i])[1]
        if problem.free[i].any():
            place = i, int(np.argmax(np.where(problem.free[i], _linear_terms(chain, lead) ** 2, -1.0)))
        turned = [x.copy(), x.copy()]
        for y, side in zip(turned, (1.0, -1.0), strict=True):
            y[i] += side * math.sqrt(spare) * lead
        x = max(turned, key=lambda y: chain.value(y, b))
    return Relaxed(bound, x, b, 0.5 * mu * spare, place)


def _linear_terms(chain: Chain, y: Vector) -> Vector:
    """``y_j - delta_j y_{j-1}`` of one block."""
    t = y.copy()
    t[1:] -= chain.deltas[1:] * y[:-1]
    return t


def children(chain: Chain, node: Node, found: Relaxed) -> list[tuple[Node, int]]:
    """Split a node where its bound is lost, with the block that has changed (or -1)."""
    t, u = chain.terms(found.point), chain.coupling(found.point, found.b)
    inside = (t > node.low) & (t < node.high)
    alpha, beta = chords(node.low, node.high)
    gaps = np.where(inside, alpha + beta * t - 0.5 * np.maximum(t, 0.0) ** 2, 0.0)
    alpha, beta = chords(node.under, node.over)
    joint = np.where((u > node.under) & (u < node.over), alpha + beta * u - 0.5 * np.maximum(u, 0.0) ** 2, 0.0)
    joint *= chain.gamma / u.size
    if found.place is not None and found.loss > max(gaps.sum(), joint.sum()):
        i, j = found.place
        reach = chain.radius * math.sqrt(1.0 + chain.deltas[j] ** 2) * (1.0 + SLACK)
        at = float(chain.terms(chain.blocks[[i]])[0, j])
        return _cut(node, (i, j), at - reach, at + reach, 0.0)
    if joint.sum() > gaps.sum():
        k = int(np.argmax(joint))
        under, over = node.under.copy(), node.over.copy()
        under[k] = over[k] = _between(float(node.under[k]), float(node.over[k]), float(u[k]))
        return [(replace(node, over=over), -1), (replace(node, under=under), -1)]
    place = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    if not gaps[place] > 0.0:
        return []
    low, high = float(node.low[place]), float(node.high[place])
    return _cut(node, (int(place[0]), int(place[1])), low, high, _between(low, high, float(t[place])))


def _between(low: float, high: float, at: float) -> float:
    """Where to cut: at the kink, then between the middle and the point."""
    return 0.0 if low < 0.0 < high else 0.5 * (at + 0.5 * (low + high))


def _cut(node: Node, place: tuple[int, int], low: float, high: float, cut: float) -> list[tuple[Node, int]]:
    """Two nodes with ranges for one term; one where the cut is outside."""
    found = []
    for ends in ((low, cut), (cut, high)):
        if ends[0] < ends[1]:
            lower, upper = node.low.copy(), node.high.copy()
            lower[place], upper[place] = max(ends[0], low), min(ends[1], high)
            found.append((replace(node, low=lower, high=upper), place[0]))
    return found


def _starts(blocks: Blocks, tops: Vector, best: float, place: Vector) -> list[tuple[float, Vector]]:
    """Climbs from what is known and from both sides of the leading eigenvectors of a few blocks."""
    chain, ends = blocks.chain, [(best, place)]
    for i in np.argsort(-tops)[:LEADS]:
        lead = blocks.top(int(i), np.ones(chain.blocks.shape[1], dtype=bool))[1]
        for side in (chain.radius, -chain.radius):
            x = chain.blocks.copy()
            x[i] += side * lead
            ends.append(chain.climb(x, chain.b, 12))
    ends.sort(key=lambda pair: -pair[0])
    return [chain.climb(x[:-1].reshape(chain.blocks.shape), float(x[-1])) for _, x in ends[:3]]


def _polished(chain: Chain, best: float, place: Vector) -> float:
    """Climb to the end, and from points around: entries near 0 may belong on the other side."""
    rng, size = np.random.default_rng(0), KICK * chain.radius / math.sqrt(place.size)
    for kick in range(KICKS + 1):
        start = place + (size * rng.standard_normal(place.size) if kick else 0.0)
        found = chain.climb(start[:-1].reshape(chain.blocks.shape), float(start[-1]), POLISH if kick == 0 else 100)
        best, place = max((best, place), found, key=lambda pair: pair[0])
    return max(best, chain.climb(place[:-1].reshape(chain.blocks.shape), float(place[-1]), POLISH)[0])


def search(chain: Chain, cheap: Interval) -> Interval:
    """Close a bracket of the SAER, [lower, upper]."""
    low, high = cheap
    blocks = Blocks(chain)
    nothing = np.full(chain.blocks.shape, math.nan)
    at = chain.coupling(chain.blocks, chain.b)
    reach = chain.radius * np.sqrt(np.sum(chain.signs**2, axis=1) + 1.0) * (1.0 + SLACK)
    first = Node(nothing, nothing, at - reach, at + reach)
    free = np.ones(chain.blocks.shape[1], dtype=bool)
    tops = np.array([blocks.top(i, free)[0] for i in range(chain.seen.size)])
    found = relax(blocks, first, tops)
    best, place = chain.climb(found.point, found.b)
    low = max(low, best * (1.0 - SLACK))
    if chain.blocks.size > SMALL and found.bound <= low * (1.0 + CLOSE):
        return low, max(low, min(high, found.bound))
    best, place = max(_starts(blocks, tops, best, place), key=lambda pair: pair[0])
    low = max(low, best * (1.0 - SLACK))
    heap, count, closed = [(-found.bound, 0, first, tops, found)], 1, low
    most = min(NODES, WORK // (chain.blocks.size * chain.blocks.shape[1]))
    while heap and count < most and -heap[0][0] > low * (1.0 + (SOON if count < FEW else GOAL)):
        above, _, node, tops, found = heapq.heappop(heap)
        split = children(chain, node, found)
        if not split:
            closed = max(closed, -above)
        for child, changed in split:
            own_tops = tops.copy()
            if changed >= 0:
                own_tops[changed] = blocks.top(changed, np.isnan(child.low[changed]))[0]
            own = relax(blocks, child, own_tops)
            count += 1
            if chain.value(own.point, own.b) > 0.9 * low:
                best, place = max((best, place), chain.climb(own.point, own.b), key=lambda pair: pair[0])
                low = max(low, best * (1.0 - SLACK))
            bound = min(own.bound, -above)
            if bound > low:
                heapq.heappush(heap, (-bound, count, child, own_tops, own))
    low = max(low, _polished(chain, best, place) * (1.0 - SLACK))
    return low, max(low, min(high, max([closed, *(-item[0] for item in heap[:1])])))
