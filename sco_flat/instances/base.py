"""What a loss declares: its law of z, coordinates, constants, kernels, closed forms, and what holds of it."""

from __future__ import annotations

import abc
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import REFUSED, STATUS, Kernel, Knobs, Params, freeze
from sco_flat.errors import InputError
from sco_flat.instances.kernels import general
from sco_flat.numbers import rounded
from sco_flat.results import Interval
from sco_flat.vocabulary import LARGEST_STEPS, typed


def number(key: str, value: float, low: float, high: float, mend: str, *, strict: bool = False) -> float:
    """Refuse NaN and values outside [low, high] (or (low, high] if strict)."""
    bad = not isinstance(value, (int, float)) or math.isnan(value) or value < low or value > high
    if bad or (strict and value == low):
        bracket = "(" if strict else "["
        end = "inf)" if math.isinf(high) else f"{rounded(high, 6)}]"
        raise InputError(key, value, f"must be a number in {bracket}{low:g}, {end}", mend)
    return float(value)


def whole(key: str, value: int, low: int, high: float, mend: str) -> int:
    """Refuse what is not an integer in [low, high]."""
    if isinstance(value, bool) or int(value) != value or value < low or value > high:
        end = "" if math.isinf(high) else f" and at most {rounded(high, 6)}"
        raise InputError(key, value, f"must be a whole number, at least {low}{end}", mend)
    return int(value)


