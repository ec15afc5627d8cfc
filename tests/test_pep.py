"""Worst cases by semidefinite programs: known values, verified multipliers, a worst function that is run."""

import functools
import itertools
import json
import math
import runpy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import clarabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_losses import quantity, random_loss

from sco_flat import bounds, cli, runs
from sco_flat.bounds import pep
from sco_flat.bounds.pep import _lower, _upper
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError, NotApplicable
from sco_flat.reports import report
from sco_flat.works import worst_cases
from sco_flat.works.flat_minima import gaps, upper

QUARTER, HALF, ONE = Fraction(1, 4), Fraction(1, 2), Fraction(1)
KNOWN = [
    (2, QUARTER, QUARTER, 0.625), (2, QUARTER, ONE, 1.600), (2, QUARTER, Fraction(4), 11.322),
    (8, QUARTER, QUARTER, 0.284), (8, QUARTER, ONE, 0.905), (8, QUARTER, Fraction(4), 10.659),
    (8, HALF, QUARTER, 0.183), (8, HALF, ONE, 1.011), (8, HALF, Fraction(4), 14.084),
    (8, ONE, QUARTER, 0.207), (8, ONE, ONE, 2.000), (8, ONE, Fraction(4), 29.5625),
]  # fmt: skip
PAPER = {"lemma": upper.regret_lemma, "2": upper.theorem2, "5": upper.theorem5}


worst_case = functools.cache(worst_cases.worst_case)


def bracket(theorem, steps, theta, radius, flatness=Fraction(0)):
    """A worst case, computed once for all tests, by any of its names."""
    return worst_case(worst_cases.get(theorem).key, steps, theta, radius, flatness)


@pytest.fixture
def remembered(monkeypatch):
    """Whoever asks for a worst case that another test has computed gets that one."""
    monkeypatch.setattr(worst_cases, "worst_case", bracket)


def check_ends(found):
    """Both ends in order, the upper one proved, below the closed forms."""
    assert found.certificate.verify()
    assert found.lower <= found.upper * (1 + 1e-9)
    assert found.upper <= found.sharper
    if found.paper is not None:
        assert found.sharper < found.paper


@pytest.mark.parametrize(("steps", "theta", "excess", "value"), KNOWN)
def test_known_values_are_bracketed(steps, theta, excess, value):
    found = bracket("lemma", steps, theta, excess)
    assert found.lower == pytest.approx(value, abs=1e-3)
    if found.estimate is not None:
        assert found.lower == pytest.approx(found.estimate, rel=2e-4)
    check_ends(found)
    assert found.upper == float(found.certificate.bound / found.certificate.statement.distance**2)


CASES = [
    ("2", 2, QUARTER, ONE, 0), ("2", 4, ONE, ONE, 0), ("2", 8, QUARTER, HALF, QUARTER), ("2", 8, HALF, Fraction(4), 0),
    ("5", 2, QUARTER, ONE, 0), ("5", 4, ONE, ONE, 0), ("5", 4, QUARTER, HALF, QUARTER), ("5", 4, HALF, Fraction(4), 0),
]  # fmt: skip
LONGER = [("5", 8, QUARTER, HALF, QUARTER), ("5", 8, HALF, Fraction(4), 0)]
"""Searches over the norms of seven gradients."""


@pytest.mark.parametrize(
    ("theorem", "steps", "theta", "radius", "flatness"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.deep) for case in LONGER)],
)
def test_theorems_are_bracketed_and_the_lower_end_is_run(theorem, steps, theta, radius, flatness):
    found = bracket(theorem, steps, theta, radius, Fraction(flatness))
    check_ends(found)
    if "rebuilt" in found.attained and found.estimate is not None:
        assert found.lower == pytest.approx(found.estimate, rel=1e-3)
    if theta <= QUARTER:
        numbers = {"step_size": float(theta), "steps": steps, "smoothness": 1.0, "perturbation_radius": float(radius)}
        own = PAPER[theorem](**numbers, flatness_radius=float(flatness), distance=1.0)
        assert found.paper == pytest.approx(own.value)


def test_a_certificate_beyond_two_over_beta_is_refused():
    found = _upper.upper(pep.STATEMENTS["lemma"](2, ONE, ONE, Fraction(0)))[1]
    for theta in (Fraction(0), Fraction(2), Fraction(3)):
        assert not replace(found, statement=replace(found.statement, theta=theta)).verify()


