"""Losses in codes: projections against other solvers, the flat bad minimum, SA-GD's walk, and what breaks them."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import nnls

from sco_flat import _jit
from sco_flat.engines.layout import Layout, Look
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.codes import random_signs, random_words
from sco_flat.instances.flat_erm_code import FlatErmCode
from sco_flat.instances.sagd_code import SagdCode
from sco_flat.samples import Sample
from sco_flat.settings import Settings

EXACT = Settings(method="sagd", oracle="exact")


def flat(n=5, rho=0.1, radius=1.0, **numbers):
    """Theorem 1's loss in a code."""
    return FlatErmCode(n, 2, 0.25, radius, rho, **numbers)


def walk(n, steps, rho, step_size=0.25, radius=None, **numbers):
    """Theorem 3's loss in a code."""
    radius = SagdCode.auto_radius(steps, step_size, rho) if radius is None else radius
    return SagdCode(n, steps, step_size, radius, rho, **numbers)


def at(loss, sample, w):
    """A look at a dense point."""
    return Look(Layout(loss, sample, np.arange(loss.m)), np.asarray(w, dtype=float))


def distance(normals, levels, point):
    """Distance to ``{normals p <= levels}`` as a least-distance problem (Lawson and Hanson), not by multipliers."""
    excess = normals @ point - levels
    if not np.any(excess > 0.0):
        return 0.0
    system = np.vstack([-normals.T, excess])
    target = np.append(np.zeros(point.size), 1.0)
    weights, _ = nnls(system, target)
    left = system @ weights - target
    return float(np.linalg.norm(left[:-1] / left[-1]))


# --- codes ---------------------------------------------------------------------------------------------


def test_codes_are_what_they_say():
    for code in (random_signs(64, 90, 3), random_words(64, 15, 8, 3)):
        assert np.linalg.norm(code.vectors, axis=1) == pytest.approx(np.ones(64), rel=1e-14)
        brute = max(float(a @ b) for a, b in itertools.combinations(code.vectors, 2))
        assert code.coherence == pytest.approx(brute, rel=1e-14)
    assert random_words(64, 15, 8, 3).vectors.min() == 0.0
    assert (random_signs(64, 90, 3).vectors == random_signs(64, 90, 3).vectors).all()
    assert (random_signs(64, 90, 3).vectors != random_signs(64, 90, 4).vectors).any()


@pytest.mark.parametrize(("maker", "numbers"), [(flat, {}), (walk, {"n": 5, "steps": 3, "rho": 0.1})])
def test_a_code_that_misses_t_is_refused_with_its_coherence(maker, numbers):
    found = maker(**numbers).code.coherence
    with pytest.raises(InputError, match=rf"two of its codes is {found:.6g}, above {found / 2:g}"):
        maker(**numbers, coherence=found / 2)
    wider = maker(**numbers, coherence=0.999)
    assert wider.pinned()["coherence"] == 0.999


def test_too_many_or_equal_codes_are_refused():
    with pytest.raises(InputError, match="n <= 12"):
        flat(13)
    with pytest.raises(InputError, match="of equal ones"):
        flat(5, code_length=3)


@pytest.mark.parametrize("maker", ["flat", "walk"])
def test_projections_against_a_least_distance_solver(maker):
    """Many half-spaces at once: far points, and products that are large."""
    rng = np.random.default_rng(5)
    several = 0
    for trial in range(12):
        if maker == "flat":
            loss = flat(4, 0.0, code_length=20, family=trial)
        else:
            loss = walk(4, 2, 0.0, letters=5, places=6, family=trial)
        sample = loss.draw("free", trial)
        w = rng.standard_normal(loss.dimension) * rng.choice([0.3, 3.0])
        look = at(loss, sample, w)
        norms, (plus, minus) = look.example_norms(), loss.levels
        several += int(look._work.flags[_jit.SOLVED])
        for k in range(loss.n):
            z = loss.example(sample, k)
            side, level = np.where(z == 1, 1.0, -1.0), np.where(z == 1, plus, minus)
            asked = np.isfinite(level)
            normals = side[asked, None] * loss.code.vectors[asked]
            parts = w[: loss.parts * loss.code.length].reshape(loss.parts, -1)
            squares = [distance(normals, level[asked], x) ** 2 for x in parts]
            wanted = math.sqrt(sum(squares) + (w[-1] ** 2 if loss.has_bias else 0.0))
            assert norms[k] == pytest.approx(wanted, rel=1e-8)
            assert loss.loss(w, z) == pytest.approx(0.5 * wanted**2, rel=1e-8)
    assert several > 12  # the closed form was not all that was asked


