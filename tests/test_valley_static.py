"""SAM's static valley: nothing is detected, so that noise, an epsilon and single examples at once leave the walk."""

import math

import pytest

from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.requests import request_from


def ran(method="sam", **numbers):
    """The population risk of the full average in ``eta r² T``, and the loss."""
    request = request_from("sam-valley-static", method, **numbers)
    loss = request.build()
    run = simulate(loss, request.sample(loss), request.settings, request.seed)
    low, high = run.look(run.average).population_risk
    unit = loss.step_size * loss.perturbation_radius**2 * loss.steps
    assert high - low <= 1e-6 * unit
    return low / unit, loss


@pytest.mark.parametrize(
    ("changed", "low"),
    [
        ({}, 0.0105),
        ({"start": ("gaussian", 0.01)}, 0.0105),
        ({"epsilon": 1e-6}, 0.0105),
        ({"batch_size": 1}, 0.014),
        ({"batch_size": 1, "start": ("gaussian", 0.01), "epsilon": 1e-6}, 0.014),
    ],
)
def test_what_it_survives(changed, low):
    for seed in (0, 1, 2):
        found, loss = ran(**changed, seed=seed)
        assert found >= low
        assert loss.smoothness <= 3.0
        assert all(c.value <= c.limit if c.relation == "<=" else c.value >= c.limit for c in loss.conditions()[1:])


def test_what_kills_it():
    for changed in ({"method": "gd"}, {"normalize": False}):
        assert ran(**changed)[0] < 1e-5


def test_a_longer_run_is_needed_for_more_columns():
    _, loss = ran(steps=128, n=6)
    missed = [c.name for c in loss.conditions() if c.relation == ">=" and c.value < c.limit]
    assert missed == ["T >= m/eta"]
    assert loss.smoothness > 3.0
    assert math.isclose(loss.valley()["c"], math.sqrt(64 / 32))


def test_what_is_refused():
    for numbers, text in (
        ({"gamma": 2}, "gamma = 2.0"),
        ({"margin": -1}, "margin = -1.0"),
        ({"radius": 0}, "radius = 0"),
    ):
        with pytest.raises(InputError, match=f"^{text}"):
            ran(**numbers)