def test_more_dimensions_are_worse_than_one():
    """Beyond theta = 1/4 no Huber function is the worst: the rebuilt ones are, for SA-GD and for SAM."""
    for theorem, known in (("2", 1.0), ("5", 0.125)):
        found = bracket(theorem, 4, ONE, ONE)
        assert "rebuilt" in found.attained
        assert found.lower > 1.1 * known


@pytest.mark.parametrize(
    ("theorem", "steps"),
    [
        *itertools.product(("lemma", "2", "5"), (1, 3)),
        ("lemma", 8),
        ("2", 8),
        pytest.param("5", 8, marks=pytest.mark.deep),
    ],
)
@pytest.mark.parametrize(
    ("radius", "flatness"), [(Fraction(0), Fraction(0)), (HALF, HALF)], ids=["r=0", "r=rho"]
)  # fmt: skip
def test_without_excess_it_is_gradient_descents(theorem, radius, flatness, steps):
    """1/(2 (1 + theta (T - 1))); for SAM with rho > 0 the worst case is smaller, and so is the upper end."""
    found = bracket(theorem, steps, QUARTER, radius, flatness)
    known = float(1 / (2 * (1 + QUARTER * (steps - 1))))
    if theorem == "5" and flatness:
        assert found.lower <= found.upper < known
        if steps == 1:
            assert found.upper == pytest.approx((1 - 0.5) ** 2 / 2, rel=1e-4)
    else:
        assert found.upper == pytest.approx(known, rel=1e-4)
        assert found.upper >= known
        assert found.lower == pytest.approx(known, rel=1e-3)


def test_a_flatter_minimum_counts_as_a_nearer_one():
    """rho > r: gradient descent's worst case from D - (rho - r), and 0 from inside."""
    for theorem in ("lemma", "2"):
        found = bracket(theorem, 3, QUARTER, HALF, ONE)
        assert found.lower == pytest.approx(0.25 / 3, rel=1e-3)
        assert found.upper == pytest.approx(0.25 / 3, rel=1e-4)
        # the same by hand: Huber's function, flat up to rho, pushed outwards by r
        w, reached = 1.0, []
        for _ in range(3):
            value, slope = _lower.huber(1 / 3, 1.0)(np.array([w + 0.5]))
            reached.append(value)
            w -= 0.25 * float(slope[0])
        assert np.mean(reached) == pytest.approx(found.lower, rel=1e-3)
    inside = bracket("5", 3, QUARTER, HALF, Fraction(3, 2))
    assert (inside.upper, inside.lower) == (0.0, 0.0)


def test_encodings_that_must_agree_agree():
    """Reduced to rho = 0 or not; with and without the maximality of SA-GD's perturbations; in units of D or not."""
    reduced, direct = bracket("lemma", 4, QUARTER, HALF), bracket("lemma", 4, QUARTER, ONE, HALF)
    assert direct.lower == pytest.approx(reduced.lower, rel=1e-6)
    assert direct.upper == pytest.approx(reduced.upper, rel=1e-6)
    # the multipliers of the reduced problem prove the direct one: only r - rho enters
    statement = pep.STATEMENTS["lemma"](4, QUARTER, ONE, HALF)
    assert replace(reduced.certificate, statement=statement).verify()
    # Theorem 2 is at most the lemma, Theorem 5 at most both (F(w_t) <= F(w_t + v_t))
    for theta, radius in ((QUARTER, ONE), (ONE, ONE)):
        lemma, two, five = (bracket(k, 4, theta, radius) for k in ("lemma", "2", "5"))
        assert two.lower <= lemma.upper
        assert five.lower <= two.upper
        assert five.upper <= lemma.upper * (1 + 1e-6)


