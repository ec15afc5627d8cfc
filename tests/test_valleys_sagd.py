"""The valleys of SA-GD and of two dimensions: recurrences, maximisers, risks of every suffix, and what breaks them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sco_flat import _jit, samples
from sco_flat.comparisons import stability
from sco_flat.engines import simulation
from sco_flat.engines.layout import Layout, Look
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.flat_erm_code import FlatErmCode
from sco_flat.instances.sagd_valley import SagdValley
from sco_flat.instances.valley_2d import Valley2d
from sco_flat.requests import request_from
from sco_flat.settings import Settings

EXACT = Settings(method="sagd", oracle="exact")


def valley(n, steps, step_size, rho=0.0, radius=None, **numbers):
    """The loss with its usual radius."""
    if radius is None:
        radius = SagdValley.auto_radius(steps, step_size, rho)
    return SagdValley(n, steps, step_size, radius, rho, **numbers)


def walked(loss, seed=0, **settings):
    """A run on a sample with one all-plus column."""
    return simulate(loss, loss.draw("one", seed), replace(EXACT, **settings), seed)


def unit(loss):
    """``eta (r - rho)² T/n``."""
    return loss.step_size * (loss.perturbation_radius - loss.flatness_radius) ** 2 * loss.steps / loss.n


def recurrence(loss):
    """(b, x) of block I at every t, from the two lines of the theorem."""
    steep, b, x = math.sqrt(1.0 + loss.slope**2), 0.0, 0.0
    reach = (loss.perturbation_radius - loss.flatness_radius) * steep - loss.floor_height
    for _ in range(loss.steps):
        yield b, x
        residual = abs(b) - loss.slope * x + reach
        b -= loss.step_size * (-residual if b < 0.0 else residual)
        x += loss.step_size * loss.slope * residual


def least(loss):
    """The theorem's bound: x of the full average from below, then ``⅛ [x - rho]_+²``."""
    excess = loss.perturbation_radius - loss.flatness_radius
    x = math.sqrt(loss.step_size * excess**2 * loss.steps / (30.0 * loss.n))
    return 0.125 * max(x - loss.flatness_radius, 0.0) ** 2


@pytest.mark.parametrize(
    ("n", "steps", "step_size", "average"),
    [(6, 64, 0.25, 0.0072), (6, 400, 0.12, 0.0075), (10, 200, 0.05, 0.0076), (4, 1000, 0.25, 0.0074)],
)
def test_average_in_its_unit(n, steps, step_size, average):
    loss = valley(n, steps, step_size)
    run = walked(loss)
    low, high = run.look(run.average).population_risk
    assert low == pytest.approx(high, rel=1e-12)
    assert low / unit(loss) == pytest.approx(average, abs=5e-5)
    assert run.engine.name == "blocks"
    assert run.oracle_gap == 0.0
    assert run.tied_steps == 1  # at 0 only: both signs of b


@pytest.mark.parametrize("rho", [0.0, 0.03])
def test_runs_follow_the_recurrence(rho):
    loss = valley(5, 120, 0.2, rho)
    run = walked(loss, engine="dense")
    place = 2 * run.layout.sample.event.columns[0]
    for (t, w), (b, x) in zip(run.iterates(), recurrence(loss), strict=True):
        assert w[place] == pytest.approx(b, rel=1e-9), t
        assert w[place + 1] == pytest.approx(x, rel=1e-9), t
        assert np.count_nonzero(np.delete(w, [place, place + 1])) == 0


def random_valley(rng, most, longest=40):
    """Numbers that the theorem allows, at any scale of r."""
    n, steps = int(rng.integers(4, most)), int(rng.integers(10, longest))
    step_size = float(10.0 ** rng.uniform(-4.0, math.log10(0.25)))
    radius = float(10.0 ** rng.uniform(-3.0, 1.0))
    rho = float(rng.choice([0.0, 0.02, 0.5])) * radius
    excess = (radius - rho) / (4 * n * steps)
    return valley(n, steps, step_size, rho, radius, floor=excess * float(rng.choice([1e-6, 0.1, 1.0])))


