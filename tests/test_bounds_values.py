"""Reference numbers of the bounds, and what they refuse."""

from __future__ import annotations

import inspect
import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from bounds_cases import (
    BY_HAND,
    COMMON,
    FUNCTIONS,
    OUTSIDE,
    VALID,
    WHOLE,
    Problem,
    check,
    refuse,
    run,
    sam,
)

from sco_flat import bounds, instances
from sco_flat.bounds import Bound, attempt
from sco_flat.bounds.base import title_of
from sco_flat.settings import Settings
from sco_flat.traits import objection
from sco_flat.works import base as works
from sco_flat.works.flat_minima import lower, upper


@pytest.mark.parametrize(("name", "more", "value"), BY_HAND)
def test_values_worked_out_by_hand(name: str, more: dict[str, Any], value: float) -> None:
    numbers: dict[str, Any] = {
        "step_size": 0.25,
        "steps": 8,
        "smoothness": 1.0,
        "perturbation_radius": 0.5,
        "flatness_radius": 0.25,
        "distance": 1.0,
    }
    assert FUNCTIONS[name](**numbers, **more).value == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("bound", [bounds.risk_one_more, bounds.sa_gd_risk])
def test_what_counts_on_maximisers_asks_for_them(bound: Any) -> None:
    numbers = {"steps": 8, "step_size": 0.25, "flatness_radius": 0.02, "perturbation_radius": 1.0}
    loss = instances.get("sagd-blocks")(n=4, **numbers).facts()
    assert objection(bound, loss | Settings(method="sagd", oracle="adversarial").facts()) is None
    assert "numerical search" in str(objection(bound, loss | Settings(method="sagd", oracle="ascent").facts()))


def test_values_of_the_other_bounds_worked_out_by_hand() -> None:
    # N = 4/3, T = 3: (2/3) sqrt(4) + (1/2)/2 sqrt(3 * 1 * 2 * 2/3) = 4/3 + 1/2.
    along: dict[str, Any] = {"step_size": 0.5, "steps": 3, "smoothness": 1.0, "perturbation_radius": 1.0, "n": 2}
    assert bounds.stability_trajectory(**along, summed_risk=2.0).value == pytest.approx((11 / 6) ** 2, rel=1e-14)
    risk = bounds.risk_trajectory(**along, summed_risk=2.0, empirical_risk=0.5).value
    assert risk == pytest.approx((1 + 11 / 3) ** 2 / 2, rel=1e-14)
    measured: dict[str, Any] = {"smoothness": 2.0, "empirical_risk": 0.25, "stability": 0.25}
    assert bounds.risk_sharper(**measured).value == 2.25
    assert upper.risk_paper(**measured).value == 2.5
    # eta+ = 1/2, n + 1 = 2: A = 1/(3/4), phi T = 8/9 * 9/4 * 4; roots of R, of 4 N T/9 and of T (A + phi T/2)/2 over 4
    one: dict[str, Any] = {"step_size": 0.25, "steps": 4, "smoothness": 1.0, "perturbation_radius": 1.5, "n": 1}
    more = bounds.risk_one_more(**one, flatness_radius=0.0, distance=1.0, method="sa-gd").value
    first, floor = 4 / 3, 8.0
    turned = 3 / 4 * (9 / 4 * 4 / 1.5 + (first + floor / 2) / 2)
    pushed = min(2 / 3 * math.sqrt(2 * 9 / 4 * 4 / 1.5), math.sqrt(turned))
    felt = math.sqrt(2 * 4 * (first + floor / 2) / 2) / 4
    assert more == pytest.approx((math.sqrt((first + floor) / 4) + math.sqrt(1 / 2) * (pushed + felt)) ** 2, rel=1e-13)
    gd = bounds.gd_baseline(step_size=0.5, steps=6, smoothness=2.0, distance=3.0, n=4)
    assert gd.value == pytest.approx((1 + math.sqrt(3)) ** 2 * 1.5, rel=1e-14)
    assert bounds.sgd_baseline(step_size=0.5, smoothness=2.0, distance=3.0, n=3).value == 3
    seven: dict[str, Any] = {"step_size": 0.5, "steps": 16, "perturbation_radius": 0.25, "n": 6}
    assert lower.theorem7(**seven).value == pytest.approx(0.736 * 14 * 15 * 29 / (24 * 16**3) / 4, rel=1e-14)
    assert lower.theorem7_rate(**seven).value == 1 / 160
    assert lower.theorem7_printed_lemma(**seven).value == 1 / 512


