"""Join the parts of the page to one file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sco_flat import __version__
from sco_flat._files import check_target, whole_file, with_policy

SCRIPTS = (
    "random", "sample", "chain", "blocks", "bounds", "run",  # the simulators
    "draw", "settings", "words", "show", "page",  # what is seen of them
)  # fmt: skip


def text() -> str:
    """The page: styles and scripts inside, so that it works from a file, a mail or a memory stick."""
    folder = resources.files("sco_flat.explore")

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    script = "\n".join(part(f"{name}.js") for name in SCRIPTS)
    parts = {"style": part("page.css"), "script": script, "version": __version__}
    page = part("page.html")
    for name, content in parts.items():
        page = page.replace("{" + name + "}", content, 1)
    return with_policy(page)


def write(path: str | Path) -> Path:
    """Write the explorable page to a file.

    Parameters
    ----------
    path : path
        Of the HTML file; an existing one is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the folder is missing or cannot be written to, or the path is a folder.
    """
    target = Path(path)
    check_target("out", target)
    with whole_file("out", target) as part:
        part.write_text(text(), encoding="utf-8")
    return target
