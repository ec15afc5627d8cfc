"""Measured leave-one-out stability against runs spelled out in NumPy, and against its bounds."""

import functools
import itertools
import json

import linear_reference as ordinary
import numpy as np
import pytest
from conftest import build, dense_look, sample_for
from hypothesis import given, settings
from hypothesis import strategies as st

from sco_flat import bounds, cli, instances
from sco_flat.comparisons import curves, spread, stability, strengths
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.runs import execute, request_from
from sco_flat.settings import Settings
from sco_flat.terminal import comparisons, tables
from sco_flat.works.base import numbers_of
from sco_flat.works.flat_minima import upper

LOUD = {"lam": 0.3, "gamma": 0.4, "delta_1": 0.2, "delta_2": 0.7, "delta_3": 0.4, "delta": 0.5}


def spelled_out(instance, sample, method, start, left_out):
    """Average of the iterates of GD or SAM on ``(1/n) sum_{j != left_out} f(., z_j)``, dense."""
    n = instance.n
    w, total = start.copy(), np.zeros(start.size)
    batch = ((1 << n) - 1) & ~(0 if left_out is None else 1 << left_out)
    share = batch.bit_count() / n
    for _ in range(instance.steps):
        total += w
        look = dense_look(instance, sample, w)
        look.batch = batch
        slope = look.gradient()
        norm = np.linalg.norm(slope)
        if method == "sam" and norm > 0:
            slope = look.gradient(slope, instance.perturbation_radius / norm)
        w = w - instance.step_size * share * slope
    return total / instance.steps


@pytest.mark.parametrize("method", ["gd", "sam"])
@pytest.mark.parametrize(
    ("name", "options", "engine"),
    [
        ("flat-erm", {}, "dense"),
        ("sagd-blocks", {}, "dense"),
        ("sam-chain", LOUD, "dense"),
        ("sam-chain", {}, "dense"),
        ("sam-chain", {}, "auto"),
    ],
)
def test_eps_is_that_of_runs_spelled_out(method, name, options, engine):
    instance = build(name, options)
    sample = sample_for(instance, seed=3)
    rng = np.random.default_rng(1)
    given = name != "sam-chain" or options
    start = rng.standard_normal(instance.dimension) * 0.3 if given else np.zeros(instance.dimension)
    settings = Settings(method=method, engine=engine, start=start if given else "zero")
    found = stability.leave_one_out(instance, sample, settings)
    full = spelled_out(instance, sample, method, start, None)
    expected = [np.linalg.norm(full - spelled_out(instance, sample, method, start, i)) for i in range(instance.n)]
    np.testing.assert_allclose(found.distances, expected, rtol=1e-9, atol=1e-30)
    assert found.eps == pytest.approx(np.mean(np.square(expected)), rel=1e-9)
    assert found.growth[0] == 0.0
    assert found.growth.shape == (instance.steps,)


def test_leaving_out_drops_one_bit_of_every_column():
    instance = build("sam-chain")
    sample = sample_for(instance, seed=5)
    for i in range(instance.n):
        smaller, rest = instance.without(sample, i)
        kept = [k for k in range(instance.n) if k != i]
        for place, k in enumerate(kept):
            assert np.array_equal(rest.codes >> place & 1, sample.codes >> k & 1)
        assert smaller.chain() == pytest.approx(instance.chain(), rel=1e-12)
        assert smaller.step_size == instance.step_size
        assert rest.idle == 1


@pytest.mark.parametrize(
    ("name", "method", "numbers"),
    [
        ("sam-chain", "sam", {"steps": 64, "step_size": 1 / 16}),
        ("sam-chain", "gd", {"steps": 16, "step_size": 1 / 16}),
        ("sagd-blocks", "sagd", {"steps": 16, "flatness_radius": 0.02}),
        ("sagd-blocks", "sagd", {"steps": 16, "flatness_radius": 0.02, "preset": "robust", "oracle": "uniform"}),
        ("sam-sharp", "sam", {"steps": 16, "start": np.array([0.3])}),
        ("flat-erm", "gd", {"steps": 16, "flatness_radius": 0.1, "start": ("gaussian", 0.1)}),
    ],
)
def test_bounds_hold_with_room(name, method, numbers):
    found, claims = stability.claims(request_from(name, method, n=6, **({"step_size": 0.25} | numbers)))
    assert [c.verdict for c in claims] == ["holds"] * (5 if method == "sagd" else 3)
    assert claims[0].bound <= claims[1].bound <= claims[2].bound
    if method == "sagd":  # for maximisers, along the run and a priori
        assert claims[3].bound <= claims[4].bound <= claims[2].bound
    assert found.eps > 0


