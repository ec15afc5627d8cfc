"""Deep matrix factorisation: the loss, its curvature, what its statements say of minima and of escapes."""

import json
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sco_flat
from sco_flat import works
from sco_flat.cli.main import main
from sco_flat.errors import InputError
from sco_flat.instances import factors as exact
from sco_flat.requests import request_from
from sco_flat.runs import execute
from sco_flat.works.factorisation import departure, escape
from sco_flat.works.factorisation.common import look_at
from sco_flat.works.factorisation.flat import is_flat

HOME = Path(__file__).parents[1]
KEYS = [f"factorisation.{name}" for name in ("balanced", "escape", "flat", "floor", "lambda", "sensing")]
DEPTH_3 = 93.0826182172494
"""lambda_max of the default minimum."""


def loss(factors="depth-3", **more):
    return request_from("factorisation", factors=factors, **more).build()


def exact_hessian(built):
    """Second derivatives at the minimum in fractions, from values of the loss: no difference is rounded."""
    minimum, h = built.minimiser, Fraction(1, 10**30)
    places = [(i, a, b) for i, w in enumerate(minimum.factors) for a, row in enumerate(w) for b, _ in enumerate(row)]
    masks = [tuple(tuple(map(Fraction, row)) for row in s) for s in _masks(built)]

    def value(moves):
        moved = [[list(row) for row in w] for w in minimum.factors]
        for (i, a, b), by in moves:
            moved[i][a][b] += by
        gap = exact.minus(exact.product(moved), minimum.target)
        if not masks:
            return exact.squared(gap)
        felt = (sum(s * g for r, q in zip(m, gap, strict=True) for s, g in zip(r, q, strict=True)) for m in masks)
        return sum(x * x for x in felt)

    alone = {p: (value([(p, h)]), value([(p, -h)])) for p in places}
    found = np.zeros((len(places),) * 2)
    for j, p in enumerate(places):
        found[j, j] = float(sum(alone[p]) / h**2)
        for k, q in enumerate(places[:j]):
            both = value([(p, h), (q, h)]) + value([(p, -h), (q, -h)])
            found[j, k] = found[k, j] = float((both - sum(alone[p]) - sum(alone[q])) / (2 * h**2))
    return found


def _masks(built):
    rows, columns = built.target.shape
    return [m.reshape(columns, rows).T.tolist() for m in built.masks] if built.measurements else []


@pytest.mark.parametrize(
    ("factors", "measurements"),
    [
        ("depth-3", 0), ("unequal-products", 0), ("equal-norms", 0), ("random:2:2:0", 0), ("random:5:2:1", 0),
        ("1 2; 0 1; 1/3 1 | 1 0 1/2", 0), ("1/2; 1; 2 | 1 1 3; 0 1 2 | 1 2", 0), ("random:3:2:4", 3),
    ],
)  # fmt: skip
def test_curvature_in_closed_form_against_exact_second_differences(factors, measurements):
    """Eigenvalue, eigenvector and rank of the Hessian; the steps are 1e-30, in fractions."""
    built = loss(factors, measurements=measurements)
    hessian, origin = exact_hessian(built), np.zeros(built.dimension)
    top = np.linalg.eigvalsh(hessian)[-1]
    assert built.lambda_max(origin) == pytest.approx(top, rel=1e-12)
    v = built.steepest_direction(origin)
    assert np.linalg.norm(v) == pytest.approx(1.0, rel=1e-14)
    assert hessian @ v == pytest.approx(top * v, abs=1e-12 * top)
    spectrum = np.linalg.eigvalsh(2.0 * built.gram(origin))
    mine = np.sort(spectrum[spectrum > 1e-9 * top])
    assert np.linalg.eigvalsh(hessian)[-mine.size :] == pytest.approx(mine, rel=1e-9)
    if not measurements:
        assert top >= built.floor() * (1 - 1e-12)
    if built.depth == 2 and not measurements:
        assert top == pytest.approx(2 * sum(np.linalg.norm(w, 2) ** 2 for w in built.base), rel=1e-12)


def test_a_number_has_its_own_formula():
    built = loss("1/2; 1; 2 | 1 1 3; 0 1 2 | 1 2")
    after, before = built.sides(np.zeros(built.dimension))
    total = 2 * sum(np.linalg.norm(a) ** 2 * np.linalg.norm(b) ** 2 for a, b in zip(after, before, strict=True))
    assert built.lambda_max(np.zeros(built.dimension)) == pytest.approx(total, rel=1e-12)


