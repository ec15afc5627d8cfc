"""Theorem 3: SA-GD walks, one new coordinate a step, into a flat minimum that generalises badly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import unknown_name
from sco_flat.instances.base import number
from sco_flat.instances.norm_hinge import HingeLoss

PRESETS = {"paper": (1.0, 0.0), "robust": (0.9, 0.02)}
"""(c, largest eps) with ``a_j = 1 - eps (j - 1) / T``."""


@dataclass(frozen=True)
class SagdBlocks(HingeLoss):
    """The instance of Theorem 3, with the paper's weights or with weights that keep b out of every tie.

    Setting
        ``z`` in {-1,1}^m with fair signs, ``f = ½ [xi_z - rho]_+²``,
        ``xi_z(w)² = sum_ij a_j² [z_i x_ij]_+² + c² b²``, ``d = m T + 1``.
    Method
        SA-GD from 0. Preset ``paper`` (``a_j = 1``, ``c = 1``) needs an oracle that breaks ties against us.
        Preset ``robust`` (``c < 1``, slowly falling ``a_j``) has a maximiser that is unique up to other
        constant columns, so every correct oracle walks into bad blocks ("sharper"). That needs the last entry
        of a constant column to beat the first of a column that all examples but one feel,
        ``a_T r - rho > sqrt(1 - 1/n) (r - rho)``; the default eps is at most half of what this allows.
    Guarantee
        Convex, 1-Lipschitz, 1-smooth, rho-flat. With probability at least ``1 - 1/e`` some column I is all
        plus; then every window average has ``F = ¼ [q sqrt((a-1) + (N-1)(2N-1)/(6N)) - rho]_+²`` under the
        adversarial oracle and the paper's weights, ``q = eta (r - rho)``.
    Source
        arXiv 2511.03548, Theorem 3; d is printed without the ``+ 1``; false at T = 1.
    """

    preset: Literal["paper", "robust"] = "paper"
    bias: float | None = None
    decay: float | None = None

    name = "sagd-blocks"
    title = "SA-GD's walk into a flat bad minimum"
    event = "any"
    default_method = "sagd"
    signed = True
    looks = 0.0
    known_maximisers = True
    default_oracle = "adversarial"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.preset not in PRESETS:
            raise unknown_name("preset", self.preset, PRESETS)
        number("bias", self.bias_weight, 0.0, 1.0, "choose 0 <= c <= 1, so that f stays 1-smooth")
        number("decay", self._decay, 0.0, 1.0, "choose 0 <= eps <= 1")

    @property
    def bias_weight(self) -> float:
        """c."""
        return PRESETS[self.preset][0] if self.bias is None else self.bias

    @property
    def _decay(self) -> float:
        if self.decay is not None:
            return self.decay
        largest = PRESETS[self.preset][1]
        r, excess = self.perturbation_radius, self.perturbation_radius - self.flatness_radius
        if excess <= 0.0:
            return largest
        return min(largest, 0.5 * (1.0 - math.sqrt(1.0 - 1.0 / self.n)) * excess / r)

    @property
    def length(self) -> int:
        """T entries a block, one for each step."""
        return self.steps

    @property
    def bad_code(self) -> int:
        """All plus on the sample: every example pushes the column down."""
        return int((1 << self.n) - 1)

    def facts(self) -> dict[str, Any]:
        """Add whether the weights are the paper's, and whether each entry of a block weighs less than the one before.

        Without the second, correct maximisers tie.
        """
        return super().facts() | {"equal_weights": self.equal_weights, "falling_weights": self._falling}

    @property
    def _falling(self) -> bool:
        """Weights are at most 1 and have three roundings: where they are further apart, none has to be looked at."""
        if self.steps == 1 or self._decay / self.steps >= 2.0**-50:
            return True
        return self._decay > 0.0 and bool(np.all(np.diff(self.weights()[: self.steps]) < 0.0))

    @property
    def equal_weights(self) -> bool:
        """Whether the weights are the paper's."""
        return self.bias_weight == 1.0 and self._decay == 0.0

    @property
    def last_weight(self) -> float:
        """``a_T``."""
        return self.weight(self.steps - 1)

    def weight(self, place: int) -> float:
        """One of them, with the same bits."""
        return 1.0 - self._decay * place / self.steps

    def weights(self) -> NDArray[np.float64]:
        """``a_j = 1 - eps (j - 1) / T``."""
        return 1.0 - self._decay * np.arange(self.steps + 1) / self.steps

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``rho + 1 / (eta sqrt T)``."""
        return flatness_radius + 1.0 / (step_size * math.sqrt(steps))

    def pinned(self) -> dict[str, float]:
        """C and eps."""
        return {"bias": self.bias_weight, "decay": self._decay}

    def resolved(self) -> dict[str, Any]:
        """Add c and eps as numbers."""
        return super().resolved() | {"bias": self.bias_weight, "decay": self._decay}


INSTANCE = SagdBlocks
