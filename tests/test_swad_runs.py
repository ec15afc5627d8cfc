"""SWAD and SWA on a run by name: from the command line, Python and a sweep; what they look at is said."""

import json
import math

import numpy as np
import pytest

import sco_flat
from sco_flat import cli
from sco_flat.averages.base import Average
from sco_flat.averages.swad import on_fresh, swad, training
from sco_flat.engines.layout import Look
from sco_flat.errors import InputError
from sco_flat.requests import request_from
from sco_flat.runs import execute
from sco_flat.sweeps import plan, work

WALK = {"n": 4, "steps": 64, "step_size": 0.25, "flatness_radius": 0.2}
"""q = 1/8: on SA-GD's walk the safe prefix has 1 + floor(rho²/q²) = 3 iterates."""
CHAIN = {"n": 6, "steps": 64, "step_size": 1 / 6}
NETWORK = {"inputs": 4, "n": 8, "width": 6, "steps": 40, "step_size": 0.05}
DOMAINS = {"domains": 3, "n": 8, "batch_size": 4, "inputs": 6, "width": 3, "kept": 2, "test": 4, "steps": 11}


def noted(run):
    return next(note for note in run.notes if note.startswith("swad"))


@pytest.mark.parametrize("mode", ["algorithm", "released"])
def test_fresh_examples_that_see_the_bad_column_end_it_in_the_flat_ball(mode, capsys):
    words = f"run sagd-blocks --n 4 --T 64 --rho 0.2 --average SWAD --every 1 --n-val 8 --json --mode {mode}"
    assert cli.main(words.split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["points"]["swad"]["start"] == 1
    assert found["points"]["swad"]["population_risk"] == [0.0, 0.0]
    assert found["points"]["average"]["population_risk"][0] > 0.03
    (note,) = (note for note in found["notes"] if note.startswith("swad"))
    assert "the mean loss of 8 fresh examples every step" in note
    assert mode in note
    if mode == "algorithm":
        assert "window w_1 .. w_3, ended" in note


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({}, "the population risk F every step (algorithm, Ns = 3, Ne = 6, r = 1.3)"),
        ({"validation": "f_s"}, "the training loss F_S every step"),
        (
            {"every": 5, "n_end": "8", "tolerance": "3/2", "mode": "TEXT"},
            "every 5 steps (text, Ns = 3, Ne = 8, r = 1.5)",
        ),
    ],
)
def test_what_it_looked_at_is_said_and_is_what_swad_was_given(numbers, said):
    run = sco_flat.run("sam-chain", **CHAIN, average="swad", **numbers)
    assert said in noted(run)
    ran = execute(request_from("sam-chain", **CHAIN))[1]
    rule = {"n_end": 8, "tolerance": 1.5, "mode": "text"} if "n_end" in numbers else {}
    seen = {"validation": training} if "validation" in numbers else {}
    w, window = swad(ran, numbers.get("every", 1), **seen, **rule)
    assert run.points["swad"].population_risk == ran.look(w).population_risk
    assert run.points["swad"].start == 1 + window.start * numbers.get("every", 1)
    assert set(run.points) == {"last", "average", "lowest_suffix", "swad"}


def test_a_network_and_other_averages():
    run = sco_flat.run("xor", "sam", average="swa", every=7, **NETWORK)
    assert run.points["swa"].start == 21
    assert "swa has an iterate every 7 steps from w_21" in run.notes
    found = noted(sco_flat.run("xor", "sam", average="swad", n_val=5, **NETWORK))
    assert "the mean loss of 5 fresh examples" in found
    kept = noted(sco_flat.run("domains", "sam", average="swad", n_val=4, **DOMAINS))
    assert "the mean loss of 4 examples that the sources keep" in kept
    guessed = noted(sco_flat.run("domains", "sam", average="swad", **DOMAINS))
    assert "F, estimated on points of the law" in guessed
    assert "last" in sco_flat.run("sam-chain", **CHAIN, average="last").points


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("sagd-blocks", WALK),
        ("sam-chain", CHAIN | {"density": 0.9, "allow_outside": True}), ("least-squares", {"steps": 4}),
        ("sam-valley", {"n": 4, "steps": 8, "step_size": 0.12}), ("xor", NETWORK),
    ],
)  # fmt: skip
def test_fresh_examples_are_of_the_law_and_no_part_of_the_sample(name, numbers):
    """Their mean loss is the population risk, which has a closed form, within five standard errors."""
    ran = execute(request_from(name, **numbers))[1]
    loss, layout, count = ran.instance, ran.layout, 400
    w = ran.look(ran.last + 0.05)
    low, high = w.population_risk
    losses = np.array(
        [loss.loss(layout.dense(w.w), z) for z in loss.fresh(layout.sample, np.random.default_rng(1), count)]
    )
    room = 5.0 * losses.std() / math.sqrt(count) + 1e-12
    assert low - room <= losses.mean() <= high + room
    value = on_fresh(ran, 3)(w)
    assert value == on_fresh(ran, 3)(w)
    assert value != on_fresh(ran, 4)(w)
    assert low > 0.0
    # by the kernels: a sample that holds one of them only
    z = loss.fresh(layout.sample, np.random.default_rng(2), 1)[0]
    alone = Look(type(layout)(loss, loss.repeated(z), layout.rows), w.w)
    assert alone.empirical_risk == pytest.approx(loss.loss(layout.dense(w.w), z), rel=1e-12)