def holds(loss, seed):
    """Every lemma of the proof along a run, and the claim for every suffix."""
    run = walked(loss, seed)
    excess = (loss.perturbation_radius - loss.flatness_radius) * math.sqrt(1.0 + loss.slope**2)
    before = 0.0
    for t, w in run.iterates():
        b, x = abs(float(w[0])), float(w[1])
        assert b <= loss.step_size * excess / (1.0 - loss.step_size) * (1.0 + 1e-12)
        assert loss.slope * x + loss.floor_height <= excess / (4 * loss.n) * (1.0 + 1e-12)
        rise = loss.step_size * loss.slope * excess * (1.0 - 1.0 / (4 * loss.n))
        assert x >= (t - 1) * rise * (1.0 - 1e-12)
        assert x >= before
        before = x
    risks = run.suffix_risks[:, 0]
    assert risks.min() >= least(loss)
    if loss.flatness_radius == 0.0:
        assert risks.min() >= unit(loss) / 240.0
    assert int(np.argmin(risks)) == 0 or risks.min() == 0.0  # x grows: the full average is lowest


def test_random_settings_keep_the_claim():
    rng = np.random.default_rng(15)
    for seed in range(200):
        holds(random_valley(rng, 9), seed)


@pytest.mark.deep
def test_many_random_settings_keep_the_claim():
    rng = np.random.default_rng(16)
    for seed in range(2000):
        holds(random_valley(rng, 17, 200), seed)


def ascended(look, radius, starts=200, rounds=60):
    """The largest value that ``v <- r grad/|grad|`` finds from random starts."""
    rng, best = np.random.default_rng(3), -1.0
    for _ in range(starts):
        v = rng.standard_normal(look.w.size)
        v *= radius / np.linalg.norm(v)
        reached = -1.0
        for _ in range(rounds):
            now = look.value(v, 1.0)
            if not now > reached * (1.0 + 1e-14):
                break
            reached = now
            slope = look.gradient(v, 1.0)
            norm = float(np.linalg.norm(slope))
            if norm == 0.0:
                break
            v = slope * (radius / norm)
        best = max(best, reached)
    return best


def dense(loss, sample, w):
    """A look at a dense point."""
    return Look(Layout(loss, sample, np.arange(loss.m)), w)


@pytest.mark.parametrize("rho", [0.0, 0.1])
def test_no_ascent_beats_the_exact_maximiser(rho):
    loss = valley(4, 12, 0.25, rho, rho + 1.0)
    run = walked(loss, engine="dense")
    for t, w in run.iterates():
        if t in (1, 2, 7, 12):
            look = dense(loss, run.layout.sample, w.copy())
            exact = look.saer
            assert exact[0] == exact[1]
            best = ascended(look, loss.perturbation_radius)
            assert exact[0] * (1.0 - 1e-9) <= best <= exact[0] * (1.0 + 1e-14)


def test_runs_with_a_numerical_oracle_have_the_same_risk():
    loss = valley(4, 12, 0.25)
    exact, searched = walked(loss), walked(loss, oracle="ascent")
    wanted, found = (run.look(run.average).population_risk[0] for run in (exact, searched))
    assert searched.engine.name == "dense"
    assert found == pytest.approx(wanted, rel=1e-6)


def test_at_an_apex_there_is_an_arc_of_maximisers():
    """With h = 0 = rho the push (0, -r) is as good, and would take x to eta r at once; any h > 0 rules it out."""
    for floor, ties in ((0.0, 3), (None, 2)):
        loss = valley(4, 12, 0.25, floor=floor)
        sample = loss.draw("one", 0)
        look = dense(loss, sample, np.zeros(loss.dimension))
        along = np.zeros(loss.dimension)
        along[2 * sample.event.columns[0] + 1] = -loss.perturbation_radius
        work, v = look.layout.work(), np.zeros(loss.dimension)
        knobs = _jit.Knobs(loss.perturbation_radius, 0.0, 1, 0, _jit.freeze([0.0], np.float64))
        kernels = loss.value, loss.gradient, loss.upper
        loss.maximise(look.layout.params, work, knobs, *kernels, samples.everyone(4), 1, look.w, v)
        assert work.flags[_jit.TIES] == ties
        assert float(np.linalg.norm(v)) == pytest.approx(loss.perturbation_radius, rel=1e-15)
        if floor == 0.0:
            assert look.value(along, 1.0) == pytest.approx(look.value(v, 1.0), rel=1e-14)
        else:
            assert look.value(along, 1.0) < look.value(v, 1.0) * (1.0 - 1e-4)