@pytest.mark.parametrize("theta", [QUARTER, HALF, ONE])
def test_huber_in_the_simulator_reaches_the_lower_end(theta):
    """The compiled SAM and SA-GD on the registered instance against the run that the bracket counts."""
    for method, theorem, radius in (("sam", "5", 0.5), ("sagd", "2", 0.25)):
        statement = pep.STATEMENTS[worst_cases.get(theorem).of](6, theta, Fraction(radius), Fraction(0))
        for knee in (0.2, 0.37, 0.71):  # iterates stay off the minimum, where SA-GD would have a tie
            expected = statement.run(_lower.huber(knee, 0.0), np.ones(1), np.full((7, 1), radius))
            run = runs.run(
                "huber", method, steps=6, step_size=float(theta), perturbation_radius=radius, knee=knee,
                **({"oracle": "ascent"} if method == "sagd" else {}),
            )  # fmt: skip
            point = run.points["average"]
            reached = point.saer[1] if method == "sagd" else point.empirical_risk
            assert reached == pytest.approx(expected, rel=1e-12)
    found = bracket("5", 4, QUARTER, QUARTER)
    assert "Huber" in found.attained
    knee = float(found.attained.rpartition(" ")[2])
    run = runs.run("huber", "sam", steps=4, step_size=0.25, perturbation_radius=0.25, knee=knee)
    assert run.points["average"].empirical_risk == pytest.approx(found.lower, rel=1e-5)


@settings(deadline=None)  # fractions of thousands of digits
@given(st.fractions(Fraction(1, 20), Fraction(19, 10)), st.fractions(0, 5))
def test_the_floor_is_exact_by_its_two_cycle(theta, excess):
    assert set(pep.two_cycle(theta, excess, 6)) == {2 * excess**2 / (2 - theta) ** 2}


@pytest.mark.parametrize("theta", [0.25, 0.5, 1.0, 1.5])
def test_the_two_cycle_in_the_simulator(theta):
    """SAM on the quadratic: every perturbed point costs the floor, to the last bits, over 1,000 steps."""
    radius = 0.5
    away = theta * radius / (2 - theta)
    request = runs.request_from(
        "huber", "sam", steps=1000, step_size=theta, perturbation_radius=radius, knee=1e6, start=np.array([1.0 + away])
    )
    instance = request.build()
    simulation = simulate(instance, request.sample(instance), request.settings)
    floor = 2 * radius**2 / (2 - theta) ** 2
    seen = set()
    for _, w in simulation.iterates():
        look = simulation.look(w.copy())
        slope = look.gradient()
        seen.add(round(float(w[0]), 9))
        assert look.value(slope, radius / abs(float(slope[0]))) == pytest.approx(floor, rel=1e-9)
    assert len(seen) == 2
    sharper = bounds.regret_sharper(
        step_size=theta, steps=10**9, smoothness=1.0, perturbation_radius=radius, flatness_radius=0.0, distance=away
    )
    assert sharper.value == pytest.approx(floor, rel=1e-6)


def test_paper_over_true_ratio_of_the_floor():
    for theta, ratio in ((QUARTER, 6.125), (HALF, 4.5), (ONE, 2.0)):
        assert 4 / float(pep.two_cycle(theta, ONE, 1)[0]) == pytest.approx(ratio)


@pytest.mark.parametrize("theorem", ["lemma", "2", "5"])
@pytest.mark.parametrize("key", ["multipliers", "weights", "nu"])
def test_wrong_multipliers_are_not_verified(theorem, key):
    """Every single entry, halved, doubled, negated or left out: refused, or still not below the worst case."""
    found = bracket(theorem, 3, QUARTER, HALF)
    proof, value = found.certificate, getattr(found.certificate, key)
    refused = 0
    for name, factor in itertools.product(
        value if isinstance(value, dict) else [None], (HALF, Fraction(2), Fraction(-1))
    ):
        changed = value * factor if name is None else value | {name: value[name] * factor}
        other = replace(proof, **{key: changed})
        if other.verify():
            assert float(other.bound) >= found.lower * (1 - 1e-6)
        else:
            refused += 1
    assert refused > 0
    if isinstance(value, dict):
        for name in value:
            rest = {k: x for k, x in value.items() if k != name}
            if key == "weights":
                assert not replace(proof, weights=rest).verify()
            else:
                assert not replace(proof, multipliers=rest).verify()


@pytest.mark.parametrize("theorem", ["lemma", "2", "5"])
def test_a_bound_cut_below_the_worst_case_is_never_verified(theorem):
    found = bracket(theorem, 3, QUARTER, HALF)
    proof = found.certificate
    for share in (0.5, 0.9, 0.99):
        cut = replace(proof, nu=proof.nu * Fraction(share).limit_denominator(100))
        cut = replace(cut, weights={k: c / 2 for k, c in cut.weights.items()})
        assert not cut.verify() or float(cut.bound) >= found.lower


