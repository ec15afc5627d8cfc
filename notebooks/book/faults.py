"""Faults of finished pages: links inside that end nowhere, what is loaded from outside, formulas left as text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("video", "src")}
"""What a browser fetches without being asked; a link is not among them."""
AS_IT_IS = {"pre", "code", "script", "style", "svg"}
"""What holds no formulas."""


class _Page(HTMLParser):
    """The ends of links on a page, the links, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ends = {""}
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take note of names, links and files."""
        if tag in AS_IT_IS:
            self._inside.append(tag)
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.ends.add(value)
            elif (tag, name) in LOADED and value:
                self.loaded.append(value)
            elif (tag, name) == ("a", "href") and value:
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        """Leave what holds no formulas."""
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep the words of people."""
        if not self._inside:
            self.words.append(data)


def faults(folder: Path) -> list[str]:
    """Return a line for each link that ends nowhere inside, each file from outside, each formula left as text."""
    pages = {path.resolve(): _Page(path) for path in folder.rglob("*.html")}
    found = []
    for path, page in pages.items():
        place = path.relative_to(folder.resolve())
        found += [
            f"{place}: a formula is left as text: {' '.join(text.split())[:80]}" for text in page.words if "$" in text
        ]
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loaded and parts.scheme != "data":
                    found.append(f"{place}: loads {link} from outside")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                found.append(f"{place}: {link} is no file of the book")
            elif target in pages and unquote(parts.fragment) not in pages[target].ends:
                found.append(f"{place}: {link} has no such place on its page")
    return found
