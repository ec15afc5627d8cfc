"""SAM's valley without a start-up: one b for all columns, so that nothing has to be detected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.kernels import sam_valley_static as kernels
from sco_flat.instances.law import expected_hinge
from sco_flat.instances.valleys import BitsValley, Condition, Peak, walk_conditions
from sco_flat.results import Interval


@dataclass(frozen=True)
class SamValleyStatic(BitsValley):
    """One valley that widens along every column that an example does not see.

    Setting
        ``f = ½ [|x|_z - rho]_+² + ½ [|b| - (c/sqrt m) sum_i (1 - z_i) x_i - h]_+² + (gam/2) b²``, the second term
        with the cone of its apex, as a distance. b counts from ``-eta r/2``, so that w_1 = 0 lies on a wall.
    Guarantee
        Convex, smooth, realizable.
    """

    name = "sam-valley-static"
    title = "SAM's static valley"
    defaults: ClassVar[dict[str, Any]] = {"n": 6, "steps": 512, "step_size": 0.25}
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile

    @property
    def length(self) -> int:
        """One entry a block."""
        return 1

    def valley(self) -> dict[str, float]:
        """Resolve the constants; ``c/sqrt(m)`` is ``1/sqrt(eta T)``."""
        r = self.perturbation_radius
        return {
            "c": math.sqrt(self.m / (self.step_size * self.steps)),
            "h": r / 4.0,
            "shift": self.step_size * r / 2.0,
            "margin": r / 8.0 if self.margin is None else self.margin,
        }

    def conditions(self) -> tuple[Condition, ...]:
        """Those of the walk, and steps enough for all columns."""
        least = Condition(
            "T >= m/eta", "steps", float(self.steps), ">=", self.m / self.step_size,
            f"the least legal T is {math.ceil(self.m / self.step_size)}",
        )  # fmt: skip
        return *walk_conditions(self, self.gamma, 16.0), least

    def peak(self) -> Peak:
        """On b, for an example that sees nothing: no x is in the first term and in the second."""
        v = {key: Fraction(value) for key, value in self.valley().items()}
        top = 1 + v["c"] ** 2 + Fraction(self.gamma)  # behind the apex
        # at 0 the last term acts, and the wedge where the shift is above h
        return Peak(top, top, (top * v["shift"]) ** 2)

    def flat_minimum(self) -> dict[str, float]:
        """The axis of the valley."""
        return {"b": -self.valley()["shift"]}

    def pinned(self) -> dict[str, float]:
        """No constant depends on n but through the width, which is kept."""
        return {}

    def constants(self) -> tuple[float, ...]:
        """In the order of the kernels."""
        v = self.valley()
        return v["c"] / math.sqrt(self.m), v["h"], self.gamma, v["shift"], v["margin"], self.smoothness

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        v, x = self.valley(), w[:-1]
        b = abs(float(w[-1]) + v["shift"])
        unseen = 1 - np.asarray(z)
        wide = v["c"] * math.sqrt(unseen.sum() / self.m)
        ahead = float(unseen @ x) / max(math.sqrt(unseen.sum()), 1.0)
        away = max(b - wide * ahead - v["h"], 0.0) / math.hypot(1.0, wide)
        if wide > 0.0 and wide * b + ahead + v["h"] / wide < 0.0:  # nearest to the apex
            away = math.hypot(b, ahead + v["h"] / wide)
        seen = max(math.sqrt(float(np.asarray(z) @ x**2)) - v["margin"], 0.0)
        return 0.5 * (seen**2 + (1.0 + wide * wide) * away**2 + self.gamma * b * b)

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """See ``Loss.root_cvxpy``."""
        import cvxpy

        from sco_flat.instances.distances import cones

        v, x, sees = self.valley(), w[:-1], np.asarray(z, dtype=float)
        b, unseen = cvxpy.abs(w[-1:] + v["shift"]), self.m - float(sees.sum())
        wall = cvxpy.pos(b - v["h"])
        if unseen:
            wide = v["c"] * math.sqrt(unseen / self.m)
            ahead = cvxpy.reshape((1.0 - sees) @ x, (1,), order="C") / math.sqrt(unseen)
            wall = cones(b, ahead + v["h"] / wide, wide)
        seen = cvxpy.pos(cvxpy.norm(cvxpy.multiply(sees, x)) - v["margin"])
        return cvxpy.norm(cvxpy.hstack([seen, wall, math.sqrt(self.gamma) * b]))

    def flatness_at(self, look: Any) -> float | None:
        """0 at every zero: the last term vanishes at one b alone."""
        return None if look.empirical_risk > 0.0 else 0.0

    def profile_size(self, blocks: int) -> int:
        """Squares of x, b, and the sums of what is negative among the x, and of its squares."""
        return self.m + 3

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """Exact where no example can reach a wall; elsewhere the wall is bounded by the distance to its axis."""
        v, squares = self.valley(), profile[: self.m]
        b, below, under = (float(p) for p in profile[self.m :])
        low, high = expected_hinge(0.0, squares, np.zeros(self.m), v["margin"])
        known = 0.5 * self.gamma * b * b
        reached = abs(b) - v["h"] + v["c"] / math.sqrt(self.m) * below > 0.0
        walls = 0.5 * (1.0 + v["c"] ** 2) * (b * b + under) if reached else 0.0
        return low + known, high + known + walls

    def resolved(self) -> dict[str, Any]:
        """Add the resolved constants."""
        return super().resolved() | self.valley()


INSTANCE = SamValleyStatic
