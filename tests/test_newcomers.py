"""What people met who had never seen it: figures and messages of sweeps that were wrong, silent or no help."""

import json
from pathlib import Path

import pytest
from conftest import settled

import sco_flat
from sco_flat import cli, errors
from sco_flat.errors import InputError
from sco_flat.plots import _panels, style
from sco_flat.sweeps import draw, store, sweep
from sco_flat.terminal.reasons import merged

STUDY = {
    "instance": "huber", "record": ["trajectory"], "axes": {"n": [4, 5], "T": [4, 8], "eta": 0.5},
}  # fmt: skip


@pytest.fixture(scope="module")
def thin(tmp_path_factory):
    """Runs of which nothing but their iterates was kept; those of n = 5 wait."""
    place = tmp_path_factory.mktemp("thin")
    return sco_flat.sweep(STUDY, place / "thin", workers=1, only="n=4").folder


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    place = tmp_path_factory.mktemp("other")
    return sco_flat.sweep(STUDY | {"record": ["last"]}, place / "other", workers=1, only=["n=4", "T=4"]).folder


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    place = tmp_path_factory.mktemp("checked")
    study = {"statement": "flat-minima.6", "axes": {"T": [8, 16]}}
    return sco_flat.sweep(study, place / "checked", workers=1).folder


def said(capsys, *words):
    capsys.readouterr()
    code = cli.main([*map(str, words)])
    out, err = capsys.readouterr()
    return code, out, [line for line in err.splitlines() if line.startswith("sco-flat: ")]


def test_what_was_kept_over_t_is_drawn_over_t(thin):
    """Both risks, in a panel for each value of the axis that varies; the plain figure showed r."""
    data = draw.prepare(thin, {"only": ["n=4"]})
    assert (data["x"], data["by"], data["facets"]) == ("t", "risk", ["T"])
    frame = sco_flat.load(thin, only="T=8")
    (kept,) = frame["trajectory"]
    drawn = {(row["risk"], row["t"]): row["mean"] for row in data["rows"] if row["T"] == 8}
    for risk, name in (("F_S, empirical", "empirical_risk"), ("F, population", "population_risk")):
        assert [drawn[risk, t] for t in kept["t"]] == kept[f"iterate.{name}"]


def test_cells_that_are_missing_are_those_asked_for(thin):
    assert draw.prepare(thin, {"only": ["n=4"]})["missing"] == 0
    whole = draw.prepare(thin, {})
    assert (whole["missing"], whole["cells"]) == (2, 4)
    some = draw.prepare(thin, {"only": ["T=8"]})
    assert (some["missing"], some["cells"]) == (1, 2)


def test_a_figure_of_two_studies_takes_the_place_of_none(thin, other, capsys):
    (other / "plot.pdf").write_text("mine")
    code, _, (line,) = said(capsys, "plot", other, thin, "--x", "T", "--by", "study", "--only", "n=4", "--value", "r")
    assert (code, line) == (
        2,
        "sco-flat: out = missing: several studies have no folder in common; write --out FILE.pdf",
    )
    assert (other / "plot.pdf").read_text() == "mine"


def test_several_studies_are_one_frame_and_one_status(thin, other, capsys):
    frame = sco_flat.load(other, thin, only="T=4")
    assert list(frame["study"]) == ["other", "thin"]
    assert [value == value for value in frame["last.empirical_risk"]] == [True, False]
    assert list(sco_flat.load(other, thin, only="study=other")["T"]) == [4]
    code, out, _ = said(capsys, "status", other, thin, "--json")
    assert [found["done"] for found in json.loads(out)] == [1, 2]
    assert code == 0
    code, out, _ = said(capsys, "status", other, thin)
    assert (code, out.count("cells done")) == (0, 2)


def test_a_table_is_no_file(thin, tmp_path, capsys):
    code, _, (line,) = said(capsys, "collect", thin, "--out", tmp_path / "study.csv")
    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert line.endswith("is called like a file, and a folder is written; give study")
    with pytest.raises(InputError, match=r"give report$"):
        sco_flat.reproduce(tmp_path / "report.html")
    with pytest.raises(InputError, match=r"give study$"):
        sco_flat.sweep(STUDY, tmp_path / "study.csv", workers=1)
    assert list(tmp_path.iterdir()) == []


def test_checks_show_what_they_conclude(checked):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(checked / "cells.sqlite")) as opened:
        (result,), _ = opened.execute("SELECT result FROM cells")
    claims = json.loads(json.loads(result)[-1])
    own = {c.name: c.kind for c in sco_flat.check("flat-minima.6").claims}
    assert len(own) == len(claims)
    kinds = [own[name] for name, *_ in claims]
    assert kinds == sorted(kinds, key=["conclusion", "dynamics", "hypothesis"].index)
    assert own[draw.prepare(checked, {})["value"].removesuffix(".value")] == "conclusion"


