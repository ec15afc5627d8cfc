"""Theorem 1: a flat empirical minimum that generalises badly beside a sharp one that generalises perfectly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.norm_hinge import HingeLoss


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

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """1, the radius of the domain: Theorem 1 holds for every r."""
        return 1.0


INSTANCE = FlatErm