@functools.cache
def types_of(cls: type) -> dict[str, Any]:
    """Return the types of the fields of a dataclass."""
    try:
        hints = get_type_hints(cls)
    except NameError:  # of a type that was imported for checkers only
        hints = {f.name: type(f.default) for f in fields(cls)}
    return {f.name: hints[f.name] for f in fields(cls)}


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
class Loss(abc.ABC):
    """A loss ``f(w, z)`` with a law of z, on samples of n examples.

    A loss without blocks poses as one block of ``d - 1`` entries and a last coordinate.

    Attributes
    ----------
    n : int
        Sample size.
    steps : int
        Number of iterates T; some losses are built from it.
    step_size : float
        eta; some losses depend on it.
    perturbation_radius : float
        r of the method; some losses depend on it.
    flatness_radius : float
        rho of the loss.
    """

    n: int
    steps: int
    step_size: float
    perturbation_radius: float
    flatness_radius: float = 0.0

    name: ClassVar[str]
    title: ClassVar[str]
    event: ClassVar[str] = "free"  # of the sample, where none is asked for
    default_method: ClassVar[str] = "gd"
    default_oracle: ClassVar[str] = "ascent"  # of methods that ask one; it has to support the loss
    sleeps: ClassVar[bool] = True  # on runs from 0 most blocks never move, so that the sparse engines store few
    defaults: ClassVar[dict[str, Any]] = {}  # numbers and settings of a run, where none are given
    has_blocks: ClassVar[bool] = False
    # what holds of it: True or False where the loss says so, None where it says nothing
    convex: ClassVar[bool | None] = None
    non_negative: ClassVar[bool | None] = None
    realizable: ClassVar[bool | None] = None  # one w* has loss 0 on every example
    flat: ClassVar[bool | None] = None  # a ball of radius rho around w* has loss 0 on every example
    known_maximisers: ClassVar[bool] = False  # of F_S(w + v) over |v| <= r, so that the exact oracles may run
    maximise: ClassVar[Kernel | None] = None  # its own exact maximiser, which refuses where its proof says nothing
    suffixes: ClassVar[bool] = True  # the risk of all suffix averages is looked at
    any_batch: ClassVar[bool] = False  # batches of any size from samples of any size, in epochs or drawn afresh
    curved: ClassVar[bool] = False  # it brings what curvature is measured by
    windows: ClassVar[bool] = False  # its kernels keep Work.low, high and touched: see ``_jit.Work``
    from_squares: ClassVar[bool] = True  # `risks_from_squares` is there, for long sparse runs
    fresh_ones: ClassVar[str] = "fresh examples"  # what `fresh` returns
    streamed: ClassVar[Any] = False  # samples whose columns are made again whenever they are looked at
    passive: ClassVar[Any] = 0  # numbers stored for a block that is asleep: 0 or 1
    wake_at: ClassVar[Any] = 0.0  # a sleeping block wakes where its number falls below minus this
    scratch: ClassVar[Any] = 0  # vectors of scratch space that the kernels use, at the end of Work.scratch
    value: ClassVar[Kernel]
    gradient: ClassVar[Kernel]
    descend: ClassVar[Kernel]
    upper: ClassVar[Kernel] = general.no_upper
    profile: ClassVar[Kernel] = general.whole_point

    def __post_init__(self) -> None:
        for key, hint in types_of(type(self)).items():
            object.__setattr__(self, key, typed(key, getattr(self, key), hint))  # kernels take no other types
        whole("n", self.n, 1, 10**6, "choose 1 <= n <= 10^6")
        whole("steps", self.steps, 1, LARGEST_STEPS, f"choose 1 <= T <= {LARGEST_STEPS:,}")
        number("step-size", self.step_size, 0, math.inf, "choose eta > 0", strict=True)
        number("radius", self.perturbation_radius, 0, math.inf, "choose r >= 0")
        number("flatness-radius", self.flatness_radius, 0, math.inf, "choose rho >= 0")
        if self.flatness_radius > 0.0 and not self.flat:
            why = "does not say that it has a flat ball" if self.flat is None else "has no flat ball: rho = 0"
            raise InputError("flatness-radius", self.flatness_radius, f"{self.name} {why}", "leave it out")

    @property
    def m(self) -> int:
        """Number of blocks."""
        return 1

    @property
    def length(self) -> int:
        """Entries of a block."""
        return self.dimension - 1

    @property
    @abc.abstractmethod
    def dimension(self) -> int:
        """Dimension d of w."""

    @property
    def smoothness(self) -> float:
        """A smoothness constant beta of every ``f(., z)``; infinite where none is known."""
        return math.inf

    @property
    def lipschitz(self) -> float:
        """A Lipschitz constant of every ``f(., z)`` on the unit ball; infinite where none is known."""
        return math.inf

    def sample_bytes(self) -> float:
        """Memory that drawing and keeping a sample takes, in bytes."""
        return 0.0

    def facts(self) -> dict[str, Any]:
        """What holds of the loss, for whoever speaks about it; what it does not say is not there."""
        said = {
            "convex": self.convex,
            "non_negative": self.non_negative,
            "realizable": self.realizable,
            "flat": self.flat,
        }
        return {
            "loss": self.name,
            "step_size": self.step_size,
            "perturbation_radius": self.perturbation_radius,
            "smooth": math.isfinite(self.smoothness),
            "known_maximisers": self.known_maximisers,
            "own_maximiser": self.maximise is not None,
            "blocks": self.has_blocks,
            "suffixes": self.suffixes,
            "curved": self.curved,
            "known_risk": True,
        } | {fact: value for fact, value in said.items() if value is not None}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """The radius that ``auto`` stands for: the largest that the statements about the loss allow.

        Raises
        ------
        InputError
            If no statement about it sets one.
        """
        raise InputError("radius", "auto", f"no statement sets the radius of {cls.name}", "give a number")

    @abc.abstractmethod
    def draw(self, event: str, seed: int) -> Any:
        """Draw a sample under an event, from the streams of a seed.

        Returns
        -------
        object
            With ``n``, ``idle``, ``event``, ``codes`` and ``facts()``, as `sco_flat.samples.Sample` and
            `sco_flat.samples.Examples`.
        """

    @abc.abstractmethod
    def without(self, sample: Any, i: int) -> tuple[Loss, Any]:
        """Put an example of zero loss in place of example i: the other n - 1, and one more that is ``idle``.

        The constants of the loss, the step size and the radius are kept.
        """

    @abc.abstractmethod
    def example(self, sample: Any, k: int) -> Any:
        """Example k of a sample, as `loss` takes it."""

    @abc.abstractmethod
    def trials(self, rng: np.random.Generator, count: int) -> list[Any]:
        """Examples to try the loss on: extreme ones where there are any, and ``count`` drawn ones."""

    def fresh(self, sample: Any, rng: np.random.Generator, count: int) -> list[Any]:
        """Draw examples from the law of z, which the sample does not enter, as `loss` takes them."""
        found: list[Any] = []
        while len(found) < count:
            drawn = self.draw("free", int(rng.integers(2**62)))
            found += [self.example(drawn, k) for k in range(drawn.n)]
        return found[:count]

    @abc.abstractmethod
    def repeated(self, z: Any) -> Any:
        """The sample that holds one example n times: the kernels then give its loss."""

    @abc.abstractmethod
    def loss(self, w: NDArray[np.float64], z: Any) -> float:
        """Loss at a dense point, spelled out in NumPy: the definition that the kernels are held against."""

    @abc.abstractmethod
    def params(self, sample: Any, rows: NDArray[np.int64]) -> Params:
        """Pack loss and sample for the kernels."""

    @abc.abstractmethod
    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """Population risk of a point from its profile, exact or as [lower, upper]."""

    def cap(self) -> tuple[int, int, float]:
        """Return begin, end and largest norm of the part of w that is scaled back after every step; 0 for no cap."""
        return 0, 0, 0.0

    def own_start(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw the start that the word ``own`` stands for.

        Raises
        ------
        InputError
            If it has none.
        """
        raise InputError("start", "own", f"{self.name} has no start of its own", "write zero or gaussian:SCALE")

    def minima(self, sample: Any) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Minima of F_S that are worth looking at beside a run, by name.

        Returns
        -------
        dict
            Of each the blocks that it stores and the point on them, the last coordinate last. Empty by default.
        """
        return {}

    def remarks_at(self, look: Any) -> list[str]:
        """What is worth saying about a point, for the notes of a run."""
        return []

    def gauss_newton_trace(self, look: Any) -> float | None:
        """Trace of the Gauss-Newton part of the Hessian of F_S, None where the loss has no such part."""
        return None

    def invariants(self, look: Any) -> list[tuple[str, float, float, str]]:
        """Inequalities that hold at every point: name, the larger side, the smaller one, and why."""
        return []

    def distance_from(self, start: NDArray[np.float64] | None, sample: Any) -> float:
        """Distance D from a start (None: from 0) to a minimum of loss 0 that all z share.

        Infinite without one; not a number where its square is beyond a double.
        """
        if self.flat_minimum() is None:
            return math.inf
        if start is None:
            return self.distance(0.0, 0.0)
        squared = float(start @ start)
        return self.distance(squared, float(start[-1])) if math.isfinite(squared) else math.nan

    def awake(self, sample: Any) -> NDArray[np.int64]:
        """Blocks that the sparse engines store from the start."""
        return np.arange(self.m, dtype=np.int64)

    def woken(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Blocks that do not sleep, from the one number that is stored for each; all blocks where none is stored."""
        if not self.passive:
            return np.arange(self.m, dtype=np.int64)
        return np.flatnonzero(numbers + self.wake_at < 0.0).astype(np.int64)

    def constant_columns(self, sample: Any, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], float] | None:
        """Where the exact oracles know the maximisers.

        Returns
        -------
        places, near : ndarray of int64, float
            Of the constant columns among the rows, the loss's bad ones first; and the largest fraction of equal signs
            among the other columns. None for other losses.
        """
        return None

    def profile_size(self, blocks: int) -> int:
        """Length of the profile of a point that stores ``blocks`` blocks."""
        return self.dimension

    def flatness_at(self, look: Any) -> float | None:
        """Flatness radius of F_S at a zero of F_S, ``None`` where it is not known."""
        return None

    def saer_bracket(self, look: Any) -> Interval:
        """[lower, upper] of the SAER: exact at the loss's own maximiser, or the best value found and a bound."""
        radius, best = self.perturbation_radius, self._best_push(look)
        if best is not None:
            exact = look.value(best, 1.0)
            return exact, exact
        low = max([look.empirical_risk, *look.ascend(radius)])
        for push in self.pushes(look):
            low = max(low, look.value(push, radius / float(np.linalg.norm(push))))
        return low, max(low, look.upper(radius))

    def pushes(self, look: Any) -> list[NDArray[np.float64]]:
        """Directions in which the SAER is looked for beside those of the gradient."""
        return []

    def _best_push(self, look: Any) -> NDArray[np.float64] | None:
        """The loss's own maximiser of F_S(w + v) at a point, None where it does not know one."""
        if self.maximise is None:
            return None
        work, v = look.layout.work(), np.zeros(look.w.size)
        knobs = Knobs(self.perturbation_radius, 0.0, 1, 0, freeze([0.0], np.float64))
        kernels = self.value, self.gradient, general.no_upper
        self.maximise(look.layout.params, work, knobs, *kernels, look.batch, 1, look.w, v)
        return None if work.flags[STATUS] == REFUSED else v

    def flat_minimum(self) -> dict[str, float] | None:
        """A rho-flat minimiser common to all z, by its parts; b is the last coordinate. None if unknown."""
        return None

    def minimum(self) -> NDArray[np.float64]:
        """The minimiser of `flat_minimum` as a dense point."""
        point = np.zeros(self.dimension)
        point[-1] = (self.flat_minimum() or {}).get("b", 0.0)
        return point

    def distance(self, start_norm_squared: float, start_b: float) -> float:
        """Distance D from a start to the common flat minimiser."""
        b = (self.flat_minimum() or {}).get("b", 0.0)
        return math.sqrt(max(start_norm_squared - start_b * start_b + (start_b - b) * (start_b - b), 0.0))

    def root_cvxpy(self, w: Any, z: Any) -> Any:
        """A convex function ``psi_z`` with ``f = ½ [psi_z]_+²``, as a cvxpy expression; None if unknown.

        It is Lipschitz with constant ``sqrt(smoothness)``, so that ``½ [psi_z + sqrt(beta) r]_+²`` bounds the loss
        within a radius r from above.

        Parameters
        ----------
        w : cvxpy expression, shape (d,)
            Blocks first, then b.
        z : object
            One example, as for `loss`.
        """
        return None

    def loss_cvxpy(self, w: Any, z: Any, push: float = 0.0) -> Any:
        """``½ [psi_z + push]_+²`` as a cvxpy expression: the loss, or with a push a bound on it around w; or None."""
        import cvxpy

        root = self.root_cvxpy(w, z)
        return None if root is None else 0.5 * cvxpy.square(cvxpy.pos(root + push))

    def nearest_flat(
        self, start: NDArray[np.float64], found: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Fraction, str] | None:
        """An exactly flat minimum near ``found``, a lower bound of its squared distance to ``start``, and why."""
        return None

    def steepest(self, upper: Any) -> Any:
        """Enclose the largest ``|grad f|`` on the unit ball, a ball of python-flint; ``upper`` is an upper end."""
        import flint

        return flint.arb(0).union(upper)

    def remarks(self) -> tuple[tuple[str, float, str], ...]:
        """Round numbers that are worth saying: of ``smoothness`` or ``lipschitz``, a bound, and what it improves."""
        return ()

    def flat_constraints(self, y: Any, unit: float) -> list[Any] | None:
        """Constraints of cvxpy under which ``w = unit y`` is a rho-flat minimum of ``f(., z)`` for every z, or None.

        They are in units of ``unit``, so that a solver sees numbers of order one.
        """
        return None

    def curvature(self) -> Curvature | None:
        """Bound on the Hessians of all ``f(., z)``, for the certificate of `smoothness`; None if unknown."""
        return None

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

    def resolved(self) -> dict[str, Any]:
        """All numbers that define the instance, for output."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["smoothness"] = self.smoothness
        data["lipschitz"] = self.lipschitz
        return data


def squared_distance(pairs: Iterable[tuple[float, float]]) -> Fraction:
    """Sum of the squared differences, exactly."""
    return sum(((Fraction(float(x)) - Fraction(float(y))) ** 2 for x, y in pairs if x != y), Fraction(0))
