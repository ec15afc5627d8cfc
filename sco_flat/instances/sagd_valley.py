"""SA-GD with exact maximisers walks along a valley: risk eta r² T/n, whatever maximiser is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.instances.base import number
from sco_flat.instances.block import BlockLoss
from sco_flat.instances.kernels import sagd_valley as kernels
from sco_flat.instances.law import expected_hinge
from sco_flat.instances.valleys import Peak, Peaked
from sco_flat.results import Interval
from sco_flat.samples import Sample, popcounts


@dataclass(frozen=True)
class SagdValley(Peaked, BlockLoss):
    """A valley for each column; the sample does not see one of them from the side.

    Setting
        ``z`` in {-1,1}^m with fair signs, blocks (b_i, x_i) and a scalar q, ``d = 2 m + 1``, ``l² = 1 + c²``:
        ``f = ½ sum_{z_i = +} [|b_i| - c x_i - h - rho l]_+² + ¼ [sqrt(sum_{z_i = -} x_i² + q²) - rho]_+²``; behind the
        apex of its valley a block has ``(l²/2) |(b_i, x_i + (h + rho l)/c)|²`` in the first sum.
    Method
        SA-GD from 0 with any exact maximiser. If exactly one column I is all plus, the maximiser is ``(r/l)(sign b,
        -c)`` in block I at every step: b jumps across the valley and x grows.
    Guarantee
        Convex, l²-smooth, rho-flat at 0. With ``c² = (1 - eta)/(4 n eta T)``, ``0 < h <= (r - rho) l/(4 n T)``, n >= 4,
        T >= 10 and eta <= 1/4, every suffix average has ``F >= ⅛ [x - rho]_+²``, ``x² >= eta (r - rho)² T/(30 n)``.
        With h = 0 = rho the first step has an arc of maximisers, since it starts at the apex.
    Source
        This package.

    Attributes
    ----------
    widening : float
        c.
    floor : float
        h; ``(r - rho)/(64 n T)`` by default, so that a start at 0 is no apex.
    """

    widening: float | None = None
    floor: float | None = None

    name = "sagd-valley"
    title = "SA-GD walks along a valley"
    event = "one"
    default_method = "sagd"
    default_oracle = "exact"
    convex = non_negative = realizable = flat = True
    scratch = 1
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    maximise = kernels.maximise

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.widening is None and self.step_size >= 1.0:
            raise InputError("step-size", self.step_size, "must be below 1, so that c² > 0", "take a smaller one")
        number("widening", self.slope, 0.0, math.inf, "choose c > 0", strict=True)
        number("floor", self.floor_height, 0.0, math.inf, "choose h >= 0")

    @property
    def slope(self) -> float:
        """c."""
        if self.widening is not None:
            return self.widening
        return math.sqrt((1.0 - self.step_size) / (4.0 * self.n * self.step_size * self.steps))

    @property
    def floor_height(self) -> float:
        """h."""
        if self.floor is not None:
            return self.floor
        return max(self.perturbation_radius - self.flatness_radius, 0.0) / (64.0 * self.n * self.steps)

    @property
    def length(self) -> int:
        """b_i and x_i."""
        return 2

    @property
    def bad_code(self) -> int:
        """All plus on the sample: no example pulls x back."""
        return int((1 << self.n) - 1)

    def peak(self) -> Peak:
        """``1 + c²``: squared distances to convex sets, of coordinates that no two terms share."""
        steep = 1 + Fraction(self.slope) ** 2
        return Peak(steep, steep)

    def facts(self) -> dict[str, Any]:
        """Add whether c and h are the usual ones."""
        usual = self.widening is None and self.floor is None
        return super().facts() | {"constants": "usual" if usual else "other"}

    def flat_minimum(self) -> dict[str, float]:
        """The origin: the edges of the valleys are at distance rho and more."""
        return {}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``rho + 1 / sqrt(eta T)``: the walk then stays in the unit ball."""
        return flatness_radius + 1.0 / math.sqrt(step_size * steps)

    def constants(self) -> tuple[float, ...]:
        """``c, h + rho l, rho``."""
        height = self.floor_height + self.flatness_radius * math.sqrt(self.smoothness)
        return self.slope, height, self.flatness_radius

    def weights(self) -> NDArray[np.float64]:
        """Not read."""
        return np.ones(3)

    def pinned(self) -> dict[str, float]:
        """C and h."""
        return {"widening": self.slope, "floor": self.floor_height}

    def resolved(self) -> dict[str, Any]:
        """Add c and h as numbers."""
        return super().resolved() | self.pinned()

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """The all-plus columns: nothing else moves from 0."""
        return np.flatnonzero(sample.codes == self.bad_code).astype(np.int64)

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        c, height, rho = self.constants()
        b, x = w[:-1:2], w[1:-1:2]
        s = x + height / c
        front = np.maximum(np.abs(b) - c * s, 0.0) ** 2
        behind = (1.0 + c * c) * (b**2 + s**2)
        walls = np.where(c * np.abs(b) + s < 0.0, behind, front)
        norm = math.sqrt(float((x[z == 0] ** 2).sum()) + float(w[-1]) ** 2)
        return float(0.5 * walls[z == 1].sum() + 0.25 * max(norm - rho, 0.0) ** 2)

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """See ``Loss.root_cvxpy``."""
        import cvxpy

        from sco_flat.instances.distances import cones

        c, height, rho = self.constants()
        minus, plus = np.flatnonzero(z == 0), np.flatnonzero(z == 1)
        b, x = w[:-1:2], w[1:-1:2]
        felt = cvxpy.norm(cvxpy.hstack([x[minus], w[-1]])) - rho
        parts = [math.sqrt(0.5) * cvxpy.pos(felt)]
        if plus.size:
            parts.append(cones(cvxpy.abs(b[plus]), x[plus] + height / c, c))
        return cvxpy.norm(cvxpy.hstack(parts))

    def constant_columns(self, sample: Sample, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
        """See ``Loss.constant_columns``; the all-plus columns, and the largest share of plus signs in another one."""
        counts = popcounts(sample.codes)
        others = counts[counts < self.n]
        near = float(others.max() / self.n) if others.size else 0.0
        return np.flatnonzero(sample.codes[rows] == self.bad_code), near

    def profile_size(self, blocks: int) -> int:
        """Squares of the x_i and of q, and the sum of the wedges."""
        return blocks + 2

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """Half the wedges, and ``½ E ½ [sqrt(q² + sum_i x_i² 1{z_i = -}) - rho]_+²``."""
        squares = profile[:-2]
        low, high = expected_hinge(float(profile[-2]), np.zeros(squares.size), squares, self.flatness_radius)
        walls = 0.5 * float(profile[-1])
        return walls + 0.5 * low, walls + 0.5 * high

    def square_weights(self) -> NDArray[np.float64]:
        """1 for x_i and q."""
        return np.array([0.0, 1.0, 1.0])

    def risks_from_squares(
        self, squares: NDArray[np.float64], codes: NDArray[np.int64], peak: float, last: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """From below without the wedges, whose mean over all-plus blocks is at most its largest on the run."""
        risks = np.array([self.population_risk(np.append(s, 0.0)) for s in squares])
        return np.asarray(risks + np.array([0.0, 0.5 * peak]))

    def flatness_at(self, look: Any) -> float | None:
        """Distance to the nearest edge of a valley that an example sees, or what is left of rho for an example."""
        if look.empirical_risk > 0.0:
            return None
        c, height, rho = self.constants()
        sample, blocks = look.layout.sample, look.blocks()
        seen = sample.codes != 0
        room = np.full(self.m, height)
        room[look.layout.rows] += c * blocks[:, 1] - np.abs(blocks[:, 0])
        edge = float(room[seen].min()) / math.sqrt(self.smoothness) if seen.any() else math.inf
        return min(edge, rho - float(np.sqrt(look.example_norms().max())))


INSTANCE = SagdValley
