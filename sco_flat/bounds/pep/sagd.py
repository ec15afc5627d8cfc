"""The SAER of SA-GD's full average, ``F^r(w) = max_{|v| <= r} F(w + v)``.

An inner maximiser of a convex F has ``g_t = grad F(w_t + v_t)`` parallel to ``v_t``, so ``v_t = r g_t/|g_t|``, and g_t
is a subgradient of ``F^r`` at ``w_t`` (Danskin). With rho = 0 and ``Delta = [r - rho]_+`` for r, ``F^r(w_t) = f_t``.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat import bounds
from sco_flat.bounds.pep._base import Array, Geometry, Inequality, Loss, Statement, Vector, combine, inner, products

STARTS = 6
"""Random directions that an inner maximisation starts from, beside the program's and the gradient's."""
ROUNDS = 60
CLEAR = 1e-5
"""Margin in units of ``beta (D + r)²`` by which the program's maximisers win, so that solver errors do not decide."""
TIE = 1e-6
"""The program's own maximiser is taken where the best value found is no more than this above it, relatively."""


class SaGd(Statement):
    """``F^r`` of the full average of SA-GD."""

    quantity = "F^r(average) of SA-GD"

    @property
    def rows(self) -> int:
        """``(w_1 - w*)/D``, ``g_1..g_T`` and the gradient at the average's maximiser."""
        return 2 + self.steps

    def inequalities(self) -> dict[str, Inequality]:
        """Star and ``f >= |g|²/2`` at every maximiser; ``F^r`` convex between the average and every iterate."""
        mean, kept = self.average(), {}
        for t in range(self.steps + 1):
            last = t == self.steps
            value, norm = ("f", "a") if last else (f"f{t + 1}", f"a{t + 1}")
            slope: Vector = {1 + t: Fraction(1)}
            kept[f"star {value}"] = self.star(value, norm, self.excess, mean if last else self.iterate(t), slope)
            kept[f"floor {value}"] = Inequality({value: -1}, {}, inner(slope, slope, Fraction(1, 2)))
        top: Vector = {1 + self.steps: Fraction(1)}
        for t in range(self.steps):
            gap = combine((1, self.iterate(t)), (-1, mean))
            kept[f"convex f{t + 1}"] = Inequality({"f": 1, f"f{t + 1}": -1}, {}, inner(top, gap))
        return kept

    def objective(self) -> dict[str, Fraction]:
        """The average's."""
        return {"f": Fraction(1)}

    def norms(self) -> dict[str, Vector | None]:
        """``a_t = |g_t|`` and the average's."""
        names = [*(f"a{t + 1}" for t in range(self.steps)), "a"]
        return {name: {1 + t: Fraction(1)} for t, name in enumerate(names)}

    def geometry(self, norms: Array) -> Geometry:
        """Rows ``w_1`` and the directions of the T + 1 gradients, of lengths ``norms``."""
        steps, theta, radius = self.steps, float(self.theta), float(self.excess)
        unit = np.eye(2 + steps)
        slopes = norms[:, None] * unit[1:]
        iterates = [float(self.distance) * unit[0] - theta * slopes[:t].sum(axis=0) for t in range(steps)]
        centres = np.vstack([*iterates, np.mean(iterates, axis=0)])
        zero = np.zeros((1, 2 + steps))
        largest = _maximal(centres, slopes, norms, radius, CLEAR * (float(self.distance) + radius) ** 2)
        weights = np.zeros(steps + 1)
        weights[-1] = 1.0
        return Geometry(
            np.vstack([centres + radius * unit[1:], zero]), np.vstack([slopes, zero]), weights,
            list(range(1, 2 + steps)), {}, largest, np.zeros(steps + 1), np.zeros(steps + 1),
        )  # fmt: skip

    def guesses(self, lengths: Array, knee: float) -> list[Array]:
        """Those of Huber's function; the upper program's, scaled, since all of them are a little too large."""
        equal = np.full(lengths.size, min(knee, float(self.distance + self.excess)))
        return [equal, 0.9 * equal] + [scale * lengths for scale in (1.0, 0.85, 0.7, 0.55, 0.4, 0.25)]

    def hints(self, gram_root: Array, norms: Array) -> Array:
        """Directions times the radius."""
        return float(self.excess) * gram_root[1:]

    def run(self, loss: Loss, start: Array, hints: Array) -> float:
        """SA-GD with numerical inner maximisers, and the SAER of the full average."""
        w, total, rng = start, np.zeros_like(start), np.random.default_rng(0)
        for t in range(self.steps):
            total = total + w
            w = w - float(self.theta) * self._largest(loss, w, hints[t], rng)[1]
        return self._largest(loss, total / self.steps, hints[-1], rng)[0]

    def _largest(self, loss: Loss, w: Array, hint: Array, rng: np.random.Generator) -> tuple[float, Array]:
        """Largest value within the radius, and its gradient: ascent ``v <- r g/|g|`` from several directions."""
        radius, slope = float(self.excess), loss(w)[1]
        if w.size == 1:
            options = [loss(w + v) for v in (radius * np.sign(slope), -radius * np.sign(slope)) if slope.any()]
            return max(options or [loss(w + radius)], key=lambda o: o[0])
        own = loss(w + hint)
        best = own
        for v in [slope, *rng.standard_normal((STARTS, w.size))]:
            value = -np.inf
            for _ in range(ROUNDS):
                size = float(np.linalg.norm(v))
                if size == 0.0:
                    break
                found = loss(w + radius / size * v)
                if found[0] <= value + 1e-12:
                    break
                value, v = found
                best = max(best, found, key=lambda o: o[0])
        return own if best[0] <= own[0] * (1 + TIE) else best

    def sharper(self) -> float:
        """`bounds.sa_gd_sharper`."""
        return bounds.sa_gd_sharper(**self.numbers()).value  # type: ignore[arg-type]


