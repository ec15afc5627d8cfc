"""Sweeps: stores that were damaged, moved, copied, locked or written by somebody else."""

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import time

import pytest
from sweep_cases import FILE, LONG, command, run, table

from sco_flat import cli, load
from sco_flat.errors import InputError
from sco_flat.sweeps import collect, draw, rows, status, store


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A finished sweep: its file, its folder, its table."""
    place = tmp_path_factory.mktemp("sound")
    file = place / "small.toml"
    file.write_text(FILE)
    run(file, place / "out")
    return file, place / "out", table(place / "out")


@pytest.fixture
def copy(sound, tmp_path):
    shutil.copytree(sound[1], tmp_path / "copy")
    (tmp_path / "copy" / "table.csv").unlink()
    return tmp_path / "copy"


def called(capsys, *words):
    """Exit code, and what was said on stderr; never more than a line of it, and no traceback."""
    capsys.readouterr()
    code = cli.main([str(word) for word in words])
    out, err = capsys.readouterr()
    said = [line for line in err.splitlines() if line.startswith("sco-flat: ")]
    assert code in (0, 2)
    assert len(said) == (code == 2), err
    assert all(len(line) < 300 for line in said), err
    return code, out, "".join(said)


def changed(content, rng):
    """One change of a file: a bit, a byte, 512 zeros, or a cut."""
    kind, place = rng.choice(["bit", "byte", "zeros", "cut"]), rng.randrange(len(content))
    if kind == "cut":
        return content[:place]
    data = bytearray(content)
    if kind == "bit":
        data[place] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        data[place] = rng.choice([x for x in range(256) if x != data[place]])
    else:
        data[place : place + 512] = bytes(len(data[place : place + 512]))
    return bytes(data)


@pytest.mark.parametrize("part", [0, *(pytest.param(k, marks=pytest.mark.deep) for k in range(1, 34))])
def test_no_change_of_a_store_changes_a_table_in_silence(part, sound, tmp_path, capsys):
    """60 changes (2,000 deep): the same table, or exit 2 and one line; computed again, the same table."""
    file, folder, whole = sound
    content, lines = (folder / "cells.sqlite").read_bytes(), set(whole.splitlines())
    rng, noticed = random.Random(part), 0
    for k in range(60):
        place = tmp_path / str(k)
        place.mkdir()
        (place / "cells.sqlite").write_bytes(changed(content, rng))
        code, _, said = called(capsys, "collect", place)
        if code == 0:
            assert (place / "table.csv").read_bytes() == whole
            continue
        noticed += 1
        if (place / "table.csv").exists():
            assert "rows are damaged: cell " in said
            assert set((place / "table.csv").read_bytes().splitlines()) < lines
        if k % 3 and not part:  # all of them in the deep test
            continue
        words = ["sweep", file, "--out", place, "--workers", "1", "--retry"]
        code = called(capsys, *words)[0]
        if code == 2:
            code = called(capsys, *words, "--new")[0]
        assert code == 0
        assert table(place) == whole
        shutil.rmtree(place)
    assert noticed > 5


ROWS = [
    "labels = NULL", "arguments = NULL", "result = NULL", "result = '[1.0]'", "result = '{'", "result = x'00ff'",
    "result = CAST(x'ff' AS TEXT)", "labels = '[]'", "labels = 5", "status = 7", "status = 0", "place = 3",
    "place = NULL", "message = 'x'", "microseconds = -1", "sum = NULL", "sum = 'x'", "key = x'00'", "key = 'text'",
    "result = replace(result, '0', '1')",
]  # fmt: skip


@pytest.mark.parametrize("change", ROWS)
def test_a_row_that_somebody_wrote_is_named_left_out_and_computed_again(change, sound, copy, capsys):
    file, _, whole = sound
    with sqlite3.connect(copy / "cells.sqlite") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        try:
            connection.execute(f"UPDATE cells SET {change} WHERE place = 11")
        except sqlite3.IntegrityError:  # of NULL where the schema has none
            return
    connection.close()
    code, _, said = called(capsys, "collect", copy)
    assert code == 2
    assert "1 of 36 rows are damaged: cell 12 (method = sam, n = 7, T = 8, repetition = 2)" in said
    assert "the tables hold the others; sco-flat sweep --retry" in said
    lines = whole.splitlines(keepends=True)
    assert (copy / "table.csv").read_bytes() == b"".join(line for k, line in enumerate(lines) if k != 12)
    assert json.loads((copy / "metadata.json").read_text())["damaged"] == 1
    words = ["sweep", file, "--out", copy, "--workers", "1"]
    if "key" not in change:  # under another key the cell is a new one
        assert called(capsys, *words)[0] == 2
    assert called(capsys, *words, "--retry")[0] == 0
    assert table(copy) == whole


def test_a_figure_without_a_damaged_row_says_so(sound, copy, capsys):
    connection = sqlite3.connect(copy / "cells.sqlite", isolation_level=None)
    connection.execute("UPDATE cells SET result = replace(result, '0', '1') WHERE place = 11")
    connection.close()
    code, _, said = called(capsys, "plot", copy, "--x", "T", "--by", "method", "--facet", "n")
    assert code == 2
    assert "cell 12 (method = sam, n = 7, T = 8, repetition = 2); plot.pdf shows the others" in said
    data = draw.prepare(copy, {"x": "T", "by": "method", "facet": "n"})
    assert sorted(row["count"] for row in data["rows"]) == [2] + [3] * 11
    assert (copy / "plot.pdf").exists()


ABOUT = "UPDATE about SET value = '{0}', sum = seal(CAST('{1}' AS BLOB), CAST('{0}' AS BLOB)) WHERE name = '{1}'"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE about SET value = '{' WHERE name = 'declared'",
        *(ABOUT.format(value, name) for value, name in (("[]", "record"), ("3", "declared"), ("[3]", "columns"))),
        "DELETE FROM about WHERE name = 'version'",
        "DELETE FROM about",
        "CREATE TABLE more (x)",
        "DROP TABLE cells",
        "ALTER TABLE cells ADD COLUMN more",
        "PRAGMA user_version = 3",
    ],
)
def test_what_is_said_of_the_plan_is_read_with_the_same_care(change, sound, copy, capsys):
    file, _, whole = sound
    connection = sqlite3.connect(copy / "cells.sqlite", isolation_level=None)
    connection.create_function("seal", -1, rows.seal)
    connection.execute(change)
    connection.close()
    assert called(capsys, "collect", copy)[0] == 2
    assert not (copy / "table.csv").exists()
    assert called(capsys, "sweep", file, "--out", copy, "--workers", "1", "--new")[0] == 0
    assert table(copy) == whole


@pytest.mark.parametrize("result", ["[1]", "3", "{}", "[[]]", '"x"'])
def test_a_forged_row_with_its_checksum_is_refused(result, copy, capsys):
    connection = sqlite3.connect(copy / "cells.sqlite", isolation_level=None)
    connection.create_function("seal", -1, rows.seal)
    connection.execute(f"UPDATE cells SET result = ?1, sum = {rows.sealed(result='?1')} WHERE place = 3", (result,))
    connection.close()
    for words in (["collect", copy], ["plot", copy, "--x", "T"]):
        assert "a row that no run wrote" in called(capsys, *words)[2]


def test_a_store_without_checksums_is_not_read(sound, tmp_path, capsys):
    old = tmp_path / "old"
    old.mkdir()
    with sqlite3.connect(old / "cells.sqlite") as connection:
        connection.executescript(
            f"PRAGMA application_id = {store.MAGIC}; PRAGMA user_version = 1;"
            "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        )
    connection.close()
    assert "has format 1: rows without checksums; sco-flat sweep --new" in called(capsys, "collect", old)[2]
    assert called(capsys, "sweep", sound[0], "--out", old, "--workers", "1", "--new")[0] == 0
    assert table(old) == sound[2]


def begun(folder, rows=20, workers="2"):
    """A process that fills a store, with some rows in it."""
    file = folder.with_suffix(".toml")
    file.write_text(LONG.replace("repeat = 60", "repeat = 300"))
    process = subprocess.Popen(
        command(file, folder, "--workers", workers), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for _ in range(1200):
        time.sleep(0.05)
        if (folder / "cells.sqlite-wal").exists():
            try:
                with store.Store(folder) as opened:
                    if opened.counts().done > rows:
                        break
            except InputError:  # not there yet
                pass
    return process


@pytest.mark.parametrize("how", ["removed", *(pytest.param(x, marks=pytest.mark.deep) for x in ("moved", "replaced"))])
def test_a_store_that_vanishes_while_it_is_filled(how, tmp_path):
    folder = tmp_path / "out"
    process = begun(folder, workers="1")
    if how == "removed":
        for path in folder.glob("cells.sqlite*"):
            path.unlink()
    else:
        folder.rename(tmp_path / "elsewhere")
    if how == "replaced":
        shutil.copytree(tmp_path / "elsewhere", folder)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "was removed, moved or replaced while the sweep ran" in err.splitlines()[-1]
    assert "Traceback" not in err


def test_a_store_that_vanishes_at_the_end(sound, tmp_path, monkeypatch):
    folder, real = tmp_path / "out", store.Store.finish

    def last(self, *row):
        real(self, *row)
        if self.counts().waiting == 0:
            for path in folder.glob("cells.sqlite*"):
                path.unlink()

    monkeypatch.setattr(store.Store, "finish", last)
    with pytest.raises(InputError, match="removed, moved or replaced"):
        run(sound[0], folder)


def test_what_was_committed_is_in_the_main_file_and_workers_end_with_their_parent(tmp_path):
    folder, alone = tmp_path / "out", tmp_path / "alone"
    process = begun(folder)
    workers = [line.split()[0] for line in _processes() if line.split()[1] == str(process.pid)]
    assert len(workers) >= 2
    with store.Store(folder) as opened:
        before = opened.counts().done
    changed = (folder / "cells.sqlite").stat().st_mtime_ns
    for _ in range(600):  # until the next checkpoint
        time.sleep(0.05)
        if (folder / "cells.sqlite").stat().st_mtime_ns != changed:
            break
    time.sleep(0.3)
    process.kill()
    process.communicate(timeout=60)
    alone.mkdir()
    shutil.copy(folder / "cells.sqlite", alone)
    with store.Store(alone) as opened:
        assert opened.counts().damaged == 0
        assert opened.counts().done >= before
    for _ in range(100):
        left = [line for line in _processes() if line.split()[0] in workers]
        if not left:
            break
        time.sleep(0.1)
    assert not left


def _processes():
    shown = subprocess.run(["ps", "-eo", "pid,ppid,stat"], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines()[1:] if line.split()[2][0] != "Z"]


@pytest.mark.parametrize("log", [False, True])
def test_a_place_where_nothing_may_be_written_can_be_read(log, sound, copy, tmp_path, capsys, monkeypatch):
    """Also with a log beside the file, as a kill leaves it."""
    file, _, whole = sound
    if log:
        shutil.rmtree(copy)
        with store.Store(sound[1]) as opened:  # a reader that stays, so that the log does
            shutil.copytree(sound[1], copy)
            connection = sqlite3.connect(copy / "cells.sqlite", isolation_level=None)
            connection.create_function("seal", -1, rows.seal)
            given = {"microseconds": "microseconds + 1"}
            query = f"UPDATE cells SET microseconds = microseconds + 1, sum = {rows.sealed(**given)} WHERE place < 5"
            gone = connection.execute(query).rowcount
            assert gone == 5
            saved = {p.name: p.read_bytes() for p in copy.glob("cells.sqlite*")}
            connection.close()
            assert opened.counts().done == 36
        for name, content in saved.items():
            (copy / name).write_bytes(content)
        (copy / "cells.sqlite-shm").unlink()
        assert (copy / "cells.sqlite-wal").stat().st_size > 0
    before = {p: p.read_bytes() for p in copy.iterdir()}
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and real(path, mode))
    other = tmp_path / "other"
    assert called(capsys, "collect", copy, "--out", other)[0] == 0
    assert (other / "table.csv").read_bytes() == whole
    figure = tmp_path / "figure.svg"
    words = ["plot", copy, "--x", "T", "--by", "method", "--facet", "n", "--out", figure]
    assert called(capsys, *words)[0] == 0
    assert figure.exists()
    code, out, _ = called(capsys, "sweep", file, "--out", copy, "--dry-run")
    assert (code, out[:20]) == (0, "36 cells, 0 to run: ")
    assert {p: p.read_bytes() for p in copy.iterdir()} == before


def test_a_cell_that_was_refused_runs_when_it_may(tmp_path):
    path, folder = tmp_path / "some.toml", tmp_path / "out"
    text = (
        'instance = "sam-chain"\nallow_outside = {}\n[axes]\nn = 6\nT = 16\neta = 0.0625\nradius = [0.5, 9.0, 99.0]\n'
    )
    path.write_text(text.format("false"))
    refused = run(path, folder).failed
    assert refused > 0
    path.write_text(text.format("true"))
    assert run(path, folder, mode="extend") == rows.Counts(0, 3, 0, 0)  # no row of the same result beside it
    fresh = tmp_path / "fresh"
    run(path, fresh)
    assert table(folder) == table(fresh)


def test_a_text_that_a_spreadsheet_would_compute_is_escaped(sound, copy, capsys):
    for text in ("=1+1", "+cmd", "-x", "@SUM(1)", "-1_0"):
        assert collect.escaped(text) == f"'{text}"
    for value in ("1", "-1.5", "+2e-3", "-.5", "a=b", "", None, -1.5, True, "sam-chain"):
        assert collect.escaped(value) == value
    connection = sqlite3.connect(copy / "cells.sqlite", isolation_level=None)
    connection.create_function("seal", -1, rows.seal)
    given = {"status": "2", "message": "?1"}
    connection.execute(
        f"UPDATE cells SET status = 2, message = ?1, sum = {rows.sealed(**given)} WHERE place = 3", ("=1+1",)
    )
    connection.close()
    assert called(capsys, "collect", copy)[0] == 0
    assert (copy / "failures.csv").read_text().splitlines()[1].endswith(",'=1+1")


def test_a_store_of_before_is_read_in_the_words_of_today(copy, tmp_path):
    """The conditions of a figure were called ``where``."""
    with contextlib.closing(sqlite3.connect(copy / store.NAME)) as db, db:
        text = db.execute("SELECT value FROM about WHERE name = 'declared'").fetchone()[0]
        text = json.dumps(json.loads(text) | {"plot": {"x": "T", "facet": "r", "by": "method", "where": ["n=6"]}})
        seal = rows.seal(b"declared", text.encode())
        db.execute("UPDATE about SET value = ?, sum = ? WHERE name = 'declared'", (text, seal))
    assert len(load(copy)["n"]) == 36
    draw.draw(copy, tmp_path / "figure.svg", {})
    assert "n = 6" in (tmp_path / "figure.svg").read_text()


def test_a_damaged_row_beside_the_plan_is_counted_beside_it(sound, copy, capsys, tmp_path):
    with contextlib.closing(sqlite3.connect(copy / store.NAME)) as db, db:
        db.execute("UPDATE cells SET microseconds = -1 WHERE place = 0")  # n = 6
    fewer = tmp_path / "fewer.toml"
    fewer.write_text(FILE.replace("n = [6, 7]", "n = [7]"))
    assert called(capsys, "sweep", fewer, "--out", copy, "--extend")[0] == 0
    found = status.status(copy)
    assert (found["cells"], found["done"], found["missing"], found["beside"]) == (18, 18, 0, 18)
    assert called(capsys, "sweep", sound[0], "--out", copy, "--extend")[0] == 2
    assert [status.status(copy)[key] for key in ("done", "missing")] == [35, 1]
    assert called(capsys, "sweep", sound[0], "--out", copy, "--retry")[0] == 0
    assert table(copy) == sound[2]
