"""Upper bounds against exact small problems: every inequality over a finite population."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from bounds_cases import (
    Problem,
    Rule,
    arbitrary,
    check,
    endpoint,
    light,
    problems,
    radii,
    run,
    sam,
    samples_of,
    seeds,
    thetas,
)
from hypothesis import given
from hypothesis import strategies as st

from sco_flat import bounds
from sco_flat.bounds import attempt
from sco_flat.works.flat_minima import upper


@light
@given(problems(), thetas, radii, st.integers(1, 15), st.sampled_from([sam, arbitrary]), seeds)
def test_optimisation_bounds_hold_for_every_sample(
    problem: Problem, theta: float, radius: float, steps: int, rule: Rule, seed: int
) -> None:
    step = theta / problem.smoothness
    weights = samples_of(problem, 2)[0]
    iterates, points = run(problem, weights, rule, step, radius, steps, np.random.default_rng(seed))
    numbers: dict[str, Any] = {
        "step_size": step,
        "steps": steps,
        "smoothness": problem.smoothness,
        "perturbation_radius": radius,
        "flatness_radius": problem.flatness_radius,
        "distance": problem.distance,
    }
    mean = np.mean([problem.risk(x, weights) for x in points], axis=0)
    average = problem.risk(iterates.mean(axis=0), weights)
    for b in range(len(weights)):
        check(mean[b], bounds.regret_sharper(**numbers))
        check(mean[b], attempt(upper.regret_lemma, **numbers))
        if rule is sam:
            check(average[b], attempt(bounds.sam_sharper, **numbers))
            check(average[b], attempt(upper.theorem5, **numbers))


@light
@given(problems(dimensions=(1,)), thetas, radii, st.integers(1, 15))
def test_saer_of_sa_gd_is_bounded(problem: Problem, theta: float, radius: float, steps: int) -> None:
    step = theta / problem.smoothness
    weights = samples_of(problem, 2)[0]
    iterates, _ = run(problem, weights, endpoint, step, radius, steps, np.random.default_rng(0))
    average = iterates.mean(axis=0)
    saer = np.maximum(problem.risk(average + radius, weights), problem.risk(average - radius, weights))
    numbers: dict[str, Any] = {
        "step_size": step,
        "steps": steps,
        "smoothness": problem.smoothness,
        "perturbation_radius": radius,
        "flatness_radius": problem.flatness_radius,
        "distance": problem.distance,
    }
    for value in saer:
        check(value, bounds.sa_gd_sharper(**numbers))
        check(value, attempt(upper.theorem2, **numbers))


@light
@given(problems(), thetas, radii, st.integers(1, 12), st.integers(1, 3), seeds)
def test_stability_and_generalisation_bounds_hold(
    problem: Problem, theta: float, radius: float, steps: int, n: int, seed: int
) -> None:
    step = theta / problem.smoothness
    weights, chances, owner, share = samples_of(problem, n)
    count = len(chances)
    population = np.tile(problem.probabilities, (count, 1))
    along: dict[str, Any] = {
        "step_size": step,
        "steps": steps,
        "smoothness": problem.smoothness,
        "perturbation_radius": radius,
        "n": n,
    }
    ahead: dict[str, Any] = dict(along, flatness_radius=problem.flatness_radius, distance=problem.distance)
    rules: list[tuple[Any, Rule]] = [("sam", sam), ("any", arbitrary)]
    if problem.minimiser.size == 1:
        rules.append(("sa-gd", endpoint))
    for method, rule in rules:
        iterates, points = run(problem, weights, rule, step, radius, steps, np.random.default_rng(seed))
        output = iterates.mean(axis=0)
        summed = np.sum([problem.risk(x[:count], weights[:count]) for x in points], axis=0)
        stability = np.zeros(count)
        np.add.at(stability, owner, share * np.sum((output[count:] - output[owner]) ** 2, axis=1))
        for b in range(count):
            check(stability[b], bounds.stability_trajectory(**along, summed_risk=summed[b]))
            check(stability[b], bounds.stability_sharper(**ahead))
            check(stability[b], attempt(upper.stability_paper, **ahead))
        mean_stability = float(chances @ stability)
        mean_sum = float(chances @ summed)
        check(mean_stability, bounds.stability_trajectory(**along, summed_risk=mean_sum))
        if rule is arbitrary:
            # Drawn per row, they make the run on S^(i) depend on the example that left: only stability is promised.
            continue
        empirical = float(chances @ problem.risk(output[:count], weights[:count]))
        risk = float(chances @ problem.risk(output[:count], population))
        measured = {"smoothness": problem.smoothness, "empirical_risk": empirical, "stability": mean_stability}
        check(risk, bounds.risk_sharper(**measured))
        check(risk, upper.risk_paper(**measured))
        check(risk, bounds.risk_trajectory(**along, empirical_risk=empirical, summed_risk=mean_sum))
        check(risk, bounds.risk_a_priori(**ahead, method=method))
        check(risk, attempt(bounds.risk_one_more, **ahead, method=method))
        check(risk, attempt(upper.theorem8 if method == "sam" else upper.theorem4, **ahead))


@light
@given(problems(), st.floats(0.01, 1), st.integers(1, 15), st.integers(1, 3))
def test_baselines_hold(problem: Problem, theta: float, steps: int, n: int) -> None:
    step = theta / problem.smoothness
    known: dict[str, Any] = {"smoothness": problem.smoothness, "distance": problem.distance, "n": n}
    weights, chances, _, _ = samples_of(problem, n)
    weights = weights[: len(chances)]
    iterates, _ = run(problem, weights, arbitrary, step, 0.0, steps, np.random.default_rng(0))
    risk = problem.risk(iterates.mean(axis=0), np.tile(problem.probabilities, (len(weights), 1)))
    check(float(chances @ risk), bounds.gd_baseline(step_size=step, steps=steps, **known))

    # One pass of SGD on every ordered sample at once: row b takes its t-th example at step t.
    size = len(problem.probabilities)
    ordered = np.array(list(product(range(size), repeat=n)))
    w = np.zeros((len(ordered), problem.minimiser.size))
    total = np.zeros_like(w)
    for t in range(n):
        total += w
        w = w - step * problem.gradient(w, np.eye(size)[ordered[:, t]])
    risk = problem.risk(total / n, np.tile(problem.probabilities, (len(ordered), 1)))
    chances = np.prod(problem.probabilities[ordered], axis=1)
    check(float(chances @ risk), bounds.sgd_baseline(step_size=step, **known))
