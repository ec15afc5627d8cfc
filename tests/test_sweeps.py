"""Sweeps: formulas, files and the store."""

import json
import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_cases import (
    FILE,
    VALUES,
    run,
    table,
)

from sco_flat import cli, runs
from sco_flat.errors import InputError
from sco_flat.instances import saer
from sco_flat.sweeps import collect, expressions, plan, rows, store, sweep, work


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("flatness + 1/(eta*sqrt(T))", 0.02 + 1 / (0.25 * 8)),
        ("-n**2 + max(3, n)", -30.0),
        ("log2(T) * 2e-1", 1.2),
        ("min(T, n, 3) / round(2.4)", 1.5),
        ("+floor(3.7) - ceil(0.2) + abs(-1) + exp(0) + log10(100)", 6.0),
    ],
)
def test_formulas(text, value):
    tree = expressions.parse("radius", text)
    assert expressions.evaluate("radius", text, tree, VALUES) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "open('x')", "T.real", "(lambda: 1)()", "[x for x in (1,)]", "T if n else 1",
        "eta and T", "T < 3", "'a'", "f'{T}'", "T[0]", "T @ n", "n // 2", "n % 2", "True", "None", "sqrt(x=3)", "1 +",
        "(T := 3)", "...", "sqrt", "min(*[1])", "1j", "x" * 2000, "(" * 900 + "1" + ")" * 900,
    ],
)  # fmt: skip
def test_nothing_but_arithmetic_is_a_formula(text):
    with pytest.raises(InputError):
        expressions.evaluate("radius", text, expressions.parse("radius", text), VALUES)


@pytest.mark.parametrize("text", ["1/(n-6)", "sqrt(-1)", "10**400", "eta*1e308*1e308", "m + 1", "log(0)", "exp(1e6)"])
def test_formulas_without_a_value_say_where(text):
    with pytest.raises(InputError) as found:
        expressions.evaluate("radius", text, expressions.parse("radius", text), VALUES)
    assert "\n" not in str(found.value)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_no_text_does_anything_else(text):
    try:
        found = expressions.evaluate("x", text, expressions.parse("x", text), VALUES)
    except InputError:
        return
    assert isinstance(found, float)


def test_cells_are_the_product_and_seeds_do_not_depend_on_the_method(file):
    cells = list(plan.read(file).cells())
    assert len(cells) == 2 * 2 * 3 * 3
    seeds = {}
    for cell in cells:
        seeds.setdefault(cell.labels["repetition"], set()).add(cell.labels["seed"])
        steps, eta = cell.labels["T"], cell.labels["eta"]
        assert cell.arguments["perturbation_radius"] == 1 / (2 * eta * np.sqrt(steps))
        assert cell.arguments["steps"] == steps
        assert cell.labels["oracle"] is None
    assert all(len(s) == 1 for s in seeds.values())
    assert len(set.union(*seeds.values())) == 3


def test_axes_declared_random_draw_anew():
    data = {
        "instance": "sam-chain",
        "axes": {"n": [6, 7], "T": [8, 9], "eta": 0.1},
        "random": {"by": ["n"], "repeat": 2},
    }
    seeds = {}
    for cell in plan.understand(data).cells():
        seeds.setdefault((cell.labels["n"], cell.labels["repetition"]), set()).add(cell.labels["seed"])
    assert all(len(s) == 1 for s in seeds.values())
    assert len(set.union(*seeds.values())) == 4


def test_what_a_run_does_not_read_makes_no_second_cell():
    data = {
        "instance": ["sagd-blocks", "sam-chain"], "method": ["gd", "sagd"], "oracle": ["adversarial", "benign"],
        "axes": {"n": 6, "T": 8, "eta": 0.25, "preset": ["paper", "robust"]},
    }  # fmt: skip
    cells = list(plan.understand(data).cells())
    assert len({c.text for c in cells}) == len(cells)
    # blocks: gd x 2 presets, sagd x 2 x 2; chain: gd, sagd x 2
    assert len(cells) == 2 + 4 + 1 + 2


