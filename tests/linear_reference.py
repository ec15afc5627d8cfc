"""Linear models and the four methods once more, in plain NumPy: what the compiled ones are held against.

Any link may be tried, so that the bounds are tested on more losses than the package has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import methods
from sco_flat.comparisons.spread import Spread
from sco_flat.comparisons.strengths import Measured
from sco_flat.errors import InputError, unknown_name
from sco_flat.methods import sgd
from sco_flat.samples import streams

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Ordinary:
    """A linear model on unit vectors x, uniform on the sphere, with labels from a unit vector w*.

    ``f(w, (x, y)) = link(x . w, y)``; both losses are 1-smooth.

    Attributes
    ----------
    name, title : str
        For tables.
    value, slope : callable
        The link and its derivative in the prediction.
    realizable : bool
        Whether w* has loss 0 on every example.
    """

    name: str
    title: str
    value: Callable[[Vector, Vector], Vector]
    slope: Callable[[Vector, Vector], Vector]
    realizable: bool


LEAST_SQUARES = Ordinary(
    "least-squares", "½ (x . w - y)², y = x . w*", lambda p, y: 0.5 * (p - y) ** 2, lambda p, y: p - y, True
)
LOGISTIC = Ordinary(
    "logistic",
    "log(1 + exp(-4 y x . w))/4, y = sign(x . w*)",
    lambda p, y: np.logaddexp(0.0, -4.0 * y * p) / 4.0,
    lambda p, y: -y * np.exp(-np.logaddexp(0.0, 4.0 * y * p)),
    False,
)
PROBLEMS = {p.name: p for p in (LEAST_SQUARES, LOGISTIC)}
ROUNDS = 30
"""Rounds of SA-GD's inner maximisation, at most."""
FRESH = 20_000
"""Fresh examples that estimate the population risk where it has no closed form."""


def get(name: str) -> Ordinary:
    """Return an ordinary problem by name."""
    if name not in PROBLEMS:
        raise unknown_name("problem", name, PROBLEMS)
    return PROBLEMS[name]


def _examples(problem: Ordinary, count: int, target: Vector, rng: np.random.Generator) -> tuple[Vector, Vector]:
    x = rng.standard_normal((count, target.size))
    x /= np.linalg.norm(x, axis=1)[:, None]
    y = x @ target
    return x, y if problem.realizable else np.where(y >= 0.0, 1.0, -1.0)


@dataclass(frozen=True, eq=False)
class _Data:
    """Examples, and which of them are kept: 0 at one that is left out.

    Several samples, or several choices of what is kept, stand one behind the other in the first axes.
    """

    problem: Ordinary
    x: Vector
    y: Vector
    kept: Vector

    @property
    def places(self) -> tuple[int, ...]:
        """Shape of the axes that count problems."""
        return np.broadcast_shapes(self.x.shape[:-2], self.kept.shape[:-1])

    def _seen(self, w: Vector) -> Vector:
        return np.asarray((self.x @ w[..., None])[..., 0])

    def value(self, w: Vector) -> Any:
        """F_S."""
        return np.sum(self.kept * self.problem.value(self._seen(w), self.y), axis=-1) / self.y.shape[-1]

    def gradient(self, w: Vector) -> Vector:
        """Its gradient."""
        slopes = self.kept * self.problem.slope(self._seen(w), self.y)
        return np.asarray((slopes[..., None, :] @ self.x)[..., 0, :] / self.y.shape[-1])


def _ascent(data: _Data, w: Vector, radius: float, before: Vector) -> Vector:
    """SA-GD's inner maximiser, numerically: ``v <- r g/|g|`` from the gradient and from the last perturbation."""
    best, found = np.full(data.places, -1.0), np.zeros_like(w)
    for v in (data.gradient(w), before):
        value, live = np.full(data.places, -1.0), np.ones(data.places, dtype=bool)
        for _ in range(ROUNDS):
            norm = np.linalg.norm(v, axis=-1)
            live = live & (norm > 0.0)
            if not live.any():
                break
            v = radius / np.where(norm > 0.0, norm, 1.0)[..., None] * v
            reached = data.value(w + v)
            better = live & (reached > best)
            best, found = np.where(better, reached, best), np.where(better[..., None], v, found)
            live = live & (reached > value * (1 + 1e-6))
            value, v = reached, data.gradient(w + v)
    return found


