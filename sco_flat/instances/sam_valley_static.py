"""A valley with one b for all columns: nothing has to be started, and SAM's drift stands noise and any batch."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import number
from sco_flat.instances.block import BlockLoss
from sco_flat.instances.kernels import sam_valley_static as kernels
from sco_flat.instances.law import expected_hinge
from sco_flat.results import Interval
from sco_flat.samples import Sample

MOST = 12
"""Most columns over which the wedges are enumerated."""


@dataclass(frozen=True)
class SamValleyStatic(BlockLoss):
    """One valley that widens along all columns that an example does not see.

    Setting
        ``z`` in {0,1}^m with fair bits, ``w = (x_1, ..., x_m, b)``, ``|x|_z² = sum_i z_i x_i²``:
        ``f = ½ [|x|_z - rho]_+² + ½ [|b| - (c/sqrt m) sum_i (1 - z_i) x_i - h]_+² + (gam/2) b²``; behind the apex the
        second term is that of the wedge in b and ``sum_i (1 - z_i) x_i``.
    Method
        SAM from any small ``b != 0``; b jumps across the valley and every unseen x_i grows, in a column of zeros
        without an example that pulls it back. Any batch size; ``T >= m/eta``.
    Guarantee
        Convex, ``(1 + c² + gam)``-smooth, a common minimum at 0. What SAM does was seen in runs, it is not proved.
    Source
        This package.

    Attributes
    ----------
    widening : float
        c, ``sqrt(m/(2 eta T))`` by default.
    floor : float
        h, r/4 by default.
    bowl : float
        gam.
    margin : float
        rho of the first term, r/8 by default; the loss has no flat ball, since it is curved in b.
    """

    widening: float | None = None
    floor: float | None = None
    bowl: float = 1.0
    margin: float | None = None

    name = "sam-valley-static"
    title = "SAM drifts along one valley of all columns"
    event = "one"
    default_method = "sam"
    defaults: ClassVar[dict[str, Any]] = {"n": 6, "steps": 512, "step_size": 0.25, "start": "gaussian:1e-6"}
    convex = non_negative = realizable = True
    flat = False
    sleeps = False
    from_squares = False
    scratch = 1
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    bad_code = 0
    length = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, value in zip(("widening", "floor", "bowl", "margin"), self.constants(), strict=True):
            number(key, value, 0.0, math.inf, "choose it at least 0")

    def constants(self) -> tuple[float, ...]:
        """``c, h, gam, rho``."""
        r = self.perturbation_radius
        return (
            math.sqrt(self.m / (2.0 * self.step_size * self.steps)) if self.widening is None else self.widening,
            r / 4.0 if self.floor is None else self.floor,
            self.bowl,
            r / 8.0 if self.margin is None else self.margin,
        )

    @property
    def smoothness(self) -> float:
        """``1 + c² + gam``: no two of the first terms share a coordinate."""
        return 1.0 + self.constants()[0] ** 2 + self.bowl

    @property
    def lipschitz(self) -> float:
        """``1 + c² + gam`` on the unit ball: 0 is a minimum."""
        return self.smoothness

    def facts(self) -> dict[str, Any]:
        """Every coordinate is stored."""
        return super().facts() | {"blocks": False}

    def flat_minimum(self) -> dict[str, float]:
        """The origin."""
        return {}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``1 / sqrt(eta T)``."""
        return 1.0 / math.sqrt(step_size * steps)

    def weights(self) -> NDArray[np.float64]:
        """Not read."""
        return np.ones(2)

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """Every coordinate."""
        return np.arange(self.m, dtype=np.int64)

    def pinned(self) -> dict[str, float]:
        """C, h and rho."""
        c, h, _, rho = self.constants()
        return {"widening": c, "floor": h, "margin": rho}

    def resolved(self) -> dict[str, Any]:
        """Add c, h and rho as numbers."""
        return super().resolved() | self.pinned()

    def _wall(self, x: NDArray[np.float64], b: float) -> float:
        """The wedge of an example from the x of its zeros."""
        c, h, _, _ = self.constants()
        if x.size and c > 0.0:
            c *= math.sqrt(x.size / self.m)
            s = float(x.sum()) / math.sqrt(x.size) + h / c
            if c * abs(b) + s < 0.0:
                return 0.5 * (1.0 + c * c) * (b * b + s * s)
            return 0.5 * max(abs(b) - c * s, 0.0) ** 2
        return 0.5 * max(abs(b) - h, 0.0) ** 2

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        x, b = w[:-1], float(w[-1])
        _, _, gamma, rho = self.constants()
        norm = math.sqrt(float((x[z == 1] ** 2).sum()))
        return 0.5 * max(norm - rho, 0.0) ** 2 + self._wall(x[z == 0], b) + 0.5 * gamma * b * b

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """The first term from its law; the wedges are 0 for the worst z, or enumerated, or in a bracket.

        Lower end by Jensen; upper end by the distance to ``(± min(|b|, h), [s]_+)``, which lies in every valley.
        """
        x, b = profile[:-1], float(profile[-1])
        c, h, gamma, rho = self.constants()
        low, high = expected_hinge(0.0, x * x, np.zeros(x.size), rho)
        steep = c / math.sqrt(self.m)
        below = np.maximum(-x, 0.0)
        walls = 0.0, 0.0
        if abs(b) + steep * float(below.sum()) > h:
            if self.m <= MOST:
                masks = itertools.product((False, True), repeat=self.m)
                mean = math.fsum(self._wall(x[np.array(mask)], b) for mask in masks) / 2**self.m
                walls = mean, mean
            else:
                middle = max(abs(b) - 0.5 * steep * float(x.sum()) - h, 0.0)
                apart = max(abs(b) - h, 0.0) ** 2 + float(below @ below)
                walls = 0.5 * middle**2, 0.5 * (1.0 + c * c) * apart
        bowl = 0.5 * gamma * b * b
        return low + walls[0] + bowl, high + walls[1] + bowl

    def saer_bracket(self, look: Any) -> Interval:
        """The cheap bracket, with pushes along b: SAM's first ascent fails at b = 0."""
        low, high = super().saer_bracket(look)
        along = np.append(np.zeros(self.m), 1.0)
        low = max(low, *(look.value(side * along, self.perturbation_radius) for side in (1.0, -1.0)))
        return low, max(low, high)

    def flatness_at(self, look: Any) -> float | None:
        """0 at a zero of F_S: any b costs something at once, if gam > 0."""
        return 0.0 if look.empirical_risk == 0.0 and self.bowl > 0.0 else None


INSTANCE = SamValleyStatic