def test_points_and_factors_are_the_same():
    built = loss("1 2; 0 1; 1/3 1 | 1 0 1/2")
    w = np.random.default_rng(0).standard_normal(built.dimension)
    assert built.point(built.factors_at(w)) == pytest.approx(w, rel=1e-14)
    assert built.loss(0.0 * w, None) == 0.0
    assert sco_flat.run("factorisation", steps=2, start=np.zeros(27)).points["last"].empirical_risk == 0.0


def test_the_acceptance_numbers():
    origin = np.zeros(27)
    assert loss().lambda_max(origin) == pytest.approx(93.082618217249, abs=1e-12)
    assert loss().floor() == pytest.approx(20.174616, abs=5e-7)
    exactly = {"unequal-products": (6, 6), "equal-norms": (100, 4), "not-balanced": (4, 4), "balanced": (96, 96)}
    for name, (value, floor) in exactly.items():
        built = loss(name)
        assert built.lambda_max(np.zeros(built.dimension)) == pytest.approx(value, rel=1e-14)
        assert built.floor() == pytest.approx(floor, rel=1e-14)
    assert np.diag(loss("unequal-products").gram(np.zeros(12))) == pytest.approx(
        [3.0, 1849 / 625, 67 / 50, 2421 / 2500], rel=1e-14
    )


def test_all_statements_are_here():
    assert sorted(key for key in works.names() if key.startswith("factorisation.")) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_it_holds_on_a_run_and_is_never_proved_by_one(key):
    found = sco_flat.check(key)
    assert found.verdict == "holds"
    assert {c.verdict for c in found.claims} == {"holds"}
    assert any(c.kind == "conclusion" for c in found.claims)


@pytest.mark.parametrize("name", ["unequal-products", "not-balanced", "balanced", "scalar"])
@pytest.mark.parametrize("entry", range(2))
def test_a_mutated_flat_point_is_not_flat(name, entry):
    """One neuron's scale times 1.01, its partner divided by it: the same M, above the floor."""
    factors = [[list(row) for row in w] for w in exact.read("factors", name).factors]
    scale = Fraction(101, 100)
    side = min(entry, len(factors) - 2)
    factors[side][0] = [x * scale for x in factors[side][0]]
    for row in factors[side + 1]:
        row[0] /= scale
    text = exact.Minimiser(tuple(tuple(map(tuple, w)) for w in factors)).text
    moved = loss(text)
    assert moved.minimiser.target == exact.read("factors", name).target
    assert is_flat(loss(name))
    assert not is_flat(moved)
    assert moved.lambda_max(np.zeros(moved.dimension)) > moved.floor() * (1 + 1e-5)
    assert sco_flat.check("factorisation.flat", factors=text).claims[-1].name.startswith("not flat")


@pytest.mark.parametrize(("c", "steps"), [(1.01, 698), (1.05, 145), (1.1, 76), (1.2, 42), (1.4, 24)])
def test_gradient_descent_leaves_on_time_and_ends_flatter(c, steps):
    ends = {1.01: (91.24, 91.24), 1.05: (84.23, 84.23), 1.1: (76.10, 76.10), 1.2: (61.33, 61.33), 1.4: (36.32, 36.70)}
    request = request_from("factorisation", "gd", steps=4000, edge=c)
    built = request.build()
    assert built.step_size == pytest.approx(c * 2.0 / DEPTH_3, rel=1e-11)
    for sign, end in zip((1.0, -1.0), ends[c], strict=True):
        ran = departure.leave(request, sign)
        assert ran.hit == steps
        assert ran.rate == pytest.approx(2 * c - 1, rel=1e-4)
        assert ran.loss < 1e-26
        assert ran.end.target == built.minimiser.target
        assert ran.end.move < 1e-13
        assert escape.sharpness(built, ran.end) == pytest.approx(end, abs=5e-3)


def test_below_the_edge_it_returns_and_a_wrong_rate_is_seen():
    for c in (0.9, 0.99):
        found = sco_flat.check("factorisation.escape", edge=c)
        assert [x.name.split(":")[0] for x in found.claims[1:]] == ["returns from +v_1", "returns from -v_1"]
        assert found.verdict == "holds"
    ran = departure.leave(request_from("factorisation", "gd", steps=4000, edge=1.1), 1.0)
    other = loss(edge=1.13)
    assert {c.name.split(" along")[0].split(",")[0]: c.verdict for c in escape._left(other, ran, "+")[:2]} == {
        "growth in a step": "fails",
        "steps from +v_1 to 1e-3": "fails",
    }


