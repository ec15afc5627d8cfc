"""Sweeps, their rows, certificates and the report from Python."""

import csv
import json
import sqlite3
import sys
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.reports import main as reports
from sco_flat.reports import rows
from sco_flat.sweeps import collect, load
from sco_flat.terminal.reports import report_text
from sco_flat.works import base as works

STUDY = {
    "instance": "sam-chain",
    "method": ("gd", "sam"),
    "allow_outside": True,
    "axes": {"n": range(6, 8), "T": np.array([8, 16, 32]), "eta": Fraction(1, 16), "radius": 0.5, "epsilon": 0.0},
    "plot": {"x": "T", "by": "method", "facet": "n"},
}
CHECKS = {"statement": "swad.miss", "axes": {"n_val": [2, 4]}}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return sco_flat.sweep(STUDY, tmp_path_factory.mktemp("sweep") / "study", workers=1)


def rows_of(folder, out):
    collect.collect(folder, out=out)
    with (out / "table.csv").open() as file:
        return list(csv.DictReader(file))


def same(value, text):
    """Whether a value of a frame is what the CSV table says."""
    if text == "":
        return value is None or np.isnan(value)
    return value == text if isinstance(value, str) else str(value) == text or float(value) == float(text)


def test_a_dict_is_what_a_file_would_say(swept, tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(
        'instance = "sam-chain"\nmethod = ["gd", "sam"]\nallow_outside = true\n'
        '[axes]\nn = [6, 7]\nT = [8, 16, 32]\neta = "1/16"\nradius = 0.5\nepsilon = 0.0\n'
    )
    again = sco_flat.sweep(file, tmp_path / "again", workers=1)
    assert again.counts == swept.counts
    assert swept.counts.done == 12
    first, second = (rows_of(found.folder, tmp_path / str(k)) for k, found in enumerate((swept, again)))
    assert first == second


def test_a_sweep_is_printed_as_on_the_command_line(swept, tmp_path, capsys):
    file = tmp_path / "more.toml"
    file.write_text('instance = "huber"\n[axes]\nn = 4\nT = 4\neta = [0.5, 1e9]\n')
    code = cli.main(["sweep", str(file), "--workers", "1", "--out", str(tmp_path / "more")])
    said = capsys.readouterr().out
    found = sco_flat.sweep(file, tmp_path / "more", workers=1)
    assert said == f"{found}\n"
    assert code == (2 if found.counts.failed else 0)
    assert repr(swept) == f"<Swept {swept.folder}: 12 of 12 cells done>"
    assert swept.table()[0] == {"state": "done", "cells": 12, "reason": ""}
    assert "<table>" in swept._repr_html_()
    assert cli.main(["sweep", str(file), "--workers", "1", "--out", str(tmp_path / "more"), "--json"]) == code
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found.as_dict()))


def test_a_sweep_is_drawn_as_its_plot_says(swept):
    figure = swept.plot()
    assert len(figure.axes) == 2
    (axes,) = swept.plot(facet="none", only=["n=6"], value="last.empirical_risk").axes
    assert axes.get_xlabel() == "number of iterates T"
    (one,) = swept.plot(facet="none", only="n=6").axes  # a condition of its own, as in load
    assert [len(curve.get_xdata()) for curve in one.lines[:2]] == [3, 3]
    for option, value in (("value", "speed"), ("only", 6)):
        with pytest.raises(InputError, match=rf"^{option}|^plot = '{option}'"):
            swept.plot(**{option: value})


def test_one_change_needs_no_list(tmp_path):
    study = {"instance": "huber", "axes": {"n": 4, "T": [4, 8], "eta": 0.5}}
    found = [
        sco_flat.sweep(study, tmp_path / str(k), workers=1, changes=said) for k, said in enumerate(("T=16", ["T=16"]))
    ]
    assert [sco_flat.load(each.folder)["T"].tolist() for each in found] == [[16], [16]]


