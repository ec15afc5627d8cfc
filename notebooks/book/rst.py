"""Pieces of reStructuredText, for the pages that are made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

UNDERLINES = set('-=~^"')
LITERAL = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[A-Za-z])([^*|`]*?[\w.,:)])\*(?![\w*])")
ITEM = re.compile(r"\s*(-|\*|\d+\.) ")
SPECIAL = re.compile(r"(?<!\\)(\*(?! )|\||(?<=[\w\])])_(?!\w))")
INITIAL = re.compile(r"^(\s*[A-Z])\. ", re.MULTILINE)


def plain(text: str) -> str:
    r"""Return a docstring as reStructuredText: a star or a bar is nothing but itself, what is set in keeps its lines.

    Examples
    --------
    >>> plain("*Best.* w* has |w*| = 1, see ``|w*|`` and [r - rho]_+")
    '*Best.* w* has \\|w\\*\\| = 1, see ``|w*|`` and [r - rho]\\_+'
    >>> plain("so that\n\n    |a|  =  |b|\n\nholds")
    'so that\n\n::\n\n    |a|  =  |b|\n\nholds'
    """
    lines, done, prose = text.split("\n"), [], []
    k = 0
    while k < len(lines):
        end, mark = _as_it_is(lines, k)
        if end == k:
            prose.append(lines[k])
            k += 1
            continue
        done += ([_escaped(prose)] if prose else []) + mark + lines[k:end]
        prose, k = [], end
    return "\n".join(done + ([_escaped(prose)] if prose else []))


def _as_it_is(lines: list[str], k: int) -> tuple[int, list[str]]:
    """Where a block ends that begins in line k and keeps its lines (k if none does), and what must stand before it."""
    rest = range(k + 1, len(lines))
    if lines[k].lstrip().startswith(">>>"):
        return next((j for j in rest if not lines[j].strip()), len(lines)), []
    before = next((line for line in reversed(lines[:k]) if line.strip()), "")
    above = _depth(before)
    if k == 0 or not lines[k].strip() or lines[k - 1].strip() or _depth(lines[k]) <= above or ITEM.match(before):
        return k, []
    end = next((j for j in rest if lines[j].strip() and _depth(lines[j]) <= above), len(lines))
    return end, [" " * above + "::", ""]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _escaped(lines: list[str]) -> str:
    parts = LITERAL.split("\n".join(lines))
    return "".join(_literal(part) if k % 2 else _prose(part) for k, part in enumerate(parts))


def _literal(text: str) -> str:
    """A link, where a name is written out in full; letters of a fixed width elsewhere."""
    return text if text.startswith(("``", "`sco_flat.")) else f"`{text}`"


def _prose(text: str) -> str:
    kept: list[str] = []
    at = 0
    for found in EMPHASIS.finditer(text):
        kept += [SPECIAL.sub(r"\\\1", text[at : found.start()]), found.group()]
        at = found.end()
    return INITIAL.sub(r"\1\\. ", "".join([*kept, SPECIAL.sub(r"\\\1", text[at:])]))


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
    return rubrics(plain(text)).strip() + "\n"


def rubrics(text: str) -> str:
    """Return a text whose headings are no sections of the page."""
    kept: list[str] = []
    for line in text.split("\n"):
        ruled = len(line) > 2 and set(line) <= UNDERLINES and len(set(line)) == 1
        if ruled and kept and kept[-1].strip():
            kept[-1:] = [f".. rubric:: {kept[-1]}", ""]
        else:
            kept.append(line)
    return "\n".join(kept)