def test_from_the_flattest_minimum_it_ends_at_no_minimum():
    found = sco_flat.check("factorisation.escape", factors="scalar")
    ends = [c for c in found.claims if c.name.startswith("end")]
    assert {c.verdict for c in ends} == {"not applicable"}
    assert all("no minimum" in c.note for c in ends)
    assert found.verdict == "not applicable"
    assert sco_flat.check("factorisation.escape", factors="not-balanced", edge=1.3).verdict == "not applicable"
    losses = {
        departure.leave(request_from("factorisation", factors="scalar", edge=1.1, steps=4000), s).loss for s in (1, -1)
    }
    assert min(losses) == pytest.approx(0.060, abs=5e-4)  # it jumps between two points
    assert max(losses) == pytest.approx(0.113, abs=5e-4)
    short = sco_flat.check("factorisation.escape", edge=1.1, steps=90)
    assert short.verdict == "undecided"
    assert "take more steps" in short.claims[-1].note


def test_factors_from_a_text_and_a_file_are_the_same(tmp_path):
    minimum = exact.read("factors", "depth-3")
    data = [[[str(x) for x in row] for row in w] for w in minimum.factors]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"factors": data}))
    assert loss(str(path)).minimiser.factors == minimum.factors
    assert exact.spelled("factors", str(path), True) == minimum.text
    assert exact.spelled("factors", "Random:4:02:1", True) == "random:4:2:1"
    with pytest.raises(InputError, match="not the name of a file"):
        exact.spelled("factors", str(path), False)
    # a point that is near a minimum is snapped to one
    near = [[[float(x) for x in row] for row in w] for w in minimum.factors]
    target = [[str(x) for x in row] for row in minimum.target]
    path.write_text(json.dumps({"M": target, "factors": near}))
    found = exact.read("factors", str(path))
    assert found.target == minimum.target
    assert 0.0 < found.residual < 1e-15
    assert 0.0 < found.move < 1e-15
    claims = sco_flat.check("factorisation.lambda", factors=str(path)).claims
    assert claims[0].kind == "hypothesis"
    assert "snapped" in claims[0].note