def test_a_frame_has_the_columns_and_values_of_the_table(swept, tmp_path):
    found, table = sco_flat.load(swept.folder), rows_of(swept.folder, tmp_path)
    assert list(found) == list(table[0])
    assert {len(column) for column in found.values()} == {len(table)}
    for name, column in found.items():
        assert all(same(value, row[name]) for value, row in zip(column, table, strict=True)), name
    assert found["T"].dtype == np.int64
    assert found["last.population_risk"].dtype == np.float64
    assert found["inside_theorem"].dtype == np.bool_
    assert np.isnan(found["epsilon"][found["method"] == "gd"]).all()  # gradient descent reads none


def test_a_frame_has_the_iterates_that_were_kept(tmp_path):
    study = {"instance": "huber", "record": ["trajectory", "swad"], "axes": {"n": 4, "T": [4, 8], "eta": 0.5}}
    folder = sco_flat.sweep(study, tmp_path / "study", workers=1).folder
    collect.collect(folder, out=tmp_path)
    with (tmp_path / "trajectory.csv").open() as file:
        written = [row for row in csv.DictReader(file) if row["T"] == "8"]
    (found,) = sco_flat.load(folder, only="T=8")["trajectory"]
    assert found["t"] == list(range(1, 9))
    for name, values in found.items():
        assert [float(row[name]) for row in written] == values
    with pytest.raises(InputError, match=r"^only = 'trajectory'"):
        sco_flat.load(folder, only="trajectory=none")


@pytest.mark.parametrize(
    "where",
    [
        "n=6", ["n=6,7", "steps<=16"], "method!=gd", ["eta=1/16", "method=SAM"], "epsilon=none", "T>1e6",
        "last.population_risk>0.001", ["last.population_risk<=1e-3", "n=7"], "inside_theorem=true", "engine=dense",
    ],
)  # fmt: skip
def test_a_condition_leaves_out_what_it_excludes(swept, where):
    whole, found = sco_flat.load(swept.folder), sco_flat.load(swept.folder, only=where)
    names = list(whole)
    asked = load.filters.read("only", [where] if isinstance(where, str) else where, names)
    plain = [
        dict(zip(names, row, strict=True)) for row in zip(*(column.tolist() for column in whole.values()), strict=True)
    ]
    plain = [{k: None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()} for row in plain]
    kept = np.array([load.filters.chosen(asked, row) for row in plain])
    if where not in (["eta=1/16", "method=SAM"],):
        assert kept.sum() < kept.size  # it excludes something
    for name in names:
        np.testing.assert_array_equal(found[name], whole[name][kept])


def test_order_and_blocks_change_nothing(swept, monkeypatch):
    whole = sco_flat.load(swept.folder)
    monkeypatch.setattr(load, "BLOCK", 5)
    again = sco_flat.load(swept.folder)
    for name, column in whole.items():
        np.testing.assert_array_equal(again[name], column)
        assert again[name].dtype == column.dtype


def test_a_frame_of_pandas_where_it_is_installed(swept, monkeypatch):
    class Pandas:
        DataFrame = staticmethod(lambda columns: ("frame", list(columns)))

    monkeypatch.setitem(sys.modules, "pandas", Pandas)
    kind, columns = sco_flat.load(swept.folder, only="n=6")
    assert kind == "frame"
    assert columns[:2] == ["instance", "method"]


def test_checks_have_the_columns_of_their_claims(tmp_path):
    found = sco_flat.sweep(CHECKS, tmp_path / "checks", workers=1)
    assert sum(sum(reasons.values()) for reasons in found.verdicts.values()) == 2
    frame = sco_flat.load(found.folder, only="n_val>3")
    table = rows_of(found.folder, tmp_path / "out")
    assert list(frame) == list(table[0])
    assert all(same(frame[name][0], table[1][name]) for name in frame)
    value = next(name for name in frame if name.endswith(".value"))
    beyond = sco_flat.load(found.folder, only=f"{value}>=1e99")
    assert len(beyond["n_val"]) == 0


