"""What a search for witnesses has to find, what it may say, and that witnesses lie where the claims speak."""

from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
from test_own import Made, half_space, hinge, quadratic

from sco_flat.inspection._reading import lies_within
from sco_flat.inspection.own import inspect
from sco_flat.instances.distances import polyhedron
from sco_flat.terminal.texts import inspection_text


def bump(u, width=0.01):
    """A bump of height 1 that is 0 outside ``|u| < width/2``."""
    return max(1.0 - (2 * u / width) ** 2, 0.0) ** 2


def bump_slope(u, width=0.01):
    return -16 * u / width**2 * max(1.0 - (2 * u / width) ** 2, 0.0)


def claims_of(found):
    return {c.name: c for c in found.claims}


# --- what is symbolic is the expression ---


def bumpy(dimension=1, **claims):
    """½ |w|² with a bump of width .01 on top, which its expression has not."""
    problem = Made(
        dimension,
        lambda w, z: w @ w / 2 + 1e-3 * bump(w[0] - 0.3),
        lambda w, z: w + 1e-3 * bump_slope(w[0] - 0.3) * np.eye(dimension)[0],
        **claims,
    )
    problem.loss_cvxpy = lambda w, z: cp.sum_squares(w) / 2
    return problem


def test_an_expression_that_is_not_the_loss_proves_nothing_about_it():
    found = inspect(bumpy())
    claims = claims_of(found)
    assert (claims["loss_cvxpy is convex"].evidence, claims["loss_cvxpy is convex"].verdict) == ("symbolic", "proved")
    assert {name for name, c in claims.items() if c.evidence == "symbolic"} == {"loss_cvxpy is convex"}
    assert (claims["convex"].evidence, claims["convex"].verdict) == ("float", "fails")
    witness = found.witnesses["value = loss_cvxpy"]
    (x,) = witness.points
    assert witness.numbers["value(x, z)"] - witness.numbers["loss_cvxpy(x, z)"] == pytest.approx(
        1e-3 * bump(x[0] - 0.3), rel=1e-9
    )
    assert witness.holds_up(bumpy())
    flat = quadratic(np.eye(1))
    assert not witness.holds_up(flat)  # it has no expression
    flat.loss_cvxpy = bumpy().loss_cvxpy
    assert not witness.holds_up(flat)
    assert "convex: proved" not in inspection_text(found)


def test_a_convex_expression_of_another_convex_loss():
    other = hinge()
    other.loss_cvxpy = lambda w, z: 0.5 * cp.square(cp.pos(cp.norm(w) - 0.3))
    found = inspect(other, effort=0.3)
    assert set(found.witnesses) == {"value = loss_cvxpy"}
    assert found.verdict == "fails"
    assert claims_of(found)["convex"].verdict == "holds"


@pytest.mark.parametrize("level", [0.2, 0.21])
def test_an_expression_may_be_made_of_distances(level):
    """One of the right half-space agrees, one of another does not."""
    normal = np.array([0.6, 0.8])
    right = Made(
        2,
        lambda w, z: 0.5 * max(normal @ w - 0.2, 0.0) ** 2,
        lambda w, z: max(normal @ w - 0.2, 0.0) * normal,
    )
    right.loss_cvxpy = lambda w, z: 0.5 * cp.sum_squares(polyhedron(normal[None], level, w))
    found = inspect(right, effort=0.3)
    assert claims_of(found)["loss_cvxpy is convex"].verdict == "proved"
    assert set(found.witnesses) == (set() if level == 0.2 else {"value = loss_cvxpy"})


def test_an_expression_that_agrees_is_proved_convex_and_the_loss_only_searched():
    right = hinge()
    right.loss_cvxpy = lambda w, z: 0.5 * cp.square(cp.pos(cp.norm(w) - 0.2))
    found = inspect(right, effort=0.3)
    claims = claims_of(found)
    assert claims.pop("loss_cvxpy is convex").verdict == "proved"
    assert {c.verdict for c in claims.values()} == {"holds"}
    assert all(c.note.startswith("holds (float search of ") for c in claims.values())
    assert {c.evidence for c in claims.values()} == {"float"}
    assert found.verdict == "holds"


