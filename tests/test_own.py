"""An instance of one's own: wrong claims are refuted with witnesses that hold up, right ones never are."""

import copy
import dataclasses
import json
import math
import re
import runpy
from pathlib import Path

import cvxpy as cp
import numpy as np
import pytest
from conftest import build, variants
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sco_flat
from sco_flat.errors import InputError
from sco_flat.inspection._inequalities import TESTS
from sco_flat.inspection.own import Problem, inspect
from sco_flat.terminal.texts import inspection_text


class Made(Problem):
    """A problem from functions."""

    def __init__(self, dimension, value, gradient, draw=lambda rng: None, **claims):
        self.dimension, self._value, self._gradient, self._draw = dimension, value, gradient, draw
        for key, claimed in claims.items():
            setattr(self, key, claimed)

    def value(self, w, z):
        return self._value(w, z)

    def gradient(self, w, z):
        return self._gradient(w, z)

    def draw(self, rng):
        return self._draw(rng)


def quadratic(matrix, **claims):
    return Made(len(matrix), lambda w, z: 0.5 * float(w @ matrix @ w), lambda w, z: matrix @ w, **claims)


def spectrum(eigenvalues, seed):
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(eigenvalues),) * 2))[0]
    matrix = basis @ np.diag(eigenvalues) @ basis.T
    return (matrix + matrix.T) / 2


def hinge(dimension=3, rho=0.2, centre=0.0, **claims):
    """½ [|w - c| - rho]_+²."""

    def value(w, z):
        return 0.5 * max(np.linalg.norm(w - centre) - rho, 0.0) ** 2

    def gradient(w, z):
        norm = np.linalg.norm(w - centre)
        return 0.0 * w if norm <= rho else (w - centre) * (1.0 - rho / norm)

    exact = {"smoothness": 1.0, "flat_minimum": np.full(dimension, centre), "flatness_radius": rho}
    if centre == 0.0:
        exact["lipschitz"] = 1.0 - rho
    return Made(dimension, value, gradient, **exact | claims)


def half_space(rho=0.1, dimension=20, **claims):
    """½ [<a, w> - rho]_+²: hardly any direction leaves the flat region."""
    a = np.random.default_rng(3).standard_normal(dimension)
    a /= np.linalg.norm(a)
    exact = {"smoothness": 1.0, "lipschitz": 1.0 - rho, "flat_minimum": np.zeros(dimension), "flatness_radius": rho}
    return Made(
        dimension, lambda w, z: 0.5 * max(a @ w - rho, 0.0) ** 2, lambda w, z: max(a @ w - rho, 0.0) * a,
        **exact | claims,
    )  # fmt: skip


def logistic(steep, **claims):
    """log(1 + exp(-s <z, w>)) written naively, |z| = 1."""

    def draw(rng):
        z = rng.standard_normal(5)
        return z / np.linalg.norm(z)

    exact = {"smoothness": steep**2 / 4, "lipschitz": steep / (1 + np.exp(-steep))}
    return Made(
        5, lambda w, z: np.log(1 + np.exp(-steep * (z @ w))), lambda w, z: -steep * z / (1 + np.exp(steep * (z @ w))),
        draw, **exact | claims,
    )  # fmt: skip


def huber(knee, **claims):
    exact = {"smoothness": 1 / knee, "lipschitz": np.sqrt(3), "flat_minimum": np.zeros(3)}
    return Made(
        3,
        lambda w, z: np.where(abs(w) <= knee, w * w / (2 * knee), abs(w) - knee / 2).sum(),
        lambda w, z: np.clip(w / knee, -1, 1),
        **exact | claims,
    )


def expanded(offset):
    """|w - a|² multiplied out: cancellation of order offset²."""
    a = np.full(3, offset)
    steepest = 2 * (1 + np.linalg.norm(a))
    return Made(
        3, lambda w, z: w @ w - 2 * (a @ w) + a @ a, lambda w, z: 2 * w - 2 * a, smoothness=2.0, lipschitz=steepest
    )


