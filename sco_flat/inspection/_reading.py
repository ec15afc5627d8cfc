"""A user's problem as the search sees it: read, validated, and evaluated with the room that rounding needs.

Rounding
--------
A refutation has to exceed the rounding error of the evaluation by far. For one example z let ``S_f`` be the largest
``|f| + R |grad f|`` and ``S_g`` the largest ``|grad f|`` (and ``beta R``, where beta is claimed) met on the ball of
radius R. Values count with the room ``A_f = (1000 + d) eps S_f + 20 N_f`` and gradients with ``A_g = (1000 + d) eps
S_g + 20 N_g``, ``eps = 2.2e-16``; N_f and N_g are the largest changes seen when points move by two units in their
last place. An evaluation that sums d terms in any order errs by less than ``d eps S``. Each test then has the room of
the evaluations in it, ``2 A_g / |x - y|`` for ``|g(x) - g(y)| / |x - y|``. So constants that are exact survive.

All evaluations are in the ball. Points on its sphere are pulled inside by a few units in the last place, so that the
exact numbers that a witness consists of obey ``|x| <= R``, which `lies_within` decides in integers.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sco_flat import numbers
from sco_flat.engines.layout import Layout, Look
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss

Vector = NDArray[np.float64]
Points = tuple[Vector, ...]

EPS = float(np.finfo(float).eps)
_LARGEST = 2000
"""Largest dimension of a registered instance that is searched."""


class Problem:
    """What a user fills in; deriving from it is a convenience, any object with these members will do.

    Attributes
    ----------
    dimension : int
        d.
    radius : float
        The domain is the ball of this radius around 0.
    smoothness, lipschitz : float, optional
        Claimed constants of every ``f(., z)`` on the domain; None claims nothing.
    flat_minimum : ndarray, shape (d,), optional
        A point ``w*`` with ``f(w*, z) = 0`` for every z.
    flatness_radius : float, optional
        rho with ``f(w* + v, z) = 0`` for ``|v| <= rho`` and every z.
    non_negative, convex : bool
        Whether that is claimed, on the domain.

    A method ``loss_cvxpy(w, z)`` is optional: the loss as a cvxpy expression of the variable w.
    """

    dimension: int
    radius: float = 1.0
    smoothness: float | None = None
    lipschitz: float | None = None
    flatness_radius: float | None = None
    flat_minimum: Vector | None = None
    non_negative: bool = True
    convex: bool = True

    def value(self, w: Vector, z: Any) -> float:
        """Loss at a point for one example."""
        raise NotImplementedError

    def gradient(self, w: Vector, z: Any) -> Vector:
        """Gradient of the loss in w; at a kink any subgradient."""
        raise NotImplementedError

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one example z."""
        raise NotImplementedError


class ProblemLike(Protocol):
    """The members that `inspect` cannot do without."""

    @property
    def dimension(self) -> int: ...

    def value(self, w: Vector, z: Any, /) -> float: ...

    def gradient(self, w: Vector, z: Any, /) -> Vector: ...

    def draw(self, rng: np.random.Generator, /) -> Any: ...


@dataclass(frozen=True, eq=False)
class Claimed:
    """The claims of a problem, checked."""

    name: str
    dimension: int
    radius: float
    smoothness: float | None
    lipschitz: float | None
    flatness_radius: float | None
    flat_minimum: Vector | None
    non_negative: bool
    convex: bool


class _Registered:
    """A registered instance as a problem: its written loss and its compiled gradient."""

    def __init__(self, instance: Loss) -> None:
        if instance.dimension > _LARGEST:
            raise InputError(
                "dimension", instance.dimension, f"a search takes at most d = {_LARGEST}", "choose a smaller width or T"
            )
        self.instance, self.name = instance, instance.name
        self.dimension, self.convex, self.non_negative = instance.dimension, instance.convex, instance.non_negative
        self.smoothness = instance.smoothness if math.isfinite(instance.smoothness) else None
        self.lipschitz = instance.lipschitz if math.isfinite(instance.lipschitz) else None
        self.flatness_radius: float | None = None
        self.flat_minimum: Vector | None = None
        if instance.flat_minimum() is not None:
            self.flatness_radius, self.flat_minimum = instance.flatness_radius, instance.minimum()
        self._looks: dict[bytes, Look] = {}

    def value(self, w: Vector, z: Any) -> float:
        return self.instance.loss(w, z)

    def gradient(self, w: Vector, z: Any) -> Vector:
        # a sample of n copies of z, of which the kernel reads the first
        instance = self.instance
        key = b"".join(np.asarray(part).tobytes() for part in (z if isinstance(z, tuple) else (z,)))
        look = self._looks.get(key)
        if look is None:
            look = Look(Layout(instance, instance.repeated(z), np.arange(instance.m)), w, 1)
            self._looks = {key: look}
        look.w = w
        found = look.gradient()
        assert found is not None  # every block is stored
        return found

    def draw(self, rng: np.random.Generator) -> Any:
        return self.instance.trials(rng, 1)[-1]


