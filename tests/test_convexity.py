"""Convexity, constants and minima of every registered instance, and that wrong statements about them are caught."""

import dataclasses
import json
import math
import subprocess
import sys
import warnings
from fractions import Fraction

import cvxpy
import flint
import numpy as np
import pytest
from conftest import bits, build, dense_look, sample_for, variants

from sco_flat import cli, samples
from sco_flat.errors import InputError
from sco_flat.inspection import certify, convexity, solutions
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.instances.sam_chain import SamChain
from sco_flat.instances.sam_sharp import SamSharp
from sco_flat.results import Event, overall
from sco_flat.samples import Sample
from sco_flat.settings import Settings

LOUD = {"lam": 0.3, "gamma": 0.4, "delta_1": 0.2, "delta_2": 0.7, "delta_3": 0.4, "delta": 0.5}
# with constraints for their flat minima: the others are in test_distances
DECLARED = [v for v in variants() if build(*v).flat_constraints(cvxpy.Variable(build(*v).dimension), 1.0) is not None]
CASES = [*DECLARED, ("sam-chain", LOUD)]


@pytest.fixture(params=CASES, ids=["-".join([name, *map(str, options.values())]) for name, options in CASES])
def instance(request):
    """Every instance with its own constants, and the chain with constants that bring out every term."""
    return build(*request.param)


def chain(**numbers):
    return build("sam-chain", {}, n=3, steps=6, width=None, **numbers)


def named(claims, part):
    found = [c for c in claims if part in c.name]
    assert len(found) == 1
    return found[0]


def ones(instance):
    """A sample whose examples are all 1."""
    codes = np.full(instance.m, (1 << instance.n) - 1, dtype=np.int64)
    return Sample(codes, instance.n, Event("free", (), 1.0))


def test_convex_by_the_rules_and_of_one_value(instance):
    claims = convexity.convexity(instance)
    assert [c.verdict for c in claims] == ["proved", "holds", "holds"]
    assert [c.evidence for c in claims] == ["symbolic", "float", "float"]
    assert max(c.value for c in claims[1:]) < 1e-14
    assert max(c.bound for c in claims[1:]) < 1e-12


@pytest.mark.parametrize("wrong", [lambda x: -cvxpy.square(x), lambda x: cvxpy.sqrt(cvxpy.pos(x)), cvxpy.log])
def test_what_is_not_convex_is_not_certified(wrong):
    class Wrong(SamSharp):
        def loss_cvxpy(self, w, z, push=0.0):
            return wrong(w[0] + 10.0)

    claims = convexity.convexity(Wrong(2, 6, 0.5, 0.5))
    assert [c.verdict for c in claims] == ["undecided", "fails", "fails"]


@pytest.mark.parametrize("key", ["lam", "gamma", "delta_1", "delta_2", "delta_3", "delta"])
def test_an_expression_with_another_constant_is_caught(key):
    """Each constant matters by far more than rounding allows, be it 1e-8 itself."""

    class Wrong(SamChain):
        def loss_cvxpy(self, w, z, push=0.0):
            value = self.chain()[key]
            return SamChain.loss_cvxpy(dataclasses.replace(self, **{key: value * (1.0 - 1e-3)}), w, z, push)

    claims = convexity.convexity(Wrong(6, 12, 0.5, 0.25, width=8))
    assert [c.verdict for c in claims] == ["proved", "fails", "fails"]


def test_constants_are_proved(instance):
    claims = convexity.smoothness(instance)
    assert overall(claims) == "proved"
    assert {c.evidence for c in claims} == {"symbolic"}
    beta = named(claims, "smoothness <= the stated")
    low, high = map(float, beta.enclosure)
    assert low <= beta.value <= beta.bound
    assert high <= instance.smoothness
    if instance.name != "sam-chain":
        assert low == high == 1.0


