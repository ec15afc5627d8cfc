"""Scripts that become pages: each is run, its figures get a name, and links between scripts become links of pages."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import nbformat

KERNELS = 2
"""Scripts that run at the same time."""
PATIENT = "import sco_flat\n_patient = sco_flat.patience.unlimited(silent=True)\n_patient.__enter__()"
"""Runs before each: a machine that does something else, too, is no reason to refuse a run."""


@dataclass(frozen=True)
class Figure:
    """A figure of a lecture.

    Attributes
    ----------
    label : str
        Where links to it end.
    question : str
        What the lecture asks about it.
    png : bytes
        The picture.
    """

    label: str
    question: str
    png: bytes


@dataclass(frozen=True)
class Lecture:
    """A script with its results.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    title : str
        Its first heading.
    notebook : NotebookNode
        All cells, run.
    figures : list of Figure
        In their order.
    """

    name: str
    title: str
    notebook: Any
    figures: list[Figure] = field(default_factory=list)


def run(scripts: Iterable[Path], kept: Path, package: Path) -> list[Lecture]:
    """Run scripts, two at a time; one that is known to give the same as before is not run again.

    Parameters
    ----------
    scripts : iterable of Path
        Percent scripts.
    kept : Path
        A folder for the results.
    package : Path
        What they import; a change there runs all of them again.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell of one fails.
    """
    kept.mkdir(parents=True, exist_ok=True)
    source = digest(package)

    def one(script: Path) -> Lecture:
        stamp = hashlib.sha256(source + script.read_bytes()).hexdigest()[:16]
        file = kept / f"{script.stem}-{stamp}.ipynb"
        if not file.exists():
            print(f"running {script.name}", file=sys.stderr, flush=True)
            for old in kept.glob(f"{script.stem}-*.ipynb"):
                old.unlink()
            notebook = jupytext.read(script)
            notebook.cells.insert(0, nbformat.v4.new_code_cell(PATIENT))
            nbclient.NotebookClient(
                notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": str(script.parent)}}
            ).execute()
            del notebook.cells[0]
            nbformat.write(notebook, file)
        return _named(script.stem, nbformat.read(file, as_version=4))

    with ThreadPoolExecutor(KERNELS) as pool:
        return list(pool.map(one, scripts))


def digest(package: Path) -> bytes:
    """Return the hash of what the package consists of: where it changes, all is run again."""
    source = hashlib.sha256()
    for path in sorted(p for p in package.rglob("*") if p.suffix in (".py", ".js", ".html", ".css")):
        source.update(path.read_bytes())
    return source.digest()


def readable(text: str) -> str:
    r"""Let links to scripts end at their pages, and lay out formulas so that no line of one begins a list.

    Examples
    --------
    >>> readable("See [this](6_the_valley.py): $$a\n+ b .$$ Then $|c\n- d|$.")
    'See [this](6_the_valley.ipynb):\n\n$$\na\n+ b .\n$$\n\nThen $|c - d|$.'
    """
    text = re.sub(r"\]\((\w+)\.py(#[\w-]+)?\)", r"](\1.ipynb\2)", text)
    return re.sub(r"\s*\$\$\s*(.+?)\s*\$\$\s*|\$[^$]+\$", _laid_out, text, flags=re.DOTALL)


def _laid_out(formula: re.Match[str]) -> str:
    """A displayed formula alone, another one in one line."""
    return f"\n\n$$\n{formula[1]}\n$$\n\n" if formula[1] else formula[0].replace("\n", " ")


def _named(name: str, notebook: Any) -> Lecture:
    """Put a place for links before every figure, and say for those who do not see it what it is."""
    title = next(c.source for c in notebook.cells if c.cell_type == "markdown").partition("\n")[0].removeprefix("# ")
    found = Lecture(name, title, notebook)
    cells = []
    for k, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            cell.source = readable(cell.source)
        for output in (o for o in cell.get("outputs", []) if "text/markdown" in o.get("data", {})):
            output["data"]["text/markdown"] = readable(output["data"]["text/markdown"])
        shown = [o["data"]["image/png"] for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
        if shown:
            label = f"figure-{name.partition('_')[0]}-{len(found.figures) + 1}"
            question = _question(notebook.cells[k + 1 :])
            found.figures.append(Figure(label, question, base64.b64decode(shown[0])))
            cells.append(nbformat.v4.new_markdown_cell(f"({label})="))
            alt = f"Figure {len(found.figures)} of {title}"
            cell.metadata["mystnb"] = {"image": {"alt": alt}}
        cells.append(cell)
    notebook.cells = cells
    return found


def _question(cells: list[Any]) -> str:
    """The question that follows a figure."""
    text = cells[0].source if cells else ""
    return " ".join(text.removeprefix("**Question.**").split()) if text.startswith("**Question.**") else ""
