"""The log of one run of a sweep, a file of a few lines beside the store: what ran, when and where, and what failed.

It names no path. It is written line by line, so that a kill leaves what was known.
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
import platform
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TextIO

from sco_flat import __version__
from sco_flat.errors import InputError, one_line
from sco_flat.sweeps.progress import elapsed
from sco_flat.sweeps.rows import Counts

NAMES = "run-*.log"
MOST = 200
"""Failures that are told one by one; the end counts all."""


class Log:
    """A log, as a context manager that writes how the run ended.

    Parameters
    ----------
    folder : path
        Of the store; the file is the first ``run-1.log``, ``run-2.log``, ... that is free.
    sources : str
        Of the results.
    how : mapping
        What the run was told, for people; what is empty is left out.

    Raises
    ------
    InputError
        If it cannot be written.
    """

    def __init__(self, folder: Path, sources: str, how: dict[str, str]) -> None:
        self._folder, self._began = folder, _now()
        self._failed: Counter[str] = Counter()
        self._counts: Counts | None = None
        self._file = self._free()
        cores = os.cpu_count() or 1
        self._write(f"began    {self._began:%Y-%m-%d %H:%M:%S} UTC")
        self._write(f"package  sco_flat {__version__}, sources {sources}, Python {platform.python_version()}")
        self._write(f"host     {platform.node()}, {platform.system()} {platform.machine()}, {cores} cores")
        for name, text in how.items():
            if text:
                self._write(f"{name:8} {text}")

    def _free(self) -> TextIO:
        for k in itertools.count(1):
            try:
                return (self._folder / NAMES.replace("*", str(k))).open("x", encoding="utf-8")
            except FileExistsError:
                continue
            except OSError as error:
                raise self._refused(error) from None
        raise AssertionError

    def _refused(self, error: OSError) -> InputError:
        limit = f"its log cannot be written: {error.strerror}"
        return InputError("folder", self._folder, limit, "free space or rights, then run it again")

    def _write(self, line: str) -> None:
        try:
            self._file.write(f"{one_line(line, 4000)}\n")
            self._file.flush()
        except OSError as error:
            raise self._refused(error) from None

    def failed(self, arguments: str, message: str) -> None:
        """Note a cell that failed."""
        self._failed[message] += 1
        if self._failed.total() <= MOST:
            numbers = ", ".join(f"{name} = {value}" for name, value in json.loads(arguments).items())
            self._write(f"failed   {message} [{numbers}]")

    def ended(self, counts: Counts) -> None:
        """Note that the run went through, and what there is now."""
        self._counts = counts

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        took = elapsed((_now() - self._began).total_seconds())
        try:
            for message, count in self._failed.most_common():
                self._write(f"{count:>8} failed: {message}")
            if self._counts is not None:
                c = self._counts
                self._write(f"cells    {c.done} done, {c.failed} failed, {c.waiting} wait, {c.damaged} damaged")
            how = "ended  " if kind is None else "stopped"
            why = "" if kind is None else f" by {kind.__name__}"  # its text may name a path
            self._write(f"{how}  {_now():%Y-%m-%d %H:%M:%S} UTC{why}, after {took}")
        except InputError:
            if kind is None:
                raise
        finally:
            self._file.close()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
