"""SAM's valley over fair bits, every hinge with a dead zone: noise is not seen, block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.instances.base import whole
from sco_flat.instances.kernels import sam_valley_bits as kernels
from sco_flat.instances.law import expected_hinge
from sco_flat.instances.valleys import BitsValley, Condition, Peak, walk_conditions
from sco_flat.results import Interval
from sco_flat.samples import MAX_N


@dataclass(frozen=True)
class SamValleyBits(BitsValley):
    """The valley in one block (y, b, x) for each of m columns of fair bits.

    Setting
        ``f = ½ [|x|_z - rho]_+² + sum_i ((1+c²)/2) dist((b_i, x_i), {|b| - c x <= h})²
        + (gam/2) sum_i ([b_i - th y_i - tau1]_+² + [-b_i - tau2]_+²)
        + (lam/2) [a + m^(-1/2) sum_i u_{z,i} y_i + dl]_+²``; ``|x|_z² = sum_i z_i x_i²``, u is 1 where z_i = 1 and
        ``-kap`` elsewhere.
    Event
        Exactly one column that is zero on the sample.
    Guarantee
        Convex, realizable, smooth; a point ``-s e_a`` is a common minimum.

    Attributes
    ----------
    preset : str
        ``proof``: constants for which every step of the proof has room; ``practical``: ones that leave more risk.
    design : int
        The n that the constants are made for, if it is not the sample size.
    """

    preset: Literal["proof", "practical"] = "proof"
    design: int | None = None

    name = "sam-valley-bits"
    title = "SAM's valley over fair bits"
    defaults: ClassVar[dict[str, Any]] = {"n": 6, "steps": 160, "step_size": 0.12}
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.design is not None:
            whole("design", self.design, self.n, MAX_N, "leave it out for n")
        if self.margin is not None and self.margin > self.perturbation_radius / 4.0:
            limit = f"at most r/4 = {self.perturbation_radius / 4.0:g}"
            raise InputError("margin", self.margin, limit, "leave it out for r/8")

    @property
    def length(self) -> int:
        """y, b and x."""
        return 3

    def valley(self) -> dict[str, float]:
        """Resolve the constants."""
        n = self.n if self.design is None else self.design
        eta, r, gamma, root = self.step_size, self.perturbation_radius, self.gamma, math.sqrt(self.m)
        proof = self.preset == "proof"
        kap = 0.5 / n if proof else 1.0 / n
        lam = kap / 8.0
        if proof:
            th = min(1.0 / math.sqrt(32.0 * gamma * self.steps), 0.02 * eta * root)
            tau1 = th * r * kap / (2.0 * math.sqrt(2.0) * root)
        else:
            th = 1.0 / (3.0 * math.sqrt(gamma * self.steps))
            tau1 = th * r * kap / (1.5 * root)
        return {
            "c": 1.0 / math.sqrt(eta * self.steps),
            "h": r / 4.0 if proof else r / 8.0,
            "gamma": gamma,
            "theta": th,
            "tau1": tau1,
            "tau2": eta * gamma * tau1 / 2.0,
            "lam": lam,
            "dl": eta * lam * r / 5.0,
            "kappa": kap,
            "weight": 1.0 if proof else 0.5,
            "margin": r / 8.0 if self.margin is None else self.margin,
        }

    def conditions(self) -> tuple[Condition, ...]:
        """What the walk along the floor asks of the numbers, each with the largest or least legal one."""
        least = Condition(
            "eta gamma T >= 4", "steps", self.step_size * self.gamma * self.steps, ">=", 4.0,
            f"the least legal T is {math.ceil(4.0 / (self.step_size * self.gamma))}",
        )  # fmt: skip
        enough = Condition("n >= 4", "n", float(self.n), ">=", 4.0, "the least legal n is 4")
        return enough, *walk_conditions(self, self.gamma, 16.0), least

    def largest_noise(self) -> float:
        """Largest entry of a start that the dead zones do not let through: ``tau2/4``."""
        return self.valley()["tau2"] / 4.0

    def largest_epsilon(self) -> float:
        """Largest epsilon in SAM's normaliser that does not stop it: ``eta gam tau2/100``."""
        return self.step_size * self.gamma * self.valley()["tau2"] / 100.0

    def peak(self) -> Peak:
        """Largest sum of the curvatures that meet on x, b, y or a."""
        v = {key: Fraction(value) for key, value in self.valley().items()}
        wide, thick = 1 + v["c"] ** 2, v["gamma"] * (2 + v["theta"] ** 2)
        entries = v["weight"] ** 2 + 1  # of a, and of the mean of the y with u up to 1
        total = max(1 + wide, wide + thick, thick + v["lam"] * entries)
        # on one x behind the apex; at 0 only the last term acts
        return Peak(total, 1 + wide, (v["lam"] * v["dl"]) ** 2 * entries)

    def flat_minimum(self) -> dict[str, float]:
        """The nearest zero of all losses on the axis of a."""
        v = self.valley()
        return {"b": -v["dl"] / v["weight"]}

    def pinned(self) -> dict[str, float]:
        """The constants are those of the whole sample."""
        return {"design": self.n if self.design is None else self.design}

    def constants(self) -> tuple[float, ...]:
        """In the order of the kernels."""
        v = self.valley()
        return (
            v["c"], v["h"], v["gamma"], v["theta"], v["tau1"], v["tau2"], v["lam"], v["dl"], v["kappa"], v["weight"],
            1.0 / math.sqrt(self.m), v["margin"], self.smoothness,
        )  # fmt: skip

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        v = self.valley()
        y, b, x = w[:-1].reshape(self.m, 3).T
        seen = math.sqrt(float(z @ x**2))
        # the apex of the wedge is (0, -h/c); distances to it, to its rays, or 0
        ahead, excess = x + v["h"] / v["c"], np.abs(b) - v["c"] * x - v["h"]
        to_ray = np.maximum(excess, 0.0) / math.hypot(1.0, v["c"])
        away = np.where(v["c"] * np.abs(b) + ahead < 0.0, np.hypot(b, ahead), to_ray)
        slabs = np.maximum(b - v["theta"] * y - v["tau1"], 0.0) ** 2 + np.maximum(-b - v["tau2"], 0.0) ** 2
        start = v["weight"] * float(w[-1]) + float(np.where(z == 1, y, -v["kappa"] * y).sum()) / math.sqrt(self.m)
        return 0.5 * float(
            max(seen - v["margin"], 0.0) ** 2
            + (1.0 + v["c"] ** 2) * float((away**2).sum())
            + v["gamma"] * float(slabs.sum())
            + v["lam"] * max(start + v["dl"], 0.0) ** 2
        )

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """See ``Loss.root_cvxpy``."""
        import cvxpy

        from sco_flat.instances.distances import cones

        v = self.valley()
        y, b, x = w[0:-1:3], w[1:-1:3], w[2:-1:3]
        start = v["weight"] * w[-1] + (np.where(z == 1, 1.0, -v["kappa"]) / math.sqrt(self.m)) @ y
        parts = [
            cvxpy.pos(cvxpy.norm(cvxpy.multiply(np.asarray(z, dtype=float), x)) - v["margin"]),
            cones(cvxpy.abs(b), x + v["h"] / v["c"], v["c"]),
            math.sqrt(v["gamma"]) * cvxpy.pos(b - v["theta"] * y - v["tau1"]),
            math.sqrt(v["gamma"]) * cvxpy.pos(-b - v["tau2"]),
            math.sqrt(v["lam"]) * cvxpy.pos(start + v["dl"]),
        ]
        return cvxpy.norm(cvxpy.hstack(parts))

    def flatness_at(self, look: Any) -> float | None:
        """Distance to the nearest edge: F_S is 0 where every term is, and each is a distance to a convex set."""
        if look.empirical_risk > 0.0:
            return None
        v, (y, b, x) = self.valley(), look.blocks().T
        rooms = [
            float((v["h"] + v["c"] * x - np.abs(b)).min()) / math.hypot(1.0, v["c"]),
            float((v["tau1"] + v["theta"] * y - b).min()) / math.hypot(1.0, v["theta"]),
            v["tau2"] + float(b.min()),
        ]
        for k in range(self.n):
            z = self.example(look.layout.sample, k)
            u = np.where(z == 1, 1.0, -v["kappa"])
            start = v["weight"] * look.b + float(u @ y) / math.sqrt(self.m) + v["dl"]
            rooms.append(-start / math.hypot(v["weight"], math.sqrt(float(np.mean(u * u)))))
            if z.any():
                rooms.append(v["margin"] - math.sqrt(float(z @ x**2)))
        return min(rooms)

    def profile_size(self, blocks: int) -> int:
        """Squares of x, what no example enters, and the largest and the mean root of the start term."""
        return self.m + 3

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """Exact but for the start term, from below by Jensen, from above by the worst z."""
        v, squares = self.valley(), profile[: self.m]
        known, worst, mean = (float(p) for p in profile[self.m :])
        low, high = expected_hinge(0.0, squares, np.zeros(self.m), v["margin"])
        half = 0.5 * v["lam"]
        return low + known + half * max(mean, 0.0) ** 2, high + known + half * max(worst, 0.0) ** 2

    def resolved(self) -> dict[str, Any]:
        """Add the resolved constants, and what may disturb a run."""
        disturbed = {"largest_noise": self.largest_noise(), "largest_epsilon": self.largest_epsilon()}
        return super().resolved() | self.valley() | disturbed


INSTANCE = SamValleyBits