@pytest.mark.parametrize("name", ["least-squares", "logistic"])
def test_of_a_loss_that_declares_less_less_is_said(name):
    """Convexity is in cvxpy's grammar; of Hessians, flat minima and SAER models nothing is declared."""
    built = build(name)
    assert [c.verdict for c in convexity.convexity(built)] == ["proved", "holds", "holds"]
    (smooth,) = convexity.smoothness(built)
    assert (smooth.verdict, smooth.note) == ("not applicable", f"{name} declares no bound on its Hessians")
    claims = solutions.compare(built, sample_for(built))
    assert {c.verdict for c in claims} == {"not applicable", "holds"}
    zero = named(claims, "min F_S = 0")
    assert zero.verdict == ("holds" if built.realizable else "not applicable")
    assert named(claims, "gd: F_S of").verdict == "holds"


def test_of_a_loss_that_is_not_convex_nothing_convex_is_said():
    class Double(SamSharp):
        convex = False

    built = Double(2, 6, 0.5, 0.5)
    claims = certify.of(built, sample_for(built))
    assert [c.verdict for c in claims if "conve" in c.name] == ["not applicable"] * 2
    assert {c.note for c in claims if c.verdict == "not applicable"} == {"sam-sharp is not convex"}


def matrix(curvature):
    """The matrix of a `Curvature`, written out."""
    size = curvature.scales.size
    found = np.diag(curvature.scales**2)
    for j, link in enumerate(curvature.links):
        row = np.zeros(size)
        row[j], row[j + 1] = -link, 1.0
        found += np.outer(row, row)
    return found


@pytest.mark.parametrize("options", [{}, {"parameters": "printed"}, LOUD, {"delta": 1.0, "delta_3": 1.0}])
@pytest.mark.parametrize("steps", [2, 3, 6, 500])
def test_norm_against_numpy(options, steps):
    made = build("sam-chain", options, steps=steps)
    low, high = (float(x) for x in convexity.block_norm(made.curvature()))
    exact = float(np.linalg.eigvalsh(matrix(made.curvature()))[-1])
    assert low <= exact * (1 + 1e-13)
    assert exact <= high * (1 + 1e-13)
    assert high - low <= 1e-3 * high
    assert high - exact <= 1e-9 * exact


@pytest.mark.parametrize("options", [{}, LOUD, {"delta": 1.0, "delta_3": 1.0}])
def test_a_hessian_of_the_lower_end_exists(options):
    """Differences of the kernel's gradient, where all terms of the chain count, reach the lower end."""
    made = build("sam-chain", options)
    low = float(convexity.block_norm(made.curvature())[0])
    direction = np.zeros(made.dimension)
    direction[: made.length] = np.linalg.eigh(matrix(made.curvature()))[1][:, -1]
    w = np.append(np.tile(np.arange(made.length) * 1.0, made.m), -100.0)
    w[: -1 : made.length] = -1.0
    look = dense_look(made, ones(made), w)
    change = look.gradient(direction, 1e-3) - look.gradient()
    assert np.linalg.norm(change) / 1e-3 == pytest.approx(low, rel=1e-9)


def test_the_coupling_counts():
    """Where gamma is large the largest Hessian is that of the coupling, which no block shows."""
    made = build("sam-chain", {"gamma": 2.0})
    low, high = map(float, named(convexity.smoothness(made), "smoothness <= the stated").enclosure)
    v = np.zeros(made.dimension)
    v[: -1 : made.length], v[-1] = 1.0, 1.0
    whole = 2.0 * np.outer(v, v)
    whole[:-1, :-1] += np.kron(np.eye(made.m), matrix(made.curvature()))
    exact = np.linalg.eigvalsh(whole)[-1]
    assert low < exact <= high
    assert exact > 10.0 > float(convexity.block_norm(made.curvature())[1])


