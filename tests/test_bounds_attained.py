"""Worst cases that attain a bound: a smaller constant must be caught."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bounds_cases import (
    check,
    holds,
    parabola,
    positive_part_saer,
    run,
    sam,
    sam_chain,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from sco_flat import bounds
from sco_flat.works.flat_minima import lower


def test_the_floor_of_sam_is_attained_by_the_mean_risk_of_its_iterates() -> None:
    # At theta = 1 the cycle of two has F_S(w_t) = ½ beta r^2 = beta Delta^2/(2 (2 - theta)) at every step.
    beta, radius = 1.3, 0.7
    problem = parabola(beta, radius)
    iterates = run(problem, np.ones((1, 1)), sam, 1 / beta, radius, 100, np.random.default_rng(0))[0]
    mean = float(np.mean([problem.risk(w, np.ones((1, 1)))[0] for w in iterates]))
    numbers: dict[str, Any] = {
        "step_size": 1 / beta,
        "steps": 100,
        "smoothness": beta,
        "perturbation_radius": radius,
        "flatness_radius": 0.0,
    }
    assert mean == pytest.approx(bounds.sam_sharper(**numbers, distance=0.0).value, rel=1e-12)
    whole = bounds.sam_sharper(**numbers, distance=radius)
    assert holds(mean, whole)
    assert not holds(mean, replace(whole, value=0.98 * whole.value))


@pytest.mark.parametrize("theta", [0.25, 0.5, 1.0, 1.7])
def test_the_floor_of_the_regret_is_attained_by_a_cycle_of_two(theta: float) -> None:
    beta, radius, steps = 1.3, 0.7, 1000
    problem = parabola(beta, theta * radius / (2 - theta))
    points = run(problem, np.ones((1, 1)), sam, theta / beta, radius, steps, np.random.default_rng(0))[1]
    risks = [float(problem.risk(x, np.ones((1, 1)))[0]) for x in points[:50]]
    numbers: dict[str, Any] = {
        "step_size": theta / beta,
        "steps": steps,
        "smoothness": beta,
        "perturbation_radius": radius,
        "flatness_radius": 0.0,
    }
    floor = bounds.regret_sharper(**numbers, distance=0.0)
    assert risks == pytest.approx([floor.value] * 50, rel=1e-12)
    whole = bounds.regret_sharper(**numbers, distance=problem.distance)
    assert holds(risks[-1], whole)
    assert not holds(risks[-1], replace(whole, value=0.99 * whole.value))


def test_the_distance_term_of_the_regret_is_attained_by_a_huber_function() -> None:
    # Slope c = 1/(theta T) keeps GD on the linear part all the way from 1 to 0, so f averages to about c/2.
    theta, steps = 0.005, 100_000
    slope = 1 / (theta * steps)
    x = 1 - theta * slope * np.arange(steps)
    risks = np.where(x > slope, slope * x - slope**2 / 2, x**2 / 2)
    numbers: dict[str, Any] = {"step_size": theta, "steps": steps, "smoothness": 1.0, "distance": 1.0}
    bound = bounds.regret_sharper(**numbers, perturbation_radius=0.0, flatness_radius=0.0)
    at_average = slope * float(x.mean()) - slope**2 / 2
    sam_bound = bounds.sam_sharper(**numbers, perturbation_radius=0.0, flatness_radius=0.0)
    for measured, stated in ((float(risks.mean()), bound), (at_average, sam_bound)):
        assert holds(measured, stated)
        assert not holds(measured, replace(stated, value=0.99 * stated.value))


@pytest.mark.parametrize("theta", [0.3, 1.0, 1.6])
def test_one_step_of_the_stability_recursion_is_attained(theta: float) -> None:
    # On ½ x^2 two runs at distance 2 r |1 - theta|/(2 - theta) with opposite perturbations grow by exactly N.
    radius = 0.4
    gap = 2 * radius * (theta - 1) / (2 - theta)
    after = gap - theta * (gap + 2 * radius)
    growth = after**2 - gap**2
    free = bounds.stability_trajectory(
        step_size=theta, steps=1, smoothness=1.0, perturbation_radius=radius, n=1, summed_risk=0.0
    )
    assert growth * 4 / 9 == pytest.approx(free.value, rel=1e-12)


def test_the_sgd_baseline_is_attained() -> None:
    # With n = 1 the output is w_1, whose risk ½ beta D^2 is the bound at theta = 1.
    problem = parabola(1.0, 1.0)
    risk = float(problem.risk(np.zeros((1, 1)), np.ones((1, 1)))[0])
    bound = bounds.sgd_baseline(step_size=1.0, smoothness=1.0, distance=1.0, n=1)
    assert holds(risk, bound)
    assert not holds(risk, replace(bound, value=0.99 * bound.value))


def test_theorem1_is_the_risk_of_the_unit_vector() -> None:
    for rho in (0.0, 0.2, 0.5):
        seen, unseen = 0.5 * max(1 - rho, 0) ** 2, 0.5 * max(0 - rho, 0) ** 2
        assert lower.theorem1(flatness_radius=rho).value == pytest.approx((seen + unseen) / 2, rel=1e-15)
    assert lower.theorem1(flatness_radius=0.5).value == 1 / 16


def test_theorem3_window_is_the_risk_of_every_window() -> None:
    step, radius, rho, steps = 0.3, 1.2, 0.1, 9
    w = -step * (radius - rho) * np.tri(steps, steps, -1)
    for first in range(1, steps + 1):
        for last in range(first, steps + 1):
            norm = float(np.linalg.norm(w[first - 1 : last].mean(axis=0)))
            exact = max(norm - rho, 0) ** 2 / 4
            bound = lower.theorem3_window(
                step_size=step, perturbation_radius=radius, flatness_radius=rho, first=first, last=last
            )
            assert bound.value == pytest.approx(exact, rel=1e-12, abs=1e-15)


@given(st.integers(2, 60), st.floats(0.01, 4), st.floats(0.05, 1), st.floats(0, 0.999))
@settings(max_examples=200, deadline=None)
def test_theorem3_binds_at_the_full_average(steps: int, step: float, load: float, share: float) -> None:
    delta = load / (step * math.sqrt(steps))
    rho = share * load / 3
    numbers: dict[str, Any] = {"step_size": step, "perturbation_radius": rho + delta, "flatness_radius": rho}
    full = lower.theorem3(**numbers, steps=steps)
    suffixes = [lower.theorem3_window(**numbers, first=t, last=steps).value for t in range(1, steps + 1)]
    assert full.value == min(suffixes)
    check(full.value, lower.theorem3_rate(**numbers, steps=steps))


def test_theorem3_rate_is_nearly_attained_and_its_printed_form_is_false() -> None:
    # T = 2 with rho at its limit is the worst case of the constant.
    step, load = 1.0, 1e-3
    rho = (1 - 1e-9) * load / 3
    numbers: dict[str, Any] = {
        "step_size": step,
        "steps": 2,
        "perturbation_radius": rho + load / math.sqrt(2),
        "flatness_radius": rho,
    }
    exact, rate = lower.theorem3(**numbers), lower.theorem3_rate(**numbers)
    assert rate.value == pytest.approx(exact.value, rel=1e-6)
    assert not holds(exact.value, replace(rate, value=rate.value * 1.01 + 2e-13))
    assert exact.value < load / (4 * 100**2)


@given(st.floats(0.01, 1), st.floats(0.01, 0.5), st.floats(0.01, 1), st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_theorem6_from_zero_and_from_a_positive_start(step: float, radius: float, share: float, steps: int) -> None:
    zero = lower.theorem6(perturbation_radius=radius)
    assert positive_part_saer(0.0, radius) - positive_part_saer(-0.5, radius) == pytest.approx(zero.value, abs=1e-16)
    start = share * min(1.0, step * radius / (1 - step) if step < 1 else 1.0)
    bound = lower.theorem6_positive_start(step_size=step, perturbation_radius=radius, start=start)
    w, iterates = start, []
    for _ in range(steps):
        iterates.append(w)
        if w > 0:
            w -= step * (w + radius)
    for first in range(steps):
        check(positive_part_saer(float(np.mean(iterates[first:])), radius), bound)


@pytest.mark.parametrize(
    ("steps", "step", "full", "last"),
    [(6, 0.5, None, None), (16, 0.01, None, None), (64, 1 / 6, 0.06318, 0.1972), (64, 1.0, 0.07818, 0.2459)],
)
def test_theorem7_on_the_corrected_chain(steps: int, step: float, full: float | None, last: float | None) -> None:
    radius = 1 / (2 * step * math.sqrt(steps))
    risks = sam_chain(6, steps, step, radius, seed=steps)
    numbers: dict[str, Any] = {"step_size": step, "steps": steps, "perturbation_radius": radius, "n": 6}
    bound = lower.theorem7(**numbers)
    for weaker in (bound, lower.theorem7_rate(**numbers), lower.theorem7_printed_lemma(**numbers)):
        check(float(risks.min()), weaker)
        assert weaker.value <= bound.value
    unit = step**2 * radius**2 * steps
    if full is not None:
        assert risks[-1] / unit == pytest.approx(full, abs=1e-5)
        assert risks[0] / unit == pytest.approx(last, abs=1e-4)
    if step < 1:
        assert not holds(float(risks.min()), replace(bound, value=1.4 * bound.value))
    # The display that ends the printed proof claims 1/8 for every suffix.
    assert risks.min() < unit / 8