def test_rules_that_do_not_decide():
    undecided = hinge()
    undecided.loss_cvxpy = lambda w, z: 0.5 * cp.square(cp.norm(w) - 0.2)  # not 0 inside, and not convex by the rules
    found = inspect(undecided, effort=0.3)
    rules = claims_of(found)["loss_cvxpy is convex"]
    assert rules.verdict == "not applicable"
    assert "do not decide" in rules.note
    assert set(found.witnesses) == {"value = loss_cvxpy"}


# --- the gradient is tested as finely as what relies on it ---

E = np.eye(3)[0]
SMALL_ERRORS = {
    "constant": lambda w, size: size * E,
    "a factor": lambda w, size: size * w,
    "a wave": lambda w, size: size * np.sin(200 * w[0]) * E,
    "a jump down": lambda w, size: -size * np.sign(w[0] - 0.2) * E,
    "a turn": lambda w, size: size * np.array([w[1], -w[0], 0.0]),
}


@pytest.mark.parametrize(("name", "size"), [(name, 1e-5) for name in SMALL_ERRORS] + [("constant", 1e-8)])
def test_a_small_error_of_the_gradient_is_its_own_fault(name, size):
    """Convexity, smoothness and slope are right, and the wrong gradient would refute each of them."""
    exact = {"smoothness": 1.0, "lipschitz": 1.0}
    wrong = Made(3, lambda w, z: w @ w / 2, lambda w, z: w + SMALL_ERRORS[name](w, size), **exact)
    found = inspect(wrong, effort=0.5)
    assert set(found.witnesses) == {"gradient"}
    assert found.witnesses["gradient"].holds_up(wrong)
    assert not found.witnesses["gradient"].holds_up(quadratic(np.eye(3)))


def test_what_only_gradients_can_show_is_said():
    kinked = Made(
        3, lambda w, z: w @ w - 1e-9 * abs(w[0] - 0.1), lambda w, z: 2 * w - 1e-9 * np.sign(w[0] - 0.1) * E,
        non_negative=False,
    )  # fmt: skip
    found = inspect(kinked)
    assert set(found.witnesses) == {"convex"}
    x, y = found.witnesses["convex"].points
    assert np.linalg.norm(x - y) < 1e-9  # farther apart the curvature hides it
    assert "the gradient alone shows it" in claims_of(found)["convex"].note
    assert "alone" not in claims_of(inspect(quadratic(-np.eye(3), non_negative=False), effort=0.2))["convex"].note


# --- what was missed ---

