"""Convexity by cvxpy's rules, constants by operator norms, minima by convex programs; what must not be certified."""

import dataclasses
import json
from fractions import Fraction

import cvxpy
import numpy as np
import pytest
from conftest import build, sample_for, variants

from sco_flat import cli, instances
from sco_flat.certificates import constants, minimisers
from sco_flat.certificates._balls import fraction, precision
from sco_flat.errors import InputError
from sco_flat.instances._base import Curvature

LOUD = {"lam": 0.3, "gamma": 0.4, "delta_1": 0.2, "delta_2": 0.7, "delta_3": 0.4, "delta": 0.5}
CASES = [*variants(), ("sam-chain", LOUD)]


@pytest.fixture(params=CASES, ids=["-".join([name, *map(str, options.values())]) for name, options in CASES])
def instance(request):
    return build(*request.param)


def test_every_instance_is_convex_by_the_rules_and_equal_to_its_kernels(instance):
    convex, equal = constants.convexity(instance, sample_for(instance))
    assert (convex.evidence, convex.verdict) == ("symbolic", "proved")
    assert (equal.evidence, equal.verdict) == ("float", "holds")
    assert equal.value < 1e-13


def test_stated_constants_are_proved(instance):
    for c in constants.bounded_constants(instance):
        assert (c.evidence, c.verdict) == ("symbolic", "proved"), c.name


def test_a_wrong_expression_is_not_certified(instance, monkeypatch):
    cls = type(instance)
    monkeypatch.setattr(cls, "loss_cvxpy", lambda self, w, z, push=0.0: -cvxpy.sum_squares(w))
    convex, equal = constants.convexity(instance, sample_for(instance))
    assert convex.verdict == "undecided"
    assert equal.verdict == "fails"


def test_constants_that_are_too_small_are_refuted(instance):
    low, _ = constants.largest_eigenvalue(instance.curvature())

    class Wrong(type(instance)):
        smoothness = float(low) * 0.98
        lipschitz = 0.3

    wrong = Wrong(**{f.name: getattr(instance, f.name) for f in dataclasses.fields(instance)})
    smooth, lipschitz = constants.bounded_constants(wrong)
    assert smooth.verdict == "fails"
    assert lipschitz.verdict == "undecided"


@pytest.mark.parametrize("steps", [2, 3, 7, 40, 1500])
@pytest.mark.parametrize("link", [0.0, 0.125, 0.5, 1.0])
def test_the_bracket_contains_the_largest_eigenvalue(steps, link):
    scales = np.ones(steps)
    scales[0] = 0.0
    links = np.full(steps - 1, link)
    with precision(200):
        low, high = (float(fraction(x)) for x in constants.largest_eigenvalue(Curvature(scales, links)))
    rows = np.eye(steps, k=0)[1:] - np.diag(links) @ np.eye(steps)[:-1]
    largest = np.linalg.eigvalsh(np.diag(scales**2) + rows.T @ rows)[-1]
    assert low <= largest * (1 + 1e-12)
    assert largest * (1 - 1e-12) <= high
    assert high - low <= (1e-9 if steps <= 400 else 1e-3)


def test_the_chain_is_smoother_than_printed():
    """The golden ratio squared, where delta_2 = 1 couples two entries: the paper has 6."""
    chain = instances.get("sam-chain")(n=6, steps=64, step_size=1 / 6, perturbation_radius=0.375)
    with precision(200):
        low, high = constants.largest_eigenvalue(chain.curvature())
        golden = Fraction(2618033988749, 10**12)
        assert fraction(low) > golden
        assert fraction(high) < golden + Fraction(1, 10**7)
    smooth, lipschitz = constants.bounded_constants(chain)
    assert smooth.bound < 3.001
    assert lipschitz.bound < 3.001


# --- minima ---


def test_flat_minima_are_as_far_as_the_bounds_assume(instance):
    found = minimisers.flat_distance(instance)
    stated = instance.distance(0.0, 0.0)
    assert found.status == "optimal"
    assert found.value == pytest.approx(stated, rel=1e-6, abs=1e-7)
    assert found.point.shape == (instance.dimension,)


