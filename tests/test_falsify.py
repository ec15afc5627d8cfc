"""What is left of the counterexamples when they are disturbed: rows that are known, edges, no silent hole."""

import json
from dataclasses import replace

import numpy as np
import pytest

import sco_flat
from sco_flat.cli.main import main
from sco_flat.comparisons import scaling
from sco_flat.comparisons.falsify import suite
from sco_flat.comparisons.falsify.changes import Change, disturbances
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.requests import request_from
from sco_flat.settings import Settings
from sco_flat.works import base as works
from sco_flat.works.counterexample import DEVIATIONS

LEVELS = [(d.kind, d.level) for d in disturbances()]


@pytest.fixture(scope="module")
def chain():
    return suite.disturbed(*suite.chosen("sam-chain"))


@pytest.fixture(scope="module")
def valley():
    return suite.disturbed(*suite.chosen("sam-valley"))


def left(row, kind, level):
    return row.cell(kind, level).left


def test_the_chain_dies_of_a_breath(chain):
    dead = [("start noise", "1e-12"), ("epsilon", "1e-12"), ("normalisation", "off")]
    dead += [("batch", level) for level in ("1", "n/2")]
    for kind, level in dead:
        assert left(chain, kind, level)[1] < 0.02, (kind, level)
    for kind, level in (("projection", "unit ball"), ("precision", "float32")):
        assert left(chain, kind, level) == pytest.approx((1.0, 1.0), rel=1e-6)


def test_batches_without_one_example_depend_on_which_is_left_out_first(chain):
    """Only one of the six may be missing in the first step; then all is left, else next to nothing."""
    cell = chain.cell("batch", "n-1")
    assert cell.note == "mean of 8 draws of the batches"
    assert cell.spread[0] < 0.02
    assert cell.spread[1] == pytest.approx(1.0, rel=1e-6)
    trial = suite._Trial(suite.chosen("sam-chain")[0], 0)
    settings, kept, dead = replace(trial.settings, batch_size=5), set(), set()
    for seed in range(24):
        run = simulate(trial.loss, trial.sample, settings, seed)
        share = run.look(run.average).population_risk[0] / trial.base[0]
        (kept if share > 0.99 else dead).add(int(run.batches()[0]))
        assert share > 0.99 or share < 0.1
    assert len(kept) == 1
    assert not kept & dead


def test_the_valley_survives_what_kills_the_chain(valley):
    for kind in ("start noise", "epsilon"):
        for level in ("1e-12", "1e-9", "1e-6"):
            assert left(valley, kind, level)[0] > 0.99, (kind, level)
        assert left(valley, kind, "1e-4")[1] < 0.01
    for level in ("1", "n/2", "n-1"):
        assert left(valley, "batch", level)[1] < 0.01


def test_the_undisturbed_values_are_those_of_plain_runs(chain, valley):
    for row, number in ((chain, {"step_size": 0.25, "steps": 64}), (valley, {"step_size": 0.12, "steps": 160})):
        found = sco_flat.run(row.instance, n=6, **number)
        assert row.value == tuple(found.points["average"].population_risk)


def test_the_papers_weights_die_of_a_kind_oracle_and_the_robust_ones_do_not():
    paper, robust = (suite._Trial(example, 0) for example in suite.chosen("sagd-blocks"))
    change = {d.level: d.make(paper.request) for d in disturbances() if d.kind == "oracle"}
    assert paper.cell("oracle", "benign", change["benign"]).left[1] < 1e-12
    assert paper.cell("oracle", "uniform", change["uniform"]).left[1] < 0.2
    for oracle in ("benign", "uniform", "coordinate"):
        assert robust.cell("oracle", oracle, change[oracle]).left[0] > 0.98


def test_an_exact_oracle_that_refuses_is_replaced_and_the_cell_says_so():
    (example,) = suite.chosen("sagd-valley")
    trial = suite._Trial(example, 0)
    found = trial.cell("start noise", "1e-6", trial.changed("start noise", 1e-6))
    assert found.note == "with the oracle ascent"
    assert found.left[0] == pytest.approx(1.0, abs=0.01)
    refused = trial.cell("oracle", "benign", Change({"oracle": "benign"}))
    assert refused.left is None
    assert "the maximisers of F_S(w + v) are not known exactly" in refused.reason


