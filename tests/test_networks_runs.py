"""Runs on networks: steps against exact fractions, bits of the convex driver, batches, stages, limits, failures."""

import itertools
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from sco_flat import instances, runs
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.methods.base import listed_batches
from sco_flat.networks import curvature
from sco_flat.requests import request_from
from sco_flat.settings import Settings
from sco_flat.sweeps import plan as sweeps
from sco_flat.works.wen_li_ma import training


def build(data="xor", **options):
    numbers = {"n": 9, "steps": 4, "step_size": 0.125, "perturbation_radius": 0.75, "inputs": 5, "width": 4}
    return instances.get(data)(**numbers | options)


# --- steps in fractions ----------------------------------------------------------------------------------
def slopes(w, examples, d, width):
    """Gradient of the mean square of a two-layer ReLU network without bias, in fractions."""
    first, second = w[: d * width], w[d * width :]
    found = [Fraction(0)] * len(w)
    for x, y in examples:
        sums = [sum(x[i] * first[i * width + j] for i in range(d)) for j in range(width)]
        apart = 2 * (sum(a * max(u, 0) for a, u in zip(second, sums, strict=True)) - y) / len(examples)
        for j, u in enumerate(sums):
            if u > 0:
                found[d * width + j] += apart * u
                for i in range(d):
                    found[i * width + j] += apart * second[j] * x[i]
    return found


def root(x):
    """A square root with 60 digits; exact for squares of fractions."""
    scale = 10**120
    exact = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    return exact if exact * exact == x else Fraction(math.isqrt(int(x * scale)), 10**60)


def short(x):
    """A fraction with a denominator of 60 digits at most: a step multiplies the digits by nine."""
    return x if x.denominator < 10**60 else Fraction(round(x * 10**60), 10**60)


def exact_run(start, picks, radius, eta, examples, d, width):
    """Iterates of SAM (SGD where the radius is 0) with these examples in each step."""
    w = [Fraction(x) for x in start]
    for pick in picks:
        chosen = [examples[k] for k in pick]
        g = slopes(w, chosen, d, width)
        norm = root(sum(x * x for x in g))
        at = [x + (radius / norm * s if radius and norm else 0) for x, s in zip(w, g, strict=True)]
        w = [x - eta * s for x, s in zip(w, slopes(at, chosen, d, width), strict=True)]
        w = [short(x) for x in w]
        yield w


def test_a_sam_step_with_a_rational_norm_is_exact():
    """``x = (1, 1), w = (1/2, 1/2), a = 2``: the gradient is (4, 4, 2), of norm 6, and every number is a double."""
    loss = build(n=1, inputs=2, width=1, steps=2)
    sample = loss.table(np.ones((1, 2)), np.ones(1), np.random.default_rng(0))
    run = simulate(loss, sample, Settings("sam", start=np.array([0.5, 0.5, 2.0]), batch_size=1))
    (wanted,) = exact_run([0.5, 0.5, 2.0], [[0]], Fraction(3, 4), Fraction(1, 8), [([1, 1], 1)], 2, 1)
    assert [Fraction(x) for x in run.last] == wanted == [Fraction(-47, 32), Fraction(-47, 32), Fraction(1, 4)]


@pytest.mark.parametrize("method", ["sgd", "sam", "gd"])
def test_first_steps_are_those_of_fractions(method):
    """Dyadic start, six steps in fractions of 60 digits: the run may miss by its own rounding alone."""
    loss = build(steps=7, step_size=2.0**-6, perturbation_radius=0.25, n=6)
    start = np.random.default_rng(2).integers(-16, 16, loss.dimension) / 16.0
    sample = loss.draw("free", 3)
    settings = Settings(method, start=start, order="without-replacement", batch_size=1 if method == "sam" else None)
    run = simulate(loss, sample, settings, 3)
    picks = [[int(-b - 2)] if b < 0 else [k for k in range(6) if b >> k & 1] for b in run.batches()]
    picks = picks * 6 if method == "gd" else picks
    assert len({tuple(p) for p in picks}) == (1 if method == "gd" else 6)
    examples = [([int(v) for v in x], int(y)) for x, y in zip(sample.inputs, sample.labels, strict=True)]
    radius = Fraction(1, 4) if method == "sam" else 0
    every = list(exact_run(start, picks, radius, Fraction(1, 64), examples, loss.inputs, loss.width))
    assert len(every) == 6
    for (_, w), wanted in zip(list_of(run, range(2, 8)), every, strict=True):
        assert np.array(w) == pytest.approx([float(x) for x in wanted], rel=1e-14, abs=1e-15)
    assert np.abs(run.last - start).max() > 0.02