def test_where_the_proof_says_nothing_the_oracle_refuses():
    """Far along the valley a push in another column is better, which is found."""
    loss = valley(4, 12, 0.25)
    sample = loss.draw("one", 0)
    counts = samples.popcounts(sample.codes)
    other = int(np.argmax(np.where(counts < 4, counts, -1)))
    steep, r = math.sqrt(1.0 + loss.slope**2), loss.perturbation_radius
    share = counts[other] / 4
    edge = r * steep * (1.0 - math.sqrt(share + (1.0 - share) / (2.0 * steep * steep))) - loss.floor_height
    for factor, known in ((0.99, True), (1.2, False)):
        w = np.zeros(loss.dimension)
        w[2 * sample.event.columns[0] + 1] = factor * edge / loss.slope
        look = dense(loss, sample, w)
        aside = np.zeros(loss.dimension)
        # down x: from behind the apex both plus and minus examples feel it
        aside[2 * other + 1] = -r
        found = max(look.value(aside, 1.0), ascended(look, r, 20))
        own = 0.5 * max(r * steep - loss.slope * w[2 * sample.event.columns[0] + 1] - loss.floor_height, 0.0) ** 2
        assert (found <= own * (1.0 + 1e-14)) == known
        assert (look.saer[0] == look.saer[1]) == known
        start = replace(EXACT, start=w, engine="dense")
        if known:
            simulate(loss, sample, start)
        else:
            with pytest.raises(InputError, match="not known exactly"):
                simulate(loss, sample, start)


@pytest.mark.parametrize("starts", [40, pytest.param(200, marks=pytest.mark.deep)])
def test_several_bad_columns_take_turns(starts):
    """The block of largest |b| - c x moves, as an ascent from many starts finds."""
    loss = valley(4, 6, 0.25, width=6, widening=0.5)
    sample = samples.Sample(np.array([15, 3, 15, 0, 15, 11]), 4, loss.draw("free", 0).event)
    run = simulate(loss, sample, replace(EXACT, engine="dense"))
    for t, w in run.iterates():
        if t in (1, 3, 6):
            look = dense(loss, sample, w.copy())
            assert look.saer[0] == look.saer[1]
            best = ascended(look, loss.perturbation_radius, starts, rounds=1000)
            assert look.saer[0] * (1.0 - 1e-9) <= best <= look.saer[0] * (1.0 + 1e-14)
    moved = run.last[:-1].reshape(6, 2)[:, 1] > 0.0
    assert moved[[0, 2, 4]].sum() > 1
    assert not moved[[1, 3, 5]].any()


def test_no_bad_column_is_refused():
    loss = valley(4, 12, 0.25, width=6)
    sample = samples.Sample(np.array([1, 2, 3, 4, 5, 6]), 4, loss.draw("free", 0).event)
    with pytest.raises(InputError, match="not known exactly"):
        simulate(loss, sample, replace(EXACT, engine="dense"))


def test_leave_one_out_runs_have_known_maximisers():
    found, _ = stability.claims(request_from("sagd-valley", n=5, steps=20, step_size=0.2))
    assert len(found.distances) == 5
    assert max(found.distances) > 0.0


def test_no_other_loss_has_that_oracle():
    request = request_from("sagd-blocks", oracle="exact")
    loss = request.build()
    with pytest.raises(InputError, match="brings no exact maximiser"):
        simulate(loss, request.sample(loss), request.settings)


@pytest.mark.parametrize("method", ["sagd", "gd", "sam", "sgd"])
def test_engines_have_equal_bits(method):
    rng = np.random.default_rng(4)
    for seed in range(12):
        loss = replace(random_valley(rng, 8), width=int(rng.integers(1, 90)))
        sample = loss.draw("one", seed)
        chosen = {"oracle": "exact"} if method == "sagd" else {}
        order = {"order": "with-replacement"} if method == "sgd" else {}
        runs = [
            simulate(loss, sample, Settings(method=method, engine=engine, **chosen, **order), seed)
            for engine in ("dense", "blocks")
        ]
        for of in (lambda run: run.last, lambda run: run.window_sum):
            assert (runs[0].layout.dense(of(runs[0])) == runs[1].layout.dense(of(runs[1]))).all()
        assert runs[0].suffix_risks == pytest.approx(runs[1].suffix_risks, rel=1e-12, abs=1e-300)
        assert np.any(runs[0].last != 0.0) == (method == "sagd")


