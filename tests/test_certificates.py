"""Certificates: valid ones verify, edited ones are refused; the command line."""

import copy
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof_cases import (
    ALL,
    ONE,
    bound,
    call,
    chain_of,
    changed,
    digits,
    doubled,
    dropped,
    get,
    invented,
    larger,
    less_noise,
    longer,
    narrow,
    nothing,
    old,
    other_sample,
    other_theorem,
    paths,
    put,
    turned,
    wider,
)

from sco_flat import works
from sco_flat.errors import InputError
from sco_flat.numbers import wide
from sco_flat.proofs import files
from sco_flat.proofs.balls import precision
from sco_flat.proofs.prove import draw_sample, question_from
from sco_flat.vocabulary import LARGEST_WIDTH
from sco_flat.works.base import prove, verify
from sco_flat.works.flat_minima.proofs import direct, theorem7
from sco_flat.works.flat_minima.rechecks.theorem7 import theorem7 as rechecked


@pytest.fixture(scope="module")
def certificates():
    return {
        "seven, all": prove(7, ALL, n=8, steps=32, step_size="1/24..1/4"),
        "seven, one": prove(7, ONE, n=6, steps=16, step_size="1/4"),
        "three": prove(3, ONE, preset="robust", n=6, steps=16),
        "six": prove(6, ALL, start="1/100"),
        "one": prove(1, ONE, n=6),
        "refuted": prove(7, ALL, parameters="printed", n=12, steps=16, step_size="1/24"),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(6, 9),
    st.integers(6, 60),
    st.fractions(Fraction(1, 50), 8, max_denominator=50),
    st.sampled_from(["corrected", "printed"]),
    st.none() | st.fractions(Fraction(1, 20), Fraction(1, 2), max_denominator=40),
    st.booleans(),
)
def test_both_ways_agree(n, steps, eta, parameters, delta, every):
    numbers = {"n": n, "steps": steps, "step_size": eta, "parameters": parameters, "delta": delta}
    evidence = ALL if every else ONE
    question = question_from(works.get(7), evidence, **numbers)
    sample = draw_sample(question, theorem7.PROVABLE)
    with precision(200):
        claims = {c.name: c for c in theorem7.claims(question, sample)}
    own = {s.name: s for s in rechecked(question, sample)}
    compared = 0
    for name, statement in own.items():
        c = claims.get(name)
        if c is not None and c.enclosure is not None:
            low, high = c.enclosure
            assert low == "-inf" or Fraction(low) <= statement.value.high, name
            assert high == "inf" or statement.value.low <= Fraction(high), name
            assert (low == "-inf", high == "inf") == (statement.side == "high", statement.side == "low")
            compared += 1
    assert compared >= 12


@pytest.mark.parametrize("name", ["seven, all", "seven, one", "three", "six", "one", "refuted"])
def test_valid_and_refused_after_a_flip_in_every_field(certificates, name, tmp_path):
    path = tmp_path / "c.json"
    files.write(str(path), certificates[name])
    assert verify(str(path)).valid
    data = json.loads(path.read_text())
    assert data == files.content(certificates[name])
    for place in list(paths(data)):
        bad = copy.deepcopy(data)
        put(bad, place, changed(get(bad, place)))
        path.write_text(json.dumps(bad))
        outcome = verify(str(path))
        assert (outcome.valid, outcome.reason != "") == (False, True), place
        lost = copy.deepcopy(data)
        where = get(lost, place[:-1])
        del where[place[-1]]
        path.write_text(json.dumps(lost))
        assert not verify(str(path)).valid, place


def test_flips_of_single_bits_are_refused(certificates, tmp_path):
    path = tmp_path / "c.json"
    files.write(str(path), certificates["seven, one"])
    raw = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        place, bit = int(rng.integers(len(raw))), int(rng.integers(8))
        bad = bytearray(raw)
        bad[place] ^= 1 << bit
        path.write_bytes(bytes(bad))
        outcome = verify(str(path))
        assert not outcome.valid
        assert outcome.reason
    for cut in (0, 1, len(raw) // 2, len(raw) - 3):
        path.write_bytes(raw[:cut])
        assert not verify(str(path)).valid


@pytest.mark.parametrize(
    ("name", "edit"),
    [("seven, all", e) for e in (wider, longer, larger, bound, dropped, doubled, turned, less_noise, other_theorem)]
    + [("seven, all", e) for e in (narrow, nothing, invented, old, digits)]
    + [("seven, one", e) for e in (longer, larger, bound, dropped, doubled, turned, other_sample, invented)]
    + [("three", e) for e in (longer, larger, bound, doubled, other_sample)],
)
def test_an_edit_is_refused_even_with_a_new_digest(certificates, name, edit, tmp_path):
    data = copy.deepcopy(files.content(certificates[name]))
    edit(data)
    data["sha256"] = files.digest(data)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data))
    outcome = verify(str(path))
    assert not outcome.valid
    assert "sha256" not in outcome.reason


