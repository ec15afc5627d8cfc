"""One suite for every registered instance: kernels against the written loss, constants, risks, flatness."""

import itertools
import math

import called
import linear_reference
import numpy as np
import pytest
from conftest import build, dense_look, sample_for, variants

from sco_flat import _jit
from sco_flat.comparisons import stability
from sco_flat.instances.base import Loss
from sco_flat.requests import request_from

LOUD = {"lam": 0.3, "gamma": 0.4, "delta_1": 0.2, "delta_2": 0.7, "delta_3": 0.4, "delta": 0.5}


BRACKETED = ("sam-chain", "sam-valley-bits", "sam-valley-static")
"""Losses with a term whose expectation is not computed."""
OFTEN_FLAT = ("valley-2d", "flat-erm-code")
"""Losses that are flat on a large part of the ball."""
SIGNS = {"codes": "signs", "code_length": 13, "coherence": 0.9}
"""Codes so short that several half-spaces meet at once."""
VALLEYS = [("sam-valley", options) for options in ({"flatness_radius": 0.07}, {"margin": 0.1}, SIGNS)]
VALLEYS += [("sam-valley-epochs", {"exit": 0.0})]

CASES = [*variants(), ("sam-chain", LOUD), *VALLEYS]


@pytest.fixture(params=CASES, ids=["-".join([name, *map(str, options.values())]) for name, options in CASES])
def instance(request):
    """Every instance with its own constants, and the chain with constants that bring out every term."""
    return build(*request.param)


def points(instance, count=12, scale=0.3, seed=1):
    """Random points around 0, some with whole blocks at rest."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        w = rng.standard_normal(instance.dimension) * scale
        if instance.has_blocks and k % 3 == 1:
            w[: instance.length] = 0.0
        yield w


def in_ball(instance, count, seed):
    """Random points of the unit ball."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        w = rng.standard_normal(instance.dimension)
        yield w / np.linalg.norm(w) * rng.random() ** 0.3


def examples(instance):
    """All examples that there are."""
    if hasattr(instance, "support"):
        return list(instance.support())
    return [np.array(z) for z in itertools.product((0, 1), repeat=getattr(instance, "columns", instance.m))]


def mean_loss(instance, sample, w, batch):
    chosen = [k for k in range(instance.n) if batch >> k & 1]
    return math.fsum(instance.loss(w, instance.example(sample, k)) for k in chosen) / len(chosen)


def probes(dimension):
    """Every coordinate; of many only some, the last ones among them, and vectors of signs, which feel every one."""
    if dimension <= 16:
        return np.eye(dimension)
    rng = np.random.default_rng(9)
    some = np.unique([*rng.choice(dimension, 6, replace=False), *range(dimension - 3, dimension)])
    return np.concatenate([np.eye(dimension)[some], rng.choice([-1.0, 1.0], size=(8, dimension))])


def slope_along(instance, sample, x, u, batch, h):
    """Difference quotient of the written loss."""
    ends = (mean_loss(instance, sample, x + sign * h * u, batch) for sign in (1.0, -1.0))
    return (next(ends) - next(ends)) / (2 * h)


@pytest.mark.parametrize("batch", [0b111111, 0b010010])
def test_value_is_the_written_loss(instance, batch):
    sample = sample_for(instance)
    for w, v in zip(points(instance), points(instance, seed=2), strict=True):
        look = dense_look(instance, sample, w)
        look.batch = batch
        for scale in (0.0, 0.7):
            assert look.value(v, scale) == pytest.approx(mean_loss(instance, sample, w + scale * v, batch), rel=1e-13)