def test_names_that_only_formulas_read():
    data = {"instance": "sam-chain", "let": {"c": [1.5, 2.0]},
            "axes": {"n": [6, 8], "T": 8, "eta": 0.1, "width": "round(n**c)",
                     "density": "1 - width**(-1/n)"}}  # fmt: skip
    found = plan.understand(data)
    cells = list(found.cells())
    assert [c.arguments["width"] for c in cells] == [15, 23, 36, 64]
    assert all("c" not in c.arguments and "c" in c.labels for c in cells)
    assert cells[0].arguments["density"] == 1 - 15 ** (-1 / 6)
    assert found.columns[3] == "c"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"instanse": "sam-chain"}, "key"),
        ({"instance": "sam-chian"}, "instance"),
        ({"method": "adam"}, "method"),
        ({"record": ["everage"]}, "record"),
        ({"record": []}, "record"),
        ({"allow_outside": "yes"}, "allow_outside"),
        ({"axes": {"n": 6, "T": 8}}, "axes"),
        ({"axes": 3}, "axes"),
        ({"axes": {"n": [], "T": 8, "eta": 0.1}}, "axes.n"),
        ({"axes": {"n": 6.5, "T": 8, "eta": 0.1}}, "axes.n"),
        ({"axes": {"n": 6, "T": 8, "eta": 0.1, "steps": 3}}, "axes"),
        ({"axes": {"n": 6, "T": 8, "eta": 0.1, "step-size": 3}}, "axes"),
        ({"axes": {"n": 6, "T": 8, "eta": 0.1, "delat": 3}}, "axes"),
        ({"axes": {"n": 6, "T": 8, "eta": "auto"}}, "axes.eta"),
        ({"axes": {"n": 6, "T": {"logspace": [0, 8, 3]}, "eta": 0.1}}, "axes.T.logspace"),
        ({"axes": {"n": 6, "T": {"linspace": [1, 8]}, "eta": 0.1}}, "axes.T.linspace"),
        ({"axes": {"n": 6, "T": {"linspce": [1, 8, 3]}, "eta": 0.1}}, "axes.T"),
        ({"axes": {"n": 6, "T": 8, "eta": float("inf")}}, "axes.eta"),
        ({"axes": {"n": 6, "T": 8, "eta": "1/radius", "radius": "1/eta"}}, "axes"),
        ({"axes": {"n": 6, "T": 8, "eta": "1/q"}}, "axes.eta"),
        ({"axes": {"n": 6, "T": 8, "eta": "open('x')"}}, "axes.eta"),
        ({"axes": {"n": {"linspace": [1, 60, 60]}, "T": {"linspace": [1, 1e6, 1e6]}, "eta": 0.1}}, "axes"),
        ({"let": {"n": [1, 2]}}, "let"),
        ({"let": {"sqrt": [1, 2]}}, "let"),
        ({"let": {"c": []}}, "let.c"),
        ({"random": {"repeats": 3}}, "random"),
        ({"random": {"repeat": 0}}, "random.repeat"),
        ({"random": {"by": ["q"]}}, "random.by"),
    ],
)
def test_bad_files(change, key):
    data = {"instance": "sam-chain", "axes": {"n": 6, "T": 8, "eta": 0.1}} | change
    with pytest.raises(InputError) as found:
        plan.understand(data)
    assert str(found.value).startswith(f"{key} = ")
    assert "\n" not in str(found.value)


def test_bad_files_on_the_command_line(tmp_path, capsys):
    bad = tmp_path / "bad.toml"
    bad.write_text('instance = "sam-chain"\n[axes\n')
    for place, words in ((bad, "line 2"), (tmp_path / "none.toml", "cannot be read"), (tmp_path, "cannot be read")):
        assert cli.main(["sweep", str(place)]) == 2
        err = capsys.readouterr().err
        assert words in err
        assert err.count("\n") == 1
    bad.write_bytes(b"\xff\xfe")
    assert cli.main(["sweep", str(bad)]) == 2
    bad.write_text("[axes]\nn = 6\nT = 8\neta = 0.1\n")
    for more in (["--workers", "0"], ["--backend", "slurm"], ["--new", "--extend"]):
        assert cli.main(["sweep", str(bad), *more]) == 2


def test_key_changes_with_every_field(file):
    first = next(plan.read(file).cells())
    keys = {rows.key_of(first.text, ("average",), "v")}
    for name, value in first.arguments.items():
        other = {"instance": "flat-erm", "method": "sgd", "allow_outside": False}.get(name)
        changed = first.arguments | {name: value + 1 if other is None else other}
        key = rows.key_of(plan.Cell(first.labels, changed).text, ("average",), "v")
        assert (key in keys) == (name == "allow_outside")  # says what may be run, not what comes out
        keys.add(key)
    keys.add(rows.key_of(first.text, ("last",), "v"))
    keys.add(rows.key_of(first.text, ("average",), "w"))
    assert len(keys) == len(first.arguments) + 2
    # the names of columns do not count
    assert rows.key_of(plan.Cell({}, first.arguments).text, ("average",), "v") in keys


