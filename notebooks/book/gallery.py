"""The gallery: the figures of the lectures and of the report, the pictures of the studies, the films."""

from __future__ import annotations

import importlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import joblib
from lectures import Lecture

from sco_flat import _registry
from sco_flat.reports import main as reproduce

WORKERS = 2
"""Figures of the report that are made at the same time."""


def report(kept: Path, stamp: str) -> list[dict[str, str]]:
    """Return the figures of the report on its quick grid: name, caption, alt and the path of a PNG.

    Parameters
    ----------
    kept : Path
        A folder for the results.
    stamp : str
        Of the package: under another one they are made again.
    """
    folder = kept / f"report-{stamp}"
    told = folder / "figures.json"
    if not told.exists():
        for old in kept.glob("report-*"):
            shutil.rmtree(old)
        folder.mkdir(parents=True)
        names = [figure.name for figure in reproduce.pictures()]
        tasks = [
            joblib.delayed(reproduce.picture)(name, folder, True, "paper") for name in reversed(names)
        ]  # the longest first
        made = {found["name"]: found for found in joblib.Parallel(WORKERS)(tasks)}
        keys = ("name", "caption", "alt", "file_png")
        told.write_text(json.dumps([{key: str(made[name][key]) for key in keys} for name in names]))
    found: list[dict[str, str]] = json.loads(told.read_text())
    return found


def page(
    lectures: Iterable[Lecture], experiments: Path, report: Iterable[Mapping[str, str]]
) -> tuple[str, dict[str, bytes]]:
    """Return the page, in Markdown, and its pictures by their paths."""
    parts = ["# Gallery", "Every picture of a lecture links to where it comes from."]
    pictures: dict[str, bytes] = {}
    parts.append("## From the lectures")
    for lecture in lectures:
        if not lecture.figures:
            continue
        parts.append(f"### [{lecture.title}](lectures/{lecture.name}.ipynb)")
        for figure in lecture.figures:
            pictures[f"gallery/{figure.label}.png"] = figure.png
            parts.append(_shown(f"gallery/{figure.label}.png", f"#{figure.label}", figure.question))
    parts += ["## From the report", "`sco-flat reproduce` makes them; here they are on the grid of its `--quick`."]
    for figure in report:
        name = f"gallery/report-{figure['name']}.png"
        pictures[name] = Path(figure["file_png"]).read_bytes()
        parts.append(f"### {figure['name']}\n\n![{plain(figure['alt'])}]({name})\n\n{plain(figure['caption'])}")
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


def plain(text: str) -> str:
    r"""Return a text in which no letter means anything to Markdown.

    Examples
    --------
    >>> print(plain("|w*| in [0, 1], F_S < 2"))
    \|w\*\| in \[0, 1\], F\_S \< 2
    """
    return re.sub(r"([\\`*_\[\]|<>$#{}~^])", r"\\\1", text)


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
