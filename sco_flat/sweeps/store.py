"""The store of a sweep: one SQLite file, one row for each cell, results committed one by one.

The key of a cell is the hash of its canonical arguments, of what it records, and of the sources that computed it. So a
finished cell is never computed twice, and one of other sources is never taken for fresh: it stays in the file, outside
the plan. Readers may look while a run writes (write-ahead log).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from sco_flat.errors import InputError
from sco_flat.sweeps import work
from sco_flat.sweeps.plan import Cell, Plan, canonical

NAME = "cells.sqlite"
MAGIC = 0x5C0F1A7
"""Marks a file as ours (`PRAGMA application_id`)."""
FORMAT = 1
WAITING, DONE, FAILED = 0, 1, 2
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cells (
    key BLOB PRIMARY KEY, place INTEGER, labels TEXT NOT NULL, arguments TEXT NOT NULL, status INTEGER NOT NULL,
    result TEXT, message TEXT, seconds REAL
) WITHOUT ROWID;
CREATE INDEX by_place ON cells (place, status);
"""


def key_of(cell: Cell, record: tuple[str, ...], version: str) -> bytes:
    """Hash of everything that a row depends on."""
    text = canonical([cell.arguments, list(record), version])
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True)
class Counts:
    """Cells of the plan by state, and finished rows of the store that are not in it."""

    waiting: int
    done: int
    failed: int
    beside: int

    @property
    def total(self) -> int:
        """Cells of the plan."""
        return self.waiting + self.done + self.failed


