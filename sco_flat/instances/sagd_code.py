"""SA-GD's walk into a flat bad minimum, in a dimension that is linear in n T.

Why there is no robust preset
-----------------------------
Weights ``a_j`` on the parts, as in `sagd-blocks`, do not make the maximiser unique: within one part there are others
than the bad word. ``dist(v, K_z) = |v|`` says that v lies in the cone of the words with ``z_i = +``, and the words are
more than the dimension: from n = 10 on (1,024 words in 240 places) the direction of all ones lies in that cone for
every z that was drawn, so that ``F_S(r 1/sqrt d')`` is the maximum ``½ [r - rho]²`` as well (n = 6, 8: .85 and .98 of
``|v|²``). A benign oracle walks along it, and generalises. Only a tie rule prefers the bad word.

What would do it: take ``N_z(X)² = sup_{c >= 0} 2 <p, X> - |p|² - kappa (sum_i c_i)²`` with ``p = sum_i ±c_i u_i`` (less
the levels) for ``dist²``; kappa = 0 is the distance. It is convex and 1-smooth, being the conjugate of ``|p|²`` and a
gauge. ``sum_i c_i >= |p|``, with equality for multiples of one word alone (the words are unit vectors): so ``N_z(v)² <=
|v|²/(1 + kappa)`` for every z, with equality only where v is a word with ``z_i = +`` (or, up to its level, the negative
of one with ``z_i = -``). The mean over S attains it at constant columns only; a word that is + on all but one example
loses ``1/n`` of it, and all ones have ``1/(1 + q kappa)``. At kappa = 1/4, in ascents from random starts: the bad word
.8, the best other end .677 (n = 5), .692 (n = 6), .716 (n = 8); at kappa = 0 and n = 8 one ends at .996 of 1, with a
product of .42 with the bad word. Between the parts weights ``a_j = 1 - eps (j-1)/T`` then decide as in `sagd-blocks`.
It is not built: kernels, exact risk and SAER of the codes all rest on one Gram matrix, and this one has kappa added to
it without the signs.
"""

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
