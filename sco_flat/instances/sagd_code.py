"""SA-GD's walk into a flat bad minimum, in a dimension that is linear in n T."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import number, whole
from sco_flat.instances.code_hinge import CodeLoss
from sco_flat.instances.codes import Codes, check_count, random_words
from sco_flat.instances.kernels import code_hinge as kernels
from sco_flat.samples import Sample
from sco_flat.vocabulary import MAX_SEED


@dataclass(frozen=True)
class SagdCode(CodeLoss):
    """Codes in place of the columns of `sagd-blocks`.

    Setting
        Frozen unit vectors u_1, ..., u_M >= 0 with products at most t: words of k letters of an alphabet of q, as k
        ones in kq places. ``z`` in {-1,1}^M with fair signs, ``w = (X_1, ..., X_T)``, ``q0 = eta (r - rho)``:
        ``f = ½ [dist(w, K_z) - rho]_+²``, ``K_z = {<u_i, X_j> <= 0 (z_i = +), -<u_i, X_j> <= q0 t (z_i = -), all j}``.
    Method
        SA-GD from 0. If column I is all plus, ``w_t = -q0 sum_{s<t} e_s u_I`` lies in every K_z of the sample, and
        ``r e_t u_I`` is a maximiser, which the loss's own oracle takes. Others are as good.
    Guarantee
        Convex, 1-Lipschitz, 1-smooth, rho-flat at 0. The last iterate has ``F = ¼ [(1 - t) q0 sqrt(T - 1) - rho]_+²``,
        the full average about ``¼ [q0 sqrt(T (1 - t)³/3) - rho]_+²``.
    Source
        This package.

    Attributes
    ----------
    letters, places : int
        q and k, ``3 n`` by default.
    coherence : float
        t; by default what the codes have, and 2^-40 of it.
    family : int
        Seed of the codes; the sample has its own.
    depth : float
        q0.
    """

    letters: int = 8
    places: int | None = None
    coherence: float | None = None
    family: int = 0
    depth: float | None = None

    name = "sagd-code"
    title = "SA-GD's walk into a flat bad minimum, in a code"
    event = "any"
    default_method = "sagd"
    default_oracle = "exact"
    has_bias = False
    maximise = kernels.maximise

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count(self.columns)
        whole("letters", self.letters, 2, 2**10, "choose q >= 2")
        whole("family", self.family, 0, MAX_SEED, "it is a seed")
        if self.places is not None:
            whole("places", self.places, 1, 2**12, "leave it out for 3 n")
        number("depth", self.one_step, 0.0, math.inf, "choose q0 >= 0")
        self.code.level(self.coherence, "family", self.family)

    @property
    def parts(self) -> int:
        """T."""
        return self.steps

    @property
    def code(self) -> Codes:
        """Random words."""
        places = 3 * self.n if self.places is None else self.places
        return random_words(self.columns, places, self.letters, self.family)

    @property
    def one_step(self) -> float:
        """q0."""
        if self.depth is not None:
            return self.depth
        return self.step_size * max(self.perturbation_radius - self.flatness_radius, 0.0)

    @property
    def levels(self) -> tuple[float, float]:
        """0 for a plus, ``q0 t`` for a minus."""
        return 0.0, self.one_step * self.code.level(self.coherence, "family", self.family)

    @property
    def bad_code(self) -> int:
        """All plus on the sample."""
        return int((1 << self.n) - 1)

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``rho + 1 / (eta sqrt T)``."""
        return flatness_radius + 1.0 / (step_size * math.sqrt(steps))

    def constant_columns(self, sample: Sample, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
        """See ``Loss.constant_columns``; the all-plus columns, by their numbers."""
        return np.flatnonzero(sample.codes == self.bad_code), 0.0

    def facts(self) -> dict[str, Any]:
        """Add whether q0 is the usual one."""
        return super().facts() | {"constants": "usual" if self.depth is None else "other"}

    def pinned(self) -> dict[str, Any]:
        """k, t and q0."""
        t = self.code.level(self.coherence, "family", self.family)
        return {"places": self.code.length // self.letters, "coherence": t, "depth": self.one_step}

    def resolved(self) -> dict[str, Any]:
        """Add k, t and q0."""
        return super().resolved() | self.pinned()


INSTANCE = SagdCode
