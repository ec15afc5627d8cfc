"""Worst cases by semidefinite programs: known values, verified multipliers, a worst function that is run."""

import functools
import json
from dataclasses import replace
from fractions import Fraction

import cvxpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sco_flat import bounds, cli
from sco_flat.bounds import gaps, pep
from sco_flat.errors import InputError, NotApplicable
from sco_flat.reproduce import report

QUARTER, HALF, ONE = Fraction(1, 4), Fraction(1, 2), Fraction(1)
KNOWN = [
    (2, QUARTER, QUARTER, 0.625), (2, QUARTER, ONE, 1.600), (2, QUARTER, Fraction(4), 11.322),
    (8, QUARTER, QUARTER, 0.284), (8, QUARTER, ONE, 0.905), (8, QUARTER, Fraction(4), 10.659),
    (8, HALF, QUARTER, 0.183), (8, HALF, ONE, 1.011), (8, HALF, Fraction(4), 14.084),
    (8, ONE, QUARTER, 0.207), (8, ONE, ONE, 2.000), (8, ONE, Fraction(4), 29.5625),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "theta", "excess", "value"), KNOWN)
def test_known_values_are_bracketed(steps, theta, excess, value):
    found = pep.worst_case(steps, theta, excess)
    assert found.lower == pytest.approx(value, abs=1e-3)
    if found.estimate is not None:
        assert found.lower == pytest.approx(found.estimate, rel=2e-4)
    assert found.certificate.verify()
    assert found.lower <= found.upper <= found.sharper
    assert found.upper == float(found.certificate.bound)
    if found.paper is not None:
        own = bounds.regret_lemma(
            step_size=float(theta), steps=steps, smoothness=1.0, perturbation_radius=float(excess),
            flatness_radius=0.0, distance=1.0,
        )  # fmt: skip
        assert found.paper == pytest.approx(own.value)
        assert found.sharper < found.paper


@pytest.mark.parametrize("theta", [QUARTER, ONE])
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_without_perturbation_it_is_gradient_descents(steps, theta):
    found = pep.worst_case(steps, theta, Fraction(0))
    known = float(1 / (2 * (1 + theta * (steps - 1))))
    assert found.upper == pytest.approx(known, rel=1e-4)
    assert found.upper >= known
    assert found.lower == pytest.approx(known, rel=1e-3)


@given(st.fractions(Fraction(1, 20), Fraction(19, 10)), st.fractions(0, 5))
def test_the_floor_is_exact_by_its_two_cycle(theta, excess):
    assert set(pep.two_cycle(theta, excess, 6)) == {2 * excess**2 / (2 - theta) ** 2}


def test_paper_over_true_ratio_of_the_floor():
    for theta, ratio in ((QUARTER, 6.125), (HALF, 4.5), (ONE, 2.0)):
        assert 4 / float(pep.two_cycle(theta, ONE, 1)[0]) == pytest.approx(ratio)


def certificate():
    return pep.worst_case(4, QUARTER, HALF).certificate


@pytest.mark.parametrize("key", ["lam", "mu", "c", "nu", "theta", "excess"])
def test_wrong_multipliers_are_not_verified(key):
    proof = certificate()
    value = getattr(proof, key)
    for factor in (Fraction(1, 2), Fraction(-1)):
        changed = tuple(x * factor for x in value) if isinstance(value, tuple) else value * factor
        weaker = replace(proof, **{key: changed})
        # what still verifies must not be lower than the worst case of its own numbers
        if weaker.verify():
            true = pep.worst_case(4, weaker.theta, weaker.excess)
            assert float(weaker.bound) >= true.lower * (1 - 1e-6)
    if key in ("lam", "nu"):
        assert not replace(proof, **{key: tuple(x * HALF for x in value) if key == "lam" else value * HALF}).verify()


def test_a_bound_cut_below_the_worst_case_is_never_verified():
    proof = certificate()
    lowest = pep.worst_case(4, QUARTER, HALF).lower
    for share in (0.5, 0.9, 0.99):
        cut = replace(proof, nu=proof.nu * Fraction(share).limit_denominator(100), c=tuple(x / 2 for x in proof.c))
        assert not cut.verify() or float(cut.bound) >= lowest


def test_the_rebuilt_function_is_smooth_and_convex():
    _, found = pep._lower(4, 0.25, 1.0)
    rng = np.random.default_rng(0)
    points = [rng.standard_normal(found.start.size) for _ in range(6)] + [found.points[1], np.zeros(found.start.size)]
    seen = [pep.interpolant(found, y) for y in points]
    for x, (fx, gx) in zip(points, seen, strict=True):
        for y, (fy, gy) in zip(points, seen, strict=True):
            assert fx >= fy + gy @ (x - y) + 0.5 * ((gx - gy) ** 2).sum() - 1e-5
    assert seen[-1][0] == pytest.approx(0.0, abs=1e-5)
    value, slope = pep.interpolant(found, found.points[1])
    assert value == pytest.approx(found.values[1], abs=1e-4)
    np.testing.assert_allclose(slope, found.gradients[1], atol=1e-3)