def test_a_measured_value_above_a_bound_is_flagged(monkeypatch):
    request = request_from("sam-chain", "sam", n=6, steps=16, step_size=1 / 16)
    found, _ = stability.claims(request)
    real = spread.bounds.stability_sharper

    @functools.wraps(real)
    def cut(**numbers):
        bound = real(**numbers)
        return type(bound)(**(vars(bound) | {"value": found.eps * 0.99}))

    monkeypatch.setattr(spread.bounds, "stability_sharper", cut)
    assert stability.claims(request)[1][1].verdict == "fails"


def test_outside_its_range_a_bound_does_not_apply(capsys):
    words = ["bounds", "stability", "sam-chain", "--n", "6", "--steps", "8", "--step-size", "1/2"]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert "1/(4 smoothness)" in out or "1/(4 beta)" in out
    assert cli.main([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [c["verdict"] for c in data["claims"]] == ["holds", "holds", "not applicable"]
    assert len(data["distances"]) == 6
    assert cli.main([*words, "--batch-size", "2"]) == 0
    out = capsys.readouterr().out
    assert "sum of F_S(w_t + v_t): not measured" in out
    assert out.count("[1]") == 4
    assert "[1] it speaks of all examples in every step" in out


@pytest.mark.parametrize("method", ["gd", "sgd", "sagd", "sam"])
def test_ordinary_problems_by_example_and_over_t(method, capsys):
    words = ["bounds", "stability", "least-squares", "--method", method, "--n", "8", "--steps", "12"]
    assert cli.main([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["distances"]) == 8
    assert data["eps"] == pytest.approx(np.mean(np.square(data["distances"])))
    assert data["growth"][0] == 0.0 < data["growth"][-1]
    assert len(data["growth"]) == 12
    wanted = ["holds", "holds", "not applicable" if method == "sgd" else "holds"]
    wanted += ["holds", "not applicable"] if method == "sagd" else []  # numerical maximisers: with their gap, measured
    assert (data["gap"] > 0.0) == (method == "sagd")
    assert [c["verdict"] for c in data["claims"]] == wanted
    assert cli.main(["bounds", "stability", "logistic", "--method", method, "--steps", "5"]) == 0
    assert "no w* has loss 0" in capsys.readouterr().out


def test_numerical_maximisers_count_by_their_largest_gaps():
    """The gap of the run on S, and the mean of those without an example, of which F_{S^(i)} is (n-1)/n."""
    request = request_from("least-squares", "sagd", n=5, steps=6, step_size=0.25, perturbation_radius=0.5)
    found, claims = stability.claims(request)
    apart = [found.simulation.oracle_gap]
    for i in range(5):
        smaller, rest = found.simulation.instance.without(found.simulation.layout.sample, i)
        apart.append(0.8 * simulate(smaller, rest, request.settings, request.seed).oracle_gap)
    assert found.gap == pytest.approx(apart[0] + np.mean(apart[1:]), rel=1e-12)
    numbers = {"step_size": 0.25, "steps": 6, "smoothness": 1.0, "perturbation_radius": 0.5, "n": 5}
    bound = bounds.sa_gd_stability_trajectory(**numbers, summed_risk=found.summed_risk, gap=found.gap)
    assert claims[3].bound == bound.value
    exact = stability.claims(request_from("sagd-blocks", "sagd", n=6, steps=8, step_size=0.25, flatness_radius=0.02))
    assert exact[0].gap == 0.0
    assert f"added: {tables.number(found.gap)}" in comparisons.stability_text(found, claims)
    assert "gap of the maximisers" not in comparisons.stability_text(*exact)


def test_without_normalisation_sam_has_bounds_of_its_own(capsys):
    numbers = {"n": 8, "steps": 12, "step_size": 0.25, "perturbation_radius": 0.5, "normalize": False}
    request = request_from("least-squares", "sam", **numbers)
    found, claims = stability.claims(request)
    assert [c.verdict for c in claims] == ["not applicable"] * 3 + ["holds"] * 2
    assert claims[3].bound <= claims[4].bound
    plain = {"step_size": 0.25, "steps": 12, "smoothness": 1.0, "perturbation_radius": 0.5, "n": 8}
    far = bounds.unnormalized_sam_stability(**plain, distance=numbers_of(found.simulation)["distance"])
    assert claims[4].bound == far.value
    kinds = {c.name: c.verdict for c in execute(request)[0].claims}
    assert kinds["empirical_risk of the full average <= un-normalised SAM"] == "holds"
    mean = strengths.of_instance(request, 4)
    assert [mean.claim(key).verdict for key in ("trajectory", "a_priori", "paper")] == [
        "holds", "holds", "not applicable",
    ]  # fmt: skip
    more = ["--step-size", "1/4", "--radius", "0.9", "--no-normalize"]
    assert cli.main(["bounds", "stability", "least-squares", "--method", "sam", *more]) == 0
    assert "must be below 1/smoothness - step_size/2 = 0.875" in capsys.readouterr().out


def test_of_several_bounds_on_a_run_the_smallest_counts():
    numbers = {"n": 20, "width": 16, "steps": 40, "step_size": 1 / 100, "perturbation_radius": 0.5}
    request = request_from("sagd-blocks", "sagd", **numbers, allow_outside=True)
    found = strengths.of_instance(request, 3)
    given = {"step_size": 0.01, "steps": 40, "smoothness": 1.0, "perturbation_radius": 0.5, "n": 20}
    ahead = given | {"flatness_radius": 0.0, "distance": 0.0}
    assert found.claim("a_priori").bound == bounds.sa_gd_risk(**ahead).value
    assert found.claim("a_priori").bound < bounds.risk_a_priori(**ahead, method="sa-gd").value
    along = bounds.sa_gd_stability_trajectory(**given, summed_risk=found.means["summed_risk"])
    risk = {"smoothness": 1.0, "empirical_risk": found.means["empirical_risk"], "stability": along.value}
    assert found.claim("trajectory").bound == pytest.approx(bounds.risk_sharper(**risk).value, rel=1e-12)
    source = curves.Source("sagd-blocks", "sagd", numbers, 2)
    assert source.parts(0.0)[1] == 2 * bounds.sa_gd_stability(**ahead).value
    plain = {"n": 8, "steps": 9, "step_size": 0.25, "perturbation_radius": 0.5, "normalize": False}
    own = {key: value for key, value in plain.items() if key not in ("n", "normalize")}
    reach = bounds.unnormalized_sam_reach(**own, smoothness=1.0, distance=1.0).value
    assert curves.Source("least-squares", "sam", plain, 2).parts(1.0)[0] == reach


def test_refusals():
    instance = build("flat-erm", n=1, width=4)
    with pytest.raises(InputError, match="n >= 2"):
        stability.leave_one_out(instance, sample_for(instance), Settings(method="gd"))
    with pytest.raises(InputError, match="is for SGD and mini-batches"):
        Settings(method="sam", left_out=2)


# --- SGD: the run without z_i skips its steps ---


@pytest.mark.parametrize("order", ["one-pass", "without-replacement", "with-replacement"])
@pytest.mark.parametrize(("name", "options"), [("sagd-blocks", {}), ("sam-chain", LOUD), ("flat-erm", {})])
def test_sgd_without_an_example_is_the_run_spelled_out(name, options, order):
    steps = 7 if order == "one-pass" else 17
    instance = build(name, options, steps=steps)
    sample = sample_for(instance, seed=3)
    start = np.random.default_rng(1).standard_normal(instance.dimension) * 0.3
    settings = Settings(method="sgd", order=order, start=start)
    found = stability.leave_one_out(instance, sample, settings, seed=4)
    masks = found.simulation.batches()
    assert masks.size == steps - 1
    summed = 0.0

    def average(left_out):
        nonlocal summed
        w, total = start.copy(), np.zeros(start.size)
        for t in range(steps):
            total += w
            if t < steps - 1 and masks[t] != left_out:
                look = dense_look(instance, sample, w)
                look.batch = int(masks[t])
                summed += look.value() if left_out is None else 0.0
                w = w - instance.step_size * look.gradient()
        return total / steps

    full = average(None)
    expected = [np.linalg.norm(full - average(1 << i)) for i in range(instance.n)]
    np.testing.assert_allclose(found.distances, expected, rtol=1e-9, atol=1e-14)
    assert found.summed_risk == pytest.approx(summed, rel=1e-12)
    assert found.visits == max(np.unique(masks, return_counts=True)[1])


def test_sgd_bounds_hold_on_instances_and_one_is_nearly_met():
    for name, order in (("sagd-blocks", "one-pass"), ("sam-chain", "without-replacement")):
        steps = 7 if order == "one-pass" else 20
        request = request_from(name, "sgd", n=6, steps=steps, step_size=1 / 8, order=order, start=("gaussian", 0.1))
        _, claims = stability.claims(request)
        assert [c.verdict for c in claims] == ["holds", "holds", "not applicable"]
        assert claims[0].bound <= claims[1].bound
    # one example carries all the loss and comes first: the bound along the trajectory is met up to ((T - 1)/T)²
    n = 50
    numbers = {"step_size": 0.5, "smoothness": 1.0, "n": n, "visits": 1}
    eps = (n / (n + 1) * 0.5) ** 2 / n
    bound = bounds.sgd_stability_trajectory(**numbers, summed_loss=0.5).value
    assert 0.95 * bound < eps <= bound


# --- ordinary problems, and the bounds in three strengths ---


def test_least_squares_reference():
    """n = 20, d = 40, T = 200, r = .1, eta = .25: eps .0077, along .69, a priori .97, the paper's 72, as eps."""
    numbers = {"n": 20, "dimension": 40, "steps": 200, "step_size": 0.25, "perturbation_radius": 0.1}
    measured = [ordinary.measure(ordinary.LEAST_SQUARES, "sam", seed=k, **numbers) for k in range(4)]
    given = {"step_size": 0.25, "steps": 200, "smoothness": 1.0, "perturbation_radius": 0.1, "n": 20}
    along = bounds.stability_trajectory(**given, summed_risk=np.mean([m.summed_risk for m in measured])).value
    assert 7.7e-3 / 1.5 < np.mean([m.eps for m in measured]) < 7.7e-3 * 1.5
    assert 0.69 / 1.5 < along < 0.69 * 1.5
    more = given | {"flatness_radius": 0.0, "distance": 1.0}
    assert bounds.stability_sharper(**more).value == pytest.approx(0.97, abs=5e-3)
    assert upper.stability_paper(**more).value == pytest.approx(72.0)


def _huber(q):
    return np.where(np.abs(q) <= 0.2, 0.5 * q * q, 0.2 * np.abs(q) - 0.02), np.clip(q, -0.2, 0.2)


def _half(q):
    return 0.5 * np.maximum(q, 0.0) ** 2, np.maximum(q, 0.0)


def _bent(q):
    root = np.sqrt(1 + (q / 0.3) ** 2)
    return 0.09 * (root - 1), q / root


LINKS = {
    name: ordinary.Ordinary(name, name, lambda p, y, h=h: h(p - y)[0], lambda p, y, h=h: h(p - y)[1], True)
    for name, h in {"huber": _huber, "half": _half, "bent": _bent}.items()
} | {"least-squares": ordinary.LEAST_SQUARES}


PROBLEMS = given(
    st.sampled_from(list(LINKS)), st.sampled_from(["gd", "sgd", "sagd", "sam"]), st.integers(2, 6), st.integers(1, 5),
    st.integers(1, 15), st.floats(0.01, 1.95), st.floats(0.0, 3.0), st.integers(0, 2**32),
)  # fmt: skip
"""Small problems: four links, step sizes up to 2/beta, radii beyond the distance to w*."""


@settings(max_examples=500, deadline=None)
@PROBLEMS
def test_no_random_problem_is_less_stable_than_the_bounds_say(
    link, method, n, dimension, steps, step_size, radius, seed
):
    check_stability(link, method, n, dimension, steps, step_size, radius, seed)


@pytest.mark.deep
@settings(max_examples=2000, deadline=None)
@PROBLEMS
def test_no_random_problem_of_two_thousand_is_less_stable_than_the_bounds_say(
    link, method, n, dimension, steps, step_size, radius, seed
):
    check_stability(link, method, n, dimension, steps, step_size, radius, seed)


def check_stability(link, method, n, dimension, steps, step_size, radius, seed):
    """What is measured is at most the bound along the run, and that at most the one a priori."""
    numbers = {"n": n, "steps": steps, "step_size": step_size, "perturbation_radius": radius}
    found = ordinary.measure(LINKS[link], method, dimension=dimension, seed=seed, **numbers)
    if method == "sgd":
        own = {"step_size": step_size, "smoothness": 1.0, "n": n, "visits": max(found.visits, 1)}
        along = bounds.sgd_stability_trajectory(**own, summed_loss=found.summed_risk).value
        assert found.eps <= along * (1 + 1e-9)
        if step_size <= 1.0:
            assert along <= bounds.sgd_stability(**own, distance=1.0).value * (1 + 1e-9)
        return
    own = numbers | {"smoothness": 1.0, "perturbation_radius": 0.0 if method == "gd" else radius}
    along = bounds.stability_trajectory(**own, summed_risk=found.summed_risk).value
    whole = own | {"flatness_radius": 0.0, "distance": 1.0}
    sharper = bounds.stability_sharper(**whole).value
    assert found.eps <= along * (1 + 1e-9) <= sharper * (1 + 1e-8)
    lemma = bounds.regret_sharper(**{k: v for k, v in whole.items() if k != "n"}).value
    assert found.summed_risk / steps <= lemma * (1 + 1e-9)
    if step_size <= 0.25:
        assert sharper <= upper.stability_paper(**whole).value


def test_the_stability_bound_cannot_be_cut_below_three_quarters():
    """Where nothing moves the gradient is constant: eps tends to 3/4 of the bound along the trajectory."""
    numbers = {"n": 4, "steps": 2000, "step_size": 1e-7, "perturbation_radius": 0.0}
    found = ordinary.measure(ordinary.LEAST_SQUARES, "gd", dimension=1, seed=0, **numbers)
    along = bounds.stability_trajectory(**numbers, smoothness=1.0, summed_risk=found.summed_risk).value
    assert 0.74 * along < found.eps <= along


def test_the_perturbations_part_cannot_be_cut_below_an_eighth():
    """SAM where plus and minus nearly balance: leaving a plus out turns v around, and at theta = 1 runs part by 2 r."""
    n, picks = 200, np.zeros(1, dtype=np.int64)
    x, y = np.ones((n, 1)), np.where(np.arange(n) % 2, 1e-3, -1.001e-3)
    averages = []
    for i in (None, *range(n)):
        kept = np.ones(n)
        if i is not None:
            kept[i] = 0.0
        averages.append(ordinary._run(ordinary._Data(ordinary.LEAST_SQUARES, x, y, kept), "sam", 2, 1.0, 1.0, picks))
    averages = [(iterates.mean(axis=0), summed) for iterates, summed in averages]
    eps = float(np.mean([(averages[0][0] - w) ** 2 for w, _ in averages[1:]]))
    numbers = {"step_size": 1.0, "steps": 2, "smoothness": 1.0, "perturbation_radius": 1.0, "n": n}
    bound = bounds.stability_trajectory(**numbers, summed_risk=averages[0][1]).value
    assert bound / 8 < eps <= bound


@pytest.mark.parametrize("problem", ordinary.PROBLEMS.values(), ids=list(ordinary.PROBLEMS))
def test_ordinary_losses_are_one_smooth_and_have_their_slope(problem):
    p = np.linspace(-3.0, 3.0, 601)
    for y in (-1.0, 0.3, 1.0) if problem.realizable else (-1.0, 1.0):
        slope = problem.slope(p, y)
        assert np.gradient(problem.value(p, y), p)[1:-1] == pytest.approx(slope[1:-1], abs=1e-4)
        bend = np.diff(slope) / np.diff(p)
        assert bend.min() >= 0.0
        assert bend.max() <= 1.0 + 1e-12
        assert (problem.value(p, y) >= 0.0).all()


@pytest.mark.parametrize("method", ["gd", "sam"])
@pytest.mark.parametrize("name", ["least-squares", "logistic"])
def test_three_strengths_in_order(name, method):
    numbers = {"n": 12, "dimension": 20, "steps": 50, "step_size": 0.25, "perturbation_radius": 0.1}
    found = strengths.of_instance(request_from(name, method, **numbers), 6)
    wanted = ["holds"] * 4 + (["holds"] * 2 if name == "least-squares" else ["not applicable"] * 2)
    assert [c.verdict for c in found.claims] == wanted
    for keys in (("measured", "trajectory", "a_priori", "paper"), ("measured", "measured_paper"),
                 ("trajectory", "trajectory_paper")):  # fmt: skip
        known = [found.claim(key).bound for key in keys if found.claim(key).bound is not None]
        assert known == sorted(known)
    assert found.means["eps"] > 0
    assert found.errors["population_risk"] > 0


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(LINKS)), st.sampled_from(["gd", "sagd", "sam"]), st.integers(1, 4), st.integers(1, 10),
    st.floats(0.05, 1.9), st.floats(0.0, 1.5), st.integers(0, 2**32),
)  # fmt: skip
def test_no_random_distribution_generalises_worse_than_the_bounds_say(
    link, method, dimension, steps, step_size, radius, seed
):
    """Expectations without error: all 27 samples of three examples out of three; four links."""
    rng = np.random.default_rng(seed)
    n, problem = 3, LINKS[link]
    target = rng.standard_normal(dimension)
    target /= np.linalg.norm(target)
    x = rng.standard_normal((3, dimension))
    x /= np.linalg.norm(x, axis=1)[:, None]
    y, picks = x @ target, np.zeros(1, dtype=np.int64)
    rows = np.array(list(itertools.product(range(3), repeat=n)))
    data = ordinary._Data(problem, x[rows][:, None], y[rows][:, None], np.vstack([np.ones(n), 1.0 - np.eye(n)]))
    iterates, summed = ordinary._run(data, method, steps, step_size, radius, picks)
    averages = iterates.mean(axis=-2)  # of each sample: with all examples, and without each of them
    population = problem.value(averages[:, 0] @ x.T, y).mean(axis=1)
    eps = ((averages[:, :1] - averages[:, 1:]) ** 2).sum(axis=-1).mean(axis=1)
    found = zip(population, data.value(averages)[:, 0], eps, summed[:, 0], strict=True)
    measured = [ordinary.Measured(*map(float, one), 0, 1.0) for one in found]
    given = {"n": n, "steps": steps, "step_size": step_size, "perturbation_radius": radius}
    facts = instances.get("least-squares")(n, steps, step_size, radius).facts() | Settings(method, "ascent").facts()
    found = strengths._compare(measured, facts, ordinary.bound_numbers(method, given))
    mean = found.means["population_risk"]
    for claim in found.claims:
        assert claim.bound is None or mean <= claim.bound * (1 + 1e-9), claim.name
    assert found.claim("measured").bound is not None


def test_a_generalisation_bound_without_its_stability_term_is_caught():
    """The comparison above, on a case where E F is above 4 E F_S: only eps covers it."""
    x, y = np.eye(3), np.ones(3) / np.sqrt(3)
    data = [ordinary._Data(ordinary.LEAST_SQUARES, x[list(s)], y[list(s)], np.ones(3))
            for s in itertools.product(range(3), repeat=3)]  # fmt: skip
    picks = np.zeros(1, dtype=np.int64)
    runs = [ordinary._run(d, "gd", 400, 1.0, 0.0, picks)[0].mean(axis=0) for d in data]
    population = np.mean([np.mean(0.5 * (x @ w - y) ** 2) for w in runs])
    assert population > 4 * np.mean([d.value(w) for d, w in zip(data, runs, strict=True)])


def test_strengths_of_an_instance_and_a_bound_that_is_cut(monkeypatch):
    request = request_from("sam-chain", "sam", n=6, steps=8, step_size=1 / 16)
    found = strengths.of_instance(request, 3)
    assert [c.verdict for c in found.claims] == ["holds"] * 6
    assert found.means["empirical_risk"] == 0.0
    real = bounds.risk_sharper

    @functools.wraps(real)
    def cut(**given):
        bound = real(**given)
        return type(bound)(**(vars(bound) | {"value": found.means["population_risk"] / 1e3}))

    monkeypatch.setattr(strengths.bounds, "risk_sharper", cut)
    numbers = {"n": 12, "dimension": 20, "steps": 50, "step_size": 0.25, "perturbation_radius": 0.1}
    assert strengths.of_instance(request_from("least-squares", "sam", **numbers), 6).claims[0].verdict == "fails"


def test_risk_on_the_command_line(capsys):
    words = ["bounds", "risk", "least-squares", "--n", "8", "--steps", "20", "--dimension", "10", "--samples", "3"]
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 3
    assert cli.main(words) == 0
    assert "measured stability, sharper" in capsys.readouterr().out
    for more, key in (
        (["--oracle", "uniform"], "oracle"),
        (["--method", "adam"], "method"),
        (["--samples", "1"], "samples"),
        (["--step-size", "0"], "step-size"),
    ):
        assert cli.main([*words, *more]) == 2
        assert capsys.readouterr().err.startswith(f"sco-flat: {key} = ")
    assert cli.main(["bounds", "risk", "flat-erm", "--dimension", "3"]) == 2
    assert capsys.readouterr().err.startswith("sco-flat: dimension = ")