def test_constants_of_the_paper_against_the_true_floor() -> None:
    for theta, ratio in ((0.25, 6.125), (0.5, 4.5), (1.0, 2.0)):
        floor = bounds.regret_sharper(
            step_size=theta,
            steps=1,
            smoothness=1.0,
            perturbation_radius=1.0,
            flatness_radius=0.0,
            distance=0.0,
        )
        assert 4 / floor.value == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize(
    ("theta", "steps", "known"),
    [
        (0.25, 2, {0.25: 0.625, 1: 1.600, 4: 11.32}),
        (0.25, 8, {0.25: 0.284, 1: 0.905, 4: 10.66}),
        (0.5, 8, {0.25: 0.183, 1: 1.011, 4: 14.08}),
        (1.0, 8, {0.25: 0.207, 1: 2.000, 4: 29.56}),
    ],
)
def test_the_sharper_regret_is_above_the_known_worst_cases(theta: float, steps: int, known: dict[float, float]) -> None:
    for delta, worst in known.items():
        bound = bounds.regret_sharper(
            step_size=theta, steps=steps, smoothness=1.0, perturbation_radius=delta, flatness_radius=0.0, distance=1.0
        )
        assert worst <= bound.value


def test_least_squares_reference() -> None:
    n, d, steps, radius, step = 20, 40, 200, 0.1, 0.25
    numbers: dict[str, Any] = {
        "step_size": step,
        "steps": steps,
        "smoothness": 1.0,
        "perturbation_radius": radius,
        "n": n,
    }
    ahead: dict[str, Any] = dict(numbers, flatness_radius=0.0, distance=1.0)
    assert upper.stability_paper(**ahead).value == pytest.approx(72)
    assert bounds.stability_sharper(**ahead).value == pytest.approx(0.97268, abs=1e-5)
    assert upper.theorem8(**ahead).value == pytest.approx(216.24)
    weights = np.full((n + 1, n), 1 / n)
    weights[1:] -= np.eye(n) / n
    values = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        maps = rng.normal(size=(n, 1, d))
        maps /= np.linalg.norm(maps, axis=2, keepdims=True)
        target = rng.normal(size=d)
        problem = Problem(maps, np.zeros(n, dtype=bool), np.ones(n) / n, target / np.linalg.norm(target), 1.0, 0.0)
        iterates, points = run(problem, weights, sam, step, radius, steps, rng)
        along = bounds.stability_trajectory(
            **numbers, summed_risk=float(sum(problem.risk(x[:1], weights[:1])[0] for x in points))
        )
        output = iterates.mean(axis=0)
        check(float(np.mean(np.sum((output[1:] - output[0]) ** 2, axis=1))), along)
        values.append(along.value)
    # Single samples lie between .64 and .71.
    assert np.mean(values) == pytest.approx(0.685, abs=0.02)


def test_swad_window_reference() -> None:
    numbers: dict[str, Any] = {"step_size": 0.25, "perturbation_radius": 0.7, "flatness_radius": 0.2}
    values = {(64, 64): 0.1569, (33, 64): 0.0936, (1, 64): 0.0343, (1, 9): 0.0}
    for (first, last), value in values.items():
        bound = lower.theorem3_window(**numbers, first=first, last=last)
        assert bound.value == pytest.approx(value, abs=5e-5)
    assert lower.theorem3_window(**numbers, first=1, last=10).value > 0


def test_gd_baseline_at_its_best_horizon() -> None:
    n = 300
    steps = round(math.sqrt(3) * n / 2)
    bound = bounds.gd_baseline(step_size=1.0, steps=steps, smoothness=1.0, distance=1.0, n=n)
    assert bound.value == pytest.approx(4 / (math.sqrt(3) * n), rel=1e-5)


def test_every_bound_is_in_the_tables() -> None:
    functions = set(FUNCTIONS)
    assert functions == set(VALID)


