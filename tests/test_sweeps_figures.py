"""Sweeps: dry runs, tables and figures."""

import csv
import itertools
import json
import math
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest
from figure_data import swept
from matplotlib.contour import ContourSet
from sweep_cases import (
    FILE,
    STUDIES,
    run,
)

from sco_flat import averages, cli
from sco_flat.cli.sweep import CHECKS_FILE, SWEEP_FILE
from sco_flat.errors import InputError
from sco_flat.plots import _panels, heatmap, line, phase, style
from sco_flat.sweeps import collect, draw, plan, progress, status, store, sweep, work


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return path


def test_lines_with_bounds(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text(FILE.replace('["average", "last"]', '["average", "bounds"]').replace("n = [6, 7]", "n = 6"))
    folder = tmp_path / "out"
    run(path, folder)
    data = draw.prepare(folder, {"x": "T", "only": ["method=sam"], "bounds": True})
    for row in data["rows"]:
        assert row["lower_bound"] <= row["mean"] <= row["upper_bound"] <= row["paper_bound"]
    assert draw.draw(folder, None, {"x": "T", "only": ["method=sam"], "bounds": True}).exists()


def test_bounds_are_drawn_beside_what_they_speak_of(tmp_path):
    path = tmp_path / "some.toml"
    record = '["average", "last", "lowest_suffix", "stability", "bounds"]'
    text = FILE.replace('["average", "last"]', record).replace("n = [6, 7]", "n = 6").replace('["sam", "gd"]', '"sam"')
    path.write_text(text.replace("T = { logspace = [8, 32, 3], whole = true }", "T = [8, 16]"))
    folder = tmp_path / "out"
    run(path, folder)
    every = ("lower_bound", "upper_bound", "paper_bound")
    drawn = {"average.population_risk": every, "average.population_risk_low": every,
             "last.population_risk": every[:1], "lowest_suffix.population_risk": every[:1]}  # fmt: skip
    for value, names in drawn.items():
        rows = draw.prepare(folder, {"x": "T", "value": value, "bounds": True})["rows"]
        assert [tuple(name for name in every if row[name] is not None) for row in rows] == [names] * 2, value
    for value in ("average.empirical_risk", "eps", "average.saer", "last.flatness_radius"):
        with pytest.raises(InputError, match=f"no bound speaks of {value}"):
            draw.prepare(folder, {"x": "T", "value": value, "bounds": True})
        draw.prepare(folder, {"x": "T", "value": value})


def test_a_folder_that_is_a_file(file, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        run(file, tmp_path / "out")


def test_a_dry_run_changes_nothing(file, tmp_path, capsys):
    folder = tmp_path / "out"
    assert cli.main(["sweep", str(file), "--out", str(folder), "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cells"], found["waiting"]) == (36, 36)
    assert 0 < found["seconds"] < 60
    assert found["megabytes"] > 100
    assert not folder.exists()
    run(file, folder)
    capsys.readouterr()
    assert cli.main(["sweep", str(file), "--out", str(folder), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("36 cells, 0 to run")


def test_every_kind_of_run_is_compiled_first():
    """Also kinds that come late in a large product."""
    text = FILE.replace("n = [6, 7]", "n = { linspace = [6, 60, 55] }").replace("repeat = 3", "repeat = 999")
    whole = plan.understand(tomllib.loads(text))
    assert sum(1 for _ in itertools.islice(whole.cells(), 20_000)) == 20_000
    kinds = [json.loads(line) for line in sweep.smallest(whole)]
    assert [(k["instance"], k["method"], k["n"], k["steps"]) for k in kinds] == [
        ("sam-chain", "sam", 6, 7), ("sam-chain", "gd", 6, 7),
    ]  # fmt: skip


def test_tables(file, tmp_path, capsys):
    arrow = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "out"
    run(file, folder)
    assert cli.main(["collect", str(folder), "--parquet"]) == 0
    lines = list(csv.reader((folder / "table.csv").read_text().splitlines()))
    assert len(lines) == 37
    read = arrow.read_table(folder / "table.parquet")
    assert read.column_names == lines[0]
    for name in ("average.population_risk", "seed", "method"):
        place = read.column_names.index(name)
        assert [str(x) for x in read[name].to_pylist()] == [line[place] for line in lines[1:]]
    meta = json.loads((folder / "metadata.json").read_text())
    assert json.loads(read.schema.metadata[b"sco_flat"])["file"] == meta["file"]
    assert meta["done"] == 36
    assert meta["sources"] == work.version()
    capsys.readouterr()
    assert cli.main(["collect", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == 36


def test_a_point_of_which_a_run_diverged_is_not_drawn():
    rows = [
        {"T": t, "drawn": v, "inside_theorem": True}
        for t, v in ((1, 1.0), (1, math.nan), (2, 1.0), (2, 3.0), (3, None))
    ]
    (found,) = draw._averaged(rows, ["T"], [])
    assert (found["T"], found["mean"], found["count"]) == (2, 2.0, 2)


def test_plots(file, tmp_path, capsys):
    folder = tmp_path / "out"
    run(file, folder)
    line = ["plot", str(folder), "--x", "T", "--by", "method", "--facet", "n", "--unit", "eta**2*r**2*T"]
    assert cli.main(line) == 0
    assert (folder / "plot.pdf").stat().st_size > 1000
    data = draw.prepare(folder, {"x": "T", "by": "method", "facet": "n", "unit": "eta**2*r**2*T"})
    assert len(data["rows"]) == 12
    assert all(row["count"] == 3 for row in data["rows"])
    with store.Store(folder) as opened:
        names = collect.header(opened)
        rows = [dict(zip(names, row, strict=True)) for row in collect.table(opened)]
    own = [r["average.population_risk"] / (r["eta"] ** 2 * r["r"] ** 2 * r["T"]) for r in rows
           if (r["n"], r["T"], r["method"]) == (6, 16, "sam")]  # fmt: skip
    mean = next(r for r in data["rows"] if (r["n"], r["T"], r["method"]) == (6, 16, "sam"))
    assert mean["mean"] == pytest.approx(np.mean(own))
    # 97.5 % point of Student's t with 2 degrees of freedom
    assert mean["half"] == pytest.approx(4.302652729911275 * np.std(own, ddof=1) / np.sqrt(3))
    for kind in ("heatmap", "phase"):
        out = tmp_path / f"{kind}.svg"
        words = ["plot", str(folder), "--kind", kind, "--x", "n", "--y", "T", "--where", "method=sam"]
        assert cli.main([*words, "--out", str(out)]) == 0
        first = out.read_bytes()
        assert cli.main([*words, "--out", str(out)]) == 0
        assert out.read_bytes() == first
    sizes = {}
    for look in ("paper", "poster"):
        out = tmp_path / f"{look}.svg"
        assert cli.main([*line, "--style", look, "--out", str(out)]) == 0
        sizes[look] = float(out.read_text().split('width="')[1].split("pt")[0])
    assert sizes["poster"] == pytest.approx(2.4 * sizes["paper"], rel=0.01)
    for words, key in (
        (["--kind", "pie"], "kind"),
        (["--style", "papper"], "style"),
        (["--x", "TT"], "x"),
        (["--x", "T"], "method"),
        (["--where", "n=99"], "where"),
        (["--only", "n=99"], "only"),
        (["--out", str(tmp_path / "table.png")], "out"),
        (["--where", "n"], "where"),
        (["--where", "q=1"], "where"),
        (["--x", "T", "--by", "method", "--facet", "n", "--bounds"], "bounds"),
        (["--x", "T", "--by", "method", "--facet", "n", "--unit", "open('x')"], "unit"),
        (["--x", "T", "--by", "method", "--facet", "n", "--value", "engine"], "value"),
        (["--out", str(tmp_path / "x.gif")], "out"),
        (["--out", str(tmp_path / "missing" / "x.pdf")], "out"),
    ):
        capsys.readouterr()
        assert cli.main(["plot", str(folder), *words]) == 2, words
        assert capsys.readouterr().err.startswith(f"sco-flat: {key} = "), words


@pytest.mark.parametrize(
    ("study", "longest"),
    [
        *(
            pytest.param(p, 61, id=p.stem, marks=[pytest.mark.deep] * (p.stem in ("methods", "f2m_box")))
            for p in STUDIES
        ),
        *(pytest.param(p, 10**6, id=f"{p.stem}-long", marks=pytest.mark.deep) for p in STUDIES),
    ],
)
def test_studies_are_sound(study, longest, tmp_path):
    """A file with a reading, a plan, a figure; thinned out and on the smallest numbers it runs and draws."""
    text = study.read_text()
    assert "# Reading: " in text
    assert study.with_suffix(".png").exists()
    found = plan.read(study)
    assert len(list(found.cells())) > 50
    thin = dict(found.declared)
    if "random" in thin:  # a check is repeated by its axis seed
        thin["random"] = thin["random"] | {"repeat": 2}
    thin["axes"] = {
        k: [v[0], v[-1]] if isinstance(v, list) and len(v) > 2 else
        {kind: [*x[:2], 2] if kind != "whole" else x for kind, x in v.items()} if isinstance(v, dict) else v
        for k, v in found.declared["axes"].items()
    }  # fmt: skip
    steps = thin["axes"].get("T")
    if isinstance(steps, dict):
        thin["axes"]["T"] = [16, 32]
    elif isinstance(steps, int):
        thin["axes"]["T"] = min(steps, longest)
    smaller = plan.understand(thin)
    with sweep.prepare(tmp_path, smaller, None) as opened:
        for key, arguments in opened.waiting():
            opened.finish(key, *work.run(json.loads(arguments), smaller.record))
        assert opened.counts().failed == 0
    assert draw.draw(tmp_path, None, {}).stat().st_size > 1000


def test_what_varies_and_is_not_shown_gets_panels_or_is_refused(tmp_path, capsys):
    """A phase diagram never paints one method over another, whatever the order of the file."""
    drawn = []
    for order in ('["sam", "gd"]', '["gd", "sam"]'):
        path = tmp_path / f"{order[2]}.toml"
        path.write_text(FILE.replace('["sam", "gd"]', order) + '\n[plot]\nx = "T"\nby = "method"\nfacet = "n"\n')
        run(path, tmp_path / order[2])
        data = draw.prepare(tmp_path / order[2], {"kind": "phase", "x": "T", "y": "n"})
        assert (data["by"], data["facets"]) == (None, ["method"])  # the file's by becomes panels, its facet is y
        places = [(row["T"], row["n"], row["method"]) for row in data["rows"]]
        assert len(places) == len(set(places)) == 12
        drawn.append({place: row["mean"] for place, row in zip(places, data["rows"], strict=True)})
    assert drawn[0] == drawn[1]
    folder = str(tmp_path / "s")
    capsys.readouterr()
    for words, key in (
        (["--kind", "phase", "--x", "T", "--y", "n", "--by", "method"], "by"),
        (["--kind", "phase", "--x", "T", "--y", "n", "--bounds"], "bounds"),
        (["--x", "T", "--y", "n"], "y"),
        (["--x", "T", "--by", "T"], "plot"),
        (["--kind", "heatmap", "--x", "radius", "--y", "T", "--facet", "radius"], "plot"),
    ):
        assert cli.main(["plot", folder, *words]) == 2, words
        assert capsys.readouterr().err.startswith(f"sco-flat: {key} = "), words
    path.write_text(FILE.replace("eta = 0.0625", "eta = [0.03125, 0.0625]"))
    run(path, tmp_path / "more")
    with pytest.raises(InputError, match=r"(method|eta) = varies"):
        draw.prepare(tmp_path / "more", {"kind": "heatmap", "x": "T", "y": "n"})
    asked = {"kind": "heatmap", "x": "T", "y": "n", "facet": "eta", "by": "method"}  # as the message tells
    assert draw.prepare(tmp_path / "more", asked)["facets"] == ["eta", "method"]


def test_small_values_are_drawn_at_the_floor(tmp_path):
    """A line in the legend is a line in the panel: GD's risk of 1e-27 beside SAM's."""
    path = tmp_path / "some.toml"
    path.write_text(FILE.replace("n = [6, 7]", "n = 6"))
    run(path, tmp_path / "out")
    data = draw.prepare(tmp_path / "out", {"x": "T", "by": "method"})
    assert min(row["mean"] for row in data["rows"]) < 1e-8 * max(row["mean"] for row in data["rows"])
    axes = line.draw(data).axes[0]
    low, high = axes.get_ylim()
    curves = {text: curve for curve in axes.lines if (text := curve.get_label()).startswith("method")}
    assert set(curves) == {"method = gd", "method = sam"}
    for curve in curves.values():
        assert all(low < y < high for y in curve.get_ydata())
    floor = curves["method = gd"].get_ydata()[0]
    assert any(f"below {floor:g} or 0" in text.get_text() for text in axes.texts)
    for row in data["rows"]:
        row["mean"] = 0.0 if row["method"] == "gd" else row["mean"]
    axes = line.draw(data).axes[0]
    assert axes.get_yscale() == "linear"  # where zero has a place
    assert axes.get_ylim()[0] <= 0.0


def test_readme_file_is_a_plan():
    text = (Path(__file__).parent.parent / "README.md").read_text()
    block = text.partition("```toml\n")[2].partition("```")[0]
    assert len(list(plan.understand(tomllib.loads(block)).cells())) == 3 * 2 * 6 * 8


def test_progress_without_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    shown = progress.Progress(4, 1)
    shown.add(False)
    for _ in range(2):  # a reason is said once
        shown.add(True, "n = 3: too small")
    shown.close()
    lines = capsys.readouterr().err.splitlines()
    said = "sco-flat: a cell failed: n = 3: too small"
    assert [text.split(",")[0] for text in lines] == ["2/4 cells", said, "3/4 cells", "4/4 cells", "4/4 cells"]
    assert lines[-1].endswith("s left, 2 failed")


@pytest.mark.parametrize(
    ("done", "seconds", "said"),
    [(250, 1.0, "250/1000 cells, 250 a second, 3 s left"), (4, 10.0, "4/1000 cells, 0.4 a second, 41 min 30 s left")],
)
def test_the_pace_of_a_sweep_is_no_power_of_ten(monkeypatch, done, seconds, said):
    clock = iter([0.0, seconds])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    shown = progress.Progress(1000, 0)
    shown.done = shown._new = done
    assert shown.line() == f"{said}, 0 failed"


def test_a_figure_names_the_point_whose_risk_it_draws():
    titles = {name: averages.get(name).title for name in averages.names()}
    assert {"swad", "swa", "last"} <= titles.keys()
    for name, title in titles.items():
        assert _panels.word(f"{name}.population_risk") == f"population risk, {title}"


def test_a_dry_run_is_about_right(tmp_path):
    """Within a factor of five of the time that one worker then takes, for cells of very different size."""
    path = tmp_path / "mixed.toml"
    path.write_text(FILE.replace("[8, 32, 3]", "[8, 2048, 9]").replace("repeat = 3", "repeat = 8"))
    guess = sweep.dry_run(plan.read(path), tmp_path / "out", 1)
    run(path, tmp_path / "out")
    found = status.status(tmp_path / "out")
    spent = found["seconds_per_cell"] * found["cells"]
    assert spent / 5 < guess.seconds - guess.start < 5 * spent
    assert guess.start == sweep.START


def test_an_axis_that_differs_from_point_to_point_is_not_hidden(tmp_path, capsys):
    """With the radius as x each point has one T of its own, so that nothing is averaged; T must show all the same."""
    path = tmp_path / "some.toml"
    path.write_text(FILE.replace("n = [6, 7]", "n = 6").replace('method = ["sam", "gd"]', 'method = "sam"'))
    folder = tmp_path / "out"
    run(path, folder)
    with pytest.raises(InputError, match="T = varies: it differs from point to point and is not shown"):
        draw.prepare(folder, {"x": "radius"})
    assert draw.prepare(folder, {"x": "radius", "by": "T"})["by"] == "T"
    assert draw.prepare(folder, {"x": "T"})["x"] == "T"  # the radius is a formula of T
    figure = draw.figure(folder, {"kind": "phase", "x": "radius", "y": "T"})
    assert "crossed: no cell there" in " ".join(figure.get_suptitle().split())


def test_a_facet_of_the_file_is_unset_and_a_title_is_given(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text(FILE + '\n[plot]\nx = "T"\nby = "method"\nfacet = "n"\n')
    folder = tmp_path / "out"
    run(path, folder)
    assert draw.prepare(folder, {})["facets"] == ["n"]
    with pytest.raises(InputError, match="n = varies"):
        draw.prepare(folder, {"facet": "none"})
    data = draw.prepare(folder, {"facet": "none", "only": ["n=6"], "title": "Mine"})
    assert (data["facets"], data["title"]) == ([], "Mine")
    words = [
        "plot",
        str(folder),
        "--facet",
        "none",
        "--where",
        "n=6",
        "--title",
        "Mine",
        "--out",
        str(tmp_path / "a.svg"),
    ]
    assert cli.main(words) == 0
    assert "Mine" in (tmp_path / "a.svg").read_text()


def test_missing_cells_are_crossed_and_counted(tmp_path):
    from sco_flat.plots import heatmap

    path = tmp_path / "some.toml"
    path.write_text(FILE.replace('method = ["sam", "gd"]', 'method = "sam"').replace("repeat = 3", "repeat = 1"))
    folder = tmp_path / "out"
    run(path, folder)
    data = draw.prepare(folder, {"kind": "heatmap", "x": "T", "y": "n"})
    crosses = [[p for p in heatmap.draw(d).axes[0].patches if p.get_hatch() == "xxx"] for d in
               (data, data | {"rows": data["rows"][1:], "missing": 1})]  # fmt: skip
    assert [len(found) for found in crosses] == [0, 1]
    figure = heatmap.draw(data | {"rows": data["rows"][1:], "missing": 1})
    assert "1 of 6 cells are missing or not finite, crossed" in " ".join(figure.get_suptitle().split())


@pytest.mark.parametrize(("file", "cells"), [(SWEEP_FILE, 2 * 2 * 2 * 6 * 8), (CHECKS_FILE, 2)])
def test_the_files_in_the_help_text_are_plans(file, cells):
    text = textwrap.dedent(file.partition("\n")[2])
    assert len(list(plan.understand(tomllib.loads(text)).cells())) == cells


def test_a_scale_is_asked_for_and_formulas_are_said(tmp_path, capsys):
    path = tmp_path / "some.toml"
    path.write_text(FILE.replace("n = [6, 7]", "n = 6") + '\n[plot]\nx = "T"\nby = "method"\nscale = "linear"\n')
    folder = tmp_path / "out"
    run(path, folder)
    for given, scale in (({}, "linear"), ({"scale": "log"}, "log")):
        data = draw.prepare(folder, given)
        figure = line.draw(data)
        assert figure.axes[0].get_yscale() == scale
        assert "r = 1/(2 η √T)" in " ".join(figure.get_suptitle().split())
        assert "bands: its 95% interval" in " ".join(figure.get_suptitle().split())
    assert data["formulas"] == {"radius": "1/(2*eta*sqrt(T))"}
    drawn = []
    for words in (["--linear"], ["--log"]):
        assert cli.main(["plot", str(folder), *words, "--out", str(tmp_path / "a.svg")]) == 0
        drawn.append("drawn at" in (tmp_path / "a.svg").read_text())
    assert drawn == [False, True]  # only on a logarithmic axis GD's risk of 1e-27 stands at a floor
    for words, key in (
        (["--log", "--unit=-T"], "log = average.population_risk: has no value above 0; use --linear"),
        (["--log", "--linear"], "argument --linear"),
    ):
        capsys.readouterr()
        assert cli.main(["plot", str(folder), *words]) == 2, words
        assert key in capsys.readouterr().err.partition("\n")[0], words
    path.write_text(path.read_text().replace('"linear"', '"logarithm"'))
    with pytest.raises(InputError, match=r"plot.scale"):
        plan.read(path)


def test_what_is_below_a_scale_of_shades_is_said():
    """Zeros have the darkest shade, the scale says so, and no level line runs between them and other cells."""
    data = swept("phase", facets=["instance"])
    for row in data["rows"]:
        row["mean"] = 0.0 if row["radius"] < 1.0 else row["mean"]
    figure = phase.draw(data)
    *panels, bar = figure.axes
    assert "(darkest: at most 0.001)" in bar.get_ylabel()
    lines = [c for axes in panels for c in axes.collections if isinstance(c, ContourSet)]
    assert lines
    for found in lines:
        assert min(p.vertices[:, 0].min() for p in found.get_paths() if len(p.vertices)) >= 1.5
    plain = phase.draw(swept("phase")).axes[-1].get_ylabel()
    assert "darkest" not in plain


def test_what_is_below_a_scale_of_shades_is_darker_than_the_rest():
    """Where all others are of one size, zeros are not drawn in their shade."""
    data = swept("heatmap")
    for row in data["rows"]:
        row["mean"] = 0.012 + 0.001 * row["radius"] if row["T"] > 16 else 1e-30
    shown = heatmap.draw(data).axes[0].collections[0]
    dark, bright = np.sort(np.unique(np.asarray(shown.norm(shown.get_array().compressed()))))[:2]
    assert dark == 0.0
    assert bright > 0.5


def test_thirty_lines_can_be_told_apart():
    names = [f"sam-{k}" for k in range(30)]
    first = swept("line")["rows"][0]
    rows = [first | {"method": name, "T": t, "mean": t / 1e4 * 1.2**k}
            for k, name in enumerate(names) for t in (16, 64, 256)]  # fmt: skip
    (axes,) = line.draw(swept("line", bounds=(), facets=[], rows=rows)).axes
    looks = {(curve.get_color(), curve.get_marker(), curve._unscaled_dash_pattern) for curve in axes.lines}
    assert len(looks) == len(names)
    assert {curve.get_markersize() for curve in axes.lines} == {style.points(5.0)}  # none lies on another


def test_a_cell_that_one_panel_lacks_is_crossed_there():
    """A whole row of cells that wait in one panel is seen to be missing, and the axis has the ticks of all rows."""
    kept = [row for row in swept("heatmap")["rows"] if row["instance"] == "sam-chain" or row["T"] == 16]
    for missing in (9, 0):  # where no cell is missing, panels may differ in their values
        figure = heatmap.draw(swept("heatmap", rows=kept, missing=missing))
        titled = {axes.get_title(): axes for axes in figure.axes}
        crossed = {
            name: sum(patch.get_hatch() == "xxx" for patch in titled[f"instance = {name}"].patches)
            for name in ("sam-chain", "sagd-blocks")
        }
        assert crossed == {"sam-chain": 0, "sagd-blocks": 10 if missing else 0}
        assert "no cell" not in figure.get_suptitle()
        ticks = titled["instance = sam-chain"].get_yticks()
        assert ticks.tolist() == [16, 64, 256, 1024]