def _maximal(
    centres: Array, slopes: Array, norms: Array, radius: float, clear: float
) -> tuple[Array, Array, Array, Array]:
    """Conditions under which ``r g_t/a_t`` is a global maximiser around ``w_t`` for the smallest function (`through`).

    With ``G = sum_i alpha_i g_i`` and ``c_i = f_i + <g_i, w_t - w_i> - r a_i + a_i²/2`` its largest value within r of
    ``w_t`` is ``max_alpha alpha.c + r |G| - |G|²/2``. The concave ``r sqrt(s) - s/2`` of ``s = |G|²`` is below its
    tangent at ``a_t²``, ``r a_t/2 + (r/a_t - 1) s/2``; and s is at most ``sum alpha_i a_i²`` and at least ``2 <G, g_t>
    - a_t²``. The one that the sign of ``r/a_t - 1`` asks for makes everything linear in alpha: so it is enough that
    every i has ``c_i + r a_t/2 + (r/a_t - 1) s_i/2 <= f_t``, with ``s_i = a_i²`` or ``2 <g_i, g_t> - a_t²``.
    """
    count = norms.size
    t, i = (k.ravel() for k in np.indices((count, count)))
    bend = radius / norms - 1.0
    matrices = products(slopes[i], centres[t] - centres[i])
    constant = norms[i] ** 2 / 2 - radius * norms[i] + radius * norms[t] / 2
    convex = bend[t] >= 0.0
    constant += clear
    constant += np.where(convex, bend[t] * norms[i] ** 2 / 2, -bend[t] * norms[t] ** 2 / 2)
    matrices += np.where(convex, 0.0, bend[t])[:, None] * products(slopes[i], slopes[t])
    # the minimum, i = *, has c = 0 and g = 0
    every = np.arange(count)
    at_minimum = radius * norms / 2 - np.minimum(bend, 0.0) * norms**2 / 2
    zeros = np.zeros((count, matrices.shape[1]))
    other = t != i
    return (
        np.append(t[other], every), np.append(i[other], np.full(count, count)),
        np.concatenate([matrices[other], zeros]), np.append(constant[other], at_minimum),
    )  # fmt: skip


STATEMENT = SaGd
