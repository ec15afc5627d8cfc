"""What the losses with codes in place of coordinates share: constants, population risk, SAER, flatness."""

from __future__ import annotations

import abc
import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Params, freeze
from sco_flat.instances.base import Curvature
from sco_flat.instances.block import BlockLoss
from sco_flat.instances.codes import Codes, multipliers
from sco_flat.instances.kernels import code_hinge as kernels
from sco_flat.results import Interval
from sco_flat.samples import Sample

MOST = 8
"""Most columns over which the population risk is enumerated."""
Vector = NDArray[np.float64]


class CodeLoss(BlockLoss):
    """``½ [xi_z - rho]_+²``, ``xi_z² = sum_j dist(X_j, K_z)² + b²``; half-spaces along frozen codes, one a column."""

    convex = non_negative = realizable = flat = True
    sleeps = False
    from_squares = False
    has_bias: bool
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile

    @property
    @abc.abstractmethod
    def code(self) -> Codes:
        """The codes."""

    @property
    @abc.abstractmethod
    def parts(self) -> int:
        """How many vectors of the length of a code there are."""

    @property
    @abc.abstractmethod
    def levels(self) -> tuple[float, float]:
        """What a one asks ``<u_i, X_j>`` to be below, and a zero ``-<u_i, X_j>``."""

    @property
    def dimension(self) -> int:
        """``T d'``, and one more for b."""
        return self.parts * self.code.length + self.has_bias

    @property
    def m(self) -> int:
        """All but the last coordinate, each of its own."""
        return self.dimension - 1

    @property
    def length(self) -> int:
        """1."""
        return 1

    @property
    def smoothness(self) -> float:
        """1: half the squared distance to a convex set."""
        return 1.0

    @property
    def lipschitz(self) -> float:
        """1 on the unit ball."""
        return 1.0

    @property
    def scratch(self) -> int:
        """A gradient, and three tables of a number for each part and code."""
        return 1 - (-3 * self.parts * self.columns // self.dimension)

    def facts(self) -> dict[str, Any]:
        """Every coordinate is stored."""
        return super().facts() | {"blocks": False}

    def flat_minimum(self) -> dict[str, float]:
        """The origin, which lies in every K_z."""
        return {}

    def minimum(self) -> Vector:
        """The origin as a point."""
        return np.zeros(self.dimension)

    def constants(self) -> tuple[float, ...]:
        """See the kernels."""
        return (self.flatness_radius, *self.levels, float(self.code.length), float(self.parts), float(self.has_bias))

    def weights(self) -> Vector:
        """The codes, and the products of all pairs."""
        return np.concatenate([self.code.vectors.ravel(), self.code.products.ravel()])

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """Every coordinate."""
        return np.arange(self.m, dtype=np.int64)

    def params(self, sample: Sample, rows: NDArray[np.int64]) -> Params:
        """Pack the loss for the kernels."""
        weights, constants = freeze(self.weights(), np.float64), freeze(self.constants(), np.float64)
        return Params(self.n, self.m, 1, 0, sample.codes, freeze(rows, np.int64), weights, constants)

    def loss(self, w: Vector, z: NDArray[np.int64]) -> float:
        """See ``Loss.loss``."""
        side, level = np.where(z == 1, 1.0, -1.0), np.where(z == 1, *self.levels)
        asked = np.flatnonzero(np.isfinite(level))
        normals, squares = side[asked, None] * self.code.vectors[asked], 0.0
        gram = self.code.products[np.ix_(asked, asked)] * np.outer(side[asked], side[asked])
        for x in w[: self.parts * self.code.length].reshape(self.parts, -1):
            excess = normals @ x - level[asked]
            squares += float(excess @ multipliers(gram, excess))
        b = float(w[-1]) if self.has_bias else 0.0
        return 0.5 * max(math.sqrt(squares + b * b) - self.flatness_radius, 0.0) ** 2

    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """See ``Loss.root_cvxpy``; None where the codes are more than their length, and depend on each other."""
        import cvxpy

        from sco_flat.instances.distances import polyhedron

        side, level = np.where(z == 1, 1.0, -1.0), np.where(z == 1, *self.levels)
        asked = np.flatnonzero(np.isfinite(level))
        if asked.size > self.code.length:
            return None
        normals, size = side[asked, None] * self.code.vectors[asked], self.code.length
        parts = [cvxpy.abs(w[-1])] if self.has_bias else []
        if asked.size:
            parts += [polyhedron(normals, level[asked], w[j * size : (j + 1) * size]) for j in range(self.parts)]
        return cvxpy.norm(cvxpy.hstack(parts)) - self.flatness_radius

    def curvature(self) -> Curvature:
        """Half a squared distance, which is reached along b or a normal."""
        return Curvature(np.ones(1), np.zeros(0))

    def profile_size(self, blocks: int) -> int:
        """``<u_i, X_j>``, b² and ``|w|²``."""
        return self.parts * self.columns + 2

    def population_risk(self, profile: Vector) -> Interval:
        """Enumerate the signs of all columns that can enter a projection; beyond `MOST` of them a bracket.

        Fewer half-spaces are nearer, and 0 lies in every K_z.
        """
        along, rest = profile[:-2].reshape(self.parts, self.columns), float(profile[-2])
        plus, minus = self.levels
        over = np.maximum(along - plus, -along - minus).max(axis=0)
        chosen = np.flatnonzero(over > 0.0)
        while chosen.size <= MOST:
            risk, missed = self._enumerated(along, rest, chosen)
            if not missed.size:
                return risk, risk
            chosen = np.union1d(chosen, missed)
        largest = np.sort(chosen[np.argsort(-over[chosen], kind="stable")[:MOST]])
        low, _ = self._enumerated(along, rest, largest)
        return low, self._hinge(float(profile[-1]))

    def _hinge(self, squares: float) -> float:
        return 0.5 * max(math.sqrt(max(squares, 0.0)) - self.flatness_radius, 0.0) ** 2

    def _enumerated(self, along: Vector, rest: float, chosen: NDArray[np.int64]) -> tuple[float, NDArray[np.int64]]:
        """Mean over the signs of the chosen columns, and the other columns that some projection exceeds."""
        plus, minus = self.levels
        products, risks = self.code.products[chosen], []
        missed = np.zeros(self.columns, dtype=bool)
        for signs in itertools.product((1.0, -1.0), repeat=chosen.size):
            side = np.array(signs)
            level, squares = np.where(side > 0.0, plus, minus), rest
            asked = np.isfinite(level)
            gram = products[:, chosen] * np.outer(side, side)
            for x in along:
                excess = (side * x[chosen] - level)[asked]
                taken = multipliers(gram[np.ix_(asked, asked)], excess)
                squares += float(excess @ taken)
                left = x - (side[asked] * taken) @ products[asked]
                missed |= (left > plus) | (-left > minus)
            risks.append(self._hinge(squares))
        missed[chosen] = False
        return math.fsum(risks) / len(risks), np.flatnonzero(missed)

    def pushes(self, look: Any) -> list[Vector]:
        """Outwards along b, where there is one."""
        return [np.append(np.zeros(self.m), 1.0 if look.b >= 0.0 else -1.0)] if self.has_bias else []

    def flatness_at(self, look: Any) -> float | None:
        """``rho - max_k xi_k``; inside all K_z, rho and what is left to the nearest half-space that an example asks."""
        if look.empirical_risk > 0.0:
            return None
        largest = float(look.example_norms().max())
        if largest > 0.0 or self.has_bias:
            return self.flatness_radius - largest
        codes, (plus, minus) = look.layout.sample.codes, self.levels
        along = look.profile()[:-2].reshape(self.parts, self.columns)
        ones, zeros = codes != 0, codes != (1 << self.n) - 1
        rooms = [(plus - along[:, ones]).ravel(), (minus + along[:, zeros]).ravel()]
        return self.flatness_radius + float(np.concatenate(rooms).min())
