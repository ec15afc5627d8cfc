"""Theorem 7: SAM's normalisation turns a tiny gradient into a chain of full steps towards a bad minimum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError, unknown_name
from sco_flat.instances.base import Curvature, number, squared_distance
from sco_flat.instances.block import BlockLoss
from sco_flat.instances.kernels import sam_chain as kernels
from sco_flat.instances.saer import chain as saer
from sco_flat.instances.saer import closing
from sco_flat.instances.saer.links import Chain
from sco_flat.results import Interval
from sco_flat.samples import Sample, members, popcounts

MOST = 2**19
"""Most numbers that the SAER may be searched with: coordinates times examples; beyond that it keeps the loose end."""
PARAMETERS = ("corrected", "printed")


@dataclass(frozen=True)
class SamChain(BlockLoss):
    """The instance of Theorem 7, with the printed constants or with constants for which it is true.

    Setting
        ``z`` in {0,1}^m with fair bits, I the only column that is zero on the sample (probability at least
        1/e), ``f = ½ sum_{i,j>=2} z_i x_ij² + ½ sum_{i,j>=2} [x_ij - delta_j (x_{i,j-1} + lam 1{j=2})]_+²
        + ½ gamma [v_z . w + delta_1]_+²``; v_z is 1 on b, 1 or ``-kappa`` on ``x_i1`` for z_i = 1 or 0, with
        ``kappa = 1 / (2 (d - 1))``, ``d = m T + 1``, ``lam = r / (4 d (d - 1))``.
    Method
        Full-batch normalised SAM from 0, ``eta r <= 1 / (2 sqrt T)``, n, T >= 6.
    Guarantee
        Convex and realizable; with the corrected constants every suffix average has
        ``F >= .736 (T-2)(T-1)(2T-3) / (24 T³) eta² r² T >= eta² r² T / 40``.

    Parameters
        ``printed``: ``delta_1 = lam min(1, eta) / (2 sqrt d)``, ``gamma = lam / (max(1, eta)(r + delta_1))``,
        the exact solution of the paper's mutual definitions. The first step is then too long by a factor of
        about ``sqrt(m)/2`` and blocks other than I wake up, from n = 12, eta = 1/24 on.
        ``corrected``: ``gamma = lam / (2 max(1, eta) r sqrt(m + 1))``, ``delta_1 = eta gamma r / 4``,
        ``delta_2 = 1``, ``delta_3 = 1 / (8 (d - 1) sqrt(m + 1))``, ``delta_j = 1 / (8 max(1, eta))``: chosen
        before the sample, which the paper's ``delta_j`` are not. The printed set takes the same delta_2, ...
        ``density``: ``P(z_i = 1)``, ½ in the theorem. With m columns and ``(1 - density)^n = 1/m`` the bad column is
        as likely as in the theorem, in a dimension that is polynomial in n; the risk scales with the density.
    Source
        arXiv 2511.03548, Theorem 7; corrected.
    """

    parameters: Literal["corrected", "printed"] = "corrected"
    lam: float | None = None
    gamma: float | None = None
    delta_1: float | None = None
    delta_2: float | None = None
    delta_3: float | None = None
    delta: float | None = None
    density: float = 0.5

    name = "sam-chain"
    title = "SAM's chain into a bad minimum"
    event = "one"
    default_method = "sam"
    convex = non_negative = realizable = True
    flat = False
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    passive = 1
    windows = True
    looks = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parameters not in PARAMETERS:
            raise unknown_name("parameters", self.parameters, PARAMETERS)
        number("radius", self.perturbation_radius, 0.0, math.inf, "the loss is built from r > 0", strict=True)
        number("steps", self.steps, 2, math.inf, "a chain needs T >= 2")
        if not 0.0 < self.density < 1.0:
            raise InputError("density", self.density, "is a probability between 0 and 1", "0.5 is the theorem's")
        for key in ("lam", "gamma", "delta_1", "delta_2", "delta_3", "delta"):
            given = getattr(self, key)
            if given is not None:
                number(
                    key,
                    given,
                    0.0,
                    1.0 if key.startswith("delta") else math.inf,
                    "choose a value in range",
                    strict=True,
                )

    @property
    def length(self) -> int:
        """T entries a block."""
        return self.steps

    @property
    def bad_code(self) -> int:
        """All zeros."""
        return 0

    def chain(self) -> dict[str, float]:
        """Resolve lam, gamma, kappa and the deltas."""
        d, m = float(self.dimension), float(self.m)
        eta, r = self.step_size, self.perturbation_radius
        cap = max(1.0, eta)
        lam = self.lam if self.lam is not None else r / (4.0 * d * (d - 1.0))
        if self.parameters == "printed":
            delta_1 = lam * min(1.0, eta) / (2.0 * math.sqrt(d))
            gamma = lam / (cap * (r + delta_1))
        else:
            gamma = lam / (2.0 * cap * r * math.sqrt(m + 1.0))
            delta_1 = eta * (self.gamma or gamma) * r / 4.0
        return {
            "lam": lam,
            "gamma": gamma if self.gamma is None else self.gamma,
            "delta_1": delta_1 if self.delta_1 is None else self.delta_1,
            "delta_2": 1.0 if self.delta_2 is None else self.delta_2,
            "delta_3": 1.0 / (8.0 * (d - 1.0) * math.sqrt(m + 1.0)) if self.delta_3 is None else self.delta_3,
            "delta": 1.0 / (8.0 * cap) if self.delta is None else self.delta,
            "kappa": 1.0 / (2.0 * (d - 1.0)),
        }

    def facts(self) -> dict[str, Any]:
        """Add whose constants they are: any smaller ``delta_j`` is as good as the corrected one."""
        own = [key for key in ("lam", "gamma", "delta_1", "delta_2", "delta_3") if getattr(self, key) is not None]
        usual = self.delta is None or self.delta <= 1.0 / (8.0 * max(1.0, self.step_size))
        return super().facts() | {"constants": self.parameters if usual and not own else "other"}

    def weights(self) -> NDArray[np.float64]:
        """``delta_j`` at place j - 1; 0 behind the last entry, which has no successor."""
        c = self.chain()
        deltas = np.full(self.steps + 1, c["delta"])
        deltas[0] = 0.0
        deltas[1] = c["delta_2"]
        deltas[2:3] = c["delta_3"]
        deltas[-1] = 0.0
        return deltas

    def constants(self) -> tuple[float, ...]:
        """``lam, gamma, delta_1, kappa, beta``, and ``P(z = 1)``."""
        c = self.chain()
        return (c["lam"], c["gamma"], c["delta_1"], c["kappa"], self.smoothness, self.density)

    @property
    def wake_at(self) -> float:
        """lam: block i sleeps while ``x_i1 + lam >= 0``."""
        return self.chain()["lam"]

    @property
    def smoothness(self) -> float:
        """``1 + |B|² + gamma |v_z|²`` with Gershgorin's bound on ``|B|²``: about 3, where the paper has 6."""
        c = self.chain()
        deltas = [0.0, c["delta_2"]]
        if self.steps > 2:
            deltas.append(c["delta_3"])
        deltas += [c["delta"]] * min(2, max(self.steps - 3, 0))
        deltas.append(0.0)
        rows = [1.0 * (j > 0) + deltas[j + 1] ** 2 + deltas[j] + deltas[j + 1] for j in range(len(deltas) - 1)]
        return 1.0 + max(rows) + c["gamma"] * (self.m + 1.0)

    @property
    def lipschitz(self) -> float:
        """``beta + |grad f(0)|`` on the unit ball: about 3 (the lemma prints 7, the theorem 6, its proof gives 6)."""
        c = self.chain()
        return self.smoothness + c["gamma"] * c["delta_1"] * math.sqrt(self.m + 1.0) * (1.0 + 1e-15)

    def flat_minimum(self) -> dict[str, float]:
        """``-delta_1 e_b``, the zero of all losses nearest to 0 on the b axis (rho = 0)."""
        return {"b": -self.chain()["delta_1"]}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``1 / (2 eta sqrt T)``."""
        return 1.0 / (2.0 * step_size * math.sqrt(steps))

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        c = self.chain()
        x, b = w[:-1].reshape(self.m, self.length), float(w[-1])
        deltas = self.weights()[1:-1]
        before = x[:, :-1].copy()
        before[:, 0] += c["lam"]
        chain = np.maximum(x[:, 1:] - deltas * before, 0.0)
        coupling = b + float(np.where(z == 1, x[:, 0], -c["kappa"] * x[:, 0]).sum()) + c["delta_1"]
        return float(
            0.5 * (z[:, None] * x[:, 1:] ** 2).sum()
            + 0.5 * (chain**2).sum()
            + 0.5 * c["gamma"] * max(coupling, 0.0) ** 2
        )

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """The norm of all terms: entries that z sees, positive parts of the chain and of the coupling."""
        import cvxpy

        c = self.chain()
        x = cvxpy.reshape(w[:-1], (self.m, self.length), order="C")
        shift = np.zeros((self.m, self.length - 1))
        shift[:, 0] = c["lam"]
        deltas = np.tile(self.weights()[1:-1], (self.m, 1))
        terms = cvxpy.pos(x[:, 1:] - cvxpy.multiply(deltas, x[:, :-1] + shift))
        # a norm grows with each entry only where none is negative: the rules ask for that
        seen = cvxpy.abs(cvxpy.multiply(np.tile(z[:, None].astype(float), (1, self.length - 1)), x[:, 1:]))
        coupling = np.where(z == 1, 1.0, -c["kappa"]) @ x[:, 0] + w[-1] + c["delta_1"]
        parts = [cvxpy.vec(seen, order="C"), cvxpy.vec(terms, order="C"), math.sqrt(c["gamma"]) * cvxpy.pos(coupling)]
        return cvxpy.norm(cvxpy.hstack(parts))

    def flat_constraints(self, y: Any, unit: float) -> list[Any]:
        """No entry behind the first, ``x_i1 >= -lam``, and the coupling at most 0 for the worst z."""
        import cvxpy

        c = self.chain()
        x = cvxpy.reshape(y[:-1], (self.m, self.length), order="C")
        worst = cvxpy.sum(cvxpy.maximum(x[:, 0], -c["kappa"] * x[:, 0])) + y[-1] + c["delta_1"] / unit
        return [x[:, 1:] == 0, x[:, 0] >= -c["lam"] / unit, worst <= 0]

    def curvature(self) -> Curvature:
        """Seen entries, all chain terms, and ``gamma |v_z|²`` for the coupling."""
        c = self.chain()
        scales = np.ones(self.length)
        scales[0] = 0.0
        gamma, columns = Fraction(c["gamma"]), self.m + 1
        slope = (gamma * Fraction(c["delta_1"])) ** 2 * columns
        return Curvature(scales, self.weights()[1:-1].copy(), gamma * columns, slope)

    def pinned(self) -> dict[str, float]:
        """All constants of the chain."""
        return {k: v for k, v in self.chain().items() if k != "kappa"}

    @property
    def shift(self) -> float:
        """``delta_1``, which the coupling adds to ``v_z . w``."""
        return self.chain()["delta_1"]

    @property
    def pull(self) -> tuple[float, float]:
        """Kappa and ``P(z = 1)``, as the kernels for columns that are not stored take them."""
        return self.chain()["kappa"], self.density

    def pulls(self, sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """What a one and a zero of each example add to the slope of a column, and its factor, from all ``v_k . w``."""
        c = self.chain()
        on = np.maximum(sums + c["delta_1"], 0.0)
        return on, -c["kappa"] * on, c["gamma"] / sums.size

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """The zero columns: on them the first ascent step points down."""
        return sample.constant()[0].astype(np.int64)

    def profile_size(self, blocks: int) -> int:
        """Sum of squares, chain term, largest and mean coupling."""
        return 4

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """``½ P(z = 1) sum x_ij² + ½ sum chain² + ½ gamma E[v_z . w + delta_1]_+²``, the last term bracketed.

        Lower end by Jensen, upper end by the worst z.
        """
        squares, chain, worst, mean = (float(p) for p in profile)
        known = 0.5 * self.density * squares + 0.5 * chain
        gamma = self.chain()["gamma"]
        return known + 0.5 * gamma * max(mean, 0.0) ** 2, known + 0.5 * gamma * max(worst, 0.0) ** 2

    def square_weights(self) -> NDArray[np.float64]:
        """1 on the entries from the second on."""
        ones = np.ones(self.steps + 1)
        ones[[0, -1]] = 0.0
        return ones

    def risks_from_squares(
        self, squares: NDArray[np.float64], codes: NDArray[np.int64], peak: float, last: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """``½ P(z = 1) sum x_ij²`` from below; the other terms are at most their largest on the run (convexity)."""
        low = 0.5 * self.density * squares.sum(axis=1)
        c = self.chain()
        coupling = 0.5 * c["gamma"] * max(float(last[2]), c["delta_1"]) ** 2
        return np.stack([low, low + peak + coupling], axis=1)

    def saer_bracket(self, look: Any) -> Interval:
        """Ascent, and one push in a sleeping block that all or most examples see."""
        low, high = super().saer_bracket(look)
        radius, seen = self.perturbation_radius, self._asleep(look)
        if seen is not None and self.steps > 2:
            low = max(low, look.empirical_risk + 0.5 * (1.0 + seen) * radius**2)
        cheap = low, max(low, high)
        if cheap[0] == cheap[1] or not closing() or self.n * self.dimension > MOST or self.steps < 2:
            return cheap
        return saer.search(self._dense(look), cheap)

    def _dense(self, look: Any) -> Chain:
        """The point with all its blocks."""
        c, codes = self.chain(), look.layout.sample.codes
        w = look.layout.dense(look.w)
        bits = codes >> members(self.n, look.batch)[:, None] & 1
        alike, counts = np.unique(bits, axis=0, return_counts=True)
        return Chain(
            w[:-1].reshape(self.m, self.length), float(w[-1]), bits.mean(axis=0),
            np.where(alike == 1, 1.0, -c["kappa"]), counts / bits.shape[0], self.weights()[:-1], c["lam"],
            c["gamma"], c["delta_1"], self.perturbation_radius,
        )  # fmt: skip

    def _asleep(self, look: Any) -> float | None:
        """Largest fraction of ones among the columns whose block is 0 behind its first entry."""
        rows, sample = look.layout.rows, look.layout.sample
        moved = popcounts(sample.at(rows[np.any(look.blocks()[:, 1:], axis=1)]))
        asleep = np.flatnonzero(sample.ones() - np.bincount(moved, minlength=self.n + 1))
        return float(asleep.max() / self.n) if asleep.size else None

    def flatness_at(self, look: Any) -> float | None:
        """0 at a zero of F_S: an entry behind the first of a column with a one costs something at once."""
        seen = look.empirical_risk == 0.0 and bool(look.layout.sample.ones()[1:].any())
        return 0.0 if seen else None

    def resolved(self) -> dict[str, Any]:
        """Add the resolved constants."""
        return super().resolved() | self.chain()

    def nearest_flat(
        self, start: NDArray[np.float64], found: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Fraction, str]:
        """See ``Loss.nearest_flat``; weak duality with the multiplier of the coupling constraint, in fractions.

        With ``g(s) = max(s, -kappa s)`` and any ``mu >= 0``, the minimum of ``½ |w - w_1|² + mu (b + sum_i g(x_i1) +
        delta_1)`` over the other constraints is at most ``½ D²``; it falls apart into one minimum for each coordinate.
        """
        c = {key: Fraction(value) for key, value in self.chain().items()}
        kappa, lam, delta_1 = c["kappa"], c["lam"], c["delta_1"]
        blocks = start[:-1].reshape(self.m, self.length)
        firsts = np.maximum(found[:-1].reshape(self.m, self.length)[:, 0], -float(lam))
        point = np.zeros(self.dimension)
        point[:-1].reshape(self.m, self.length)[:, 0] = firsts
        total = delta_1 + sum((max(s, -kappa * s) for s in map(Fraction, map(float, firsts))), Fraction(0))
        b = min(float(start[-1]), -float(total))
        point[-1] = b if Fraction(b) <= -total else math.nextafter(b, -math.inf)
        firsts_1 = [Fraction(float(s)) for s in blocks[:, 0]]
        rest = squared_distance((x, 0.0) for x in blocks[:, 1:].ravel()) / 2

        def dual(mu: Fraction) -> Fraction:
            half = rest + mu * (Fraction(float(start[-1])) + delta_1) - mu * mu / 2
            for s_1 in firsts_1:
                s = max(s_1 - mu if s_1 > mu else min(s_1 + kappa * mu, Fraction(0)), -lam)
                half += (s - s_1) ** 2 / 2 + mu * max(s, -kappa * s)
            return 2 * half

        # 0 where the constraint is slack and the solver's multiplier is noise
        lower = max(dual(Fraction(0)), dual(Fraction(max(float(start[-1] - found[-1]), 0.0))))
        return point, lower, "weak duality with the solver's multiplier of the coupling constraint, or 0"

    def steepest(self, upper: Any) -> Any:
        """At least ``|grad f|`` at ``x_11 = s < 0 < x_12 = t``, all else 0, all of z 1, on these two coordinates."""
        import flint

        c = self.chain()
        lam, delta_1, delta_2 = (flint.arb(c[key]) for key in ("lam", "delta_1", "delta_2"))
        vector = np.linalg.eigh(np.array([[c["delta_2"] ** 2, -c["delta_2"]], [-c["delta_2"], 2.0]]))[1][:, -1]
        s, t = flint.arb(-abs(float(vector[0]))), flint.arb(abs(float(vector[1])))
        # inside the ball, where the coupling is at rest (b = 0) and so is the term of j = 3, since t > 0
        norm = (s * s + t * t).sqrt().upper()
        s, t = s / norm, t / norm
        chain = flint.arb(0).max(t - delta_2 * (s + lam))
        along = delta_2 * chain if bool(s + delta_1 <= 0) else flint.arb(0)
        return (along * along + (t + chain) ** 2).sqrt().lower().union(upper)

    def remarks(self) -> tuple[tuple[str, float, str], ...]:
        """Both constants may be 3."""
        return (("smoothness", 3.0, "the paper: 6"), ("lipschitz", 3.0, "the paper: 6 and 7"))


INSTANCE = SamChain