def test_damaged_rows_are_left_out_and_counted(tmp_path):
    study = {"instance": "huber", "axes": {"n": 4, "T": [4, 8], "eta": 0.5}}
    folder = tmp_path / "study"
    sco_flat.sweep(study, folder, workers=1)
    with sqlite3.connect(folder / "cells.sqlite") as file:
        file.execute("UPDATE cells SET result = replace(result, '0', '1') WHERE labels LIKE '%\"T\":8%'")
    file.close()
    with pytest.warns(UserWarning, match="1 damaged rows are left out") as said:
        assert list(sco_flat.load(folder)["T"]) == [4]
    assert said[0].filename == __file__
    assert list(sco_flat.load(folder, only="T=4")["T"]) == [4]  # of what was asked for none is
    sco_flat.sweep(study, folder, workers=1, retry=True)
    assert list(sco_flat.load(folder)["T"]) == [4, 8]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda place: sco_flat.sweep(STUDY), "folder = missing"),
        (lambda place: sco_flat.sweep(STUDY, place, new=True, extend=True), "new = True"),
        (lambda place: sco_flat.sweep(STUDY, place, workers=0), "workers = 0"),
        (lambda place: sco_flat.sweep(STUDY, place, backend="ray"), "backend = 'ray'"),
        (lambda place: sco_flat.sweep({"instance": "sam-chain", "axes": {"n": 6}}, place), "axes = no T"),
        (lambda place: sco_flat.sweep({"instance": "none-such"}, place), "instance"),
        (lambda place: sco_flat.sweep(place / "no.toml"), "file = "),
        (lambda place: sco_flat.load(place), "folder = "),
    ],
)
def test_what_cannot_be_run_or_read_is_named(call, said, tmp_path):
    with pytest.raises(InputError) as refused:
        call(tmp_path)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_conditions_that_are_none(swept):
    for where, said in (("speed=3", "only"), ("n", "only = n"), (["n=6", 7], "only = 7"), (7, "only = 7")):
        with pytest.raises(InputError, match=f"^{said}"):
            sco_flat.load(swept.folder, only=where)


def test_certify_prints_as_on_the_command_line(capsys):
    found = sco_flat.certify("sam-sharp")
    assert cli.main(["certify", "sam-sharp"]) == 0
    assert capsys.readouterr().out == f"{found}\n"
    assert cli.main(["certify", "sam-sharp", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found.as_dict()))
    assert [row["name"] for row in found.table()] == [claim.name for claim in found.claims]


@pytest.fixture
def small(monkeypatch):
    """A report on one case of one statement, without figures."""
    (first, *_) = works.works()
    monkeypatch.setattr(
        reports, "run_grid", lambda grid, step, workers: [row for case in grid for row in rows.rows_of(case)]
    )
    monkeypatch.setattr(type(first), "cases", lambda self, quick: first.grid(True)[:1] if self is first else [])
    monkeypatch.setattr(
        reports, "_parts", lambda *given: ([], {key: [] for key in ("errata", "proofs", "gaps", "works")})
    )


def test_a_report_is_a_record(small, tmp_path, capsys):
    found = sco_flat.reproduce(tmp_path / "report", quick=True)
    assert found.page.exists()
    assert found.surprises == 0
    assert len(found.table()) == len(found.summary) > 0
    assert {row["verdict"] for row in found.table()} == {"holds"}
    assert str(found) == report_text(found)
    capsys.readouterr()
    assert cli.main(["reproduce", "--quick", "--out", str(tmp_path / "again")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == str(found).splitlines()[:3]
    assert said[-1] == f"report: {tmp_path / 'again' / 'report.html'}"
    with pytest.raises(InputError, match="its figures are files"):
        found.plot()


def test_what_did_not_come_out_is_said(small, tmp_path, monkeypatch):
    summarise = reports.summarise
    monkeypatch.setattr(reports, "summarise", lambda rows: [row | {"verdict": "fails"} for row in summarise(rows)])
    monkeypatch.setattr(reports.report, "write_report", lambda folder, *given, **named: folder / "report.html")
    found = sco_flat.reproduce(tmp_path / "report", quick=True)
    assert found.surprises == len(found.summary) > 0
    assert f"{found.surprises} statement(s) did not come out as expected" in str(found)
    assert "not as expected>" in repr(found)
    assert cli.main(["reproduce", "--quick", "--out", str(tmp_path / "again")]) == 1
