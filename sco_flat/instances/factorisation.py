"""Deep matrix factorisation: ``|M - W_L ... W_1|²``, whose minima are sharp and flat at one and the same loss."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat.errors import InputError
from sco_flat.instances import factors as exact
from sco_flat.instances.base import number, whole
from sco_flat.instances.fixed import FixedLoss
from sco_flat.instances.kernels import factorisation as kernels

Vector = NDArray[np.float64]
MASK_SEED = 1
"""Of the measurements."""
MOST = 512
"""Most measurements: eigenvalues of a matrix of that size take a second, and cost its cube."""


def chained(factors: list[Vector]) -> Vector:
    """``W_k ... W_1``, every entry summed from its first term on: the order of the kernels."""
    done = factors[0]
    for w in factors[1:]:
        found = np.zeros((w.shape[0], done.shape[1]))
        for k in range(w.shape[1]):
            found += w[:, k, None] * done[k]
        done = found
    return done


def edge_step(edge: float, sharpness: float) -> float:
    """``edge 2/lambda_max`` in twelve digits, which do not depend on the eigenvalue solver."""
    return float(f"{edge * 2.0 / sharpness:.12g}")


@functools.cache
def masks(count: int, rows: int, columns: int) -> NDArray[np.int64]:
    """The measurements S_k: matrices of signs, drawn from a fixed seed."""
    drawn = np.random.default_rng(MASK_SEED).integers(0, 2, size=(count, rows, columns))
    return 2 * drawn.astype(np.int64) - 1


@dataclass(frozen=True)
class Factorisation(FixedLoss):
    """A product of matrices that is to be M, around one of its minima.

    Setting
        ``f(w) = |M - W_L ... W_1|²`` in the Frobenius norm, where w is the change of (W_1, ..., W_L), row by row, from
        given exact factors with product M; 0 is a minimum. With measurements ``f(w) = sum_k <S_k, W_L ... W_1 - M>²``.
    Method
        Any. Gradient descent with eta below ``2/lambda_max`` rests at 0, above it leaves.
    Guarantee
        At a minimum ``lambda_max = 2 lambda_max(K)``, ``K = sum_i (B_i^T B_i) ⊗ (A_i A_i^T)`` with ``A_i = W_L ...
        W_{i+1}``, ``B_i = W_{i-1} ... W_1``. Not convex, not smooth on the whole space.
    Source
        Kamber and Parhi, arXiv 2509.25783.

    Attributes
    ----------
    factors : str
        The minimum: a name, ``random:DEPTH:SIZE:SEED``, a text of fractions or a JSON file; see
        `sco_flat.instances.factors.read`.
    measurements : int
        How many matrices of signs S_k the product is seen through; 0: every entry is seen.
    edge : float, optional
        The step size in units of ``2/lambda_max`` of the minimum, in place of ``step_size``: beyond 1 it is unstable.
    """

    factors: str = "depth-3"
    measurements: int = 0
    edge: float | None = None

    name = "factorisation"
    title = "|M - W_L ... W_1|² around a minimum"
    default_method = "gd"
    defaults: ClassVar[dict[str, Any]] = {
        "n": 1, "steps": 400, "step_size": 0.02, "perturbation_radius": 0.1, "start": "gaussian:1e-3",
    }  # fmt: skip
    non_negative = realizable = True
    convex = flat = False
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("measurements", self.measurements, 0, MOST, f"choose 0 for every entry, or at most {MOST}")
        self.minimiser  # noqa: B018 (refuses what is no minimum)
        if self.edge is not None:
            number("edge", self.edge, 0, 1e6, "choose a positive number", strict=True)
            sharpness = self.lambda_max(np.zeros(self.dimension))
            if not sharpness:
                raise InputError(
                    "edge", self.edge, "the measurements see no change at the minimum", "take more of them"
                )
            step_size = edge_step(self.edge, sharpness)
            if self.step_size not in (self.defaults["step_size"], step_size):
                raise InputError("edge", self.edge, "sets the step size, which is given, too", "give one of them")
            object.__setattr__(self, "step_size", step_size)

    @functools.cached_property
    def minimiser(self) -> exact.Minimiser:
        """The exact factors."""
        return exact.read("factors", self.factors)

    @functools.cached_property
    def base(self) -> list[Vector]:
        """The factors of the minimum in floats."""
        return [np.array([[float(x) for x in row] for row in w]) for w in self.minimiser.factors]

    @functools.cached_property
    def target(self) -> Vector:
        """M: the product of the factors as floats multiply them, so that the loss at 0 is 0."""
        return chained(self.base)

    @functools.cached_property
    def masks(self) -> NDArray[np.int64]:
        """The measurements, one a row, column-major as vec(W)."""
        found = masks(self.measurements, *self.target.shape)
        return found.transpose(0, 2, 1).reshape(self.measurements, -1)

    @property
    def depth(self) -> int:
        """L."""
        return len(self.base)

    @property
    def dimension(self) -> int:
        """Number of entries of all factors."""
        return int(sum(w.size for w in self.base))

    @property
    def room(self) -> int:
        """Scratch space of the kernels: factors, products, two slopes in a product, and the slopes of a step."""
        wide, heights = self.target.shape[1], [w.shape[0] for w in self.base]
        return int(2 * self.dimension + wide * (sum(heights) + 2 * max(heights)))

    @property
    def scratch(self) -> int:
        """The same in vectors of the size of w."""
        return -(-self.room // self.dimension)

    def constants(self) -> tuple[float, ...]:
        """``L``, measurements, scratch space, d_0 to d_L, the minimum, M, the measurements row by row."""
        shapes = [self.base[0].shape[1], *(w.shape[0] for w in self.base)]
        seen = masks(self.measurements, *self.target.shape).astype(float)
        parts = [[float(self.depth), self.measurements, self.room, *shapes], *(w.ravel() for w in self.base)]
        return tuple(np.concatenate([*parts, self.target.ravel(), seen.ravel()]).tolist())

    def factors_at(self, w: Vector) -> list[Vector]:
        """W_1 to W_L at a point."""
        found, at = [], 0
        for base in self.base:
            found.append(base + w[at : at + base.size].reshape(base.shape))
            at += base.size
        return found

    def point(self, factors: list[Vector]) -> Vector:
        """The point at which the factors are these: the other way round."""
        return np.concatenate([(w - base).ravel() for w, base in zip(factors, self.base, strict=True)])

    def loss(self, w: Vector, z: Any) -> float:
        """See ``Loss.loss``."""
        gap = chained(self.factors_at(w)) - self.target
        felt = self.masks @ gap.T.ravel() if self.measurements else gap.ravel()
        return float(np.sum(felt * felt))

    def flat_minimum(self) -> dict[str, float]:
        """The origin."""
        return {}

    def flatness_at(self, look: Any) -> float | None:
        """0: no minimum is flat in all directions."""
        return 0.0 if look.empirical_risk == 0.0 else None

    def pushes(self, look: Any) -> list[Vector]:
        """Both ways along the top eigenvector: at a minimum there is no gradient."""
        v = self.steepest_direction(look.w)
        return [v, -v]

    def sides(self, w: Vector) -> tuple[list[Vector], list[Vector]]:
        """``A_i`` and ``B_i`` at a point, for i = 1..L."""
        factors = self.factors_at(w)
        before, after = [np.eye(factors[0].shape[1])], [np.eye(factors[-1].shape[0])]
        for i in range(len(factors) - 1):
            before.append(factors[i] @ before[-1])
            after.append(after[-1] @ factors[-1 - i])
        return after[::-1], before

    def gram(self, w: Vector) -> Vector:
        """``K``, or ``S K S^T`` with measurements: half the Gauss-Newton matrix, seen from the product."""
        found = sum(np.kron(b.T @ b, a @ a.T) for a, b in zip(*self.sides(w), strict=True))
        return np.asarray(self.masks @ found @ self.masks.T if self.measurements else found)

    @functools.cached_property
    def _at_rest(self) -> float:
        return 2.0 * float(np.linalg.eigvalsh(self.gram(np.zeros(self.dimension)))[-1])

    def lambda_max(self, w: Vector) -> float:
        """Largest eigenvalue of the Gauss-Newton matrix, which at a minimum is the Hessian."""
        return 2.0 * float(np.linalg.eigvalsh(self.gram(w))[-1]) if w.any() else self._at_rest

    def steepest_direction(self, w: Vector) -> Vector:
        """A unit eigenvector for it: blocks ``A_i^T X B_i^T``, X the top eigenvector of K as a matrix."""
        top = np.linalg.eigh(self.gram(w))[1][:, -1]
        top = self.masks.T @ top if self.measurements else top
        x = top.reshape(self.target.shape[1], -1).T
        found = np.concatenate([(a.T @ x @ b.T).ravel() for a, b in zip(*self.sides(w), strict=True)])
        return np.asarray(found / np.linalg.norm(found))

    def floor(self) -> float:
        """``2 L s^(2 - 2/L)``: no minimum has a smaller lambda_max where every entry is seen.

        Raises
        ------
        InputError
            With measurements, for which there is no such formula.
        """
        if self.measurements:
            raise InputError("measurements", self.measurements, "the floor is of the loss without them", "choose 0")
        return 2.0 * self.depth * math.pow(float(np.linalg.norm(self.target, 2)), 2.0 - 2.0 / self.depth)

    def resolved(self) -> dict[str, Any]:
        """See ``Loss.resolved``; with lambda_max of the minimum that the run starts around."""
        return super().resolved() | {"lambda_max": self.lambda_max(np.zeros(self.dimension))}


INSTANCE = Factorisation
