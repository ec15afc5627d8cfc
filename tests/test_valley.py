"""SAM's valley: its walk against a recurrence, fractions and generic projections, and what breaks it."""

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import valley_reference as reference
from conftest import dense_look

from sco_flat import engines
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.sam_valley import SamValley
from sco_flat.requests import request_from
from sco_flat.settings import Settings
from sco_flat.traits import objection

PRINTED = [
    ({"n": 4, "steps": 400, "step_size": 0.12, "gamma": 1}, "0.02432882", "0.07102927"),
    ({"n": 6, "steps": 160, "step_size": 0.12, "gamma": 1}, "0.02391274", "0.07057796"),
    ({"n": 6, "steps": 160, "step_size": 0.2, "gamma": 0.2}, "0.02272763", "0.06626920"),
    ({"n": 6, "steps": 1000, "step_size": 0.04, "gamma": 0.5}, "0.02003763", "0.05899136"),
    ({"n": 6, "steps": 4000, "step_size": 0.01, "gamma": 1}, "0.01940579", "0.05725537"),
]
NOISY = {"n": 6, "steps": 64, "step_size": 0.25, "perturbation_radius": 0.35, "gamma": 1, "margin": 0.35 / 8}
"""Of the table of what kills it; outside the theorem, and with r/8 in the first term."""

WORD = 6730818978
"""All words of a family together: its bits are those of every machine."""


def ran(method="sam", **numbers):
    """A run, its loss, and the unit ``eta r² T``."""
    request = request_from("sam-valley", method, **numbers)
    loss = request.build()
    run = simulate(loss, request.sample(loss), request.settings, request.seed)
    return run, loss, loss.step_size * loss.perturbation_radius**2 * loss.steps


def risk(run, unit, w=None):
    """Population risk of the full average, or of another point."""
    return run.look(run.average if w is None else w).population_risk[0] / unit


def quarter(run, w, unit):
    """``¼ X²``, the term that the walk is for."""
    _, x, _, _ = reference.along_code(run.instance, run.layout.sample, run.layout.dense(w))
    return 0.25 * max(x - run.instance.valley()["k_x"] - run.instance.valley()["margin"], 0.0) ** 2 / unit


@pytest.mark.parametrize(("numbers", "average", "last"), PRINTED)
def test_printed_numbers(numbers, average, last):
    run, _, unit = ran(**numbers)
    assert f"{quarter(run, run.average, unit):.8f}" == average
    assert f"{quarter(run, run.last, unit):.8f}" == last
    assert run.projections == (1, 0)
    for w in (run.average, run.last):  # the other terms only add
        assert quarter(run, w, unit) * (1 - 1e-12) <= risk(run, unit, w) <= quarter(run, w, unit) + 2e-4


def test_codes_of_signs():
    numbers = {"n": 6, "steps": 160, "step_size": 0.12, "gamma": 1, "codes": "signs"}
    radius = 1 / math.sqrt(0.12 * 160)
    run, loss, unit = ran(**numbers, margin=radius / 8)
    assert loss.dimension == 2437
    assert f"{quarter(run, run.average, unit):.5f}" == "0.01020"
    assert run.projections[1] == 0
    codes = loss.sets.signs()
    assert np.abs(codes @ codes.T - np.eye(loss.columns)).max() <= 0.125


WALKS = [numbers for numbers, _, _ in PRINTED] + [
    {"n": 4, "steps": 267, "step_size": 0.12, "flatness_radius": 0.022},
    {"n": 6, "steps": 800, "step_size": 0.2, "flatness_radius": 0.009},
    {"n": 4, "steps": 160, "step_size": 0.1, "gamma": 0.3, "codes": "signs", "code_length": 900},
]