def test_edges_lie_where_the_formulas_say(chain, valley):
    """Necessary ones within the located bracket: at them, b leaves its slab or the chain does not wake."""
    for row in (chain, valley):
        edge = next(e for e in row.edges if e.kind == "epsilon")
        assert edge.predicted.kind == "necessary"
        assert edge.survives <= edge.predicted.value <= edge.dies
        assert edge.dies <= suite.FINENESS * edge.survives * (1 + 1e-12)


def test_beyond_the_necessary_epsilon_nothing_is_left_and_within_it_all(valley):
    predicted = next(e for e in valley.edges if e.kind == "epsilon").predicted.value
    trial = suite._Trial(suite.chosen("sam-valley")[0], 0)
    beyond = trial.cell("epsilon", "", trial.changed("epsilon", predicted * 1.001))
    assert beyond.left[1] == 0.0
    within = trial.cell("epsilon", "", trial.changed("epsilon", predicted / 4))
    assert within.left[0] > 0.9


@pytest.mark.parametrize(
    ("instance", "kind"),
    [("sam-valley-bits", "start noise"), ("sam-valley-bits", "epsilon"), ("sam-sharp", "start noise")],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_proved_to_be_safe_is(instance, kind, seed):
    (example,) = suite.chosen(instance)
    trial = suite._Trial(example, seed)
    edge = example.edges[kind](trial.loss, trial.sample)
    assert edge.kind == "safe"
    assert trial.cell(kind, "", trial.changed(kind, edge.value)).left[0] >= 0.5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_sharp_minimum_keeps_half_up_to_its_edge_and_less_beyond(sign):
    (example,) = suite.chosen("sam-sharp")
    trial = suite._Trial(example, 0)
    edge = DEVIATIONS * example.edges["start noise"](trial.loss, trial.sample).value
    for size, kept in ((edge, True), (1.1 * edge, sign > 0)):
        trial.settings = replace(trial.settings, start=sign * size * (1 - 1e-12))
        assert (trial.measure(Change(), trial.sample, 0)[0] >= 0.5 * trial.base[1]) == kept


@pytest.mark.parametrize("name", ["chain", "valley"])
def test_no_cell_is_silent(name, request):
    row = request.getfixturevalue(name)
    assert [(c.kind, c.level) for c in row.cells] == LEVELS
    for cell in row.cells:
        assert bool(cell.reason) == (cell.left is None) == (cell.value is None)
        if cell.left is not None:
            assert np.isfinite(cell.left).all()


@pytest.mark.deep
def test_the_whole_table_has_no_silent_cell():
    for row in suite.suite(suite.chosen()):
        assert [(c.kind, c.level) for c in row.cells] == LEVELS
        assert all(bool(c.reason) == (c.left is None) for c in row.cells)


def test_every_counterexample_names_a_statement_or_none_and_its_names_differ():
    found = suite.chosen()
    assert len({example.name for example in found}) == len(found) == 10
    assert all(example.statement in ("", *works.names()) for example in found)


def test_what_is_no_counterexample_is_refused(capsys):
    with pytest.raises(InputError, match="no work names a counterexample on it"):
        suite.chosen("huber")
    assert main(["falsify", "huber"]) == 2
    assert "sam-chain" in capsys.readouterr().err
    assert main(["falsify", "sam-sharp", "--out", "no such folder"]) == 2


def test_the_command_writes_table_and_figure(tmp_path, capsys):
    assert main(["falsify", "sam-chain", "--json", "--out", str(tmp_path)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == json.loads((tmp_path / "falsify.json").read_text())
    assert data["evidence"] == "float"
    (row,) = data["rows"]
    assert len(row["cells"]) == len(LEVELS)
    assert all(c["reason"] or c["left"] for c in row["cells"])
    assert {p.name for p in tmp_path.iterdir()} == {"falsify.json", "falsify.png", "falsify.pdf"}
    assert main(["falsify", "sam-chain"]) == 0
    text = capsys.readouterr().out
    assert "float evidence: runs suggest, they do not prove" in text
    assert "[1] sam has no inner maximiser to choose" in text


def test_another_seed_is_another_table(chain):
    other = suite.disturbed(suite.chosen("sam-chain")[0], 1)
    assert other.numbers["seed"] == 1
    assert other.value == pytest.approx(chain.value, rel=1e-3)
    assert left(other, "batch", "1") != left(chain, "batch", "1")


def test_weight_decay_knows_a_factor_of_the_loss():
    assert scaling.gap(Settings(method="sam-momentum", own={"momentum": MU, "weight_decay": DECAY})) < 1e-14


def average(instance, method, **numbers):
    request = request_from(instance, method, **numbers)
    loss = request.build()
    return simulate(loss, request.sample(loss), request.settings, 0).average


@pytest.mark.parametrize("instance", ["least-squares", "sam-valley", "sagd-blocks"])
@pytest.mark.parametrize(
    ("method", "numbers"), [("sam-momentum", {"momentum": 0.0}), ("sam-radius", {"power": 0.0}), ("sam-single", {})]
)
def test_variants_of_sam_without_their_twist_are_sam(instance, method, numbers):
    common = {"n": 6, "steps": 20, "step_size": 0.1, "perturbation_radius": 0.05}
    plain = average(instance, "sam", engine="dense", **common)
    found = average(instance, method, **common, **numbers)
    tolerance = 1e-5 if method == "sam-single" else 1e-13
    assert np.max(np.abs(found - plain)) <= tolerance * np.max(np.abs(plain))


def reference(step, loss, sample, steps, w):
    """Iterate a step that is written out in NumPy; the gradient is that of the mean over examples."""
    memory, total = np.zeros_like(w), w.copy()

    def gradient(at):
        return sample.inputs.T @ (sample.inputs @ at - sample.labels) / len(sample.labels)

    for t in range(1, steps):
        w, memory = step(w, memory, gradient, t)
        total += w
    return total / steps


ETA, R, DECAY, MU, OFFSET, POWER = 0.1, 0.05, 0.3, 0.7, 0.2, 0.5


def momentum(w, memory, gradient, t):
    g = gradient(w)
    memory = MU * memory + gradient(w + R * g / np.linalg.norm(g))
    return w - ETA * (memory + DECAY * w), memory


def adaptive(w, memory, gradient, t):
    scales, g = np.abs(w) + OFFSET, gradient(w)
    return w - ETA * gradient(w + R * scales**2 * g / np.linalg.norm(scales * g)), memory


def falling(w, memory, gradient, t):
    g = gradient(w)
    return w - ETA * gradient(w + R * t**-POWER * g / np.linalg.norm(g)), memory


@pytest.mark.parametrize(
    ("method", "own", "step"),
    [
        ("sam-momentum", {"momentum": MU, "weight_decay": DECAY}, momentum),
        ("sam-adaptive", {"offset": OFFSET}, adaptive),
        ("sam-radius", {"power": POWER}, falling),
    ],
)
def test_variants_of_sam_do_what_their_formula_says(method, own, step):
    numbers = {"n": 6, "dimension": 4, "steps": 12, "step_size": ETA, "perturbation_radius": R}
    request = request_from("least-squares", method, **numbers, **own)
    loss = request.build()
    sample = request.sample(loss)
    found = simulate(loss, sample, request.settings, 0).average
    expected = reference(step, loss, sample, 12, np.zeros(4))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    plain = average("least-squares", "sam", **numbers)
    assert np.max(np.abs(found - plain)) > 1e-4 * np.max(np.abs(plain))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_more_bad_columns_are_all_that_is_changed(valley, count):
    """Equal examples would make SAM's first step too short, whatever the columns."""
    trial = suite._Trial(suite.chosen("sam-valley")[0], 0)
    sample = trial._with_columns(count)
    assert len(sample.event.columns) == count
    assert np.unique(sample.codes).size == sample.n
    assert left(valley, "bad columns", str(count))[0] > 0.7


def test_samples_with_equal_examples_do_not_count_as_met(valley):
    trial = suite._Trial(suite.chosen("sam-valley")[0], 0)
    samples = [trial.loss.draw("free", seed) for seed in range(suite.SAMPLES)]
    met = sum(len(s.event.columns) == 1 and np.unique(s.codes).size == s.n for s in samples)
    assert 0 < met < sum(len(s.event.columns) == 1 for s in samples)
    assert f"{met} of them with the event" in valley.cell("event", "to chance").note
