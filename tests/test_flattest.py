"""The flattest networks over all directions against the enumeration, certificates edited, and the command."""

import copy
import json
import os
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from proof_cases import changed, get, paths, put
from scipy.optimize import linprog

from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.proofs.schema import digest
from sco_flat.works.base import verify
from sco_flat.works.wen_li_ma import constructions, small_sample
from sco_flat.works.wen_li_ma.data import given, xor
from sco_flat.works.wen_li_ma.flattest import certificate, dictionary, enumeration, find, patterns, pricing
from sco_flat.works.wen_li_ma.flattest.found import Face, covered
from sco_flat.works.wen_li_ma.linear import minimise
from sco_flat.works.wen_li_ma.nets import misses, trace, wrong

NO_BIAS = [(6, 24, 0), (6, 24, 1), (6, 24, 2)]


# --- (iii) all directions ---


def exactly(data):
    """The least ``y f`` at every test point, in fractions: a program over the extreme values of all pure faces."""
    points = [data.seen(x) for x in data.points]
    regions = [(s, r) for s in (1, -1) for r in enumeration.faces(points, data.labels, s) if r.inside]
    found = []
    for x, y in zip(data.rest, data.rest_labels, strict=True):
        costs = []
        for sign, region in regions:
            high, low = region.largest(x), -region.largest(tuple(-v for v in x))
            costs.append(max(low, 0) if sign * y > 0 else -max(high, 0))
        rows = [[Fraction(k in r.inside) for _, r in regions] for k in range(data.n)]
        found.append(minimise(costs, rows, [Fraction(1)] * data.n))
    return tuple(found)


@pytest.mark.parametrize(("d", "n", "seed"), [(4, 9, 0), (4, 10, 1), (4, 11, 0)])
def test_all_directions_against_the_enumeration(d, n, seed):
    data = xor(d, n, seed, bias=False)
    found = find(data, "all", seed)
    assert found.verdict == "holds"
    assert found.lowest == exactly(data)


def test_five_dimensions_fifteen_points():
    found = find(xor(5, 15, 0, bias=False), "all", 0)
    assert (found.verdict, found.errors) == ("holds", 0)
    assert set(found.lowest) == {1}


@pytest.mark.deep
@pytest.mark.parametrize(("d", "n", "seed"), NO_BIAS)
def test_all_directions_know_the_target(d, n, seed, tmp_path):
    began = time.process_time()
    found = find(xor(d, n, seed, bias=False), "all", seed)
    assert time.process_time() - began < 60
    assert (found.verdict, found.errors) == ("holds", 0)
    assert set(found.lowest) == {1}
    assert certificate.write(str(tmp_path / "c.json"), found).valid


@pytest.mark.deep
def test_eighteen_points_are_too_few(tmp_path):
    """Wrong (y f <= 0) at 20 of the 46 other points, and nowhere else; below 0 at two of them."""
    found = find(xor(6, 18, 1, bias=False), "all", 1)
    assert (found.verdict, found.errors) == ("holds", 20)
    assert [found.lowest.count(v) for v in (-1, 0, 1)] == [2, 18, 26]
    outcome = certificate.write(str(tmp_path / "c.json"), found)
    assert (outcome.valid, outcome.verdict) == (True, "proved")
    data, net = small_sample.witness()
    signed = [net.value(x) * y for x, y in zip(data.rest, data.rest_labels, strict=True)]
    assert [v <= 0 for v in signed] == [v <= 0 for v in found.lowest]


def test_the_witness_of_eighteen_points():
    data, net = small_sample.witness()
    faces = [Face(j.direction, int(j.weight)) for j in net.neurons]
    assert sorted(k for f in faces for k in covered(f, data)) == list(range(18))
    assert (misses(net, data), trace(net, data), wrong(net, data)) == (0, 4, 20)


def test_with_bias_the_memoriser_is_wrong_everywhere():
    found = find(xor(6, 24, 0), "all", 0)
    assert (found.verdict, found.errors) == ("proved", 40)