class Store:
    """An open store; a context manager.

    Parameters
    ----------
    folder : Path
        Where the file is.
    create : bool
        Make folder and file if they are missing.

    Raises
    ------
    InputError
        For a folder that cannot be used, and for a file that is damaged or not a store.
    """

    def __init__(self, folder: str | Path, *, create: bool = False) -> None:
        self.folder = Path(folder)
        self._lock: Any = None
        self.path = self.folder / NAME
        fresh = not self.path.exists() or self.path.stat().st_size == 0
        if fresh and not create:
            raise InputError("folder", folder, f"holds no sweep ({NAME} is missing)", "run sco-flat sweep first")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                "folder", folder, f"cannot be used: {reason}", "choose a folder that you may write to"
            ) from None
        try:
            with self.guarded():
                if fresh:
                    self._make()
                self._inspect()
        except BaseException:
            self._connection.close()
            raise

    def _make(self) -> None:
        # one transaction: a kill leaves an empty file, which is as good as none
        marks = f"PRAGMA application_id = {MAGIC}; PRAGMA user_version = {FORMAT};"
        self._connection.executescript(f"BEGIN; {marks} {SCHEMA} COMMIT;")

    def _inspect(self) -> None:
        run = self._connection.execute
        if run("PRAGMA application_id").fetchone()[0] != MAGIC:
            raise InputError("folder", self.folder, f"its {NAME} is not the store of a sweep", "choose another folder")
        if run("PRAGMA user_version").fetchone()[0] != FORMAT:
            raise InputError("folder", self.folder, "its store has another format", "choose another folder")
        if run("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise InputError(
                "folder", self.folder, f"its {NAME} is damaged", "restore it, or sweep into another folder"
            )
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what SQLite says of full disks, missing rights and damaged files into errors for people."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            text = str(error)
            if "full" in text or "I/O" in text:
                limit, mend = f"cannot take more rows ({text}); rows so far are safe", "free space, then run it again"
            elif "readonly" in text or "unable to open" in text:
                limit, mend = f"cannot be written ({text}); rows so far are safe", "allow writing, then run it again"
            elif "locked" in text:
                limit, mend = "is in use by another run", "wait for it"
            else:
                limit, mend = f"its {NAME} is damaged or not a store ({text})", "restore it, or use another folder"
            raise InputError("folder", self.folder, limit, mend) from None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give up the right to write."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def claim(self) -> None:
        """Become the only run that fills this store; the system gives the right back when the process ends."""
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            return
        try:
            self._lock = (self.folder / "running").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("folder", self.folder, "is being filled by another run", "wait for it") from None
        except OSError as error:
            raise InputError(
                "folder", self.folder, f"cannot be written: {error.strerror}", "choose one that you may write to"
            ) from None

    def declared(self) -> dict[str, Any] | None:
        """Content of the sweep file that the store was filled from."""
        text = self._about("declared")
        return None if text is None else json.loads(text)

    def record(self) -> tuple[str, ...]:
        """What its rows hold."""
        return tuple(json.loads(self._about("record") or "[]"))

    def version(self) -> str:
        """Sources of its fresh rows."""
        return self._about("version") or ""

    def _about(self, name: str) -> str | None:
        with self.guarded():
            row = self._connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def register(self, plan: Plan) -> None:
        """Enter the cells of a plan in its order; cells that are there keep their results."""
        version = work.version()
        with self.guarded():
            run = self._connection.execute
            run("BEGIN IMMEDIATE")
            try:
                run("UPDATE cells SET place = NULL WHERE place IS NOT NULL")
                rows = (
                    (key_of(cell, plan.record, version), place, canonical(cell.labels), canonical(cell.arguments))
                    for place, cell in enumerate(plan.cells())
                )
                self._connection.executemany(
                    "INSERT INTO cells (key, place, labels, arguments, status) VALUES (?, ?, ?, ?, 0) "
                    "ON CONFLICT (key) DO UPDATE SET place = excluded.place, labels = excluded.labels",
                    rows,
                )
                for name, value in (
                    ("declared", json.dumps(plan.declared)), ("record", canonical(list(plan.record))),
                    ("columns", canonical(plan.columns)), ("version", version),
                ):  # fmt: skip
                    run("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))
                run("DELETE FROM cells WHERE place IS NULL AND status = 0")
                run("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    run("ROLLBACK")
                raise

    def retry(self) -> int:
        """Make failed cells of the plan wait again; return how many."""
        with self.guarded():
            return int(
                self._connection.execute(
                    "UPDATE cells SET status = 0, message = NULL WHERE status = 2 AND place IS NOT NULL"
                ).rowcount
            )

    def counts(self) -> Counts:
        """Cells by state."""
        with self.guarded():
            rows = self._connection.execute(
                "SELECT place IS NULL, status, COUNT(*) FROM cells GROUP BY place IS NULL, status"
            ).fetchall()
        found = {(bool(out), status): count for out, status, count in rows}
        waiting, done, failed = (found.get((False, status), 0) for status in (WAITING, DONE, FAILED))
        return Counts(waiting, done, failed, sum(count for (out, _), count in found.items() if out))

    def seconds(self) -> float:
        """Time spent in the cells of the plan."""
        with self.guarded():
            query = "SELECT TOTAL(seconds) FROM cells WHERE place IS NOT NULL"
            return float(self._connection.execute(query).fetchone()[0])

    def waiting(self) -> list[tuple[bytes, str]]:
        """Keys and arguments of the cells that wait, in the order of the plan."""
        with self.guarded():
            return self._connection.execute(
                "SELECT key, arguments FROM cells WHERE status = 0 AND place IS NOT NULL ORDER BY place"
            ).fetchall()

    def finished(self) -> set[bytes]:
        """Keys of all rows that hold a result or a failure."""
        with self.guarded():
            return {row[0] for row in self._connection.execute("SELECT key FROM cells WHERE status > 0")}

    def finish(self, key: bytes, results: list[Any] | None, message: str, seconds: float) -> None:
        """Commit one row."""
        status, text = (FAILED, None) if results is None else (DONE, canonical(results))
        with self.guarded():
            self._connection.execute(
                "UPDATE cells SET status = ?, result = ?, message = ?, seconds = ? WHERE key = ?",
                (status, text, message, seconds, key),
            )

    def rows(self, status: int = DONE) -> Iterator[tuple[dict[str, Any], list[Any] | str]]:
        """Labels and results (messages of failed cells), in the order of the plan, one at a time."""
        column = "result" if status == DONE else "message"
        with self.guarded():
            query = f"SELECT labels, {column} FROM cells WHERE place IS NOT NULL AND status = ? ORDER BY place"
            for labels, text in self._connection.execute(query, (status,)):
                yield json.loads(labels), (json.loads(text) if status == DONE else text)

    def reasons(self) -> dict[str, int]:
        """Messages of the plan's failed cells, the most frequent first, and how many cells have each."""
        with self.guarded():
            query = (
                "SELECT message, COUNT(*) FROM cells WHERE place IS NOT NULL AND status = ? GROUP BY message "
                "ORDER BY COUNT(*) DESC, MIN(place)"
            )
            return dict(self._connection.execute(query, (FAILED,)).fetchall())

    def columns(self) -> list[str]:
        """Names of the columns that name a cell."""
        return list(json.loads(self._about("columns") or "[]"))