def test_a_column_that_is_not_there_is_named(checked, capsys):
    code, _, (line,) = said(capsys, "plot", checked, "--value", "verdcit")
    assert code == 2
    assert line.startswith("sco-flat: value = 'verdcit': known names are ")
    assert line.endswith("did you mean 'verdict'?")


def test_long_lists_end_at_a_word_and_say_how_many_follow():
    names = [f"measure{k:02}.population" for k in range(40)]
    text = str(errors.unknown_name("value", "q", names, where="sco-flat list"))
    shown, _, rest = text.partition(" and ")
    listed = shown.partition("choose one of ")[2].split(", ")
    assert listed == names[: len(listed)]
    assert rest == f"{40 - len(listed)} more, which sco-flat list shows"
    assert len(text) < 280
    cut = errors.one_line(" ".join(names))
    assert {*cut.split()} - {"..."} <= {*names}


@pytest.mark.parametrize(
    ("axes", "text"),
    [
        ({"seed": [1, 2]}, "axes.seed = [1, 2]: is no axis of runs; each repetition draws its own: write repeat = 8"),
        ({"method": "gd"}, "axes.method = gd: is no axis of runs; write method = ... above all tables"),
        ({"T": "abc"}, "axes.T = abc: is no number, and 'abc' of no axis; write a number like 64 or 2^6"),
    ],
)
def test_axes_that_are_none_say_where_it_stands(axes, text, tmp_path):
    with pytest.raises(InputError) as refused:
        sco_flat.sweep(STUDY | {"axes": STUDY["axes"] | axes}, tmp_path / "none", workers=1)
    assert str(refused.value).startswith(text)


def test_numbers_outside_a_theorem_are_let_in_by_words_that_fit(tmp_path, capsys):
    numbers = {"n": 6, "T": 16, "eta": 0.0625, "r": 9}
    with pytest.raises(InputError, match=r"\(allow_outside=True runs anyway\)$"):
        sco_flat.run("sam-chain", **numbers)
    found = sco_flat.sweep({"instance": "sam-chain", "axes": numbers}, tmp_path / "out", workers=1)
    (reason,) = found.failures
    assert reason.endswith("(allow_outside = true in the file runs anyway)")
    code, _, (line,) = said(capsys, "run", "sam-chain", "--r", "9")
    assert (code, line.endswith("(--allow-outside runs anyway)")) == (2, True)


def test_a_dry_run_refuses_what_the_run_refuses(thin, tmp_path, capsys):
    path = tmp_path / "thin.toml"
    path.write_text('instance = "huber"\nrecord = ["trajectory"]\n[axes]\nn = 4\nT = [4, 8]\neta = 0.5\n')
    code, _, (line,) = said(capsys, "sweep", path, "--out", thin, "--dry-run")
    assert code == 2
    assert line.startswith("sco-flat: file = changed: ")
    code, out, _ = said(capsys, "sweep", path, "--out", thin, "--dry-run", "--extend", "--workers", "2", "--json")
    assert (code, json.loads(out)["waiting"], json.loads(out)["start"]) == (0, 0, 0.0)
    code, out, _ = said(capsys, "sweep", path, "--out", thin, "--dry-run", "--new", "--workers", "2", "--json")
    assert json.loads(out)["seconds"] > json.loads(out)["start"] == 2 * sweep.START


def test_a_point_that_is_not_there_is_near_to_one():
    run = sco_flat.run("huber", n=4, T=4)
    with pytest.raises(InputError, match="did you mean 'last'"):
        run.points["lastt"]
    with pytest.raises(AttributeError, match="a point has no 'risk'; it has empirical_risk, "):
        run.points["last"].risk  # noqa: B018
    assert run.points.get("lastt") is None


def test_a_broken_certificate_is_named(tmp_path, capsys):
    (tmp_path / "seven.json").write_text("{")
    code, _, (line,) = said(capsys, "verify", tmp_path / "seven.json")
    assert code == 2
    assert "seven.json: certificate = the file: is not JSON" in line


