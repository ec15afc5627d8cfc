"""Certificates of any size and depth are refused in one line or true, and soon."""

import copy
import json
import re
import time

import pytest
from proof_cases import ALL, ONE

from sco_flat import cli, memory
from sco_flat.proofs import files, schema
from sco_flat.works.base import prove, verify

SECONDS = 2.0
LINE = re.compile(r"sco-flat: .+ = .+: .+; .+\n")


@pytest.fixture(scope="module")
def written():
    found = {
        "7": prove(7, ALL, n=8, steps=12, step_size="1/4"), "7, one": prove(7, ONE, n=6, steps=8, step_size="1/4"),
        "1, one": prove(1, ONE, n=6), "3": prove(3, ALL, n=6, steps=8, step_size="1/10..1/4"),
    }  # fmt: skip
    return {name: files.content(proof) for name, proof in found.items()}


def question(data, key, value):
    data["question"][key] = value
    for part in data["parts"]:
        part |= {key: value} if key in part else {}


def enclosures(data, ends):
    for claim in data["parts"][0]["claims"]:
        claim["enclosure"] = ends if claim["enclosure"] else None


EDITS = {
    "width 1e30": lambda data: question(data, "width", str(10**30)),
    "width of 3,999 digits": lambda data: question(data, "width", "9" * 3999),
    "seed of 4,000 digits": lambda data: question(data, "seed", 10**4000),
    "a step size of 4,000 digits": lambda data: question(data, "step_size", "1/" + "9" * 3999),
    "the largest numbers": lambda data: data["question"].update(n=10_000, steps=10**6, precision=100_000),
    "5,000 copies of a part": lambda data: data.update(parts=data["parts"][:1] * 5000),
    "1,000 copies of a part": lambda data: data.update(parts=data["parts"][:1] * 1000),
    "5,000 copies of the claims": lambda data: data["parts"][0].update(claims=data["parts"][0]["claims"] * 5000),
    "tiny ends": lambda data: enclosures(data, ["-1", "1e-999999"]),
    "small ends": lambda data: enclosures(data, ["-1", "1e-99999"]),
}


@pytest.mark.parametrize("name", ["7", "7, one", "1, one", "3"])
@pytest.mark.parametrize("edit", EDITS)
def test_huge_contents(written, name, edit, tmp_path, capsys):
    data = copy.deepcopy(written[name])
    EDITS[edit](data)
    data["sha256"] = files.digest(data)
    verified(json.dumps(data).encode(), tmp_path, capsys)


def verified(raw, tmp_path, capsys):
    """Write the bytes as a certificate and verify it; the message, where it is not even read."""
    path = tmp_path / "c.json"
    path.write_bytes(raw)
    began = time.process_time()
    code = cli.main(["verify", str(path)])
    assert time.process_time() - began < SECONDS
    out, err = capsys.readouterr()
    if code == 2:
        assert LINE.fullmatch(err)
        assert len(err) < 300
    else:
        assert err == ""
        assert ("REFUSED" if code else "valid; its verdict is") in out
    return err


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("9" * 1_000_000, "has 1,000,000 digits, and 100 are the most"),
        ("9" * 101, "has 101 digits"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ("[" + ",".join(["9" * 4000] * 2000) + "]", "digits"),
        ('"' + "9" * 10_000_000 + '"', "is longer than 8,388,608 bytes"),
        ("1e999999999", "is a whole number"),
        ("0." + "1" * 100_000, "is a whole number"),
    ],
)
def test_huge_numbers_and_nests(written, steps, reason, tmp_path, capsys):
    text = json.dumps(written["7"] | {"sha256": "0" * 64}).replace('"steps": 12', f'"steps": {steps}')
    if reason == "is a whole number":
        data = json.loads(text)
        text = text.replace("0" * 64, files.digest(data))
    assert reason in verified(text.encode(), tmp_path, capsys)


def test_a_file_is_read_up_to_its_largest_size(tmp_path, capsys):
    path = tmp_path / "sparse.json"
    with path.open("wb") as file:
        file.truncate(10**10)
    assert cli.main(["verify", str(path)]) == 2
    assert f"is longer than {schema.BYTES:,} bytes" in capsys.readouterr().err


def test_the_largest_proof_is_read(written):
    """256 parts of the statement with the most claims."""
    part = max((len(json.dumps(data["parts"][0], indent=1)) for data in written.values()), default=0)
    assert 256 * part < schema.BYTES


def test_a_sample_that_does_not_fit_is_no_fault_of_the_certificate(written, tmp_path, capsys, monkeypatch):
    data = copy.deepcopy(written["1, one"])
    question(data, "width", str(2**36))
    data["sha256"] = files.digest(data)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data))
    monkeypatch.setattr(memory, "free_bytes", lambda: 10**9)
    assert cli.main(["verify", str(path)]) == 2
    assert re.match(r"sco-flat: memory = about 1\.2 TB: .* or say --yes", capsys.readouterr().err)


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b"])
def test_paths_that_cannot_be(path):
    with pytest.raises(files.InputError, match=r"file = .*: cannot be read \("):
        verify(path)


def test_many_fields_of_which_one_stands_twice_are_refused_at_once():
    text = "{" + ",".join(f'"k{i}":0' for i in range(400_000)) + ',"x":0,"x":0}'
    began = time.perf_counter()
    with pytest.raises(schema.Refused, match="a field = x: stands twice"):
        schema.parse(text.encode())
    assert time.perf_counter() - began < 10.0