@pytest.mark.parametrize("numbers", WALKS)
def test_the_run_is_the_recurrence(numbers):
    run, loss, _ = ran(**numbers)
    wanted = reference.recurrence(loss)
    scale = np.maximum(np.abs(wanted), 1e-30)
    for t, w in run.iterates():
        if t > 200 and t % 20 and t < loss.steps:
            continue
        *found, rest = reference.along_code(loss, run.layout.sample, run.layout.dense(w))
        assert np.all(np.abs(found - wanted[t - 1]) <= 1e-9 * scale[t - 1]), t
        assert rest <= 1e-12
        assert np.linalg.norm(w) <= 1.0


def positive(p, q, squared):
    """Whether ``p + q sqrt(squared) > 0``, in fractions."""
    if p >= 0 and q >= 0:
        return p > 0 or q > 0
    if p <= 0 and q <= 0:
        return False
    return p * p > q * q * squared if p > 0 else q * q * squared > p * p


@pytest.mark.parametrize(("n", "seed"), [(4, 0), (4, 1), (6, 2)])
def test_the_first_step_in_fractions(n, seed):
    """Numbers ``p + q om`` with ``om² = 1 + 1/n``: all of step one stays among them."""
    run, loss, _ = ran(n=n, steps=200, step_size=0.1, gamma=0.7, seed=seed)
    eta, r = Fraction(loss.step_size), Fraction(loss.perturbation_radius)
    th, om2, lam, mu, sig = Fraction(1, n), 1 + Fraction(1, n), Fraction(1, 2), Fraction(1, 4), Fraction(3, 2)
    held, bad = loss.sets.sets(), run.layout.sample.event.columns[0]
    dl = eta * lam * r / 2
    # w'_1 = r g/|g| with g = lam dl (e_a + 1_S/n), |g| = lam dl om, and 1/om = om/om²: multiples of om
    a, y = r / om2, {int(z): r / (n * om2) for z in run.layout.sample.codes}
    top = (sig - th / (2 * n)) * r / om2
    excess = [sig * a - th * sum(y[z] for z in y if held[i, z]) - top for i in range(loss.columns)]
    assert [i for i, e in enumerate(excess) if positive(Fraction(0), e, om2)] == [bad]
    eps1 = excess[bad]
    assert eps1 == th * r / (2 * n * om2)
    om = math.sqrt(om2)
    step = [(lam * (dl + 0), lam * (a + next(iter(y.values()))) + mu * sig * eps1)]  # of a: p, q
    second = next(w for t, w in run.iterates() if t == 2)
    dense = run.layout.dense(second)
    p, q = step[0]
    assert dense[-1] == pytest.approx(-float(eta * p) - float(eta * q) * om, rel=1e-13)
    assert dense[loss.points + bad] == pytest.approx(-float(eta * mu * eps1) * om, rel=1e-11)
    assert loss.valley()["tau"] * 2 == pytest.approx(float(eta * mu * eps1) * om, rel=1e-13)
    for z in range(loss.points):
        if z in y:
            wanted = -float(eta * lam / n * dl) - float(eta * lam / n * (a + y[z])) * om
        else:
            wanted = float(eta * mu * th * eps1) * om if held[bad, z] else 0.0
        assert dense[z] == pytest.approx(wanted, rel=1e-11)
    others = np.delete(dense[loss.points : -1], bad)
    assert not np.any(others)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_from_the_definition_with_generic_projections(seed):
    numbers = {"n": 4, "steps": 140, "step_size": 0.12, "gamma": 1, "seed": seed}
    run, loss, unit = ran(**numbers)
    told = reference.ByDefinition(loss, run.layout.sample)
    wanted = told.run()
    for t, w in run.iterates():
        assert np.abs(run.layout.dense(w) - wanted[t - 1]).max() <= 1e-8 * loss.perturbation_radius
    risks = [
        math.fsum(loss.loss(w, z) for z in loss.support()) / loss.points / unit
        for w in (wanted.mean(axis=0), wanted[-1])
    ]
    assert [f"{found:.7f}" for found in risks] == ["0.0238136", "0.0706710"]
    assert risks == pytest.approx([risk(run, unit), risk(run, unit, run.last)], rel=1e-8)
    rest = told.run(radius=0.0).mean(axis=0)
    assert math.fsum(loss.loss(rest, z) for z in loss.support()) / loss.points < 1e-6 * unit
    still, _, _ = ran("gd", **numbers)
    assert np.abs(still.layout.dense(still.average) - rest).max() <= 1e-12