@pytest.mark.parametrize("name", VALID)
def test_valid_numbers_give_a_bound_that_says_what_it_is(name: str) -> None:
    bound = FUNCTIONS[name](**VALID[name])
    assert bound.name == name
    assert math.isfinite(bound.value)
    assert bound.value > 0
    assert bound.hypotheses
    told = works.cited(FUNCTIONS[name])(**VALID[name]).source
    assert told.endswith(bound.source)
    assert "2511.03548" in told
    assert (bound.strength == "sharper") == ("sharper" in told)
    assert all(p.kind is p.KEYWORD_ONLY for p in inspect.signature(FUNCTIONS[name]).parameters.values())


def test_a_sharper_bound_names_its_argument_and_the_work_what_it_replaces() -> None:
    given = VALID["risk_a_priori"]
    assert bounds.risk_a_priori(**given).source == "a priori"
    told = works.cited(bounds.risk_a_priori)
    assert told(**given).source == "sharper than arXiv 2511.03548, Theorem 8: a priori"
    assert told(**given | {"method": "sa-gd"}).source == "sharper than arXiv 2511.03548, Theorem 4: a priori"
    assert (told.needs, title_of(told)) == (bounds.risk_a_priori.needs, title_of(bounds.risk_a_priori))  # type: ignore[attr-defined]


def test_what_works_sharpen_are_bounds_of_these_names() -> None:
    made = {f(**VALID[name] | more).key for name, f in FUNCTIONS.items() for more in _cases(name)}
    named = [key for work in works.works() for key in work.sharpens]
    assert set(named) <= made
    assert len(set(named)) == len(named)


def _cases(name: str) -> list[dict[str, str]]:
    return [{"method": key} for key in bounds.REACH] if name in ("risk_a_priori", "risk_one_more") else [{}]


@pytest.mark.parametrize("name", VALID)
def test_nonsense_is_refused_by_the_name_of_its_key(name: str) -> None:
    for key, good in VALID[name].items():
        nonsense: list[object] = [math.nan, -1, math.inf]
        if key in WHOLE:
            nonsense += [0, 2.5, True]
        elif isinstance(good, str):
            continue
        elif key in ("step_size", "smoothness", "start"):
            nonsense.append(0.0)
        for bad in nonsense:
            assert refuse(name, dict(VALID[name], **{key: bad})).key == key


@pytest.mark.parametrize(("name", "change", "key"), OUTSIDE)
def test_a_violated_hypothesis_is_named(name: str, change: dict[str, Any], key: str) -> None:
    assert refuse(name, dict(VALID[name], **change)).key == key


@pytest.mark.parametrize("steps", [6, 17, 64, 1000])
def test_equality_in_a_hypothesis_survives_rounding(steps: int) -> None:
    for step in (1 / 24, 1 / 3, 0.7):
        radius = 1 / (2 * step * math.sqrt(steps))
        assert isinstance(attempt(lower.theorem7, step_size=step, steps=steps, perturbation_radius=radius, n=6), Bound)
        for beta in (6.0, 3.7):
            numbers = dict(COMMON, smoothness=beta, step_size=1 / (4 * beta))
            assert isinstance(attempt(upper.theorem2, **numbers), Bound)
            assert isinstance(attempt(bounds.sam_sharper, **dict(numbers, step_size=1 / beta)), Bound)
        rho = 0.01
        full = {"step_size": step, "steps": steps, "perturbation_radius": rho + 2 * radius, "flatness_radius": rho}
        assert isinstance(attempt(lower.theorem3, **full), Bound)


def test_the_sharper_bounds_are_below_the_paper() -> None:
    for theta, delta, steps in product((0.01, 0.1, 0.25), (0.0, 0.1, 1.0), (1, 10, 1000)):
        numbers: dict[str, Any] = {
            "step_size": theta,
            "steps": steps,
            "smoothness": 1.0,
            "perturbation_radius": delta,
            "flatness_radius": 0.0,
            "distance": 1.0,
        }
        sam_value = bounds.sam_sharper(**numbers).value
        assert sam_value <= bounds.regret_sharper(**numbers).value <= upper.regret_lemma(**numbers).value
        numbers["n"] = 50
        assert bounds.stability_sharper(**numbers).value <= upper.stability_paper(**numbers).value
        assert bounds.risk_a_priori(**numbers, method="sam").value <= upper.theorem8(**numbers).value
        assert bounds.risk_a_priori(**numbers, method="sa-gd").value <= upper.theorem4(**numbers).value


def test_attempt_hides_only_refusals() -> None:
    with pytest.raises(TypeError):
        attempt(lower.theorem1, rho=0.1)
