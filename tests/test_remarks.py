"""Remarks and corollaries of the paper as statements: their values by hand, and what is not covered."""

import math
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat.engines.layout import Layout, Look
from sco_flat.requests import request_from
from sco_flat.works import base
from sco_flat.works.flat_minima import draw, flat_minimisers, grid, rates

KEYS = (
    "saer-minimisers", "flat-minimisers", "saer-not-smooth", "constant-radius",
    "2-corollary", "4-corollary", "5-corollary", "8-corollary",
)  # fmt: skip


def named(found, start):
    return [c for c in found.claims if c.name.startswith(start)]


@pytest.mark.parametrize("key", KEYS)
def test_every_remark_is_listed_and_holds(key):
    assert f"flat-minima.{key}" in base.names()
    found = sco_flat.check(key)
    assert found.verdict == "holds"
    assert found.statement == base.get(key).text
    assert sum(c.kind == "conclusion" for c in found.claims) >= 4


@pytest.mark.parametrize(("n", "rho", "r"), [(6, 0.25, 0.0), (6, 0.25, 0.25), (4, 0.5, 0.1), (8, 0.5, 0.01)])
def test_the_set_of_flat_minimisers(n, rho, r):
    """All of the box of numbers, also where the b-axis and columns seen by one example reach far."""
    for key in ("flat-minimisers", "saer-minimisers"):
        assert sco_flat.check(key, n=n, flatness_radius=rho, perturbation_radius=r).verdict == "holds"
    assert flat_minimisers.ends(Fraction(1, 4), Fraction(r)) == (0, Fraction(9, 64))


def test_a_risk_above_the_worst_would_be_seen():
    """Outside the ball the risk is larger, and outside the set the flatness radius is smaller."""
    request = request_from("flat-erm", n=6, steps=1, step_size=0.25, perturbation_radius=0.1, flatness_radius=0.25)
    loss = request.build()
    sample = request.sample(loss)
    layout, rng = Layout(loss, sample, draw.rows(sample)), np.random.default_rng(0)
    worst, risks = 0.75**2 / 4, []
    for _ in range(50):
        w = draw.point(layout, 0.15, rng)
        assert float(w @ w) <= 1.0 + 1e-12
        assert np.max(Look(layout, w).example_norms()) == pytest.approx(0.15)
        assert draw.flatness(Look(layout, w)) == pytest.approx(0.1)
        risks.append(Look(layout, w).population_risk[1])
        assert draw.flatness(Look(layout, 2.0 * w)) < 0.1
    assert 0.9 * worst < max(risks) <= worst * (1 + 1e-12)
    assert min(risks) < 0.5 * worst
    assert Look(layout, 1.1 * np.eye(layout.size)[_zero(layout)]).population_risk[0] > worst


def _zero(layout):
    return int(np.flatnonzero(layout.sample.codes[layout.rows] == 0)[0])


def test_pushes_leave_the_flat_part():
    """F_S a radius away is at least that of the one example that feels most, which grows by the radius."""
    request = request_from("flat-erm", n=6, steps=1, step_size=0.25, perturbation_radius=0.1, flatness_radius=0.25)
    loss = request.build()
    sample = request.sample(loss)
    layout, rng = Layout(loss, sample, draw.rows(sample)), np.random.default_rng(1)
    for _ in range(20):
        look = Look(layout, draw.point(layout, 0.2, rng))
        assert draw.pushed(look, 0.04) == 0.0
        assert draw.pushed(look, 0.1) >= 0.5 * (0.3 - 0.25) ** 2 / 6 * (1 - 1e-9)
        assert draw.pushed(look, 0.1) <= look.upper(0.1) * (1 + 1e-12)


def test_at_rho_zero_both_minima_of_theorem_1_are_equally_sharp():
    for evidence in ("float", "every sample"):
        found = sco_flat.check(1, evidence=evidence, flatness_radius=0)
        assert [c.verdict for c in named(found, "rho = 0")] == [found.verdict] * 3
        assert not named(sco_flat.check(1, evidence=evidence, flatness_radius=0.1), "rho = 0")
    sharp = sco_flat.check(1, flatness_radius=0)
    assert [c.value for c in named(sharp, "rho = 0")] == pytest.approx([0.00005, 0.005, 0.125])