def test_pivots_tell_positive_definite_matrices():
    assert convexity._positive_pivots([2.0, 2.0, 2.0], [1.0, 1.0])
    assert not convexity._positive_pivots([-2.0], [])
    assert not convexity._positive_pivots([1.0, 1.0], [4.0])
    assert not convexity._positive_pivots([-1.0, 1.0, 3.0], [1.0, 1.0])
    assert not convexity._positive_pivots([flint.arb(1), flint.arb(1, 2)], [flint.arb(0)])


def test_sharp_constants_of_the_chain():
    made = build("sam-chain", {}, n=6, steps=64, step_size=1 / 6, width=None)
    claims = convexity.smoothness(made)
    golden = (3 + math.sqrt(5)) / 2
    for part in ("smoothness <= the stated", "Lipschitz constant on the unit ball <= the stated"):
        low, high = map(float, named(claims, part).enclosure)
        assert low <= high <= low * (1 + 1e-6)
        assert low == pytest.approx(golden, rel=1e-6)
    assert named(claims, "smoothness <= 3").verdict == "proved"
    assert named(claims, "ball <= 3").verdict == "proved"


@pytest.mark.parametrize("options", [{}, {"parameters": "printed"}, LOUD])
def test_a_gradient_of_the_lower_end_exists(options):
    """The kernel's gradient at the point that refutes a Lipschitz constant, built here from its description."""
    made = build("sam-chain", options)
    low = float(named(convexity.smoothness(made), "Lipschitz constant on the unit ball <= the stated").enclosure[0])
    delta_2 = made.chain()["delta_2"]
    s, t = np.linalg.eigh(np.array([[delta_2**2, -delta_2], [-delta_2, 2.0]]))[1][:, -1]
    w = np.zeros(made.dimension)
    w[:2] = -abs(s), abs(t)
    slope = dense_look(made, ones(made), w).gradient()
    assert np.linalg.norm(slope) >= low * (1 - 1e-13)
    assert np.linalg.norm(slope[:2]) == pytest.approx(low, rel=1e-8)  # an enclosure is wider than its ends


def test_long_chains_are_bracketed():
    made = build("sam-chain", {}, n=12, steps=10_000, step_size=1 / 6, width=None)
    low, high = map(float, named(convexity.smoothness(made), "smoothness <= the stated").enclosure)
    assert high - low <= 1e-3 * high


def test_hinge_slope_is_exact():
    claims = convexity.smoothness(build("sagd-blocks", {"preset": "robust"}, flatness_radius=0.25))
    assert named(claims, "Lipschitz").enclosure == ("7.5e-1", "7.5e-1")


@pytest.mark.parametrize("key", ["smoothness", "lipschitz"])
@pytest.mark.parametrize("part", [0.5, 0.99, 0.99999])
def test_constants_stated_too_small_are_refuted(instance, key, part):
    claims = convexity.smoothness(instance)
    place = ["smoothness", "lipschitz"].index(key)
    low = float(claims[place].enclosure[0])
    stated = {"smoothness": instance.smoothness, "lipschitz": instance.lipschitz}
    wrong = type("Wrong", (type(instance),), stated | {key: part * low})
    again = convexity.smoothness(wrong(**{f.name: getattr(instance, f.name) for f in dataclasses.fields(instance)}))
    assert again[place].verdict == "fails"
    assert again[place].value == pytest.approx(low, rel=1e-12)
    assert again[1 - place].verdict == "proved"


def test_larger_constants_than_stated_are_refuted():
    """The stated constant of one chain, the links of another."""

    class Wrong(SamChain):
        smoothness = build("sam-chain").smoothness

    made = Wrong(6, 6, 0.5, 0.25, width=4, delta=1.0, delta_3=1.0)
    claims = convexity.smoothness(made)
    assert named(claims, "smoothness <= the stated").verdict == "fails"
    assert not [c for c in claims if "smoothness <= 3" in c.name]


def test_no_verdict_inside_the_bracket():
    """Between the two ends nothing is proved and nothing refuted."""
    low, high = map(float, convexity.smoothness(build("sam-chain", LOUD))[0].enclosure)
    wrong = type("Wrong", (SamChain,), {"smoothness": 0.5 * (low + high)})
    assert convexity.smoothness(wrong(6, 6, 0.5, 0.25, width=4, **LOUD))[0].verdict == "undecided"


