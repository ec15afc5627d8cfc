"""Statements that were proved, refuted or accepted although they should not have been; each with the right answer."""

import copy
import json
from fractions import Fraction

import numpy as np
import pytest
from proof_cases import ALL, ONE, call, claim_of
from referee_edits import REFUSED

import sco_flat
from sco_flat import works
from sco_flat.engines.simulation import simulate
from sco_flat.inspection.convexity import smoothness
from sco_flat.proofs import files
from sco_flat.requests import request_from
from sco_flat.works.base import prove, verify

ROBUST = {"preset": "robust", "steps": 64, "step_size": "1e-4", "flatness_radius": 0}
ROUGH = {"n": 6, "steps": 6, "step_size": "1e-6", "perturbation_radius": 1, "lam": "8e-5", "gamma": 4}
NARROW = {"preset": "robust", "n": 7, "steps": 2, "step_size": "1/4", "flatness_radius": "0.3", "seed": 8}


def ends(claim):
    low, high = claim.enclosure
    return float(low), float(high)


def length(numbers, seed):
    """``|w_T|²`` of a float run of SA-GD."""
    request = request_from("sagd-blocks", "sagd", allow_outside=True, seed=seed, **numbers)
    instance = request.build()
    return float(np.sum(simulate(instance, request.sample(instance), request.settings, seed).last ** 2))


def test_a_run_that_leaves_the_ball_is_not_proved(capsys):
    words = ["--preset", "robust", "--steps", "64", "--step-size", "1e-4", "--flatness-radius", "0"]
    code, out, _ = call(capsys, "check", "3", "--evidence", "every-sample", *words)
    assert code == 1
    assert "verdict: fails" in out
    assert call(capsys, "check", "3", *words)[0] == 1
    claim = claim_of(prove(3, ALL, **ROBUST), "|w_T|²")
    assert claim.verdict == "fails"
    low, high = ends(claim)
    assert 1 < low <= length(ROBUST, 0) <= high


@pytest.mark.parametrize("oracle", ["adversarial", "coordinate", "uniform"])
@pytest.mark.parametrize(
    ("steps", "eta"), [(64, "3e-3"), (64, "1/50"), (64, "1/4"), (99, "1/200"), (16, "1"), (3, "5")]
)
@pytest.mark.parametrize("share", [1, Fraction(3, 4), Fraction(1, 4)])
def test_the_length_of_a_run_is_enclosed(steps, eta, share, oracle):
    """Of a sample; and of all samples from above, so that nothing is proved of a run that leaves the ball."""
    radius = share * Fraction(1 / (float(Fraction(eta)) * steps**0.5)).limit_denominator(10**6)
    numbers = {
        "n": 5, "steps": steps, "step_size": eta, "perturbation_radius": radius, "flatness_radius": 0,
        "preset": "robust", "oracle": oracle,
    }  # fmt: skip
    everyone = claim_of(prove(3, ALL, allow_outside=True, **numbers), "|w_T|²")
    for seed in range(3):
        one = claim_of(prove(3, ONE, allow_outside=True, seed=seed, **numbers), "|w_T|²")
        found = length({**numbers, "perturbation_radius": float(radius)}, seed)
        low, high = ends(one)
        assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)
        assert found <= ends(everyone)[1] * (1 + 1e-9)
        assert not (everyone.verdict == "proved" and found > 1 + 1e-9)


def test_a_loss_that_is_not_smooth_enough_is_not_proved(capsys):
    words = [word for key, value in ROUGH.items() if key != "lam" and key != "gamma" for word in
             (f"--{key.replace('_', '-')}", str(value))]  # fmt: skip
    code, out, _ = call(
        capsys, "check", "7", "--evidence", "every-sample", *words, "--set", "lam=8e-5", "--set", "gamma=4"
    )
    assert code == 0
    assert "verdict: not applicable: it asks for smoothness <= 6; Lipschitz constant" in out
    proof = prove(7, ALL, **ROUGH)
    assert [c.name for c in proof.claims if c.verdict == "fails"] == [
        "smoothness <= 6", "Lipschitz constant on the unit ball <= 6",
    ]  # fmt: skip
    certified = smoothness(request_from("sam-chain", allow_outside=True, **ROUGH).build())[0]
    low, high = ends(claim_of(proof, "smoothness"))
    assert 4 * 65 * (1 - 2**-29) <= low <= certified.value <= high <= 4 * 65 + 3.1