def test_projections_against_a_conic_solver():
    import cvxpy

    rng = np.random.default_rng(4)
    loss = ran(n=4, steps=140, step_size=0.12)[1]
    sample = loss.draw("one", 0)
    for scale in (0.02, 0.3):
        w = scale * rng.standard_normal(loss.dimension)
        p = cvxpy.Variable(1 + loss.points + loss.columns)
        point = np.concatenate([w[-1:], w[: loss.points + loss.columns]])
        v = loss.valley()
        far = np.hstack([np.full((loss.columns, 1), v["sigma"]), -v["theta"] * loss.sets.sets(), np.eye(loss.columns)])
        problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(p - point)), [far @ p <= v["tau_R"]])
        problem.solve(solver="CLARABEL")
        gradient = dense_look(loss, sample, w).gradient()
        start = np.zeros(loss.dimension)
        for z in sample.codes:
            start[[z, -1]] += v["lam"] * max(w[-1] + w[z] + v["dl"], 0.0) / loss.n
        pushed = (gradient - start)[np.r_[loss.dimension - 1, : loss.points]]
        assert pushed == pytest.approx(v["mu"] * v["nn"] * (point - p.value)[: 1 + loss.points], abs=1e-6 * scale)


def admissible(rng, *, lifted=False, signs=False, longest=2000):
    """Numbers under the hypotheses, some at their ends, of runs that are not too long."""
    found = _numbers(rng, lifted, signs)
    while found["steps"] > longest:
        found = _numbers(rng, lifted, signs)
    return found


def _numbers(rng, lifted, signs):
    gamma = float(rng.choice([1.0, rng.uniform(0.001, 1.0)]))
    largest = 4 * (math.sqrt(1.12) - 1) if lifted else 0.24 / (1 + gamma)
    eta = float(rng.choice([largest, largest * 10 ** -rng.uniform(0, 1.5)])) * (1 - 1e-12)
    least = 32 if lifted else 16
    steps = math.ceil(least * float(rng.choice([1.0, 10 ** rng.uniform(0, 1.0)])) / eta)
    radius = 1.4 / math.sqrt(eta * steps) * float(rng.choice([1.0, rng.uniform(0.01, 1.0)])) * (1 - 1e-12)
    found = {"n": int(rng.choice([4, 6, 8])), "steps": steps, "step_size": eta, "perturbation_radius": radius}
    found |= {"seed": int(rng.integers(10**6)), "family": 0}
    if lifted:
        return found | {"flatness_radius": radius / 8}
    found |= {"gamma": gamma}
    if signs:
        return found | {"codes": "signs", "n": 4, "code_length": 900}
    return found | {"margin": float(rng.choice([0.0, radius / 8]))}


def hold(numbers, share):
    """Every claim of the theorem on one run."""
    run, loss, unit = ran(**numbers)
    for condition in loss.conditions():
        room = condition.limit - condition.value if condition.relation == "<=" else condition.value - condition.limit
        assert room >= -1e-9, condition
    assert loss.smoothness <= 3.0
    assert run.suffix_risks[:, 0].min() >= share * unit, numbers
    v, r = loss.valley(), loss.perturbation_radius
    top = 0.5 * v["gamma"] * (loss.step_size * (1 + v["gamma"]) * r) ** 2
    for w in (run.average, run.last):
        assert run.look(w).empirical_risk <= top
        assert np.linalg.norm(w) <= 1.0
    assert run.projections[1] == 0


