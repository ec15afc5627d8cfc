"""Sweeps over statements: every cell is a check, and its claims are columns."""

import csv
import json
from dataclasses import replace

import pytest
from sweep_cases import run

from sco_flat import checks, cli
from sco_flat.errors import InputError
from sco_flat.sweeps import collect, draw, plan, status, store, sweep, work
from sco_flat.works import base as works
from sco_flat.works.exact import exactly

ESCAPE = """
statement = "factorisation.escape"
[axes]
edge = [0.9, 1, 1.1]
factors = ["depth-3", "scalar"]
"""
MIXED = """
work = ["wen-li-ma", "swad", "f2m"]
statement = ["wen-li-ma.memoriser", "swad.miss", "f2m.blind"]
[axes]
d = [4, 6]
n = 12
seed = [0, 1]
flatness = [0.1, "1/5"]
"""


def swept(tmp_path, text, **options):
    """The finished table of a file, row by row."""
    file = tmp_path / "checks.toml"
    file.write_text(text)
    counts = run(file, tmp_path / "out", **options)
    collect.collect(tmp_path / "out")
    with (tmp_path / "out" / "table.csv").open(newline="") as table:
        return counts, list(csv.DictReader(table))


def test_cells_are_checks(tmp_path, capsys):
    """Each row says what `check` says of the same numbers; a statement that does not speak is a row with its reason."""
    counts, rows = swept(tmp_path, ESCAPE)
    assert (counts.done, counts.failed) == (6, 0)
    found = {(float(row["edge"]), row["factors"]): row for row in rows}
    said = checks.check("factorisation.escape", edge=1.1)
    row = found[1.1, "depth-3"]
    assert row["verdict"] == said.verdict == "holds"
    for c in said.claims:
        assert float(row[f"{c.name}.value"]) == c.value
        assert float(row[f"{c.name}.bound"]) == c.bound
        assert float(row[f"{c.name}.gap"]) == c.value - c.bound
        assert row[f"{c.name}.holds"] == "True"
    silent = found[1.1, "scalar"]
    assert silent["verdict"] == "not applicable"
    assert silent["inside_theorem"] == "True"
    assert "no minimum is stable" in silent["reason"]
    assert silent["end from +v_1: lambda_max < 2/eta.holds"] == ""
    for name in ("depth-3", "scalar"):
        outside = found[1.0, name]
        assert (outside["verdict"], outside["inside_theorem"]) == ("not applicable", "False")
        assert outside["reason"].startswith("edge = 1: escape needs |c - 1| >= 1/1000")
    folder = str(tmp_path / "out")
    assert cli.main(["sweep", str(tmp_path / "checks.toml"), "--out", folder, "--workers", "1"]) == 0
    assert "3 holds\n  3 not applicable: " in capsys.readouterr().out
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert sum(metadata["outside_theorem"].values()) == 2
    assert status.status(folder)["verdicts"] == {"holds": 3, "not applicable": 3}
    assert cli.main(["status", folder]) == 0
    assert "6 of 6 cells done\n3 holds, 3 not applicable\n" in capsys.readouterr().out


def test_statements_read_their_own_axes(tmp_path):
    """A cell drops what its statement does not read, and exact numbers are the same however they are written."""
    counts, rows = swept(tmp_path, MIXED)
    assert counts.failed == 0
    per = {key: [row for row in rows if row["statement"] == key] for key in (row["statement"] for row in rows)}
    assert {key: len(found) for key, found in per.items()} == {"wen-li-ma.memoriser": 4, "swad.miss": 2, "f2m.blind": 2}
    assert {row["flatness"] for row in per["f2m.blind"]} == {"0.1", "0.2"}
    assert all(row["d"] == row["seed"] == row["n"] == "" for row in per["f2m.blind"])
    assert [row["verdict"] for row in per["wen-li-ma.memoriser"]] == ["proved"] * 4
    assert {row["inside_theorem"] for row in per["swad.miss"]} == {"True", "False"}
    twice = plan.understand({"statement": "f2m.blind", "axes": {"flatness": [0.25, "1/4", "2/8"]}})
    assert len(list(twice.cells())) == 1


def test_proofs_and_whole_works(tmp_path):
    """A work stands for its statements; proofs run beside float checks where there are any."""
    text = 'work = "factorisation"\nevidence = ["float", "every-sample"]\n[axes]\nfactors = "scalar"'
    (tmp_path / "file.toml").write_text(text)
    cells = list(plan.read(tmp_path / "file.toml").cells())
    stated = [key for key in works.names() if key.startswith("factorisation.")]
    assert len(cells) == sum(1 + (works.get(key).proof is not None) for key in stated)
    counts, rows = swept(
        tmp_path, text.replace('work = "factorisation"', 'work = "factorisation"\nstatement = "lambda"')
    )
    assert counts.failed == 0
    assert [(row["evidence"], row["verdict"]) for row in rows] == [("float", "holds"), ("every sample", "proved")]


