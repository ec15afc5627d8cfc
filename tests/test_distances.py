"""Convexity and constants of the losses made of distances, and that wrong expressions and constants are caught."""

import dataclasses
import math
from types import SimpleNamespace

import cvxpy
import numpy as np
import pytest
from conftest import build, dense_look, sample_for, variants
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize

import sco_flat
from sco_flat.inspection import convexity, solutions
from sco_flat.instances.distances import Slack, cones, polyhedron, slacks, value_of
from sco_flat.instances.valley_2d import Valley2d

OF_DISTANCES = [
    *[
        (name, options)
        for name, options in variants()
        if name in ("sam-valley", "sam-valley-bits", "sam-valley-epochs", "sam-valley-static")
        or name in ("sagd-valley", "valley-2d", "flat-erm-code", "sagd-code")
    ],
    ("sam-valley", {"flatness_radius": 0.05}),
    ("sam-valley", {"codes": "signs", "code_length": 30, "coherence": 0.9, "margin": 0.05}),
    ("sam-valley-epochs", {"exit": 0.0}),
    ("valley-2d", {"bowl": 0.0, "floor": 0.3}),
    ("flat-erm-code", {"code_length": 1000}),
]


@pytest.fixture(params=OF_DISTANCES, ids=["-".join([n, *map(str, o.values())]) for n, o in OF_DISTANCES])
def loss(request):
    return build(*request.param)


def test_convex_by_the_rules_and_of_one_value(loss):
    claims = convexity.convexity(loss)
    assert [c.verdict for c in claims] == ["proved", "holds", "holds"]
    assert "least values over slacks" in claims[0].note
    assert max(c.value for c in claims[1:]) < 1e-14


def test_constants_are_proved_and_no_less(loss):
    claims = convexity.smoothness(loss)
    assert [c.verdict for c in claims] == ["proved", "proved"]
    low, high = (float(end) for end in claims[0].enclosure)
    assert low <= high <= loss.smoothness * (1 + 1e-15)
    for key, place in (("smoothness", 0), ("lipschitz", 1)):
        less = np.nextafter(getattr(loss, key), 0.0) if key == "lipschitz" else low * (1 - 1e-9)
        both = {"smoothness": loss.smoothness, "lipschitz": loss.lipschitz} | {key: less}
        wrong = type("Wrong", (type(loss),), both)
        again = convexity.smoothness(wrong(**{f.name: getattr(loss, f.name) for f in dataclasses.fields(loss)}))
        assert again[place].verdict == ("undecided" if key == "lipschitz" else "fails")
        assert again[1 - place].verdict == "proved"


def points_of_the_lower_end():
    """Where the kernel's Hessian has the norm that is said to be reached: example, point, direction."""
    static = build("sam-valley-static")
    down = np.append(np.full(static.m, -50.0), 0.01)
    yield static, np.zeros(static.m, dtype=int), down, np.eye(static.dimension)[-1]
    for preset in ("proof", "practical"):
        made = build("sam-valley-bits", {"preset": preset})
        x = np.eye(made.dimension)[2]
        yield made, np.ones(made.m, dtype=int), -50.0 * x, x
    sagd = build("sagd-valley")
    yield sagd, np.ones(sagd.m, dtype=int), -50.0 * np.eye(sagd.dimension)[1], np.eye(sagd.dimension)[1]
    yield build("valley-2d"), np.zeros(1, dtype=int), np.array([0.01, -50.0]), np.array([1.0, 0.0])
    for options in ({}, {"flatness_radius": 0.05}):
        valley = build("sam-valley", options)
        x = np.eye(valley.dimension)[valley.points + valley.columns]
        yield valley, 0, -50.0 * x - 9.0 * np.eye(valley.dimension)[-1], x
    code = build("flat-erm-code")
    yield code, np.zeros(code.columns, dtype=int), 9.0 * np.eye(code.dimension)[-1], np.eye(code.dimension)[-1]
    words = build("sagd-code")
    u = np.zeros(words.dimension)
    u[: words.code.length] = words.code.vectors[0]
    z = np.zeros(words.columns, dtype=int)
    z[0] = 1
    yield words, z, 9.0 * u, u


@pytest.mark.parametrize("at", list(points_of_the_lower_end()), ids=lambda at: at[0].name)
def test_a_hessian_of_the_lower_end_exists(at):
    made, z, w, direction = at
    low = float(convexity.smoothness(made)[0].enclosure[0])
    look = dense_look(made, made.repeated(z), w)
    change = look.gradient(direction, 1e-3) - look.gradient()
    assert np.linalg.norm(change) / 1e-3 == pytest.approx(low, rel=1e-9)