@pytest.mark.parametrize(("count", "longest"), [(60, 2000), pytest.param(2000, 50_000, marks=pytest.mark.deep)])
def test_the_bound_at_random_admissible_settings(count, longest):
    rng = np.random.default_rng(count)
    for _ in range(count):
        hold(admissible(rng, longest=longest), 1 / 80)


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.deep)])
def test_the_bound_with_a_flat_ball_of_an_eighth_of_the_radius(count):
    rng = np.random.default_rng(count + 1)
    for _ in range(count):
        numbers = admissible(rng, lifted=True)
        hold(numbers, 1 / 80)
        loss = request_from("sam-valley", **numbers).build()
        assert loss.flat_radius() >= loss.perturbation_radius / 8 * (1 - 1e-12)


@pytest.mark.parametrize("count", [10, pytest.param(100, marks=pytest.mark.deep)])
def test_the_bound_in_codes_of_signs(count):
    rng = np.random.default_rng(count + 2)
    for _ in range(count):
        hold(admissible(rng, signs=True), 1 / 190)


@pytest.mark.parametrize(
    ("changed", "low", "high"),
    [
        ({}, 0.0258, 0.0259),
        ({"start": ("gaussian", 1e-6)}, 0.0257, 0.0259),
        ({"start": ("gaussian", 1e-5)}, 0.0256, 0.0259),
        ({"start": ("gaussian", 1e-4)}, 0.0, 0.003),
        ({"epsilon": 1e-12}, 0.0258, 0.0259),
        ({"epsilon": 1e-6}, 0.0257, 0.0259),
        ({"epsilon": 1e-6, "start": ("gaussian", 1e-5)}, 0.0256, 0.0259),
        ({"epsilon": 1e-4}, 0.0, 1e-9),
        ({"batch_size": 5}, 0.0, 1e-9),
        ({"normalize": False}, 0.0, 1e-5),
        ({"method": "gd"}, 0.0, 1e-5),
    ],
)
def test_what_kills_it(changed, low, high):
    for seed in (0, 1, 2):
        run, _, unit = ran(**NOISY | changed | {"seed": seed})
        assert low <= risk(run, unit) <= high


@pytest.mark.parametrize("disturbed", [{}, {"noise": 1e-5, "epsilon": 1e-6}])
def test_single_precision_does_not_kill_it(disturbed):
    loss = request_from("sam-valley", **NOISY).build()
    sample = loss.draw("one", 0)
    average = reference.single_precision(loss, sample, **disturbed)
    unit = loss.step_size * loss.perturbation_radius**2 * loss.steps
    assert 0.0256 <= dense_look(loss, sample, average).population_risk[0] / unit <= 0.0259


def broken(numbers, change):
    """Names of the claims that a changed constant breaks."""

    class Changed(SamValley):
        def valley(self):
            found = super().valley()
            found |= change(found, self)
            return found | {"nn": 1 + found["sigma"] ** 2 + found["theta"] ** 2 * self.points / 2}

    loss = Changed(**numbers)
    run = simulate(loss, loss.draw("one", 0), request_from("sam-valley").settings, 0)
    unit = loss.step_size * loss.perturbation_radius**2 * loss.steps
    names = {"smoothness"} if loss.smoothness > 3.0 else set()
    if run.suffix_risks[:, 0].min() < unit / 80:
        names.add("risk")
    if loss.flat_radius() < min(loss.valley()["tau"], loss.margin):
        names.add("flat ball")
    try:
        reference.recurrence(loss)
    except AssertionError:
        names.add("walk")
    return names


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda v, loss: {"tau": 10 * v["tau"]}, {"risk"}),
        (lambda v, loss: {"h": 0.0}, {"flat ball", "walk"}),
        (lambda v, loss: {"mu": 1.0}, {"smoothness"}),
        (lambda v, loss: {"theta": 10 * v["theta"]}, {"smoothness"}),
    ],
)
def test_a_changed_constant_breaks_a_claim(change, names):
    numbers = {"n": 6, "steps": 160, "step_size": 0.12, "perturbation_radius": 0.2, "margin": 0.025}
    assert broken(numbers, lambda v, loss: {}) == set()
    assert broken(numbers, change) == names