def test_distance_from_zero(instance):
    found = solutions.flat_distance(instance)
    assert found.status == "optimal"
    assert found.lower <= instance.distance(0.0, 0.0) <= found.upper
    assert found.upper - found.lower <= 1e-6 * found.upper
    assert abs(found.value - found.lower) <= 1e-6 * max(found.lower, 1e-3 if found.lower == 0.0 else 0.0)
    for z in (np.zeros(instance.m, dtype=int), np.ones(instance.m, dtype=int)):
        assert instance.loss(found.point, z) <= 1e-40


@pytest.mark.parametrize("options", [{}, {"parameters": "printed"}])
def test_distance_of_the_chain_is_delta_1(options):
    made = build("sam-chain", options, n=3, steps=6, width=None)
    found = solutions.flat_distance(made)
    assert found.lower == pytest.approx(made.chain()["delta_1"], rel=1e-6)
    assert found.upper == pytest.approx(made.chain()["delta_1"], rel=1e-6)
    assert found.value == pytest.approx(made.chain()["delta_1"], rel=1e-6)


def nearest(made, w):
    """Project on the flat minima of the chain by bisection over the multiplier."""
    c = made.chain()
    blocks = w[:-1].reshape(made.m, made.length)

    def at(mu):
        s = blocks[:, 0]
        moved = np.where(s > mu, s - mu, np.minimum(s + c["kappa"] * mu, 0.0))
        return np.maximum(moved, -c["lam"]), w[-1] - mu

    def excess(mu):
        s, b = at(mu)
        return b + np.maximum(s, -c["kappa"] * s).sum() + c["delta_1"]

    low, high = 0.0, 10.0 * (1.0 + np.abs(w).sum())
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    s, b = at(high)
    return math.sqrt(((s - blocks[:, 0]) ** 2).sum() + (blocks[:, 1:] ** 2).sum() + (b - w[-1]) ** 2)


@pytest.mark.parametrize("options", [{}, LOUD])
@pytest.mark.parametrize("seed", range(8))
def test_distance_of_the_chain_from_random_starts(options, seed):
    made = build("sam-chain", options)
    rng = np.random.default_rng(seed)
    w = rng.standard_normal(made.dimension) * 10.0 ** rng.integers(-2, 2)
    w[-1] = abs(w[-1]) if seed % 2 else -100.0
    found = solutions.flat_distance(made, w)
    exact = nearest(made, w)
    assert found.lower <= exact * (1 + 1e-12)
    assert exact <= found.upper * (1 + 1e-12)
    assert found.upper - found.lower <= 1e-6 * exact
    assert np.linalg.norm(found.point - w) == pytest.approx(found.upper, rel=1e-12)
    # feasible without any rounding
    x, c = found.point[:-1].reshape(made.m, made.length), made.chain()
    assert not x[:, 1:].any()
    assert (x[:, 0] >= -c["lam"]).all()
    worst = sum(max(Fraction(s), -Fraction(c["kappa"]) * Fraction(s)) for s in map(float, x[:, 0]))
    assert Fraction(float(found.point[-1])) + worst + Fraction(c["delta_1"]) <= 0


def test_distance_of_the_others_from_random_starts():
    rng = np.random.default_rng(3)
    sharp = build("sam-sharp")
    for w in (0.7, -0.7):
        found = solutions.flat_distance(sharp, np.array([w]))
        assert found.lower <= max(w + 0.1, 0.0) <= found.upper
        assert found.upper - found.lower < 1e-15
    free = build("sagd-blocks", {"bias": 0.0})
    w = rng.standard_normal(free.dimension)
    found = solutions.flat_distance(free, w)
    assert found.upper == pytest.approx(np.linalg.norm(w[:-1]), rel=1e-14)
    assert found.value == pytest.approx(found.upper, rel=1e-6)
    assert found.point[-1] == w[-1]