def test_kept_examples_are_each_taken_once():
    loss = request_from("domains", **DOMAINS).build()
    sample = loss.draw("free", 0)
    taken = loss.fresh(sample, np.random.default_rng(0), 4)
    assert sorted(x.tolist() for x, _, _ in taken) == sorted(sample.kept_inputs.tolist())
    with pytest.raises(InputError, match=r"n_val = 5: the sources keep 4 examples"):
        loss.fresh(sample, np.random.default_rng(0), 5)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--n-start 4", "n-start = 4: is a number of an average, and none is asked for that reads it"),
        ("--average swa --mode text", "mode = text: is a number of an average"),
        ("--average swax", "did you mean 'swa' or 'swad'"),
        ("--average swad --n-end 0", "n-end = 0"),
        ("--average swad --n-start 1e3", "64 losses: are fewer than n_start = 1000"),
        ("--average swad --tolerance nan", "tolerance = nan"),
        ("--average swad --tolerance 0", "tolerance = 0.0: must be above 0"),
        ("--average swad --mode txt", "did you mean 'text'"),
        ("--average swad --every 65", "every = 65: must be a whole number, at least 1 and at most 64"),
        ("--average swad --n-val 3 --validation F", "give one of them"),
        ("--average swad --validation G", "choose one of F, F_S"),
        ("--average swad --n-start 3 --set n_start=3", "write --n-start"),
    ],
)
def test_what_cannot_be_used(words, says, capsys):
    assert cli.main(["run", "sam-chain", "--T", "64", *words.split()]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


AXES = {"n": 4, "T": 64, "eta": 0.25, "rho": 0.2, "every": 1, "n_end": [3, 64], "n-val": 8, "mode": "text"}


def test_numbers_of_an_average_are_axes_of_a_sweep_that_records_it():
    asked = plan.understand({"instance": "sagd-blocks", "record": ["swad"], "axes": AXES})
    cells = list(asked.cells())
    rows = [dict(zip(work.columns(asked.record), work.run(c.arguments, asked.record)[0], strict=True)) for c in cells]
    assert rows[0]["swad.population_risk"] == 0.0 < rows[1]["swad.population_risk"]
    numbers = {"n_end": 3, "n_val": 8, "mode": "text", "every": 1, "seed": cells[0].arguments["seed"]}
    alone = sco_flat.run("sagd-blocks", average="swad", **WALK, **numbers)
    assert rows[0]["swad.saer"] == alone.points["swad"].saer[1]
    with pytest.raises(InputError, match=r"axes\.every = 1: is a number of an average.*or record swa or swad"):
        plan.understand({"instance": "sagd-blocks", "axes": AXES})
    for key, value in (("n_end", 0), ("mode", "txt"), ("n-val", 1.5)):
        with pytest.raises(InputError, match=rf"axes\.{key} = "):
            plan.understand({"instance": "sagd-blocks", "record": ["swad"], "axes": AXES | {key: value}})


def test_an_average_of_ones_own_may_read_numbers():
    from sco_flat.vocabulary import Option

    average = Average(
        "mine", "mine", lambda run: (run.last, None), numbers=(Option("share", "real", "average", "a share"),)
    )
    assert average.read({"share": "1/4", "other": 3}) == {"share": 0.25}