def test_population_risk_of_many_columns_is_a_bracket():
    """Enumerated by brute force over 1,024 examples."""
    loss = flat(4, 0.05, width=10, code_length=40)
    sample = loss.draw("free", 0)
    rng = np.random.default_rng(6)
    for scale in (1.0, 3.0):
        w = rng.standard_normal(loss.dimension) * scale
        zs = itertools.product((0, 1), repeat=10)
        brute = math.fsum(loss.loss(w, np.array(z)) for z in zs) / 2**10
        low, high = loss.population_risk(at(loss, sample, w).profile())
        assert low <= brute * (1 + 1e-12)
        assert brute <= high * (1 + 1e-12)
        assert low > 0.5 * brute


# --- the flat bad minimum ------------------------------------------------------------------------------


def test_the_flat_bad_minimum_in_251_dimensions():
    loss = flat(10, 0.1, family=1)
    assert loss.dimension == 251
    assert loss.code.coherence == 0.288
    sample = loss.draw("any", 0)
    point = np.append(loss.code.vectors[sample.event.columns[0]], 0.0)
    low, high = at(loss, sample, point).population_risk
    assert low == high == pytest.approx(0.0936, abs=5e-5)
    assert low == pytest.approx(0.25 * (1.0 - loss.levels[0] - 0.1) ** 2, rel=1e-12)


def holds_flat(seed, rng):
    """All that Theorem 1's proof says of u_I and of rho e_b, for some code and sample."""
    n, rho = int(rng.integers(3, 7)), float(rng.uniform(0.0, 0.3))
    loss = flat(n, rho, float(rng.uniform(0.0, 1.0)), code_length=int(rng.integers(12, 25)) * n, family=seed)
    sample = loss.draw("any", seed)
    u = np.append(loss.code.vectors[sample.event.columns[0]], 0.0)
    look, r = at(loss, sample, u), loss.perturbation_radius
    assert look.empirical_risk == 0.0
    assert look.saer == pytest.approx((0.5 * max(r - rho, 0.0) ** 2,) * 2, rel=1e-12, abs=1e-15)
    assert look.flatness_radius == rho
    assert look.population_risk[0] >= 0.25 * max(1.0 - loss.levels[0] - rho, 0.0) ** 2 * (1.0 - 1e-12)
    other = rng.standard_normal(loss.dimension)
    assert at(loss, sample, other / np.linalg.norm(other)).saer[0] >= look.saer[1] * (1.0 - 1e-12)
    sharp = np.zeros(loss.dimension)
    sharp[-1] = rho
    look = at(loss, sample, sharp)
    assert look.empirical_risk == look.population_risk[1] == look.flatness_radius == 0.0
    assert look.saer == pytest.approx((0.5 * r * r,) * 2, rel=1e-12, abs=1e-300)


def test_the_flat_bad_minimum_in_random_codes():
    rng = np.random.default_rng(7)
    for seed in range(200):
        holds_flat(seed, rng)


@pytest.mark.deep
def test_the_flat_bad_minimum_in_many_random_codes():
    rng = np.random.default_rng(8)
    for seed in range(2000):
        holds_flat(seed, rng)


def test_without_the_column_the_minimum_is_none():
    """A code that some example sees costs something at once."""
    loss = flat(5)
    sample = loss.draw("one", 0)
    seen = next(i for i in range(loss.columns) if i not in sample.event.columns)
    assert at(loss, sample, np.append(loss.code.vectors[seen], 0.0)).empirical_risk > 0.01


# --- SA-GD's walk --------------------------------------------------------------------------------------


def final(loss):
    """``¼ [(1 - t) q0 sqrt(T - 1) - rho]_+²``."""
    t, rho = loss.pinned()["coherence"], loss.flatness_radius
    return 0.25 * max((1.0 - t) * loss.one_step * math.sqrt(loss.steps - 1) - rho, 0.0) ** 2


def averaged(loss):
    """The same for the full average, whose part s is ``-q0 (T - s)/T u_I``."""
    t, steps = loss.pinned()["coherence"], loss.steps
    felt = [max((steps - s) / steps - t, 0.0) for s in range(1, steps)]
    return 0.25 * max(loss.one_step * math.sqrt(sum(f * f for f in felt)) - loss.flatness_radius, 0.0) ** 2


def test_the_walk_in_1536_dimensions():
    loss = walk(8, 8, 0.15)
    assert loss.dimension == 1536
    assert loss.code.coherence == pytest.approx(11 / 24, rel=1e-15)
    run = simulate(loss, loss.draw("any", 0), EXACT)
    low, high = run.look(run.last).population_risk
    assert low == high == pytest.approx(0.0318, abs=5e-5)
    assert run.engine.name == "dense"
    assert run.projections[1] == 0  # never several half-spaces at once