def _constant(problem: Any, key: str, *, zero: bool = False) -> float | None:
    value = getattr(problem, key, None)
    if value is None:
        return None
    limit = f"must be a finite number, {'at least' if zero else 'above'} 0"
    try:
        number = float(numbers.fraction(value))
    except (ValueError, OverflowError, ZeroDivisionError):
        raise InputError(key, repr(value), limit, "give the constant that you claim, or None") from None
    if not (math.isfinite(number) and (number > 0.0 or (zero and number == 0.0))):
        raise InputError(key, value, limit, "give the constant that you claim, or None")
    return number


def read(problem: Any) -> tuple[Any, Claimed]:
    """Adapt a registered instance, and check what is claimed.

    Raises
    ------
    InputError
        For a member that is missing or a claim that cannot be one.
    """
    if isinstance(problem, Loss):
        problem = _Registered(problem)
    kind = type(problem).__name__
    for key, mend in (
        ("dimension", "set dimension to the d of w"),
        ("value", "add value(w, z), the loss"),
        ("gradient", "add gradient(w, z), an array of shape (d,)"),
        ("draw", "add draw(rng), one example"),
    ):
        if not hasattr(problem, key) or (key != "dimension" and not callable(getattr(problem, key))):
            raise InputError(key, "missing", f"{kind} is no problem without it", mend)
    d = problem.dimension
    if isinstance(d, bool) or not isinstance(d, (int, np.integer)) or d < 1:
        raise InputError("dimension", repr(d), "must be a whole number, at least 1", "set it to the d of w")
    radius = _constant(problem, "radius")
    radius = 1.0 if radius is None else radius
    rho, minimum = _constant(problem, "flatness_radius", zero=True), getattr(problem, "flat_minimum", None)
    if minimum is not None:
        try:
            minimum = np.array(minimum, dtype=float)
        except (TypeError, ValueError):
            raise InputError("flat_minimum", repr(minimum), "must be an array of numbers", "give w*") from None
        if minimum.shape != (d,) or not np.all(np.isfinite(minimum)):
            raise InputError("flat_minimum", minimum, f"must be finite and of shape ({d},)", "give w* as such an array")
        if np.linalg.norm(minimum) > radius * (1 + 1e-9):
            norm = f"norm {np.linalg.norm(minimum):.6g}"
            raise InputError("flat_minimum", norm, f"must lie in the ball of radius {radius:g}", "enlarge radius")
    elif rho is not None:
        raise InputError("flatness_radius", rho, "is claimed around flat_minimum, which is missing", "set flat_minimum")
    return problem, Claimed(
        str(getattr(problem, "name", kind)),
        int(d),
        radius,
        _constant(problem, "smoothness"),
        _constant(problem, "lipschitz"),
        rho,
        minimum,
        bool(getattr(problem, "non_negative", True)),
        bool(getattr(problem, "convex", True)),
    )


def raised(error: BaseException) -> str:
    """Say in one line what the user's code raised."""
    return f"raises {type(error).__name__} ({' '.join(str(error).split())})"


def euclidean(v: Vector) -> float:
    return math.sqrt(float(v @ v))