def _run(data: _Data, method: str, steps: int, step_size: float, radius: float, picks: Indices) -> tuple[Vector, Any]:
    """Iterates from 0 and ``sum_t F_S(w_t + v_t)``; for SGD the sum of ``f(w_t, z_t)`` over its updates."""
    w = np.zeros((*data.places, data.x.shape[-1]))
    iterates, summed, push = np.zeros((*data.places, steps, w.shape[-1])), np.zeros(data.places), np.zeros_like(w)
    for t in range(steps):
        iterates[..., t, :] = w
        if method == "sgd":
            if t == steps - 1:
                break
            k = picks[t]
            x, y, kept = data.x[..., k, :], data.y[..., k], data.kept[..., k]
            p = (x * w).sum(axis=-1)
            summed = summed + kept * data.problem.value(p, y)
            w = w - step_size * (kept * data.problem.slope(p, y))[..., None] * x
            continue
        point = w
        if method == "sam":
            slope = data.gradient(w)
            norm = np.linalg.norm(slope, axis=-1)[..., None]
            point = w + np.where(norm > 0.0, radius, 0.0) / np.where(norm > 0.0, norm, 1.0) * slope
        elif method == "sagd":
            push = _ascent(data, w, radius, push)
            point = w + push
        summed = summed + data.value(point)
        w = w - step_size * data.gradient(point)
    return iterates, summed


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sample, and the runs on it and on it without each example.

    Attributes
    ----------
    target : ndarray, shape (d,)
        w*.
    x, y : ndarray
        The examples.
    average : ndarray, shape (d,)
        Full average on the whole sample.
    spread : Spread
        Its stability.
    """

    target: Vector
    x: Vector
    y: Vector
    average: Vector
    spread: Spread


def leave_one_out(
    problem: Ordinary,
    method: str,
    *,
    n: int,
    dimension: int,
    steps: int,
    step_size: float,
    perturbation_radius: float,
    seed: int,
) -> Drawn:
    """Draw a sample, run the method on it and on it without each example.

    Parameters
    ----------
    problem : Ordinary
        Least squares or logistic regression.
    method : {"gd", "sgd", "sagd", "sam"}
        From 0, full average. SGD reshuffles the examples in every pass; SA-GD has a numerical inner maximiser.
    n, dimension, steps : int
        Sizes; T = steps.
    step_size, perturbation_radius : float
        eta and r.
    seed : int
        Of the target and the data.

    Returns
    -------
    Drawn
        The sample and what was measured.

    Raises
    ------
    InputError
        For another method, or n < 2.
    """
    if method not in methods.names():
        raise unknown_name("method", method, methods.names())
    if dimension < 1 or steps < 1 or not 0 < step_size < math.inf or not 0 <= perturbation_radius < math.inf:
        raise InputError("step-size", step_size, "needs d, T >= 1, eta > 0 and r >= 0, finite", "choose such numbers")
    if n < 2:
        raise InputError("n", n, "leaving an example out needs n >= 2", "choose a larger n")
    draws = streams(seed, "target", "sample", "order")
    target = draws["target"].standard_normal(dimension)
    target /= np.linalg.norm(target)
    x, y = _examples(problem, n, target, draws["sample"])
    picks = sgd.picks(n, steps, "without-replacement", draws["order"])
    kept = np.vstack([np.ones(n), 1.0 - np.eye(n)])
    iterates, summed = _run(_Data(problem, x, y, kept), method, steps, step_size, perturbation_radius, picks)
    change = iterates[0] - iterates[1:]
    distances = np.linalg.norm(change.mean(axis=1), axis=1)
    growth = (change**2).sum(axis=(0, 2)) / n
    visits = int(np.bincount(picks[: steps - 1], minlength=1).max()) if method == "sgd" else 0
    spread = Spread(float(np.mean(distances**2)), distances, growth, float(summed[0]), visits, "")
    return Drawn(target, x, y, iterates[0].mean(axis=0), spread)


def measure(problem: Ordinary, method: str, **numbers: Any) -> Measured:
    """Risks and stability of one sample; numbers as for `leave_one_out`.

    Returns
    -------
    Measured
        The population risk is exact for least squares, ``|w - w*|²/(2d)``, else the mean over `FRESH` examples.
    """
    drawn = leave_one_out(problem, method, **numbers)
    average, found = drawn.average, drawn.spread
    if problem.realizable:
        risk = float(np.sum((average - drawn.target) ** 2)) / (2 * average.size)
    else:
        fresh = _examples(problem, FRESH, drawn.target, streams(numbers["seed"], "fresh")["fresh"])
        risk = float(np.mean(problem.value(fresh[0] @ average, fresh[1])))
    empirical = float(np.mean(problem.value(drawn.x @ average, drawn.y)))
    return Measured(risk, empirical, found.eps, found.summed_risk, found.visits, 1.0)


def bound_numbers(method: str, numbers: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the bounds: 1-smooth, D = 1, no flat ball."""
    kept = {k: numbers[k] for k in ("step_size", "steps", "n")}
    radius = numbers["perturbation_radius"] if method in ("sam", "sagd") else 0.0
    return kept | {"smoothness": 1.0, "perturbation_radius": radius, "flatness_radius": 0.0, "distance": 1.0}