def kinked(**claims):
    return Made(
        5, lambda w, z: w @ w - 0.01 * abs(w[3] - 0.1), lambda w, z: 2 * w - 0.01 * np.sign(w[3] - 0.1) * np.eye(5)[3],
        **{"non_negative": False} | claims,
    )  # fmt: skip


def wrong_gradient(region):
    good = hinge()
    return Made(3, good.value, lambda w, z: good.gradient(w, z) * (1.01 if w[0] > region else 1.0))


def shifted_example(shift):
    """One example in 16 has its minimum elsewhere."""
    return Made(
        2, lambda w, z: 0.5 * float((w - shift * (z == 7)) @ (w - shift * (z == 7))), lambda w, z: w - shift * (z == 7),
        lambda rng: int(rng.integers(16)), flat_minimum=np.zeros(2),
    )  # fmt: skip


TOP = spectrum([3.0, 2.9, 1.0, 0.1, 0.0, 0.5], 1)
WRONG = {
    "convex: lowest eigenvalue -0.01": (
        "convex",
        quadratic(spectrum([1.0] * 10 + [0.5] * 9 + [-0.01], 2), non_negative=False),
        quadratic(spectrum([1.0] * 10 + [0.5] * 9 + [0.01], 2)),
    ),
    "convex: a kink bent the wrong way": ("convex", kinked(), quadratic(np.eye(5))),
    "convex: not claimed": ("convex", kinked(), kinked(convex=False)),
    "convex: a logarithm": (
        "convex",
        Made(
            3, lambda w, z: np.log(1 + 10 * hinge().value(w, z)),
            lambda w, z: 10 * hinge().gradient(w, z) / (1 + 10 * hinge().value(w, z)),
        ),
        hinge(),
    ),
    "gradient: one per cent in a half-space": ("gradient", wrong_gradient(0.2), wrong_gradient(2.0)),
    "gradient: one coordinate of 30": (
        "gradient",
        Made(30, lambda w, z: w @ w / 2, lambda w, z: w * (1 + 0.01 * np.eye(30)[7])),
        quadratic(np.eye(30)),
    ),
    "smoothness: quadratic": ("smoothness", quadratic(TOP, smoothness=0.98 * 3), quadratic(TOP, smoothness=3.0)),
    "smoothness: hinge": ("smoothness", hinge(smoothness=0.98), hinge()),
    "smoothness: logistic": ("smoothness", logistic(30.0, smoothness=0.98 * 225), logistic(30.0)),
    "smoothness: huber": ("smoothness", huber(1e-3, smoothness=980.0), huber(1e-3)),
    "smoothness: not smooth at all": ("smoothness", huber(1e-3, smoothness=50.0), huber(0.1)),
    "lipschitz: quadratic": ("lipschitz", quadratic(TOP, lipschitz=0.98 * 3), quadratic(TOP, lipschitz=3.0)),
    "lipschitz: logistic": ("lipschitz", logistic(1.0, lipschitz=0.98 * logistic(1.0).lipschitz), logistic(1.0)),
    "non-negative": (
        "non-negative",
        Made(10, lambda w, z: (w - 0.1) @ (w - 0.1) - 1e-3, lambda w, z: 2 * (w - 0.1)),
        Made(10, lambda w, z: (w - 0.1) @ (w - 0.1), lambda w, z: 2 * (w - 0.1)),
    ),
    "flatness radius: hinge": ("flatness radius", hinge(centre=0.1, flatness_radius=0.204), hinge(centre=0.1)),
    "flatness radius: half-space": ("flatness radius", half_space(flatness_radius=0.102), half_space()),
    "realizable": ("realizable", shifted_example(0.1), shifted_example(0.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_claims_are_refuted_and_mended_ones_not(name):
    claim, wrong, mended = WRONG[name]
    found = inspect(wrong, effort=0.5)
    assert found.verdict == "fails"
    assert claim in found.witnesses
    for witness in found.witnesses.values():
        assert witness.holds_up(wrong)
        assert witness.margin > 10 * witness.allowance
    assert not found.witnesses[claim].holds_up(mended)
    assert inspect(mended, effort=0.3).verdict == "holds"
    refuted = {c.name for c in found.claims if c.verdict == "fails"}
    assert refuted == set(found.witnesses)
    assert all(c.evidence == "float" and c.note for c in found.claims)


def test_a_midpoint_witness_is_plain_arithmetic():
    wrong = kinked()
    witness = inspect(wrong).witnesses["convex"]
    assert witness.test == "midpoint"
    x, y = witness.points
    assert np.linalg.norm(x) <= 1
    above = wrong.value((x + y) / 2, None) - (wrong.value(x, None) + wrong.value(y, None)) / 2
    assert above == pytest.approx(witness.margin)
    assert above > 1e-6


def test_values_alone_are_used_where_the_gradient_is_wrong():
    """Twice the gradient would refute the exact constants of the loss."""
    good = hinge()
    doubled = Made(3, good.value, lambda w, z: 2 * good.gradient(w, z), smoothness=1.0, lipschitz=0.8)
    assert set(inspect(doubled).witnesses) == {"gradient"}
    doubled.smoothness, doubled.lipschitz = 0.9, 0.7
    found = inspect(doubled).witnesses
    assert {w.test for w in found.values()} == {"difference quotients", "second difference", "secant"}


RIGHT = {
    "hinge": hinge(),
    "hinge, off centre": hinge(centre=0.1),
    "half-space": half_space(),
    "logistic": logistic(1.0),
    "steep logistic": logistic(100.0),
    "huber": huber(0.1),
    "sharp huber": huber(1e-8),
    "large ball": huber(0.1, radius=1e3),
    "multiplied out": expanded(1e4),
    "multiplied out, far": expanded(1e7),
    "sum of moduli": Made(
        4, lambda w, z: abs(w).sum(), lambda w, z: np.sign(w), lipschitz=2.0, flat_minimum=np.zeros(4)
    ),
    "maximum": Made(4, lambda w, z: w.max(), lambda w, z: np.eye(4)[w.argmax()], lipschitz=1.0, non_negative=False),
    "fourth power": Made(6, lambda w, z: (w @ w) ** 2, lambda w, z: 4 * w * (w @ w), smoothness=12.0, lipschitz=4.0),
    "kink not claimed convex": kinked(convex=False, smoothness=None),
    "zero": Made(2, lambda w, z: 0.0, lambda w, z: 0 * w, flat_minimum=np.zeros(2), flatness_radius=5.0),
}


@pytest.mark.parametrize(("seed", "effort"), [pytest.param(0, 1.0, marks=pytest.mark.deep), (1, 0.3)])
@pytest.mark.parametrize("name", RIGHT)
def test_exact_claims_survive(name, seed, effort):
    found = inspect(RIGHT[name], seed=seed, effort=effort)
    assert found.witnesses == {}
    assert found.verdict == "holds"
    assert not any(c.verdict == "proved" for c in found.claims)


ROUNDED = ([0.0, 0.0, 0.0, 0.0, 0.5, 1.0], 477, 1e-9, 1e3)
"""A rounded witness must not leave the ball."""
QUADRATICS = given(
    st.lists(st.floats(0.0, 10.0), min_size=1, max_size=8), st.integers(0, 1000), st.sampled_from([1e-9, 1.0, 1e9]),
    st.sampled_from([1e-3, 1.0, 1e3]),
)  # fmt: skip


@settings(max_examples=4, deadline=None)
@QUADRATICS
@example(*ROUNDED)
def test_quadratics_with_exact_constants(eigenvalues, seed, scale, radius):
    check_a_quadratic(eigenvalues, seed, scale, radius)


@pytest.mark.deep
@settings(max_examples=12, deadline=None)
@QUADRATICS
def test_more_quadratics_with_exact_constants(eigenvalues, seed, scale, radius):
    check_a_quadratic(eigenvalues, seed, scale, radius)


def check_a_quadratic(eigenvalues, seed, scale, radius):
    """Its own constants are never refuted, and 0.98 of them are."""
    top = max(max(eigenvalues), 0.1) * scale
    matrix = spectrum(eigenvalues, seed) * scale
    # the products round: what is claimed is the constant of the matrix at hand, a few units in the last place up
    top = max(top, float(np.linalg.norm(matrix, 2))) * (1 + 1e-15)
    right = quadratic(matrix, smoothness=top, lipschitz=top * radius, radius=radius, flat_minimum=np.zeros(len(matrix)))
    right.non_negative = min(eigenvalues) > 1e-6
    right.convex = min(eigenvalues) > 1e-6
    assert inspect(right, seed=seed, effort=0.1).witnesses == {}
    if max(eigenvalues) >= 0.1:
        wrong = copy.copy(right)
        wrong.smoothness = 0.98 * top
        wrong.lipschitz = 0.98 * top * radius
        found = inspect(wrong, seed=seed, effort=0.5)
        assert set(found.witnesses) == {"smoothness", "lipschitz"}
        assert all(w.holds_up(wrong) and not w.holds_up(right) for w in found.witnesses.values())


@pytest.mark.parametrize("effort", [0.1, pytest.param(0.3, marks=pytest.mark.deep)])
@pytest.mark.parametrize(("name", "options"), list(variants()))
def test_registered_instances(name, options, effort):
    instance = build(name, options, n=4, width=3)
    found = sco_flat.check(instance, effort=effort)
    assert found.verdict == "holds"
    always = {"gradient", "non-negative"} | ({"convex"} if instance.convex else set())
    always |= {name for name in ("smoothness", "lipschitz") if math.isfinite(getattr(instance, name))}
    flat = {"realizable", "flatness radius"} if instance.flat_minimum() is not None else set()
    assert {c.name for c in found.claims} == always | flat


def test_a_registered_instance_that_claims_too_much():
    class Flatter(type(build("flat-erm"))):
        smoothness = 0.9

    real = build("flat-erm", n=4, width=3)
    wrong = Flatter(**{f.name: getattr(real, f.name) for f in dataclasses.fields(real)})
    witness = inspect(wrong, effort=0.5).witnesses["smoothness"]
    assert witness.holds_up(wrong)
    assert not witness.holds_up(real)


def test_the_same_seed_gives_the_same_witness():
    first, second = (inspect(hinge(smoothness=0.9), seed=5, effort=0.3) for _ in range(2))
    assert first.as_dict() == second.as_dict()
    assert first.as_dict() != inspect(hinge(smoothness=0.9), seed=6, effort=0.3).as_dict()


def test_text_can_be_pasted_and_json_can_be_written():
    wrong = logistic(1.0, smoothness=0.2, lipschitz=0.5)
    found = sco_flat.check(wrong, effort=0.3)
    text = inspection_text(found)
    for name, witness in found.witnesses.items():
        part = text.split(f"{name} is refuted: {witness.statement}\n")[1]
        space = {"np": np}
        for line in re.findall(r"^  (.*)$", part.split("\n\n")[0], re.MULTILINE):
            exec(line, space)
        np.testing.assert_array_equal(space["z"], witness.z)
        for key, point in zip(witness.names, witness.points, strict=True):
            np.testing.assert_array_equal(space[key], point)
    data = json.loads(json.dumps(found.as_dict()))
    assert data["verdict"] == "fails"
    assert data["witnesses"]["smoothness"]["test"] in TESTS


def test_the_worked_example():
    example = runpy.run_path(str(Path(__file__).parents[1] / "experiments" / "own_instance.py"))["WeightedHinge"]
    found = sco_flat.check(example([0.5, 0.8, 1.0, 1.2]), effort=0.3)
    assert set(found.witnesses) == {"smoothness", "lipschitz", "flatness radius"}
    mended = example(np.array([0.5, 0.8, 1.0, 1.2]) / 1.2)
    assert not any(w.holds_up(mended) for w in found.witnesses.values())
    assert sco_flat.check(mended, effort=0.3).verdict == "holds"


def broken(**members):
    problem = hinge()
    for key, member in members.items():
        setattr(problem, key, member)
    return problem


def raising(*args):
    raise ZeroDivisionError("division\nby zero")


def leaving(*args):
    raise SystemExit(0)


class Bare:
    dimension = 2


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Bare(), "value = missing"),
        ([1, 2], "dimension = missing"),
        (None, "dimension = missing"),
        (broken(gradient=3), "gradient = missing"),
        (broken(dimension=0), "dimension = 0: must be a whole number, at least 1"),
        (broken(dimension=2.5), "dimension = 2.5"),
        (broken(dimension=True), "dimension = True"),
        (broken(radius=-1.0), "radius = -1.0"),
        (broken(smoothness=0.0), "smoothness = 0.0: must be a finite number, above 0"),
        (broken(lipschitz="steep"), "lipschitz = 'steep'"),
        (broken(flatness_radius=float("nan")), "flatness_radius = nan"),
        (broken(flat_minimum=None), "flatness_radius = 0.2: is claimed around flat_minimum"),
        (broken(flat_minimum=np.zeros(2)), "flat_minimum = [0. 0.]: must be finite and of shape (3,)"),
        (broken(flat_minimum=np.full(3, 0.9)), "must lie in the ball of radius 1"),
        (broken(gradient=lambda w, z: w[:2]), "gradient = array of shape (2,): must have shape (3,)"),
        (broken(gradient=lambda w, z: "up"), "gradient = 'up': must be made of real numbers"),
        (broken(value=lambda w, z: w), "value = array of shape (3,): must have shape ()"),
        (broken(value=lambda w, z: float("nan")), "value = nan: must be finite at w = ["),
        (broken(value=lambda w, z: None), "value = "),
        (broken(value=raising), "value = no number: raises ZeroDivisionError (division by zero) at w = ["),
        (broken(value=lambda w, z: np.random.default_rng().random()), "value = random: two calls at one point differ"),
        (broken(value=leaving), "value = no number: raises SystemExit (0) at w = ["),
        (broken(draw=raising), "draw = no example: raises ZeroDivisionError"),
        (broken(draw=leaving), "draw = no example: raises SystemExit"),
        (broken(loss_cvxpy=lambda w, z: 3.0), "loss_cvxpy = float"),
        (broken(loss_cvxpy=raising), "loss_cvxpy = no expression"),
        (
            broken(loss_cvxpy=lambda w, z: cp.square(w[0] - cp.Variable(name="s"))),
            "loss_cvxpy = s: is another variable",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(problem, said):
    with pytest.raises(InputError) as caught:
        inspect(problem, effort=0.1)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count("; ") >= 1


def test_other_input():
    with pytest.raises(InputError, match=r"effort = 0"):
        inspect(hinge(), effort=0)
    with pytest.raises(InputError, match=r"seed = -1"):
        inspect(hinge(), seed=-1)
    with pytest.raises(InputError, match=r"at most d = 2000"):
        inspect(build("sagd-blocks", n=8, steps=10, width=256))
    with pytest.raises(InputError, match=r"statement = '9'"):
        sco_flat.check(9)


@pytest.mark.parametrize("claimed", [True, "one"])
def test_a_constant_that_is_no_number_is_refused(claimed):
    class Line:
        dimension, smoothness, flat_minimum = 1, claimed, np.zeros(1)
        value = staticmethod(lambda w, z: 0.5 * float(w @ w))
        gradient = staticmethod(lambda w, z: w)
        draw = staticmethod(lambda rng: None)

    with pytest.raises(InputError, match="smoothness"):
        sco_flat.check(Line())