def test_failing_claims_are_results(tmp_path, monkeypatch, capsys):
    """A claim that fails is a finished row, and the program's exit code is 0; bad input fails its cell alone."""
    claims = [exactly("two < one", 2, "<", 1, "a test")]
    wrong = replace(works.get("f2m.blind"), decide=lambda **numbers: claims)
    monkeypatch.setattr(checks.works, "get", lambda key: wrong)
    counts, rows = swept(tmp_path, 'statement = "f2m.blind"')
    line = ["sweep", str(tmp_path / "checks.toml"), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert cli.main(line) == 0
    monkeypatch.undo()
    assert counts.failed == 0
    assert [(row["verdict"], row["reason"], row["two < one.holds"]) for row in rows] == [
        ("fails", "two < one", "False")
    ]
    assert "1 fails: two < one" in capsys.readouterr().out
    (tmp_path / "bad.toml").write_text('statement = "wen-li-ma.memoriser"\n[axes]\nd = [4, 6]\nn = 20')
    assert cli.main(["sweep", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "bad"), "--dry-run"]) == 0
    assert not (tmp_path / "bad").exists()
    assert cli.main(["sweep", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "bad"), "--workers", "1"]) == 2
    shown = capsys.readouterr().out
    assert "1 of 2 cells done, 1 failed" in shown
    assert "1 failed: n = 20: must be at least 1 and at most 2^d = 16" in shown
    (tmp_path / "odd.toml").write_text('statement = "factorisation.lambda"\n[axes]\nfactors = ["depth-3", "1 2; 3"]')
    assert cli.main(["sweep", str(tmp_path / "odd.toml"), "--out", str(tmp_path / "odd"), "--dry-run"]) == 0
    assert "1 will be refused: factors " in capsys.readouterr().out


def test_resumes_extends_and_draws(tmp_path):
    """A finished cell is not run again, an extended file keeps its rows, and a figure averages over seeds."""
    file, folder = tmp_path / "checks.toml", tmp_path / "out"
    file.write_text('statement = "wen-li-ma.floor"\n[axes]\nd = 6\nseed = [0, 1]')
    declared = plan.read(file)
    with sweep.prepare(folder, declared, None) as opened:
        key, arguments = opened.waiting()[0]
        opened.finish(key, *work.run(json.loads(arguments), declared.record))
    with store.Store(folder) as opened:
        before = opened.finished()
    assert len(before) == 1
    run(file, folder)
    file.write_text('statement = "wen-li-ma.floor"\n[axes]\nd = [6, 7]\nseed = [0, 1]')
    with pytest.raises(InputError, match=r"axes\.d: 6 -> \[6, 7\]"):
        run(file, folder)
    assert run(file, folder, mode="extend").done == 4
    with store.Store(folder) as opened:
        assert before < opened.finished()
    data = draw.prepare(folder, {"value": "Tr_GN² / ((4/n) sum |x'| |f|)², with bias.value"})
    assert (data["x"], [row["d"] for row in data["rows"]], [row["count"] for row in data["rows"]]) == (
        "d",
        [6, 7],
        [2, 2],
    )
    assert draw.draw(folder, tmp_path / "figure.svg", {}).stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('statement = "factorisation.escpe"', "statement = 'factorisation.escpe'"),
        ("statement = []", "statement = []"),
        ('work = "factorization"', "did you mean 'factorisation'"),
        ('work = "swad"\nstatement = "f2m.blind"', "is not of swad"),
        ('statement = "swad.miss"\nevidence = "bracket"', "there is no proof of swad.miss"),
        ('statement = "swad.miss"\nevidence = "floot"', "did you mean 'float'"),
        ('statement = "factorisation.lambda"\n[axes]\nT = [1, 2]', "axes.T = [1, 2]: no statement reads it"),
        ('statement = "swad.miss"\n[axes]\nqq = 1', "axes = 'qq'"),
        ('statement = "swad.miss"\n[axes]\nflatness = 0.1\nrho = 0.2', "is the same as flatness"),
        ('statement = "swad.miss"\n[axes]\nq = [0.1, 7]', "axes.q = 7: must be in"),
        ('statement = "factorisation.escape"\n[axes]\nedge = "many"', "axes.edge = many"),
        ('statement = "swad.miss"\ninstance = "huber"', "key = 'instance'"),
        ('statement = "swad.miss"\nallow_outside = 1', "allow_outside = 1"),
        ('statement = "swad.miss"\n[plot]\nx = "eta"', "plot.x = 'eta'"),
        (
            'statement = "swad.miss"\n[axes]\nq = { linspace = [0.1, 0.2, 2000]}\nrho = { linspace = [0, 0.2, 1000] }',
            "2,000,000 cells",
        ),
    ],
)  # fmt: skip
def test_bad_files_are_refused(tmp_path, text, said):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(InputError) as found:
        plan.read(tmp_path / "bad.toml")
    assert said in str(found.value)
    assert "\n" not in str(found.value)
