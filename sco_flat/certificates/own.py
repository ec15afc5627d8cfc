"""Check an instance of your own: a search for points that refute what it claims.

A claim that is refuted comes with a witness: the points at which the inequality breaks, for anyone to plug in. A claim
that is not refuted *holds* as far as the search went; only convexity can be proved, by cvxpy's rules.

Rounding
--------
A refutation has to exceed the rounding error of the evaluation by far. For one example z let ``S_f`` be the largest
``|f| + R |grad f|`` and ``S_g`` the largest ``|grad f|`` (and ``beta R``, where beta is claimed) met on the ball of
radius R. Values count with the room ``A_f = (1000 + d) eps S_f + 20 N_f`` and gradients with ``A_g = (1000 + d) eps
S_g + 20 N_g``, ``eps = 2.2e-16``; N_f and N_g are the largest changes seen when points move by two units in their
last place. An evaluation that sums d terms in any order errs by less than ``d eps S``. Each test then has the room of
the evaluations in it, ``2 A_g / |x - y|`` for ``|g(x) - g(y)| / |x - y|``. So constants that are exact survive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sco_flat import samples
from sco_flat.engines._layout import Layout, Look
from sco_flat.errors import InputError
from sco_flat.instances._base import Instance
from sco_flat.results import Claim, Event, Evidence, Relation, Verdict, json_number, overall

Vector = NDArray[np.float64]
Points = tuple[Vector, ...]

EPS = float(np.finfo(float).eps)
LARGEST = 2000
"""Largest dimension of a registered instance that is searched."""

_OPPOSITE = {"<=": ">", ">=": "<", "==": "!="}


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
    def dimension(self) -> int: ...  # noqa: D102

    def value(self, w: Vector, z: Any, /) -> float: ...  # noqa: D102

    def gradient(self, w: Vector, z: Any, /) -> Vector: ...  # noqa: D102

    def draw(self, rng: np.random.Generator, /) -> Any: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Witness:
    """Points at which a claimed property breaks.

    Attributes
    ----------
    property : str
        The claim that it refutes.
    test : str
        Which inequality, a key of `TESTS`.
    z : object
        The example.
    points : tuple of ndarray
        In the order in which the inequality names them.
    numbers : dict
        The values at these points and both sides of the inequality.
    statement : str
        The inequality with its numbers.
    margin : float
        By how much it breaks.
    allowance : float
        The room for rounding that the margin exceeds (see the module's docstring).
    """

    property: str
    test: str
    z: Any
    points: Points
    numbers: dict[str, float]
    statement: str
    margin: float
    allowance: float

    def holds_up(self, problem: ProblemLike | Instance) -> bool:
        """Whether the points refute ``problem``, from its ``value``, ``gradient`` and claimed constants alone."""
        adapted, claimed = _read(problem)
        if any(p.shape != (claimed.dimension,) for p in self.points):
            return False
        look = _Look(adapted, claimed, self.z)
        return _admissible(look, self.test, self.points) and TESTS[self.test](look, self.points).margin > self.allowance

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the points, for Python."""
        return tuple(_WORDS[self.test][0].split(", "))

    def as_dict(self) -> dict[str, Any]:
        """Return the witness as JSON-ready data."""
        return {
            "property": self.property,
            "test": self.test,
            "z": _plain(self.z),
            "points": [p.tolist() for p in self.points],
            "numbers": {k: json_number(v) for k, v in self.numbers.items()},
            "statement": self.statement,
            "margin": json_number(self.margin),
            "allowance": json_number(self.allowance),
        }


@dataclass(frozen=True, eq=False)
class Inspection:
    """What became of the claims of a problem, and a witness for each that is refuted."""

    name: str
    verdict: Verdict
    claims: tuple[Claim, ...]
    witnesses: dict[str, Witness]

    def as_dict(self) -> dict[str, Any]:
        """Return the inspection as JSON-ready data."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "claims": [c.as_dict() for c in self.claims],
            "witnesses": {k: w.as_dict() for k, w in self.witnesses.items()},
        }


# --- reading a problem ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Claimed:
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

    def __init__(self, instance: Instance) -> None:
        if instance.dimension > LARGEST:
            raise InputError(
                "dimension", instance.dimension, f"a search takes at most d = {LARGEST}", "choose a smaller width or T"
            )
        self.instance, self.name = instance, instance.name
        self.dimension, self.smoothness, self.lipschitz = instance.dimension, instance.smoothness, instance.lipschitz
        self.flatness_radius = instance.flatness_radius
        self.flat_minimum = np.zeros(instance.dimension)
        self.flat_minimum[-1] = instance.flat_minimum().get("b", 0.0)
        self._looks: dict[bytes, Look] = {}

    def value(self, w: Vector, z: Any) -> float:
        return self.instance.loss(w, z)

    def gradient(self, w: Vector, z: Any) -> Vector:
        # a sample of n copies of z, of which the kernel reads the first
        instance, bits = self.instance, np.asarray(z, dtype=np.int64)
        look = self._looks.get(bits.tobytes())
        if look is None:
            sample = samples.Sample(bits * ((1 << instance.n) - 1), instance.n, Event("free", (), 1.0))
            look = Look(Layout(instance, sample, np.arange(instance.m if instance.has_blocks else 0)), w)
            look._batch = 1
            self._looks = {bits.tobytes(): look}
        look.w = w
        found = look.gradient()
        assert found is not None  # every block is stored
        return found

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        return rng.integers(0, 2, size=self.instance.m)


def _constant(problem: Any, key: str, *, zero: bool = False) -> float | None:
    value = getattr(problem, key, None)
    if value is None:
        return None
    limit = f"must be a finite number, {'at least' if zero else 'above'} 0"
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(key, repr(value), limit, "give the constant that you claim, or None") from None
    if not (math.isfinite(number) and (number > 0.0 or (zero and number == 0.0))):
        raise InputError(key, value, limit, "give the constant that you claim, or None")
    return number


def _read(problem: Any) -> tuple[Any, _Claimed]:
    """Adapt a registered instance, and check what is claimed.

    Raises
    ------
    InputError
        For a member that is missing or a claim that cannot be one.
    """
    if isinstance(problem, Instance):
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
    return problem, _Claimed(
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


def _norm(v: Vector) -> float:
    return math.sqrt(float(v @ v))


class _Look:
    """The loss of one example: guarded evaluations, their largest sizes and the room for their rounding."""

    def __init__(self, problem: Any, claimed: _Claimed, z: Any) -> None:
        self.problem, self.claimed, self.z = problem, claimed, z
        self.radius = claimed.radius
        self.size_f = 0.0
        self.size_g = (claimed.smoothness or 0.0) * self.radius
        self.noise_f = self.noise_g = 0.0
        self.count = 0
        self._values: dict[bytes, float] = {}
        self._slopes: dict[bytes, Vector] = {}

    def _call(self, key: str, w: Vector) -> NDArray[np.float64]:
        try:
            found = getattr(self.problem, key)(w.copy(), self.z)
        except Exception as error:  # whatever the user's code raises
            said = f"raises {type(error).__name__} ({' '.join(str(error).split())})"
            raise self._unusable(key, "no number", said, w) from error
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
        if not np.isfinite(number).all():
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
            self.size_g = max(self.size_g, _norm(found))
        return self._slopes[key]

    @property
    def room_f(self) -> float:
        size = self.size_f + self.radius * self.size_g
        return (1000 + self.claimed.dimension) * EPS * size + 20 * self.noise_f

    @property
    def room_g(self) -> float:
        return (1000 + self.claimed.dimension) * EPS * self.size_g + 20 * self.noise_g

    def project(self, w: Vector) -> Vector:
        norm = _norm(w)
        return w if norm <= self.radius else w * (self.radius / norm)

    def calibrate(self, rng: np.random.Generator, count: int = 10) -> None:
        """Learn the sizes and the noise at random points.

        Raises
        ------
        InputError
            If two calls at the same point differ.
        """
        for k in range(count):
            w = _direction(rng, self.claimed.dimension) * self.radius * (1.0 if k % 2 else rng.random())
            f, g = self.value(w), self.gradient(w)
            if float(self._call("value", w)) != f or not np.array_equal(self._call("gradient", w), g):
                raise InputError("value", "random", "two calls at one point differ", "put all randomness into z")
            near = w * (1.0 + EPS * rng.integers(-2, 3, size=w.size))
            self.noise_f = max(self.noise_f, abs(self.value(near) - f - float(g @ (near - w))))
            self.noise_g = max(self.noise_g, _norm(self.gradient(near) - g))


# --- the inequalities -----------------------------------------------------------------------------------


class _Measured(NamedTuple):
    """Both sides of an inequality, by how much it breaks, and the room for its rounding."""

    value: float
    relation: Relation
    bound: float
    margin: float
    room: float

    @property
    def score(self) -> float:
        return self.margin - self.room


def _measured(value: float, relation: Relation, bound: float, room: float) -> _Measured:
    margin = {"<=": value - bound, ">=": bound - value, "==": abs(value - bound)}[relation]
    return _Measured(value, relation, bound, margin, room)


_NOTHING = _Measured(0.0, "<=", 0.0, -math.inf, 0.0)


def _midpoint(look: _Look, points: Points) -> _Measured:
    x, y = points
    return _measured(look.value((x + y) / 2), "<=", (look.value(x) + look.value(y)) / 2, 2 * look.room_f)


def _tangent(look: _Look, points: Points) -> _Measured:
    x, y = points
    bound = look.value(x) + float(look.gradient(x) @ (y - x))
    return _measured(look.value(y), ">=", bound, 2 * look.room_f + look.room_g * _norm(y - x))


def _monotone(look: _Look, points: Points) -> _Measured:
    x, y = points
    gap = x - y
    distance = _norm(gap)
    if distance == 0.0:
        return _NOTHING
    slope = float((look.gradient(x) - look.gradient(y)) @ gap) / distance**2
    return _measured(slope, ">=", 0.0, 2 * look.room_g / distance)


def _slopes(look: _Look, points: Points) -> _Measured:
    x, y = points
    distance, beta = _norm(x - y), look.claimed.smoothness
    if distance == 0.0 or beta is None:
        return _NOTHING
    change = _norm(look.gradient(x) - look.gradient(y))
    return _measured(change / distance, "<=", beta, 2 * look.room_g / distance)


def _bend(look: _Look, points: Points) -> _Measured:
    x, y = points
    distance, beta = _norm(x - y), look.claimed.smoothness
    if distance == 0.0 or beta is None:
        return _NOTHING
    bend = abs(look.value(x) + look.value(y) - 2 * look.value((x + y) / 2))
    return _measured(4 * bend / distance**2, "<=", beta, 16 * look.room_f / distance**2)


def _steepness(look: _Look, points: Points) -> _Measured:
    if look.claimed.lipschitz is None:
        return _NOTHING
    return _measured(_norm(look.gradient(points[0])), "<=", look.claimed.lipschitz, look.room_g)


def _secant(look: _Look, points: Points) -> _Measured:
    x, y = points
    distance = _norm(x - y)
    if distance == 0.0 or look.claimed.lipschitz is None:
        return _NOTHING
    rise = abs(look.value(x) - look.value(y))
    return _measured(rise / distance, "<=", look.claimed.lipschitz, 2 * look.room_f / distance)


def _sign(look: _Look, points: Points) -> _Measured:
    return _measured(look.value(points[0]), ">=", 0.0, look.room_f) if look.claimed.non_negative else _NOTHING


def _zero(look: _Look, points: Points) -> _Measured:
    return _measured(look.value(points[-1]), "==", 0.0, look.room_f)


def _quotients(look: _Look, points: Points) -> _Measured:
    """Hold <g(x), u> against the one-sided slopes at steps h and h/10.

    A subgradient lies between them, and the truncation error of a smooth loss falls by 100 from h to h/10; an error
    of the gradient stays.
    """
    x, *pairs = points
    g, f = look.gradient(x), look.value(x)
    found = []
    for below, above in zip(pairs[::2], pairs[1::2], strict=True):
        step = _norm(above - below) / 2
        if step == 0.0:
            return _NOTHING
        left, right = (f - look.value(below)) / step, (look.value(above) - f) / step
        along, low, high = float(g @ (above - below)) / (2 * step), min(left, right), max(left, right)
        room = 4 * look.room_f / step
        relation: Relation = "<=" if along - high > low - along else ">="
        found.append(_measured(along, relation, high if relation == "<=" else low, room))
    far, near = found
    persists = near.relation == far.relation and near.margin >= 0.5 * far.margin and far.margin >= 0.5 * near.margin
    return near._replace(margin=min(near.margin, far.margin) if persists else min(near.margin, 0.0))


TESTS: dict[str, Callable[[_Look, Points], _Measured]] = {
    "difference quotients": _quotients,
    "midpoint": _midpoint,
    "tangent": _tangent,
    "monotone gradient": _monotone,
    "change of gradient": _slopes,
    "second difference": _bend,
    "norm of gradient": _steepness,
    "secant": _secant,
    "sign": _sign,
    "flat": _zero,
    "zero": _zero,
}

# what the points are called, and both sides in words
_WORDS = {
    "difference quotients": (
        "x, below, above, nearly_below, nearly_above", "<g(x, z), u>", "the nearer slope of f(., z) at x",
    ),
    "midpoint": ("x, y", "f((x+y)/2, z)", "(f(x, z) + f(y, z))/2"),
    "tangent": ("x, y", "f(y, z)", "f(x, z) + <g(x, z), y-x>"),
    "monotone gradient": ("x, y", "<g(x, z) - g(y, z), x-y>/|x-y|^2", "what convexity asks for"),
    "change of gradient": ("x, y", "|g(x, z) - g(y, z)|/|x-y|", "the claimed smoothness"),
    "second difference": ("x, y", "4 |f(x, z) + f(y, z) - 2 f((x+y)/2, z)|/|x-y|^2", "the claimed smoothness"),
    "norm of gradient": ("x", "|g(x, z)|", "the claimed Lipschitz constant"),
    "secant": ("x, y", "|f(x, z) - f(y, z)|/|x-y|", "the claimed Lipschitz constant"),
    "sign": ("x", "f(x, z)", "the claimed lower bound"),
    "flat": ("w_flat, w", "f(w, z)", "the value claimed for |w - w_flat| <= rho"),
    "zero": ("w_flat", "f(w_flat, z)", "the value claimed at the flat minimum"),
}  # fmt: skip


def _admissible(look: _Look, test: str, points: Points) -> bool:
    """Whether the claim speaks about the points."""
    claimed = look.claimed
    if test in ("flat", "zero"):
        centre, rho = claimed.flat_minimum, claimed.flatness_radius if test == "flat" else 0.0
        if centre is None or rho is None:
            return False
        return bool(np.array_equal(points[0], centre)) and _norm(points[-1] - centre) <= rho * (1 + 8 * EPS)
    if test in ("midpoint", "tangent", "monotone gradient") and not claimed.convex:
        return False
    return all(_norm(p) <= look.radius * (1 + 1e-9) for p in points[: 1 if test == "difference quotients" else None])


def _witness(look: _Look, claim: str, test: str, points: Points) -> Witness:
    points = _rounded(look, test, points)
    m = TESTS[test](look, points)
    names, left, right = _WORDS[test]
    digits = next((k for k in range(3, 17) if f"{m.value:.{k}g}" != f"{m.bound:.{k}g}"), 17)
    statement = f"{left} = {m.value:.{digits}g} {_OPPOSITE[m.relation]} {m.bound:.{digits}g} = {right}"
    numbers = {f"f({name}, z)": look.value(p) for name, p in zip(names.split(", "), points, strict=True)}
    return Witness(claim, test, look.z, points, numbers | {left: m.value, right: m.bound}, statement, m.margin, m.room)


def _rounded(look: _Look, test: str, points: Points) -> Points:
    """Shorten the decimals of the points while most of the margin stays."""
    if test in ("difference quotients", "zero"):
        return points
    full = TESTS[test](look, points).margin
    for digits in range(1, 8):
        unit = 10.0**-digits
        if test == "flat":
            trial: Points = (points[0], points[0] + np.trunc((points[1] - points[0]) / unit) * unit)
        else:
            trial = tuple(np.round(p, digits) + 0.0 for p in points)
        m = TESTS[test](look, trial) if _admissible(look, test, trial) else _NOTHING
        if m.margin > max(0.7 * full, 10 * m.room):
            return trial
    return points


# --- the search -----------------------------------------------------------------------------------------


def _direction(rng: np.random.Generator, d: int) -> Vector:
    """A unit vector: Gaussian, sparse or a coordinate."""
    kind = rng.integers(3)
    if kind == 0:
        v = rng.standard_normal(d)
    else:
        v = np.zeros(d)
        size = 1 if kind == 1 else int(rng.integers(1, min(d, 6) + 1))
        v[rng.integers(d, size=size)] = rng.standard_normal(size)
    return v / max(_norm(v), 1e-300)


def _unit(v: Vector) -> Vector | None:
    norm = _norm(v)
    return v / norm if norm > 1e-150 else None


class _Search:
    """The search for one example."""

    def __init__(self, look: _Look, rng: np.random.Generator, effort: float) -> None:
        self.look, self.rng, self.effort = look, rng, effort
        self.d, self.radius = look.claimed.dimension, look.radius
        self.pool: list[Vector] = []
        self.pairs: list[Points] = []

    def times(self, count: int) -> int:
        return max(2, round(count * self.effort))

    def scale(self) -> float:
        """From 1e-6 of the radius to the diameter."""
        return float(2 * self.radius * 10.0 ** self.rng.uniform(-6.3, 0.0))

    def score(self, test: str, points: Points) -> float:
        if len(points) == 2 and test != "flat" and _norm(points[0] - points[1]) < 1e-6 * self.radius:
            return -math.inf  # no ratio of two roundings
        return TESTS[test](self.look, points).score

    def fill(self) -> None:
        """Collect base points: 0, w*, all scales, paths of descent and ascent, and both sides of kinks."""
        look, rng, d = self.look, self.rng, self.d
        self.pool.append(np.zeros(d))
        if look.claimed.flat_minimum is not None:
            self.pool.append(look.claimed.flat_minimum)
        for _ in range(self.times(20)):
            self.pool.append(_direction(rng, d) * self.radius * rng.random() ** (1.0 / min(d, 3)))
            self.pool.append(
                look.project(self.pool[rng.integers(min(2, len(self.pool)))] + _direction(rng, d) * self.scale())
            )
            self.pool.append(_direction(rng, d) * self.radius)
        for k in range(self.times(4)):
            start = self.pool[rng.integers(len(self.pool))]
            self.pool.extend(self.path(start, 1.0 if k % 2 else -1.0))
        for _ in range(self.times(8)):
            x, y = (self.pool[rng.integers(len(self.pool))] for _ in range(2))
            self.pool.extend(self.bisected((x, y), "change", 18))

    def path(self, w: Vector, sign: float) -> Iterator[Vector]:
        """Descend or ascend with steps that grow on success."""
        look, step = self.look, 0.1 * self.radius
        for _ in range(20):
            u = _unit(look.gradient(w))
            if u is None:
                return
            new = look.project(w + sign * step * u)
            if sign * (look.value(new) - look.value(w)) > 0.0:
                w, step = new, min(2 * step, self.radius)
                yield w
            else:
                step *= 0.3

    def bisected(self, pair: Points, test: str, rounds: int) -> Points:
        """Halve a segment towards its kink (or, for "monotone gradient", its most concave part)."""
        x, y = pair
        for _ in range(rounds):
            middle = (x + y) / 2
            gx, gm, gy = (self.look.gradient(w) for w in (x, middle, y))
            if test == "monotone gradient":
                first = float((gm - gx) @ (y - x)) < float((gy - gm) @ (y - x))
            else:
                first = _norm(gm - gx) > _norm(gy - gm)
            x, y = (x, middle) if first else (middle, y)
            if _norm(x - y) < 1e-7 * self.radius:
                break
        return x, y

    def sweep(self) -> None:
        """Make pairs at all scales: random and sparse directions, gradients, other base points, and the diameter."""
        look, rng = self.look, self.rng
        for k in range(self.times(200)):
            x = self.pool[rng.integers(len(self.pool))]
            if k % 5 == 0:
                y = self.pool[rng.integers(len(self.pool))]
            elif k % 5 == 1:
                u = _unit(look.gradient(x))
                y = x if u is None else x + u * self.scale() * rng.choice([-1.0, 1.0])
            else:
                y = x + _direction(rng, self.d) * self.scale()
            y = look.project(y)
            if _norm(x - y) > 1e-9 * self.radius:
                self.pairs.append((x, y))
        count = len(self.pairs)
        for _ in range(self.times(6)):
            pair = self.pairs[rng.integers(count)]
            self.pairs.extend(self.bisected(pair, test, 12) for test in ("change of gradient", "monotone gradient"))

    def best(self, test: str, candidates: list[Points], count: int) -> list[Points]:
        return sorted(candidates, key=lambda p: self.score(test, p), reverse=True)[:count]

    def climb(self, test: str, points: Points, rounds: int) -> tuple[float, Points]:
        """Random hill climbing on margin less room, with the moves that suit the test."""
        look, rng = self.look, self.rng
        best, step = self.score(test, points), 0.3 * self.radius
        for k in range(rounds):
            trial = tuple(look.project(p) for p in self.moved(test, points, step, k))
            found = self.score(test, trial)
            if found > best:
                best, points, step = found, trial, min(1.6 * step, self.radius)
            else:
                step *= 0.85
                if step < 1e-7 * self.radius:
                    step = self.radius * 10.0 ** rng.uniform(-4, 0)
        return best, points

    def moved(self, test: str, points: Points, step: float, k: int) -> Points:
        look, rng = self.look, self.rng
        shift = _direction(rng, self.d) * step * rng.random()
        if len(points) == 1:
            (x,) = points
            g = _unit(look.gradient(x))
            if k % 4 == 0 or g is None:
                return (x + shift,)
            if test == "sign":
                return (x - g * step,) if k % 2 else (x * math.exp(rng.standard_normal()),)
            # |g| grows along H g, and fastest towards the boundary
            probe = 1e-4 * self.radius
            curved = _unit(look.gradient(look.project(x + probe * g)) - look.gradient(x))
            if k % 4 == 1 or curved is None:
                return (g * self.radius,)
            return (x + curved * step,) if k % 4 == 2 else (curved * self.radius,)
        x, y = points
        gap = y - x
        distance, kind = _norm(gap), k % 8
        if kind == 0:
            return x + shift, y
        if kind == 1:
            return x, y + shift
        if kind == 2:
            return x + shift, y + shift
        if kind == 3:
            half = gap / 2 * math.exp(rng.standard_normal())
            return (x + y) / 2 - half, (x + y) / 2 + half
        if kind == 4:
            return y, look.project(y + gap * 10.0 ** rng.uniform(-3, 0))
        if kind == 5:
            return self.bisected(points, test, 1)
        change = look.gradient(y) - look.gradient(x)
        if test in ("change of gradient", "second difference", "secant"):
            turned = _unit(change)  # a step of the power method on the Hessian
        else:
            top = max(_norm(change) / max(distance, 1e-300), look.claimed.smoothness or 0.0)
            turned = _unit(top * gap - change)  # towards its lowest eigenvalue
        if turned is None:
            return x + shift, y
        reach = distance if kind == 6 else min(distance, 1e-2 * self.radius)
        if test == "secant" and kind == 7:
            g = _unit(look.gradient(x))
            return (x, x + shift) if g is None else (x, x + g * distance * 0.5)
        # start from the inner end, so that the ball does not cut the step
        base, sign = (x, 1.0) if _norm(x) < _norm(y) else (y, -1.0)
        end = base + sign * turned * reach
        if _norm(end) > self.radius:
            end = base - sign * turned * reach
        return base, end

    def refute(self, test: str) -> Points | None:
        """Search pairs or points that break one inequality."""
        look = self.look
        single = test in ("norm of gradient", "sign")
        candidates: list[Points] = [(p,) for p in self.pool] if single else list(self.pairs)
        best_score, best_points = -math.inf, None
        for start in self.best(test, candidates, 3):
            score, points = self.climb(test, start, self.times(60))
            if score > best_score:
                best_score, best_points = score, points
        if best_points is None:
            return None
        _, points = self.climb(test, best_points, self.times(120))
        if not single:  # for the next test, at all lengths
            x, y = points
            self.pairs.append(points)
            for k in range(1, 7):
                half = (y - x) / 2 * 4.0**k
                self.pairs.append((look.project((x + y) / 2 - half), look.project((x + y) / 2 + half)))
        return points

    def flat(self) -> Points | None:
        """Ascend to the sphere of radius rho around w* from many sides, first from farther out."""
        look, rng = self.look, self.rng
        centre, rho = look.claimed.flat_minimum, look.claimed.flatness_radius
        assert centre is not None
        assert rho is not None
        if rho == 0.0:
            return centre, centre
        on = rho * (1 - 4 * EPS)
        starts = [s * e for e in np.eye(self.d)[rng.permutation(self.d)[: self.times(12)]] for s in (1.0, -1.0)]
        starts += [_direction(rng, self.d) for _ in range(self.times(20))]
        # directions in which the loss is felt
        felt = [
            u
            for w in self.pool[:: max(1, len(self.pool) // self.times(24))]
            if (u := _unit(look.gradient(w))) is not None
        ]
        found: list[Points] = []
        for start in starts + felt + [-u for u in felt]:
            u = start
            for stretch in (4.0, 2.0, 1.2, 1.0, 1.0):
                far = centre + stretch * on * u
                if stretch > 1.0 and _norm(far) > self.radius:
                    continue
                turned = _unit(look.gradient(far))
                u = u if turned is None else turned
                found.append((centre, centre + on * u))
        best = self.best("flat", found, 1)[0]
        score, step = self.score("flat", best), 0.5
        for _ in range(self.times(80)):
            turned = _unit((best[1] - centre) / on + step * _direction(rng, self.d))
            if turned is None:
                continue
            trial = (centre, centre + on * turned)
            new = self.score("flat", trial)
            score, best, step = (
                (new, trial, min(2 * step, 1.0)) if new > score else (score, best, max(0.8 * step, 1e-3))
            )
        return best

    def gradient_errors(self) -> Points:
        """Search a point and a direction along which the gradient disagrees with difference quotients."""
        look, rng, d = self.look, self.rng, self.d
        found: list[tuple[float, Points]] = []

        def try_at(x: Vector, u: Vector, h: float) -> float:
            points = (x, x - h * u, x + h * u, x - h / 10 * u, x + h / 10 * u)
            found.append((self.score("difference quotients", points), points))
            return found[-1][0]

        for _ in range(self.times(30)):
            x = self.pool[rng.integers(len(self.pool))] * (1 - 1e-3)
            h = self.radius * 10.0 ** rng.uniform(-5, -2)
            directions = [_direction(rng, d) for _ in range(3)]
            if (u := _unit(look.gradient(x))) is not None:
                directions.append(u)
            if d <= 8:
                directions += list(np.eye(d))
            for u in directions:
                try_at(x, u, h)
        _, points = max(found, key=lambda pair: pair[0])
        x = points[0]
        u, h = (points[2] - points[1]), _norm(points[2] - points[1]) / 2
        u = u / (2 * h)
        best, step = -math.inf, 0.3
        if found and d <= 60:  # the direction of the error itself
            numeric = np.array([(look.value(x + h / 10 * e) - look.value(x - h / 10 * e)) / (h / 5) for e in np.eye(d)])
            if (error := _unit(look.gradient(x) - numeric)) is not None:
                try_at(x, error, h)
        for _ in range(self.times(40)):
            new_x = look.project(x + step * self.radius * _direction(rng, d)) * (1 - 1e-3)
            new_u = _unit(u + step * _direction(rng, d))
            score = -math.inf if new_u is None else try_at(new_x, new_u, h)
            if new_u is not None and score > best:
                best, x, u = score, new_x, new_u
            else:
                step = max(0.85 * step, 1e-3)
        return max(found, key=lambda pair: pair[0])[1]


# --- the verdict ----------------------------------------------------------------------------------------


@dataclass
class _Tally:
    """What was found about one claim over all examples."""

    name: str
    tests: tuple[str, ...]
    worst: _Measured | None = None
    witness: Witness | None = None

    def take(self, look: _Look, test: str, points: Points | None) -> bool:
        """Keep the worst, and a witness if it refutes."""
        if points is None or not _admissible(look, test, points):
            return False
        m = TESTS[test](look, points)
        if self.witness is None and test == self.tests[0] and (self.worst is None or m.score > self.worst.score):
            self.worst = m
        # later tests read more easily; the room is final only now, since sizes grow while the search goes on
        old = self.witness
        if m.score > 0.0 and (old is None or old.test != test or m.margin > 2 * old.margin):
            self.witness = _witness(look, self.name, test, points)
            self.worst = TESTS[test](look, self.witness.points)
        return m.score > 0.0


def _different(drawn: list[Any]) -> list[Any]:
    """Drop repeated examples."""
    kept: dict[Any, Any] = {}
    for z in drawn:
        key = (z.dtype.str, z.shape, z.tobytes()) if isinstance(z, np.ndarray) and z.dtype != object else repr(z)
        kept.setdefault(key, z)
    return list(kept.values())


def _plain(z: Any) -> Any:
    if isinstance(z, np.ndarray):
        z = z.tolist()
    if isinstance(z, (tuple, list)):
        return [_plain(part) for part in z]
    if isinstance(z, dict):
        return {str(k): _plain(v) for k, v in z.items()}
    return json_number(z) if isinstance(z, (np.generic, float, int, str, bool, type(None))) else repr(z)


def _symbolic(problem: Any, looks: list[_Look], rng: np.random.Generator) -> tuple[bool, str]:
    """Whether cvxpy's rules say that ``loss_cvxpy`` is convex for every example drawn, and it agrees with ``value``."""
    build = getattr(problem, "loss_cvxpy", None)
    if build is None:
        return False, ""
    import cvxpy as cp

    for look in looks:
        w = cp.Variable(look.claimed.dimension)
        try:
            expression = build(w, look.z)
        except Exception as error:  # whatever the user's code raises
            limit = f"raises {type(error).__name__} ({' '.join(str(error).split())})"
            raise InputError("loss_cvxpy", "no expression", limit, "mend loss_cvxpy, or leave it out") from error
        if not isinstance(expression, cp.Expression) or expression.size != 1:
            raise InputError(
                "loss_cvxpy", type(expression).__name__, "must be one number as a cvxpy expression",
                "return such an expression of w",
            )  # fmt: skip
        if not expression.is_convex():
            return False, "cvxpy's rules do not decide loss_cvxpy"
        for _ in range(4):
            w.value = _direction(rng, look.claimed.dimension) * look.radius * rng.random()
            written, given = look.value(np.array(w.value)), float(np.asarray(expression.value).item())
            if abs(written - given) > 1e-9 * (look.size_f + look.radius * look.size_g):
                return False, f"loss_cvxpy is not used: it gives {given:.9g} where value gives {written:.9g}"
    return (
        True,
        f"by cvxpy's rules, for each of the {len(looks)} examples drawn; loss_cvxpy agrees with value at random points",
    )


def _tallies(claimed: _Claimed, gradient_fails: bool) -> list[_Tally]:
    """The claims, each with its inequalities; without a gradient to rely on, those that look at values only."""
    found = []
    if claimed.convex:
        found.append(
            _Tally("convex", ("midpoint",) if gradient_fails else ("monotone gradient", "tangent", "midpoint"))
        )
    if claimed.non_negative:
        found.append(_Tally("non-negative", ("sign",)))
    if claimed.smoothness is not None:
        found.append(_Tally("smoothness", ("second difference",) if gradient_fails else ("change of gradient",)))
    if claimed.lipschitz is not None:
        found.append(_Tally("lipschitz", ("secant",) if gradient_fails else ("norm of gradient",)))
    return found


def inspect(problem: ProblemLike | Instance, *, seed: int = 0, effort: float = 1.0) -> Inspection:
    """Search for points that refute the claims of a problem.

    Parameters
    ----------
    problem : Problem, Instance or any object with the members of `Problem`
        What is inspected; registered instances up to d = 2000.
    seed : int
        Root of the random streams.
    effort : float
        Multiplies the number of examples and points, in [0.1, 100].

    Returns
    -------
    Inspection
        ``fails`` with a witness for each refuted claim; otherwise ``holds``, since a search proves nothing.

    Raises
    ------
    InputError
        For a member that is missing, has the wrong shape, or does not return numbers.
    """
    adapted, claimed = _read(problem)
    if isinstance(effort, bool) or not isinstance(effort, (int, float)) or not 0.1 <= effort <= 100:
        raise InputError("effort", repr(effort), "must be a number in [0.1, 100]", "leave it out for 1")
    rng = samples.streams(seed, "examples", "search")
    try:
        drawn = [adapted.draw(rng["examples"]) for _ in range(max(8, round(64 * effort)))]
    except Exception as error:  # whatever the user's code raises
        limit = f"raises {type(error).__name__} ({' '.join(str(error).split())})"
        raise InputError("draw", "no example", limit, "mend draw(rng)") from error
    looks = [_Look(adapted, claimed, z) for z in _different(drawn)]
    for look in looks:
        look.calibrate(rng["search"])
    # the steepest examples, and others spread over the ranks
    looks.sort(key=lambda look: -look.size_g)
    few = max(2, round(12 * effort))
    deep = looks[: few // 2] + looks[few // 2 :: max(1, math.ceil((len(looks) - few // 2) / (few - few // 2)))]
    # few examples get more points each
    each = effort * min(3.0, max(1.0, 4.0 / len(deep)))
    searches = [_Search(look, rng["search"], each) for look in deep]

    gradient = _Tally("gradient", ("difference quotients",))
    for search in searches:
        search.fill()
        gradient.take(search.look, "difference quotients", search.gradient_errors())
    tallies = _tallies(claimed, gradient.witness is not None)
    for search in searches:
        search.sweep()
        for tally in tallies:
            if tally.witness is None:
                for test in tally.tests:
                    tally.take(search.look, test, search.refute(test))
    tallies.insert(0, gradient)
    if claimed.flat_minimum is not None:
        realizable = _Tally("realizable", ("zero",))
        for look in looks:
            realizable.take(look, "zero", (claimed.flat_minimum,))
        tallies.append(realizable)
        if claimed.flatness_radius is not None:
            flat = _Tally("flatness radius", ("flat",))
            for search in searches:
                flat.take(search.look, "flat", search.flat())
            tallies.append(flat)

    convex, remark = _symbolic(adapted, looks[:16], rng["search"])
    points = sum(look.count for look in looks)
    room = f"{max(look.room_f for look in looks):.1g}"
    searched = (
        f"nothing found in {points:,} evaluations on {len(looks)} examples: a search suggests, it does not prove; "
        f"values count with a rounding room of {room}"
    )
    claims = tuple(_claim(t, convex and t.name == "convex", remark, searched, claimed) for t in tallies)
    return Inspection(claimed.name, overall(claims), claims, {t.name: t.witness for t in tallies if t.witness})


def _claim(tally: _Tally, symbolic: bool, remark: str, searched: str, claimed: _Claimed) -> Claim:
    """Put what was found about one claim into a record."""
    worst, note = tally.worst, searched
    evidence: Evidence = "float"
    verdict: Verdict = "holds"
    value = bound = None
    relation: Relation = "<="
    if worst is not None:
        value, relation, bound = worst.value, worst.relation, worst.bound
        if tally.name == "gradient":  # how far it lies outside the slopes
            value, relation, bound = max(worst.margin, 0.0), "<=", worst.room
    if tally.witness is not None:
        verdict, note = "fails", f"see the witness; a rounding room of {tally.witness.allowance:.1g} is allowed for"
    elif tally.name == "convex":
        note = f"{remark}; {searched}" if remark else searched
        if symbolic:
            evidence, verdict, note = "symbolic", "proved", remark
    return Claim(tally.name, "hypothesis", evidence, verdict, value, bound, relation, claimed.name, note)
