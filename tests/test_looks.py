"""Looks that share their scratch space, one after the other, read what looks of their own read."""

import numpy as np
import pytest

from sco_flat.engines.layout import Look
from sco_flat.engines.simulation import simulate
from sco_flat.requests import request_from

CASES = [
    ("least-squares", {"n": 5, "steps": 6}),
    ("logistic", {"n": 4, "steps": 6}),
    ("sagd-blocks", {"n": 4, "steps": 8, "step_size": 0.25}),
    ("sam-chain", {"n": 4, "steps": 16, "step_size": 1 / 16}),
    ("xor", {"inputs": 4, "n": 5, "width": 3, "steps": 6}),
]


def everything(look):
    slope = look.gradient()
    bracket = look.saer if look.instance.convex else None
    risk = look.value(slope, 0.1)
    top = look.upper(0.2) if look.instance.convex else None
    return look.empirical_risk, slope.tobytes(), bracket, risk, top, look.population_risk, look.profile().tobytes()


@pytest.mark.parametrize(("name", "numbers"), CASES)
def test_shared_scratch_space_changes_no_bit(name, numbers):
    asked = request_from(name, **numbers)
    loss = asked.build()
    run = simulate(loss, asked.sample(loss), asked.settings, asked.seed)
    points = [w.copy() for _, w in run.iterates()]
    look = run.look(run.last)
    rng = np.random.default_rng(0)
    for k in rng.integers(len(points), size=24).tolist():
        batch = 0b101 if rng.integers(3) == 0 else None
        shared, own = look.at(points[k], batch), Look(run.layout, points[k], batch)
        if batch is None:
            assert everything(shared) == everything(own)
        else:
            assert shared.empirical_risk == own.empirical_risk
            assert shared.gradient().tobytes() == own.gradient().tobytes()