def test_no_ball_around_zeros_of_the_chain():
    with pytest.raises(InputError, match="sam-chain has no flat ball"):
        build("sam-chain", flatness_radius=0.1)


@pytest.mark.parametrize("count", [5, pytest.param(20, marks=pytest.mark.deep)])
def test_minima_beside_random_points(instance, count):
    sample = sample_for(instance)
    r = instance.perturbation_radius
    best, sharp = solutions.erm(instance, sample), solutions.erm(instance, sample, radius=r)
    assert best.status == sharp.status == "optimal"
    assert best.lower == 0.0
    assert abs(best.value) <= solutions.TOLERANCE
    assert best.upper <= solutions.TOLERANCE
    assert 0.0 <= sharp.lower <= sharp.upper <= 0.5 * (r * math.sqrt(instance.smoothness)) ** 2 * (1 + 1e-6)
    assert sharp.lower > 0.3 * sharp.upper or instance.name.startswith("sam")
    assert np.linalg.norm(sharp.point) <= 1.0
    # the point found has a SAER of at most the upper end, and no point of the ball one below the lower end
    assert instance.saer_bracket(dense_look(instance, sample, sharp.point))[0] <= sharp.upper + 1e-12
    rng = np.random.default_rng(5)
    for _ in range(count):  # the chain's bracket takes half a second
        w = rng.standard_normal(instance.dimension)
        w *= rng.random() / np.linalg.norm(w)
        look = dense_look(instance, sample, w)
        assert instance.saer_bracket(look)[1] >= sharp.lower


def test_the_lower_model_sees_the_chain():
    made = build("sam-chain", LOUD)
    assert solutions.erm(made, ones(made), radius=0.5).lower > 0.1


def test_saer_of_theorem_1_and_of_radius_zero():
    made = build("flat-erm", perturbation_radius=0.5, flatness_radius=0.1)
    sample = sample_for(made)
    found = solutions.erm(made, sample, radius=0.5)
    assert found.lower == pytest.approx(0.5 * 0.4**2, abs=2e-6)
    assert found.upper == pytest.approx(0.5 * 0.4**2, abs=1e-6)
    assert solutions.erm(made, sample, radius=0.0).upper <= 1e-9


def test_minimum_of_a_problem_that_is_not_realizable():
    """Two parabolas around 1/2 and -1/2: the minimum is between them."""

    class Shifted(SagdBlocks):
        def loss_cvxpy(self, w, z, push=0.0):
            return 0.5 * cvxpy.sum_squares(w - (0.5 if z[0] else -0.5) * np.eye(self.dimension)[0])

        def loss(self, w, z):
            return 0.5 * float(((w - (0.5 if z[0] else -0.5) * np.eye(self.dimension)[0]) ** 2).sum())

    made = Shifted(2, 2, 0.5, 0.1, width=2)
    found = solutions.erm(made, Sample(np.array([1, 2]), 2, Event("free", (), 1.0)))
    assert found.value == pytest.approx(0.125, abs=1e-7)
    assert found.upper == pytest.approx(0.125, abs=1e-7)


def test_methods_stay_above_the_programs(instance):
    sample = sample_for(instance)
    claims = solutions.compare(instance, sample)
    assert overall(claims) == "holds"
    assert len(claims) == 4 + 2 * len({"gd", instance.default_method})


def test_settings_and_points_outside_the_ball():
    made = build("sam-chain", LOUD)
    start = np.zeros(made.dimension)
    start[-1] = -5.0
    claims = solutions.compare(made, sample_for(made), [Settings(method="gd", start=start), "sam"])
    assert [c.verdict for c in claims[4:]] == ["not applicable"] * 2 + ["holds"] * 2


