"""Sweeps: workers, kills, clusters, full disks."""

import functools
import os
import random
import resource
import signal
import subprocess
import time

import pytest
from sweep_cases import (
    FILE,
    LONG,
    command,
    dies_always,
    dies_once,
    finished,
    killed,
    run,
    table,
)

from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.sweeps import local, plan, store


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def deadly(file, tmp_path):
    found = plan.read(file)
    with store.Store(tmp_path / "out", create=True) as opened:
        opened.register(found)
        tasks = opened.waiting()
    key = tasks[7][0]
    once = functools.partial(dies_once, key=key, mark=str(tmp_path / "mark"))
    return tasks, found.record, once, functools.partial(dies_always, key=key)


def test_any_number_of_workers_gives_the_same_bytes(file, tmp_path):
    tables = set()
    for workers in (1, 2, 4):
        assert run(file, tmp_path / str(workers), workers=workers).done == 36
        tables.add(table(tmp_path / str(workers)))
    assert len(tables) == 1


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A sweep that takes a while: its file, and its table as it is without any trouble."""
    place = tmp_path_factory.mktemp("long")
    path = place / "long.toml"
    path.write_text(LONG.replace("repeat = 60", "repeat = 30"))
    run(path, place / "whole")
    return path, table(place / "whole")


def check_kills(path, whole, folder, times):
    assert killed(path, folder, times, random.Random(times)) > 0
    counts = run(path, folder, workers=2)
    assert counts.done == counts.total
    assert table(folder) == whole


@pytest.mark.parametrize("times", [2, pytest.param(4, marks=pytest.mark.deep)])
def test_kills_lose_nothing(long, tmp_path, times):
    check_kills(*long, tmp_path / "broken", times)


@pytest.mark.deep
def test_fifty_kills_lose_nothing(tmp_path):
    path = tmp_path / "long.toml"
    path.write_text(LONG.replace("repeat = 60", "repeat = 600"))
    run(path, tmp_path / "whole", workers=2)
    check_kills(path, table(tmp_path / "whole"), tmp_path / "broken", 50)


def test_ctrl_c_leaves_a_valid_store(tmp_path):
    path = tmp_path / "long.toml"
    path.write_text(LONG.replace("repeat = 60", "repeat = 300"))
    folder = tmp_path / "out"
    process = subprocess.Popen(
        command(path, folder, "--workers", "2"), start_new_session=True, stderr=subprocess.PIPE, text=True,
        # a job that a shell runs in the background ignores Ctrl-C, and hands that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    for _ in range(600):
        time.sleep(0.1)
        if finished(folder) > 20:
            break
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in err
    assert "Traceback" not in err
    with store.Store(folder) as opened:
        assert 20 < opened.counts().done < opened.counts().total


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


@pytest.mark.deep
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


def test_a_full_disk_keeps_the_rows_so_far(long, tmp_path):
    """The system refuses files beyond 350 kB: the stand-in for a full disk."""
    path, whole = long
    folder = tmp_path / "out"

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, 350_000))

    done = subprocess.run(
        command(path, folder, "--workers", "1"), preexec_fn=limit, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "rows so far are safe" in done.stderr
    assert "Traceback" not in done.stderr
    with store.Store(folder) as opened:
        before = opened.counts().done
    counts = run(path, folder)
    assert counts.done == counts.total > before > 0
    assert table(folder) == whole


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(file, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(InputError, match="may write to"):
        run(file, folder)


def test_a_store_that_turns_read_only_keeps_its_rows(file, tmp_path):
    folder, longer = tmp_path / "out", tmp_path / "longer.toml"
    longer.write_text(FILE.replace("repeat = 3", "repeat = 4"))
    run(file, folder)
    with store.Store(folder) as opened:
        opened._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(InputError, match="rows so far are safe"):
            opened.finish(b"x", [1.0], "", 0.0)
        with pytest.raises(InputError, match="rows so far are safe"):
            opened.register(plan.read(longer))
        assert opened.counts().done == 36
