"""What an instance declares: coordinates, constants, kernels, closed forms and the theorem's hypotheses."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Kernel, Params, freeze
from sco_flat.errors import InputError
from sco_flat.results import Interval
from sco_flat.samples import Sample


def number(key: str, value: float, low: float, high: float, mend: str, *, strict: bool = False) -> float:
    """Refuse NaN and values outside [low, high] (or (low, high] if strict)."""
    bad = not isinstance(value, (int, float)) or math.isnan(value) or value < low or value > high
    if bad or (strict and value == low):
        bracket = "(" if strict else "["
        end = "inf)" if math.isinf(high) else f"{high:g}]"
        raise InputError(key, value, f"must be a number in {bracket}{low:g}, {end}", mend)
    return float(value)


def whole(key: str, value: int, low: int, high: float, mend: str) -> int:
    """Refuse what is not an integer in [low, high]."""
    if isinstance(value, bool) or int(value) != value or value < low or value > high:
        end = "" if math.isinf(high) else f" and at most {high:g}"
        raise InputError(key, value, f"must be a whole number, at least {low}{end}", mend)
    return int(value)


@dataclass(frozen=True)
class Curvature:
    """``diag(scales²) + sum_j (e_j - links_j e_{j-1})(e_j - links_j e_{j-1})^T + extra I``, block by block.

    Every Hessian of the losses is at most this matrix, and one of them reaches its part without ``extra``.

    Attributes
    ----------
    scales : ndarray
        One for each entry of a block (or of b, where that has the largest).
    links : ndarray
        ``links[j - 1]`` couples entry j + 1 to entry j; empty, or one fewer than scales.
    extra : Fraction
        Room for what is not block by block.
    slope_squared : Fraction
        Bound on ``|grad f(0, z)|²``.
    """

    scales: NDArray[np.float64]
    links: NDArray[np.float64]
    extra: Fraction = Fraction(0)
    slope_squared: Fraction = Fraction(0)


@dataclass(frozen=True)
class Instance(abc.ABC):
    """A stochastic convex problem: a loss ``f(w, z)`` and a law of z.

    Attributes
    ----------
    n : int
        Sample size.
    steps : int
        Number of iterates T; it fixes the length of a block.
    step_size : float
        eta; some losses depend on it.
    perturbation_radius : float
        r of the method; some losses depend on it.
    flatness_radius : float
        rho of the loss.
    width : int
        Number m of columns, ``2**n`` by default.
    """

    n: int
    steps: int
    step_size: float
    perturbation_radius: float
    flatness_radius: float = 0.0
    width: int | None = None

    name: ClassVar[str]
    title: ClassVar[str]
    event: ClassVar[str] = "free"  # of the sample, where none is asked for
    default_method: ClassVar[str] = "gd"
    has_blocks: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    non_negative: ClassVar[bool] = True
    realizable: ClassVar[bool] = True  # one w* has loss 0 on every example
    flat: ClassVar[bool] = True  # a ball of radius rho around w* has loss 0 on every example
    known_maximisers: ClassVar[bool] = False  # of F_S(w + v) over |v| <= r, so that the exact oracles may run
    wake_at: ClassVar[Any] = 0.0  # a sleeping block wakes where its number falls below minus this
    value: ClassVar[Kernel]
    gradient: ClassVar[Kernel]
    descend: ClassVar[Kernel]
    upper: ClassVar[Kernel]
    profile: ClassVar[Kernel]

    def __post_init__(self) -> None:
        whole("n", self.n, 1, 62, "choose 1 <= n <= 62 (a column is an n-bit code)")
        whole("steps", self.steps, 1, math.inf, "choose T >= 1")
        number("step-size", self.step_size, 0, math.inf, "choose eta > 0", strict=True)
        number("radius", self.perturbation_radius, 0, math.inf, "choose r >= 0")
        number("flatness-radius", self.flatness_radius, 0, math.inf, "choose rho >= 0")
        for key in ("step_size", "perturbation_radius", "flatness_radius"):
            object.__setattr__(self, key, float(getattr(self, key)))  # kernels take no integers
        if self.flatness_radius > 0.0 and not self.flat:
            raise InputError(
                "flatness-radius", self.flatness_radius, f"{self.name} has no flat ball: rho = 0", "leave it out"
            )
        if self.width is not None:
            whole("width", self.width, 1, 2**40, "leave it out for m = 2^n")

    @property
    def m(self) -> int:
        """Number of columns (blocks)."""
        return 2**self.n if self.width is None else self.width

    @property
    @abc.abstractmethod
    def length(self) -> int:
        """Entries of a block."""

    @property
    def dimension(self) -> int:
        """Dimension d: the blocks and the scalar b."""
        return self.m * self.length + 1

    @property
    @abc.abstractmethod
    def bad_code(self) -> int:
        """Code of a bad column."""

    @property
    @abc.abstractmethod
    def smoothness(self) -> float:
        """A smoothness constant beta of every ``f(., z)``."""

    @property
    @abc.abstractmethod
    def lipschitz(self) -> float:
        """A Lipschitz constant of every ``f(., z)`` on the unit ball."""

    @abc.abstractmethod
    def flat_minimum(self) -> dict[str, float]:
        """A rho-flat minimiser common to all z, as its non-zero part: ``{"b": value}`` or empty."""

    def distance(self, start_norm_squared: float, start_b: float) -> float:
        """Distance D from a start to the common flat minimiser."""
        b = self.flat_minimum().get("b", 0.0)
        return math.sqrt(max(start_norm_squared - start_b**2 + (start_b - b) ** 2, 0.0))

    @classmethod
    @abc.abstractmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """The radius that ``auto`` stands for: the largest that the statements about the loss allow."""

    def facts(self) -> dict[str, Any]:
        """What holds of the loss, for whoever speaks about it; see `sco_flat.traits`."""
        return {
            "loss": self.name,
            "convex": self.convex,
            "smooth": math.isfinite(self.smoothness),
            "non_negative": self.non_negative,
            "realizable": self.realizable,
            "flat": self.flat,
            "known_maximisers": self.known_maximisers,
            "blocks": self.has_blocks,
        }

    @abc.abstractmethod
    def loss(self, w: NDArray[np.float64], z: NDArray[np.int64]) -> float:
        """Loss at a dense point, spelled out in NumPy: the definition that the kernels are held against.

        Parameters
        ----------
        w : ndarray, shape (d,)
            Blocks first (``x[i, j]`` at ``i T + j``), then b.
        z : ndarray of {0, 1}, shape (m,)
            One example; where the theorem has signs, 1 stands for + and 0 for -.
        """

    @abc.abstractmethod
    def root_cvxpy(self, w: Any, z: NDArray[np.int64]) -> Any:
        """A convex function ``psi_z`` with ``f = ½ [psi_z]_+²``, as a cvxpy expression.

        It is Lipschitz with constant ``sqrt(smoothness)``, so that ``½ [psi_z + sqrt(beta) r]_+²`` bounds the loss
        within a radius r from above.

        Parameters
        ----------
        w : cvxpy expression, shape (d,)
            Blocks first, then b.
        z : ndarray of {0, 1}, shape (m,)
            One example, as for `loss`.
        """

    def loss_cvxpy(self, w: Any, z: NDArray[np.int64], push: float = 0.0) -> Any:
        """``½ [psi_z + push]_+²`` as a cvxpy expression: the loss, or with a push a bound on it around w."""
        import cvxpy

        return 0.5 * cvxpy.square(cvxpy.pos(self.root_cvxpy(w, z) + push))

    @abc.abstractmethod
    def flat_constraints(self, y: Any, unit: float) -> list[Any]:
        """Constraints of cvxpy under which ``w = unit y`` is a rho-flat minimum of ``f(., z)`` for every z.

        They are in units of ``unit``, so that a solver sees numbers of order one.
        """

    @abc.abstractmethod
    def curvature(self) -> Curvature:
        """Bound on the Hessians of all ``f(., z)``, for the certificate of `smoothness`."""

    @abc.abstractmethod
    def constants(self) -> tuple[float, ...]:
        """Scalars for the kernels."""

    @abc.abstractmethod
    def weights(self) -> NDArray[np.float64]:
        """Per-entry weights, shape (length + 1,), the last one unused."""

    @abc.abstractmethod
    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """Blocks that the blocks engine stores from the start."""

    @property
    @abc.abstractmethod
    def passive(self) -> int:
        """Numbers stored for a block that is asleep: 0 or 1."""

    @abc.abstractmethod
    def profile_size(self, blocks: int) -> int:
        """Length of the profile of a point that stores ``blocks`` blocks."""

    @abc.abstractmethod
    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """Population risk of a point from its profile, exact or as [lower, upper]."""

    def square_weights(self) -> NDArray[np.float64]:
        """Weights of ``risks_from_squares``: one for each entry of a block, the last for b."""
        raise NotImplementedError(f"{self.name} has no sparse runs")

    def risks_from_squares(
        self, squares: NDArray[np.float64], codes: NDArray[np.int64], peak: float, last: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Population risk of the suffix averages of a sparse run as [lower, upper], from their weighted squares.

        Parameters
        ----------
        squares : ndarray, shape (T, A + 1)
            Weighted squares of the stored blocks and of b.
        codes : ndarray of int64, shape (A,)
            Their columns.
        peak : float
            Largest empirical risk along the run.
        last : ndarray
            Profile of the last iterate.
        """
        raise NotImplementedError(f"{self.name} has no sparse runs")

    @abc.abstractmethod
    def flatness_at(self, look: Any) -> float | None:
        """Flatness radius of F_S at a zero of F_S, ``None`` where it is not known."""

    def saer_bracket(self, look: Any) -> Interval:
        """[lower, upper] of the SAER: best value found, and the bound of the ``upper`` kernel."""
        radius = self.perturbation_radius
        low = max([look.empirical_risk, *look.ascend(radius)])
        return low, max(low, look.upper(radius))

    def pinned(self) -> dict[str, float]:
        """Constants of the loss that depend on n or the step size, as options that fix them."""
        return {}

    def params(self, sample: Sample, rows: NDArray[np.int64]) -> Params:
        """Pack the instance for the kernels."""
        full = rows.size == self.m
        return Params(
            self.n,
            self.m,
            self.length,
            0 if full else self.passive,
            sample.codes,
            freeze(rows, np.int64),
            freeze(self.weights(), np.float64),
            freeze(self.constants(), np.float64),
        )

    def resolved(self) -> dict[str, Any]:
        """All numbers that define the instance, for output."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["width"] = self.m
        data["smoothness"] = self.smoothness
        data["lipschitz"] = self.lipschitz
        return data
