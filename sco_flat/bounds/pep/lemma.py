"""The regret lemma of Theorems 2 and 5: the mean of ``F(w_t + v_t)``, any perturbations ``|v_t| <= r``."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat import bounds
from sco_flat.bounds.pep._base import Array, Geometry, Inequality, Loss, Statement, Vector, inner


class Lemma(Statement):
    """``(1/T) sum_t F(w_t + v_t)``; everything is convex, so that nothing has to be searched."""

    quantity = "(1/T) sum F(w_t + v_t)"

    @property
    def rows(self) -> int:
        """``(w_1 - w*)/D`` and ``g_1..g_T``."""
        return 1 + self.steps

    def inequalities(self) -> dict[str, Inequality]:
        """Star and ``f >= |g|²/2`` at every step."""
        kept = {}
        for t in range(self.steps):
            slope: Vector = {1 + t: Fraction(1)}
            kept[f"star f{t + 1}"] = self.star(f"f{t + 1}", f"a{t + 1}", self.excess, self.iterate(t), slope)
            kept[f"floor f{t + 1}"] = Inequality({f"f{t + 1}": -1}, {}, inner(slope, slope, Fraction(1, 2)))
        return kept

    def objective(self) -> dict[str, Fraction]:
        """The mean."""
        return {f"f{t + 1}": Fraction(1, self.steps) for t in range(self.steps)}

    def norms(self) -> dict[str, Vector | None]:
        """``a_t = |g_t|``."""
        return {f"a{t + 1}": {1 + t: Fraction(1)} for t in range(self.steps)}

    def geometry(self, norms: Array) -> Geometry:
        """Rows ``w_1, g_t, v_t`` with ``|v_t| <= [r - rho]_+``."""
        steps, theta = self.steps, float(self.theta)
        unit = np.eye(1 + 2 * steps)
        slopes = np.vstack([unit[1 : 1 + steps], np.zeros(1 + 2 * steps)])
        first = float(self.distance) * unit[0]
        places = [first - theta * unit[1 : 1 + t].sum(axis=0) + unit[1 + steps + t] for t in range(steps)]
        capped = {1 + steps + t: float(self.excess) ** 2 for t in range(steps)}
        points = np.vstack([*places, np.zeros(1 + 2 * steps)])
        return Geometry(points, slopes, np.full(steps, 1 / steps), [], capped, None, np.zeros(steps), np.zeros(steps))

    def guesses(self, lengths: Array, knee: float) -> list[Array]:
        """Nothing to search."""
        return [np.zeros(0)]

    def hints(self, gram_root: Array, norms: Array) -> Array:
        """The perturbations are rows themselves."""
        return gram_root[1 + self.steps :]

    def run(self, loss: Loss, start: Array, hints: Array) -> float:
        """Perturbed gradient descent with the perturbations given."""
        w, reached = start, []
        for v in hints[: self.steps]:
            value, slope = loss(w + v)
            reached.append(value)
            w = w - float(self.theta) * slope
        return float(np.mean(reached))

    def sharper(self) -> float:
        """`bounds.regret_sharper`."""
        return bounds.regret_sharper(**self.numbers()).value  # type: ignore[arg-type]


def two_cycle(theta: Fraction, excess: Fraction, steps: int) -> list[Fraction]:
    """Run the lemma's method on ``½ x²`` from ``theta Delta/(2 - theta)``, pushed outwards, in fractions.

    Returns
    -------
    list of Fraction
        ``F(w_t + v_t)``: each is ``2 Delta²/(2 - theta)²``, so that the floor of the sharper bound is exact.
    """
    w, reached = theta * excess / (2 - theta), []
    for _ in range(steps):
        x = w + (excess if w >= 0 else -excess)
        reached.append(x * x / 2)
        w -= theta * x
    return reached


STATEMENT = Lemma