@pytest.mark.parametrize(("theorem", "steps"), [("lemma", 4), ("2", 4), ("5", 4)])
def test_the_rebuilt_function_is_smooth_and_convex(theorem, steps):
    statement = pep.STATEMENTS[worst_cases.get(theorem).of](steps, ONE, ONE, Fraction(0))
    lengths = _upper.upper(statement)[2]
    _, found = _lower.lower(statement, lengths, 1.0)
    loss = _lower.through(found)
    rng = np.random.default_rng(0)
    points = [rng.standard_normal(found.start.size) for _ in range(6)] + [found.points[1], np.zeros(found.start.size)]
    seen = [loss(y) for y in points]
    for x, (fx, gx) in zip(points, seen, strict=True):
        for y, (fy, gy) in zip(points, seen, strict=True):
            assert fx >= fy + gy @ (x - y) + 0.5 * ((gx - gy) ** 2).sum() - 1e-5
    assert seen[-1][0] == pytest.approx(0.0, abs=1e-5)
    value, slope = loss(found.points[1])
    assert value == pytest.approx(found.values[1], abs=1e-4)
    np.testing.assert_allclose(slope, found.slopes[1], atol=1e-3)


def test_sa_gd_on_the_rebuilt_function_has_no_better_perturbation():
    """The condition that makes r g/|g| a global maximiser: a thousand other perturbations stay below it."""
    statement = pep.STATEMENTS["sagd"](4, ONE, ONE, Fraction(0))
    _, found = _lower.lower(statement, _upper.upper(statement)[2], 1.0)
    loss, rng, w = _lower.through(found), np.random.default_rng(1), found.start
    for t in range(4):
        own, slope = loss(w + found.hints[t])
        assert np.linalg.norm(found.hints[t]) == pytest.approx(1.0, rel=1e-6)
        for v in rng.standard_normal((60, w.size)):
            assert loss(w + v / np.linalg.norm(v))[0] <= own + 1e-5
        w = w - slope


BLUNT = [("lemma", 4, QUARTER, HALF), ("lemma", 8, QUARTER, ONE), ("lemma", 8, ONE, QUARTER),
         ("2", 4, QUARTER, HALF), ("2", 4, ONE, ONE), ("5", 4, QUARTER, HALF), ("5", 4, ONE, ONE)]  # fmt: skip


RANDOM = given(st.integers(0, 2**32), st.sampled_from(BLUNT))


@settings(max_examples=500, deadline=None)
@RANDOM
def test_no_random_problem_is_worse(seed, case):
    check_a_random_problem(seed, case)


@pytest.mark.deep
@settings(max_examples=2000, deadline=None)
@RANDOM
def test_no_random_problem_of_two_thousand_is_worse(seed, case):
    check_a_random_problem(seed, case)


