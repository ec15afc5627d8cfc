"""What reaches the terminal or a file: in the letters that it has, and without a word where nobody reads on."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import sys
import unicodedata
import warnings
from collections.abc import Iterator

from sco_flat.errors import one_line

SPELLED = {
    "½": "1/2", "¼": "1/4", "≤": "<=", "≥": ">=", "±": "+-", "×": "x", "−": "-", "–": "-", "√": "sqrt",
    "“": '"', "”": '"', "’": "'", "…": "...", "·": "*",
}  # fmt: skip


def ascii_of(letter: str) -> str:
    """Spell a letter in ASCII: ``^2`` for a raised two, ``eta`` for the Greek letter, otherwise a code."""
    if letter in SPELLED:
        return SPELLED[letter]
    for case, change in (("SMALL", str.lower), ("CAPITAL", str.title)):
        _, greek, name = unicodedata.name(letter, "").partition(f"GREEK {case} LETTER ")
        if greek and name.isalpha():
            return change(name)
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
    if not plain:
        return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
    raised = unicodedata.decomposition(letter).startswith("<super>")
    return f"^{plain}" if raised else plain


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(ascii_of, error.object[error.start : error.end])), error.end


HANDLER = "sco_flat.spelled"
codecs.register_error(HANDLER, _spell)


@contextlib.contextmanager
def fitting() -> Iterator[None]:
    """Write what the encoding of stdout and stderr lacks in ASCII, inside this context."""
    changed = []
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.closed:
            changed.append((stream, stream.errors))
            stream.reconfigure(errors=HANDLER)
    try:
        yield
    finally:
        for stream, before in changed:
            with contextlib.suppress(OSError, ValueError):  # closed, or what it still holds has no place to go
                stream.reconfigure(errors=before)


@contextlib.contextmanager
def no_window() -> Iterator[None]:
    """Keep matplotlib from the backend of another environment, which it would refuse to load without."""
    before = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "agg"
    try:
        yield
    finally:
        if before is None:
            del os.environ["MPLBACKEND"]
        else:
            os.environ["MPLBACKEND"] = before


@contextlib.contextmanager
def short_warnings() -> Iterator[None]:
    """Show a warning of a library as one line.

    None of its arithmetic: what overflows is seen in the numbers. None that speaks to programmers: who runs a
    command cannot mend a name that one library uses of another.
    """

    def show(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
        if not issubclass(category, (RuntimeWarning, DeprecationWarning)):
            complain(f"note: {' '.join(str(message).split())}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def complain(text: str) -> None:
    """Print one line on stderr, if anybody listens."""
    with contextlib.suppress(OSError, ValueError):
        print(f"sco-flat: {one_line(text)}", file=sys.stderr, flush=True)


def lost() -> Exception | None:
    """Why stdout does not take what it was given; None where it does."""
    try:
        if sys.stdout is not None:  # it is None where it was closed before the start
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        return error
    return None


def unread() -> bool:
    """Whether stdout is a pipe that nobody reads any more."""
    try:
        found = select.poll()
        found.register(sys.stdout.fileno(), 0)
        return bool(found.poll(0))
    except (AttributeError, OSError, ValueError):  # no such call on this system, or no file behind stdout
        return lost() is not None


def let_go() -> None:
    """Send what stdout still holds to nowhere: Python would fail on it once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
