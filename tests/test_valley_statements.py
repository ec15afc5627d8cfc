"""The statements of works/valley on runs: what holds, and of what they do not speak."""

import math

import pytest

import sco_flat
from sco_flat import instances, works
from sco_flat.errors import InputError
from sco_flat.requests import request_from
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
        (
            "valley.sam",
            {"step_size": 0.13},
            r"step.size = 0.13: Theorem S1 needs eta \(1 \+ gamma\) <= .24 \(it is 0.26\);",
        ),
        ("valley.sam", {"steps": 100, "step_size": 0.1}, r"steps = 100: Theorem S1 needs eta T >= 16 \(it is 10\);"),
        (
            "valley.sam",
            {"perturbation_radius": 0.4},
            r"perturbation.radius = 0.4: .*needs r sqrt\(eta T\) <= 1.4 \(it is ",
        ),
        ("valley.sam-flat", {"flatness_radius": 0.0}, "flatness.radius = 0: Theorem S2 needs rho > 0"),
        ("valley.sam-flat", {"gamma": 0.5}, "gamma = 0.5: Theorem S2 needs gam = eta/8;"),
        ("valley.sam-noise", {"preset": "practical"}, "preset = practical: Theorem A needs the constants of the proof"),
        ("valley.sagd", {"step_size": 0.3}, "step.size = 0.3: Theorem L needs eta <= 1/4"),
        ("valley.sam-noise", {"margin": 0.0}, "margin = 0: Theorem A needs margin >= sqrt"),
        ("valley.sam-noise", {"design": 8}, "design = 8: Theorem A needs design = n"),
        ("valley.sam", {"design": 6}, "design = 6: Theorem S1 needs design = n"),
        ("valley.sam-flat", {"design": 6}, "design = 6: Theorem S2 needs design = n"),
        ("valley.sam-batches", {"design": 6}, "design = 6: Conjecture S3 needs design = n"),
        (
            "valley.sam-batches",
            {"step_size": 0.2},
            r"step.size = 0.2: Conjecture S3 needs eta \(1 \+ gamma\) <= .24 \(it is 0.3\);",
        ),
    ],
)
def test_outside_it_says_what_is_broken(key, numbers, named):
    with pytest.raises(InputError, match=f"^{named}"):
        sco_flat.check(key, **SMALL[key] | numbers)


def by_chance(seed):
    """A run and a check on a sample that misses one set by chance, and how many of its examples are distinct."""
    numbers = {"event": "free", "seed": seed} | SMALL["valley.sam"]
    request = request_from("sam-valley", "sam", **numbers)
    sample = request.sample(request.build())
    assert len(sample.event.columns) == 1
    distinct = len(set(sample.codes.tolist()))
    return sco_flat.run("sam-valley", **numbers), sco_flat.check("valley.sam", **numbers), distinct


def test_a_sample_drawn_by_chance_is_in_the_event_if_its_examples_are_distinct():
    run, checked, distinct = by_chance(5)
    assert distinct == 4
    assert run.claims[0].verdict == checked.verdict == "holds"


def test_of_a_sample_with_equal_examples_nothing_is_said():
    run, checked, distinct = by_chance(16)
    assert distinct == 3
    assert run.points["average"].population_risk == (0.0, 0.0)  # SAM's first step is too short for R
    assert {c.verdict for c in run.claims} <= {"holds", "not applicable"}
    assert run.claims[0].bound is None
    assert "two of its examples are equal" in run.claims[0].note
    assert checked.verdict == "not applicable"


@pytest.mark.parametrize(
    ("name", "numbers", "said"),
    [
        ("sam-valley", {"n": 4, "steps": 140, "step_size": 0.12, "design": 6}, "design = n"),
        ("sam-valley-bits", {"n": 4, "steps": 140, "step_size": 0.12, "design": 6}, "design = n"),
        ("sam-valley-bits", {"n": 4, "steps": 140, "step_size": 0.12, "margin": 0.0}, "margin >= sqrt"),
        ("sagd-code", {"n": 4, "steps": 8, "step_size": 0.25, "depth": 1.0}, "usual depth"),
    ],
)
def test_no_statement_speaks_of_constants_that_are_not_its_own(name, numbers, said):
    found = sco_flat.run(name, **numbers)
    lower = [c for c in found.claims if c.relation == ">="]
    assert lower
    assert {c.verdict for c in lower} == {"not applicable"}
    assert said in lower[0].note


@pytest.mark.parametrize(("rho", "source"), [(0.0, "Theorem S1"), (0.01, "Theorem S2")])
def test_a_run_is_held_against_the_theorem_about_its_rho(rho, source):
    """S1 is about rho = 0 and S2 about rho > 0: the other one is not mentioned, not even as not applicable."""
    numbers = {"flatness_radius": rho} if rho else {}
    found = sco_flat.run("sam-valley", n=4, steps=280, step_size=0.12, **numbers)
    lower = [c for c in found.claims if "lower bound" in c.name]
    assert [(c.source, c.verdict) for c in lower] == [(source, "holds")]
    loose = sco_flat.run("sam-valley", n=4, steps=280, step_size=0.12, gamma=0.5, **numbers, allow_outside=True)
    notes = [c.note for c in loose.claims if "lower bound" in c.name]
    assert len(notes) == 1
    assert not rho or "Theorem S2 needs gam = eta/8" in notes[0]


def test_every_loss_with_a_statement_has_a_home():
    for name in instances.names():
        about = list(works.about(name))
        if about:
            assert works.base.home(name) in about
            assert works.base.home(name).home == any(s.home for s in about)
        else:
            with pytest.raises(InputError, match="no statement is about it"):
                works.base.home(name)
    assert works.base.home("sam-valley").key == "valley.sam"