class Wakeful(SamValley):
    """With so low a threshold that many sleeping coordinates are pushed, and several half-spaces meet."""

    def valley(self):
        return super().valley() | {"tau_R": 0.9 * self.perturbation_radius}


def same_bits(loss, settings, event, seed):
    """Last iterates and sums of dense, blocks and frontier runs; an engine that refuses is left out."""
    sample, found = loss.draw(event, seed), {}
    for engine in ("dense", "blocks", "frontier"):
        chosen = dataclasses.replace(settings, engine=engine)
        if objection(engines.get(engine), loss.facts() | chosen.facts()) is None:
            run = simulate(loss, sample, chosen, seed)
            # adding zero makes all zeros alike
            found[engine] = [(run.layout.dense(w) + 0.0).view(np.int64) for w in (run.last, run.window_sum)]
    for other in found.values():
        assert all(np.array_equal(a, b) for a, b in zip(found["dense"], other, strict=True)), (loss, settings)
    return set(found)


@pytest.mark.parametrize("count", [60, pytest.param(1500, marks=pytest.mark.deep)])
def test_engines_agree_to_the_bit(count):
    rng = np.random.default_rng(count)
    met = set()
    for _ in range(count):
        eta, steps = float(rng.choice([0.05, 0.12, 0.5])), int(rng.integers(2, 120))
        radius = float(rng.choice([0.3, 1.0, 2.0])) / math.sqrt(eta * steps)
        chosen = {
            "method": str(rng.choice(["sam", "sam", "sam", "gd", "sgd"])),
            "order": "with-replacement",
            "schedule": str(rng.choice(["constant", "inverse-sqrt"])),
            "project": bool(rng.integers(2)),
            "normalize": bool(rng.integers(4)),
            "batch_size": rng.choice([None, None, 1, 3]),
        }
        n, rho = int(rng.choice([4, 6])), float(rng.integers(2)) * 0.1 * radius / math.sqrt(1 + 1 / (eta * steps))
        cls = SamValley if rng.integers(2) else Wakeful
        event, seed = str(rng.choice(["one", "any", "free"])), int(rng.integers(100))
        met |= same_bits(cls(n, steps, eta, radius, rho), Settings(**chosen), event, seed)
    assert met == {"dense", "blocks", "frontier"}


def test_what_sleeps_is_not_stored_until_it_is_needed():
    for cls, stored in ((SamValley, 36 + 3), (Wakeful, 247)):
        loss = cls(6, 160, 0.12, 0.2)
        run = simulate(loss, loss.draw("one", 0), Settings(method="sam"), 0)
        assert run.engine.name == "frontier"
        assert run.layout.size == stored
        assert (run.projections[1] > 0) == (cls is Wakeful)


@pytest.mark.parametrize("event", ["one", "any"])
def test_the_event_is_drawn_exactly(event):
    """Against an enumeration of all sets of four of sixteen points."""
    loss = SamValley(4, 160, 0.12, 0.2, width=9)
    held = loss.sets.sets().astype(bool)
    counts = {s: int((~held[:, s].any(axis=1)).sum()) for s in itertools.combinations(range(16), 4)}
    good = [s for s, k in counts.items() if (k == 1 if event == "one" else k >= 1)]
    draws = 20 * len(good)
    found = dict.fromkeys(good, 0)
    for seed in range(draws):
        sample = loss.sets.draw(4, event, np.random.default_rng(seed))
        assert len(sample.event.columns) == counts[tuple(sorted(sample.codes.tolist()))]
        found[tuple(sorted(sample.codes.tolist()))] += 1
    chi = sum((k - 20) ** 2 / 20 for k in found.values())
    assert abs(chi - (len(good) - 1)) <= 5 * math.sqrt(2 * len(good))


