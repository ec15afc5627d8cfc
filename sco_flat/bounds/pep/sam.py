"""The empirical risk of SAM's full average, ``v_t = r u_t`` with ``u_t = h_t/|h_t|`` and ``h_t = grad F(w_t)``.

Beside the star inequalities at ``x_t = w_t + v_t`` and at ``w_t``: smoothness between the two, ``F(w_t) <= f_t - r p_t
- |g_t - h_t|²/2`` with ``p_t = |h_t|``, the triangle ``|g_t| <= p_t + |g_t - h_t|``, and the pair of the average and
each iterate. ``-r p_t`` is not concave in the Gram matrix, but of p_t only the triangle and ``p_t >= 0`` are used.

Up to `PAIRED` steps the directions u_t are rows, too, with ``|u_t| <= 1`` and ``p_t <= <h_t, u_t>`` (both equalities;
if ``h_t = 0`` SAM takes no step, and ``u_t = 0``), and every pair of points is used. That u_t is parallel to h_t enters
by ``|h_t|² = p_t <h_t, u_t> <= P_t <h_t, u_t>`` with an a priori ``P_t >= p_t``: star and floor at w_t give ``p_t <=
|w_t - w*| - rho``, those at x_t ``<g_t, w_t - w*> >= |g_t|² - Delta |g_t|``, hence ``|w_{t+1} - w*|² <= |w_t - w*|² -
theta (2 - theta) |g_t|² + 2 theta Delta |g_t| <= |w_t - w*|² + theta Delta²/(2 - theta)``. Hence
``F(w_t) <= P_t²/2``, too, and the average, no farther from w* than the farthest iterate may be, has the largest of
these.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np

from sco_flat import bounds
from sco_flat.bounds.pep._base import Array, Geometry, Inequality, Loss, Statement, Vector, add, combine, inner

PAIRED = 16
"""Largest T for which all pairs are used: there are ``(2T + 2)(2T + 1)`` of them."""
FINE = 10**6
"""Denominator of the a priori bounds on gradients."""
STILL = 1e-8
"""Smaller gradients of a rebuilt function are rounding errors of its program: SAM takes no step (0/0 = 0)."""


class Sam(Statement):
    """F of the full average of SAM."""

    quantity = "F(average) of SAM"
    reduces = False

    @property
    def rows(self) -> int:
        """``(w_1 - w*)/D``, ``g_1..g_T``, ``h_1..h_T``, the gradient at the average; ``u_1..u_T`` where used."""
        return 2 + (3 if self.steps <= PAIRED else 2) * self.steps

    def inequalities(self) -> dict[str, Inequality]:
        """See the module's docstring."""
        steps, half, mean = self.steps, Fraction(1, 2), self.average()
        top: Vector = {1 + 2 * steps: Fraction(1)}
        kept = {"star F": self.star("F", None, Fraction(0), mean, top)}
        for t in range(steps):
            k, w = t + 1, self.iterate(t)
            g: Vector = {1 + t: Fraction(1)}
            h: Vector = {1 + steps + t: Fraction(1)}
            kept[f"star f{k}"] = self.star(f"f{k}", f"a{k}", self.excess, w, g)
            kept[f"floor f{k}"] = Inequality({f"f{k}": -1}, {}, inner(g, g, half))
            kept[f"star F{k}"] = self.star(f"F{k}", f"p{k}", -self.flatness, w, h)
            gap = combine((1, g), (-1, h))
            kept[f"smooth {k}"] = Inequality({f"F{k}": 1, f"f{k}": -1}, {f"p{k}": self.radius}, inner(gap, gap, half))
            kept[f"triangle p{k}"] = Inequality({}, {f"a{k}": 1, f"p{k}": -1, f"d{k}": -1}, {})
            away = combine((1, top), (-1, h))
            pair = add(inner(top, combine((1, w), (-1, mean))), inner(away, away, half))
            kept[f"convex F{k}"] = Inequality({"F": 1, f"F{k}": -1}, {}, pair)
        return kept | self._pairs() if steps <= PAIRED else kept

    def steepest(self, t: int) -> Fraction:
        """A fraction that ``|grad F(w_t)|`` (t from 0) does not exceed."""
        square = self.distance**2 + t * self.theta * self.excess**2 / (2 - self.theta)
        root = Fraction(math.isqrt(math.ceil(square * FINE**2) - 1) + 1, FINE)
        return max(root - self.flatness, Fraction(0))

    def _pairs(self) -> dict[str, Inequality]:
        """``f_j - f_i + <g_j, x_i - x_j> + |g_i - g_j|²/2 <= 0`` for all points, w* too; and what is known of u_t."""
        steps, kept = self.steps, {}
        points: dict[str, tuple[Vector, Vector]] = {"": ({}, {}), "F": (self.average(), {1 + 2 * steps: Fraction(1)})}
        for t in range(steps):
            k, w = t + 1, self.iterate(t)
            h: Vector = {1 + steps + t: Fraction(1)}
            u: Vector = {2 + 2 * steps + t: Fraction(1)}
            points[f"f{k}"] = combine((1, w), (self.radius, u)), {1 + t: Fraction(1)}
            points[f"F{k}"] = w, h
            kept[f"unit u{k}"] = Inequality({}, {}, inner(u, u), 1)
            kept[f"steep u{k}"] = Inequality({}, {}, add(inner(h, h), inner(h, u, -self.steepest(t))))
            kept[f"height F{k}"] = Inequality({f"F{k}": 1}, {}, {}, self.steepest(t) ** 2 / 2)
            kept[f"along u{k}"] = Inequality({}, {f"p{k}": 1}, inner(h, u, Fraction(-1)))
        kept["height F"] = Inequality({"F": 1}, {}, {}, self.steepest(steps - 1) ** 2 / 2)
        for (low, (y, b)), (high, (x, a)) in itertools.permutations(points.items(), 2):
            gap, change = combine((1, x), (-1, y)), combine((1, a), (-1, b))
            form = add(inner(b, gap), inner(change, change, Fraction(1, 2)))
            values: dict[str, Fraction | int] = {name: sign for name, sign in ((low, 1), (high, -1)) if name}
            kept[f"pair {low or '*'} {high or '*'}"] = Inequality(values, {}, form)
        return kept

    def objective(self) -> dict[str, Fraction]:
        """The average's."""
        return {"F": Fraction(1)}

    def norms(self) -> dict[str, Vector | None]:
        """``a_t = |g_t|``, ``d_t = |g_t - h_t|``; ``p_t`` is only known to be non-negative."""
        kept: dict[str, Vector | None] = {}
        for t in range(self.steps):
            g: Vector = {1 + t: Fraction(1)}
            kept[f"a{t + 1}"] = g
            kept[f"d{t + 1}"] = combine((1, g), (-1, {1 + self.steps + t: Fraction(1)}))
            kept[f"p{t + 1}"] = None
        return kept

    def geometry(self, norms: Array) -> Geometry:
        """Rows ``w_1``, ``g_t``, directions of ``h_t``, gradient at the average.

        ``norms`` are ``|h_t|`` and, if rho > 0, a guess of the other gradients' norms, at which ``rho |g|`` is exact.
        """
        steps, theta, rho = self.steps, float(self.theta), float(self.flatness)
        unit = np.eye(2 + 2 * steps)
        direct = unit[1 + steps : 1 + 2 * steps]
        g, h = unit[1 : 1 + steps], norms[:steps, None] * direct
        iterates = [float(self.distance) * unit[0] - theta * g[:t].sum(axis=0) for t in range(steps)]
        zero = np.zeros((1, 2 + 2 * steps))
        points = np.vstack([iterates + float(self.radius) * direct, iterates, np.mean(iterates, axis=0)[None], zero])
        weights, room, bend = np.zeros(2 * steps + 1), np.zeros(2 * steps + 1), np.zeros(2 * steps + 1)
        weights[-1] = 1.0
        if rho > 0.0:
            guess = np.maximum(norms[steps:], 1e-9)
            other = [*range(steps), 2 * steps]
            room[steps : 2 * steps] = rho * norms[:steps]
            room[other], bend[other] = rho * guess / 2, rho / (2 * guess)
        return Geometry(
            points, np.vstack([g, h, unit[-1:], zero]), weights, list(range(1 + steps, 1 + 2 * steps)), {}, None, room,
            bend,
        )  # fmt: skip

    def guesses(self, lengths: Array, knee: float) -> list[Array]:
        """Those of Huber's function; the upper program's, scaled; equal ones."""
        steps = self.steps
        h = lengths[steps : 2 * steps]
        more = (
            np.concatenate([lengths[:steps], lengths[2 * steps : 2 * steps + 1]]) if self.flatness > 0 else np.zeros(0)
        )
        shapes = [h, np.full(steps, h.mean())]
        scaled = [scale * np.concatenate([p, more]) for scale in (0.15, 0.25, 0.4, 0.6, 0.8, 1.0) for p in shapes]
        return [np.full(steps + more.size, knee * scale) for scale in (1.0, 0.97)] + scaled

    def hints(self, gram_root: Array, norms: Array) -> Array:
        """SAM knows its own perturbations."""
        return np.zeros((self.steps + 1, gram_root.shape[1]))

    def run(self, loss: Loss, start: Array, hints: Array) -> float:
        """SAM, and F of the full average."""
        w, total = start, np.zeros_like(start)
        for _ in range(self.steps):
            total = total + w
            slope = loss(w)[1]
            size = float(np.linalg.norm(slope))
            if size > STILL:
                w = w - float(self.theta) * loss(w + float(self.radius) / size * slope)[1]
        return loss(total / self.steps)[0]

    def sharper(self) -> float:
        """`bounds.sam_sharper` up to ``theta = 1``, beyond it `bounds.regret_sharper`."""
        found = bounds.attempt(bounds.sam_sharper, **self.numbers())
        if isinstance(found, bounds.Bound):
            return found.value
        return bounds.regret_sharper(**self.numbers()).value  # type: ignore[arg-type]


STATEMENT = Sam
