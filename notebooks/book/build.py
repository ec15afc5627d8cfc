"""Build the book: run the lectures, write the pages that are made, let Sphinx render all, follow every link inside.

``python notebooks/book/build.py OUT`` makes ``OUT/html/index.html``. Nothing is fetched from anywhere, and a lecture is
run again only where it or the package has changed. The exit code is 0 if there was no warning, no dead link and no
formula left as text.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

import faults
import gallery
import lectures
import nbformat
import reference
import theory
from sphinx.cmd.build import build_main

BOOK = Path(__file__).resolve().parent
NOTEBOOKS = BOOK.parent
ROOT = NOTEBOOKS.parent
PICTURES = ("flattest.png", "scenarios.png")
"""Of the pages about works."""


def sources(kept: Path) -> dict[str, bytes]:
    """Return everything that Sphinx reads, by its path in the book."""
    found = {str(p.relative_to(BOOK)): placed(p.read_text()).encode() for p in BOOK.rglob("*.md")}
    found |= {f"works/{name}": (ROOT / "experiments" / name).read_bytes() for name in PICTURES}
    package = ROOT / "sco_flat"
    talks = lectures.run(numbered(), kept, package)
    for lecture in talks:
        found[f"lectures/{lecture.name}.ipynb"] = nbformat.writes(lecture.notebook).encode()
    for lecture in lectures.run(sorted((BOOK / "how_to").glob("*.py")), kept, package):
        found[f"how_to/{lecture.name}.ipynb"] = nbformat.writes(lecture.notebook).encode()
    found["lectures/README.md"] = lectures.readable((NOTEBOOKS / "README.md").read_text()).encode()
    found["how_to/contribute.md"] = (ROOT / "CONTRIBUTING.md").read_bytes()
    found["landscape.png"] = (ROOT / "experiments/landscape.png").read_bytes()
    report = gallery.report(kept, lectures.digest(package).hex()[:16])
    page, pictures = gallery.page(talks, ROOT / "experiments", report)
    found |= {"gallery.md": page.encode(), **pictures}
    made = theory.pages() | {"theory/table.rst": theory.compared()} | reference.pages()
    return found | {name: text.encode() for name, text in made.items()}


def placed(text: str) -> str:
    """Let links of a page to lectures and pictures, which hold in the repository, hold in the book."""
    text = re.sub(r"\]\(\.\./\.\./(\d\w+)\.py\)", r"](../lectures/\1.ipynb)", text)
    return text.replace("](../../../experiments/", "](")


def numbered() -> list[Path]:
    """Return the lectures in their order."""
    return sorted(NOTEBOOKS.glob("[0-9]*_*.py"), key=lambda path: int(path.name.partition("_")[0]))


def write(found: dict[str, bytes], folder: Path) -> None:
    """Write files where their content is new, so that Sphinx reads these only; remove what is none of them."""
    for old in [p for p in folder.rglob("*") if p.is_file() and str(p.relative_to(folder)) not in found]:
        old.unlink()
    for name, content in found.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def main(words: list[str] | None = None) -> int:
    """Build it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="folder of the book; its page html/index.html is the first one")
    out = parser.parse_args(words).out.resolve()
    source, html = out / "source", out / "html"
    write(sources(out / "run"), source)
    shutil.rmtree(html, ignore_errors=True)  # a page that is gone must not be linked to
    options = ["-q", "-W", "--keep-going", "-j", "2", "-c", str(BOOK), "-d", str(out / "doctrees")]
    code = build_main([*options, str(source), str(html)])
    found = faults.faults(html)
    for line in found:
        print(line, file=sys.stderr)
    if code or found:
        return 1
    print(f"{len(list(html.rglob('*.html')))} pages, begin at {html / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