@pytest.mark.parametrize("batch", [0b111111, 0b010010])
def test_gradient_against_differences(instance, batch):
    sample = sample_for(instance)
    h, steep, along = 1e-6, [], probes(instance.dimension)
    far = max(0.3, 2.5 * instance.flatness_radius)  # out of the flat ball
    for w, v in zip(points(instance, 6, far), points(instance, 6, seed=2), strict=True):
        look = dense_look(instance, sample, w)
        look.batch = batch
        for scale in (0.0, 0.7):
            slope = look.gradient(v, scale)
            x = w + scale * v
            rate = np.array([slope_along(instance, sample, x, u, batch, h / (u @ u)) for u in along])
            # losses are piecewise quadratic with curvature of order 1: a kink within h costs at most about h
            assert along @ slope == pytest.approx(rate, abs=3e-6)
            steep.append(bool(np.linalg.norm(slope) > 1e-3))
    # of 12: the points do probe the slopes
    assert sum(steep) > 3 if instance.name in OFTEN_FLAT else all(steep) or instance.dimension == 1


def test_gradient_returns_its_squared_norm_and_descend_steps(instance):
    sample = sample_for(instance)
    for w, v in zip(points(instance), points(instance, seed=2), strict=True):
        look = dense_look(instance, sample, w)
        slope = look.gradient(v, 0.7)
        look._fresh()
        out = np.zeros(instance.dimension)
        squared = instance.gradient(look.layout.params, look._work, look.batch, w, v, 0.7, out)
        assert squared == pytest.approx(float(slope @ slope), rel=1e-13)
        look._fresh()
        stepped, total = w.copy(), np.zeros(instance.dimension)
        asked = look.layout.params, look._work, look.batch, stepped, v.copy(), 0.7, 0.3, total, 5.0
        called.descend(instance.descend, *asked)
        assert stepped == pytest.approx(w - 0.3 * slope, rel=1e-14, abs=1e-16)
        assert total == pytest.approx(5.0 * (stepped - w), rel=1e-14, abs=1e-16)


def test_convex_smooth_lipschitz_and_non_negative(instance):
    """Held at pairs, at distances from 1e-3 to 2, example by example."""
    sample = sample_for(instance)
    steepest = sharpest = lowest = 0.0
    for k, (x, y) in enumerate(zip(in_ball(instance, 60, 3), in_ball(instance, 60, 4), strict=True)):
        y = x + (y - x) * 10.0 ** -(k % 4)
        look_x, look_y = dense_look(instance, sample, x), dense_look(instance, sample, y)
        look_x.batch = look_y.batch = 1 << (k % instance.n)
        fx, fy, gx, gy = look_x.value(), look_y.value(), look_x.gradient(), look_y.gradient()
        assert fx >= 0.0
        gap = fy - fx - float(gx @ (y - x))
        if instance.convex is False:  # then it is refuted here, and has no constants
            lowest = min(lowest, gap)
            continue
        assert gap >= -1e-14
        sharpest = max(sharpest, float(np.linalg.norm(gx - gy) / np.linalg.norm(x - y)))
        steepest = max(steepest, float(np.linalg.norm(gx)))
        # the descent lemma in its strong form, which smooth and convex functions satisfy
        assert gap >= float((gx - gy) @ (gx - gy)) / (2 * instance.smoothness) - 1e-14
    if instance.convex is False:
        assert lowest < -1e-8
        assert math.isinf(instance.smoothness)
        return
    assert sharpest <= instance.smoothness * (1 + 1e-12)
    assert sharpest > instance.smoothness / 20  # the points do probe the constant
    assert steepest <= instance.lipschitz


@pytest.mark.parametrize(("name", "options"), [*variants(), *VALLEYS])
def test_flat_minimum_is_flat_for_every_example(name, options):
    instance = build(name, options, width=3)
    rng = np.random.default_rng(5)
    if instance.flat_minimum() is None:
        assert not instance.flat
        return
    centre = instance.minimum()
    for z in examples(instance):
        assert instance.loss(centre, z) == 0.0
        for _ in range(40):
            v = rng.standard_normal(instance.dimension)
            v *= instance.flatness_radius * (1 - 1e-12) / np.linalg.norm(v)
            assert instance.loss(centre + v, z) == 0.0
        if instance.flatness_radius and type(instance).minimum is Loss.minimum:  # others lie deeper inside the flat set
            out = centre.copy()
            out[-1] += instance.flatness_radius * (1 + 1e-6) / getattr(instance, "bias_weight", 1.0)
            assert instance.loss(out, z) > 0.0