def test_long_runs_bracket_the_suffixes(monkeypatch):
    monkeypatch.setattr(simulation, "DETAILED", 100)
    loss = valley(4, 300, 0.25)
    run = walked(loss)
    exact = run.look(run.average).population_risk[0]
    low, high = run.suffix_risks[0]
    assert low <= exact * (1.0 + 1e-9)
    assert exact <= high
    assert run.suffix_risks[:, 0].min() >= unit(loss) / 240.0


def test_mutated_constants_break_the_claim():
    usual = valley(6, 64, 0.25)
    flatter = walked(replace(usual, widening=usual.slope / 4.0))
    assert flatter.suffix_risks[0, 1] < unit(usual) / 240.0
    for wrong in ({"widening": 4.0 * usual.slope}, {"floor": usual.perturbation_radius / 8.0}):
        with pytest.raises(InputError, match="not known exactly"):
            walked(replace(usual, **wrong))


def drift(step_size, method="sam", steps=20000, **numbers):
    """Last iterate of a run from a tiny b, and the loss."""
    chosen = {k: numbers.pop(k) for k in ("normalize",) if k in numbers}
    radius = Valley2d.auto_radius(steps, step_size, 0.0)
    loss = Valley2d(1, steps, step_size, radius, **numbers)
    settings = Settings(method=method, start=np.array([1e-3 * step_size * radius, 0.0]), **chosen)
    return loss, simulate(loss, loss.draw("free", 0), settings).last


@pytest.mark.parametrize(
    ("step_size", "wanted"),
    [(0.2, 0.416), (0.1, 0.391), (0.05, 0.379), (0.02, 0.372), (0.01, 0.370), (0.005, 0.369), (0.002, 0.368)],
)
def test_sam_drifts_in_two_dimensions(step_size, wanted):
    loss, (_, x) = drift(step_size)
    r, u = loss.perturbation_radius, loss.drift
    assert x**2 / (step_size * r * r * loss.steps) == pytest.approx(wanted, abs=5e-4)
    formula = (r - loss.floor_height) * -math.expm1(-u) * math.sqrt(step_size * loss.steps / u)
    assert 0.0 < x / formula - 1.0 < 0.35 * step_size + 1e-4  # what |b| adds to the drift
    # SAM spelled out
    b, x_t, c, h, g = 1e-3 * step_size * r, 0.0, loss.widening, loss.floor_height, loss.bowl

    def slopes(b, x):
        residual = max(abs(b) - c * x - h, 0.0)
        return math.copysign(residual, b) + g * b, -c * residual

    for _ in range(loss.steps - 1):
        up, along = slopes(b, x_t)
        norm = math.hypot(up, along)
        up, along = slopes(b + r * up / norm, x_t + r * along / norm)
        b, x_t = b - step_size * up, x_t - step_size * along
    assert x == pytest.approx(x_t, rel=1e-9)


def test_without_normalisation_or_ascent_nothing_drifts():
    for numbers in ({"method": "gd"}, {"normalize": False}):
        loss, (b, x) = drift(0.05, **numbers)
        assert x == 0.0
        assert abs(b) < 1e-3 * 0.05 * loss.perturbation_radius


def test_mutated_valleys_miss_the_numbers():
    for numbers in ({"drift": 5.0}, {"floor": 0.01}, {"bowl": 1.0}):
        loss, (_, x) = drift(0.05, **numbers)
        assert abs(x**2 / (0.05 * loss.perturbation_radius**2 * loss.steps) - 0.379) > 0.01


def test_flatness_of_the_valley_without_a_bowl():
    radius = 0.1
    loss = Valley2d(1, 100, 0.1, radius, bowl=0.0)
    look = Look(Layout(loss, loss.draw("free", 0), np.arange(1)), np.array([0.001, 0.05]))
    free = look.flatness_radius
    edge = np.array([1.0, -loss.widening]) / math.hypot(1.0, loss.widening)
    assert look.value(edge, free * (1 - 1e-12)) == 0.0
    assert look.value(edge, free * (1 + 1e-6)) > 0.0


def test_a_coherence_of_equal_codes_is_refused_by_its_own_name():
    with pytest.raises(InputError, match=r"^coherence = 1.0: must be below 1"):
        FlatErmCode(n=4, steps=1, step_size=0.25, perturbation_radius=0.3, coherence=1.0)