def test_an_idle_neuron_takes_away_every_bound():
    data = xor(4, 5, 0, bias=False)
    found = find(data, "all", 0)
    free = [c for c in found.covers if not c.multipliers]
    assert free
    for c in free:
        net = found.network(c)
        assert (misses(net, data), trace(net, data)) == (0, 4)
    # exactly where the test point is no combination of training points with weights of at least 0
    columns = np.array(data.points, dtype=float).T
    for x, c in zip(data.rest, found.covers, strict=True):
        inside = linprog(np.zeros(data.n), A_eq=columns, b_eq=np.array(x, dtype=float)).status == 0
        assert inside == bool(c.multipliers)


@pytest.mark.parametrize("status", [1, 4])
def test_a_solver_that_does_not_end_optimal_decides_nothing(monkeypatch, status):
    real = pricing.milp

    def stopped(*arguments, **named):
        result = real(*arguments, **named)
        result.status, result.message = status, "time limit"
        return result

    monkeypatch.setattr(pricing, "milp", stopped)
    found = find(xor(4, 11, 0, bias=False), "all", 0)
    assert found.verdict == "undecided"
    assert any("time limit" in note for note in found.notes)
    with pytest.raises(InputError, match="nothing was found here"):
        certificate.content(found)


def test_when_the_time_is_up_the_rest_is_left_with_its_interval(monkeypatch):
    """A clock of one second a program: every time limit is what is left, and each point is decided or listed."""
    data, real, given_time = xor(4, 11, 0, bias=False), pricing.milp, []
    whole = find(data, "all", 0)
    now = [0.0]

    def ticking(*arguments, **named):
        given_time.append(named["options"]["time_limit"])
        now[0] += 1.0
        return real(*arguments, **{**named, "options": {}})

    monkeypatch.setattr(pricing, "milp", ticking)
    monkeypatch.setattr(pricing.time, "monotonic", lambda: now[0])
    found = find(data, "all", 0, seconds=5.0)
    assert given_time == [5.0, 4.0, 3.0, 2.0, 1.0]
    assert found.verdict == "undecided"
    assert 0 < len(found.left) < len(data.rest)
    assert len(found.left) + len(found.covers) == len(data.rest)
    places = [k for k in range(len(data.rest)) if k not in {p.place for p in found.left}]
    assert found.lowest == tuple(whole.lowest[k] for k in places)
    for point in found.left:
        assert point.low <= whole.lowest[point.place] <= point.high
    assert [p["test_point"] for p in found.as_dict()["undecided"]] == [p.place for p in found.left]
    with pytest.raises(InputError, match="nothing was found here"):
        certificate.content(found)


def test_a_priced_column_that_is_no_gain_ends_the_search():
    """At this point the solver stops within 1e-6 of a least reduced cost of 0."""
    whole = xor(7, 20, 0, bias=False)
    found = find(replace(whole, rest=whole.rest[:1], rest_labels=whole.rest_labels[:1]), "all")
    assert (found.verdict, found.left) == ("holds", ())


def test_a_cone_solver_that_gives_up_decides_nothing(monkeypatch):
    monkeypatch.setattr(patterns, "infimum", lambda data: (1.2, "optimal_inaccurate"))
    assert find(xor(2, 4, 0, bias=False), "patterns", 0).verdict == "undecided"


# --- certificates ---


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flattest")
    cases = {
        "all": (xor(4, 9, 0, bias=False), "all", 0),
        "idle": (xor(3, 4, 2, bias=False), "all", 2),
        "ternary": (xor(4, 9, 0), "ternary", 0),
        "bias": (xor(3, 4, 0), "all", 0),
    }
    found = {}
    for name, (data, directions, seed) in cases.items():
        path = str(folder / f"{name}.json")
        assert certificate.write(path, find(data, directions, seed)).valid
        found[name] = path
    return found


