"""For each loss, method and setting: a claim is made only where this table, written out by hand, allows it."""

import itertools

import pytest

import sco_flat
from sco_flat import runs
from sco_flat.errors import InputError

SETTINGS = {
    "as analysed": {}, "batches": {"batch_size": 2}, "epsilon": {"epsilon": 1e-12}, "raw": {"normalize": False},
    "start": {"start": "gaussian:1e-9"}, "schedule": {"schedule": "inverse-sqrt"},
    "decay": {"schedule": "linear-decay"}, "warm-up": {"schedule": "warm-up"}, "projected": {"project": True},
    "free": {"event": "free", "seed": 1},
}  # fmt: skip
LOSSES = ("sam-chain", "sagd-blocks", "sam-sharp", "flat-erm", "huber", "least-squares", "logistic")
METHODS = ("gd", "sgd", "sagd", "sam")
READ = {"batches": ("sam",), "epsilon": ("sam",), "raw": ("sam",)}
"""Settings that other methods do not read, and refuse."""
EXACT = ("sagd-blocks", "least-squares", "logistic")
"""Losses on which SA-GD is run here: with exact maximisers, or by an ascent that is quick."""

# Theorem 5 is about SAM on losses that are convex, smooth and have a common minimum at a known distance, from any w_1;
# Theorem 2 is about SA-GD with exact maximisers. Neither speaks of batches, epsilon, schedules or projections. SAM
# without normalisation has a bound of its own, where r < 1/beta - eta/2: the other losses have a larger r.
UPPER = {
    (loss, "sam"): {"as analysed", "start", "free"}
    | ({"raw"} if loss in ("sam-sharp", "flat-erm", "huber", "least-squares") else set())
    for loss in ("sam-chain", "sagd-blocks", "sam-sharp", "flat-erm", "huber", "least-squares")
} | {("sagd-blocks", "sagd"): {"as analysed", "free"}}
# Theorems 3 and 7 start at 0 and ask for at least one bad column, or exactly one.
LOWER = {("sam-chain", "sam"): {"as analysed", "free"}, ("sagd-blocks", "sagd"): {"as analysed", "free"}}
COLUMNS = {"sam-chain": lambda count: count == 1, "sagd-blocks": lambda count: count >= 1}


@pytest.mark.parametrize(("loss", "method", "setting"), list(itertools.product(LOSSES, METHODS, SETTINGS)))
def test_claims_are_made_where_the_table_allows_them_and_nowhere_else(loss, method, setting):
    steps = 6 if method == "sgd" or loss != "sam-chain" else 16
    numbers = {"n": 6, "steps": steps, "step_size": 1 / 6, "allow_outside": True} | SETTINGS[setting]
    if method not in READ.get(setting, METHODS):
        with pytest.raises(InputError, match="does not read it"):
            sco_flat.run(loss, method=method, **numbers)
        return
    if method == "sagd" and (loss not in EXACT or (setting == "start" and loss == "sagd-blocks")):
        with pytest.raises(InputError, match="oracle"):
            sco_flat.run(loss, method=method, oracle="adversarial", **numbers)
        return
    found, simulation = runs.execute(sco_flat.request_from(loss, method, **numbers))
    made = [c for c in found.claims if c.kind == "conclusion" and c.verdict != "not applicable"]
    upper, lower = ([c for c in made if c.relation == relation] for relation in ("<=", ">="))
    assert bool(upper) == (setting in UPPER.get((loss, method), ()))
    allowed = setting in LOWER.get((loss, method), ())
    if allowed and setting == "free":
        allowed = COLUMNS[loss](len(simulation.layout.sample.event.columns))
    assert bool(lower) == allowed
    assert all(c.verdict == "holds" for c in made)
    assert all(c.note for c in found.claims if c.verdict == "not applicable")


@pytest.mark.parametrize("steps", [16, 32, 100])
def test_a_condition_met_up_to_rounding_is_met_in_every_table(steps):
    """At r = limit (1 + 1e-13) the hypothesis and the bound say the same."""
    for loss, method in (("sam-chain", "sam"), ("sagd-blocks", "sagd")):
        numbers = {"n": 6, "steps": steps, "step_size": 1 / 6}
        limit = sco_flat.run(loss, method=method, **numbers).parameters["perturbation_radius"]
        for factor in (1 - 1e-13, 1.0, 1 + 1e-13, 1 + 1e-6):
            found = sco_flat.run(
                loss, method=method, perturbation_radius=limit * factor, allow_outside=True, **numbers
            )  # fmt: skip
            broken = any(c.verdict == "fails" for c in found.claims if c.kind == "hypothesis")
            lower = [c for c in found.claims if c.relation == ">=" and c.kind == "conclusion"]
            assert lower
            assert all((c.verdict == "not applicable") == broken for c in lower)
