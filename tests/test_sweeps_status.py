"""How far a sweep is, as `sco-flat status` tells."""

import contextlib
import itertools
import json
import math
import sqlite3

import pytest
from sweep_cases import FILE, run

from sco_flat import cli
from sco_flat.sweeps import plan, status, store, work


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return path


def test_before_during_and_after(file, tmp_path, capsys):
    folder = tmp_path / "out"
    with store.Store(folder, create=True) as opened:
        opened.register(plan.read(file))
        found = status.status(folder)
        assert (found["cells"], found["waiting"], found["done"]) == (36, 36, 0)
        assert (found["seconds_per_cell"], found["seconds_left"], found["running"]) == (None, None, False)
        opened.claim()
        assert status.status(folder)["running"]
        keys = [key for key, _ in opened.waiting()]
        opened.finish(keys[0], None, "refused: x", 2.0)
        opened.finish(keys[1], None, "refused: x", 4.0)
        opened.finish(keys[2], None, "refused: y", 3.0)
    found = status.status(folder)
    assert (found["failed"], found["waiting"], found["running"]) == (3, 33, False)
    assert found["failures"] == {"refused: x": 2, "refused: y": 1}
    assert found["seconds_per_cell"] == pytest.approx(3.0)
    assert found["seconds_left"] == pytest.approx(99.0)
    assert cli.main(["status", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "0 of 36 cells done, 3 failed, 33 waiting" in out
    assert "3 s a cell; what waits takes one worker about 1 min 39 s" in out
    assert "       2  refused: x\n" in out


def test_what_no_statement_speaks_of(file, tmp_path, capsys):
    folder = tmp_path / "out"
    run(file, folder)
    assert cli.main(["status", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["done"], found["cells"]) == (36, 36)
    assert found["outside_theorem"] == {"Theorem 7 is about sam, not about gd": 18}
    before = {p: p.read_bytes() for p in folder.iterdir()}
    assert cli.main(["status", str(folder)]) == 0
    assert {p: p.read_bytes() for p in folder.iterdir()} == before
    with contextlib.closing(sqlite3.connect(folder / "cells.sqlite", isolation_level=None)) as connection:
        connection.execute("UPDATE cells SET sum = x'00' WHERE place = 3")
        connection.execute("DELETE FROM cells WHERE place = 4")
    found = status.status(folder)  # which looks at no checksum, so that a million rows take it no minute
    assert (found["done"], found["missing"]) == (35, 1)
    assert cli.main(["collect", str(folder)]) == 2
    assert "2 of 36 rows are damaged" in capsys.readouterr().err


def test_rows_with_infinite_numbers_are_counted(file, tmp_path):
    """The upper end of a network's SAER is infinite, which is no JSON to SQLite."""
    folder = tmp_path / "out"
    with store.Store(folder, create=True) as opened:
        opened.register(plan.read(file))
        opened.claim()
        names = work.columns(opened.record())
        for (key, _), reason in zip(opened.waiting(), ["x", "y", None, "y"], strict=False):
            own = {"inside_theorem": reason is None, "outside_because": reason}
            opened.finish(key, [own.get(name, math.inf) for name in names], "", 1.0)
    found = status.status(folder)
    assert (found["done"], found["outside_theorem"]) == (4, {"y": 2, "x": 1})


def test_results_that_are_not_finite_are_no_damage(file, tmp_path, capsys):
    """A network's SAER has no upper end, a run that diverged has no numbers: the store is whole."""
    folder = tmp_path / "out"
    with store.Store(folder, create=True) as opened:
        opened.register(plan.read(file))
        columns = work.columns(opened.record())
        row = dict.fromkeys(columns, math.inf) | {"inside_theorem": False, "outside_because": "no one", "r": math.nan}
        opened.finish(next(iter(opened.waiting()))[0], [*row.values()], "", 1.0)
    assert status.status(folder)["outside_theorem"] == {"no one": 1}
    assert cli.main(["status", str(folder)]) == 0
    assert "no one" in capsys.readouterr().out


def test_what_is_no_store_is_named(tmp_path, capsys):
    (tmp_path / "study.toml").write_text(FILE)
    said = {"": " (cells.sqlite is missing)", "missing": ": there is no such folder", "study.toml": ": it is a file"}
    for (name, text), command in itertools.product(said.items(), ("status", "plot", "collect")):
        assert cli.main([command, str(tmp_path / name)]) == 2
        err = capsys.readouterr().err
        assert f"folder = {tmp_path / name}: holds no sweep{text}" in err
        assert err.count("\n") == 1


def test_results_that_are_not_finite_are_counted(file, tmp_path):
    """SQLite calls them no JSON."""
    folder = tmp_path / "out"
    with store.Store(folder, create=True) as opened:
        opened.register(plan.read(file))
        for (key, _), inside in zip(opened.waiting(), (True, False), strict=False):
            row = [float("nan")] * len(work.columns(opened.record()))
            row[work.COMMON.index("inside_theorem")] = inside
            row[work.COMMON.index("outside_because")] = None if inside else "too far"
            opened.finish(key, row, "", 1.0)
    found = status.status(folder)
    assert (found["done"], found["missing"], found["outside_theorem"]) == (2, 0, {"too far": 1})
