"""SAM in the valley on one drawn sample: enclosed in balls, confirmed by other formulas, equal to the float run."""

import copy
import json
from fractions import Fraction

import numpy as np
import pytest
from proof_cases import ONE, call

import sco_flat
from sco_flat.errors import InputError
from sco_flat.instances.families import family
from sco_flat.proofs import files
from sco_flat.proofs.balls import decimal, precision
from sco_flat.proofs.prove import draw_sample, provable, question_from
from sco_flat.proofs.schema import digest
from sco_flat.works import base as works
from sco_flat.works.base import prove, verify
from sco_flat.works.valley.proofs import sam
from sco_flat.works.valley.proofs.counts import overlaps
from sco_flat.works.valley.proofs.design import Design

CASES = [
    ("valley.sam", {}),
    ("valley.sam", {"n": 10, "steps": 1000, "step_size": "1/50", "gamma": "1/3", "seed": 3, "margin": "1/40"}),
    ("valley.sam", {"n": 4, "steps": 400, "codes": "signs", "event": "any"}),
    ("valley.sam-flat", {"steps": 300}),
    ("valley.sam-flat", {"n": 4, "codes": "signs", "perturbation_radius": "1/20", "flatness_radius": "1/200"}),
]
CLOSE = 1e-12


def label(case):
    return "-".join([case[0], *map(str, case[1].values())])


@pytest.fixture(params=CASES, ids=label)
def proof(request):
    return prove(request.param[0], ONE, **request.param[1])


def named(claims, part):
    return next(c for c in claims if part in c.name)


def test_proved_confirmed_and_equal_to_the_run_in_floats(proof, tmp_path):
    assert proof.verdict == "proved"
    assert proof.bits_left > 150
    path = str(tmp_path / "c.json")
    files.write(path, proof)
    assert verify(path).valid
    q = proof.question
    options = {k: v if k in ("codes", "event") else float(v) for k, v in q.options.items()}
    radius = "auto" if q.perturbation_radius is None else float(q.perturbation_radius[0])
    numbers = {"n": q.n, "steps": q.steps, "step_size": float(q.step_size[0]), "perturbation_radius": radius}
    found = sco_flat.run(
        "sam-valley", "sam", flatness_radius=float(q.flatness_radius[0]), seed=q.seed, **numbers, **options
    )
    unit = found.parameters["step_size"] * found.parameters["steps"] * found.parameters["perturbation_radius"] ** 2
    for name, part in (("last", "the last"), ("average", "the full"), ("lowest_suffix", "the lowest")):
        risk = found.as_dict()["points"][name]["population_risk"]
        assert risk[0] / unit == pytest.approx(named(proof.claims, f"of {part}").value, rel=CLOSE)


def test_both_arithmetics_find_the_same_numbers(proof):
    """A certificate's enclosures are widened to hold the re-check's, so they are compared before that."""
    own = {s.name: s for s in provable(proof.stated).recheck(proof.question, proof.sample)}
    assert {c.name for c in proof.claims} == set(own)
    for c in proof.claims:
        for end, other in zip(c.enclosure, (own[c.name].value.low, own[c.name].value.high), strict=True):
            if "inf" not in end:
                assert float(Fraction(end)) == pytest.approx(float(other), rel=CLOSE, abs=CLOSE)


def test_another_seed_is_another_sample_with_the_same_run():
    """Every missed set moves the same way; what the others hold of the sample differs."""
    first, other = (prove("valley.sam", ONE, seed=seed) for seed in (0, 1))
    assert first.sample.event.columns != other.sample.event.columns
    name = "of the full average"
    assert named(first.claims, name).enclosure == named(other.claims, name).enclosure
    assert first.verdict == other.verdict == "proved"


def test_a_sample_off_the_event_is_not_applicable(tmp_path):
    """Drawn without the event: some seeds meet it, the others have no conclusion."""
    verdicts = {}
    for seed in range(8):
        found = prove("valley.sam", ONE, event="free", seed=seed, n=4)
        distinct = len(set(found.sample.codes.tolist())) == 4
        meets = distinct and len(found.sample.event.columns) == 1
        verdicts[seed] = found.verdict
        assert found.verdict == ("proved" if meets else "not applicable")
        assert meets or {c.verdict for c in found.claims if c.kind == "conclusion"} == {"undecided"}
        path = str(tmp_path / f"{seed}.json")
        files.write(path, found)
        assert verify(path).valid
    assert set(verdicts.values()) == {"proved", "not applicable"}


