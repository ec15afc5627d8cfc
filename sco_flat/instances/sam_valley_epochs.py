"""SAM's valley for mini-batches: each example marks itself once, and what is detected is that all are marked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.instances.base import number
from sco_flat.instances.sam_valley import SamValley
from sco_flat.instances.valleys import Condition, walk_conditions
from sco_flat.samples import Sample


@dataclass(frozen=True)
class SamValleyEpochs(SamValley):
    """The valley that every batch size finds.

    Setting
        As `sam-valley` on N = 4 n² points, with ``(lam/2) [y_z + dl]_+²`` in place of the last term and
        ``R = {<u_i, b> + sig a - th <1 outside A_i, y> <= thr}``: it is left when all of the sample is marked and
        lies outside A_i.
    Guarantee
        Convex and smooth. With ``exit > 0`` (sig) it is realizable: ``y = -dl``, and a so low that R has room. With
        ``exit = 0`` no point has loss 0 on every example, since marks on all points leave R.

    Attributes
    ----------
    exit : float
        sig.
    """

    codes: Literal["orthonormal"] = "orthonormal"
    exit: float = 1.0

    name = "sam-valley-epochs"
    title = "SAM's valley, for every batch size"
    enters = False
    others = True
    flat = False
    realizable = None
    defaults: ClassVar[dict[str, Any]] = {"n": 6, "steps": 1024, "step_size": 0.25, "perturbation_radius": 0.075}

    def __post_init__(self) -> None:
        super().__post_init__()
        number("exit", self.exit, 0.0, 10.0, "choose 0 <= exit <= 10")
        if self.code_length is not None:
            raise InputError("code_length", self.code_length, "its codes are orthonormal", "leave it out")

    @property
    def points(self) -> int:
        """N."""
        return 4 * self.made_for**2

    def valley(self) -> dict[str, float]:
        """See `SamValley.valley`."""
        n, eta, r = self.made_for, self.step_size, self.perturbation_radius
        lam, th = 0.1, 0.4 / self.points
        dl = 2.0 * n * eta * lam * r
        changed = {
            "sigma": self.exit,
            "theta": th,
            "mu": eta / 8.0,
            "nn": 1.0 + self.exit**2 + th * th * self.points / 2.0,
            "tau_R": th * dl * (n - 0.5),
            "lam": lam,
            "dl": dl,
            "tau": th * dl / 8.0,
        }
        return super().valley() | changed

    def conditions(self) -> tuple[Condition, ...]:
        """Those of the walk along the floor."""
        return walk_conditions(self, self.valley()["gamma"], 16.0)

    def facts(self) -> dict[str, Any]:
        """Add whether there is a common zero."""
        return super().facts() | {"realizable": self.exit > 0.0}

    def flat_minimum(self) -> dict[str, float] | None:
        """See `zero`; None without an exit."""
        return self.zero() if self.exit > 0.0 else None

    def zero(self) -> dict[str, float]:
        """The marks on all points, and a so low that R has room."""
        v = self.valley()
        short = max(v["theta"] * v["dl"] * self.points / 2.0 - v["tau_R"], 0.0)
        return {"y": -v["dl"], "b": -short * (1.0 + 1e-9) / self.exit}

    def minimum(self) -> NDArray[np.float64]:
        """The common minimum as a point."""
        point, found = np.zeros(self.dimension), self.zero()
        point[: self.points], point[-1] = found["y"], found["b"]
        return point

    def flat_radius(self) -> float:
        """0: it lies on the edge of the marks."""
        return 0.0

    def distance(self, start_norm_squared: float, start_b: float) -> float:
        """From 0; see `distance_from` for other starts."""
        return float(np.linalg.norm(self.minimum())) if self.exit > 0.0 else math.inf

    def distance_from(self, start: NDArray[np.float64] | None, sample: Sample) -> float:
        """See ``Loss.distance_from``."""
        return super().distance_from(start, sample) if self.exit > 0.0 else math.inf


INSTANCE = SamValleyEpochs