def test_a_box_with_a_gap_or_an_overlap_is_refused(tmp_path):
    proof = prove(7, ALL, parameters="printed", n=12, steps=16, step_size="1/100..1/40")
    assert len(proof.parts) > 2
    path = tmp_path / "c.json"
    files.write(str(path), proof)
    assert verify(str(path)).valid
    for change in ("gap", "overlap"):
        data = copy.deepcopy(files.content(proof))
        if change == "gap":
            del data["parts"][1]
        else:
            data["parts"].append(data["parts"][0])
        data["sha256"] = files.digest(data)
        path.write_text(json.dumps(data))
        outcome = verify(str(path))
        assert not outcome.valid
        assert "parts" in outcome.reason


def test_prove_and_verify_from_the_command_line(capsys, tmp_path):
    path = str(tmp_path / "seven.json")
    given_ = ["check", "7", "--evidence", "every-sample", "--n", "20", "--steps", "1000", "--step-size", "1/24..1/4"]
    code, out, err = call(capsys, *given_, "--certificate", path)
    assert (code, err) == (0, "")
    assert "verdict: proved" in out
    assert "guaranteed with probability at least 0.367879: every suffix average has F >= 0.0646159 eta² r² T" in out
    code, out, _ = call(capsys, "verify", path)
    assert code == 0
    assert "valid" in out
    code, out, _ = call(capsys, "verify", path, "--json")
    assert json.loads(out)["valid"] is True
    text = (tmp_path / "seven.json").read_text()
    (tmp_path / "seven.json").write_text(text.replace('"n": 20', '"n": 21'))
    code, out, err = call(capsys, "verify", path)
    assert (code, out) == (2, "")
    assert err.startswith(f"sco-flat: {path}: sha256 = ")
    assert err.count("\n") == 1
    code, out, _ = call(capsys, *given_, "--json")
    data = json.loads(out)
    assert data["verdict"] == "proved"
    assert data["question"]["step_size"] == "1/24..1/4"
    printed = ["--parameters", "printed", "--n", "12", "--step-size", "1/24", "--steps", "16"]
    code, out, _ = call(capsys, "check", "7", "--evidence", "bracket", *printed)
    assert code == 1
    assert "verdict: fails" in out


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["check", "2", "--evidence", "bracket"], "evidence"),
        (["check", "7", "--evidence", "sure"], "evidence"),
        (["check", "7", "--evidence", "every-sample", "--step-size", "1/4..1/24"], "step-size"),
        (["check", "7", "--evidence", "every-sample", "--step-size", "0..1"], "step-size"),
        (["check", "7", "--evidence", "every-sample", "--step-size", "a..b"], "step-size"),
        (["check", "7", "--evidence", "every-sample", "--n", "0"], "n"),
        (["check", "7", "--evidence", "every-sample", "--n", "1000000"], "n"),
        (["check", "7", "--evidence", "bracket", "--n", "63"], "n"),
        (["check", "7", "--evidence", "every-sample", "--precision", "10"], "precision"),
        (["check", "7", "--evidence", "every-sample", "--radius", "9"], "radius"),
        (["check", "7", "--evidence", "every-sample", "--radius", "1/9..9"], "radius"),
        (["check", "7", "--evidence", "every-sample", "--epsilon", "1e-12"], "epsilon"),
        (["check", "7", "--evidence", "every-sample", "--parameters", "right"], "parameters"),
        (["check", "7", "--evidence", "every-sample", "--set", "delta=2"], "delta"),
        (["check", "7", "--evidence", "every-sample", "--set", "delta_9=1"], "parameter"),
        (["check", "3", "--evidence", "every-sample", "--preset", "soft"], "preset"),
        (["check", "3", "--evidence", "every-sample", "--oracle", "none"], "oracle"),
        (["check", "3", "--evidence", "every-sample", "--flatness-radius", "1"], "flatness-radius"),
        (["check", "7", "--certificate", "c.json"], "certificate"),
        (["check", "7", "--precision", "300"], "precision"),
        (["check", "7", "--evidence", "every-sample", "--certificate", "nowhere/c.json"], "certificate"),
        (["verify", "nowhere.json"], "file"),
        (["verify", "."], "file"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"sco-flat: {key} = ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "numbers", "written"),
    [
        ("1", ("--n", "15000"), "2^15000"),
        ("3", ("--n", "15000"), "2^15000"),
        ("7", ("--n", "15000"), "2^15000"),
        ("7", ("--n", "14100", "--width", "2^14000"), "2^14000"),
        ("7", ("--n", "14000", "--width", "10^4200"), hex(10**4200)),
        ("7", ("--n", "13000"), str(2**13000)),
    ],
)
def test_widths_of_any_length_are_written_and_read(capsys, tmp_path, key, numbers, written):
    file = tmp_path / "c.json"
    code, _, err = call(capsys, "check", key, "--evidence", "every-sample", *numbers, "--certificate", str(file))
    assert (code, err) == (0, "")
    data = json.loads(file.read_text())
    assert data["question"]["width"] == written
    assert call(capsys, "verify", str(file))[0] == 0


