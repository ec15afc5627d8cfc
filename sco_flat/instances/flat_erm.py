"""Theorem 1: a flat empirical minimum that generalises badly beside a sharp one that generalises perfectly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.norm_hinge import HingeLoss
from sco_flat.samples import Sample


@dataclass(frozen=True)
class FlatErm(HingeLoss):
    """The instance of Theorem 1.

    Setting
        ``z`` in {0,1}^m with fair bits, ``f(w, z) = ½ [ sqrt(sum_i z_i x_i² + b²) - rho ]_+²`` on the unit
        ball of dimension ``d = m + 1``.
    Guarantee
        Convex, 1-Lipschitz, 1-smooth, rho-flat at 0. If column I is zero on the whole sample (probability
        at least ``1 - 1/e``), ``e_I`` minimises every SAER and has ``F(e_I) = ¼ (1 - rho)²``, while
        ``rho e_b`` has ``F = 0`` and ``F_S^delta(rho e_b) = ½ delta²``.
    Source
        arXiv 2511.03548, Theorem 1 and its proof.
    """

    name = "flat-erm"
    title = "flat and sharp empirical minima"
    event = "any"
    default_method = "gd"
    defaults: ClassVar[dict[str, Any]] = {"flatness_radius": 0.2}
    signed = False
    sleeps = False

    @property
    def length(self) -> int:
        """One entry a block."""
        return 1

    @property
    def bad_code(self) -> int:
        """All zeros: no example sees the column."""
        return 0

    def weights(self) -> NDArray[np.float64]:
        """All ones."""
        return np.ones(2)

    def minima(self, sample: Sample) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """See ``Loss.minima``: ``e_I`` and ``rho e_b``, of which rho = 0 leaves the origin, where both are as sharp."""
        if not sample.event.columns:
            return {}
        rows, rho = np.array([sample.event.columns[0]], dtype=np.int64), self.flatness_radius
        names = ("flat minimum e_I", "sharp minimum rho e_b") if rho > 0.0 else ("minimum e_I", "minimum 0")
        points = (np.array([1.0, 0.0]), np.array([0.0, rho]))
        return {name: (rows, w) for name, w in zip(names, points, strict=True)}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """½, as in the pictures: Theorem 1 holds for every r."""
        return 0.5


INSTANCE = FlatErm