def test_a_common_minimum_is_there_exactly_where_the_loss_says_so(variant):
    instance = build(*variant)
    sample = sample_for(instance)
    distance = instance.distance_from(None, sample)
    assert math.isfinite(distance) == instance.facts()["realizable"]
    if instance.realizable and instance.flat_minimum() is None:
        losses = [instance.loss(sample.target, instance.example(sample, k)) for k in range(instance.n)]
        assert max(losses) <= 1e-30
        assert distance == pytest.approx(np.linalg.norm(sample.target), rel=1e-15)


@pytest.mark.parametrize("dimension", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("name", ["least-squares", "logistic"])
def test_population_risk_of_linear_models_against_fresh_examples(name, dimension):
    """Half a million examples, whose mean may miss by five standard errors."""
    rng = np.random.default_rng(8)
    instance = build(name, dimension=dimension)
    sample = sample_for(instance)
    x = rng.standard_normal((500_000, dimension))
    x /= np.linalg.norm(x, axis=1)[:, None]
    labels = instance.labels(x @ sample.target)
    for scale in (0.3, 3.0):
        w = scale * rng.standard_normal(dimension)
        p = x @ w
        losses = 0.5 * (p - labels) ** 2 if name == "least-squares" else np.logaddexp(0.0, -4.0 * labels * p) / 4.0
        low, high = instance.population_risk(dense_look(instance, sample, w).profile())
        assert low == high
        assert abs(low - losses.mean()) <= 5.0 * losses.std() / math.sqrt(losses.size) + 1e-12


@pytest.mark.parametrize("method", ["gd", "sgd", "sam"])
@pytest.mark.parametrize("name", ["least-squares", "logistic"])
@pytest.mark.parametrize("n", [12, 64])
def test_linear_models_run_as_spelled_out_in_numpy(name, method, n):
    """Average, empirical risk and stability of a run of each method, below and beyond 62 examples."""
    numbers = {"n": n, "dimension": 9, "steps": 40, "step_size": 0.3, "perturbation_radius": 0.2, "seed": 3}
    wanted = linear_reference.leave_one_out(linear_reference.get(name), method, **numbers)
    request = request_from(name, method, **numbers)
    found, _ = stability.claims(request)
    run = found.simulation
    assert run.layout.sample.inputs == pytest.approx(wanted.x, abs=0)
    assert run.average == pytest.approx(wanted.average, rel=1e-12, abs=1e-14)
    assert found.distances == pytest.approx(wanted.spread.distances, rel=1e-9)
    assert found.growth == pytest.approx(wanted.spread.growth, rel=1e-9, abs=1e-20)
    assert found.summed_risk == pytest.approx(wanted.spread.summed_risk, rel=1e-12)
    assert found.visits == wanted.spread.visits


def test_population_risk_against_enumeration(variant):
    name, options = variant
    if not (build(name, options).has_blocks or build(name, options).dimension == 1):
        return  # not a law on bits: see above
    for extra in ({}, LOUD) if name == "sam-chain" else ({},):
        instance = build(name, options | extra, width=7)
        sample = sample_for(instance)
        zs = examples(instance)
        for w in points(instance, 6):
            brute = math.fsum(instance.loss(w, z) for z in zs) / len(zs)
            low, high = instance.population_risk(dense_look(instance, sample, w).profile())
            assert low <= brute * (1 + 1e-13)
            assert brute <= high * (1 + 1e-13)
            if name not in BRACKETED:
                assert high - low <= 1e-12 * brute


def test_saer_bracket_holds_the_best_of_many_perturbations(instance):
    sample = sample_for(instance)
    rng = np.random.default_rng(6)
    r = instance.perturbation_radius
    for w in [np.zeros(instance.dimension), *points(instance, 5)]:
        look = dense_look(instance, sample, w)
        low, high = instance.saer_bracket(look)
        assert look.empirical_risk <= low <= high
        best = 0.0
        for _ in range(200):
            v = rng.standard_normal(instance.dimension)
            best = max(best, look.value(v, r / float(np.linalg.norm(v))))
        assert best <= high * (1 + 1e-12)


def test_flatness_radius_is_free_and_no_larger(variant):
    name, options = variant
    instance = build(name, options)
    sample = sample_for(instance)
    rng = np.random.default_rng(7)
    look = dense_look(instance, sample, np.zeros(instance.dimension))
    radius = instance.flatness_at(look)
    if look.empirical_risk > 0.0:
        assert radius is None
        return
    for _ in range(100):
        v = rng.standard_normal(instance.dimension)
        assert look.value(v, radius * (1 - 1e-12) / float(np.linalg.norm(v))) == 0.0
    low, _ = instance.saer_bracket(dense_look(build(name, options, perturbation_radius=radius + 1e-3), sample, look.w))
    assert low > 0.0


def test_chain_constants_against_closed_forms():
    for eta, n, steps in ((1 / 24, 12, 16), (3.0, 8, 32)):
        corrected = build("sam-chain", {}, n=n, steps=steps, step_size=eta, width=None)
        d, m, r = 2.0**n * steps + 1, 2.0**n, corrected.perturbation_radius
        c, cap = corrected.chain(), max(1.0, eta)
        assert r == pytest.approx(1 / (2 * eta * math.sqrt(steps)), rel=1e-15)
        assert c["lam"] == pytest.approx(r / (4 * d * (d - 1)), rel=1e-15)
        assert c["kappa"] == pytest.approx(1 / (2 * (d - 1)), rel=1e-15)
        assert c["gamma"] == pytest.approx(c["lam"] / (2 * cap * r * math.sqrt(m + 1)), rel=1e-14)
        assert c["delta_1"] == pytest.approx(eta * c["gamma"] * r / 4, rel=1e-14)
        assert c["delta_3"] == pytest.approx(1 / (8 * (d - 1) * math.sqrt(m + 1)), rel=1e-14)
        assert (c["delta_2"], c["delta"]) == (1.0, 1 / (8 * cap))
        p = build("sam-chain", {"parameters": "printed"}, n=n, steps=steps, step_size=eta, width=None).chain()
        # the paper's mutual definitions
        assert p["gamma"] == pytest.approx(p["lam"] / (cap * (r + p["delta_1"])), rel=1e-14)
        mutual = eta * p["gamma"] * r / (2 * math.sqrt(d) - eta * p["gamma"])
        assert p["delta_1"] == pytest.approx(mutual, rel=1e-13)


def test_robust_weights_beat_every_other_column():
    for n, steps, rho in ((4, 12, 0.02), (16, 1024, 0.02), (60, 64, 0.0)):
        robust = build("sagd-blocks", {"preset": "robust"}, n=n, steps=steps, step_size=0.5, flatness_radius=rho)
        r, last = robust.perturbation_radius, robust.weights()[steps - 1]
        assert last * r - rho > math.sqrt(1 - 1 / n) * (r - rho)
        assert last > robust.bias_weight


def test_nothing_is_compiled_twice():
    """A second call, another instance and another dimension reuse every kernel."""
    from sco_flat import oracles, runs
    from sco_flat.engines import driver as _driver

    for numbers in ({"n": 6}, {"n": 7, "steps": 9}):
        runs.run("sam-chain", **numbers)
        runs.run("sagd-blocks", **numbers)
        runs.run("sam-sharp", **numbers)
    kernels = [_driver.advance, _driver.replay, oracles.get("adversarial").maximise]
    for name in ("sam-chain", "sagd-blocks", "sam-sharp"):
        cls = type(build(name, n=6, steps=6))
        kernels += [cls.value, cls.gradient, cls.descend, cls.upper, cls.profile]
    assert len(kernels) == 18
    for kernel in kernels:
        assert isinstance(kernel, _jit.Kernel)
        assert len(kernel.compiled.signatures) == 1
        assert not kernel.compiled._can_compile
