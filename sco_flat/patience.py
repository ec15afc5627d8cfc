"""Nothing runs for ever in silence: long work shows its progress, and what would take too long asks first.

The time of a loop is foretold from its own first two seconds. Loops within loops count: the runs of a
leave-one-out measurement know how many of them there are. A command says how long it has been at work, where a loop is
and what is compiled: by bars on a terminal, in a line now and then elsewhere.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, TypeVar

from sco_flat.errors import InputError

LIMIT = 600.0
"""Seconds that may be ahead without being asked for."""
QUIET = 2.0
"""Seconds after which a loop says where it is, and is held against the limit."""
SILENT = 1.5
"""Seconds after which a command says that it is at work: nobody waits for two, in which Python has to start, too.

Compilation that took longer is worth a line at the end.
"""
BETWEEN = 10.0
"""Seconds between two signs of life where nobody looks at a terminal."""
USUAL = 80
"""Columns of a terminal that does not say how many it has."""
T = TypeVar("T")


class _State(threading.local):
    """How many times the innermost loop is run by the loops around it, and whether there is no limit."""

    def __init__(self) -> None:
        self.times, self.unlimited, self.large, self.shown = 1.0, False, False, False


_state = _State()
_bars: list[Watch] = []
"""The loops that are shown, by a bar or by `alive`."""


class _Compiled:
    """What this process compiles, how many kernels it has compiled, and in how many seconds; threads wait for it."""

    def __init__(self) -> None:
        self.now: list[tuple[str, Callable[[], int]]] = []
        self.count, self.seconds, self.since = 0, 0.0, 0.0
        self.lock = threading.Lock()


_compiled = _Compiled()


@contextmanager
def unlimited(*, silent: bool = False, memory: bool = True) -> Iterator[None]:
    """Within it, work may take as long and as much memory as it takes; what ``--yes`` says on the command line.

    Parameters
    ----------
    silent : bool
        Show no progress, for whoever shows it already.
    memory : bool
        More memory than is free may be asked for, too.

    Examples
    --------
    >>> import sco_flat
    >>> with sco_flat.patience.unlimited():
    ...     _ = sco_flat.run("sam-sharp", steps=16)
    """
    before = vars(_state).copy()
    _state.unlimited, _state.large, _state.shown = True, _state.large or memory, _state.shown or silent
    try:
        yield
    finally:
        vars(_state).update(before)


def may_take(what: str) -> bool:
    """Whether somebody said that there is no limit on "time" or "memory"."""
    return _state.large if what == "memory" else _state.unlimited


def carried(times: float) -> Callable[[], AbstractContextManager[None]]:
    """Return what takes the limits of this thread into others, which show no progress of their own.

    Parameters
    ----------
    times : float
        How many loops one after the other each of the threads will run, about.
    """
    here = vars(_state).copy() | {"times": _state.times * max(times, 1.0), "shown": True}

    @contextmanager
    def inside() -> Iterator[None]:
        before = vars(_state).copy()
        vars(_state).update(here)
        try:
            yield
        finally:
            vars(_state).update(before)

    return inside


class Watch:
    """The progress of one loop.

    Parameters
    ----------
    what : str
        What is counted, for people: "steps", "samples".
    total : int
        How many there are.
    times : float
        How many loops like it there are one after the other, about.
    """

    def __init__(self, what: str, total: int, times: float = 1.0) -> None:
        self.what, self.total = what, max(total, 1)
        self._times = _state.times * times
        self._began = time.monotonic()
        self._judged = False
        self._first: tuple[int, float] | None = None
        self._done = 0
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
        self._done = done
        if self not in _bars and not _state.shown and in_front():
            _state.shown = True
            _bars.append(self)
            if _redrawn(sys.stderr):
                from tqdm import tqdm

                self._bar = tqdm(total=self.total, unit=" " + self.what, file=sys.stderr, mininterval=1.0, leave=False)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self in _bars:
            _bars.remove(self)
            _state.shown = False
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def line(self) -> str:
        """Say where it is, ``120 of 1,000 steps``."""
        return f"{self._done:,} of {self.total:,} {self.what}"

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


def in_front() -> bool:
    """Whether this is where people look: workers and threads show nothing."""
    return multiprocessing.current_process().name == "MainProcess" and (
        threading.current_thread() is threading.main_thread()
    )


def track(values: Iterable[T], total: int, what: str, times: float = 1.0) -> Iterator[T]:
    """Hand out values one by one, watching how long each takes.

    Parameters
    ----------
    values : iterable
        What is worked through.
    total : int
        How many there are.
    what, times : str, float
        As for `Watch`.

    Yields
    ------
    object
        The values.
    """
    with Watch(what, total, times) as watch:
        times = _state.times
        try:
            for done, value in enumerate(values):
                watch.at(done)
                _state.times = times * (watch.total - done)
                yield value
        finally:
            _state.times = times


def clear() -> None:
    """Take away the bars that an error has left."""
    for watch in reversed(_bars.copy()):
        watch.close()


@contextmanager
def compiling(name: str, anew: Callable[[], int]) -> Iterator[None]:
    """Within it a kernel is compiled, or loaded: `alive` says so, and at its end how many took how long.

    Parameters
    ----------
    name : str
        The kernel, or those of a process beside this one.
    anew : callable
        Says how many are compiled: what is loaded, or of which nothing is known yet, is not spoken of.
    """
    found, entry = _compiled, (name, anew)
    with found.lock:
        found.since = found.since if found.now else time.monotonic()
        found.now.append(entry)
    try:
        yield
        found.count += anew()
    finally:
        with found.lock:
            found.now.remove(entry)
            found.seconds += 0.0 if found.now else time.monotonic() - found.since


def compiled() -> float:
    """Return the seconds that this process has spent on compilation, or on waiting for it."""
    return _compiled.seconds


def _why() -> str:
    """What a command is busy with: the first kernel that is compiled, or the loop that is shown."""
    for name, anew in _compiled.now[:1]:
        if anew():
            return f", compiling {name}, which later runs need not"
    return "".join(f", {watch.line()}" for watch in _bars[:1])


@contextmanager
def alive(what: str) -> Iterator[None]:
    """Say on stderr how long it takes, after `SILENT` seconds; then each second on a terminal, else every `BETWEEN`.

    While a bar shows the progress of a loop, only its clock is kept going. At the end it says how long compilation
    took.

    Parameters
    ----------
    what : str
        What is done.
    """
    done, began, before = threading.Event(), time.monotonic(), (_compiled.count, _compiled.seconds)
    stream = sys.stderr
    often = stream is not None and not stream.closed and stream.isatty()

    def tell() -> None:
        said = ""
        if done.wait(SILENT):
            return
        while True:
            bars = _drawn()
            for bar in bars:
                with suppress(OSError, ValueError):
                    bar.refresh()  # a bar would stand still in a long turn of its loop
            if not bars:
                text = f"{what}: {time.monotonic() - began:,.0f} s{_why()}"
                said = text[: _width(stream) - 1].ljust(len(said)) if often else text
                _write(stream, f"\r{said}" if often else f"{said}\n")
            if done.wait(1.0 if often else BETWEEN):
                break
        if said and often:
            _write(stream, "\r" + " " * len(said) + "\r")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        clear()
        teller.join(1.0)
        count, seconds = _compiled.count - before[0], _compiled.seconds - before[1]
        if count and seconds >= SILENT:
            kernels = f"{count} kernel{'s' * (count > 1)}"
            _write(stream, f"{what}: {kernels} compiled in {duration(seconds)}, which later runs need not\n")


def _drawn() -> list[Any]:
    """The bars that are shown, of these loops and others."""
    shown = sys.modules.get("tqdm")
    return list(getattr(getattr(shown, "tqdm", None), "_instances", ()))  # it may be half imported by another thread


def _redrawn(stream: Any) -> bool:
    """Whether a line can be written over: on a terminal, and in a notebook."""
    return stream is not None and (stream.isatty() or type(stream).__module__.startswith("ipykernel"))


def _width(stream: Any) -> int:
    """Columns of the terminal behind a stream: a longer line could not be written over."""
    with suppress(OSError, ValueError):  # no terminal, or one that has no size
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    return USUAL


def _write(stream: Any, text: str) -> None:
    with suppress(OSError, ValueError):
        stream.write(text)
        stream.flush()


def duration(seconds: float) -> str:
    """``40 s``, ``3 min``, ``5 h``, ``2 days``, ``3 years``."""
    for unit, size in (("years", 365 * 86400.0), ("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"