def test_one_end_decides_one_side_only(capsys):
    """The lower bound for every correct oracle is 0 here; F of the shortest average is 7.17e-4 and the claim true."""
    code, out, _ = call(
        capsys, "check", "3", "--evidence", "bracket", "--preset", "robust", "--n", "7", "--steps", "2",
        "--step-size", "1/4", "--flatness-radius", "0.3", "--seed", "8",
    )  # fmt: skip
    assert code == 0
    assert "verdict: undecided" in out
    proof = prove(3, ONE, **NARROW)
    claim = claim_of(proof, "F / (eta²")
    assert (claim.verdict, claim.enclosure[1]) == ("undecided", "inf")
    average = claim_of(proof, "F of the full average")
    assert average.verdict == "proved"
    low, high = ends(average)
    assert 7.1e-4 < low <= high < 7.2e-4


def test_an_upper_bound_over_all_samples_refutes_nothing():
    """|w_t|² over all samples is known from above: over 1 it says nothing, and the run of a sample is inside."""
    numbers = {"n": 6, "steps": 8, "step_size": "1/4", "perturbation_radius": 2}
    everyone = claim_of(prove(7, ALL, allow_outside=True, **numbers), "|w_t|²")
    assert everyone.enclosure[0] == "-inf"
    assert everyone.verdict == "undecided"
    assert claim_of(prove(7, ONE, allow_outside=True, **numbers), "|w_t|²").verdict == "fails"


HYPOTHESES = {
    1: ("convex", "f >= 0", "smoothness", "Lipschitz", "f = 0", "|e_I|", "P(", "rho <="),
    3: ("convex", "f >= 0", "smoothness", "Lipschitz", "f = 0", "|w_T|²", "P(", "the oracle", "T >= 2", "9 rho²"),
    6: ("convex", "f >= 0", "smoothness", "Lipschitz", "|w_t|", "rho <=", "r <="),
    7: ("convex", "f >= 0", "smoothness", "Lipschitz", "f = 0", "|w_t|²", "P(", "rho = 0", "n >= 6", "T >= 6"),
}


@pytest.mark.parametrize(
    ("key", "numbers"), [(1, {}), (3, {}), (3, {"preset": "robust"}), (6, {}), (6, {"start": "1/100"}), (7, {})]
)
def test_every_hypothesis_is_a_claim_of_the_proof_and_of_the_recheck(key, numbers, tmp_path):
    proof = prove(key, ALL, **numbers)
    assert proof.verdict == "proved"
    rules = works.get(key).proof()
    own = {s.name for s in rules.recheck(proof.question, None) if s.needed}
    names = {c.name for c in proof.claims}
    assert own <= names
    for words in HYPOTHESES[key]:
        assert any(words in name for name in own), words
    data = files.content(proof)
    path = tmp_path / "c.json"
    for name in own:  # a certificate without one of them, however it calls itself
        for form in (2, 3):
            less = copy.deepcopy(data)
            less["format"] = f"sco_flat certificate {form}"
            less["parts"][0]["claims"] = [c for c in less["parts"][0]["claims"] if c["name"] != name]
            less["sha256"] = files.digest(less)
            path.write_text(json.dumps(less))
            assert not verify(str(path)).valid, name


def test_an_older_certificate_of_a_run_that_leaves_the_ball_is_refused(tmp_path, capsys):
    """Format 2 had no claim on the ball, and says proved."""
    data = files.content(prove(3, ALL, **ROBUST))
    data["format"] = "sco_flat certificate 2"
    del data["question"]["event"], data["question"]["largest_radius"]
    later = {s.name for s in works.get(3).proof().recheck(prove(3, ALL, **ROBUST).question, None) if s.since > 2}
    part = data["parts"][0]
    part["claims"] = [c for c in part["claims"] if c["name"] not in later]
    weights = ("(1 - a_T) r / ((1 - sqrt(1 - 1/n)) (r - rho))", "a_T - c", "decay", "q_T / q")
    for c in part["claims"]:
        if c["name"] in weights:
            c["kind"] = "dynamics"  # hypotheses from format 4 on
        if "inf" in c["enclosure"]:
            c["enclosure"] = [c["enclosure"][0], "8e-2"]
    data["verdict"] = part["verdict"] = "proved"
    data["sha256"] = files.digest(data)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data))
    code, out, _ = call(capsys, "verify", str(path))
    assert code == 1
    assert "|w_T|² <= 1" in out


