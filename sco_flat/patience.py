"""Nothing runs for ever in silence: long work shows its progress, and what would take too long asks first.

The time of a loop is foretold from its own first two seconds. Loops within loops count: the runs of a
leave-one-out measurement know how many of them there are.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sco_flat.errors import InputError

LIMIT = 600.0
"""Seconds that may be ahead without being asked for."""
QUIET = 2.0
"""Seconds after which a loop says where it is, and is held against the limit."""
T = TypeVar("T")


class _State(threading.local):
    """How many times the innermost loop is run by the loops around it, and whether there is no limit."""

    def __init__(self) -> None:
        self.times, self.unlimited, self.shown = 1.0, False, False


_state = _State()


@contextmanager
def unlimited(*, silent: bool = False) -> Iterator[None]:
    """Within it, work may take as long as it takes; what ``--yes`` says on the command line.

    Parameters
    ----------
    silent : bool
        Show no progress, for whoever shows it already.

    Examples
    --------
    >>> import sco_flat
    >>> with sco_flat.patience.unlimited():
    ...     _ = sco_flat.run("sam-sharp", steps=16)
    """
    before = _state.unlimited, _state.shown
    _state.unlimited, _state.shown = True, before[1] or silent
    try:
        yield
    finally:
        _state.unlimited, _state.shown = before


class Watch:
    """The progress of one loop.

    Parameters
    ----------
    what : str
        What is counted, for people: "steps", "samples".
    total : int
        How many there are.
    """

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total = what, max(total, 1)
        self._times = _state.times
        self._began = time.monotonic()
        self._judged = False
        self._first: tuple[int, float] | None = None
        self._bar: Any = None

    def at(self, done: int) -> None:
        """Say that so many are done.

        Raises
        ------
        InputError
            If after `QUIET` seconds more than `LIMIT` are ahead, and nobody said `unlimited`.
        """
        now = time.monotonic()
        if self._first is None and done > 0:
            self._first = done, now  # what comes before may be compilation
        if now - self._began < QUIET or done <= 0:
            return
        begun, since = self._first or (done, now)
        if not self._judged and done > begun:
            self._judged = True
            whole = (now - since) / (done - begun) * self.total * self._times
            if whole > LIMIT and not _state.unlimited:
                _refuse(self.what, self.total, whole, self._times)
        if self._bar is None and not _state.shown and _in_front():
            from tqdm import tqdm

            _state.shown = True
            self._bar = tqdm(total=self.total, unit=" " + self.what, file=sys.stderr, mininterval=1.0, leave=False)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar, _state.shown = None, False

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ahead(what: str, total: int, seconds: float) -> None:
    """Ask first, before a loop of which the time is known from one turn.

    Parameters
    ----------
    what, total : str, int
        As for `Watch`.
    seconds : float
        What all of it takes, about.

    Raises
    ------
    InputError
        If that is more than `LIMIT`, and nobody said `unlimited`.
    """
    if seconds * _state.times > LIMIT and not _state.unlimited:
        _refuse(what, total, seconds * _state.times, _state.times)


def _refuse(what: str, total: int, seconds: float, times: float) -> None:
    often = f", {times:,.0f} times over," if times > 1 else ""
    raise InputError(
        what, f"{total:,}", f"takes{often} about {duration(seconds)} here ({duration(LIMIT)} without asking)",
        "make it smaller, or say --yes (in Python: sco_flat.patience.unlimited())",
    )  # fmt: skip


def _in_front() -> bool:
    """Whether this is where people look: workers and threads show nothing."""
    return multiprocessing.current_process().name == "MainProcess" and (
        threading.current_thread() is threading.main_thread()
    )


def track(values: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Hand out values one by one, watching how long each takes.

    Parameters
    ----------
    values : iterable
        What is worked through.
    total : int
        How many there are.
    what : str
        As for `Watch`.

    Yields
    ------
    object
        The values.
    """
    with Watch(what, total) as watch:
        times = _state.times
        try:
            for done, value in enumerate(values):
                watch.at(done)
                _state.times = times * (watch.total - done)
                yield value
        finally:
            _state.times = times


def duration(seconds: float) -> str:
    """``40 s``, ``3 min``, ``5 h``, ``2 days``, ``3 years``."""
    for unit, size in (("years", 365 * 86400.0), ("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"
