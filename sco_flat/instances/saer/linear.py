"""The SAER of a link of linear predictions in a narrow bracket.

**The problem.** Maximise the mean of ``g_k(x_k . w + t_k)``, ``t_k = x_k . v``, over ``|v| <= r``.

**Relaxation.** Let kappa_k be the least second derivative of g_k within reach. Then ``g_k - ½ kappa_k t²`` is convex
and lies below its chord on ``p_k <= t_k <= q_k``, so that g_k lies below the quadratic ``a_k + b_k t + ½ kappa_k t²``.
The mean of these is ``a + c . u + ½ u . H u`` with v = Q u in the span of the inputs, and with one multiplier mu above
the eigenvalues h of H its maximum over ``|u| <= r`` is at most, and for the best mu equal to,

    a + ½ sum_i c_i² / (mu - h_i) + ½ mu r².

For least squares kappa = 1 is all there is: the bound is the maximum.

**Branching.** On the range of the t_k whose quadratic is furthest above g_k at the maximiser; the lower end climbs from
there.

**Rounding.** `SLACK` times all magnitudes that were added up, the differences of heights over short ranges included.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.saer.ascent import climb
from sco_flat.results import Interval

Vector = NDArray[np.float64]
Link = Callable[[Vector], Vector]

MOST = 128
"""Most examples of a search."""
GOAL, SOON, FEW, NODES = 1e-2, 1e-3, 64, 4000
"""Relative width to reach, to aim at for the first few nodes, their number, and the most nodes."""
SLACK = 2.0**-42
"""1,000 units of rounding: sums over at most 128 examples, in an orthogonal basis that LAPACK found."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """The inputs in an orthonormal basis, and the links from the prediction at w on.

    Attributes
    ----------
    inputs : ndarray, shape (n, k)
        Coefficients of the inputs.
    height, slope : callable
        ``g_k(x_k . w + t_k)`` and its derivative, for vectors t.
    curvature : ndarray, shape (n,)
        The least second derivative within reach.
    radius : float
        r.
    """

    inputs: Vector
    height: Link
    slope: Link
    curvature: Vector
    radius: float

    def climb(self, u: Vector) -> float:
        """The largest mean on the way up from u."""

        def at(u: Vector) -> tuple[float, Vector]:
            t = self.inputs @ u
            return float(np.mean(self.height(t))), self.inputs.T @ self.slope(t) / t.size

        return climb(at, np.zeros(u.size), self.radius, u)[0]

    def relax(self, low: Vector, high: Vector) -> tuple[float, Vector, Vector]:
        """Bound the mean on ranges of t; return the bound, its maximiser u, and how far each quadratic is above."""
        n, r = low.size, self.radius
        ends = [self.height(t) - 0.5 * self.curvature * t * t for t in (low, high)]
        width = np.maximum(high - low, 1e-300)
        b = (ends[1] - ends[0]) / width
        a = ends[0] - b * low
        hessian = (self.inputs.T * self.curvature) @ self.inputs / n
        values, vectors = np.linalg.eigh(hessian)
        pull = vectors.T @ (self.inputs.T @ b) / n
        u, mu = trust_region(values, pull, r)
        room = float(np.abs(values).max()) * r * r + float(np.abs(pull).sum()) * r
        room += float(np.mean(np.abs(a) + np.abs(b * low) + np.maximum(*map(np.abs, ends)) * (1.0 + 2.0 * r / width)))
        rest = float(np.sum(np.where(pull != 0.0, pull**2 / np.maximum(mu - values, 1e-300), 0.0)))
        bound = float(np.mean(a)) + 0.5 * rest + 0.5 * mu * r * r + SLACK * (room + rest + mu * r * r)
        u = vectors @ u
        t = self.inputs @ u
        return bound, u, a + b * t + 0.5 * self.curvature * t * t - self.height(t)


def trust_region(values: Vector, pull: Vector, radius: float) -> tuple[Vector, float]:
    """Maximise ``pull . u + ½ sum values u²`` over ``|u| <= radius``; return u and a multiplier above the values."""
    top = int(np.argmax(values))
    floor = max(float(values[top]), 0.0)
    floor += 1e-14 * floor + 1e-300
    mu = max(floor, float(np.max(values + np.abs(pull) / radius)))
    for _ in range(60):
        u = pull / (mu - values)
        length = float(np.linalg.norm(u))
        if length <= radius * (1.0 + 1e-13):
            break
        step = length**2 / float(u @ (u / (mu - values))) * (length - radius) / radius
        if not mu + step > mu:
            break
        mu += step
    u = pull / (mu - values)
    spare = max(radius**2 - float(u @ u), 0.0)
    u[top] = math.copysign(math.sqrt(u[top] ** 2 + spare), u[top])
    return u * min(1.0, radius / float(np.linalg.norm(u))), mu


def search(whole: Predictions, cheap: Interval) -> Interval:
    """Close a bracket of the SAER, [lower, upper]."""
    low, high = cheap
    # within reach: |t_k| <= r |x_k|
    reach = whole.radius * np.linalg.norm(whole.inputs, axis=1) * (1.0 + SLACK)
    bound, u, gaps = whole.relax(-reach, reach)
    low = max(low, whole.climb(u) * (1.0 - SLACK))
    heap, count, closed = [(-bound, 0, -reach, reach, u, gaps)], 1, low
    while heap and count < NODES and -heap[0][0] > low * (1.0 + (SOON if count < FEW else GOAL)):
        above, _, left, right, u, gaps = heapq.heappop(heap)
        k, t = int(np.argmax(gaps)), whole.inputs @ u
        if not left[k] < right[k]:
            closed = max(closed, -above)
            continue
        middle = 0.5 * (left[k] + right[k])
        cut = 0.5 * (middle + min(max(float(t[k]), left[k]), right[k]))
        for side in (0, 1):
            lower, upper = left.copy(), right.copy()
            (upper if side == 0 else lower)[k] = cut
            bound, u, gaps = whole.relax(lower, upper)
            count += 1
            low = max(low, whole.climb(u) * (1.0 - SLACK))
            if min(bound, -above) > low:
                heapq.heappush(heap, (max(-bound, above), count, lower, upper, u, gaps))
    return low, max(low, min(high, max([closed, *(-item[0] for item in heap[:1])])))
