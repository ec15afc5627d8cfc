"""What the two losses ``½ [xi_z - rho]_+²`` share: constants, population risk, SAER, flatness."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import Curvature, squared_distance
from sco_flat.instances.block import BlockLoss
from sco_flat.instances.kernels import norm_hinge as kernels
from sco_flat.instances.law import expected_hinge
from sco_flat.instances.saer import closing
from sco_flat.instances.saer import squares as saer
from sco_flat.results import Interval
from sco_flat.samples import Sample, members

MOST = 2**23
"""Most numbers that the SAER may be searched with: coordinates times examples; beyond that it keeps the loose end."""


class HingeLoss(BlockLoss):
    """Base of Theorems 1 and 3; ``signed``, ``c`` and ``weights`` are what differs."""

    signed: bool
    convex = non_negative = realizable = flat = True
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    passive = 0
    windows = True

    @property
    def bias_weight(self) -> float:
        """c, the weight of b."""
        return 1.0

    @property
    def smoothness(self) -> float:
        """1: gradients are differences of projections composed with a map of norm at most 1."""
        return 1.0

    @property
    def lipschitz(self) -> float:
        """1 on the unit ball."""
        return 1.0

    def flat_minimum(self) -> dict[str, float]:
        """The origin: xi_z(v) <= |v| <= rho."""
        return {}

    def constants(self) -> tuple[float, ...]:
        """``rho, c, signed, Lipschitz constant of xi``."""
        largest = max(self.weight(0), self.bias_weight)
        return (self.flatness_radius, self.bias_weight, float(self.signed), largest)

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """The constant columns: nothing else moves from a zero start under the exact oracles."""
        return np.union1d(*sample.constant()).astype(np.int64)

    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        x = w[:-1].reshape(self.m, self.length) * self.weights()[:-1]
        parts = np.maximum(np.where(z[:, None] == 1, x, -x), 0.0) if self.signed else x * z[:, None]
        xi = math.sqrt(float((parts**2).sum()) + (self.bias_weight * float(w[-1])) ** 2)
        return 0.5 * max(xi - self.flatness_radius, 0.0) ** 2

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """``xi_z - rho``."""
        import cvxpy

        felt = np.repeat(np.where(z == 1, 1.0, -1.0 if self.signed else 0.0), self.length)
        parts = cvxpy.multiply(felt * np.tile(self.weights()[:-1], self.m), w[:-1])
        # a norm grows with each entry only where none is negative: the rules ask for that
        parts = cvxpy.pos(parts) if self.signed else cvxpy.abs(parts)
        return cvxpy.norm(cvxpy.hstack([parts, self.bias_weight * cvxpy.abs(w[-1])])) - self.flatness_radius

    def flat_constraints(self, y: Any, unit: float) -> list[Any]:
        """0 wherever an example can feel it: the ellipsoid ``xi <= rho`` touches the ball of radius rho at ``e_i1``."""
        felt = np.append(np.tile(self.weights()[:-1], self.m), self.bias_weight)
        return [y[np.flatnonzero(felt)] == 0]

    def curvature(self) -> Curvature:
        """``grad f = A^T P(A w)`` with P firmly non-expansive and A diagonal: at most A²."""
        return Curvature(np.append(self.weights()[: self.length], self.bias_weight), np.zeros(0))

    def weight(self, place: int) -> float:
        """Weight of one entry of a block."""
        return float(self.weights()[place])

    def profile_size(self, blocks: int) -> int:
        """Squares above and below zero of each block, and of c b."""
        return 2 * blocks + 1

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """``E ½ [sqrt(c² b² + sum_i s_i) - rho]_+²`` with s_i one of two values by a fair coin each."""
        blocks = (profile.size - 1) // 2
        above, below = profile[:blocks], profile[blocks:-1]
        if not self.signed:
            above, below = above + below, np.zeros(blocks)
        return expected_hinge(float(profile[-1]), above, below, self.flatness_radius)

    def square_weights(self) -> NDArray[np.float64]:
        """``a_j²``, then ``c²``."""
        return np.append(self.weights()[:-1], self.bias_weight) ** 2

    def risks_from_squares(
        self, squares: NDArray[np.float64], codes: NDArray[np.int64], peak: float, last: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Runs from 0 lie against the sign of their columns: all-plus blocks are felt by z_i = -1 only."""
        blocks = squares[:, :-1]
        below = np.where(codes != 0, blocks, 0.0)
        profiles = np.concatenate([blocks - below, below, squares[:, -1:]], axis=1)
        return np.array([self.population_risk(p) for p in profiles])

    def flatness_at(self, look: Any) -> float | None:
        """``rho - max_k xi_k(w)`` where some xi_k reaches it; the vertex formula on SA-GD's path."""
        if look.empirical_risk > 0.0:
            return None
        reach = self._vertices(look)
        if reach is not None:
            weights, used, _ = reach
            return float(np.min(self.flatness_radius / weights + used)) if weights.size else None
        largest = float(np.max(look.example_norms()))
        weights = self.weights()[:-1]
        if np.all(weights == self.bias_weight) or (largest == 0.0 and self.bias_weight >= weights[0]):
            # with equal weights, growing the felt coordinates in proportion reaches the Lipschitz limit; so does
            # b alone where nothing is felt and its weight is the largest
            return (self.flatness_radius - largest) / self.bias_weight
        return None

    def saer_bracket(self, look: Any) -> Interval:
        """Vertex formula (exact) on SA-GD's path, otherwise ascent against the Lipschitz bound."""
        radius = self.perturbation_radius
        reach = self._vertices(look)
        if reach is not None:
            weights, used, fractions = reach
            excess = np.maximum(weights * np.maximum(radius - used, 0.0) - self.flatness_radius, 0.0)
            exact = float(np.max(0.5 * fractions * excess**2))
            return exact, exact
        low, high = super().saer_bracket(look)
        outwards = np.zeros(look.w.size)
        outwards[-1] = radius if look.b >= 0.0 else -radius
        pushed = look.value(outwards, 1.0)
        cheap = max(low, pushed), max(low, pushed, high)
        if cheap[0] == cheap[1] or not closing() or self.n * (look.w.size + self.m) > MOST:
            return cheap
        return saer.search(self._groups(look), cheap)

    def _groups(self, look: Any) -> saer.Squares:
        """The coordinates at a point, those that are felt alike as one; for each column one that is 0, too."""
        layout = look.layout
        columns, weights, blocks = layout.sample.codes, self.weights()[:-1], look.blocks()
        row, entry = np.nonzero(blocks)
        values, own = blocks[row, entry], columns[layout.rows[row]]
        full = (1 << self.n) - 1
        own = np.where(values < 0.0, full - own, own) if self.signed else own
        # the heaviest entry at rest of each kind of column
        codes, kind = np.unique(columns, return_inverse=True)
        asleep = np.ones(self.m, dtype=bool)
        asleep[layout.rows] = False
        idle = np.zeros(codes.size)
        np.maximum.at(idle, kind[asleep], weights.max())
        np.maximum.at(idle, kind[layout.rows], np.where(blocks == 0.0, weights, 0.0).max(axis=1))
        return saer.grouped(
            np.concatenate([own, codes, full - codes if self.signed else codes, [full]]),
            np.concatenate([weights[entry], idle, idle, [self.bias_weight]]),
            np.concatenate([np.abs(values), np.zeros(2 * codes.size), [abs(look.b)]]),
            saer.Setting(
                self.n, self.perturbation_radius, self.flatness_radius, self.constants()[-1], self.bias_weight,
                self.signed,
            ),
            members(self.n, look.batch),
        )  # fmt: skip

    def _vertices(self, look: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
        """Weight a_c, used length u_c and share of examples of each candidate, where the vertex formula holds.

        It holds if b = 0, every stored constant column lies against its sign and all other blocks are 0.
        """
        if not self.signed or look.b != 0.0:
            return None
        codes = look.layout.sample.at(look.layout.rows)
        sign = np.where(codes == (1 << self.n) - 1, 1.0, np.where(codes == 0, -1.0, 0.0))
        blocks = look.blocks()
        constant = sign != 0.0
        if np.any(blocks[~constant]) or np.any(sign[constant, None] * blocks[constant] > 0.0):
            return None
        weights = np.tile(self.weights()[:-1], int(constant.sum()))
        used = np.abs(blocks[constant]).ravel()
        near = self.near(look.layout.sample)
        # b, and the first entry of a column that is not constant
        extra = [(self.bias_weight, 1.0)] * (self.bias_weight > 0.0) + [(self.weight(0), near)] * (near > 0.0)
        shares = np.append(np.ones(weights.size), [share for _, share in extra])
        return np.append(weights, [weight for weight, _ in extra]), np.append(used, np.zeros(len(extra))), shares

    def constant_columns(self, sample: Sample, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
        """See ``Loss.constant_columns``; all-plus columns first."""
        codes = sample.at(rows)
        places = np.concatenate([np.flatnonzero(codes == (1 << self.n) - 1), np.flatnonzero(codes == 0)])
        return places, self.near(sample)

    def near(self, sample: Sample) -> float:
        """Largest fraction of equal signs among the columns that are not constant."""
        mixed = 1 + np.flatnonzero(sample.ones()[1 : self.n])
        return float(np.maximum(mixed, self.n - mixed).max() / self.n) if mixed.size else 0.0

    def nearest_flat(
        self, start: NDArray[np.float64], found: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Fraction, str]:
        """See ``Loss.nearest_flat``; what no example feels may stay where it started."""
        felt = np.append(np.tile(self.weights()[:-1], self.m), self.bias_weight) != 0.0
        squared = squared_distance((x, 0.0) for x in start[felt])
        return np.where(felt, 0.0, start), squared, "the flat minima are a subspace"

    def steepest(self, upper: Any) -> Any:
        """``|grad f| = |A^T T(A w)| <= a [xi - rho]_+`` with ``xi <= a |w|``, and equal on the heaviest coordinate."""
        import flint

        largest = flint.arb(max(self.weight(0), self.bias_weight))
        exact = largest * flint.arb(0).max(largest - flint.arb(float(self.flatness_radius)))
        return exact.lower().union(exact.upper().min(upper))
