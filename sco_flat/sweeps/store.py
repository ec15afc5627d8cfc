"""The store of a sweep: one SQLite file, one row for each cell, results committed one by one.

The key of a cell is the hash of its canonical arguments, of what it records, and of the sources that computed it. So a
finished cell is never computed twice, and one of other sources is never taken for fresh: it stays in the file, outside
the plan. Readers may look while a run writes (write-ahead log).

Every row carries a checksum of all that it says. A row that does not fit its checksum is as good as lost: it is in no
table, and no count but that of the damaged ones. Whoever fills a store looks every few seconds whether its files are
still those that are found under their names, and moves what the log holds into the main file.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sco_flat.errors import InputError
from sco_flat.sweeps import filters, work
from sco_flat.sweeps.cells import canonical, deciding
from sco_flat.sweeps.rows import DONE, FAILED, SOUND, TABLES, WAITING, Counts, key_of, seal, sealed, waiting

if TYPE_CHECKING:  # they load all losses, and who reads a store needs none
    from sco_flat.sweeps.filters import Condition
    from sco_flat.sweeps.plan import Plan
    from sco_flat.sweeps.statements import Checks

NAME, RUNNING = "cells.sqlite", "running"
"""The file, and the one that whoever fills it has locked."""
MAGIC = 0x5C0F1A7
"""Marks a file as ours (`PRAGMA application_id`)."""
FORMAT = 2
"""Version 1 had no checksums."""
EVERY = 3.0
"""Seconds between two checkpoints."""
CACHE = 256_000
"""Kilobytes of the file that are held at most: cells are entered in no order of the file."""
ABOUT = {"declared", "record", "columns", "version", "cells"}
"""What a store says of the plan that it holds."""
NEW = "restore it, or start again with sco-flat sweep --new"


def _parsed(text: Any) -> Any:
    """What a text of JSON says; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _scalars(values: Iterable[Any]) -> bool:
    return all(value is None or isinstance(value, (str, int, float)) for value in values)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is found under a name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _opened(file: Any) -> tuple[int, int]:
    """Which file it is that was opened."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino


def _nothing_in(folder: Path) -> InputError:
    """Build the error for a place without a store."""
    if not os.path.lexists(folder):
        return InputError("folder", folder, "holds no sweep: there is no such folder", "give that of a sweep")
    if not os.path.isdir(folder):
        mend = "run sco-flat sweep on it first" if folder.suffix == ".toml" else "give the folder of one"
        return InputError("folder", folder, "holds no sweep: it is a file", mend)
    return InputError("folder", folder, f"holds no sweep ({NAME} is missing)", "run sco-flat sweep first")


class Store:
    """An open store; a context manager.

    Parameters
    ----------
    folder : Path
        Where the file is.
    create : bool
        Make folder and file if they are missing, and write. Without it nothing is changed, and a place where nothing
        can be written is good enough.
    whole : bool
        Look for damage of the file itself first, which reads all of it.

    Raises
    ------
    InputError
        For a folder that cannot be used, and for a file that is damaged or not a store.
    """

    def __init__(self, folder: str | Path, *, create: bool = False, whole: bool = True) -> None:
        self.folder, self.path = Path(folder), Path(folder) / NAME
        self._lock: Any = None
        self._files: dict[Path, tuple[int, int] | None] = {}
        self._settled = time.monotonic()
        self._create, self._stack = create, contextlib.ExitStack()
        try:
            fresh = not self.path.exists() or self.path.stat().st_size == 0
            if fresh and not create:
                raise _nothing_in(self.folder)
            if create:
                self.folder.mkdir(parents=True, exist_ok=True)
            self._connection = self._connected()
        except InputError:
            raise
        except (OSError, ValueError, sqlite3.Error) as error:  # ValueError: a name with a NUL
            self._stack.close()
            reason = getattr(error, "strerror", None) or str(error)
            mend = "choose a folder that you may write to" if create else "choose one that you may read"
            if os.path.isfile(folder):  # the method of a path raises for a name that is too long
                reason, mend = "it is a file, and a sweep fills a folder", "choose another name"
            raise InputError("folder", folder, f"cannot be used: {reason}", mend) from None
        try:
            self._connection.create_function("seal", -1, seal, deterministic=True)
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            with self.guarded():
                if fresh:
                    self._make()
                self._inspect(whole)
        except BaseException:
            self.close()
            raise

    def _connected(self) -> sqlite3.Connection:
        """Open the file; where nothing may be written, as it is, or a copy of it with its log."""
        log = self.path.with_name(f"{NAME}-wal")
        if self._create or (os.access(self.folder, os.W_OK) and os.access(self.path, os.W_OK)):
            return sqlite3.connect(self.path, isolation_level=None, timeout=30)
        if not log.exists() or log.stat().st_size == 0:
            return sqlite3.connect(f"{self.path.absolute().as_uri()}?immutable=1", isolation_level=None, uri=True)
        place = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sco-flat-")))
        before = None
        while before != (before := [(p.stat().st_size, p.stat().st_mtime_ns) for p in (self.path, log)]):
            for path in (self.path, log):
                shutil.copyfile(path, place / path.name)
        return sqlite3.connect(place / NAME, isolation_level=None, timeout=30)

    def _make(self) -> None:
        # one transaction: a kill leaves an empty file, which is as good as none
        marks = f"PRAGMA application_id = {MAGIC}; PRAGMA user_version = {FORMAT};"
        self._connection.executescript(f"BEGIN; {marks} {'; '.join(TABLES.values())}; COMMIT;")

    def _inspect(self, whole: bool) -> None:
        run = self._connection.execute
        if run("PRAGMA application_id").fetchone()[0] != MAGIC:
            raise InputError("folder", self.folder, f"its {NAME} is not the store of a sweep", "choose another folder")
        found = run("PRAGMA user_version").fetchone()[0]
        if found != FORMAT:
            what = "rows without checksums" if found == 1 else "rows that this version cannot read"
            mend = "sco-flat sweep --new sets it aside and starts again"
            raise InputError("folder", self.folder, f"its {NAME} has format {found}: {what}", mend)
        tables = dict(run("SELECT name, sql FROM sqlite_master").fetchall())
        sound = tables == TABLES and (not whole or run("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        if sound:
            names = {row[0] for row in run("SELECT name FROM about")}
            sound = names == ABOUT or not (names or run("SELECT COUNT(*) FROM cells").fetchone()[0])
        if not sound:
            raise self.damage()
        for read in (self.declared, self.record, self.version, self.columns, self.planned):
            read()  # refuses what is damaged
        if self._create:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = NORMAL")
            run(f"PRAGMA cache_size = -{CACHE}")

    def damage(self, what: str = "") -> InputError:
        """Build the error for a file that says what no run wrote."""
        return InputError("folder", self.folder, f"its {NAME} is damaged{what and f' ({what})'}", NEW)

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what SQLite says of full disks, missing rights and damaged files into errors for people."""
        try:
            yield
        except MemoryError:
            raise self.damage("a row of impossible size") from None
        except UnicodeDecodeError:  # of what SQLite wanted to say of a damaged schema
            raise self.damage() from None
        except sqlite3.Error as error:
            text = str(error)
            safe = "; rows so far are safe" if self._create or "readonly" in text else ""
            if "full" in text or "I/O" in text:
                limit, mend = f"cannot take more rows ({text}){safe}", "free space, then run it again"
                if not self._create:
                    limit, mend = f"cannot be read ({text})", NEW
            elif "readonly" in text or "unable to open" in text:
                limit, mend = f"cannot be written ({text}){safe}", "allow writing, then run it again"
            elif "locked" in text:
                limit, mend = "is in use by another run", "wait for it"
            else:
                limit, mend = f"its {NAME} is damaged or not a store ({text})", NEW
            raise InputError("folder", self.folder, limit, mend) from None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give up the right to write."""
        if self._lock is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._connection.close()
        self._stack.close()
        if self._lock is not None:
            with contextlib.suppress(OSError):
                if _identity(self.folder / RUNNING) == _opened(self._lock):
                    (self.folder / RUNNING).unlink()  # while the right is ours: see `claim`
            self._lock.close()

    def claim(self) -> None:
        """Become the only run that fills this store; the system gives the right back when the process ends.

        The file that is locked is removed at the end. Whoever opened it before waits for nothing by its lock, so that
        it counts only if it is still the one that is found under its name.
        """
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            return
        try:
            while self._lock is None:
                with contextlib.ExitStack() as stack:
                    lock = stack.enter_context((self.folder / RUNNING).open("w"))
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if _identity(self.folder / RUNNING) == _opened(lock):
                        self._lock = lock
                        stack.pop_all()  # it stays open
        except BlockingIOError:
            raise InputError("folder", self.folder, "is being filled by another run", "wait for it") from None
        except OSError as error:
            raise InputError(
                "folder", self.folder, f"cannot be written: {error.strerror}", "choose one that you may write to"
            ) from None

    def settle(self) -> None:
        """Move what the log holds into the main file, which then may be copied alone; see that both are still there.

        Raises
        ------
        InputError
            If a file was removed, moved or replaced: what is written goes where nobody finds it.
        """
        with self.guarded():
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._settled = time.monotonic()
        for path in (self.path, self.path.with_name(f"{NAME}-wal"), self.folder / RUNNING):
            found = _identity(path)
            if found != self._files.setdefault(path, found) or (path == self.path and found is None):
                limit = f"its {path.name} was removed, moved or replaced while the sweep ran, and rows are lost"
                raise InputError("folder", self.folder, limit, "put it back or leave it, then run the sweep again")

    def declared(self) -> dict[str, Any] | None:
        """Content of the sweep file that the store was filled from, in the words of today."""
        found: dict[str, Any] | None = self._about("declared", dict)
        plot = (found or {}).get("plot")
        if isinstance(plot, dict) and "where" in plot:  # so it was called when older stores were filled
            plot["only"] = plot.pop("where")
        return found

    def record(self) -> tuple[str, ...]:
        """What its rows hold."""
        return tuple(self._about("record", list) or ())

    def version(self) -> str:
        """Sources of its fresh rows."""
        return self._about("version", str) or ""

    def columns(self) -> list[str]:
        """Names of the columns that name a cell."""
        return self._about("columns", list) or []

    def planned(self) -> int:
        """Cells of the plan."""
        return self._about("cells", int) or 0

    def _about(self, name: str, kind: type) -> Any:
        """What the store says of its plan; None where it holds none."""
        with self.guarded():
            query = "SELECT value, sum = seal(CAST(name AS BLOB), CAST(value AS BLOB)) FROM about WHERE name = ?"
            row = self._connection.execute(query, (name,)).fetchone()
        if row is None:
            return None
        found = _parsed(row[0]) if row[1] else None
        parts = found if isinstance(found, list) else ()
        if not isinstance(found, kind) or not all(isinstance(part, str) for part in parts):
            raise self.damage(f"what it says of its {name}")
        return found

    def register(self, plan: Plan | Checks, *, retry: bool = False) -> None:
        """Enter the cells of a plan in its order; cells that are there keep their results.

        Parameters
        ----------
        plan : Plan or Checks
            What to run.
        retry : bool
            Run failed and damaged cells again.
        """
        version, old = work.version(), self.declared()
        known = deciding(old or {}), self.record(), self.version(), self.columns()
        same = not retry and known == (deciding(plan.declared), plan.record, version, plan.columns)
        if same and old == plan.declared:
            self.settle()
            return
        with self.guarded():
            run = self._connection.execute
            run("ATTACH '' AS planning")  # a file without a name, which is gone with its connection
            run("PRAGMA planning.page_size = 65536")  # fewer pages to begin than with the usual ones
            run("BEGIN IMMEDIATE")
            try:
                count = self.planned() if same else self._enter(plan, version, retry)
                about = {"declared": plan.declared, "record": plan.record, "columns": plan.columns}
                for name, value in (about | {"version": version, "cells": count}).items():
                    run(
                        "INSERT OR REPLACE INTO about VALUES (?1, ?2, seal(CAST(?1 AS BLOB), CAST(?2 AS BLOB)))",
                        (name, json.dumps(value)),
                    )
                run("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    run("ROLLBACK")
                raise
            finally:
                with contextlib.suppress(sqlite3.Error):
                    run("DETACH planning")
        self.settle()

    def _enter(self, plan: Plan | Checks, version: str, retry: bool) -> int:
        """Enter the cells of a plan; return how many there are.

        They go through a table of their own: so new ones are written in the order of their keys, which is that of the
        file, and a million takes seconds. A cell that is there keeps its result; a failed one waits again if more may
        be run than before.
        """
        run, count = self._connection.execute, 0
        if retry:
            run(f"DELETE FROM cells WHERE NOT {SOUND}")
        # damaged ones, too, which stay so: with a place they would be counted among the cells of this plan
        fresh = f"IIF({SOUND}, {sealed(place='NULL')}, sum)"
        run(f"UPDATE cells SET place = NULL, sum = {fresh} WHERE place IS NOT NULL")

        def entries() -> Iterator[tuple[bytes, int, str, str, bytes]]:
            nonlocal count
            for count, (labels, arguments) in enumerate(plan.texts(), 1):
                yield waiting(key_of(arguments, plan.record, version), count - 1, labels, arguments)

        run("CREATE TABLE planning.cells (key BLOB, place INTEGER, labels TEXT, arguments TEXT, sum BLOB)")
        self._connection.executemany("INSERT INTO planning.cells VALUES (?, ?, ?, ?, ?)", entries())
        given = {name: f"excluded.{name}" for name in ("place", "labels", "arguments")}
        again = f"status = {FAILED} AND (?1 OR arguments != excluded.arguments)"
        given |= {"status": f"IIF({again}, {WAITING}, status)", "message": f"IIF({again}, NULL, message)"}
        changes = ", ".join(f"{name} = {value}" for name, value in given.items())
        run(
            f"INSERT INTO cells SELECT key, place, labels, arguments, {WAITING}, NULL, NULL, NULL, sum "
            f"FROM planning.cells WHERE TRUE ORDER BY key "
            f"ON CONFLICT (key) DO UPDATE SET {changes}, sum = {sealed(**given)} WHERE {SOUND}",
            (retry,),
        )
        run(f"DELETE FROM cells WHERE place IS NULL AND status = {WAITING}")
        return count

    def counts(self, only: Sequence[Condition] = ()) -> Counts:
        """Cells by state; of some, those that are so by what names them: what a damaged one was nobody knows."""
        clause, given = filters.sql(only)
        with self.guarded():
            query = f"SELECT place IS NULL, status, COUNT(*) FROM cells WHERE {clause} AND {SOUND}"
            rows = self._connection.execute(f"{query} GROUP BY place IS NULL, status", given).fetchall()
        found = {(bool(out), status): count for out, status, count in rows}
        waiting, done, failed = (found.get((False, status), 0) for status in (WAITING, DONE, FAILED))
        beside = sum(count for (out, _), count in found.items() if out)
        return Counts(waiting, done, failed, beside, 0 if only else self.planned() - waiting - done - failed)

    def lost(self) -> list[int]:
        """Places in the plan whose rows are damaged or missing."""
        total = self.planned()
        with self.guarded():
            query = f"SELECT place FROM cells WHERE place IS NOT NULL AND {SOUND}"
            return sorted(set(range(total)) - {row[0] for row in self._connection.execute(query)})

    def waiting(self, only: Sequence[Condition] = ()) -> list[tuple[bytes, str]]:
        """Keys and arguments of the cells that wait and are so, in the order of the plan."""
        clause, given = filters.sql(only)
        with self.guarded():
            chosen = f"status = {WAITING} AND place IS NOT NULL AND {clause} AND {SOUND}"
            query = f"SELECT key, arguments FROM cells WHERE {chosen} ORDER BY place"
            return self._connection.execute(query, given).fetchall()

    def finished(self) -> set[bytes]:
        """Keys of all rows that hold a result or a failure."""
        with self.guarded():
            return {row[0] for row in self._connection.execute(f"SELECT key FROM cells WHERE status > 0 AND {SOUND}")}

    def finish(self, key: bytes, results: list[Any] | None, message: str, seconds: float) -> None:
        """Commit one row."""
        status, text = (FAILED, None) if results is None else (DONE, canonical(results))
        given = {"status": "?1", "result": "?2", "message": "?3", "microseconds": "?4"}
        changes = ", ".join(f"{name} = {value}" for name, value in given.items())
        with self.guarded():
            self._connection.execute(
                f"UPDATE cells SET {changes}, sum = {sealed(**given)} WHERE key = ?5",
                (status, text, message, round(1e6 * seconds), key),
            )
        if time.monotonic() - self._settled > EVERY:
            self.settle()

    def rows(
        self, status: int = DONE, only: Sequence[Condition] = ()
    ) -> Iterator[tuple[dict[str, Any], list[Any] | str]]:
        """Labels and results (messages of failed cells), in the order of the plan, one at a time.

        Parameters
        ----------
        status : {DONE, FAILED}
            Of the cells.
        only : sequence of Condition
            On the columns that name a cell; the others are skipped before their checksums are computed.

        Raises
        ------
        InputError
            For a row that somebody else wrote: its checksum is right, what it says is not.
        """
        column, width = "result" if status == DONE else "message", len(work.columns(self.record()))
        names = {*self.columns()}
        clause, given = filters.sql(only)
        with self.guarded():
            chosen = f"place IS NOT NULL AND status = {status} AND {clause} AND {SOUND}"
            query = f"SELECT labels, {column} FROM cells WHERE {chosen} ORDER BY place"
            for text, found in self._connection.execute(query, given):
                labels, results = _parsed(text), _parsed(found) if status == DONE else str(found)
                sound = isinstance(labels, dict) and names >= {*labels} and _scalars(labels.values())
                if status == DONE:
                    sound = sound and isinstance(results, list) and len(results) == width and _scalars(results)
                if not sound:
                    raise self.damage("a row that no run wrote")
                yield labels, results

    def blocks(self, only: tuple[str, list[Any]], size: int) -> Iterator[list[tuple[int, bytes, bytes, int]]]:
        """Place, labels, result and soundness of finished rows, so many at a time, in no order, as they stand.

        ``only`` is a condition in SQL with its parameters; rows of others are not even looked at.
        """
        with self.guarded():
            read = f"place, CAST(labels AS BLOB), CAST(result AS BLOB), {SOUND}"
            query = f"SELECT {read} FROM cells WHERE place IS NOT NULL AND status = {DONE} AND {only[0]}"
            found = self._connection.execute(query, only[1])
            while block := found.fetchmany(size):
                yield block

    def reasons(self) -> dict[str, int]:
        """Messages of the plan's failed cells, the most frequent first, and how many cells have each."""
        with self.guarded():
            query = (
                f"SELECT message, COUNT(*) FROM cells WHERE place IS NOT NULL AND status = ? AND {SOUND} "
                "GROUP BY message ORDER BY COUNT(*) DESC, MIN(place)"
            )
            return dict(self._connection.execute(query, (FAILED,)).fetchall())

    def select(self, query: str) -> Iterator[Any]:
        """Rows of a query in SQL, as they stand: no checksum is looked at."""
        with self.guarded():
            yield from self._connection.execute(query)

    def busy(self) -> bool:
        """Whether a run fills the store now."""
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            return False
        try:
            with (self.folder / RUNNING).open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # none was ever run here, or it may not be read
            return False
        return False