def list_of(run, times):
    return [(t, w.copy()) for t, w in run.snapshots(times)]


# --- the convex driver -----------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [12, 80])
@pytest.mark.parametrize("method", ["gd", "sgd", "sam", "sam-momentum", "weight-decay"])
def test_one_linear_layer_has_the_bits_of_least_squares(method, n):
    """``(f - y)²`` with eta/2 is ``½ (f - y)²`` with eta: a power of two that changes no bit."""
    numbers = {"n": n, "steps": 60, "perturbation_radius": 0.2}
    line = instances.get("least-squares")(dimension=9, step_size=0.25, **numbers)
    sample = line.draw("free", 4)
    net = instances.get("ball")(inputs=9, depth=1, activation="linear", step_size=0.125, **numbers)
    table = net.table(sample.inputs, sample.labels, np.random.default_rng(0))
    own = {"weight_decay": 0.0} if method == "weight-decay" else {}
    settings = Settings(method, start=("gaussian", 0.5), order="without-replacement", own=own)
    convex, network = simulate(line, sample, settings, 5), simulate(net, table, settings, 5)
    assert (convex.last == network.last).all()
    assert (convex.window_sum == network.window_sum).all()
    assert np.abs(network.last - network.started()).max() > 0.1


# --- batches ---------------------------------------------------------------------------------------------
def members(batches, table):
    for code in (-(batches + 2)).tolist():
        first, count = code & (2**40 - 1), (code >> 40) + 1
        yield [first] if count == 1 else table[first : first + count].tolist()