NAMES = ["all", "idle", "ternary", "bias"]


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_of_any_field_is_refused(written, name, tmp_path):
    """With the digest of the edited content; a version's name is no claim."""
    with open(written[name]) as file:
        data = json.load(file)
    assert verify(written[name]).valid
    path = tmp_path / "c.json"
    places = [p for p in paths(data) if p[0] not in ("sha256", "written_by")]
    # another idle neuron, or one of another weight, makes another network of which all is true
    places = [p for p in places if name != "idle" or p[0] != "worst" or len(p) < 3]
    rng = np.random.default_rng(0)
    for k in rng.permutation(len(places))[:70]:
        place = places[k]
        bad, lost = copy.deepcopy(data), copy.deepcopy(data)
        put(bad, place, changed(get(bad, place)))
        del get(lost, place[:-1])[place[-1]]
        for edited in (bad, lost)[bad == data :]:  # nothing of an empty list changes
            edited["sha256"] = digest(edited)
            path.write_text(json.dumps(edited))
            outcome = verify(str(path))
            assert not outcome.valid, place
            assert not outcome.reason.startswith("sha256 =")
            assert "\n" not in outcome.reason
    data["wrong"] += 1
    path.write_text(json.dumps(data))
    assert verify(str(path)).reason.startswith("sha256 = ")


def test_a_lower_end_that_is_too_good_is_refused(written, tmp_path):
    """Multipliers with the right sum that a face undercuts."""
    with open(written["all"]) as file:
        data = json.load(file)
    place = next(k for k, c in enumerate(data["covers"]) if c["multipliers"] and c["value"] == "1")
    data["covers"][place]["multipliers"] = ["1", *["0"] * (data["n"] - 1)]
    shifted = copy.deepcopy(data)
    shifted["covers"][place]["multipliers"] = ["9", "-8", *["0"] * (data["n"] - 2)]
    reasons = []
    for edited in (data, shifted):
        edited["sha256"] = digest(edited)
        (tmp_path / "c.json").write_text(json.dumps(edited))
        outcome = verify(str(tmp_path / "c.json"))
        reasons.append(outcome.reason)
    assert "is cheaper than they say" in reasons[1]


def test_a_certificate_of_more_faces_than_are_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(enumeration, "LARGEST", 10)
    with pytest.raises(InputError, match="the lower ends stay float"):
        certificate.write(str(tmp_path / "c.json"), find(xor(4, 9, 0, bias=False), "all", 0))
    assert list(tmp_path.iterdir()) == []


# --- linear programs in fractions ---


def test_the_simplex_in_fractions_against_floats():
    rng = np.random.default_rng(0)
    kinds = []
    for _ in range(60):
        rows = rng.integers(-3, 4, (3, 6))
        values, costs = rng.integers(-4, 5, 3), rng.integers(-3, 6, 6)
        exact = minimise(
            [Fraction(int(v)) for v in costs],
            [[Fraction(int(v)) for v in r] for r in rows],
            [Fraction(int(v)) for v in values],
        )
        result = linprog(costs, A_eq=rows, b_eq=values, bounds=(0, None))
        kinds.append(type(exact))
        if isinstance(exact, Fraction):
            assert result.status == 0
            assert float(exact) == pytest.approx(result.fun, abs=1e-7)
        else:
            assert result.status in ((2, 4) if exact is None else (3, 4))
    assert len(set(kinds)) == 3


# --- the command ---


