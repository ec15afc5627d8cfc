"""The SAER of the chain in a narrow bracket.

**The problem.** Maximise over ``|v| <= r``, at ``x = w + v``,

    F = ½ sum_i sum_{j>=2} (pi_i x_ij² + [t_ij]_+²) + ½ gamma mean_k [v_k . x + delta_1]_+²,
    t_ij = x_ij - delta_j (x_{i,j-1} + lam 1{j=2}).

**Relaxation.** The coupling of the blocks is bounded by chords on ranges of the ``v_k . x``: what is left falls apart
into blocks, and with one multiplier

    max F <= sup_v (relaxed F - ½ mu |v|²) + ½ mu r²      for every mu > 0.

The sup is taken block by block. Where mu is above the largest eigenvalue of a block with all its terms on, the block is
concave although its terms switch on and off (`concave`); elsewhere tables along the block give its largest value within
``|v_ij| <= r`` (`tables`). So the bound is within what chords and grids lose of the best that a multiplier can do. As
a function of mu it is convex, and ``½ (r² - |v|²)`` is its slope: the best mu is found from tangents.

**Branching.** At the best mu two maximisers may meet, one with ``|v| > r`` and one with ``|v| < r``, where the worth
of the largest perturbation is no concave function of r². Then the entry in which they differ most is cut between
them; in each half what it needs of r² is taken from the ranges of all others. Else the range of the ``v_k . x`` whose
chord is furthest above is cut. The lower end climbs from both maximisers of each node.

**Rounding.** `SLACK` times all magnitudes that were added up; eigenvalues are rounded up, and mu keeps a margin.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.saer import concave
from sco_flat.instances.saer.dual import SLACK, Dual, Node, Point, Relaxed, chords, relax
from sco_flat.instances.saer.links import SMALL, Chain
from sco_flat.results import Interval

Vector = NDArray[np.float64]

GOAL, SOON = 1e-2, 1e-3
"""Relative width to reach, and to aim at while there is little to compute."""
NODES = 400
"""Most nodes of a search."""
WORK, EARLY = 2**28, 2**22
"""Most numbers in tables for the one, and for the other."""
BEYOND = 0.8
"""A range around 0 is cut that far from 0 to the relaxed maximiser: a chord that ends near it is tight there."""
LEADS = 6
"""Blocks along whose leading eigenvectors climbs start."""
KICKS, KICK = 8, 0.1
"""Climbs from around the best point, and how far from it they start, in radii."""
CLOSE = 1e-4
"""A climb in more than `SMALL` entries is the only one if it is this near to the bound."""
POLISH = 2000
"""Most rounds of the last climb."""


def children(chain: Chain, node: Node, found: Relaxed, low: float) -> list[Node]:
    """Split a node where its bound is lost."""
    best = found.best
    u = chain.coupling(chain.blocks + best.v, chain.b + best.up)
    alpha, beta = chords(node.under, node.over)
    joint = np.where((u > node.under) & (u < node.over), alpha + beta * u - 0.5 * np.maximum(u, 0.0) ** 2, 0.0)
    joint *= chain.gamma * chain.shares
    if found.longer is not None and found.shorter is not None and joint.sum() < 0.5 * (best.bound - low):
        apart = np.abs(found.longer.v - found.shorter.v)
        place = np.unravel_index(int(np.argmax(apart)), apart.shape)
        if apart[place] > 1e-6 * chain.radius:
            middle = 0.5 * float(found.longer.v[place] + found.shorter.v[place])
            halves = (
                half(chain, node, place, node.low[place], middle),
                half(chain, node, place, middle, node.high[place]),
            )
            return [half for half in halves if half is not None]
    k = int(np.argmax(joint))
    if not joint[k] > 0.0:
        return []
    under, over = node.under.copy(), node.over.copy()
    ends, at = (float(under[k]), float(over[k])), float(u[k])
    under[k] = over[k] = BEYOND * max(at, 0.0) if ends[0] < 0.0 < ends[1] else 0.5 * (at + 0.5 * sum(ends))
    return [replace(node, over=over), replace(node, under=under)]


def half(chain: Chain, node: Node, place: tuple[np.intp, ...], low: float, high: float) -> Node | None:
    """A node with this range of one entry, and all others tightened by what it leaves of r²; None if that is < 0."""
    lows, highs, cut = node.low.copy(), node.high.copy(), node.cut.copy()
    lows[place], highs[place], cut[place[0]] = low, high, True
    least = np.maximum(np.maximum(lows, -highs), 0.0) ** 2
    left = chain.radius**2 * (1.0 + SLACK) - float(least.sum())
    if left < 0.0:
        return None
    reach = np.sqrt(left + least) * (1.0 + SLACK)
    return replace(node, low=np.maximum(lows, -reach), high=np.minimum(highs, reach), cut=cut)


def _starts(chain: Chain, tops: concave.Tops, best: float, place: Vector) -> list[tuple[float, Vector]]:
    """Climbs from what is known and from both sides of the leading eigenvectors of a few blocks."""
    ends = [(best, place)]
    for i in np.argsort(-tops.values)[:LEADS]:
        lead = tops.lead(int(i))
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
        best, place = max((best, place), found, key=_value)
    return max(best, chain.climb(place[:-1].reshape(chain.blocks.shape), float(place[-1]), POLISH)[0])


def _climbed(chain: Chain, tops: concave.Tops, point: Point) -> tuple[float, Vector]:
    """Climb from a maximiser; what it leaves of r² goes along the leading eigenvector, to the better side."""
    x, b = chain.blocks + point.v, chain.b + point.up
    spare = chain.radius**2 - point.length
    if spare > 1e-6 * chain.radius**2:
        i = int(np.argmax(tops.values))
        turned = [x.copy(), x.copy()]
        for y, side in zip(turned, (1.0, -1.0), strict=True):
            y[i] += side * math.sqrt(spare) * tops.lead(i)
        x = max(turned, key=lambda y: chain.value(y, b))
    return chain.climb(x, b)


def everything(chain: Chain) -> Node:
    """All that is within r."""
    at = chain.coupling(chain.blocks, chain.b)
    reach = chain.radius * np.sqrt(np.sum(chain.signs**2, axis=1) + 1.0) * (1.0 + SLACK)
    side = np.full(chain.blocks.shape, chain.radius * (1.0 + SLACK))
    return Node(at - reach, at + reach, -side, side, np.zeros(chain.seen.size, dtype=bool))


def search(chain: Chain, cheap: Interval) -> Interval:
    """Close a bracket of the SAER, [lower, upper]."""
    low, high = cheap
    tops, node = concave.Tops(chain), everything(chain)
    dual = Dual(chain, tops, node)
    point = dual.concave(low)
    best, place = _climbed(chain, tops, point)
    low = max(low, best * (1.0 - SLACK))
    if chain.blocks.size > SMALL and point.bound <= low * (1.0 + CLOSE):
        return low, max(low, min(high, point.bound))
    best, place = max(_starts(chain, tops, best, place), key=_value)
    low = max(low, best * (1.0 - SLACK))
    found = dual.close(point, low, low * (1.0 + SOON), WORK)
    heap, count, closed, work = [(-found.best.bound, 0, node, found)], 1, low, dual.work
    while heap and count < NODES and work < WORK:
        aim = low * (1.0 + (SOON if work < EARLY else GOAL))
        if -heap[0][0] <= aim:
            break
        above, _, node, found = heapq.heappop(heap)
        for side in (found.longer, found.shorter):
            if side is not None:
                best, place = max((best, place), chain.climb(chain.blocks + side.v, chain.b + side.up), key=_value)
        low = max(low, best * (1.0 - SLACK))
        split = children(chain, node, found, low)
        if not split:
            closed = max(closed, -above)
        for child in split:
            dual = Dual(chain, tops, child)
            own = relax(dual, found.best, low, aim, WORK - work)
            count, work = count + 1, work + dual.work
            bound = min(own.best.bound, -above)
            if bound > low:
                heapq.heappush(heap, (-bound, count, child, own))
    low = max(low, _polished(chain, best, place) * (1.0 - SLACK))
    return low, max(low, min(high, max([closed, *(-item[0] for item in heap[:1])])))


def _value(found: tuple[float, Vector]) -> float:
    """What a climb has found, without the place."""
    return found[0]