@pytest.mark.parametrize(("n", "size"), [(10, 1), (10, 4), (100, 7), (100, 100)])
def test_epochs_hold_every_example_once_and_are_shuffled_anew(n, size):
    an_epoch = -(-n // size)
    steps = 5 * an_epoch + 1
    found = list(members(*listed_batches(n, steps, size, "without-replacement", np.random.default_rng(0))))
    epochs = [list(itertools.chain(*found[k : k + an_epoch])) for k in range(0, len(found), an_epoch)]
    assert len(found) == steps - 1
    assert all(sorted(epoch) == list(range(n)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 5
    afresh = list(members(*listed_batches(n, steps, size, "with-replacement", np.random.default_rng(0))))
    assert all(len(set(batch)) == size for batch in afresh)
    assert size == n or any(sorted(itertools.chain(*afresh[k : k + an_epoch])) != list(range(n)) for k in (0, an_epoch))
    with pytest.raises(InputError, match="one pass"):
        listed_batches(n, steps, size, "one-pass", np.random.default_rng(0))


def test_single_sam_runs_as_batches_of_one_and_as_masks():
    """A batch of one through the table, and sgd's batches beyond and below 62 examples, take the same steps."""
    for n in (9, 70):
        loss = build(n=n, inputs=8, steps=200, perturbation_radius=0.0, step_size=0.01)
        sample = loss.draw("free", 0)
        one = simulate(loss, sample, Settings("sam", start="own", batch_size=1, order="without-replacement"), 0)
        sgd = simulate(loss, sample, Settings("sgd", start="own", order="without-replacement"), 0)
        assert (one.last == sgd.last).all()


# --- stages, clamp, cap, noise ---------------------------------------------------------------------------
def test_stages_are_runs_one_after_the_other():
    loss = build(steps=31, n=20, inputs=7)
    sample = loss.draw("free", 0)
    whole = simulate(loss, sample, Settings("sam", start="own", stages="20:.125:.75,7:.0625:.1,3:.25:0"), 2)
    w = whole.started()
    for steps, eta, r in ((20, 0.125, 0.75), (7, 0.0625, 0.1), (3, 0.25, 0.0)):
        part = replace(loss, steps=steps + 1, step_size=eta, perturbation_radius=r)
        w = simulate(part, sample, Settings("sam", start=w), 2).last
    assert (whole.last == w).all()
    assert not (whole.last == simulate(loss, sample, Settings("sam", start="own"), 2).last).all()


def test_stages_say_t_eta_and_r_and_no_bound_speaks():
    run = runs.run("least-squares", "sam", stages=[(40, "1/4", 0.1), (9, "1/8", 0)])
    assert (run.parameters["steps"], run.parameters["step_size"]) == (50, 0.25)
    assert run.parameters["stages"] == "40:0.25:0.1,9:0.125:0.0"
    assert {c.verdict for c in run.claims} == {"not applicable"}
    assert any("schedule stages" in c.note for c in run.claims)
    for wrong in ("3", "3:1", "0:1:1", "3:0:1", "3:1:-1", "", "a:b:c", [(1, 2)], 7):
        with pytest.raises(InputError, match="stages"):
            request_from("xor", stages=wrong)
    with pytest.raises(InputError, match="steps = 7: is said by the stages"):
        request_from("xor", stages="6:.1:.1", steps=7)
    with pytest.raises(InputError, match="the stages set the step sizes"):
        request_from("xor", stages="6:.1:.1", schedule="linear-decay")
    loss = build(steps=9)
    with pytest.raises(InputError, match="have 6 steps and T = 9 asks for 8"):
        simulate(loss, loss.draw("free", 0), Settings("gd", stages="6:.1:.1"))


@pytest.mark.parametrize("data", ["xor", "least-squares"])
def test_a_clamp_holds_exactly_and_at_zero_nothing_moves(data):
    numbers = {"steps": 200, "step_size": 0.05, "perturbation_radius": 0.1, "seed": 1, "start": "gaussian:0.3"}
    moved = {}
    for bound in (0.0, 0.01, 10.0):
        run, simulation = runs.execute(request_from(data, "sam", clamp=bound, **numbers))
        start = simulation.started()
        assert np.abs(simulation.last - start).max() <= bound  # in doubles, without room
        assert all(c.verdict == "not applicable" for c in run.claims if c.kind == "conclusion") or data != "xor"
        moved[bound] = np.abs(simulation.last - start).max()
    free = runs.execute(request_from(data, "sam", **numbers))[1]
    assert moved[0.0] == 0.0
    assert moved[0.01] == pytest.approx(0.01, rel=1e-12)
    assert moved[10.0] == np.abs(free.last - start).max()


def test_a_box_holds_some_entries_and_frees_others():
    loss = build(steps=100, step_size=0.05)
    sample, start = loss.draw("free", 0), np.full(loss.dimension, 0.2) + np.arange(24) / 50
    part = loss.parts()["W2"]
    low, high = np.full(24, -np.inf), np.full(24, np.inf)
    low[part], high[part] = start[part] - 1e-3, start[part] + 2e-3
    run = simulate(loss, sample, Settings("gd", start=start, box=(low, high)))
    assert (run.last >= low).all()
    assert (run.last <= high).all()
    assert np.abs(run.last - start)[loss.parts()["W1"]].max() > 0.05
    with pytest.raises(InputError, match="pair of arrays of shape"):
        simulate(loss, sample, Settings("gd", start=start, box=(low[1:], high[1:])))
    with pytest.raises(InputError, match="says the same"):
        Settings("gd", clamp=0.1, box=(low, high))


def test_the_cap_scales_the_first_layer_back():
    loss = build(steps=80, step_size=0.02, perturbation_radius=0.1, norm_cap=1.5, network="layer-norm", width=20)
    run = simulate(loss, loss.draw("free", 0), Settings("sam", start="own"), 0)
    part = loss.parts()["W1"]
    norms = [float(np.linalg.norm(w[part])) for _, w in list_of(run, range(2, 81, 13))]
    assert np.linalg.norm(run.started()[part]) > 2.0
    assert norms == pytest.approx([1.5] * len(norms), rel=1e-14)


def test_noise_of_no_size_is_gradient_descent_and_some_stays_in_its_entries():
    loss = build(steps=40, step_size=0.03125)
    sample = loss.draw("free", 0)
    plain = simulate(loss, sample, Settings("gd", start="own"), 3).last
    still = simulate(loss, sample, Settings("weight-noise", start="own", own={"bound": 0.0}), 3).last
    assert (plain == still).all()
    noisy = simulate(
        loss, sample, Settings("weight-noise", start="own", own={"bound": 0.1, "noise_from": 20.0}), 3
    ).last
    assert 1e-6 < np.abs(noisy - plain).max() < 0.5
    again = simulate(
        loss, sample, Settings("weight-noise", start="own", own={"bound": 0.1, "noise_from": 20.0}), 3
    ).last
    assert (noisy == again).all()


# --- bits, failures, sweeps ------------------------------------------------------------------------------
def test_the_floor_holds_along_a_run_of_single_sam():
    from sco_flat.networks import curvature

    request = request_from(
        "xor", "sam", inputs=8, n=24, width=16, bias="first", batch_size=1, stages="4800:.01:.1,1200:.01:0", seed=1
    )
    _, simulation = runs.execute(request)
    ratios = []
    for _, w in simulation.snapshots(range(1, 6002, 500)):
        look = simulation.look(w)
        ratios.append(curvature.trace(look) / curvature.floor(look))
    assert min(ratios) >= 1.0 - 1e-12
    assert ratios[-1] < 1.15 < ratios[0]  # SAM comes near it


def test_bits_do_not_depend_on_threads():
    """Two processes with other thread counts print the same."""
    words = [
        "run",
        "xor",
        "--d",
        "8",
        "--n",
        "70",
        "--width",
        "20",
        "--method",
        "sam",
        "--batch-size",
        "9",
        "--T",
        "300",
    ]
    texts = []
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, threads)
        out = subprocess.run(
            [sys.executable, "-m", "sco_flat", *words, "--json"], capture_output=True, text=True, check=True,
            env=environment,
        )  # fmt: skip
        texts.append({k: v for k, v in json.loads(out.stdout).items() if k != "seconds"})
    assert texts[0] == texts[1]
    here = runs.run("xor", "sam", inputs=8, n=70, width=20, batch_size=9, steps=300)
    assert json.loads(json.dumps(here.as_dict()))["points"] == texts[0]["points"]


def test_a_run_that_diverges_says_step_and_eta_and_writes_nothing(tmp_path, capsys):
    from sco_flat.cli.main import main

    target = tmp_path / "run.npz"
    words = ["run", "xor", "--method", "sgd", "--eta", "7", "--T", "500", "--save", str(target)]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "eta = 7.0: the run diverges: at step" in err
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=r"step-size = 9\.0: the run diverges"):
        runs.run("xor", "sgd", stages="3:.01:.1,500:9:.1")


def test_a_hidden_layer_that_is_zero_is_refused():
    loss = build(network="layer-norm", inputs=3, n=4, width=1, bias="none")
    with pytest.raises(InputError, match="at step 1 the hidden layer, which a norm divides, is 0"):
        simulate(loss, loss.draw("free", 0), Settings("gd", start=np.array([1.0, 1.0, 1.0, 1.0])))


@pytest.mark.parametrize("network", ["layer-norm", "batch-norm"])
def test_a_norm_beyond_a_double_is_no_zero(network):
    """Its square overflows: divided by infinity the hidden layer would be 0, and SAM would stand still in silence."""
    loss = build(network=network, width=12)
    sample, start = loss.draw("free", 0), loss.own_start(np.random.default_rng(0))
    start[loss.parts()["W1"]] *= 1e160
    with pytest.raises(InputError, match="the run diverges: at step 1 "):
        simulate(loss, sample, Settings("sam", start=start))
    with np.errstate(over="ignore"):
        assert np.isnan(loss.predict(start, sample.inputs, sample.inputs)).all()


def test_save_and_sweep(tmp_path):
    from sco_flat import export
    from sco_flat.sweeps import work

    request = request_from("xor", inputs=5, n=9, width=4, steps=20)
    run, simulation = runs.execute(request)
    export.save(str(tmp_path / "a.npz"), run, simulation)
    saved = np.load(tmp_path / "a.npz")
    assert (saved["last"] == simulation.last).all()
    text = """
    instance = "xor"
    method = "sam"
    record = ["last", "curvature"]
    [axes]
    n = 9
    T = 20
    eta = 0.01
    width = [3, 5]
    r = [0.05, 0.1]
    d = 5
    batch_size = 1
    [random]
    repeat = 2
    """
    (tmp_path / "s.toml").write_text(text)
    plan = sweeps.read(str(tmp_path / "s.toml"))
    cells = list(plan.cells())
    assert len(cells) == 8
    names = work.columns(plan.record)
    rows = [work.run(cell.arguments, plan.record)[0] for cell in cells]
    assert all(len(row) == len(names) for row in rows)
    traces = {row[names.index("last.trace")] for row in rows}
    assert len(traces) == 8
    assert all(0.0 <= row[names.index("last.accuracy")] <= 1.0 for row in rows)


def test_what_is_not_read_is_refused():
    with pytest.raises(InputError, match="least-squares does not read it"):
        request_from("least-squares", "gd", network="mlp")
    with pytest.raises(InputError, match="order"):
        request_from("least-squares", "sam", batch_size=2, order="with-replacement")
    assert request_from("xor", "sam", batch_size=2, order="with-replacement").settings.order == "with-replacement"
    with pytest.raises(InputError, match="has no start of its own"):
        runs.run("huber", start="own")
    loss = build()
    with pytest.raises(InputError, match="no example is left out of the batches of 2"):
        simulate(loss, loss.draw("free", 0), Settings("sam", batch_size=2, left_out=1))
    with pytest.raises(InputError, match="at most n = 60"):
        runs.run("xor", "sam", batch_size=61, steps=5)


def test_a_scenario_is_followed_and_misspelt_ones_are_refused():
    """The points of one pass are those of a run and its second pass; the scenarios are tested with their work."""
    asked = training.request("bias", 1, stages="900:.01:.1,300:.01:0")
    found = list(training.path(asked, 5))
    loss = asked.build()
    whole = simulate(loss, asked.sample(loss), asked.settings, 1)
    wanted = [(t, whole.look(w).empirical_risk) for t, w in whole.snapshots([m.step for m in found])]
    assert [(m.step, m.risk) for m in found] == wanted
    assert [m.step for m in found] == [1, 76, 301, 676, 1201]
    assert found[-1].risk == whole.look(whole.last).empirical_risk
    with pytest.raises(InputError, match=r"scenario = .*no-bias"):
        training.request("nobias")
    with pytest.raises(InputError, match="the run diverges: at step"):
        list(training.path(training.request("bias", stages="900:9:.1")))


def test_noise_of_no_size_is_gradient_descent_to_the_bit():
    """Three equal gradients, added and divided by 3, need not be the gradient."""
    loss = build(steps=60, n=20, inputs=7)
    sample = loss.draw("free", 0)
    plain = simulate(loss, sample, Settings("gd", start="own"), 3).last
    for own in ({"bound": 0.0, "draws": 3.0}, {"bound": 0.5, "draws": 3.0, "noise_from": 1e6}):
        assert (simulate(loss, sample, Settings("weight-noise", start="own", own=own), 3).last == plain).all()
    own = {"bound": 0.5, "draws": 3.0}
    assert np.abs(simulate(loss, sample, Settings("weight-noise", start="own", own=own), 3).last - plain).max() > 1e-3


def test_an_average_counts_iterates_at_which_single_examples_have_no_gradient():
    """With width 1 and relu most examples are asleep: SAM stays where it is, and the iterate counts all the same."""
    loss = build(steps=41, n=20, inputs=7, width=1, step_size=0.01, perturbation_radius=0.1)
    sample = loss.draw("free", 1)
    settings = Settings("sam", start="own", batch_size=1, order="without-replacement")
    for window in ((1, 41), (13, 41), (5, 29)):
        run = simulate(loss, sample, settings, 4, window)
        path = [w for _, w in list_of(run, range(window[0], window[1] + 1))]
        still = sum(bool((u == v).all()) for u, v in itertools.pairwise(path))
        assert 3 <= still < len(path) - 3
        assert run.average == pytest.approx(np.mean(path, axis=0), rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("network", ["mlp", "layer-norm", "batch-norm"])
def test_a_trace_in_parts_is_the_trace(network, monkeypatch):
    loss = build(network=network, bias="first", n=23, inputs=7, width=12)
    look = simulate(loss, loss.draw("free", 0), Settings("gd", start="own"), 0)
    look = look.look(look.last)
    whole = curvature.trace(look)
    sizes = []
    network_jacobian = loss.architecture.jacobian

    def watched(loss, w, inputs, sample):
        sizes.append(len(inputs))
        return network_jacobian(loss, w, inputs, sample)

    monkeypatch.setattr(curvature, "HELD", 5 * loss.dimension)
    monkeypatch.setattr(type(loss), "architecture", replace(loss.architecture, jacobian=watched))
    assert curvature.trace(look) == pytest.approx(whole, rel=1e-14)
    assert sizes == [5, 5, 5, 5, 3]
