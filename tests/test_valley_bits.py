"""SAM's valley over fair bits: it survives noise and an epsilon that its dead zones do not let through."""

import math

import numpy as np
import pytest

from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.requests import request_from
from sco_flat.settings import Settings

PRACTICAL = {
    "n": 6, "steps": 64, "step_size": 0.25, "perturbation_radius": 0.375, "gamma": 1, "preset": "practical",
}  # fmt: skip


def ran(method="sam", **numbers):
    """A run, its loss, and the unit ``eta r² T``."""
    request = request_from("sam-valley-bits", method, **numbers)
    loss = request.build()
    run = simulate(loss, request.sample(loss), request.settings, request.seed)
    return run, loss, loss.step_size * loss.perturbation_radius**2 * loss.steps


def risk(run, unit):
    """Lower end of the population risk of the full average."""
    return run.look(run.average).population_risk[0] / unit


def walk(loss, columns, block):
    """Blocks (y, b, x) of equal bad columns for t = 2..T, from the first of them; what couples blocks is at rest."""
    v = loss.valley()

    def slope(p):
        y, b, x = p
        above, below = max(b - v["theta"] * y - v["tau1"], 0.0), max(-b - v["tau2"], 0.0)
        excess = max(abs(b) - v["c"] * x - v["h"], 0.0)
        assert v["c"] * abs(b) + x + v["h"] / v["c"] >= 0.0
        rise = v["gamma"] * (above - below) + math.copysign(excess, b)
        return np.array([-v["gamma"] * v["theta"] * above, rise, -v["c"] * excess])

    found = [np.array(block)]
    for _ in range(3, loss.steps + 1):
        up = slope(found[-1])
        at = found[-1] + loss.perturbation_radius / math.sqrt(columns) * up / np.linalg.norm(up)
        found.append(found[-1] - loss.step_size * slope(at))
    return np.array(found)


def admissible(rng):
    """Numbers under the hypotheses, some at their ends."""
    while True:
        gamma = float(rng.choice([1.0, rng.uniform(0.05, 1.0)]))
        eta = 0.24 / (1 + gamma) * float(rng.choice([1.0, 10 ** -rng.uniform(0, 1.2)])) * (1 - 1e-12)
        least = max(16 / eta, 4 / (eta * gamma))
        steps = math.ceil(least * float(rng.choice([1.0, 10 ** rng.uniform(0, 0.6)])))
        if steps <= 1500:
            break
    radius = 1.4 / math.sqrt(eta * steps) * float(rng.choice([1.0, rng.uniform(0.05, 1.0)])) * (1 - 1e-12)
    return {"n": int(rng.choice([4, 5, 6, 7])), "steps": steps, "step_size": eta, "perturbation_radius": radius,
            "gamma": gamma}  # fmt: skip


@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.deep)])
def test_the_bound_from_noise_and_with_an_epsilon(count):
    """Starts at the ends of what is allowed, in all directions."""
    rng = np.random.default_rng(count)
    for seed in range(count):
        numbers = admissible(rng)
        request = request_from("sam-valley-bits", "sam", **numbers, seed=seed)
        loss = request.build()
        for condition in loss.conditions():
            room = condition.limit - condition.value
            assert (room if condition.relation == "<=" else -room) >= -1e-9, condition
        assert loss.smoothness <= 3.2
        noise = loss.largest_noise() * rng.choice([rng.choice([-1.0, 1.0], loss.dimension), np.zeros(loss.dimension)])
        epsilon = loss.largest_epsilon() * float(rng.integers(2))
        run = simulate(loss, request.sample(loss), Settings(method="sam", start=noise, epsilon=epsilon), seed)
        unit = loss.step_size * loss.perturbation_radius**2 * loss.steps
        assert run.suffix_risks[:, 0].min() >= unit / 80, numbers
        assert max(np.linalg.norm(w) for w in (run.last, run.average)) <= 1.0


@pytest.mark.parametrize(
    ("changed", "low", "high"),
    [
        ({}, 0.0344, 0.0346),
        ({"start": ("gaussian", 3e-6)}, 0.0344, 0.0346),
        ({"epsilon": 1e-8}, 0.0344, 0.0346),
        ({"start": ("gaussian", 3e-6), "epsilon": 1e-8}, 0.0344, 0.0346),
        ({"start": ("gaussian", 1e-4)}, 0.0, 0.01),
        ({"batch_size": 3}, 0.0125, 0.03),
        ({"normalize": False}, 0.0, 1e-6),
        ({"method": "gd"}, 0.0, 1e-6),
    ],
)
def test_the_practical_preset(changed, low, high):
    for seed in (0, 1, 2):
        run, _, unit = ran(**PRACTICAL | changed | {"seed": seed})
        assert low <= risk(run, unit) <= high


def test_left_to_chance_two_thirds_of_the_samples_are_walked_on():
    found = []
    for seed in range(200):
        run, _, unit = ran(**PRACTICAL | {"seed": seed, "event": "free"})
        found.append(risk(run, unit) >= 1 / 80)
        assert found[-1] == (len(run.layout.sample.event.columns) > 0)
    chance = 1 - (1 - 2**-6) ** 64
    assert abs(np.mean(found) - chance) <= 5 * math.sqrt(chance * (1 - chance) / 200)


def test_bad_columns_share_the_step():
    """The walk of one to three of them, by a recurrence; the more there are, the less risk."""
    risks = {}
    for seed in range(40):
        run, loss, unit = ran(n=6, steps=160, step_size=0.12, seed=seed, event="any")
        bad = run.layout.sample.event.columns
        if len(bad) in risks or len(bad) > 3:
            continue
        risks[len(bad)] = risk(run, unit)
        points = [w.copy() for _, w in run.iterates()]
        wanted = walk(loss, len(bad), points[1][3 * bad[0] : 3 * bad[0] + 3])
        for place in bad:
            found = np.array([w[3 * place : 3 * place + 3] for w in points[1:]])
            assert np.all(np.abs(found - wanted) <= 1e-9 * np.abs(wanted).max(axis=0))
    assert sorted(risks) == [1, 2, 3]
    assert risks[1] > risks[2] > risks[3] > 0.01


def test_what_is_allowed_is_needed():
    """Two hundred times the noise, or the epsilon, and the walk is over for some sample."""
    numbers = {"n": 6, "steps": 160, "step_size": 0.12}
    loss = ran(**numbers)[1]
    usual, _, unit = ran(**numbers)
    assert risk(usual, unit) == pytest.approx(0.0197, abs=1e-4)
    ends = []
    for changed in ({"start": ("gaussian", 200 * loss.largest_noise())}, {"epsilon": 200 * loss.largest_epsilon()}):
        ends.append(min(risk(ran(**numbers, **changed, seed=seed)[0], unit) for seed in range(5)))
    assert min(ends) < 1 / 80


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({"gamma": 0}, r"gamma = 0.0: must be a number in \(0, 1\]"),
        ({"margin": 0.2, "perturbation_radius": 0.4}, "margin = 0.2: at most r/4 = 0.1"),
        ({"perturbation_radius": 0}, "radius = 0"),
        ({"flatness_radius": 0.1}, "flatness.radius = 0.1: sam-valley-bits has no flat ball"),
        ({"preset": "robust"}, "preset = .?robust.?: is not known"),
    ],
)
def test_what_is_refused(numbers, text):
    with pytest.raises(InputError, match=f"^{text}"):
        ran(**numbers)