FOUND = {
    "a kink of 1e-9 on a slope": (
        "convex",
        Made(
            3, lambda w, z: 2 + w[0] - 1e-9 * abs(w[0] - 0.1), lambda w, z: E * (1 - 1e-9 * np.sign(w[0] - 0.1)),
        ),
        Made(3, lambda w, z: 2 + w[0], lambda w, z: E),
    ),
    "a knee of 1e-9": (
        "smoothness",
        Made(
            1, lambda w, z: (w @ w / 2e-9) if abs(w[0]) < 1e-9 else abs(w[0]) - 5e-10,
            lambda w, z: np.clip(1e9 * w, -1, 1), smoothness=1e6,
        ),
        quadratic(np.eye(1), smoothness=1e6),
    ),
    "flatness radius .1 % too large, d = 200": (
        "flatness radius", half_space(dimension=200, flatness_radius=0.1001), half_space(dimension=200)
    ),
    "the same around a centre": (
        "flatness radius", hinge(200, centre=0.02, flatness_radius=0.2002), hinge(200, centre=0.02)
    ),
    "a bump of width .01, d = 1": ("convex", bumpy(1), quadratic(np.eye(1))),
    "a bump of width .01, d = 10": ("convex", bumpy(10), quadratic(np.eye(10))),
    "a round bump of width .01, d = 2": (
        "convex",
        Made(2, lambda w, z: w @ w / 2 + 1e-3 * bump(np.hypot(w[0] - 0.3, w[1] + 0.2)), lambda w, z: w),
        quadratic(np.eye(2)),
    ),
    "a bump of width .01 that its gradient has not": (
        "gradient",
        Made(3, lambda w, z: w @ w / 2 + 1e-3 * bump(w[0] - 0.3), lambda w, z: w, convex=False),
        quadratic(np.eye(3)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_was_missed_is_found(name):
    claim, wrong, mended = FOUND[name]
    found = inspect(wrong, seed=1)
    assert claim in found.witnesses
    assert found.witnesses[claim].holds_up(wrong)
    assert not found.witnesses[claim].holds_up(mended)


# --- witnesses lie inside ---


def norm_squared(v):
    return sum((Fraction(x) ** 2 for x in v.tolist()), Fraction(0))


@pytest.mark.parametrize("radius", [1.0, 0.1, 1 / 3, 1e6])
@pytest.mark.parametrize("dimension", [2, 7])
def test_witnesses_lie_in_the_ball_exactly(radius, dimension):
    rng = np.random.default_rng(dimension)
    matrix = rng.standard_normal((dimension, dimension))
    matrix = matrix + matrix.T
    top = float(np.linalg.norm(matrix, 2))
    claims = {"smoothness": 0.9 * top, "lipschitz": 0.9999 * top * radius, "radius": radius}
    wrong = quadratic(matrix, flat_minimum=np.zeros(dimension), flatness_radius=radius, **claims)
    found = inspect(wrong, effort=0.2)
    assert {"convex", "non-negative", "smoothness", "lipschitz", "flatness radius"} <= set(found.witnesses)
    for witness in found.witnesses.values():
        assert all(norm_squared(p) <= Fraction(radius) ** 2 for p in witness.points)


def test_no_loss_is_asked_outside_its_ball():
    """A loss that has no value beyond |w| = 1 in exact numbers."""
    outside = []

    def value(w, z):
        if norm_squared(w) > 1:
            outside.append(w)
        return float(w @ w) / 2

    problem = Made(3, value, lambda w, z: w, flat_minimum=np.array([0.6, 0.0, 0.0]), flatness_radius=0.39)
    inspect(problem, effort=0.1)
    assert not outside


def test_flat_witnesses_lie_in_both_balls():
    centre = np.array([0.9, 1e-3, 0.0])
    wrong = Made(3, lambda w, z: w @ w, lambda w, z: 2 * w, flat_minimum=centre, flatness_radius=0.3)
    witness = inspect(wrong, effort=0.2).witnesses["flatness radius"]
    assert norm_squared(witness.points[1]) <= 1
    shifted = [Fraction(x) - Fraction(c) for x, c in zip(witness.points[1].tolist(), centre.tolist(), strict=True)]
    assert sum(x * x for x in shifted) <= Fraction(0.3) ** 2


def test_inside_is_decided_without_rounding():
    rng = np.random.default_rng(0)
    decided = []
    for _ in range(300):
        v = rng.standard_normal(5)
        v /= np.linalg.norm(v)
        decided.append(lies_within(v, np.zeros(5), 1.0))
        assert decided[-1] == (norm_squared(v) <= 1)
    assert 50 < sum(decided) < 250
    assert lies_within(np.array([5e-324, 0.0]), np.zeros(2), 5e-324)
    assert not lies_within(np.array([5e-324, 5e-324]), np.zeros(2), 5e-324)


# --- what was searched ---


def test_the_output_says_what_was_searched():
    few, more = (inspect(hinge(), effort=effort) for effort in (0.1, 0.4))
    for found in (few, more):
        s = found.searched
        text = inspection_text(found)
        for number in (
            f"{s.evaluations:,}",
            f"{s.pairs:,}",
            f"{s.lines:,} lines",
            f"{s.finest:.1g}",
            f"{s.spacing:.1g}",
        ):
            assert number in text
        assert "proved" not in text.replace("does not prove", "")
        assert found.as_dict()["searched"]["pairs"] == s.pairs
        assert s.finest < 1e-11 < s.spacing < 0.00501
    assert few.searched.evaluations < more.searched.evaluations
    assert few.searched.lines < more.searched.lines


def test_evaluations_are_counted():
    calls = []
    counted = Made(2, lambda w, z: calls.append(1) or w @ w / 2, lambda w, z: calls.append(1) or w)
    assert inspect(counted, effort=0.1).searched.evaluations == len(calls)
