"""The inequalities that a claim stands for: how far points break each of them, and the witness that they make."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from sco_flat.inspection._reading import Evaluations, Points, ProblemLike, Vector, euclidean, lies_within, read
from sco_flat.instances.base import Loss
from sco_flat.results import Relation, json_number

_OPPOSITE = {"<=": ">", ">=": "<", "==": "!="}


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
        The room for rounding that the margin exceeds (see `_reading`).
    """

    property: str
    test: str
    z: Any
    points: Points
    numbers: dict[str, float]
    statement: str
    margin: float
    allowance: float

    def holds_up(self, problem: ProblemLike | Loss) -> bool:
        """Whether the points refute ``problem``, from its ``value``, ``gradient`` and claimed constants alone."""
        adapted, claimed = read(problem)
        if any(p.shape != (claimed.dimension,) for p in self.points):
            return False
        look = Evaluations(adapted, claimed, self.z)
        return admissible(look, self.test, self.points) and TESTS[self.test](look, self.points).margin > self.allowance

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


def _plain(z: Any) -> Any:
    if isinstance(z, np.ndarray):
        z = z.tolist()
    if isinstance(z, (tuple, list)):
        return [_plain(part) for part in z]
    if isinstance(z, dict):
        return {str(k): _plain(v) for k, v in z.items()}
    return json_number(z) if isinstance(z, (np.generic, float, int, str, bool, type(None))) else repr(z)


class Measured(NamedTuple):
    """Both sides of an inequality, by how much it breaks, and the room for its rounding."""

    value: float
    relation: Relation
    bound: float
    margin: float
    room: float

    @property
    def score(self) -> float:
        return self.margin - self.room


def _measured(value: float, relation: Relation, bound: float, room: float) -> Measured:
    margin = {"<=": value - bound, ">=": bound - value, "==": abs(value - bound)}[relation]
    return Measured(value, relation, bound, margin, room)


_NOTHING = Measured(0.0, "<=", 0.0, -math.inf, 0.0)


def _midpoint(look: Evaluations, points: Points) -> Measured:
    x, y = points
    return _measured(look.value((x + y) / 2), "<=", (look.value(x) + look.value(y)) / 2, 2 * look.room_f)


def _tangent(look: Evaluations, points: Points) -> Measured:
    x, y = points
    bound = look.value(x) + float(look.gradient(x) @ (y - x))
    return _measured(look.value(y), ">=", bound, 2 * look.room_f + look.room_g * euclidean(y - x))


def _monotone(look: Evaluations, points: Points) -> Measured:
    x, y = points
    gap = x - y
    distance = euclidean(gap)
    if distance == 0.0:
        return _NOTHING
    slope = float((look.gradient(x) - look.gradient(y)) @ gap) / distance**2
    return _measured(slope, ">=", 0.0, 2 * look.room_g / distance)


def _slopes(look: Evaluations, points: Points) -> Measured:
    x, y = points
    distance, beta = euclidean(x - y), look.claimed.smoothness
    if distance == 0.0 or beta is None:
        return _NOTHING
    change = euclidean(look.gradient(x) - look.gradient(y))
    return _measured(change / distance, "<=", beta, 2 * look.room_g / distance)


def _bend(look: Evaluations, points: Points) -> Measured:
    x, y = points
    distance, beta = euclidean(x - y), look.claimed.smoothness
    if distance == 0.0 or beta is None:
        return _NOTHING
    bend = abs(look.value(x) + look.value(y) - 2 * look.value((x + y) / 2))
    return _measured(4 * bend / distance**2, "<=", beta, 16 * look.room_f / distance**2)


def _steepness(look: Evaluations, points: Points) -> Measured:
    if look.claimed.lipschitz is None:
        return _NOTHING
    return _measured(euclidean(look.gradient(points[0])), "<=", look.claimed.lipschitz, look.room_g)


def _secant(look: Evaluations, points: Points) -> Measured:
    x, y = points
    distance = euclidean(x - y)
    if distance == 0.0 or look.claimed.lipschitz is None:
        return _NOTHING
    rise = abs(look.value(x) - look.value(y))
    return _measured(rise / distance, "<=", look.claimed.lipschitz, 2 * look.room_f / distance)


def _sign(look: Evaluations, points: Points) -> Measured:
    return _measured(look.value(points[0]), ">=", 0.0, look.room_f) if look.claimed.non_negative else _NOTHING


def _zero(look: Evaluations, points: Points) -> Measured:
    return _measured(look.value(points[-1]), "==", 0.0, look.room_f)


def _quotients(look: Evaluations, points: Points) -> Measured:
    """Hold <g(x), u> against the one-sided slopes at steps h and h/10.

    A subgradient lies between them, and the truncation error of a smooth loss falls by 100 from h to h/10; an error
    of the gradient stays.
    """
    x, *pairs = points
    g, f = look.gradient(x), look.value(x)
    found = []
    for below, above in zip(pairs[::2], pairs[1::2], strict=True):
        step = euclidean(above - below) / 2
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