@pytest.mark.parametrize(("edit", "code", "said"), REFUSED, ids=[edit.__name__ for edit, _, _ in REFUSED])
def test_an_edited_certificate_is_refused_in_one_line(edit, code, said, tmp_path, capsys):
    data = copy.deepcopy(files.content(prove(*edit.of[:2], **edit.of[2])))
    edit(data)
    data["sha256"] = files.digest(data)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data))
    given, out, err = call(capsys, "verify", str(path))
    assert given == code
    line = out if code == 1 else err
    assert (out if code == 2 else err) == ""
    assert said in line
    assert line.count("\n") == 1
    assert "write the certificate again" in line


def test_what_is_no_json_is_no_certificate(tmp_path, capsys):
    path = tmp_path / "c.json"
    good = json.dumps(files.content(prove(1, ALL)))
    twice = good.replace('"n": 8', '"n": 8, "n": 8')
    texts = ("", "{}", "[]", "null", "7", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 10**5, "1" * 5000, twice, good[:-9])
    for text in texts:
        path.write_text(text)
        code, out, err = call(capsys, "verify", str(path))
        assert (code, out) == (2, "")
        assert err.startswith("sco-flat: ")
        assert err.count("\n") == 1
    path.write_bytes(b"\xff\xfe")
    assert call(capsys, "verify", str(path))[0] == 2


def test_event_and_radius_stand_in_every_file(tmp_path):
    for key, event, radius in ((1, "any", "1"), (3, "any", "rho + 1/(eta sqrt(T))"), (6, "free", "1/2"),
                               (7, "one", "1/(2 eta sqrt(T))")):  # fmt: skip
        proof = prove(key, ALL, perturbation_radius="auto")
        for data in (proof.as_dict(), files.content(proof)):
            assert data["question"]["event"] == event
            assert data["question"]["perturbation_radius"] == "auto"
            assert data["question"]["largest_radius"] == radius
        free = {} if key == 6 else {"event": "free"}  # no sample enters Theorem 6
        given = prove(key, ONE, perturbation_radius="1/100", flatness_radius=0, **free, allow_outside=True)
        question = given.as_dict()["question"]
        assert (question["event"], question["perturbation_radius"], question["largest_radius"]) == (
            "free", "1/100", None,
        )  # fmt: skip
        checked = sco_flat.check(key).as_dict()
        assert checked["event"]["kind"] == event
        assert checked["parameters"]["perturbation_radius"] > 0


@pytest.mark.parametrize(("key", "numbers"), [p for work in works.base.works() for p in work.proved])
def test_what_the_report_proves_is_proved_and_verifies(key, numbers, tmp_path):
    proof = prove(key, ALL, **numbers)
    assert proof.verdict == "proved"
    path = str(tmp_path / "c.json")
    files.write(path, proof)
    assert verify(path).valid


def test_numbers_that_no_float_holds(tmp_path):
    """2^10,000 columns; and so many that the event has no chance that could be written out."""
    path = str(tmp_path / "c.json")
    for numbers, verdict in (({"n": 10_000}, "proved"), ({"n": 6, "width": 10**20}, "not applicable")):
        proof = prove(7, ALL, steps=8, step_size="1/4", **numbers)
        assert proof.verdict == verdict
        files.write(path, proof)
        assert verify(path).valid


def test_exit_code_1_means_that_a_claim_fails(capsys, tmp_path):
    path = str(tmp_path / "c.json")
    every = ["check", "3", "--evidence", "every-sample"]
    for words, verdict, code in (
        ([], "proved", 0),
        (["--oracle", "benign"], "undecided", 0),
        (["--preset", "robust", "--oracle", "ascent"], "undecided", 0),
        (["--steps", "1", "--allow-outside"], "not applicable: it asks for T >= 2", 0),
        (["--preset", "robust", "--step-size", "1e-4", "--flatness-radius", "0"], "fails", 1),
    ):
        given, out, err = call(capsys, *every, *words, "--certificate", path)
        assert (given, err) == (code, "")
        assert f"verdict: {verdict}" in out
        assert call(capsys, "verify", path)[0] == 0  # it says what is the case
    assert call(capsys, *every, "--n", "200000")[0] == 2
    assert call(capsys, *every, "--seed", "-1")[0] == 2
    assert call(capsys, *every, "--event", "two")[0] == 2
