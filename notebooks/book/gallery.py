"""The gallery: the figures of the lectures, the pictures of the studies, the films."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

from lectures import Lecture

from sco_flat import _registry


def page(lectures: Iterable[Lecture], experiments: Path) -> tuple[str, dict[str, bytes]]:
    """Return the page, in Markdown, and its pictures by their paths."""
    parts = ["# Gallery", "Every picture links to where it comes from."]
    pictures: dict[str, bytes] = {}
    parts.append("## From the lectures")
    for lecture in lectures:
        if not lecture.figures:
            continue
        parts.append(f"### [{lecture.title}](lectures/{lecture.name}.ipynb)")
        for figure in lecture.figures:
            pictures[f"gallery/{figure.label}.png"] = figure.png
            parts.append(_shown(f"gallery/{figure.label}.png", f"#{figure.label}", figure.question))
    parts += [
        "## Studies",
        "A study is a file in `experiments/`: `sco-flat sweep FILE --out DIR`, then `sco-flat plot DIR`.",
    ]
    for file in sorted(experiments.glob("*.toml")):
        picture = file.with_suffix(".png")
        if picture.exists():
            pictures[f"gallery/{picture.name}"] = picture.read_bytes()
            what, reading = _comment(file.read_text())
            parts.append(f"### `{file.stem}`\n\n![{what}](gallery/{picture.name})\n\n{what} *Reading:* {reading}")
    parts += ["## Films", "`sco-flat animate NAME --out NAME.html`, or `.mp4`, or `.gif`:"]
    for name in _registry.names("animations"):
        told = importlib.import_module(_registry.module_of("animations", name)).__doc__ or ""
        parts.append(f"- [`{name}`](#animation-{name}): {_first(told)}")
    film = experiments / "staircase.gif"
    pictures["gallery/staircase.gif"] = film.read_bytes()
    parts.append("![SAM goes down an unseen staircase, one coordinate a step](gallery/staircase.gif)")
    return "\n\n".join(parts) + "\n", pictures


def _first(docstring: str) -> str:
    return " ".join(docstring.strip().partition("\n\n")[0].split())


def _shown(picture: str, target: str, text: str) -> str:
    return f"[![{_spoken(text)}]({picture})]({target})\n\n{text}"


def _spoken(text: str) -> str:
    """A text without formulas, for those who do not see the picture."""
    return re.sub(r"[\[\]$\\`*]", "", text)


def _comment(toml: str) -> tuple[str, str]:
    """What a study is, and how its figure is read."""
    lines = [line.removeprefix("#").strip() for line in toml.splitlines() if line.startswith("#")]
    what, _, reading = " ".join(lines).partition("Reading:")
    return what.strip(), reading.strip()
