"""Edited certificates with a new digest: each is refused in one line, or what it says now is true by the prover."""

import json
import re

import numpy as np
import pytest
from certificate_edits import edited
from proof_cases import ALL, ONE, call

from sco_flat import works
from sco_flat.proofs import files, schema
from sco_flat.proofs.balls import precision
from sco_flat.proofs.prove import draw_sample
from sco_flat.works.base import prove, verify

CASES = {
    "1": (1, ALL, {"n": 8}),
    "1, one": (1, ONE, {"n": 6}),
    "3": (3, ALL, {"n": 6, "steps": 16}),
    "3, box": (3, ALL, {"n": 6, "steps": 8, "step_size": "1/10..1/4"}),
    "3, robust": (3, ALL, {"n": 6, "steps": 16, "preset": "robust"}),
    "3, robust, one": (3, ONE, {"n": 6, "steps": 12, "preset": "robust"}),
    "3, outside the ball": (3, ALL, {"steps": 64, "step_size": "1e-4", "flatness_radius": 0, "preset": "robust"}),
    "3, open": (3, ONE, {"n": 7, "steps": 2, "flatness_radius": "3/10", "preset": "robust", "seed": 8}),
    "6": (6, ALL, {}),
    "6, start": (6, ALL, {"start": "1/100"}),
    "7": (7, ALL, {"n": 8, "steps": 12, "step_size": "1/4"}),
    "7, one": (7, ONE, {"n": 6, "steps": 8, "step_size": "1/4"}),
    "7, refuted": (7, ALL, {"n": 12, "steps": 16, "step_size": "1/24", "parameters": "printed"}),
    "valley, sam": ("valley.sam", ALL, {"n": 6, "steps": 160, "step_size": "3/25"}),
    "valley, box": ("valley.sam", ALL, {"step_size": "1/25..3/25", "steps": 400, "codes": "signs"}),
    "valley, all": ("valley.sam", ALL, {"scope": "all", "gamma": "1/2"}),
    "valley, flat": ("valley.sam-flat", ONE, {"n": 4, "steps": 320, "step_size": "1/8", "flatness_radius": "1/80"}),
    "valley, noise": ("valley.sam-noise", ONE, {"n": 6, "steps": 160, "step_size": "3/25"}),
    "valley, codes": ("valley.dimension", ALL, {"n": 8, "flatness_radius": "0..1/10"}),
    "valley, codes, sagd": ("valley.dimension-sagd", ONE, {"n": 6, "steps": 12}),
    "valley, sagd": ("valley.sagd", ALL, {"n": 6, "steps": 16, "step_size": "1/10..1/4"}),
    "valley, sagd, one": ("valley.sagd", ONE, {"n": 6, "steps": 16, "flatness_radius": "1/50"}),
    "7, constants": (7, ALL, {"n": 6, "steps": 8, "step_size": "1/4", "delta": "1/100"}),
}


@pytest.fixture(scope="module")
def written():
    return {name: files.content(prove(key, kind, **numbers)) for name, (key, kind, numbers) in CASES.items()}


def true_by_the_prover(certificate):
    """Every claim of a certificate that was accepted, decided once more on the same part by the prover."""
    sample = draw_sample(certificate.question, certificate.rules) if certificate.sample is not None else None
    form = certificate.format
    for part, _, claims in certificate.parts:
        with precision(certificate.question.precision):
            own = {c.name: c for c in certificate.rules.claims(part, sample)}
        for c in claims:
            assert c.verdict == own[c.name].verdict, c.name
            if c.enclosure is not None:
                low, high = (float(end) for end in own[c.name].enclosure)
                assert float(c.enclosure[0]) <= high, c.name
                assert low <= float(c.enclosure[1]), c.name
        if certificate.verdict == "proved":
            rests = {
                s.name for s in certificate.rules.recheck(part, sample) if s.needed and not s.skips and s.since <= form
            }
            assert rests <= {c.name for c in claims}
            assert all(c.verdict in ("proved", "not applicable") for c in own.values())


def attack(written, tmp_path, seed, count):
    rng, accepted = np.random.default_rng(seed), 0
    path = tmp_path / "c.json"
    for _ in range(count):
        name = list(written)[int(rng.integers(len(written)))]
        data, done = edited(rng, written[name])
        data["sha256"] = files.digest(data)
        path.write_text(json.dumps(data))
        outcome = verify(str(path))
        if outcome.valid:
            accepted += 1
            try:
                true_by_the_prover(schema.read(data, works.get))
            except (AssertionError, KeyError) as error:
                raise AssertionError(f"{name}, {done}: {error!r}\n{json.dumps(data, indent=1)}") from error
        else:
            assert re.fullmatch(r".+ = .+: .+; (write the certificate again|see sco-flat list).+", outcome.reason)
            assert not outcome.reason.startswith("sha256")
    return accepted


def test_edits_are_refused_or_true(written, tmp_path):
    """Some are true: a wider enclosure, a seed where no sample is drawn, a precision."""
    accepted = attack(written, tmp_path, 0, 500)
    assert 5 <= accepted <= 100


@pytest.mark.deep
def test_ten_thousand_edits_are_refused_or_true(written, tmp_path):
    assert attack(written, tmp_path, 1, 10_000) > 100


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_accepted(written, name, tmp_path, capsys):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(written[name]))
    outcome = verify(str(path))
    assert (outcome.valid, outcome.reason, outcome.refuted) == (True, "", False)
    true_by_the_prover(schema.read(written[name], works.get))
    assert call(capsys, "verify", str(path))[0] == 0