@pytest.mark.parametrize("seed", range(3))
def test_overlaps_are_those_of_the_sets(seed):
    found = family(36, 50, seed, 0, 0.125)
    examples = np.random.default_rng(seed).integers(0, 36, size=6)
    assert (overlaps(found, examples) == found.sets()[:, examples].sum(axis=1)).all()


@pytest.mark.parametrize(
    ("changed", "rests"),
    [
        ({"h": Fraction(0)}, "another term"),
        ({"h": Fraction(5)}, "other terms are active"),
        ({"sig": Fraction(0)}, "active"),
        ({"dl": Fraction(20)}, "another term"),
        ({"tau": Fraction(50)}, "another term"),
    ],
    ids=str,
)
def test_other_constants_of_the_loss_break_the_run(changed, rests):
    stated = works.get("valley.sam")
    question = question_from(stated, ONE)
    with precision(200):
        found = sam.claims(question, False, Design(**changed), draw_sample(question, provable(stated)))
    open_ = [c for c in found if c.kind == "conclusion"]
    assert {c.verdict for c in open_} == {"undecided"}
    assert all(rests in c.note or "smoothness" in c.note or "margin" in c.note for c in open_)


def edits(data):
    """Files that are not what was proved, each with its place."""
    for k, c in enumerate(data["parts"][0]["claims"]):
        gone = copy.deepcopy(data)
        del gone["parts"][0]["claims"][k]
        yield f"without {c['name']}", gone
        if c["relation"] == "==":
            continue
        for shift in (Fraction(1, 10**9), -Fraction(1, 10**9)):
            moved = copy.deepcopy(data)
            ends = moved["parts"][0]["claims"][k]["enclosure"]
            for i, up in enumerate((False, True)):
                ends[i] = ends[i] if "inf" in ends[i] else decimal(Fraction(ends[i]) + shift, up=up)
            if ends[1] != "inf" or shift > 0:  # else it is weaker, and true
                yield f"{c['name']}: moved", moved
    for key, value in (("columns", [0]), ("codes_sha256", "0" * 64)):
        other = copy.deepcopy(data)
        other["sample"][key] = value
        yield key, other
    for key, value in (("seed", 1), ("n", 8), ("width", "106"), ("steps", 161), ("step_size", "1/10")):
        other = copy.deepcopy(data)
        other["question"][key] = value
        yield key, other
    for option in ({"codes": "signs"}, {"gamma": "1/2"}, {"margin": "1/40"}):
        other = copy.deepcopy(data)
        other["question"]["options"] |= option
        yield str(option), other


SAID = (
    "does not contain",
    "own numbers",
    "rests on",
    "draws another",
    "outside the box",
    "is not a claim",
    "is one of",
)


@pytest.mark.parametrize("key", ["valley.sam", "valley.sam-flat"])
def test_edited_files_are_refused(key, tmp_path):
    steps, every = {"valley.sam": (140, 1), "valley.sam-flat": (260, 4)}[key]
    path = tmp_path / "c.json"
    files.write(str(path), prove(key, ONE, n=4, steps=steps))
    data, count = json.loads(path.read_text()), 0
    del data["sha256"]
    for place, edited in list(edits(data))[::every]:
        path.write_text(json.dumps(edited | {"sha256": digest(edited)}, indent=1, ensure_ascii=False) + "\n")
        found = verify(str(path))
        assert not found.valid, place
        # by what its numbers say, not by how they are spelled
        assert any(text in found.reason for text in SAID), place
        count += "moved" in place
    assert count > 40 // every


@pytest.mark.parametrize(
    ("numbers", "key"),
    [
        ({"step_size": "1/10..3/25"}, "step-size"),
        ({"perturbation_radius": "1/10..1/5"}, "radius"),
        ({"scope": "all"}, "scope"),
        ({"steps": 20_000}, "steps"),
        ({"n": 5, "allow_outside": True}, "n"),
        ({"n": 40}, "n"),
        ({"width": 60}, "width"),
    ],
    ids=str,
)
def test_what_cannot_be_walked_is_refused_by_name(numbers, key):
    with pytest.raises(InputError, match=f"^{key} = "):
        prove("valley.sam", ONE, **numbers)


def test_with_few_bits_less_is_said_and_nothing_wrong():
    for bits in (53, 60, 80):
        found = prove("valley.sam", ONE, precision=bits, steps=1000)
        assert found.verdict in ("proved", "undecided")
        assert named(found.claims, "of the last").verdict in ("proved", "undecided")


def test_the_command(capsys):
    code, out, _ = call(capsys, "check", "valley.sam-flat", "--evidence", "bracket", "--seed", "5", "--steps", "300")
    assert code == 0
    assert "the sample of seed 5" in out
    assert "verdict: proved" in out