def holds_walk(loss, seed):
    """The paper's dynamics, that its push is an exact maximiser, and the risks."""
    run = simulate(loss, loss.draw("any", seed), EXACT, seed)
    sample, size = run.layout.sample, loss.code.length
    u, r, rho = loss.code.vectors[sample.event.columns[0]], loss.perturbation_radius, loss.flatness_radius
    for t, w in run.iterates():
        wanted = np.zeros((loss.steps, size))
        wanted[: t - 1] = -loss.one_step * u
        assert w.reshape(loss.steps, size) == pytest.approx(wanted, rel=1e-12, abs=1e-300)
        look, push = at(loss, sample, w.copy()), np.zeros((loss.steps, size))
        push[t - 1] = r * u
        assert look.example_norms().max() == 0.0  # inside every K_z
        assert look.value(push.ravel(), 1.0) == pytest.approx(look.upper(r), rel=1e-12)
        assert look.upper(r) == pytest.approx(0.5 * (r - rho) ** 2, rel=1e-12)
    assert run.oracle_gap == 0.0
    for w, formula in ((run.last, final(loss)), (run.average, averaged(loss))):
        low, high = run.look(w).population_risk
        assert low == high == pytest.approx(formula, rel=1e-9, abs=1e-16)
    assert run.lowest_suffix()[1][0] >= averaged(loss) * (1.0 - 1e-9)


def random_walk(rng, seed, longest):
    """Numbers that the theorem allows."""
    n, steps, rho = int(rng.integers(2, 6)), int(rng.integers(2, longest)), float(rng.choice([0.0, 0.01, 0.2]))
    radius = rho + float(10.0 ** rng.uniform(-2.0, 1.0))
    step_size = float(10.0 ** rng.uniform(-3.0, 0.0))
    return walk(n, steps, rho, step_size, radius, places=int(rng.integers(5, 8)) * n, family=seed)


def test_the_walk_in_random_codes():
    rng = np.random.default_rng(9)
    for seed in range(200):
        holds_walk(random_walk(rng, seed, 5), seed)


@pytest.mark.deep
def test_the_walk_in_many_random_codes():
    rng = np.random.default_rng(10)
    for seed in range(2000):
        holds_walk(random_walk(rng, seed, 9), seed)


def test_the_average_of_a_long_walk():
    """``¼ [q0 sqrt(T (1 - t)³/3) - rho]_+²`` up to order 1/T."""
    loss = walk(3, 120, 0.02, places=12)
    run = simulate(loss, loss.draw("any", 1), EXACT)
    t = loss.pinned()["coherence"]
    limit = 0.25 * (loss.one_step * math.sqrt(loss.steps * (1.0 - t) ** 3 / 3.0) - 0.02) ** 2
    assert run.look(run.average).population_risk[0] == pytest.approx(limit, rel=0.05)


@pytest.mark.parametrize("factor", [0.5, 0.9])
def test_shallower_half_spaces_break_the_walk(factor):
    """With q0 too small the walk leaves the K_z of an example that has a minus in a column like I."""
    loss = walk(6, 6, 0.1)
    shallow = replace(loss, depth=factor * loss.one_step)
    alike = loss.code.products - 2.0 * np.eye(loss.columns)
    column = int(np.unravel_index(np.argmax(alike), alike.shape)[0])
    codes = np.full(loss.columns, 0, dtype=np.int64)
    codes[column] = loss.bad_code
    sample = Sample(codes, 6, replace(loss.draw("free", 0).event, columns=(column,)))
    simulate(loss, sample, EXACT)
    with pytest.raises(InputError, match="not known exactly"):
        simulate(shallow, sample, EXACT)


def test_no_all_plus_column_no_maximiser():
    loss = walk(6, 6, 0.1, width=8)
    for seed in range(20):
        sample = loss.draw("free", seed)
        if not sample.event.columns:
            with pytest.raises(InputError, match="not known exactly"):
                simulate(loss, sample, EXACT)
            return
    raise AssertionError("each of 20 samples had a bad column")


def test_words_in_few_places_have_other_maximisers_than_the_bad_one():
    """All ones are in the cone of the plus words of every example; a price on their number tells them apart."""
    code = random_words(1024, 30, 8, 0)
    ones = np.full(code.length, code.length**-0.5)
    rng = np.random.default_rng(0)
    for _ in range(2):
        plus = code.vectors[rng.random(1024) < 0.5]

        def squared(v, kappa, plus=plus):
            lifted = np.hstack([plus, np.full((len(plus), 1), kappa**0.5)])
            return np.linalg.norm(nnls(lifted.T, np.append(v, 0.0))[0] @ lifted) ** 2

        assert squared(ones, 0.0) == pytest.approx(1.0, abs=1e-12)
        assert squared(plus[0], 0.0) == pytest.approx(1.0, abs=1e-12)
        assert squared(ones, 0.25) <= 1 / 3 + 1e-12
        assert squared(plus[0], 0.25) == pytest.approx(0.8, abs=1e-12)