def test_a_method_below_the_minimum_is_caught(monkeypatch):
    """A program whose minimum is too large refutes itself against any method."""
    made = build("flat-erm")
    wrong = solutions.Minimum("optimal", 0.5, 0.5, 0.5, None)
    monkeypatch.setattr(solutions, "erm", lambda *args, **kwargs: wrong)
    claims = solutions.compare(made, sample_for(made))
    assert named(claims, "gd: F_S of").verdict == "fails"
    assert named(claims, "gd: F_S^r of").verdict == "fails"
    assert named(claims, "min F_S = 0").verdict == "fails"


@pytest.mark.parametrize("outcome", ["optimal_inaccurate", "infeasible", "unbounded", "user_limit", "crash"])
def test_a_failed_solver_never_counts(monkeypatch, outcome):
    solve = cvxpy.Problem.solve

    def failing(self, *args, **kwargs):
        solve(self, *args, **kwargs)  # so that plausible numbers are there
        if outcome == "crash":
            raise cvxpy.SolverError("the solver failed.\nTry another.")
        if outcome == "optimal_inaccurate":
            warnings.warn("Solution may be inaccurate. Try another solver.", UserWarning, stacklevel=2)
        self._status = outcome

    monkeypatch.setattr(cvxpy.Problem, "solve", failing)
    made = build("sagd-blocks")
    sample = sample_for(made)
    expected = "solver error: the solver failed." if outcome == "crash" else outcome
    found = [solutions.flat_distance(made), solutions.erm(made, sample), solutions.erm(made, sample, radius=0.3)]
    for one in found:
        assert one.status == expected
        assert one.value is one.lower is one.upper is one.point is None
    claims = solutions.compare(made, sample)
    assert {c.verdict for c in claims} == {"undecided"}
    assert all(expected in c.note for c in claims)


def test_contradicting_constraints_are_reported():
    class Wrong(SamSharp):
        def flat_constraints(self, y, unit):
            return [y[0] <= -1.0, y[0] >= 1.0]

    found = solutions.flat_distance(Wrong(2, 6, 0.5, 0.5, 0.1))
    assert found.status == "infeasible"
    assert found.value is None


def test_refusals():
    large = build("sam-chain", {}, n=9, steps=10, width=None)
    sample = samples.draw(9, large.m, 0, "free", samples.generator(0))
    for call in (lambda: solutions.flat_distance(large), lambda: solutions.erm(large, sample)):
        with pytest.raises(InputError, match=f"dimension = {large.dimension}: .* 5,000"):
            call()
    small = chain()
    with pytest.raises(InputError, match="radius"):
        solutions.erm(small, sample_for(small), radius=-1.0)
    with pytest.raises(InputError, match="start"):
        solutions.flat_distance(small, np.zeros(3))


def test_examples_are_the_columns_of_the_sample(instance):
    sample = sample_for(instance)
    for k, z in enumerate(solutions._examples(instance, sample)):
        assert np.array_equal(z, bits(sample, k))


def test_cvxpy_is_loaded_on_demand_only():
    text = (
        "import sys, sco_flat; from sco_flat.inspection import convexity, solutions; sys.exit('cvxpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0


def test_certify_on_the_command_line(capsys):
    assert cli.main(["certify", "sam-sharp", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [c["evidence"] for c in data["claims"][:4]] == ["symbolic", "float", "float", "symbolic"]
    assert cli.main(["certify", "sam-chain", "--n", "10", "--steps", "64"]) == 0
    assert "smoothness" in capsys.readouterr().out
    assert cli.main(["certify", "nothing"]) == 2
    assert "instance" in capsys.readouterr().err


def test_minima_that_are_not_searched_for_are_said_to_be_so():
    from sco_flat.inspection import certify

    found = certify.certify("sam-chain", n=8, steps=16).claims[-1]
    assert (found.name, found.verdict) == ("minima of convex programs", "not applicable")
    assert "d = 4,097, n = 8" in found.note
    assert all(c.verdict != "not applicable" for c in certify.certify("sam-chain", n=2, steps=4).claims)
