"""What the book adds to Sphinx: formulas as MathML, and docstrings as the package writes them."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

LOG = logging.getLogger(__name__)
SPELLINGS = ((r"\\dots\b", r"\\ldots"), (r"\\(big|Big)(?![lr])\b", r"\\\1l"))
"""LaTeX that the converter does not know, and the same in what it knows."""
LITERAL = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[A-Za-z])([^*|`]*?[\w.,:)])\*(?![\w*])")
ITEM = re.compile(r"\s*(-|\*|\d+\.) ")
SPECIAL = re.compile(r"(?<!\\)(\*|\||(?<=[\w\])])_(?!\w))")


def mathml(tex: str, *, block: bool) -> str:
    """Return a formula as MathML, which browsers draw by themselves.

    Raises
    ------
    docutils.utils.math.MathError
        For LaTeX that cannot be read.
    """
    for theirs, known in SPELLINGS:
        tex = re.sub(theirs, known, tex)
    try:
        return str(tex2mathml(tex, as_block=block))
    except AttributeError as error:  # so the converter takes an unbalanced brace
        raise MathError("unbalanced") from error


def plain(text: str) -> str:
    r"""Return a docstring as reStructuredText: a star or a bar is nothing but itself, what is set in keeps its lines.

    Examples
    --------
    >>> plain("*Best.* w* has |w*| = 1, see ``|w*|`` and [r - rho]_+")
    '*Best.* w\\* has \\|w\\*\\| = 1, see ``|w*|`` and [r - rho]\\_+'
    >>> plain("so that\n\n    |a|  =  |b|\n\nholds")
    'so that\n\n::\n\n    |a|  =  |b|\n\nholds'
    """
    done: list[str] = []
    prose: list[str] = []
    kept = -1  # how far the text before what is set in is indented, while in it
    lines = text.split("\n")
    for k, line in enumerate(lines):
        deep = len(line) - len(line.lstrip())
        if kept >= 0 and (not line.strip() or deep > kept):
            done.append(line)
            continue
        kept = -1
        before = next((other for other in reversed(lines[:k]) if other.strip()), "")
        above = len(before) - len(before.lstrip())
        set_in = k > 0 and line.strip() and not lines[k - 1].strip() and deep > above
        if line.lstrip().startswith(">>>") or (set_in and not ITEM.match(before)):
            done += [_escaped(prose), *([] if line.lstrip().startswith(">>>") else [" " * above + "::", ""]), line]
            prose, kept = [], above if set_in else deep - 1
            continue
        prose.append(line)
    return "\n".join([*done, _escaped(prose)] if prose else done)


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
    return "".join([*kept, SPECIAL.sub(r"\\\1", text[at:])])


def _docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = plain("\n".join(lines)).split("\n")


def _drawn(node: nodes.Element, *, block: bool) -> str:
    try:
        return mathml(node.astext(), block=block)
    except MathError as error:
        LOG.warning("formula %r: %s", node.astext(), error, location=node)
        return ""


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(_drawn(node, block=False))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_drawn(node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register both."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("autodoc-process-docstring", _docstring, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
