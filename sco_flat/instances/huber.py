"""Huber's function: the worst loss known for Theorems 2 and 5, and the 2-cycle of their regret lemma."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import Curvature, number, squared_distance
from sco_flat.instances.fixed import FixedLoss
from sco_flat.instances.kernels import huber as kernels
from sco_flat.results import Interval


@dataclass(frozen=True)
class Huber(FixedLoss):
    """One dimension, no randomness; the minimum is at distance 1 from the start.

    Setting
        ``f(w) = h([|w - 1| - rho]_+)`` with ``h(y) = ½ y²`` up to the knee and linear beyond it; ``w* = 1`` is
        rho-flat.
    Method
        Any. From 0 with a knee that ``sco-flat bounds pep`` prints, SA-GD and SAM reach its lower end. With a knee
        out of reach and ``rho = 0`` SAM from ``|w - 1| = theta r/(2 - theta)`` jumps between two points.
    Guarantee
        1-smooth, knee-Lipschitz. On the 2-cycle ``F(w_t + v_t) = 2 r²/(2 - theta)²`` at every step: the floor of the
        sharper regret bound is exact.
    Source
        Worst case of gradient descent: Drori and Teboulle (2014). For SA-GD and SAM: this package.

    Attributes
    ----------
    knee : float
        Where h becomes linear.
    """

    knee: float = 1.0

    name = "huber"
    title = "Huber's function, where the upper bounds are nearly met"
    default_method = "gd"
    convex = non_negative = realizable = flat = True
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    dimension = 1
    smoothness = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        number("knee", self.knee, 0, 1e300, "choose a knee > 0", strict=True)

    @property
    def lipschitz(self) -> float:
        """The knee, or what is reached on [-1, 1] before it."""
        return max(min(self.knee, 2.0 - self.flatness_radius), 0.0)

    def flat_minimum(self) -> dict[str, float]:
        """``w* = 1``."""
        return {"b": 1.0}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """½; no theorem asks for less."""
        return 0.5

    def _height(self, y: float) -> float:
        y = max(y - self.flatness_radius, 0.0)
        return 0.5 * y * y if y <= self.knee else self.knee * (y - 0.5 * self.knee)

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        return self._height(abs(float(w[0]) - 1.0))

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """``|w - 1| - rho``: h of its positive part is the loss."""
        import cvxpy

        return cvxpy.abs(w[0] - 1.0) - self.flatness_radius

    def loss_cvxpy(self, w: Any, z: NDArray[np.int64], push: float = 0.0) -> Any:
        """See ``Loss.loss_cvxpy``."""
        import cvxpy

        return 0.5 * cvxpy.huber(cvxpy.pos(self.root_cvxpy(w, z) + push), self.knee)

    def flat_constraints(self, y: Any, unit: float) -> list[Any]:
        """``w = 1``."""
        return [y[0] == 1.0 / unit]

    def curvature(self) -> Curvature:
        """The second derivative is 0 or 1."""
        return Curvature(np.ones(1), np.zeros(0))

    def constants(self) -> tuple[float, ...]:
        """Rho and the knee."""
        return self.flatness_radius, self.knee

    def saer_bracket(self, look: Any) -> Interval:
        """The loss at ``|w - 1| + r``, exact."""
        exact = look.upper(self.perturbation_radius)
        return exact, exact

    def flatness_at(self, look: Any) -> float | None:
        """``rho - |w - 1|`` inside the flat part."""
        return self.flatness_radius - abs(look.b - 1.0) if abs(look.b - 1.0) <= self.flatness_radius else None

    def nearest_flat(
        self, start: NDArray[np.float64], found: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Fraction, str]:
        """See ``Loss.nearest_flat``."""
        point = np.ones(1)
        return point, squared_distance(zip(start, point, strict=True)), "the flat minimum is one point"

    def steepest(self, upper: Any) -> Any:
        """``|f'(-1)|``."""
        import flint

        return flint.arb(max(min(self.knee, 2.0 - self.flatness_radius), 0.0))


INSTANCE = Huber
