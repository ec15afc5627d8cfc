"""Long runs that several parts of a report look at: made once while the report is made.

A statement, a figure and the table of all works may read the same run, each in a process of its own. While a folder is
named, what a run returned is kept there, under its function and all of its arguments; without one nothing is kept.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import io
import os
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_FOLDERS: list[Path] = []


def within(folder: Path, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function; what it and others in this folder `share` is made once.

    Parameters
    ----------
    folder : Path
        That nobody else can write to, since what lies there is believed. It is left as it is.
    call : callable
        With the arguments that follow.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> @shared
    ... def square(x):
    ...     print("made")
    ...     return x * x
    >>> with tempfile.TemporaryDirectory() as name:
    ...     within(Path(name), square, 3), within(Path(name), square, 3)
    made
    (9, 9)
    """
    _FOLDERS.append(folder)
    try:
        return call(*args, **kwargs)
    finally:
        _FOLDERS.pop()


def carried(call: Callable[P, R]) -> Callable[P, R]:
    """Return the call for another process, within the folder of this one if there is one."""
    return functools.partial(within, _FOLDERS[-1], call) if _FOLDERS else call


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """Declare a function whose result follows from its arguments alone, and may be made by another process."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _FOLDERS:
            return function(*args, **kwargs)
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()  # given or not is the same
        kept = _FOLDERS[-1] / _name((function.__module__, function.__qualname__, *bound.arguments.items()))
        if kept.exists():
            known: R = pickle.loads(kept.read_bytes())
            return known
        found = function(*args, **kwargs)
        with contextlib.suppress(OSError):  # a full disk: the next one makes it again
            _keep(kept, pickle.dumps(found))
        return found

    return wrapper


class _Asked(pickle.Pickler):
    """Records are their fields: what else they hold follows from these."""

    def reducer_override(self, value: Any) -> Any:
        """See `pickle.Pickler`."""
        if not is_dataclass(value) or isinstance(value, type):
            return NotImplemented
        return type(value), tuple(getattr(value, f.name) for f in fields(value))


def _name(asked: tuple[Any, ...]) -> str:
    """A file name for a call: equal ones may get two, and are made twice; others never share one."""
    stream = io.BytesIO()
    _Asked(stream).dump(asked)
    return hashlib.sha256(stream.getvalue()).hexdigest()


def _keep(path: Path, content: bytes) -> None:
    """Write a file that is whole whenever it is seen."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
