"""SAM's valley for mini-batches: every batch size walks, with and without an exit."""

from dataclasses import replace

import numpy as np
import pytest

from sco_flat.comparisons.falsify import suite
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.requests import request_from

NUMBERS = {"n": 6, "steps": 1024, "step_size": 0.25, "perturbation_radius": 0.075, "gamma": 0.5, "margin": 0.075 / 8}
DISTURBED = {"start": ("gaussian", 1e-6), "epsilon": 1e-8}


def ran(method="sam", **numbers):
    """A run, its loss, and the population risk of the full average in ``eta r² T``."""
    request = request_from("sam-valley-epochs", method, **numbers)
    loss = request.build()
    run = simulate(loss, request.sample(loss), request.settings, request.seed)
    unit = loss.step_size * loss.perturbation_radius**2 * loss.steps
    return run, loss, run.look(run.average).population_risk[0] / unit


@pytest.mark.parametrize(
    ("size", "printed"), [(None, 0.0169), (1, 0.0211), (2, 0.0198), (3, 0.0189), (4, 0.0181), (5, 0.0174)]
)
def test_every_batch_size(size, printed):
    """The numbers of the note, of one sample each: others differ by a per cent."""
    for seed in (0, 1, 2):
        for exit, change in ((0.0, {}), (1.0, {}), (0.0, DISTURBED)):
            run, loss, risk = ran(**NUMBERS, exit=exit, batch_size=size, seed=seed, **change)
            assert risk == pytest.approx(printed, rel=0.025)
            assert loss.smoothness <= 3.0
            assert np.linalg.norm(run.last) <= 1.0


def test_what_kills_it():
    for change in ({"normalize": False}, {"method": "gd"}, {"batch_size": 1, "normalize": False}):
        assert ran(**NUMBERS, **change)[2] < 1e-3


def test_it_needs_all_of_the_sample_marked():
    """R is left at no point of the walk before every example has been seen."""
    run, loss, _ = ran(**NUMBERS, batch_size=1)
    bad = loss.points + run.layout.sample.event.columns[0]
    seen = set()
    for (_, w), batch in zip(run.iterates(), run.batches(), strict=False):
        moved = run.layout.dense(w)[bad] != 0.0
        if moved:
            break
        seen |= {k for k in range(6) if batch >> k & 1}
    assert seen == set(range(6))


def test_without_an_exit_there_is_no_common_zero():
    """Marks of all points leave R by ``th dl (N/2 - n + 1/2)``, more than any b in the slab takes back."""
    _, loss, _ = ran(**NUMBERS, exit=0.0)
    v = loss.valley()
    assert loss.flat_minimum() is None
    assert loss.facts()["realizable"] is False
    left = v["theta"] * v["dl"] * loss.points / 2 - v["tau_R"]
    assert left > 10 * v["tau"]
    marked = np.zeros(loss.dimension)
    marked[: loss.points] = -v["dl"]
    assert all(loss.loss(marked, z) > 0.0 for z in (0, 1, loss.points - 1))
    with_exit = request_from("sam-valley-epochs", **NUMBERS).build()
    assert all(with_exit.loss(with_exit.minimum(), z) == 0.0 for z in with_exit.support())


def test_what_is_refused():
    for numbers, text in (
        ({"exit": -1}, r"exit = -1.0: must be a number in \[0, 10\]"),
        ({"flatness_radius": 0.01}, "flatness.radius = 0.01: sam-valley-epochs has no flat ball"),
        ({"codes": "signs"}, "codes = .?signs"),
        ({"n": 7}, "n = 7: the sets are halves of n² points"),
    ):
        with pytest.raises(InputError, match=f"^{text}"):
            ran(**numbers)


def test_blocks_that_wake_beside_the_scratch_space_of_the_loss():
    """A batch wakes blocks; what a projection remembers is no part of the scratch space that this loss takes."""
    example = suite.chosen("sam-valley-epochs")[0]
    request = request_from(example.instance, example.method, batch_size=3, **example.numbers)
    loss = request.build()
    sample = request.sample(loss)
    settings = [replace(request.settings, engine=name) for name in ("blocks", "dense")]
    sparse, full = (simulate(loss, sample, chosen, seed=1) for chosen in settings)
    assert sparse.layout.rows.size > loss.awake(sample).size  # some did wake
    assert sparse.look(sparse.average).population_risk == full.look(full.average).population_risk