def lies_within(point: Vector, centre: Vector, radius: float) -> bool:
    """Whether ``|point - centre| <= radius`` for the numbers as they are: no rounding."""
    pairs = [(x.as_integer_ratio(), y.as_integer_ratio()) for x, y in zip(point.tolist(), centre.tolist(), strict=True)]
    unit = max(max(p[1], q[1]) for p, q in pairs)  # denominators are powers of 2
    squared = sum((p[0] * (unit // p[1]) - q[0] * (unit // q[1])) ** 2 for p, q in pairs)
    return bool(Fraction(squared) <= (Fraction(radius) * unit) ** 2)


class Evaluations:
    """The loss of one example: guarded evaluations, their largest sizes and the room for their rounding."""

    def __init__(self, problem: Any, claimed: Claimed, z: Any) -> None:
        self.problem, self.claimed, self.z = problem, claimed, z
        self.radius = claimed.radius
        self.reach = claimed.radius * (1.0 - 4.0 * (claimed.dimension + 8) * EPS)
        self.size_f = 0.0
        self.size_g = (claimed.smoothness or 0.0) * self.radius
        self.noise_f = self.noise_g = 0.0
        self.count = 0
        self._values: dict[bytes, float] = {}
        self._slopes: dict[bytes, Vector] = {}

    def _call(self, key: str, w: Vector) -> NDArray[np.float64]:
        try:
            found = getattr(self.problem, key)(w.copy(), self.z)
        except (Exception, SystemExit) as error:  # whatever the user's code raises
            raise self._unusable(key, "no number", raised(error), w) from error
        try:
            number = np.asarray(found, dtype=float)
        except (TypeError, ValueError):
            raise self._unusable(key, repr(found)[:60], "must be made of real numbers", w) from None
        shape = () if key == "value" else w.shape
        if number.shape != shape:
            raise InputError(
                key,
                f"array of shape {number.shape}",
                f"must have shape {shape}",
                f"return {'one number' if key == 'value' else 'an array of that shape'}",
            )
        if not (np.isfinite(number).all() if shape else math.isfinite(number)):
            raise self._unusable(key, "nan" if np.isnan(number).any() else "inf", "must be finite", w)
        self.count += 1
        return number

    def _unusable(self, key: str, value: str, limit: str, w: Vector) -> InputError:
        where = np.array2string(w, threshold=8, edgeitems=2, max_line_width=10**6)
        return InputError(key, value, f"{limit} at w = {where}", f"mend {key}, or make radius smaller")

    def value(self, w: Vector) -> float:
        key = w.tobytes()
        if key not in self._values:
            if len(self._values) > 2000:
                self._values.clear()
            self._values[key] = found = float(self._call("value", w))
            self.size_f = max(self.size_f, abs(found))
        return self._values[key]

    def gradient(self, w: Vector) -> Vector:
        key = w.tobytes()
        if key not in self._slopes:
            if len(self._slopes) > 2000:
                self._slopes.clear()
            self._slopes[key] = found = np.array(self._call("gradient", w))
            self.size_g = max(self.size_g, euclidean(found))
        return self._slopes[key]

    @property
    def size(self) -> float:
        return self.size_f + self.radius * self.size_g

    @property
    def room_f(self) -> float:
        return (1000 + self.claimed.dimension) * EPS * self.size + 20 * self.noise_f

    @property
    def room_g(self) -> float:
        return (1000 + self.claimed.dimension) * EPS * self.size_g + 20 * self.noise_g

    def project(self, w: Vector) -> Vector:
        """Pull a point into the ball, whatever its norm rounds to."""
        norm = euclidean(w)
        return w if norm <= self.reach else w * (self.reach / norm)

    def expression(self, w: Vector) -> float:
        """``loss_cvxpy`` at a point, least over slacks."""
        from sco_flat.instances.distances import value_of

        variable, expression = self.written
        variable.value = w
        return value_of(expression)

    @functools.cached_property
    def written(self) -> tuple[Any, Any]:
        """A cvxpy variable w and ``loss_cvxpy(w, z)``.

        Raises
        ------
        InputError
            If that is no expression of one number, or one of more than w and slacks.
        """
        import cvxpy

        from sco_flat.instances.distances import slacks

        w = cvxpy.Variable(self.claimed.dimension)
        try:
            expression = self.problem.loss_cvxpy(w, self.z)
        except (Exception, SystemExit) as error:  # whatever the user's code raises
            mend = "mend loss_cvxpy, or leave it out"
            raise InputError("loss_cvxpy", "no expression", raised(error), mend) from error
        if not isinstance(expression, cvxpy.Expression) or expression.size != 1:
            raise InputError(
                "loss_cvxpy", type(expression).__name__, "must be one number as a cvxpy expression",
                "return such an expression of w",
            )  # fmt: skip
        known = {w.id, *(v.id for v in slacks(expression))}
        for other in expression.variables():
            if other.id not in known:
                limit = "is another variable than w: a loss is a function of w and z alone"
                raise InputError("loss_cvxpy", other.name(), limit, "take it out; distances have slacks of their own")
        return w, expression

    def calibrate(self, rng: np.random.Generator, count: int = 10) -> None:
        """Learn the sizes and the noise at random points.

        Raises
        ------
        InputError
            If two calls at the same point differ.
        """
        for k in range(count):
            w = direction(rng, self.claimed.dimension) * self.reach * (1.0 if k % 2 else rng.random())
            f, g = self.value(w), self.gradient(w)
            if float(self._call("value", w)) != f or not np.array_equal(self._call("gradient", w), g):
                raise InputError("value", "random", "two calls at one point differ", "put all randomness into z")
            near = w * (1.0 + EPS * rng.integers(-2, 3, size=w.size))
            self.noise_f = max(self.noise_f, abs(self.value(near) - f - float(g @ (near - w))))
            self.noise_g = max(self.noise_g, euclidean(self.gradient(near) - g))


def direction(rng: np.random.Generator, d: int) -> Vector:
    """A unit vector: Gaussian, sparse or a coordinate."""
    kind = rng.integers(3)
    if kind == 0:
        v = rng.standard_normal(d)
    else:
        v = np.zeros(d)
        size = 1 if kind == 1 else int(rng.integers(1, min(d, 6) + 1))
        v[rng.integers(d, size=size)] = rng.standard_normal(size)
    return v / max(euclidean(v), 1e-300)
