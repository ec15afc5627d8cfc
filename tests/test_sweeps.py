"""Sweeps: files, formulas, the store, workers, kills, clusters, full disks, tables and figures."""

import contextlib
import csv
import functools
import itertools
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sco_flat import cli, runs
from sco_flat.cli.sweep import SWEEP_FILE
from sco_flat.errors import InputError
from sco_flat.sweeps import collect, draw, expressions, local, plan, progress, store, sweep, work

FILE = """
instance = "sam-chain"
method = ["sam", "gd"]
allow_outside = true
record = ["average", "last"]

[axes]
n = [6, 7]
T = { logspace = [8, 32, 3], whole = true }
eta = 0.0625
radius = "1/(2*eta*sqrt(T))"

[random]
repeat = 3
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return path


def table(folder):
    collect.collect(folder)
    return (folder / "table.csv").read_bytes()


def run(file, folder, **options):
    return sweep.run(file, folder, **({"workers": 1} | options))


# --- formulas ---

VALUES = {"T": 64, "eta": 0.25, "n": 6, "flatness": 0.02}


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


# --- plans ---


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
    assert len({plan.canonical(c.arguments) for c in cells}) == len(cells)
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


# --- the store ---


def test_key_changes_with_every_field(file):
    first = next(plan.read(file).cells())
    keys = {store.key_of(first, ("average",), "v")}
    for name, value in first.arguments.items():
        other = {"instance": "flat-erm", "method": "sgd", "allow_outside": False}.get(name)
        changed = first.arguments | {name: value + 1 if other is None else other}
        keys.add(store.key_of(plan.Cell(first.labels, changed), ("average",), "v"))
    keys.add(store.key_of(first, ("last",), "v"))
    keys.add(store.key_of(first, ("average",), "w"))
    assert len(keys) == 1 + len(first.arguments) + 2
    # the names of columns do not count
    assert store.key_of(plan.Cell({}, first.arguments), ("average",), "v") in keys


def test_a_finished_cell_is_not_run_again_and_a_stale_one_is_not_fresh(file, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    assert run(file, folder).done == 36
    before = table(folder)
    monkeypatch.setattr(work, "_measure", None)  # would fail
    assert run(file, folder) == store.Counts(0, 36, 0, 0)
    monkeypatch.undo()
    monkeypatch.setattr(work, "version", lambda: "another")
    monkeypatch.setattr(sweep.local, "outcomes", lambda *a: iter(()))
    counts = run(file, folder)
    assert (counts.waiting, counts.outside) == (36, 36)
    assert collect.collect(folder)["done"] == 0
    monkeypatch.undo()
    assert run(file, folder).outside == 0  # the old sources again: their rows count
    assert table(folder) == before


def test_results_are_those_of_a_run(file, tmp_path):
    folder = tmp_path / "out"
    run(file, folder)
    with store.Store(folder) as opened:
        names = collect.header(opened)
        rows = [dict(zip(names, row, strict=True)) for row in collect.table(opened)]
    for row in rows[::7]:
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


def test_failures_are_recorded_and_retried_on_request_only(tmp_path, monkeypatch):
    path = tmp_path / "some.toml"
    path.write_text('instance = "sam-chain"\n[axes]\nn = 6\nT = 16\neta = 0.0625\nradius = [0.5, 1.0, 9.0, 99.0]\n')
    folder = tmp_path / "out"
    counts = run(path, folder)
    assert (counts.done, counts.failed) == (2, 2)
    assert "the largest legal radius" in (collect.collect(folder) and (folder / "failures.csv").read_text())
    calls = []
    real = work.run
    monkeypatch.setattr(work, "run", lambda *a: (calls.append(a), real(*a))[1])
    run(path, folder)
    assert calls == []
    run(path, folder, retry=True)
    assert len(calls) == 3  # the small cell that compiles, and the two
    monkeypatch.setattr(work, "_measure", lambda *a: (_ for _ in ()).throw(ZeroDivisionError("by zero")))
    assert work.run({}, ())[1] == "ZeroDivisionError: by zero"


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


# --- workers, kills, clusters ---


def command(file, folder, *more):
    return [sys.executable, "-m", "sco_flat", "sweep", str(file), "--out", str(folder), *more]


def test_any_number_of_workers_gives_the_same_bytes(file, tmp_path):
    tables = set()
    for workers in (1, 2, 4):
        assert run(file, tmp_path / str(workers), workers=workers).done == 36
        tables.add(table(tmp_path / str(workers)))
    assert len(tables) == 1


def killed(file, folder, times, rng):
    """Kill the process group at random moments; committed rows must stay as they are."""
    kept = {}
    for turn in range(times + 10):
        if turn >= times and kept:
            break
        process = subprocess.Popen(
            command(file, folder, "--workers", "2"), start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(rng.uniform(0.5, 4.0) if turn < times else turn)  # a slow machine needs longer to begin
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        path = folder / "cells.sqlite"
        if not path.exists() or path.stat().st_size == 0:  # as good as none
            continue
        with store.Store(folder) as opened:
            run_now = opened._connection.execute("SELECT key, status, result FROM cells WHERE status > 0").fetchall()
            total = opened._connection.execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM cells").fetchone()
        assert total[0] == total[1]
        found = {key: (status, result) for key, status, result in run_now}
        assert kept.items() <= found.items()
        kept = found
    return len(kept)


LONG = FILE.replace("repeat = 3", "repeat = 60").replace("[8, 32, 3]", "[64, 512, 4]")


@pytest.mark.parametrize("times", [4, pytest.param(50, marks=pytest.mark.deep)])
def test_kills_lose_nothing(tmp_path, times):
    path = tmp_path / "long.toml"
    path.write_text(LONG if times < 10 else LONG.replace("repeat = 60", "repeat = 600"))
    whole = tmp_path / "whole"
    total = run(path, whole, workers=2).done
    broken = tmp_path / "broken"
    assert killed(path, broken, times, random.Random(times)) > 0
    assert run(path, broken, workers=2).done == total
    assert table(broken) == table(whole)


def test_ctrl_c_leaves_a_valid_store(tmp_path):
    path = tmp_path / "long.toml"
    path.write_text(LONG.replace("repeat = 60", "repeat = 2000"))
    folder = tmp_path / "out"
    process = subprocess.Popen(
        command(path, folder, "--workers", "2"), start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    for _ in range(600):
        time.sleep(0.1)
        # the store is not there at once, and empty for a moment
        with contextlib.suppress(InputError), store.Store(folder) as opened:
            if opened.counts().done > 20:
                break
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in err
    assert "Traceback" not in err
    with store.Store(folder) as opened:
        assert 20 < opened.counts().done < opened.counts().total


def dies_once(task, record, key, mark):
    """Kill the worker the first time that it meets the marked cell."""
    if task[0] == key and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return local.run_cell(task, record)


def dies_always(task, record, key):
    if task[0] == key:
        os.kill(os.getpid(), signal.SIGKILL)
    return local.run_cell(task, record)


@pytest.fixture
def deadly(file, tmp_path):
    found = plan.read(file)
    with store.Store(tmp_path / "out", create=True) as opened:
        opened.register(found)
        tasks = opened.waiting()
    key = tasks[7][0]
    once = functools.partial(dies_once, key=key, mark=str(tmp_path / "mark"))
    return tasks, found.record, once, functools.partial(dies_always, key=key)


def test_a_dead_worker_costs_one_retry(deadly):
    tasks, record, once, _ = deadly
    found = list(local.outcomes(tasks, record, 2, once))
    assert sorted(o[0] for o in found) == sorted(key for key, _ in tasks)
    assert all(o[1] is not None for o in found)


def test_a_cell_that_kills_its_worker_is_recorded(deadly):
    tasks, record, _, always = deadly
    found = list(local.outcomes(tasks, record, 2, always))
    assert sorted(o[0] for o in found) == sorted(key for key, _ in tasks)
    dead = [o for o in found if o[1] is None]
    assert [(o[0], o[2]) for o in dead] == [(tasks[7][0], local.DIED)]


def test_a_real_cluster_gives_the_same_bytes(file, tmp_path, deadly):
    distributed = pytest.importorskip("distributed")  # before its settings are touched
    settled = pytest.importorskip("dask").config.set({"distributed.scheduler.allowed-failures": 0})
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, host="127.0.0.1"
    )
    from sco_flat.sweeps import cluster as dask

    with settled, cluster:
        counts = run(file, tmp_path / "dask", scheduler=cluster.scheduler_address)
        assert counts.done == 36
        run(file, tmp_path / "local", workers=2)
        assert table(tmp_path / "dask") == table(tmp_path / "local")
        tasks, record, once, always = deadly
        with dask.client(cluster.scheduler_address, 2) as connected:
            found = list(dask.outcomes(connected, tasks, record, once))
            assert all(o[1] is not None for o in found)
            found = list(dask.outcomes(connected, tasks, record, always))
        assert sorted(o[0] for o in found) == sorted(key for key, _ in tasks)
        assert {o[2] for o in found if o[1] is None} == {local.DIED}


def test_a_cluster_of_its_own(file, tmp_path, capsys):
    pytest.importorskip("distributed")
    assert cli.main(["sweep", str(file), "--out", str(tmp_path / "own"), "--backend", "dask", "--workers", "2"]) == 0
    run(file, tmp_path / "local")
    assert table(tmp_path / "own") == table(tmp_path / "local")


def test_an_unreachable_scheduler(file, tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed")
    from sco_flat.sweeps import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 1)
    assert cli.main(["sweep", str(file), "--out", str(tmp_path / "o"), "--scheduler", "tcp://127.0.0.1:9"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("sco-flat: scheduler = tcp://127.0.0.1:9: cannot be reached")
    assert err.count("\n") == 1
    assert cli.main(["sweep", str(file), "--out", str(tmp_path / "o"), "--scheduler", "nonsense://x"]) == 2
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as idle:
        capsys.readouterr()
        words = ["sweep", str(file), "--out", str(tmp_path / "o"), "--scheduler", idle.scheduler_address]
        assert cli.main(words) == 2
        assert "no worker" in capsys.readouterr().err


def test_a_full_disk_keeps_the_rows_so_far(tmp_path):
    """The system refuses files beyond 200 kB: the stand-in for a full disk."""
    path = tmp_path / "long.toml"
    path.write_text(LONG)
    folder = tmp_path / "out"

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))

    done = subprocess.run(
        command(path, folder, "--workers", "1"), preexec_fn=limit, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "rows so far are safe" in done.stderr
    assert "Traceback" not in done.stderr
    with store.Store(folder) as opened:
        before = opened.counts().done
    counts = run(path, folder)
    assert counts.done == counts.total > before
    run(path, tmp_path / "whole")
    assert table(folder) == table(tmp_path / "whole")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(file, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(InputError, match="may write to"):
        run(file, folder)


def test_a_store_that_turns_read_only_keeps_its_rows(file, tmp_path):
    folder = tmp_path / "out"
    run(file, folder)
    with store.Store(folder) as opened:
        opened._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(InputError, match="rows so far are safe"):
            opened.finish(b"x", [1.0], "", 0.0)
        with pytest.raises(InputError, match="rows so far are safe"):
            opened.register(plan.read(file))
        assert opened.counts().done == 36


def test_lines_with_bounds(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text(FILE.replace('["average", "last"]', '["average", "bounds"]').replace("n = [6, 7]", "n = 6"))
    folder = tmp_path / "out"
    run(path, folder)
    data = draw.prepare(folder, {"x": "T", "where": ["method=sam"], "bounds": True})
    for row in data["rows"]:
        assert row["lower_bound"] <= row["mean"] <= row["upper_bound"] <= row["paper_bound"]
    assert draw.draw(folder, None, {"x": "T", "where": ["method=sam"], "bounds": True}).exists()


def test_a_folder_that_is_a_file(file, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        run(file, tmp_path / "out")


# --- dry runs, tables, figures ---


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
    assert mean["half"] == pytest.approx(1.96 * np.std(own, ddof=1) / np.sqrt(3))
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
        (["--where", "n=99"], "folder"),
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


STUDIES = sorted((Path(__file__).parent.parent / "experiments").glob("*.toml"))


@pytest.mark.parametrize("study", STUDIES, ids=lambda p: p.stem)
def test_studies_are_sound(study, tmp_path):
    """A file with a reading, a plan, a figure; thinned out and on the smallest numbers it runs and draws."""
    text = study.read_text()
    assert "# Reading: " in text
    assert study.with_suffix(".png").exists()
    found = plan.read(study)
    assert len(list(found.cells())) > 50
    thin = dict(found.declared) | {"random": found.declared["random"] | {"repeat": 2}}
    thin["axes"] = {
        k: [v[0], v[-1]] if isinstance(v, list) and len(v) > 2 else
        {kind: [*x[:2], 2] if kind != "whole" else x for kind, x in v.items()} if isinstance(v, dict) else v
        for k, v in found.declared["axes"].items()
    }  # fmt: skip
    if isinstance(thin["axes"]["T"], dict):
        thin["axes"]["T"] = [16, 32]
    smaller = plan.understand(thin)
    with sweep.prepare(tmp_path, smaller, None) as opened:
        for key, arguments in opened.waiting():
            opened.finish(key, *work.run(json.loads(arguments), smaller.record))
        assert opened.counts().failed == 0
    assert draw.draw(tmp_path, None, {}).stat().st_size > 1000


def test_readme_file_is_a_plan():
    text = (Path(__file__).parent.parent / "README.md").read_text()
    block = text.partition("```toml\n")[2].partition("```")[0]
    assert len(list(plan.understand(tomllib.loads(block)).cells())) == 3 * 2 * 6 * 8


def test_progress_without_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    shown = progress.Progress(4, 1)
    for failed in (False, True):
        shown.add(failed)
    shown.close()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == ["2/4 cells", "3/4 cells", "3/4 cells"]
    assert lines[-1].endswith("s left, 1 failed")


def test_a_dry_run_is_about_right(tmp_path):
    """Within a factor of five of the time that one worker then takes, for cells of very different size."""
    path = tmp_path / "mixed.toml"
    path.write_text(FILE.replace("[8, 32, 3]", "[8, 2048, 9]").replace("repeat = 3", "repeat = 8"))
    guess = sweep.dry_run(plan.read(path), tmp_path / "out", 1)
    run(path, tmp_path / "out")
    with store.Store(tmp_path / "out") as opened:
        spent = opened.seconds()
    assert spent / 5 < guess.seconds < 5 * spent


def test_the_file_in_the_help_text_is_a_plan():
    text = textwrap.dedent(SWEEP_FILE.partition("\n")[2])
    assert len(list(plan.understand(tomllib.loads(text)).cells())) == 2 * 2 * 2 * 6 * 8