@pytest.mark.parametrize("name", ["sam-sharp", "sam-chain", "sagd-blocks"])
def test_distance_from_a_random_start_is_at_most_the_one_used(name):
    problem = build(name, LOUD if name == "sam-chain" else {})
    rng = np.random.default_rng(3)
    start = rng.standard_normal(problem.dimension) * 0.1
    found = minimisers.flat_distance(problem, start)
    used = problem.distance(float(start @ start), float(start[-1]))
    assert found.value <= used * (1 + 1e-6)
    if name == "sagd-blocks":
        assert found.value == pytest.approx(used, rel=1e-6)
    if name == "sam-sharp":
        assert found.value == pytest.approx(max(start[0] + problem.flatness_radius, 0.0), abs=1e-6)
    # the point is flat: no example loses anything there (for rho = 0), or at the ball's worst end
    if name == "sam-chain":
        assert all(problem.loss(found.point, z) < 1e-12 for z in constants.examples(sample_for(problem)))


def test_flat_points_of_the_chain_by_brute_force():
    """No point nearer than D is a minimum for every z: projections of many random points end no nearer."""
    problem = build("sam-chain", LOUD)
    start = np.zeros(problem.dimension)
    start[-1] = 0.3
    found = minimisers.flat_distance(problem, start)
    c = problem.chain()
    rng = np.random.default_rng(0)
    for _ in range(2000):
        x = rng.standard_normal(problem.m) * 10.0 ** -rng.integers(0, 4)
        x = np.maximum(x, -c["lam"])
        b = -np.maximum(x, -c["kappa"] * x).sum() - c["delta_1"]
        assert np.hypot(np.linalg.norm(x), b - start[-1]) >= found.value * (1 - 1e-6)


def test_minima_of_programs_are_below_what_methods_find():
    for name in instances.NAMES:
        problem = build(name, steps=6, n=3)
        claims = minimisers.compare(problem, sample_for(problem))
        assert not [c.name for c in claims if c.verdict == "fails"]
        assert len([c for c in claims if c.verdict == "holds"]) >= 4


def test_sharpness_aware_minimum_of_theorem_1_is_exact():
    problem = instances.get("flat-erm")(n=4, steps=1, step_size=0.5, flatness_radius=0.1, perturbation_radius=0.3)
    low, high = minimisers.sharpness_aware_erm(problem, sample_for(problem), 0.3)
    assert low.value == pytest.approx(0.02, abs=1e-7)
    assert high.value == pytest.approx(0.02, abs=1e-7)


def test_only_optimal_counts(monkeypatch):
    problem = build("sam-sharp")
    real = cvxpy.Problem.solve

    def inaccurate(self, *args, **kwargs):
        real(self, *args, **kwargs)
        self._status = "optimal_inaccurate"

    monkeypatch.setattr(cvxpy.Problem, "solve", inaccurate)
    found = minimisers.flat_distance(problem)
    assert (found.status, found.value, found.point) == ("optimal_inaccurate", None, None)
    claims = minimisers.compare(problem, sample_for(problem))
    assert {c.verdict for c in claims} == {"undecided"}
    assert all(c.value is None and "optimal_inaccurate" in c.note for c in claims)

    def broken(self, *args, **kwargs):
        raise cvxpy.SolverError("it broke\nbadly")

    monkeypatch.setattr(cvxpy.Problem, "solve", broken)
    assert minimisers.erm(problem, sample_for(problem)).status == "solver error: it broke"


def test_a_program_that_is_too_large_is_refused():
    problem = instances.get("sam-chain")(n=10, steps=64, step_size=0.1, perturbation_radius=0.1)
    with pytest.raises(InputError, match="65,537 variables"):
        minimisers.flat_distance(problem)


def test_certify_on_the_command_line(capsys):
    assert cli.main(["certify", "sam-sharp", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [c["evidence"] for c in data["claims"][:4]] == ["symbolic", "float", "symbolic", "symbolic"]
    assert cli.main(["certify", "sam-chain", "--n", "10", "--steps", "64"]) == 0
    assert "smoothness" in capsys.readouterr().out
    assert cli.main(["certify", "nothing"]) == 2
    assert "instance" in capsys.readouterr().err