@functools.cache
def upper(steps, theta, excess):
    return pep.worst_case(steps, theta, excess).upper


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(4, QUARTER, HALF), (8, QUARTER, ONE), (8, ONE, QUARTER)]))
def test_no_random_problem_is_worse(seed, numbers):
    """Quadratics and hinges with random perturbations, sharp and blunt: all below the verified bound."""
    steps, theta, excess = numbers
    bound = upper(*numbers)
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    curvature = rng.random(d) * (rng.random(d) < 0.7)
    curvature[0] = 1.0
    knee = rng.random() * (rng.random() < 0.5)  # Huber's function: linear beyond the knee
    w = rng.standard_normal(d)
    w /= np.linalg.norm(w)
    reached = []
    for _ in range(steps):
        v = rng.standard_normal(d) if rng.random() < 0.3 else np.sign(w) * curvature
        v *= float(excess) / max(np.linalg.norm(v), 1e-12)
        y = (w + v) * np.sqrt(curvature)
        size = np.linalg.norm(y)
        inside = size <= knee or knee == 0.0
        reached.append(0.5 * size**2 if inside else knee * size - 0.5 * knee**2)
        slope = np.sqrt(curvature) * (y if inside else knee * y / size)
        w = w - float(theta) * slope
    assert np.mean(reached) <= bound * (1 + 1e-9)


def test_refusals_and_solver_failures(monkeypatch):
    with pytest.raises(NotApplicable, match="eta beta < 2"):
        pep.worst_case(4, Fraction(2), ONE)
    with pytest.raises(InputError, match="matrices of 101 and 201 rows"):
        pep.worst_case(100, QUARTER, ONE)
    with pytest.raises(InputError, match="at least 0"):
        pep.worst_case(4, QUARTER, Fraction(-1))

    def broken(self, *args, **kwargs):
        raise cvxpy.SolverError("it broke")

    monkeypatch.setattr(cvxpy.Problem, "solve", broken)
    found = pep.worst_case(4, QUARTER, ONE)
    assert (found.upper, found.lower, found.estimate) == (None, None, None)
    assert found.status == {"upper": "solver error: it broke", "lower": "solver error: it broke"}


def test_command_line(capsys):
    assert cli.main(["bounds", "pep", "--steps", "8", "--step-size", "1/8", "--smoothness", "2", "--distance", "3",
                     "--radius", "3", "--json"]) == 0  # fmt: skip
    data = json.loads(capsys.readouterr().out)
    assert (data["theta"], data["excess"], data["unit"]) == ("1/4", "1", 18.0)
    assert data["lower"] == pytest.approx(0.905, abs=1e-3)
    proof = data["certificate"]
    again = pep.Certificate(
        Fraction(data["theta"]),
        Fraction(data["excess"]),
        *(tuple(map(Fraction, proof[k])) for k in ("lam", "mu", "c")),
        Fraction(proof["nu"]),
    )
    assert again.verify()
    assert float(again.bound) == data["upper"]
    assert cli.main(["bounds", "pep", "--steps", "2"]) == 0
    out = capsys.readouterr().out
    assert "proved, in balls" in out
    for words, key in (
        (["--step-size", "2"], "step-size"),
        (["--distance", "0"], "distance"),
        (["--steps", "0"], "steps"),
    ):
        assert cli.main(["bounds", "pep", *words]) == 2
        assert capsys.readouterr().err.startswith(f"sco-flat: {key} = ")


def test_gap_table_is_computed_and_in_order(capsys):
    rows = gaps.table()
    for g in rows:
        known = [x for x in (g.worst, g.sharper, g.paper) if x is not None]
        assert known == sorted(known), g.theorem
        assert g.state.startswith(("closed", "open"))
    floor, rate = rows[1], rows[2]
    assert floor.ratios == pytest.approx((6.125, 1.0))
    found = pep.worst_case(8, QUARTER, Fraction(0))
    assert found.estimate == pytest.approx(1 / (2 * (1 + 7 / 4)), rel=1e-4)  # the formula behind the rate's row
    assert rate.worst < rate.sharper
    assert cli.main(["bounds", "gaps", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(rows)
    assert cli.main(["bounds", "gaps"]) == 0
    assert "paper/worst" in capsys.readouterr().out
    assert "Table 4" in report._gaps(rows)
