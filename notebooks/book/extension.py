"""What the book adds to Sphinx: formulas as MathML, and docstrings as the package writes them."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from rst import plain, rubrics
from sphinx.util import logging

LOG = logging.getLogger(__name__)
GROUP = r"(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})"
"""Braces, with two levels of braces in them."""
SPELLINGS = (
    (rf"(\\underbrace){GROUP}_{GROUP}", r"\\underset\3{\1\2}"),
    (r"\\dots\b", r"\\ldots"),
    (r"\\[bB]ig ?(?=[(\[]|\\\{)|(?<!left)(?=\\\{)", r"\\left"),
    (r"\\[bB]ig ?(?=[)\]]|\\\})|(?<!right)(?=\\\})", r"\\right"),
    (r"\\([td]?frac)\s*(\d)(\d|[a-z])", r"\\\1{\2}{\3}"),
)
"""LaTeX that the converter does not know or takes for something else, and the same in what it knows."""
BAR = '<mo stretchy="false">|</mo>'
MISREAD = re.compile(r"([_^]|\\sqrt ?|frac ?)\d\d")
"""The first digit alone is meant in LaTeX; the converter takes both."""
BRACE = re.compile(r"(?<!\\)[{}]")


def mathml(tex: str, *, block: bool) -> str:
    """Return a formula as MathML, which browsers draw by themselves.

    Raises
    ------
    docutils.utils.math.MathError
        For LaTeX that cannot be read.
    """
    for theirs, known in SPELLINGS:
        tex = re.sub(theirs, known, tex)
    if MISREAD.search(tex):
        raise MathError("write braces around the digits")
    if BRACE.findall(tex).count("{") != BRACE.findall(tex).count("}"):
        raise MathError("a brace is open")
    found = str(tex2mathml(tex, as_block=block))
    return found.replace(BAR, BAR.replace(">|", ' lspace="0" rspace="0">|'))


def _docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    text = plain("\n".join(lines))
    lines[:] = (rubrics(text) if what == "module" else text).split("\n")


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
    translator.body.append(f'<div class="math" tabindex="0">{_drawn(node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Register both."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("autodoc-process-docstring", _docstring, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
