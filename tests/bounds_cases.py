"""What the tests of bounds share."""

from __future__ import annotations

import inspect
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sco_flat import bounds
from sco_flat.bounds import Bound, attempt
from sco_flat.errors import NotApplicable
from sco_flat.works.flat_minima import lower, upper

Array = NDArray[np.float64]


FUNCTIONS = {
    name: found
    for module in (bounds, lower, upper)
    for name in getattr(module, "__all__", vars(module))
    if inspect.isfunction(found := getattr(module, name))
    and found.__annotations__.get("return") == "Bound"
    and name[0] != "_"
}


"""Every bound, of a class of losses or of the paper."""


def holds(measured: float, bound: Bound) -> bool:
    """Test the inequality that the bound states, with room for rounding only."""
    slack = 1e-9 * abs(bound.value) + 1e-13
    return measured <= bound.value + slack if bound.side == "upper" else measured >= bound.value - slack


def check(measured: float, bound: Bound | NotApplicable) -> None:
    """Fail where an applicable bound is violated."""
    if isinstance(bound, Bound):
        assert holds(measured, bound), (measured, bound)


@dataclass(frozen=True)
class Problem:
    """``f(w, k) = ½ [ |A_k (w - w*)| - sqrt(beta) rho ]_+^2``, the norm of the positive part where ``one_sided``."""

    maps: Array
    one_sided: NDArray[np.bool_]
    probabilities: Array
    minimiser: Array
    smoothness: float
    flatness_radius: float

    def _residual(self, w: Array) -> tuple[Array, Array, Array]:
        u = np.einsum("kpd,bd->bkp", self.maps, w - self.minimiser)
        u = np.where(self.one_sided[None, :, None], np.maximum(u, 0), u)
        size = np.linalg.norm(u, axis=2)
        return u, size, np.maximum(size - math.sqrt(self.smoothness) * self.flatness_radius, 0)

    def losses(self, w: Array) -> Array:
        return np.asarray(0.5 * self._residual(w)[2] ** 2)

    def risk(self, w: Array, weights: Array) -> Array:
        return np.asarray(np.sum(weights * self.losses(w), axis=1))

    def gradient(self, w: Array, weights: Array) -> Array:
        u, size, gap = self._residual(w)
        pull = np.divide(gap, size, out=np.zeros_like(gap), where=size > 0)
        return np.asarray(np.einsum("kpd,bkp->bd", self.maps, (weights * pull)[:, :, None] * u))

    @property
    def distance(self) -> float:
        return float(np.linalg.norm(self.minimiser))


Rule = Callable[[Problem, Array, Array, float, np.random.Generator], Array]


def sam(problem: Problem, w: Array, weights: Array, radius: float, rng: np.random.Generator) -> Array:
    g = problem.gradient(w, weights)
    size = np.linalg.norm(g, axis=1, keepdims=True)
    return np.asarray(radius * np.divide(g, size, out=np.zeros_like(g), where=size > 0))


def arbitrary(problem: Problem, w: Array, weights: Array, radius: float, rng: np.random.Generator) -> Array:
    v = rng.normal(size=w.shape)
    return np.asarray(radius * v / np.linalg.norm(v, axis=1, keepdims=True))


def endpoint(problem: Problem, w: Array, weights: Array, radius: float, rng: np.random.Generator) -> Array:
    """Return the exact inner maximiser in one dimension, where a convex function is largest at an end."""
    up = problem.risk(w + radius, weights) >= problem.risk(w - radius, weights)
    return np.where(up, radius, -radius)[:, None]


