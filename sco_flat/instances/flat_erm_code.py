"""A flat empirical minimum that generalises badly, in a dimension that is linear in n."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import whole
from sco_flat.instances.code_hinge import CodeLoss
from sco_flat.instances.codes import Codes, check_count, random_signs
from sco_flat.samples import Sample
from sco_flat.vocabulary import MAX_SEED


@dataclass(frozen=True)
class FlatErmCode(CodeLoss):
    """Codes in place of the coordinates of `flat-erm`.

    Setting
        Frozen unit vectors u_1, ..., u_M, M = 2^n, with products at most t; ``z`` in {0,1}^M with fair bits. On
        ``(w, b)``: ``f = ½ [sqrt(dist(w, K_z)² + b²) - rho]_+²``, ``K_z = {<u_i, w> <= t for all i with z_i = 1}``.
    Guarantee
        Convex, 1-Lipschitz, 1-smooth, rho-flat at 0. If column I is zero on the whole sample (probability at least
        ``1 - 1/e``), u_I lies in every K_z of the sample: it minimises every SAER, ``F_S^r(u_I) = ½ [r - rho]_+²``, and
        has ``F(u_I) >= ¼ (1 - t - rho)²``; ``rho e_b`` has ``F = 0`` and is sharp.
    Source
        This package.

    Attributes
    ----------
    code_length : int
        d', 25 n by default.
    coherence : float
        t; by default what the codes have, and 2^-40 of it.
    family : int
        Seed of the codes; the sample has its own.
    """

    code_length: int | None = None
    coherence: float | None = None
    family: int = 0

    name = "flat-erm-code"
    title = "flat and sharp empirical minima in a code"
    event = "any"
    default_method = "gd"
    has_bias = True
    parts = 1
    bad_code = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count(self.columns)
        whole("family", self.family, 0, MAX_SEED, "it is a seed")
        if self.code_length is not None:
            whole("code_length", self.code_length, 1, 2**16, "leave it out for 25 n")
        self.code.level(self.coherence, "family", self.family)

    def minima(self, sample: Sample) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """See ``Loss.minima``: ``u_I`` and ``rho e_b``."""
        if not sample.event.columns:
            return {}
        rows, rho = np.arange(self.m), self.flatness_radius
        names = ("flat minimum u_I", "sharp minimum rho e_b") if rho > 0.0 else ("minimum u_I", "minimum 0")
        points = (np.append(self.code.vectors[sample.event.columns[0]], 0.0), np.append(np.zeros(self.m), rho))
        return {name: (rows, w) for name, w in zip(names, points, strict=True)}

    @property
    def code(self) -> Codes:
        """Random signs."""
        length = 25 * self.n if self.code_length is None else self.code_length
        return random_signs(self.columns, length, self.family)

    @property
    def levels(self) -> tuple[float, float]:
        """T for a one, nothing for a zero."""
        return self.code.level(self.coherence, "family", self.family), math.inf

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """1, the radius of the domain."""
        return 1.0

    def pinned(self) -> dict[str, Any]:
        """The length of the codes, and t."""
        return {"code_length": self.code.length, "coherence": self.levels[0]}

    def resolved(self) -> dict[str, Any]:
        """Add the length of the codes, and t."""
        return super().resolved() | self.pinned()


INSTANCE = FlatErmCode
