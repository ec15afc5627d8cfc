"""Sweeps that answer: some cells alone, changes on the command line, logs, risks over t, several stores together."""

import csv
import json
import platform

import numpy as np
import pytest
from sweep_cases import FILE, run

from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.sweeps import collect, draw, filters, overrides, plan, status, store, work

NAMED = 'name = "small"\nnotes = "two lines\\nof notes"\n' + FILE.replace('"last"', '"trajectory"')


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A file, and the folders of two studies of it: all cells, and those with n = 6 at twice the step size."""
    place = tmp_path_factory.mktemp("swept")
    file = place / "small.toml"
    file.write_text(NAMED)
    run(file, place / "one")
    run(file, place / "two", changes=["eta=1/8", "n=6", "name=twice"])
    return file, place / "one", place / "two"


def read(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def said(capsys, *words):
    capsys.readouterr()
    code = cli.main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, [line for line in err.splitlines() if line.startswith("sco-flat: ")]


def test_some_cells_alone(tmp_path, capsys):
    file, folder = tmp_path / "small.toml", tmp_path / "out"
    file.write_text(NAMED)
    words = ["sweep", file, "--out", folder, "--workers", "1", "--only", "n=7", "--only", "method!=gd"]
    assert said(capsys, *words, "--dry-run")[1].startswith("9 cells, 9 to run")
    assert "9 of 36 cells done, 0 failed, 27 wait" in said(capsys, *words)[1]
    with store.Store(folder) as opened:
        assert {(row["n"], row["method"]) for row, _ in opened.rows()} == {(7, "sam")}
        assert opened.counts().waiting == 27
        conditions = filters.read("only", ["T<16"], opened.columns())
        assert len(opened.waiting(conditions)) == 9
    assert run(file, folder).waiting == 0
    code, _, (line,) = said(capsys, *words[:-4], "--only", "n=9")
    assert (code, line) == (2, "sco-flat: only = n=9: no row is so; n is 6, 7")


def test_tables_and_figures_of_some_rows(swept, tmp_path, capsys):
    _, one, _ = swept
    found = collect.collect(one, out=tmp_path, only=["T<=16", "average.population_risk>0.001"])
    rows = read(tmp_path / "table.csv")
    assert found["rows"] == len(rows) == 12
    assert {(row["method"], row["T"] in ("8", "16")) for row in rows} == {("sam", True)}
    before = (tmp_path / "table.csv").read_bytes()
    code, _, (line,) = said(capsys, "collect", one, "--out", tmp_path, "--only", "method=adam,sgd")
    assert (code, line) == (2, "sco-flat: only = method=adam,sgd: no row is so; method is sam, gd")
    assert (tmp_path / "table.csv").read_bytes() == before
    data = draw.prepare(one, {"x": "T", "only": ["n=6", "method=sam", "T>8"]})
    assert [row["T"] for row in data["rows"]] == [16, 32]


def test_a_figure_has_its_numbers_beside_it(swept, tmp_path):
    _, one, _ = swept
    path = draw.draw(one, tmp_path / "f.svg", {"x": "T", "by": "method", "facet": "n", "unit": "eta*T"})
    rows = read(path.with_suffix(".csv"))
    data = draw.prepare(one, {"x": "T", "by": "method", "facet": "n", "unit": "eta*T"})["rows"]
    drawn = [(str(r["n"]), r["method"], str(r["T"]), r["mean"], r["half"], str(r["count"])) for r in data]
    name = "mean of average.population_risk / (eta*T)"
    half = "half of the 95% interval"
    assert [(r["n"], r["method"], r["T"], float(r[name]), float(r[half]), r["rows"]) for r in rows] == drawn
    assert len(rows) == 12


def test_several_stores_in_one_table_and_figure(swept, tmp_path, capsys):
    _, one, two = swept
    collect.collect(one, out=tmp_path)
    alone = read(tmp_path / "table.csv")
    collect.collect(one, two, out=tmp_path, parquet=True)
    rows = read(tmp_path / "table.csv")
    assert [row["study"] for row in rows] == ["small"] * 36 + ["twice"] * 18
    assert [{k: v for k, v in row.items() if k != "study"} for row in rows[:36]] == alone
    assert {(row["n"], row["eta"]) for row in rows[36:]} == {("6", "0.125")}
    parquet = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "table.parquet")
    assert parquet["study"].to_pylist() == [row["study"] for row in rows]
    assert parquet["n"].to_pylist() == [int(row["n"]) for row in rows]
    assert set(json.loads((tmp_path / "metadata.json").read_text())["studies"]) == {"small", "twice"}
    with pytest.raises(InputError, match="study = varies"):
        draw.prepare([one, two], {"x": "T", "only": ["n=6", "method=sam"]})
    found = draw.prepare([one, two], {"x": "T", "by": "study", "only": ["n=6", "method=sam"]})
    assert [(row["study"], row["T"]) for row in found["rows"]] == [
        (s, t) for s in ("small", "twice") for t in (8, 16, 32)
    ]
    assert found["formulas"]["eta"] == "0.0625 in small, 0.125 in twice"  # which no legend tells
    only = draw.prepare([one, two], {"x": "T", "only": ["study=twice", "method=sam"]})
    assert [row["mean"] for row in only["rows"]] == [row["mean"] for row in found["rows"][3:]]
    for words, text in (
        (["collect", one, two], "out = missing"),
        (["collect", one, one, "--out", tmp_path], "is given twice"),
        (["plot", one, tmp_path, "--x", "T"], f"folder = {tmp_path}: holds no sweep"),
    ):
        code, _, (line,) = said(capsys, *words)
        assert code == 2
        assert text in line


def test_one_quantity_by_two_names_is_one_column(swept, tmp_path):
    file, one, _ = swept
    other = tmp_path / "other.toml"
    other.write_text(file.read_text().replace("T = {", "steps = {").replace("eta*sqrt(T)", "eta*sqrt(steps)"))
    run(other, tmp_path / "other", only=["steps=8"])
    collect.collect(one, tmp_path / "other", out=tmp_path, only=["T=8", "n=6", "method=gd"])
    rows = read(tmp_path / "table.csv")
    assert [row["study"] for row in rows] == ["one"] * 3 + ["other"] * 3  # two files of one name: by their folders
    assert {row["T"] for row in rows} == {"8"}
    assert "steps" not in rows[0]


def test_risks_over_t(swept, tmp_path):
    import sco_flat

    file, one, _ = swept
    collect.collect(one, out=tmp_path, only=["method=sam", "n=6", "T=32", "repetition=0"])
    rows = read(tmp_path / "trajectory.csv")
    with store.Store(one) as opened:
        labels = [row for row, _ in opened.rows()]
    (cell,) = [c for c in labels if (c["method"], c["n"], c["T"], c["repetition"]) == ("sam", 6, 32, 0)]
    ran = sco_flat.run("sam-chain", method="sam", n=6, T=32, eta=0.0625, radius=cell["radius"], seed=cell["seed"])
    iterates = ran.iterates(work.ITERATES)
    assert [int(row["t"]) for row in rows] == list(range(1, 33)) == list(iterates["t"])
    for name in ("empirical_risk", "population_risk"):
        assert np.array_equal([float(row[f"iterate.{name}"]) for row in rows], np.array(iterates[name]))
    assert work.TRAJECTORY not in read(tmp_path / "table.csv")[0]
    found = draw.prepare(one, {"x": "t", "by": "method", "only": ["n=6", "T=32", "t>30"]})
    assert (found["value"], len(found["rows"])) == ("iterate.population_risk", 4)
    last = [float(row["iterate.population_risk"]) for row in rows][-1]
    (mine,) = draw.prepare(one, {"x": "t", "only": ["n=6", "T=32", "method=sam", "t=32", "repetition=0"]})["rows"]
    assert mine["mean"] == last
    with pytest.raises(InputError, match="T = varies"):
        draw.prepare(one, {"x": "t", "only": ["n=6", "method=sam"]})
    assert plan.read(file).record == ("average", "trajectory")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["T=64"], {"axes": {"T": 64, "eta": 0.5}}),
        (["steps=2^6", "step_size=1/8"], {"axes": {"T": "2^6", "eta": "1/8"}}),
        (["eta=0.5,1/4", "method=gd,sam"], {"axes": {"T": [1], "eta": [0.5, "1/4"]}, "method": ["gd", "sam"]}),
        (["radius=max(1, eta)"], {"axes": {"T": [1], "eta": 0.5, "radius": "max(1, eta)"}}),
        (["T={ logspace = [8, 32, 3] }"], {"axes": {"T": {"logspace": [8, 32, 3]}, "eta": 0.5}}),
        (["repeat=3", "random.seed=1"], {"axes": {"T": [1], "eta": 0.5}, "random": {"repeat": 3, "seed": 1}}),
        (["allow_outside=true"], {"axes": {"T": [1], "eta": 0.5}, "allow_outside": True}),
    ],
)
def test_changes_are_as_if_written_in_the_file(words, found):
    declared = {"axes": {"T": [1], "eta": 0.5}}
    assert overrides.changed(declared, words, plan.KEYS, plan.RANDOM) == found
    assert declared == {"axes": {"T": [1], "eta": 0.5}}


def test_a_change_makes_another_study(swept, tmp_path, capsys):
    file, one, two = swept
    with store.Store(two) as opened:
        assert opened.declared()["axes"]["eta"] == "1/8"
        assert {(row["n"], row["eta"]) for row, _ in opened.rows()} == {(6, 0.125)}
    code, _, (line,) = said(capsys, "sweep", file, "--out", one, "--workers", "1", "T=64")
    assert code == 2
    assert 'axes.T: {"logspace": [8, 32, 3], "whole": true} -> 64; --extend keeps' in line
    code, _, (line,) = said(capsys, "sweep", file, "T=8", "--out", tmp_path / "x", "--dry-run", "steps=9")
    assert (code, line) == (2, "sco-flat: steps = 9: is changed by T=8, too; give one of them")
    for word, text in (
        ("T", "change = T: is KEY=VALUE"),
        ("q=1", "axes = 'q': is not known; choose one of"),
        ("a.b=1", "change = a.b: a key stands in axes"),
        ("T=-1", "axes.T = -1: must be at least 1"),
    ):
        code, _, (line,) = said(capsys, "sweep", file, word, "--out", tmp_path / "x", "--dry-run")
        assert code == 2
        assert text in line
    assert not (tmp_path / "x").exists()


def test_name_and_notes_are_shown_and_change_no_cell(swept, tmp_path, capsys):
    _, one, _ = swept
    assert {k: status.status(one)[k] for k in ("name", "notes")} == {"name": "small", "notes": "two lines\nof notes"}
    for command in (["status", one], ["collect", one, "--out", tmp_path]):
        assert "\nsmall\ntwo lines\nof notes\n" in said(capsys, *command)[1]
    file, folder = tmp_path / "small.toml", tmp_path / "out"
    file.write_text(NAMED)
    run(file, folder, only=["n=6", "T=8"])
    run(file, folder, only=["n=6", "T=8"], changes=["name=other", "notes=mine"])
    assert (status.status(folder)["name"], status.status(folder)["done"]) == ("other", 6)
    for name in ('""', '"a\\nb"', "3"):
        file.write_text(NAMED.replace('name = "small"', f"name = {name}"))
        with pytest.raises(InputError, match=r"^name = "):
            plan.read(file)


def test_every_run_leaves_a_log_that_names_no_path(tmp_path):
    file, folder = tmp_path / "small.toml", tmp_path / "out"
    file.write_text(NAMED.replace("allow_outside = true", "allow_outside = false") + '[plot]\nx = "T"\n')
    done = run(file, folder, only=["n=6"], changes=['radius=[0.1, "9"]', "T=8"])
    run(file, folder, changes=['radius=[0.1, "9"]', "T=8"])
    run(file, folder, changes=['radius=[0.1, "9"]', "T=8"])  # nothing is left to run
    assert sorted(path.name for path in folder.glob("*.log")) == ["run-1.log", "run-2.log"]
    text = (folder / "run-1.log").read_text()
    for part in (
        "began    20", f"host     {platform.node()}, ", "only     n=6\n", 'changed  radius=[0.1, "9"], T=8\n',
        "study    small\n", f"cells    {done.done} done, {done.failed} failed, {done.waiting} wait, 0 damaged\n",
        f"{done.failed:>8} failed: radius = 9: ", "\nended    20",
    ):  # fmt: skip
        assert part in text, part
    assert done.failed == text.count("\nfailed   radius = 9: ") == 3
    assert str(tmp_path) not in text
    with pytest.raises(KeyboardInterrupt):
        _interrupted(file, folder)
    assert "stopped  20" in (folder / "run-3.log").read_text()


def _interrupted(file, folder):
    with pytest.MonkeyPatch.context() as patch:

        def stop(self, *row):
            raise KeyboardInterrupt

        patch.setattr(store.Store, "finish", stop)
        run(file, folder, mode="extend")


def test_a_dry_run_tells_every_value_that_cannot_run(tmp_path, monkeypatch, capsys):
    """Also one that stands late in a file of many cells, when there is little patience."""
    file = tmp_path / "some.toml"
    text = FILE.replace("repeat = 3", "repeat = 2000").replace("allow_outside = true", "allow_outside = false")
    file.write_text(text.replace('"1/(2*eta*sqrt(T))"', '[0.1, "9"]').replace('["sam", "gd"]', '"sam"'))
    monkeypatch.setattr("sco_flat.sweeps.sweep.PATIENCE", 0.3)
    code, out, _ = said(capsys, "sweep", file, "--out", tmp_path / "out", "--dry-run", "--workers", "1")
    assert code == 0
    assert "will be refused: radius = 9: " in out
    assert "of the " in out.splitlines()[-1]
    assert not (tmp_path / "out").exists()