def run(
    problem: Problem, weights: Array, rule: Rule, step: float, radius: float, steps: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Run all rows of weights at once from 0; return ``w_1..w_T`` and ``w_t + v_t``."""
    w = np.zeros((len(weights), problem.minimiser.size))
    iterates, points = [], []
    for _ in range(steps):
        x = w + rule(problem, w, weights, radius, rng)
        iterates.append(w)
        points.append(x)
        w = w - step * problem.gradient(x, weights)
    return np.array(iterates), np.array(points)


@st.composite
def problems(draw: st.DrawFn, dimensions: tuple[int, ...] = (1, 2, 3)) -> Problem:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    d = draw(st.sampled_from(dimensions))
    kind = draw(st.sampled_from(["least squares", "hinge of norm"]))
    size = draw(st.integers(1, 3))
    smoothness = draw(st.floats(0.2, 5))
    rows = 1 if kind == "least squares" else 2
    maps = rng.normal(size=(size, rows, d))
    maps *= math.sqrt(smoothness) / np.linalg.norm(maps, ord=2, axis=(1, 2))[:, None, None]
    maps *= rng.choice([1.0, 0.5], size=(size, 1, 1))
    minimiser = rng.normal(size=d)
    minimiser *= draw(st.floats(0, 2)) / np.linalg.norm(minimiser)
    return Problem(
        maps,
        rng.random(size) < 0.5 if rows == 2 else np.zeros(size, dtype=bool),
        rng.dirichlet(np.ones(size)),
        minimiser,
        smoothness,
        0.0 if kind == "least squares" else draw(st.floats(0, 0.5)),
    )


# Half of the step sizes lie where the paper's bounds apply, so that these are tested too.
thetas = st.one_of(st.floats(0.01, 0.25), st.floats(0.25, 1.95))


radii = st.one_of(st.just(0.0), st.floats(0.01, 1))


seeds = st.integers(0, 2**32 - 1)


light = settings(max_examples=300, deadline=None)


def samples_of(problem: Problem, n: int) -> tuple[Array, Array, NDArray[np.int64], Array]:
    """List all samples of size n as weights on the population, and below them their leave-one-out samples.

    Returns the weights of all runs, the probabilities of the samples, and for every leave-one-out run the row of
    its sample and the share of examples whose removal gives it.
    """
    full: list[Array] = []
    chances, left, owner, share = [], [], [], []
    for members in combinations_with_replacement(range(len(problem.probabilities)), n):
        counts = Counter(members)
        weights = np.array([counts[k] / n for k in range(len(problem.probabilities))])
        chance = float(math.factorial(n))
        for k, count in counts.items():
            chance *= problem.probabilities[k] ** count / math.factorial(count)
            removed = weights.copy()
            removed[k] -= 1 / n
            left.append(removed)
            owner.append(len(full))
            share.append(count / n)
        full.append(weights)
        chances.append(chance)
    return np.array(full + left), np.array(chances), np.array(owner), np.array(share)


def parabola(smoothness: float, start: float) -> Problem:
    """``½ beta x^2`` seen from a start at distance ``start``."""
    maps = np.full((1, 1, 1), math.sqrt(smoothness))
    return Problem(maps, np.zeros(1, dtype=bool), np.ones(1), np.array([-start]), smoothness, 0.0)


def positive_part_saer(w: float, radius: float) -> float:
    return max(w + radius, 0) ** 2 / 2


def sam_chain(n: int, steps: int, step: float, radius: float, seed: int) -> Array:
    """Return ``¼ sum x^2 <= F`` of every suffix average of SAM on the chain with the corrected parameters."""
    rng = np.random.default_rng(seed)
    m = 2**n
    d = m * steps + 1
    codes = rng.integers(1, 2**n, size=m)
    codes[rng.integers(m)] = 0
    z = (codes[None, :] >> np.arange(n)[:, None]) & 1
    lam = radius / (4 * d * (d - 1))
    gamma = lam / (2 * max(1.0, step) * radius * math.sqrt(m + 1))
    delta = np.full(steps + 1, 1 / (8 * max(1.0, step)))
    delta[1:4] = step * gamma * radius / 4, 1.0, 1 / (8 * (d - 1) * math.sqrt(m + 1))
    v = np.where(z == 1, 1.0, -1 / (2 * (d - 1)))
    shift = np.zeros(steps - 1)
    shift[0] = lam

    def gradient(x: Array, b: float) -> tuple[Array, float]:
        g = np.zeros_like(x)
        g[:, 1:] = z.mean(axis=0)[:, None] * x[:, 1:]
        gap = np.maximum(x[:, 1:] - delta[2:] * (x[:, :-1] + shift), 0)
        g[:, 1:] += gap
        g[:, :-1] -= delta[2:] * gap
        trigger = gamma * np.maximum(v @ x[:, 0] + b + delta[1], 0) / n
        g[:, 0] += trigger @ v
        return g, float(trigger.sum())

    x, b = np.zeros((m, steps)), 0.0
    iterates = [x]
    for _ in range(steps - 1):
        g, h = gradient(x, b)
        size = math.sqrt(float(np.sum(g * g)) + h * h)
        g, h = gradient(x + radius * g / size, b + radius * h / size)
        x, b = x - step * g, b - step * h
        iterates.append(x)
    suffixes = np.cumsum(np.array(iterates)[::-1], axis=0) / np.arange(1, steps + 1)[:, None, None]
    return np.asarray(0.25 * np.sum(suffixes[:, :, 1:] ** 2, axis=(1, 2)))


BY_HAND: list[tuple[str, dict[str, Any], float]] = [
    ("theorem2", {}, 0.75),
    ("theorem5", {}, 0.75),
    ("regret_lemma", {}, 0.75),
    ("regret_sharper", {}, 2 / 7 + 2 / 49),
    ("sa_gd_sharper", {}, 2 / 7 + 2 / 49),
    ("sam_sharper", {}, 1 / 4 + 1 / 56),
    ("stability_paper", {"n": 4}, 12 + 12 + 12),
    ("theorem4", {"n": 4}, 3 + 108),
    ("theorem8", {"n": 4}, 3 + 108),
]


COMMON: dict[str, Any] = {
    "step_size": 0.2,
    "steps": 10,
    "smoothness": 1.0,
    "perturbation_radius": 0.3,
    "flatness_radius": 0.1,
    "distance": 1.0,
}


ALONG: dict[str, Any] = {
    "step_size": 0.2,
    "steps": 10,
    "smoothness": 1.0,
    "perturbation_radius": 0.3,
    "n": 5,
    "summed_risk": 1.0,
}


PLAIN: dict[str, Any] = {key: value for key, value in COMMON.items() if key != "flatness_radius"}


THEOREM3: dict[str, Any] = {"step_size": 0.25, "steps": 64, "perturbation_radius": 0.7, "flatness_radius": 0.2}


THEOREM7: dict[str, Any] = {"step_size": 0.25, "steps": 16, "perturbation_radius": 0.4, "n": 6}


VALID: dict[str, dict[str, Any]] = {
    "theorem1": {"flatness_radius": 0.3},
    "theorem2": COMMON,
    "theorem3": THEOREM3,
    "theorem3_rate": THEOREM3,
    "theorem3_window": {"step_size": 0.25, "perturbation_radius": 0.7, "flatness_radius": 0.2, "first": 5, "last": 7},
    "theorem4": dict(COMMON, n=5),
    "theorem5": COMMON,
    "theorem6": {"perturbation_radius": 0.3},
    "theorem6_positive_start": {"step_size": 0.5, "perturbation_radius": 0.3, "start": 0.1},
    "theorem7": dict(THEOREM7, width=64),
    "theorem7_printed_lemma": THEOREM7,
    "theorem7_rate": dict(THEOREM7, width=64),
    "theorem8": dict(COMMON, n=5),
    "regret_lemma": COMMON,
    "regret_sharper": COMMON,
    "sa_gd_sharper": COMMON,
    "sam_sharper": COMMON,
    "stability_paper": dict(COMMON, n=5),
    "stability_sharper": dict(COMMON, n=5),
    "stability_trajectory": ALONG,
    "sa_gd_stability": dict(COMMON, n=5, gap=0.01),
    "sa_gd_stability_trajectory": dict(ALONG, gap=0.01),
    "sa_gd_risk": dict(COMMON, n=5),
    "unnormalized_sam_reach": PLAIN,
    "unnormalized_sam_stability": dict(PLAIN, n=5),
    "unnormalized_sam_stability_trajectory": dict(PLAIN, n=5, summed_risk=1.0),
    "unnormalized_sam_risk": dict(PLAIN, n=5),
    "risk_paper": {"smoothness": 1.0, "empirical_risk": 0.1, "stability": 0.1},
    "risk_sharper": {"smoothness": 1.0, "empirical_risk": 0.1, "stability": 0.1},
    "risk_trajectory": dict(ALONG, empirical_risk=0.1),
    "risk_a_priori": dict(COMMON, n=5, method="sam"),
    "risk_one_more": dict(COMMON, n=5, method="sam"),
    "gd_baseline": {"step_size": 0.2, "steps": 10, "smoothness": 1.0, "distance": 1.0, "n": 5},
    "sgd_baseline": {"step_size": 0.2, "smoothness": 1.0, "distance": 1.0, "n": 5},
    "sgd_stability": {"step_size": 0.2, "smoothness": 1.0, "distance": 1.0, "n": 5, "visits": 2},
    "sgd_stability_trajectory": {"step_size": 0.2, "smoothness": 1.0, "n": 5, "visits": 2, "summed_loss": 0.3},
}


OUTSIDE: list[tuple[str, dict[str, Any], str]] = [
    ("theorem1", {"flatness_radius": 0.51}, "flatness_radius"),
    ("theorem3", {"steps": 1}, "steps"),
    ("theorem3", {"perturbation_radius": 0.71}, "perturbation_radius"),
    ("theorem3", {"step_size": 0.1}, "flatness_radius"),
    ("theorem3_rate", {"perturbation_radius": 0.2}, "flatness_radius"),
    ("theorem3_window", {"first": 8}, "last"),
    ("theorem6", {"perturbation_radius": 0.51}, "perturbation_radius"),
    ("theorem6_positive_start", {"start": 0.31}, "start"),
    ("theorem6_positive_start", {"step_size": 1.01}, "step_size"),
    ("theorem6_positive_start", {"step_size": 1.0, "start": 1.1}, "start"),
    ("theorem6_positive_start", {"perturbation_radius": 0.51}, "perturbation_radius"),
    ("theorem7", {"steps": 5}, "steps"),
    ("theorem7", {"n": 5}, "n"),
    ("theorem7", {"perturbation_radius": 0.51}, "perturbation_radius"),
    ("theorem7", {"step_size": 1e4, "perturbation_radius": 1e-6}, "step_size"),
    ("theorem7_rate", {"step_size": 1e4, "perturbation_radius": 1e-6}, "step_size"),
    ("theorem7_printed_lemma", {"perturbation_radius": 0.51}, "perturbation_radius"),
    ("risk_a_priori", {"method": "gd"}, "method"),
    ("risk_one_more", {"method": "gd"}, "method"),
    ("risk_one_more", {"step_size": 1.7}, "step_size"),
    ("regret_sharper", {"distance": 1e200}, "regret_sharper"),
    *[(name, {"step_size": 0.26}, "step_size") for name in ("theorem2", "theorem4", "theorem5", "theorem8")],
    *[(name, {"step_size": 0.26}, "step_size") for name in ("regret_lemma", "stability_paper")],
    *[(name, {"step_size": 1.01}, "step_size") for name in ("sam_sharper", "gd_baseline", "sgd_baseline")],
    ("sgd_stability", {"step_size": 1.01}, "step_size"),
    ("sgd_stability_trajectory", {"step_size": 2.0}, "step_size"),
    ("sgd_stability_trajectory", {"visits": 0}, "visits"),
    *[(name, {"step_size": 2.0}, "step_size") for name in ("regret_sharper", "sa_gd_sharper", "stability_sharper")],
    *[(name, {"step_size": 2.0}, "step_size") for name in ("stability_trajectory", "risk_trajectory")],
    ("risk_a_priori", {"step_size": 2.0}, "step_size"),
    *[(f"sa_gd_{name}", {"step_size": 2.0}, "step_size") for name in ("stability", "stability_trajectory", "risk")],
    *[(f"unnormalized_sam_{name}", {"step_size": 2.0}, "step_size") for name in ("reach", "stability", "risk")],
    *[(f"unnormalized_sam_{name}", {"perturbation_radius": 0.9}, "perturbation_radius") for name in ("reach", "risk")],
    ("unnormalized_sam_stability", {"perturbation_radius": 0.9}, "perturbation_radius"),
    ("unnormalized_sam_stability_trajectory", {"perturbation_radius": 0.9}, "perturbation_radius"),
    ("unnormalized_sam_stability_trajectory", {"step_size": 2.0}, "step_size"),
]


WHOLE = {"steps", "n", "first", "last", "width", "visits"}


def refuse(name: str, numbers: dict[str, Any]) -> NotApplicable:
    answer = attempt(FUNCTIONS[name], **numbers)
    assert isinstance(answer, NotApplicable), (name, numbers, answer)
    assert "\n" not in str(answer)
    assert answer.limit
    assert answer.mend
    return answer