def test_a_finished_cell_is_not_run_again_and_a_stale_one_is_not_fresh(file, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    assert run(file, folder).done == 36
    before = table(folder)
    monkeypatch.setattr(work, "_measure", None)  # would fail
    assert run(file, folder) == rows.Counts(0, 36, 0, 0)
    monkeypatch.undo()
    monkeypatch.setattr(work, "version", lambda: "another")
    monkeypatch.setattr(sweep.local, "outcomes", lambda *a: iter(()))
    counts = run(file, folder)
    assert (counts.waiting, counts.beside) == (36, 36)
    assert collect.collect(folder)["done"] == 0
    monkeypatch.undo()
    assert run(file, folder).beside == 0  # the old sources again: their rows count
    assert table(folder) == before


def test_results_are_those_of_a_run(file, tmp_path):
    folder = tmp_path / "out"
    run(file, folder)
    with store.Store(folder) as opened:
        names = collect.header(opened)
        rows = [dict(zip(names, row, strict=True)) for row in collect.table(opened)]
    for row in rows[::7]:
        with saer.cheaply():  # as sweeps do
            single = runs.run(
            row["instance"], row["method"], n=row["n"], steps=row["T"], step_size=row["eta"],
            perturbation_radius=row["radius"], seed=row["seed"], allow_outside=True,
            )  # fmt: skip
        for name in ("average", "last"):
            point = single.points[name]
            assert row[f"{name}.empirical_risk"] == point.empirical_risk
            assert (row[f"{name}.population_risk_low"], row[f"{name}.population_risk"]) == point.population_risk
            assert (row[f"{name}.saer_low"], row[f"{name}.saer"]) == point.saer
        assert int(row["dimension"]) == single.dimension


def test_bounds_stability_and_suffixes_are_recorded(tmp_path):
    path = tmp_path / "more.toml"
    path.write_text(
        'instance = "sam-chain"\nrecord = ["lowest_suffix", "bounds", "stability"]\n'
        "[axes]\nn = 6\nT = 16\neta = 0.0625\n"
    )
    assert run(path, tmp_path / "out").done == 1
    with store.Store(tmp_path / "out") as opened:
        row = dict(zip(collect.header(opened), next(collect.table(opened)), strict=True))
    assert row["lower_bound"] <= row["lowest_suffix.population_risk"] <= row["upper_bound"] <= row["paper_bound"]
    assert 0 < row["eps"] < row["summed_risk"]
    assert row["inside_theorem"] is True


def test_a_changed_file_asks(file, tmp_path, capsys):
    folder = tmp_path / "out"
    assert cli.main(["sweep", str(file), "--out", str(folder), "--workers", "1"]) == 0
    before = table(folder)
    file.write_text(FILE.replace("[6, 7]", "[6, 7, 8]") + '[plot]\nkind = "line"\n')
    words = ["sweep", str(file), "--out", str(folder), "--workers", "1"]
    capsys.readouterr()
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert "axes.n: [6, 7] -> [6, 7, 8]" in err
    assert "plot" not in err.partition("--extend")[0]
    assert err.count("\n") == 1
    assert cli.main([*words, "--extend"]) == 0
    assert "54 of 54" in capsys.readouterr().out
    longer = table(folder).decode().splitlines()
    assert set(before.decode().splitlines()) < set(longer)
    fresh = tmp_path / "fresh"
    run(file, fresh)
    assert table(fresh) == table(folder)
    file.write_text(FILE)
    assert cli.main([*words, "--new"]) == 0
    assert (folder / "aside-1" / "cells.sqlite").exists()
    assert table(folder) == before


def test_new_runs_every_cell_again_and_the_dry_run_says_so(tmp_path, capsys):
    path, folder = tmp_path / "small.toml", tmp_path / "out"
    path.write_text('instance = "huber"\n[axes]\nn = 6\nT = [4, 8]\neta = 0.1\nradius = [0.1, 0.2]\n')
    words = ["sweep", str(path), "--out", str(folder), "--workers", "1"]
    assert cli.main(words) == 0
    before = table(folder)
    for more, waiting in ([], 0), (["--new"], 4):
        capsys.readouterr()
        assert cli.main([*words, "--dry-run", *more]) == 0
        assert capsys.readouterr().out.startswith(f"4 cells, {waiting} to run: ")
    assert not (folder / "aside-1").exists()
    assert cli.main([*words, "--new"]) == 0
    assert (folder / "aside-1" / "cells.sqlite").exists()
    assert table(folder) == before


def test_collect_names_every_file_that_it_writes(tmp_path, capsys):
    pytest.importorskip("pyarrow")
    path, folder = tmp_path / "small.toml", tmp_path / "out"
    path.write_text('instance = "sam-chain"\n[axes]\nn = 6\nT = 16\neta = 0.0625\nradius = [0.5, 99]\n')
    assert cli.main(["sweep", str(path), "--out", str(folder), "--workers", "1"]) == 2
    for more, extra in ([], ""), (["--parquet"], "table.parquet, "):
        capsys.readouterr()
        assert cli.main(["collect", str(folder), *more]) == 0
        assert f" columns, {extra}failures.csv, metadata.json\n" in capsys.readouterr().out


def test_the_oracle_of_a_sweep_is_that_of_a_run(tmp_path):
    path = tmp_path / "small.toml"
    axes = "[axes]\nn = 5\nT = 4\neta = 0.1\nradius = 0.1\n"
    path.write_text(f'instance = ["least-squares", "huber", "sam-sharp"]\nmethod = "sagd"\n{axes}')
    assert run(path, tmp_path / "out").failed == 0
    with store.Store(tmp_path / "out") as opened:
        rows = [dict(zip(collect.header(opened), row, strict=True)) for row in collect.table(opened)]
    assert [row["oracle"] for row in rows] == ["ascent"] * 3


def test_the_effort_of_a_cell_follows_the_loss():
    cell = {"n": 10, "steps": 64, "method": "gd"}
    effort = {name: sweep._work(cell | {"instance": name})[0] for name in ("huber", "sam-chain", "flat-erm")}
    assert effort["huber"] < effort["sam-chain"] < effort["flat-erm"]


def test_failures_are_recorded_and_retried_on_request_only(tmp_path, monkeypatch, capsys):
    path = tmp_path / "some.toml"
    path.write_text('instance = "sam-chain"\n[axes]\nn = 6\nT = 16\neta = 0.0625\nradius = [0.5, 1.0, 9.0, 99.0]\n')
    folder = tmp_path / "out"
    counts = run(path, folder)
    assert (counts.done, counts.failed) == (2, 2)
    assert "the largest legal radius" in (collect.collect(folder) and (folder / "failures.csv").read_text())
    found = json.loads((folder / "metadata.json").read_text())
    assert sum(found["failures"].values()) == 2
    assert all(text.startswith("radius = ") for text in found["failures"])
    assert cli.main(["sweep", str(path), "--out", str(folder), "--workers", "1"]) == 2
    out = capsys.readouterr().out
    assert "2 failed: radius = 9, 99: Theorem 7 needs r <= 1/(2 eta sqrt T)" in out
    assert out.endswith("these cells are refused again until the file changes\n")
    assert cli.main(["sweep", str(path), "--out", str(tmp_path / "other"), "--dry-run"]) == 0
    assert "2 will be refused: radius = 9, 99: Theorem 7 needs" in capsys.readouterr().out
    calls = []
    real = work.run
    monkeypatch.setattr(work, "run", lambda *a: (calls.append(a), real(*a))[1])
    run(path, folder)
    assert calls == []
    run(path, folder, retry=True)
    assert len(calls) == 3  # the small cell that compiles, and the two
    monkeypatch.setattr(work, "_measure", lambda *a: (_ for _ in ()).throw(ZeroDivisionError("by zero")))
    assert work.run({}, ())[1] == "unexpected: ZeroDivisionError: by zero"


def test_foreign_and_damaged_files(file, tmp_path):
    folder = tmp_path / "out"
    run(file, folder)
    whole = (folder / "cells.sqlite").read_bytes()
    for content, words in (
        (b"not a database" * 100, "damaged or not a store"),
        (whole[: len(whole) // 2], "damaged"),
    ):
        place = tmp_path / f"bad{len(content)}"
        place.mkdir()
        (place / "cells.sqlite").write_bytes(content)
        for action in (run, lambda f, p: collect.collect(p)):
            with pytest.raises(InputError, match=words) as found:
                action(file, place)
            assert "\n" not in str(found.value)
        assert (place / "cells.sqlite").read_bytes()[:50] == content[:50]
    empty = tmp_path / "empty"  # what a kill at the first moment leaves
    empty.mkdir()
    (empty / "cells.sqlite").write_bytes(b"")
    with pytest.raises(InputError, match="holds no sweep"):
        collect.collect(empty)
    assert run(file, empty).done == 36
    other = tmp_path / "other"
    other.mkdir()
    with sqlite3.connect(other / "cells.sqlite") as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(InputError, match="not the store of a sweep"):
        run(file, other)
    with pytest.raises(InputError, match="holds no sweep"):
        collect.collect(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_two_runs_do_not_fill_one_store(file, tmp_path):
    with store.Store(tmp_path / "out", create=True) as one:
        one.claim()
        with pytest.raises(InputError, match="another run"):
            run(file, tmp_path / "out")
    assert run(file, tmp_path / "out").done == 36


def test_even_steps_are_the_doubles_that_one_writes():
    """NumPy's are one place beside some of them, and a fraction of such a double has sixteen digits."""
    axes = {"edge": {"linspace": [0.9, 1.4, 6]}}
    cells = list(plan.understand({"statement": "factorisation.escape", "axes": axes}).cells())
    assert [cell.labels["edge"] for cell in cells] == [0.9, 1.0, 1.1, 1.2, 1.3, 1.4]
