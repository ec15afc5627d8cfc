"""Colours of verdicts, on the command line alone: results in Python, files and pipes get plain words."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

GREEN, RED, YELLOW, GREY = "32", "1;31", "33", "2"
COLOURS = {
    "ok": GREEN, "holds": GREEN, "proved": GREEN, "FAILS": RED, "fails": RED, "?": YELLOW, "undecided": YELLOW,
    "-": GREY, "not applicable": GREY,
}  # fmt: skip
"""Of the words by which a verdict is shown."""
_WORD = re.compile(rf"({'|'.join(map(re.escape, COLOURS))})(?![\w-])")
_wanted: ContextVar[bool] = ContextVar("wanted", default=False)


def can_colour() -> bool:
    """Whether stdout shows colours: a terminal does, unless it is dumb; ``FORCE_COLOR`` says yes, ``NO_COLOR`` no.

    Where both are set, it is no.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def coloured() -> Iterator[None]:
    """Within it, verdicts have colours where stdout shows them."""
    before = _wanted.set(can_colour())
    try:
        yield
    finally:
        _wanted.reset(before)


def painted(text: str) -> str:
    """Give the verdict with which a text begins its colour, where colours are wanted."""
    found = _WORD.match(text) if _wanted.get() else None
    if found is None:
        return text
    word = found[1]
    return f"\x1b[{COLOURS[word]}m{word}\x1b[0m{text[found.end() :]}"


def seen(text: str) -> int:
    """Columns that a text takes: colours take none."""
    return len(re.sub(r"\x1b\[[\d;]*m", "", text))
