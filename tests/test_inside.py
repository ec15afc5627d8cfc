"""When a statement speaks of a run: the weights of Theorem 3, the start of Theorem 6, minima that are no run."""

import math

import pytest

import sco_flat
from sco_flat import instances, works
from sco_flat.errors import InputError
from sco_flat.sweeps import work
from sco_flat.works.flat_minima import conditions

BLOCKS = {"n": 6, "steps": 32, "step_size": 0.25}
RATE = (1 / (2 * math.sqrt(2)) - 1 / 3) ** 2 / 4


def row(instance, method, **numbers):
    """The common results of a cell of a sweep, by name."""
    arguments = {"instance": instance, "method": method, "seed": 0, "allow_outside": True} | numbers
    found, message, _ = work.run(arguments, ())
    assert found is not None, message
    return dict(zip(work.columns(()), found, strict=True))


def lower_claim(run):
    """What the run holds against the lower bound of its theorem."""
    return next(c for c in run.claims if c.name.startswith("population risk of every suffix"))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"preset": "robust", "bias": 1.0}, "c < a_T"),
        ({"decay": 1e-9}, "c < a_T"),
        ({"preset": "robust", "bias": 0.5, "decay": 0.095}, "a_T r - rho > sqrt(1 - 1/n) (r - rho)"),
    ],
)
def test_weights_that_are_not_robust_are_outside(weights, said):
    numbers = BLOCKS | weights | {"oracle": "benign"}
    with pytest.raises(InputError, match="Theorem 3, robust needs"):
        sco_flat.run("sagd-blocks", **numbers)
    run = sco_flat.run("sagd-blocks", **numbers, allow_outside=True)
    found = lower_claim(run)
    assert (found.verdict, found.bound) == ("not applicable", None)
    assert said in found.note
    assert sco_flat.check(3, **numbers, allow_outside=True).verdict != "holds"
    cell = row("sagd-blocks", "sagd", **numbers)
    assert (cell["inside_theorem"], said in cell["outside_because"]) == (False, True)


def test_the_rate_would_be_false_there():
    """With c = 1 and falling weights the benign oracle picks b, and F is far below the rate."""
    run = sco_flat.run("sagd-blocks", **BLOCKS, preset="robust", bias=1.0, oracle="benign", allow_outside=True)
    q_squared = 1.0 / BLOCKS["steps"]  # the radius is the largest legal one
    assert lower_claim(run).value < RATE * q_squared * BLOCKS["steps"] / 1000.0


@pytest.mark.parametrize("oracle", ["adversarial", "benign", "uniform", "coordinate"])
def test_robust_weights_are_inside_for_every_exact_oracle(oracle):
    numbers = BLOCKS | {"preset": "robust", "oracle": oracle}
    found = lower_claim(sco_flat.run("sagd-blocks", **numbers))
    assert found.verdict == "holds"
    assert found.bound == pytest.approx(RATE, rel=1e-12)
    assert row("sagd-blocks", "sagd", **numbers)["inside_theorem"] is True


def test_weights_that_do_not_fall_need_the_adversarial_choice():
    numbers = BLOCKS | {"bias": 0.5}
    found = sco_flat.check(3, **numbers, oracle="uniform")
    assert found.verdict == "not applicable"
    assert not any(c.verdict == "fails" for c in found.claims)
    assert sco_flat.check(3, **numbers, oracle="adversarial").verdict == "holds"


def test_the_conditions_are_sharp():
    """The weights of the last entry and of b meet at the limit; the decay just below its limit is legal."""
    loss = instances.get("sagd-blocks")
    numbers = {"n": 6, "steps": 32, "step_size": 0.25, "perturbation_radius": 0.8, "flatness_radius": 0.1}
    share = math.sqrt(1 - 1 / 6)
    limit = (1 - (0.1 + share * 0.7) / 0.8) * 32 / 31
    for change, legal in ((-1e-9, True), (1e-9, False)):
        built = loss(**numbers, bias=0.5, decay=limit + change)
        assert [c.holds for c in conditions.robust_weights(built)] == [True, legal]
        last = 1 - 0.02 * 31 / 32
        built = loss(**numbers, bias=last + change, decay=0.02)
        assert [c.holds for c in conditions.robust_weights(built)] == [legal, True]


def test_a_rate_that_is_not_proved_is_not_claimed():
    """rho near its limit with few steps: on many constant columns the walk is not proved to reach the rate."""
    numbers = {"n": 6, "steps": 2, "step_size": 0.25, "preset": "robust", "flatness_radius": 0.33}
    found = lower_claim(sco_flat.run("sagd-blocks", **numbers, oracle="benign"))
    assert found.verdict == "not applicable"
    assert "the rate is proved for a smaller rho only" in found.note


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("zero", None),
        (0.0, None),
        (0.01, None),
        (-0.2, "not of w_1 = -0.2"),
        (0.9, r"must be at most step_size r"),
        ("gaussian:0.1", "not of a random one"),
    ],
)
def test_the_start_of_theorem_6(start, said):
    cell = row("sam-sharp", "sam", n=6, steps=5, step_size=0.25, start=start)
    assert cell["inside_theorem"] is (said is None)
    assert said is None or said in cell["outside_because"]
    assert sco_flat.check(6, steps=5, start=start).verdict == ("holds" if said is None else "not applicable")


@pytest.mark.parametrize("method", ["gd", "sgd", "sam"])
def test_theorem_1_is_about_no_run(method):
    cell = row("flat-erm", method, n=6, steps=5, step_size=0.25, flatness_radius=0.1)
    assert cell["inside_theorem"] is False
    assert cell["outside_because"] == "Theorem 1 is about flat-erm and its minima, not about a run"
    assert sco_flat.check(1).verdict == "holds"
    assert works.get(1).objection(instances.get("flat-erm")(6, 5, 0.25, 0.5), {"bad_columns": 1}) is None