def test_the_kink_of_the_saer():
    """½ (|h| + r)² at r = 3/4: second differences h² + 2 r h; the kink is r - rho, and none is left at r = rho."""
    found = sco_flat.check("saer-not-smooth", perturbation_radius=0.75)
    bends = [c.value for c in named(found, "second difference of F_S^r")]
    assert bends == pytest.approx([1 + 1.5 * 2**k for k in (4, 10, 20)])
    found = sco_flat.check("saer-not-smooth", perturbation_radius=0.75, flatness_radius=0.5)
    assert [c.value for c in named(found, "second difference of F_S^r")] == pytest.approx(
        [1 + 0.5 * 2**k for k in (4, 10, 20)], rel=1e-9
    )
    smooth = sco_flat.check("saer-not-smooth", perturbation_radius=0.5, flatness_radius=0.5)
    assert smooth.verdict == "not applicable"


def test_corollaries_are_the_theorems_at_their_numbers():
    """4 (D² + c²) by hand, and 88 D² + 160 c², 18 at theta = 1/4: a wrong constant is not the paper's bound."""
    found = sco_flat.check("5-corollary")  # D = 1, c = 1
    assert [c.bound for c in named(found, "F_S(average) T/beta")] == pytest.approx([8.0] * 3)
    assert [c.bound for c in named(found, "4 (D²")] == pytest.approx([8 / T for T in (16, 64, 256)])
    found = sco_flat.check("4-corollary", flatness_radius=0)  # D = 0, c = 4
    first, second = named(found, "A beta/n")
    for c, n in ((first, 6), (second, 12)):
        r = 4 / math.sqrt(n)
        assert c.value == pytest.approx(160 * 16 / n + 18 * r**2 * n)
        assert c.bound == pytest.approx(c.value)
    assert [h.relation for h in rates.step_of(base.build(request_from("huber", steps=1)))] == ["<=", ">="]


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("2-corollary", {"step_size": 0.125}),
        ("5-corollary", {"step_size": 0.2}),
        ("4-corollary", {"steps": 7}),
        ("8-corollary", {"n": 7}),
        ("5-corollary", {"epsilon": 1e-3}),
        ("saer-minimisers", {"perturbation_radius": 0.3}),
        ("flat-minimisers", {"perturbation_radius": 0.3}),
        ("flat-minimisers", {"n": 8, "width": 1, "event": "free"}),
        ("constant-radius", {"epsilon": 1e-9}),
    ],
)
def test_what_they_do_not_speak_about_is_not_applicable(key, numbers):
    assert sco_flat.check(key, **numbers).verdict == "not applicable"


def test_the_report_checks_every_remark():
    for quick in (True, False):
        assert {f"flat-minima.{key}" for key in KEYS} <= {case.statement for case in grid.cases(quick)}
    for case in grid.cases(True):
        if case.statement.rpartition(".")[2] in KEYS:
            assert sco_flat.check(case.statement, **case.numbers).verdict == case.expected


def test_the_regime_of_constant_radius():
    """eta² r² T/40 = 1/160 at every T, and Theorem 5's bound does not fall with T."""
    found = sco_flat.check("constant-radius")
    for start, value in (("F(every suffix)", 1 / 160), ("Theorem 5's bound", None)):
        claims = named(found, start)
        assert len(claims) == 2
        assert claims[0].bound == pytest.approx(claims[1].bound, rel=1e-3)
        if value is not None:
            assert claims[0].bound == pytest.approx(value)
    assert [c.value for c in named(found, "F_S(average)")] == [0.0, 0.0]
    small = sco_flat.check("constant-radius", steps=16, step_size=0.25)
    assert [c.verdict for c in named(small, "Theorem 5's bound")] == ["not applicable"] * 2
    assert small.verdict == "holds"


def test_a_remark_on_theorem_1s_loss_speaks_where_that_loss_is_made_for_it():
    found = sco_flat.check("saer-minimisers", flatness_radius=0.9, allow_outside=True)
    assert found.verdict == "not applicable"
    assert sco_flat.check("1", flatness_radius=1.0, radius=1.2, allow_outside=True).verdict == "not applicable"


@pytest.mark.parametrize(
    ("loss", "flat", "risk"), [("flat-erm", "flat minimum e_I", 0.16), ("flat-erm-code", "flat minimum u_I", 0.08)]
)
def test_a_run_shows_the_flat_minimum_beside_the_sharp_one(loss, flat, risk):
    """Gradient descent stays at 0, which says nothing: the minima that the loss is made for are looked at, too."""
    points = sco_flat.run(loss, steps=2, perturbation_radius=0.5, flatness_radius=0.1 if "code" in loss else 0.2).points
    bad, good = points[flat], points["sharp minimum rho e_b"]
    assert bad.empirical_risk == good.empirical_risk == 0.0
    assert bad.population_risk[0] >= risk - 1e-12
    assert good.population_risk[1] < 1e-30
    assert bad.saer[1] < good.saer[0] == pytest.approx(0.125)
    assert list(sco_flat.run(loss, steps=2, flatness_radius=0.0).points)[-2:] == [flat[5:], "minimum 0"]