@pytest.mark.parametrize("top", [12, 32, 65, 512, 4096, 10**8])
def test_ticks_of_many_values_are_round(top):
    axes = style.new_figure(4, 3).subplots()
    axes.set_xscale("log")
    values = sorted({1 + k * (top - 1) // 64 for k in range(65)})
    _panels.ticks(axes.xaxis, values)
    at = axes.get_xticks()
    assert 2 <= len(at) <= 5
    assert all(1 <= tick <= top and f"{tick:e}"[0] in "125" and float(f"{tick:.0e}") == tick for tick in at)


def test_nothing_but_the_store_stays_and_one_run_at_a_time(tmp_path):
    """The file that is locked goes with the right that it gave."""
    found = sco_flat.sweep(STUDY, tmp_path / "s", workers=1)
    assert {path.name for path in found.folder.iterdir()} == {"cells.sqlite", "run-1.log"}
    with store.Store(found.folder, create=True) as first:
        first.claim()
        for _ in range(2):  # who is refused leaves the other's right alone
            with pytest.raises(InputError, match="is being filled"), store.Store(found.folder, create=True) as second:
                second.claim()
        assert first.busy()
    assert not (found.folder / store.RUNNING).exists()


def test_a_lock_on_a_file_that_is_gone_is_no_right(tmp_path, monkeypatch):
    import fcntl

    folder, real, turns = tmp_path / "s", fcntl.flock, []

    def slow(file, how):
        if not turns:
            (folder / store.RUNNING).unlink()
        turns.append(how)
        real(file, how)

    with store.Store(folder, create=True) as first:
        monkeypatch.setattr(fcntl, "flock", slow)
        first.claim()
        assert len(turns) == 2
        with pytest.raises(InputError, match="is being filled"), store.Store(folder, create=True) as second:
            second.claim()


def test_print_grows_more_than_the_page_of_a_slide():
    shares = {}
    for look in style.SCALES:
        with style.style(look):
            figure = style.new_figure(4.0, 3.0)
            axes = figure.subplots()
            axes.set_xlabel("x")
            shares[look] = axes.xaxis.label.get_size() / figure.get_figwidth()
    assert shares["slide"] == pytest.approx(1.25 * shares["paper"])
    assert shares["poster"] == pytest.approx(shares["paper"])


def test_what_stands_between_commas_is_not_cut_for_evenness():
    lines = style.folded("population risk: stays or falls, by oracle and weights", 3.44).split("\n")
    assert lines == ["population risk: stays or falls,", "by oracle and weights"]


def test_a_low_window_has_all_panels_in_view(opened):
    """And the valley's pictures say what the risk is that they stand for."""
    tab = opened(viewport={"width": 1280, "height": 600})
    for scene in ("0 Flat and sharp", "1 SAM walks", "8 The valley"):
        tab.get_by_role("button", name=scene).click()
        settled(tab)
        bottoms = "[...document.querySelectorAll('.panels > *')].map(e => e.getBoundingClientRect().bottom)"
        assert max(tab.evaluate(bottoms)) <= 600, scene
    assert "F in high dimension" in tab.inner_text("#risk-title")
    assert "In high dimension fresh examples pay ¼x²; here F = F" in tab.inner_text("#headline")


def test_one_need_is_counted_once_and_a_file_is_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(
        'instance = "sam-chain"\nmethod = "sam"\n[axes]\nn = 6\nT = [2, 3, 4, 6]\neta = "1/6"\nr = [0.1, 0.2]\n'
    )
    assert cli.main(["sweep", "s.toml", "--workers", "1"]) == 2
    assert "6 failed: T = 2, 3, 4: Theorem 7 needs T >= 6; the smallest legal T is 6" in capsys.readouterr().out
    assert cli.main(["status", "s"]) == 0
    assert "       6  T = 2, 3, 4: Theorem 7 needs T >= 6" in capsys.readouterr().out
    assert cli.main(["plot", "s", "--x", "t"]) == 2
    assert "x = t: is of the iterates, and this sweep kept none; add record =" in capsys.readouterr().err
    assert cli.main(["sweep", "s.toml", "--out", "s.toml"]) == 2
    said = "sco-flat: folder = s.toml: cannot be used: it is a file, and a sweep fills a folder; choose another name\n"
    assert capsys.readouterr().err.endswith(said)


def test_messages_that_are_no_values_stay_apart():
    of = {"n = 3: too small": 1, "n = 3: too small; or not": 2, "unexpected: x = 3": 1, "a cell, lost": 2}
    assert merged(of) == dict(sorted(of.items(), key=lambda item: -item[1]))
    many = merged({f"n = {k}: too small": 1 for k in (8, 7, 6, 5, 4, 3, 2, 1, 0)})
    assert many == {"n = 0, 1, 2, 3 and 5 more: too small": 9}
    mixed = {"r = 1.5: no": 1, "r = 10: no": 1, "r = 1/4: no": 1, "start = b: no": 1, "start = a: no": 1}
    assert merged(mixed) == {"r = 1/4, 1.5, 10: no": 3, "start = b, a: no": 2}
    assert merged({"r = 3: ": 1, "r": 2}) == {"r": 2, "r = 3: ": 1}


def test_a_value_is_shown_whole_up_to_two_hundred_characters():
    whole, longer = "x" * errors.WHOLE, "x" * (errors.WHOLE + 1)
    assert errors.shown(whole) == whole
    assert errors.shown(longer) == f"{'x' * 40}...{'x' * 8} (201 characters)"
    assert errors.shown(2**200 - 1) == str(2**200 - 1)
    assert errors.shown(2**201) == "about 10^61"