ONE = [[1, 0], [0, 1]]
BAD = {
    "1 0; 0 1": "L is at least 2",
    "1 0; 0 1 | 1 0 0; 0 1 0": "W_2 has 3 columns, and W_1 has 2 rows",
    "1 0; 0 0 | 0 0; 0 1": "the product is not 0",
    "1 0; 0 | 1 0; 0 1": "W_1: is a matrix",
    "1 x; 0 1 | 1 0; 0 1": "W_1: has entries that are fractions",
    "1e60 | 1e60": "multiply to more than 1e+100",
    "1e-60 | 1e-60": "|M| < 1e-100",
    "1e9999 | 1": "multiply to more than 1e+100",
    "depht-3": "factors = depht-3 in W_1: has entries that are fractions; did you mean depth-3?",
    "nonsense": "W_1: has entries that are fractions",
    "random:3:2": "is random:DEPTH:SIZE:SEED",
    "random:1:2:0": "at least 2",
    "missing.json": "cannot be read",
}
BAD_FILES = {
    "zero": ({"M": [[0, 0], [0, 0]], "factors": [ONE, ONE]}, "the product is not 0"),
    "far": ({"M": [[1, 0], [0, 1.001]], "factors": [ONE, ONE]}, "at most 1e-10 |M|"),
    "shape": ({"M": [[1, 0]], "factors": [ONE, ONE]}, "the product is 2x2"),
    "singular": ({"M": [[1, 0], [0, 1e-12]], "factors": [[[1, 0], [0, 0]], ONE]}, "independent columns"),
    "key": ({"factors": [ONE, ONE], "N": ONE}, "is a JSON table with factors"),
    "one": ({"factors": [ONE]}, "L is at least 2"),
    "ragged": ({"factors": [[[1, 0], [0]], ONE]}, "is a matrix"),
    "nan": ({"factors": [[["NaN", 0], [0, 1]], ONE]}, "entries that are fractions"),
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_minimum_is_refused_in_one_line(text, capsys):
    assert main(["check", "factorisation.lambda", "--set", f"factors={text}"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert BAD[text] in error


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_minimum_are_refused(name, tmp_path):
    data, words = BAD_FILES[name]
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError) as error:
        loss(str(path))
    assert words in str(error.value)


def test_other_numbers_that_cannot_be_used():
    for numbers, words in (
        ({"edge": 1.1, "step_size": 0.03}, "sets the step size, which is given, too"),
        ({"edge": -1.0}, "edge"),
        ({"measurements": -1}, "at least 0"),
    ):
        with pytest.raises(InputError, match=words):
            loss(**numbers)
    for key, numbers, words in (
        ("factorisation.lambda", {"steps": 4}, "runs nothing"),
        ("factorisation.escape", {"step_size": 0.1}, "edge sets its step size"),
        ("factorisation.escape", {"edge": 1.0}, "1/1000"),
        ("factorisation.escape", {"steps": 50}, "the smallest legal T is 78"),
        ("factorisation.sensing", {"measurements": 0}, "smallest legal number is 1"),
        ("factorisation.flat", {"measurements": 3}, "sees every entry"),
    ):
        with pytest.raises(InputError, match=words):
            sco_flat.check(key, **numbers)


def test_every_method_runs_on_it_and_sam_goes_to_the_flattest_minima():
    ends = {}
    for method, own in (("gd", {}), ("sgd", {"order": "with-replacement"}), ("sam", {"perturbation_radius": 0.1})):
        request = request_from("factorisation", method, steps=3000, step_size=0.005, **own)
        run, simulation = execute(request)
        assert {c.verdict for c in run.claims} <= {"not applicable"}
        assert {c.note for c in run.claims} <= {"factorisation is not convex"}
        ends[method] = simulation.instance.lambda_max(simulation.last)
    assert ends["gd"] == ends["sgd"]  # one example: the same steps
    assert ends["gd"] == pytest.approx(DEPTH_3, rel=1e-2)
    assert ends["sam"] < 1.05 * loss().floor()


def test_the_kernels_are_the_definition():
    """A tall factor, a wide one, measurements."""
    for factors, measurements in (
        ("1 2; 0 1; 1/3 1 | 1 0 1/2", 0),
        ("1/2; 1; 2 | 1 1 3; 0 1 2", 2),
        ("random:4:5:0", 0),
    ):
        built = loss(factors, measurements=measurements)
        for seed in range(3):
            w = np.random.default_rng(seed).standard_normal(built.dimension)
            found = look_at(built, w).value()
            assert found == pytest.approx(built.loss(w, None), rel=1e-14)


def test_measurements_are_bounded_by_what_a_second_takes():
    with pytest.raises(InputError, match="at most 512"):
        sco_flat.check("factorisation.sensing", measurements=513)


def test_lambda_max_at_rest_is_taken_once(monkeypatch):
    loss = request_from("factorisation", factors="depth-3").build()
    real, calls = np.linalg.eigvalsh, []
    monkeypatch.setattr(np.linalg, "eigvalsh", lambda a: calls.append(1) or real(a))
    origin = np.zeros(loss.dimension)
    assert loss.lambda_max(origin) == loss.lambda_max(origin)
    assert len(calls) == 1
    assert loss.lambda_max(origin + 0.1) != loss.lambda_max(origin)


def test_a_run_that_diverges_is_not_said_to_oscillate():
    found = sco_flat.check("factorisation.escape", edge=5.0)
    notes = [c.note for c in found.claims if c.name.startswith("end from")]
    assert all("it diverges" in note for note in notes)


def test_the_floor_is_said_of_the_minima_at_hand():
    """A machine proves the step of the means for every depth, and the chain at one minimum."""
    text = sco_flat.check("factorisation.floor").statement
    assert "at the minima tried" in text
    assert "every depth" not in text
    for name in ("README.md", "CHANGELOG.md", "notebooks/7_flat_and_balanced.py"):
        said = " ".join((HOME / name).read_text().replace("\n#", " ").split())
        assert "step of the means" in said
        assert "the floor is proved for every depth" not in said


def test_the_figure_of_the_escape_draws_a_recorded_lambda_max():
    study = tomllib.loads((HOME / "experiments" / "escape.toml").read_text())
    assert "curvature" in study["record"]
    assert study["plot"]["value"] == "last.lambda_max"
    assert "unit" not in study["plot"]
