"""The statements of works/valley on runs: what holds, and of what they do not speak."""

import math

import pytest

import sco_flat
from sco_flat import instances, works
from sco_flat.errors import InputError
from sco_flat.works.valley import common

SMALL = {
    "valley.sam": {"n": 4, "steps": 140, "step_size": 0.12},
    "valley.sam-flat": {"n": 4},
    "valley.sam-wide": {"n": 4},
    "valley.sam-noise": {"n": 5},
    "valley.sam-batches": {"n": 4, "steps": 256, "batch_size": 1},
    "valley.sagd": {"n": 5},
    "valley.dimension": {"n": 6},
    "valley.dimension-sagd": {"n": 5},
}


def test_all_statements_are_here():
    assert {key for key in works.names() if key.startswith("valley.")} == set(SMALL)


@pytest.mark.parametrize("key", SMALL)
def test_it_holds_on_a_run_and_is_never_proved_by_one(key):
    for seed in (0, 1):
        found = sco_flat.check(key, seed=seed, **SMALL[key])
        assert found.verdict == "holds"
        assert {c.verdict for c in found.claims} == {"holds"}
        assert any(c.kind == "conclusion" for c in found.claims)


@pytest.mark.parametrize(
    ("n", "steps", "step_size", "gamma", "average", "last"),
    [
        (4, 400, 0.12, 1.0, 0.02432882, 0.07102927),
        (6, 160, 0.12, 1.0, 0.02391274, 0.07057796),
        (6, 160, 0.2, 0.2, 0.02272763, 0.06626920),
        (6, 1000, 0.04, 0.5, 0.02003763, 0.05899136),
        (6, 4000, 0.01, 1.0, 0.01940579, 0.05725537),
    ],
)
def test_the_recurrence_has_the_printed_numbers(n, steps, step_size, gamma, average, last):
    numbers = {"n": n, "steps": steps, "step_size": step_size, "gamma": gamma, "flatness_radius": 0.0}
    loss = instances.get("sam-valley")(perturbation_radius=1 / math.sqrt(step_size * steps), **numbers)
    model, xs = common.Recurrence(loss), [0.0]
    for _ in range(2, steps + 1):
        xs.append(model.x)
        model.step()
    assert 0.25 * (sum(xs) / steps) ** 2 == pytest.approx(average, abs=6e-9)
    assert 0.25 * xs[-1] ** 2 == pytest.approx(last, abs=6e-9)


def test_bounds_reach_runs_that_they_speak_of_and_no_others():
    found = sco_flat.check("valley.sam", n=4, steps=140, step_size=0.12)
    conclusion = next(c for c in found.claims if c.kind == "conclusion")
    assert conclusion.bound == pytest.approx(1 / 80)  # r = 1/sqrt(eta T)
    assert 1.3 < conclusion.value / conclusion.bound < 3.0
    loss = instances.get("sam-valley")(n=4, steps=140, step_size=0.12, perturbation_radius=0.2, flatness_radius=0.0)
    usual = {"families": ("sam",), "method": "sam", "full_batch": True, "schedule": "constant", "normalized": True}
    usual |= {"epsilon": 0.0, "unprojected": True, "exact_oracle": True, "start": "zero", "bad_columns": 1}
    statement = works.get("valley.sam")
    assert statement.objection(loss, usual) is None
    for change, said in (
        ({"epsilon": 1e-9}, "epsilon = 0"), ({"start": "a random point"}, "start"), ({"bad_columns": 2}, "bad column"),
        ({"families": ("gd",), "method": "gd"}, "about sam"), ({"full_batch": False}, "all examples"),
    ):  # fmt: skip
        assert said in statement.objection(loss, usual | change)
        assert isinstance(statement.bound(loss, usual | change), str)


@pytest.mark.parametrize(
    ("key", "numbers", "named"),
    [
        ("valley.sam", {"step_size": 0.13}, "step.size = 0.26: Theorem S1 needs eta"),
        ("valley.sam", {"steps": 100, "step_size": 0.1}, "steps = 10: Theorem S1 needs eta T >= 16"),
        ("valley.sam", {"perturbation_radius": 0.4}, "perturbation.radius = .*needs r sqrt"),
        ("valley.sam-flat", {"flatness_radius": 0.0}, "flatness.radius = 0: Theorem S2 needs rho > 0"),
        ("valley.sam-noise", {"preset": "practical"}, "preset = 0: Theorem A needs the constants of the proof"),
        ("valley.sagd", {"step_size": 0.3}, "step.size = 0.3: Theorem L needs eta <= 1/4"),
        ("valley.sam-batches", {"step_size": 0.2}, "step.size = 0.3: Conjecture S3 needs eta"),
    ],
)
def test_outside_it_says_what_is_broken(key, numbers, named):
    with pytest.raises(InputError, match=f"^{named}"):
        sco_flat.check(key, **SMALL[key] | numbers)
