"""Bounds that use what the perturbations are, against small problems: SA-GD's maximisers, SAM's bare gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bounds_cases import Array, Problem, check, problems, radii, samples_of, seeds, thetas
from hypothesis import given, settings
from hypothesis import strategies as st

from sco_flat import bounds

Pick = Callable[[Array], tuple[Array, Array]]
GRID = 128


def values_at(problem: Problem, points: Array, weights: Array) -> Array:
    """F at ``points[b, k]`` for row b of the weights."""
    rows, many, d = points.shape
    return problem.risk(points.reshape(-1, d), np.repeat(weights, many, axis=0)).reshape(rows, many)


def maximisers(problem: Problem, weights: Array, radius: float, lean: Array | None) -> Pick:
    """From iterates to maximisers on the sphere and what they may miss: 0 in one dimension, else that of a grid.

    On the circle ``|d²F/da²| <= beta r² + beta r (|w - w*| + r)``, and half a cell is ``pi/GRID``. ``lean`` are random
    numbers that decide between what is equally good; without it the first one wins.
    """
    if problem.minimiser.size == 1:
        sphere = np.array([[1.0], [-1.0]])
    else:
        angles = 2 * np.pi * np.arange(GRID) / GRID
        sphere = np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def pick(w: Array) -> tuple[Array, Array]:
        values = values_at(problem, w[:, None, :] + radius * sphere, weights)
        missed = np.zeros(len(w))
        if len(sphere) > 2:
            reach = np.linalg.norm(w - problem.minimiser, axis=1) + 2 * radius
            missed = (np.pi / GRID) ** 2 / 2 * problem.smoothness * radius * reach
        top = values.max(axis=1)
        equal = values >= (top - missed)[:, None]
        chosen = np.argmax(equal if lean is None else equal * lean[:, : len(sphere)], axis=1)
        taken = np.take_along_axis(values, chosen[:, None], axis=1)[:, 0]
        return radius * sphere[chosen], top - taken + missed

    return pick


def walk(problem: Problem, weights: Array, pick: Pick, step: float, steps: int) -> tuple[Array, Array, Array]:
    """Averages, ``sum_t F(w_t + v_t)`` and the largest gaps of the runs on all rows of weights, from 0."""
    w = np.zeros((len(weights), problem.minimiser.size))
    total, summed, gaps = np.zeros_like(w), np.zeros(len(w)), np.zeros(len(w))
    for _ in range(steps):
        v, gap = pick(w)
        total += w
        summed += problem.risk(w + v, weights)
        gaps = np.maximum(gaps, gap)
        w = w - step * problem.gradient(w + v, weights)
    return total / steps, summed, gaps


def numbers_of(problem: Problem, step: float, steps: int, radius: float, n: int) -> dict[str, Any]:
    return {
        "step_size": step, "steps": steps, "smoothness": problem.smoothness, "perturbation_radius": radius, "n": n,
    }  # fmt: skip


def ahead(problem: Problem, along: dict[str, Any]) -> dict[str, Any]:
    return along | {"flatness_radius": problem.flatness_radius, "distance": problem.distance}


def bare(numbers: dict[str, Any]) -> dict[str, Any]:
    """Numbers of the bounds on SAM without normalisation."""
    return {key: value for key, value in numbers.items() if key != "flatness_radius"}


def maximisers_hold(problem: Problem, theta: float, radius: float, steps: int, n: int, seed: int | None) -> None:
    """SA-GD on every sample of size n: stability by sample and in the mean, and the risk in the mean."""
    step = theta / problem.smoothness
    weights, chances, owner, share = samples_of(problem, n)
    count = len(chances)
    lean = None if seed is None else np.random.default_rng(seed).random((len(weights), GRID)) + 0.5
    output, summed, gaps = walk(problem, weights, maximisers(problem, weights, radius, lean), step, steps)
    eps, gap = np.zeros(count), gaps[:count].copy()
    np.add.at(eps, owner, share * np.sum((output[count:] - output[owner]) ** 2, axis=1))
    np.add.at(gap, owner, share * gaps[count:])
    along = numbers_of(problem, step, steps, radius, n)
    for b in range(count):
        check(eps[b], bounds.sa_gd_stability_trajectory(**along, summed_risk=summed[b], gap=gap[b]))
        check(eps[b], bounds.sa_gd_stability(**ahead(problem, along), gap=gap[b]))
    means = {"summed_risk": float(chances @ summed[:count]), "gap": float(chances @ gap)}
    check(float(chances @ eps), bounds.sa_gd_stability_trajectory(**along, **means))
    if seed is None and problem.minimiser.size == 1:  # exact, and the same whatever example left
        risk = float(chances @ problem.risk(output[:count], np.tile(problem.probabilities, (count, 1))))
        check(risk, bounds.sa_gd_risk(**ahead(problem, along)))
        check(risk, bounds.attempt(bounds.risk_one_more, **ahead(problem, along), method="sa-gd"))


def gradients_hold(problem: Problem, theta: float, part: float, steps: int, n: int) -> None:
    """SAM without normalisation on every sample of size n; ``part`` of the largest s that is allowed."""
    step, s = theta / problem.smoothness, part * (2 - theta) / (2 * problem.smoothness)
    weights, chances, owner, share = samples_of(problem, n)
    count = len(chances)
    output, summed, _ = walk(problem, weights, ascents(problem, weights, s), step, steps)
    eps = np.zeros(count)
    np.add.at(eps, owner, share * np.sum((output[count:] - output[owner]) ** 2, axis=1))
    given = bare(ahead(problem, numbers_of(problem, step, steps, s, n)))
    reach = bounds.unnormalized_sam_reach(**{key: value for key, value in given.items() if key != "n"})
    for b, average in enumerate(problem.risk(output, weights)):
        check(average, reach)
        check(summed[b] / steps, reach)
    for b, value in enumerate(eps):
        check(value, bounds.unnormalized_sam_stability_trajectory(**given, summed_risk=summed[b]))
        check(value, bounds.unnormalized_sam_stability(**given))
    risk = float(chances @ problem.risk(output[:count], np.tile(problem.probabilities, (count, 1))))
    check(risk, bounds.unnormalized_sam_risk(**given))


def ascents(problem: Problem, weights: Array, s: float) -> Pick:
    return lambda w: (s * problem.gradient(w, weights), np.zeros(len(w)))


flat = problems(dimensions=(1, 2))
parts = st.floats(0.0, 0.999)
horizons = st.integers(1, 12)
sizes = st.integers(1, 3)


@settings(max_examples=300, deadline=None)
@given(flat, thetas, radii, horizons, sizes, st.none() | seeds)
def test_no_random_problem_breaks_the_bounds_for_maximisers(problem, theta, radius, steps, n, seed):
    maximisers_hold(problem, theta, radius, steps, n, seed)


@settings(max_examples=300, deadline=None)
@given(problems(), thetas, parts, horizons, sizes)
def test_no_random_problem_breaks_the_bounds_for_bare_gradients(problem, theta, part, steps, n):
    gradients_hold(problem, theta, part, steps, n)


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None)
@given(flat, thetas, radii, horizons, sizes, st.none() | seeds)
def test_no_problem_of_ten_thousand_breaks_the_bounds_for_maximisers(problem, theta, radius, steps, n, seed):
    maximisers_hold(problem, theta, radius, steps, n, seed)


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None)
@given(problems(), thetas, parts, horizons, sizes)
def test_no_problem_of_ten_thousand_breaks_the_bounds_for_bare_gradients(problem, theta, part, steps, n):
    gradients_hold(problem, theta, part, steps, n)


# --- searched for: the largest share of a bound that a problem reaches ---


def hardest(seed: int, shares: Callable[[Problem, float, float, int], list[float]], rounds: int) -> float:
    """Change a problem with its step size and radius at random, keep what raises the largest share of a bound."""
    rng = np.random.default_rng(seed)
    size, d, steps = int(rng.integers(1, 5)), int(rng.integers(1, 3)), int(rng.integers(2, 25))
    rows = int(rng.integers(1, 3))
    one_sided = rng.random(size) < 0.5 * (rows - 1)
    at_rest = shares is share_of_maximisers and rng.random() < 1 / 3  # from its minimum, where ties are
    genes, spread, best = rng.normal(size=size * rows * d + d + 2), 1.0, 0.0

    def share(x: Array) -> float:
        maps = x[: size * rows * d].reshape(size, rows, d)
        maps = maps / np.linalg.norm(maps, ord=2, axis=(1, 2)).max()
        target = x[-d - 2 : -2] * (not at_rest)
        problem = Problem(maps, one_sided, np.full(size, 1 / size), target, 1.0, 0.0)
        radius, theta = np.exp(8 * np.tanh(x[-2] / 8)), 1 + 0.995 * np.tanh(x[-1])
        return max(shares(problem, float(theta), float(radius), steps))

    for _ in range(rounds):
        trial = genes + spread * rng.normal(size=genes.size) * (rng.random(genes.size) < 0.5)
        found = share(trial)
        genes, spread = (trial, spread * 1.5) if found >= best else (genes, spread * 0.9)
        best = max(best, found)
    return best


def left_out(problem: Problem) -> Array:
    """Weights of the sample that has every example once, and of it without each."""
    n = len(problem.probabilities)
    return np.vstack([np.full(n, 1 / n), (1 - np.eye(n)) / n])


def share_of_maximisers(problem: Problem, theta: float, radius: float, steps: int) -> list[float]:
    """Shares of the bounds along the run and a priori; ties are decided one way on S and the other way without z_i."""
    weights = left_out(problem)
    n = len(weights) - 1
    lean = np.ones((n + 1, GRID)) + np.outer(np.sign(np.arange(n + 1) - 0.5), np.linspace(0.0, 0.5, GRID))
    output, summed, gaps = walk(problem, weights, maximisers(problem, weights, radius, lean), theta, steps)
    eps, gap = float(np.mean(np.sum((output[1:] - output[0]) ** 2, axis=1))), float(gaps[0] + gaps[1:].mean())
    along = numbers_of(problem, theta, steps, radius, n)
    return [
        eps / bounds.sa_gd_stability_trajectory(**along, summed_risk=summed[0], gap=gap).value,
        eps / bounds.sa_gd_stability(**ahead(problem, along), gap=gap).value,
    ]


def share_of_gradients(problem: Problem, theta: float, size: float, steps: int) -> list[float]:
    """Shares of the bounds for SAM without normalisation; ``size`` is squeezed to what they allow of s."""
    weights = left_out(problem)
    s = (2 - theta) / 2 * size / (1 + size)
    output, summed, _ = walk(problem, weights, ascents(problem, weights, s), theta, steps)
    given = bare(ahead(problem, numbers_of(problem, theta, steps, s, len(weights) - 1)))
    eps = float(np.mean(np.sum((output[1:] - output[0]) ** 2, axis=1)))
    if summed[0] == 0.0:  # no run moves, and the first of the two bounds says so
        assert eps == bounds.unnormalized_sam_stability_trajectory(**given, summed_risk=0.0).value == 0.0
        return [0.0]
    return [
        eps / bounds.unnormalized_sam_stability_trajectory(**given, summed_risk=summed[0]).value,
        eps / bounds.unnormalized_sam_stability(**given).value,
    ]


@pytest.mark.parametrize("shares", [share_of_maximisers, share_of_gradients])
def test_no_problem_is_found_that_breaks_a_bound(shares):
    found = [hardest(seed, shares, 80) for seed in range(10)]
    assert max(found) <= 1 + 1e-9
    assert max(found) > 0.05  # it does find hard ones


@pytest.mark.deep
@pytest.mark.parametrize("shares", [share_of_maximisers, share_of_gradients])
def test_no_problem_of_a_thousand_searches_breaks_a_bound(shares):
    assert max(hardest(seed, shares, 150) for seed in range(1000)) <= 1 + 1e-9


# --- each term is needed: a problem that breaks the bound without it, or with three tenths of it ---


def spelled_out(given: dict[str, Any], pushed: float = 1.0, left: float = 1.0, felt: float = 1.0, missed: float = 1.0):
    """The bound for maximisers along the run, each of its terms times a factor."""
    eta, steps, beta, r, n = (given[k] for k in ("step_size", "steps", "smoothness", "perturbation_radius", "n"))
    theta, summed = eta * beta, given["summed_risk"]
    inside = pushed * 4 * theta**2 * r**2 * steps / (2 - theta) + left * 2 * eta / n * summed
    inside += missed * eta * steps * given.get("gap", 0.0)
    root = math.sqrt((1 - 1 / steps) * inside) + eta / n * math.sqrt(felt * 2 * beta * steps / 3 * summed)
    return root * root


def only_breaks(eps: float, given: dict[str, Any], **factors: float) -> None:
    """The bound holds, and fails with these factors."""
    assert bounds.sa_gd_stability_trajectory(**given).value == pytest.approx(spelled_out(given), rel=1e-12)
    assert spelled_out(given, **factors) < eps <= spelled_out(given)


def bowl(far: float = 0.0) -> Problem:
    """``x²/2`` around ``far``."""
    return Problem(np.ones((1, 1, 1)), np.zeros(1, dtype=bool), np.ones(1), np.array([far]), 1.0, 0.0)


def test_maximisers_that_tie_need_the_first_term():
    """At the bottom both ends are maximal; S goes one way and every ``S^(i)`` the other."""
    n, theta, radius = 10**6, 0.01, 0.5
    problem, weights = bowl(), np.array([[1.0], [1 - 1 / n]])
    lean = np.array([[2.0, 1.0], [1.0, 2.0]])
    output, summed, gaps = walk(problem, weights, maximisers(problem, weights, radius, lean), theta, 2)
    assert gaps.max() == 0.0
    given = numbers_of(problem, theta, 2, radius, n) | {"summed_risk": summed[0]}
    eps = float(output[0, 0] - output[1, 0]) ** 2
    only_breaks(eps, given, pushed=0.3)
    only_breaks(eps, given, pushed=0.3, left=0.3, felt=0.3)


def test_an_example_that_decides_between_maximisers_needs_eta_over_n():
    """``f_1 = [p]_+²/2``, all others ``([p]_+² + y²)/2``: with f_1 the run goes down p, without it it hops over y."""
    n, steps, radius = 8, 1000, 1.0
    eta = 0.0625 / steps
    problem = Problem(np.eye(2)[:, None, :], np.array([True, False]), np.ones(2) / 2, np.zeros(2), 1.0, 0.0)
    weights = np.array([[1.0, 1 - 1 / n], [1 - 1 / n, 1 - 1 / n]])
    circle = 2 * np.pi * np.arange(GRID) / GRID
    around = radius * np.stack([np.cos(circle), np.sin(circle)], axis=1)

    def pick(w: Array) -> tuple[Array, Array]:
        v = np.array([[radius, 0.0], [0.0, radius if w[1, 1] >= 0 else -radius]])
        values = values_at(problem, w[:, None, :] + around, weights)
        assert (values.max(axis=1) <= problem.risk(w + v, weights) * (1 + 1e-12)).all()
        return v, np.zeros(2)

    output, summed, _ = walk(problem, weights, pick, eta, steps)
    given = numbers_of(problem, eta, steps, radius, n) | {"summed_risk": summed[0]}
    only_breaks(float(np.sum((output[0] - output[1]) ** 2)) / n, given, left=0.0)


def test_a_single_example_needs_the_term_of_its_own_gradients():
    problem, weights = bowl(far=1.0), np.array([[1.0], [0.0]])
    output, summed, _ = walk(problem, weights, maximisers(problem, weights, 0.0, None), 0.1, 200)
    given = numbers_of(problem, 0.1, 200, 0.0, 1) | {"summed_risk": summed[0]}
    only_breaks(float(output[0, 0] - output[1, 0]) ** 2, given, felt=0.0)


def without_one(n: int, theta: float, steps: int) -> tuple[float, float]:
    """Displacement and ``sum_t F_S`` of examples that hold each other in place, where one is left out.

    ``f_j = [<u_j, w> + 1]_+²/2`` over a regular simplex: on S the run rests at 0, where the gradients add up to 0.
    Without example i it goes along ``u_i``, where ``<u_j, x u_i> = -x/(n-1)``: its slope is ``-(1/n) (1 - x/(n-1))``.
    """
    x, total = 0.0, 0.0
    for _ in range(steps):
        total += x
        x += theta / n * (1 - x / (n - 1))
    return total / steps, steps / 2


def test_examples_that_hold_each_other_need_the_term_of_their_own_gradients():
    n, theta, steps = 5, 0.5, 40
    corners = (np.eye(n) - 1 / n) * math.sqrt(n / (n - 1))
    w, total = np.zeros(n), np.zeros(n)
    for _ in range(steps):
        total += w
        w = w - theta / n * np.maximum(corners @ w + 1, 0.0)[1:] @ corners[1:]
    moved, summed = without_one(n, theta, steps)
    assert total / steps == pytest.approx(moved * corners[0], rel=1e-12, abs=1e-14)
    assert np.abs(np.maximum(corners @ np.zeros(n) + 1, 0.0) @ corners).max() < 1e-15
    n, theta, steps = 3000, 1.9, 260_000
    moved, summed = without_one(n, theta, steps)
    given = {"step_size": theta, "steps": steps, "smoothness": 1.0, "perturbation_radius": 0.0, "n": n}
    only_breaks(moved**2, given | {"summed_risk": summed}, felt=0.3)
    free = bounds.stability_trajectory(**given, summed_risk=summed).value
    assert 0.7 * free < moved**2 <= free  # and so it does in the bound for any perturbations


def test_a_step_spends_what_the_example_decides_between_maximisers():
    """Two runs at a distance L along x: ``d²`` grows by ``(2 eta/n) f_i(x_t)`` up to 5 %, by less it could not.

    Without example i the loss is Huber's function of ``(b - c x)/l``, ``l² = 1 + c²``. On S another direction is as
    good.
    """
    eta, slope, c, radius, n = 1e-6, 0.01, 0.1, 1.0, 10**6
    length = math.hypot(1.0, c)

    def loss(b: float, x: float) -> float:
        p = (b - c * x) / length
        return slope * p - slope**2 / 2 if p > slope else max(p, 0.0) ** 2 / 2

    far = (radius - slope * length) / c  # where w' is on x: there the loss is slope²/2
    own = n * loss(radius, 0.0)  # f_i(x_t), so that on S both directions have the same value
    change = eta * slope * np.array([-1.0, c]) / length  # of w': on S the other direction, in which w rests
    after = np.array([0.0, far]) + change
    growth = float(after @ after) - far**2
    given = {"step_size": eta, "steps": 2, "smoothness": 1.0, "perturbation_radius": 0.0, "n": n}
    # at T = 2, r = 0 the bound is ((1/2) N)^(1/2) and the part of own gradients, which is (4 eta/(3 n))^(1/2) of it
    allowed = 2 * bounds.sa_gd_stability_trajectory(**given, summed_risk=own).value
    assert 0.95 * allowed < growth <= allowed


def test_perturbations_far_from_maximal_need_their_gap():
    """Always up on S, always down without an example: no maximisers after the first step, and reported as such."""
    n, steps, eta, radius = 10**6, 100, 0.01, 1.0
    problem, weights = bowl(), np.array([[1.0], [1 - 1 / n]])

    def pick(w: Array) -> tuple[Array, Array]:
        v = np.array([[radius], [-radius]])
        best = np.maximum(problem.risk(w + radius, weights), problem.risk(w - radius, weights))
        return v, best - problem.risk(w + v, weights)

    output, summed, gaps = walk(problem, weights, pick, eta, steps)
    given = numbers_of(problem, eta, steps, radius, n) | {"summed_risk": summed[0], "gap": float(gaps.sum())}
    only_breaks(float(output[0, 0] - output[1, 0]) ** 2, given, missed=0.0)


def test_bare_gradients_bounds_are_met_and_cannot_be_cut():
    """One example on ``x²/2``: the reach is attained at theta = 1, T = 1; 0.3 of the stability is too little."""
    problem, weights = bowl(far=1.0), np.array([[1.0], [0.0]])
    numbers = {"step_size": 1.0, "steps": 1, "smoothness": 1.0, "perturbation_radius": 0.0, "distance": 1.0}
    assert bounds.unnormalized_sam_reach(**numbers).value == problem.risk(np.zeros((1, 1)), weights[:1])[0] == 0.5
    eta, steps, s = 0.1, 30, 0.01
    output, _, _ = walk(problem, weights, ascents(problem, weights, s), eta, steps)
    given = bare(ahead(problem, numbers_of(problem, eta, steps, s, 1)))
    eps = float(output[0, 0] - output[1, 0]) ** 2
    bound = bounds.unnormalized_sam_stability(**given).value
    kappa = 1.0  # min(1, 2 - .1 - .02)
    first, second = 2 * s / math.sqrt(1.9 * kappa), math.sqrt(eta * steps / (3 * kappa))
    assert bound == pytest.approx((first + second) ** 2, rel=1e-12)
    assert 0.3 * bound < eps <= bound
    assert first**2 < eps


# --- values, ranges, and who is spoken of ---


def test_values_worked_out_by_hand():
    # theta = 1/2, T = 3, n = 2, s = 2: 2/3 (4/4 * 3/1.5 + 2/4 * 2 + 3/2 * 1/6) = 13/6; 1/4 sqrt(3 * 2/3 * 2) = 1/2
    along = {"step_size": 0.5, "steps": 3, "smoothness": 1.0, "perturbation_radius": 1.0, "n": 2, "summed_risk": 2.0}
    found = bounds.sa_gd_stability_trajectory(**along, gap=1 / 6)
    assert found.value == pytest.approx((math.sqrt(13 / 6) + 0.5) ** 2, rel=1e-14)
    # theta = 1/2, s = 1/2: kappa = 1/2; D²/(2 eta kappa T) = 4/(3/2); 2/sqrt(3/4) + 2/n * sqrt(1.5/1.5);
    # k = 1/3, lam² = 13/12 once, and 1 + sqrt(1/3) times the second part, which is less for n = 2 but not for n = 1/2
    plain = {"step_size": 0.5, "steps": 3, "smoothness": 1.0, "perturbation_radius": 0.5, "distance": 2.0}
    reach, together = 8 / 3, math.sqrt(13 / 12) * (1 + math.sqrt(1 / 3))
    stable = min(together, 2 / math.sqrt(0.75) + 1.0) ** 2
    assert stable == together**2
    assert bounds.unnormalized_sam_reach(**plain).value == pytest.approx(reach, rel=1e-14)
    assert bounds.unnormalized_sam_stability(**plain, n=2).value == pytest.approx(stable, rel=1e-14)
    along = bounds.unnormalized_sam_stability_trajectory(**plain, n=2, summed_risk=1.0).value
    assert along == pytest.approx((together * math.sqrt(2) / 4) ** 2, rel=1e-14)
    # s = 1/200, T = 39: D = 2 and kappa = 1 at n = 1; the two parts add up to less
    slow = plain | {"steps": 39, "perturbation_radius": 0.005}
    apart = 0.02 / math.sqrt(1.5) + 2 * math.sqrt(6.5)
    assert bounds.unnormalized_sam_stability(**slow, n=1).value == pytest.approx(apart**2, rel=1e-14)
    along = bounds.unnormalized_sam_stability_trajectory(**slow, n=1, summed_risk=4.0).value
    assert along == pytest.approx((0.01 * math.sqrt(8 / 3) + math.sqrt(26)) ** 2, rel=1e-14)
    risk = bounds.unnormalized_sam_risk(**plain, n=2).value
    assert risk == pytest.approx((math.sqrt(reach) + math.sqrt(2 * stable)) ** 2, rel=1e-14)


def test_maximisers_are_worth_a_factor_of_eta_where_theta_and_one_over_n_are_small():
    """The a priori stability over r² T, at D = 0 and r = 1, falls with eta² + eta/n; for any |v| <= r with eta."""
    given = {"smoothness": 1.0, "perturbation_radius": 1.0, "flatness_radius": 0.0, "distance": 0.0}
    for eta in (1e-2, 1e-4, 1e-6):
        n = round(1 / eta)
        numbers = given | {"step_size": eta, "steps": 10 * n, "n": n}
        scale = numbers["steps"] * (eta**2 + eta / n)
        assert 1.0 < bounds.sa_gd_stability(**numbers).value / scale < 6.0
        assert bounds.stability_sharper(**numbers).value > 0.8 * eta * numbers["steps"]
    short = given | {"step_size": 1.0, "steps": 10, "n": 5}
    assert bounds.sa_gd_stability(**short).value > bounds.stability_sharper(**short).value  # so the smaller one counts


def test_no_power_of_the_radius_grows_with_the_horizon_without_normalisation():
    given = {"step_size": 0.25, "smoothness": 1.0, "perturbation_radius": 0.5, "distance": 1.0, "n": 10**9}
    few, many = (bounds.unnormalized_sam_stability(steps=t, **given).value for t in (10**4, 10**6))
    assert many < 1.001 * few
    assert bounds.unnormalized_sam_stability(steps=10, **given).value < 1e-15 * few  # of order 1/n² while T is short