@pytest.mark.parametrize(
    "text",
    ["2^900", "0x10", "2^015000", "0x0" + "f" * 300, hex(2**15000), "2^100001", "2^-15000"],
)
def test_a_width_has_one_spelling(text):
    assert wide(text) is None or wide(text) > LARGEST_WIDTH


@pytest.mark.parametrize(("key", "said"), [("6", "no sample enters"), ("7", "the sample of seed 0")])
def test_a_proof_says_which_sample_it_is_about(capsys, key, said):
    out = call(capsys, "check", key, "--evidence", "bracket")[1]
    assert f"; {said}; 200-bit balls" in out


def test_floats_mean_the_fractions_they_stand_for():
    assert question_from(works.get(7), ALL, step_size=1 / 24).step_size[0] == Fraction(1, 24)
    assert question_from(works.get(7), ALL, step_size=0.1).step_size[0] == Fraction(1, 10)
    assert question_from(works.get(7), ALL, step_size="0.1").step_size[0] == Fraction(1, 10)
    with pytest.raises(InputError):
        question_from(works.get(7), ALL, step_size=float("nan"))


def test_importing_loads_no_balls():
    import subprocess
    import sys

    code = "import sys, sco_flat.cli, sco_flat.checks; print(any(m in sys.modules for m in ('flint', 'cvxpy')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_direct_walk_is_refused_nothing_it_cannot_do():
    """Balls from the loss keep most of their bits."""
    question, sample, c, *_ = chain_of(n=6, steps=12, step_size="1/4")
    with precision(200):
        run = theorem7.walk(question, c, sample)
    assert isinstance(run, direct.Walk)
    assert min(x.rel_accuracy_bits() for x in run.points[-1].later[run.codes.index(0)]) > 150


def test_a_certificate_of_format_1_still_verifies(tmp_path):
    """It names its theorem by a number; that is a theorem of the first work."""
    path = Path(__file__).parent / "data" / "certificate-format-1.json"
    outcome = verify(str(path))
    assert outcome.valid
    data = json.loads(path.read_text())
    assert data["format"].endswith("1")
    data["question"]["n"] += 1
    data["sha256"] = files.digest(data)
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(data))
    assert not verify(str(edited)).valid


def test_a_certificate_of_format_3_calls_conditions_on_the_weights_dynamics(tmp_path):
    """From format 4 on they are hypotheses: where they fail, nothing is refuted."""
    path = Path(__file__).parent / "data" / "certificate-format-3.json"
    assert verify(str(path)).valid
    proof = prove(3, "every sample", preset="robust", n=6, steps=64, step_size="1/4")
    kinds = {c.name: c.kind for c in proof.claims}
    assert kinds["a_T - c"] == "hypothesis"
    data = json.loads(path.read_text())
    for c in data["parts"][0]["claims"]:
        c["kind"] = kinds[c["name"]]
    for form, answer in ((3, False), (4, True)):
        data["format"] = f"sco_flat certificate {form}"
        data["sha256"] = files.digest(data)
        edited = tmp_path / f"edited{form}.json"
        edited.write_text(json.dumps(data))
        assert verify(str(edited)).valid == answer


@pytest.mark.parametrize("numbers", [{"bias": "99/100"}, {"decay": "1/2"}, {"decay": 0}])
@pytest.mark.parametrize("evidence", ["every sample", "bracket"])
def test_weights_of_which_theorem_3_does_not_speak_refute_nothing(numbers, evidence):
    proof = prove(3, evidence, preset="robust", n=6, steps=64, step_size="1/4", **numbers)
    assert proof.verdict == "not applicable"
    assert proof.trajectory() == {}
