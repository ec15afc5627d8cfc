"""Pieces of reStructuredText, for the pages that are made."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from extension import plain

UNDERLINES = set("-=~^\"")


def heading(text: str, line: str = "=") -> str:
    """Return a title; ``line`` says of which level."""
    return f"{text}\n{line * (2 * len(text))}\n"  # some signs are two columns wide


def label(name: str) -> str:
    """Return what links end at."""
    return f".. _{name}:\n"


def literal(text: str, language: str = "text") -> str:
    """Return a block of code."""
    return f".. code-block:: {language}\n\n{indented(text)}\n"


def indented(text: str, by: int = 3) -> str:
    """Return a text moved to the right."""
    return "\n".join(" " * by + line if line.strip() else "" for line in text.split("\n"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        for k, cell in enumerate(row):
            lines.append(f"   {'* -' if k == 0 else '  -'} {indented(cell or ' ', 7).lstrip()}")
    return "\n".join(lines) + "\n"


def bullets(items: Iterable[str]) -> str:
    """Return a list; items are reStructuredText."""
    return "\n".join(f"- {indented(item, 2).lstrip()}" for item in items) + "\n"


def tree(pages: Iterable[str], depth: int = 1, *, hidden: bool = False) -> str:
    """Return a table of contents."""
    options = f"   :maxdepth: {depth}\n" + ("   :hidden:\n" if hidden else "")
    return f".. toctree::\n{options}\n" + "".join(f"   {page}\n" for page in pages)


def docstring(thing: Any, *, summary: bool = True) -> str:
    """Return the docstring of a module, class or function; its headings do not enter the table of contents.

    Parameters
    ----------
    thing : object
        Which has one; without any the text is empty.
    summary : bool
        Whether the first paragraph is in it.
    """
    text = inspect.getdoc(thing) or ""
    if not summary:
        text = text.partition("\n\n")[2]
    lines = plain(text).split("\n")
    kept: list[str] = []
    for line in lines:
        ruled = line and set(line) <= UNDERLINES and len(set(line)) == 1 and len(line) > 2
        if ruled and kept and kept[-1].strip():
            kept[-1:] = [f".. rubric:: {kept[-1]}", ""]
        else:
            kept.append(line)
    return "\n".join(kept).strip() + "\n"