def test_the_events_probability_is_the_mean_over_families():
    shares = []
    for family in range(60):
        held = SamValley(4, 160, 0.12, 0.2, family=family).sets.sets().astype(bool)
        missed = [int((~held[:, s].any(axis=1)).sum()) for s in itertools.combinations(range(16), 4)]
        shares.append(missed.count(1) * 24 / 16**4)
    told = SamValley(4, 160, 0.12, 0.2).draw("one", 0).event.probability
    assert abs(np.mean(shares) - told) <= 5 * np.std(shares) / math.sqrt(60)
    assert told >= 0.18
    assert max(shares) >= 0.18
    assert np.std(shares) > 0.0


def test_families_are_halves_and_reproducible():
    loss = SamValley(6, 160, 0.12, 0.2)
    assert loss.columns == 105
    assert np.all(loss.sets.sets().sum(axis=1) == 18)
    assert not np.array_equal(loss.sets.words, SamValley(6, 160, 0.12, 0.2, family=1).sets.words)
    assert int(np.bitwise_xor.reduce(loss.sets.words)) == WORD
    many = SamValley(4, 160, 0.12, 0.2, width=20_000).sets.sets()
    together = many.T @ many / 20_000  # uniform halves: a pair lies in one with probability 7/30
    assert np.abs(together - np.diag(np.diag(together)) - 7 / 30 * (1 - np.eye(16))).max() < 5 * 0.43 / math.sqrt(
        20_000
    )
    assert np.abs(np.diag(together) - 0.5).max() < 5 * 0.5 / math.sqrt(20_000)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({"n": 5}, "n = 5: the sets are halves of n² points, for an even n of at least 4; choose n = 6"),
        ({"n": 2}, "n = 2: .*; choose n = 4"),
        ({"gamma": 0}, r"gamma = 0.0: must be a number in \(0, 1\]"),
        ({"gamma": 1.5}, r"gamma = 1.5: must be a number in \(0, 1\]"),
        ({"perturbation_radius": 0.2, "flatness_radius": 0.2}, "flatness.radius = 0.2: below the radius 0.2"),
        ({"perturbation_radius": 0.0}, "radius = 0"),
        ({"margin": 0.01, "flatness_radius": 0.01}, "margin = 0.01"),
        ({"code_length": 10}, "code_length = 10: is read with codes = signs only"),
        ({"n": 4, "width": 2000}, "event = one: impossible for this family"),
        (
            {"codes": "signs", "code_length": 64},
            "family = 0: the largest product of two of its codes is 0.[0-9]*, above",
        ),
        ({"n": 14, "codes": "signs"}, "codes = signs: has 26,[0-9]* codes"),
        ({"n": 30}, "n = 30: its family of"),
    ],
)
def test_what_is_refused(numbers, text):
    with pytest.raises(InputError, match=f"^{text}"):
        ran(**numbers)


@pytest.mark.parametrize(
    ("numbers", "name", "mend"),
    [
        ({"step_size": 0.13, "steps": 160}, "eta (1 + gamma) <= .24", "the largest legal step size is 0.12"),
        ({"step_size": 0.12, "steps": 100}, "eta T >= 16", "the least legal T is 134"),
        ({"flatness_radius": 0.02, "steps": 160}, "eta T >= 32", "the least legal T is 267"),
        ({"perturbation_radius": 0.4, "steps": 160}, "r sqrt(eta T) <= 1.4", "the largest legal radius is 0.319505"),
    ],
)
def test_conditions_name_the_largest_legal_value(numbers, name, mend):
    loss = request_from("sam-valley", **numbers).build()
    missed = [c for c in loss.conditions() if (c.value > c.limit if c.relation == "<=" else c.value < c.limit)]
    assert [(c.name, c.mend) for c in missed] == [(name, mend)]


@pytest.mark.deep
def test_twenty_examples():
    """3.5 million coordinates, of which 403 are stored."""
    run, loss, unit = ran(n=20, steps=10_000, step_size=0.02)
    assert (loss.columns, loss.dimension, run.layout.size) == (1_728_051, 3_456_503, 403)
    wanted = reference.recurrence(loss)
    x = run.last[loss.points + 1]
    assert x == pytest.approx(wanted[-1, 1], rel=1e-9)
    assert run.suffix_risks[:, 0].min() >= unit / 80