def call(capsys, *arguments):
    code = cli.main(["flattest", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command(capsys, tmp_path):
    path = str(tmp_path / "c.json")
    code, out, _ = call(capsys, "xor", "--d", "4", "--n", "9", "--directions", "all", "--certificate", path)
    assert code == 0
    assert "float mixed integer programs" in out
    assert "warning: 9 of 9 training points lie on a kink" in out
    assert "pure faces, in fractions" in out
    assert cli.main(["verify", path]) == 0
    assert "flattest over all directions" in capsys.readouterr().out
    code, out, _ = call(capsys, "xor", "--d", "4", "--n", "9", "--bias", "--json")
    found = json.loads(out)
    assert (code, found["verdict"], found["bias"], found["directions"]) == (0, "proved", True, "ternary")
    code, out, _ = call(capsys, "xor", "--d", "2", "--n", "4", "--directions", "patterns")
    assert (code, "1.41421" in out, "a float cone program" in out) == (0, True, True)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["and"], "data"),
        (["xor", "--d", "1"], "d"),
        (["xor", "--d", "11"], "d"),
        (["xor", "--d", "3"], "n"),
        (["xor", "--n", "0"], "n"),
        (["xor", "--directions", "some"], "directions"),
        (["xor", "--directions", "patterns", "--certificate", "c.json"], "directions"),
        (["xor", "--directions", "patterns"], "n"),
        (["xor", "--d", "9", "--n", "20"], "d"),
        (["xor", "--seed", "-1"], "seed"),
        (["xor", "--directions", "all", "--seconds", "0"], "seconds"),
        (["xor", "--directions", "all", "--seconds", "soon"], "seconds"),
        (["xor", "--seconds", "5"], "seconds"),
        (["xor", "--certificate", "nowhere/c.json"], "certificate"),
        (["xor", "--random", "-1"], "random"),
        (["xor", "--random", "5", "--directions", "all"], "random"),
        (["xor", "--random", "5", "--certificate", "c.json"], "random"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(patterns, "MOST", 8)
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"sco-flat: {key} = ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_data_of_ones_own_is_refused_where_nothing_is_said_of_it():
    pairs = [((1, 1), 1), ((1, -1), -1)]
    points, labels = [p for p, _ in pairs], [y for _, y in pairs]
    with pytest.raises(InputError, match="must be -1 or 1"):
        find(given(points, [2, -1]))
    with pytest.raises(InputError, match="squared lengths"):
        find(given([(1, 1), (1, 2)], labels))
    with pytest.raises(InputError, match="whole numbers"):
        find(given([(0.5, 0.5), (0.5, -0.5)], labels))
    with pytest.raises(InputError, match="points of the cube"):
        find(given(points, [-1, 1]), "all")
    with pytest.raises(InputError, match="choose one of"):
        find(given(points, labels), "every")


@pytest.mark.parametrize("failing", [1, 2])
def test_a_linear_solver_that_gives_up_decides_nothing(monkeypatch, failing):
    """The first program or the second."""
    real, calls = dictionary.linprog, []

    def stopped(*arguments, **named):
        calls.append(0)
        result = real(*arguments, **named)
        if len(calls) == failing:
            result.status, result.message = 4, "numerical difficulties"
        return result

    monkeypatch.setattr(dictionary, "linprog", stopped)
    found = find(xor(3, 5, 0, bias=False))
    assert found.verdict == "undecided"
    assert "numerical difficulties" in found.claims[-1].note


def test_what_the_solver_prints_is_kept_out_of_stdout(capfd, monkeypatch):
    real = pricing.milp

    def loud(*args, **options):
        os.write(1, b"HighsMipSolverData\n")  # as HiGHS does, whatever its options
        return real(*args, **options)

    monkeypatch.setattr(pricing, "milp", loud)
    assert cli.main(["flattest", "xor", "--d", "4", "--n", "11", "--directions", "all", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["directions"] == "all"


def test_the_network_of_a_dictionary_is_not_called_the_worst(capsys):
    assert cli.main(["flattest", "xor", "--bias"]) == 0
    out = capsys.readouterr().out
    assert "one with the least mean has the wrong sign at 35 of 40 test points" in out
    data = xor(6, 24, 0)  # the memoriser is of the dictionary, too, and wrong at all 40
    net = constructions.memoriser(data)
    assert all(abs(2 * v) == 1 for j in net.neurons for v in j.direction[:-1])
    assert (trace(net, data), wrong(net, data)) == (4, 40)


def test_a_worst_network_that_a_cover_surpasses_is_refused(written, tmp_path):
    with open(written["all"]) as file:
        data = json.load(file)
    assert data["wrong"] > 0
    kind = next(c for c in data["covers"] if c["value"] == "1" and len(c["faces"]) == 4)
    data["worst"], data["wrong"] = {k: kind[k] for k in ("faces", "weights")}, 0
    data["sha256"] = digest(data)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data))
    outcome = verify(str(path))
    assert not outcome.valid
    assert outcome.refuted
    assert "a cover is worse than the worst" in outcome.reason