_RULES = {count: np.polynomial.legendre.leggauss(count) for count in (5, 7)}
"""Nodes and weights of Gauss's rules on [-1, 1]."""


def _integral(look: Evaluations, x: Vector, y: Vector) -> tuple[float, float]:
    """``int <g, y - x>`` along a segment by seven nodes, and how far five are off that."""
    found = {}
    for count, (nodes, weights) in _RULES.items():
        slopes = [float(look.gradient(x + (1.0 + t) / 2 * (y - x)) @ (y - x)) for t in nodes]
        found[count] = float(weights @ slopes) / 2
    return found[7], abs(found[7] - found[5])


def _along(look: Evaluations, points: Points) -> Measured:
    """Hold ``f(y) - f(x)`` against the integral of the gradient, on all four quarters of the segment.

    A kink is in one or two of them, and the rules differ there. An error of the gradient that is wider than the segment
    shows on all four with the same sign.
    """
    x, y = points
    if euclidean(y - x) == 0.0:
        return _NOTHING
    stops = [x + k / 4 * (y - x) for k in range(4)] + [y]
    found = []
    for p, q in itertools.pairwise(stops):
        integral, spread = _integral(look, p, q)
        gap = look.value(q) - look.value(p) - integral
        found.append((gap, 2 * look.room_f + look.room_g * euclidean(q - p) + 20 * spread))
    sign = 1.0 if sum(gap for gap, _ in found) >= 0.0 else -1.0
    gap, room = min(found, key=lambda entry: sign * entry[0] - entry[1])
    rise = look.value(y) - look.value(x)
    return Measured(rise, "==", rise - sum(g for g, _ in found), 4 * max(sign * gap, 0.0), 4 * room)


def _written(look: Evaluations, points: Points) -> Measured:
    return _measured(look.value(points[0]), "==", look.expression(points[0]), 4 * look.room_f)


TESTS: dict[str, Callable[[Evaluations, Points], Measured]] = {
    "line integral": _along,
    "difference quotients": _quotients,
    "expression": _written,
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
    "line integral": ("x, y", "f(y, z) - f(x, z)", "the integral of <g, y-x> from x to y"),
    "expression": ("x", "value(x, z)", "loss_cvxpy(x, z)"),
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


def admissible(look: Evaluations, test: str, points: Points) -> bool:
    """Whether the claim speaks about the points."""
    claimed = look.claimed
    if test in ("flat", "zero"):
        centre, rho = claimed.flat_minimum, claimed.flatness_radius if test == "flat" else 0.0
        if centre is None or rho is None or not np.array_equal(points[0], centre):
            return False
        if test == "zero":
            return bool(np.array_equal(points[-1], centre))
        return lies_within(points[1], centre, rho) and lies_within(points[1], np.zeros(centre.size), look.radius)
    if test in ("midpoint", "tangent", "monotone gradient") and not claimed.convex:
        return False
    if test == "expression" and not hasattr(look.problem, "loss_cvxpy"):
        return False
    middle = ((points[0] + points[1]) / 2,) if test in ("midpoint", "second difference") else ()
    return all(lies_within(p, np.zeros(p.size), look.radius) for p in points + middle)


def by_values(look: Evaluations, test: str, points: Points) -> bool:
    """Whether values alone could tell, at these distances, a break of this size from a wrong gradient."""
    if test not in ("monotone gradient", "tangent", "change of gradient"):
        return True
    m, distance = TESTS[test](look, points), euclidean(points[0] - points[1])
    return (m.margin if test == "tangent" else m.margin * distance**2) > 16 * look.room_f


def witness(look: Evaluations, claim: str, test: str, points: Points) -> Witness:
    """Put points that refute a claim into a witness, with few decimals and both sides in words."""
    points = _rounded(look, test, points)
    m = TESTS[test](look, points)
    names, left, right = _WORDS[test]
    digits = next((k for k in range(3, 17) if f"{m.value:.{k}g}" != f"{m.bound:.{k}g}"), 17)
    statement = f"{left} = {m.value:.{digits}g} {_OPPOSITE[m.relation]} {m.bound:.{digits}g} = {right}"
    numbers = {f"f({name}, z)": look.value(p) for name, p in zip(names.split(", "), points, strict=True)}
    return Witness(claim, test, look.z, points, numbers | {left: m.value, right: m.bound}, statement, m.margin, m.room)


def _rounded(look: Evaluations, test: str, points: Points) -> Points:
    """Shorten the decimals of the points while most of the margin stays."""
    if test in ("line integral", "difference quotients", "zero"):
        return points
    full = TESTS[test](look, points).margin
    for digits in range(1, 8):
        unit = 10.0**-digits
        if test == "flat":
            trial: Points = (points[0], points[0] + np.trunc((points[1] - points[0]) / unit) * unit)
        else:
            trial = tuple(np.round(p, digits) + 0.0 for p in points)
        m = TESTS[test](look, trial) if admissible(look, test, trial) else _NOTHING
        if m.margin > max(0.7 * full, 10 * m.room):
            return trial
    return points