def check_a_random_problem(seed, case):
    """A random smooth convex loss is not above the verified bound, which is below every closed form."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    w = rng.standard_normal(d)
    w /= np.linalg.norm(w)
    reached = quantity(case, random_loss(rng, d), w, float(case[2]), float(case[3]), rng)
    assert reached <= bracket(*case).upper * (1 + 1e-9)


@pytest.mark.parametrize("case", BLUNT)
def test_a_bound_cut_below_the_worst_case_would_be_caught(case):
    """The same comparison with the bound cut to .99 of the worst case known: the rebuilt or Huber loss is above it."""
    found = bracket(*case)
    statement, knee = found.statement, float(found.attained.rpartition(" ")[2]) if "Huber" in found.attained else None
    if knee is not None:
        again = statement.run(_lower.huber(knee, 0.0), np.ones(1), np.full((case[1] + 1, 1), float(case[3])))
    else:
        lengths = _upper.upper(statement)[2]
        points = _lower.lower(statement, lengths, _lower.best_huber(statement)[1])[1]
        again = statement.run(_lower.through(points), points.start, points.hints)
    assert again > 0.99 * found.lower
    assert again <= found.upper


def test_refusals_and_solver_failures(monkeypatch):
    with pytest.raises(NotApplicable, match="eta beta < 2"):
        worst_cases.worst_case("lemma", 4, Fraction(2), ONE)
    with pytest.raises(InputError, match=r"semidefinite program of 201 rows and 10100 inequalities, about \d+ s"):
        worst_cases.worst_case("lemma", 100, QUARTER, ONE)
    with pytest.raises(InputError, match="at least 0"):
        worst_cases.worst_case("2", 4, QUARTER, Fraction(-1))
    with pytest.raises(InputError, match="at least 0"):
        worst_cases.worst_case("2", 4, QUARTER, ONE, Fraction(-1))
    with pytest.raises(InputError, match=r"known are flat-minima\.2, flat-minima\.5, flat-minima\.lemma"):
        worst_cases.worst_case("7", 4, QUARTER, ONE)

    class PanicException(BaseException):
        pass

    class Stopped:
        """A solver that gives up before its first step."""

        status = "NumericalError"

        def __init__(self, *program):
            self.sizes = len(program[1]), len(program[3])

        def solve(self):
            x, z = (np.full(size, np.nan) for size in self.sizes)
            return SimpleNamespace(status=self.status, x=x, z=z)

    class Boasting(Stopped):
        """One that calls that its optimum."""

        status = "Solved"

    def panics(*program):
        raise PanicException("it broke")

    def interrupted(*program):
        raise KeyboardInterrupt

    told = {"NumericalError": Stopped, "its optimum is no number": Boasting, "it broke": panics}
    for words, how in told.items():
        monkeypatch.setattr(clarabel, "DefaultSolver", how)
        found = worst_cases.worst_case("5", 4, QUARTER, ONE)
        assert (found.upper, found.estimate, found.certificate) == (None, None, None)
        assert found.status == {"upper": f"solver error: {words}", "lower": f"solver error: {words} at the norms tried"}
        assert found.lower == pytest.approx(1 / (2 * (1 + 3 / 4)), rel=1e-6)  # Huber's function needs no solver
    monkeypatch.setattr(clarabel, "DefaultSolver", interrupted)
    with pytest.raises(KeyboardInterrupt):
        worst_cases.worst_case("5", 4, QUARTER, ONE)


def test_an_unverified_upper_end_is_undecided(monkeypatch, capsys):
    monkeypatch.setattr(_upper.Certificate, "verify", lambda self, bits=200: False)
    assert cli.main(["bounds", "pep", "--steps", "2"]) == 0
    assert "undecided" in capsys.readouterr().out


def test_command_line(remembered, capsys):
    for theorem in ("lemma", "flat-minima.2", "5"):
        words = ["bounds", "pep", theorem, "--steps", "4", "--step-size", "1/8", "--smoothness", "2",
                 "--distance", "3", "--radius", "3", "--json"]  # fmt: skip
        assert cli.main(words) == 0
        data = json.loads(capsys.readouterr().out)
        assert data["key"] == worst_cases.get(theorem).key == f"flat-minima.{theorem.removeprefix('flat-minima.')}"
        assert (data["theta"], data["radius"], data["unit"]) == ("1/4", "1", 18.0)
        assert data["lower"] == pytest.approx(bracket(theorem, 4, QUARTER, ONE).lower, rel=1e-9)
        proof = data["certificate"]
        again = pep.Certificate(
            pep.STATEMENTS[worst_cases.get(theorem).of](4, QUARTER, ONE, Fraction(0)),
            *({k: Fraction(x) for k, x in proof[key].items()} for key in ("multipliers", "weights")),
            Fraction(proof["nu"]),
        )
        assert again.verify()
        assert float(again.bound) == data["upper"]
    for words, name in (([], "the regret lemma, (1/T) sum F(w_t + v_t)"), (["2"], "Theorem 2, F^r(average) of SA-GD")):
        assert cli.main(["bounds", "pep", *words, "--steps", "2"]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"Worst case of {name}: T = 2,")
    assert "proved, in balls" in out
    assert "worst function found" in out
    for words, key in (
        (["--step-size", "2"], "step-size"),
        (["--distance", "0"], "distance"),
        (["--steps", "0"], "steps"),
        (["--radius", "-1"], "radius"),
        (["4"], "statement"),
    ):
        assert cli.main(["bounds", "pep", *words]) == 2
        assert capsys.readouterr().err.startswith(f"sco-flat: {key} = ")


def test_the_option_that_named_a_worst_case_says_what_names_it_now(capsys):
    for words, mend in ((["--theorem", "5"], "5"), (["--theorem=lemma"], "lemma"), (["--theorem"], "KEY")):
        assert cli.main(["bounds", "pep", *words]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"sco-flat: theorem = {mend}: ")
        assert err.endswith(f"; write sco-flat bounds pep {mend}\n")
    assert cli.main(["bounds", "pep", "--theorems", "5"]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_long_programs_say_their_size_first(monkeypatch, capsys):
    monkeypatch.setattr(worst_cases, "worst_case", lambda *given: pep.worst_case("lemma", 2, QUARTER, ONE))
    assert cli.main(["bounds", "pep", "5", "--steps", "30"]) == 0
    assert "semidefinite program of 62 rows and 3782 inequalities, about 31 s" in capsys.readouterr().err


def test_gap_table_is_computed_and_in_order(remembered, capsys, monkeypatch):
    rows = gaps.table()
    for g in rows:
        known = [x for x in (g.worst, g.certified, g.sharper, g.paper) if x is not None]
        assert known == sorted(known), g.theorem
        assert g.state.startswith(("closed", "open", "nearly closed"))
    floor, rate = rows[1], rows[2]
    assert floor.ratios == pytest.approx((6.125, 1.0))
    found = bracket("lemma", 8, QUARTER, Fraction(0))
    for end in (found.lower, found.upper):  # the formula behind the rate's row
        assert end == pytest.approx(1 / (2 * (1 + 7 / 4)), rel=1e-4)
    assert rate.worst < rate.sharper
    # all terms at theta = 1/4, T = 64, n = 20, D = 0: 16/(theta T) + 72 + 2304 theta T/n²
    walk, valley, chain = (g for g in rows if g.theorem in ("3 against 4", "7 against 8"))
    assert walk.paper == pytest.approx(1 + 72 + 92.16)
    assert valley.paper == pytest.approx(0.8 + 72 + 115.2)  # theta = 1/1280, T = 25600: 16/20 + 72 + 2304 * 20/400
    # theta+ = .2625, n + 1 = 21, phi = 2/(2 - theta+)², A = 0, the other of two forms of the second part is larger
    floor, theta = 2 / (2 - 0.2625) ** 2, 0.2625
    turned = 63 / 64 * (256 * theta**2 / (2 - theta) + 64 * floor * theta / 21)
    pushed = math.sqrt(min(turned, 1024 / 9 * theta / (2 - theta)))
    root = math.sqrt(floor) + math.sqrt(1 / 2) * (pushed + theta / 21 * math.sqrt(32 * 64 * floor))
    assert walk.sharper == pytest.approx(root**2 / 16, rel=1e-12)
    assert (valley.sharper, chain.sharper) == pytest.approx((0.124541, 0.937968), rel=1e-5)
    # what the valley gives: P(one of 2^n columns is bad)/(240 n), about 1/(4800 e); SAM's is in test_valley_wide.py
    assert valley.worst == pytest.approx(1 / (4800 * math.e), rel=2e-3)
    assert chain.worst == pytest.approx(0.005657, rel=1e-3)
    monkeypatch.setattr(gaps, "table", lambda: rows)  # what is shown, not once more computed
    assert cli.main(["bounds", "gaps", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(rows)
    assert cli.main(["bounds", "gaps"]) == 0
    assert "paper/worst" in capsys.readouterr().out
    assert "Table 4" in report._gaps(rows)
    path = Path(__file__).parent.parent / "experiments" / "readme_gaps.py"
    readme = runpy.run_path(str(path))
    assert readme["markdown"](rows) in readme["README"].read_text()


@pytest.mark.parametrize("theorem", ["lemma", "2", "5"])
def test_radii_far_above_the_distance_are_bracketed_in_their_own_unit(theorem):
    """With r >> D only r counts: everything grows as r²."""
    far, farther = (bracket(theorem, 3, QUARTER, Fraction(10) ** power) for power in (6, 9))
    for found, unit in ((far, 1e12), (farther, 1e18)):
        assert found.certificate.verify()
        assert 0.0 < found.lower < found.upper < found.sharper * (1 + 1e-9)
        assert 1e-4 < found.lower / unit < 1.0
    assert farther.upper / far.upper == pytest.approx(1e6, rel=1e-3)
    if theorem != "5":  # whose lower end is the best of a search
        assert farther.lower / far.lower == pytest.approx(1e6, rel=1e-3)