@pytest.mark.parametrize("wrong", ["place", "slope", "apex"])
def test_an_expression_with_another_cone_is_caught(wrong):
    """Behind the apex and in front of it."""

    class Wrong(Valley2d):
        def root_cvxpy(self, w, z):
            c, h, g = self.constants()
            b = cvxpy.abs(w[:1])
            if wrong == "apex":
                return cvxpy.norm(cvxpy.hstack([cvxpy.pos(b - c * w[1:] - h), g**0.5 * b]))
            steep = c * 1.001 if wrong == "slope" else c
            along = w[1:] + h / c * (1.001 if wrong == "place" else 1.0)
            return cvxpy.norm(cvxpy.hstack([cones(b, along, steep), g**0.5 * b]))

    made = build("valley-2d")
    given = {f.name: getattr(made, f.name) for f in dataclasses.fields(made)}
    assert [c.verdict for c in convexity.convexity(Wrong(**given))] == ["proved", "fails", "fails"]


@pytest.mark.parametrize("seed", range(6))
def test_the_slacks_are_the_best(seed):
    """Values at the best slacks are distances found by another solver, and no other slacks have less."""
    rng = np.random.default_rng(seed)
    normals, levels, p = rng.standard_normal((4, 6)), rng.random(4), 2.0 * rng.standard_normal(6)
    w = cvxpy.Variable(6, value=p)
    found = cvxpy.norm(polyhedron(normals, levels, w))
    best = value_of(found)
    inside = [{"type": "ineq", "fun": lambda q, k=k: levels[k] - normals[k] @ q} for k in range(4)]
    asked = minimize(
        lambda q: ((q - p) ** 2).sum(), np.zeros(6), constraints=inside, method="SLSQP", options={"ftol": 1e-14}
    )
    assert best == pytest.approx(np.sqrt(asked.fun), rel=1e-6, abs=1e-6)
    (slack,) = slacks(found)
    assert isinstance(slack, Slack)
    for _ in range(200):
        slack.value = np.maximum(slack.value + 0.1 * rng.standard_normal(4), 0.0)
        assert float(found.value) >= best * (1 - 1e-14)


def test_dependent_normals_are_refused_and_their_loss_says_nothing():
    with pytest.raises(np.linalg.LinAlgError):
        polyhedron(np.ones((2, 3)), 0.0, cvxpy.Variable(3))
    many = build("flat-erm-code", {"code_length": 2, "width": 3, "coherence": 0.99, "family": 1})
    assert many.root_cvxpy(cvxpy.Variable(many.dimension), np.ones(3, dtype=int)) is None


def test_programs_of_the_valley():
    """In a program the slacks are variables: the minimum of F_S, and the one where a and y are held at 0."""
    made = build("sam-valley", {"width": 3})
    sample = sample_for(made, event="free")
    best = solutions.erm(made, sample)
    assert best.status == "optimal"
    assert 0.0 <= best.upper <= solutions.TOLERANCE
    w, v = cvxpy.Variable(made.dimension), made.valley()
    mean = sum(made.loss_cvxpy(w, z) for z in sample.codes.tolist()) / made.n
    held = [w[: made.points] == 0, w[-1] == 0]
    problem = cvxpy.Problem(cvxpy.Minimize(mean), held)
    problem.solve(solver=cvxpy.CLARABEL)
    assert problem.value == pytest.approx(0.5 * v["lam"] * v["dl"] ** 2, rel=1e-5)


@given(
    st.tuples(st.floats(-3, 3), st.floats(-3, 3)), st.integers(4, 300), st.sampled_from([0.05, 0.25, 1.0, 16.0]),
    st.floats(0.001, 2.0), st.sampled_from([0.0, 0.1, 1.0]), st.sampled_from([0.0, 0.01, 0.5]),
)  # fmt: skip
@example((0.0, 0.0), 300, 16.0, 1.0, 0.0, 0.0)  # at the apex: alike on half a circle
@example((0.0, 0.0), 4, 0.05, 1.0, 0.0, 0.0)
def test_both_ends_of_the_saer_in_two_dimensions(w, steps, eta, radius, bowl, floor):
    loss = Valley2d(1, steps, eta, radius, bowl=bowl, floor=floor)
    low, high = loss.saer_bracket(SimpleNamespace(w=np.array(w)))
    angles = np.linspace(0.0, 2.0 * np.pi, 1001)
    values = [loss.loss(np.array(w) + radius * np.array([np.sin(a), np.cos(a)]), None) for a in angles]
    assert max(values) <= high * (1.0 + 1e-12)
    # an end of the arc of the grid that holds the largest value is no further below it than a slope and a curvature say
    chord = radius * np.pi / 1000
    slope = math.sqrt(2.0 * high * loss.smoothness)
    assert low <= max(values) + slope * chord
    assert high - low <= max(1e-4 * high, 1e-300)


def test_the_saer_in_two_dimensions_has_ten_digits_on_a_run():
    run = sco_flat.run("valley-2d", steps=64)
    for point in run.points.values():
        low, high = point.saer
        assert high - low <= 1.1e-10 * high
