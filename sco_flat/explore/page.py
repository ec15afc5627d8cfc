"""Join the parts of a page to one file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from sco_flat import __version__
from sco_flat._files import check_target, whole_file, with_policy
from sco_flat.errors import InputError, unknown_name

SHARPER = {
    "sam-chain": {"reach": "sam_sharper", "risk": "risk_a_priori.sam"},
    "sagd-blocks": {"reach": "sa_gd_sharper", "risk": "risk_a_priori.sa-gd"},
}
"""The sharper bounds on the page; what a work has in their place stands beside them under the same title."""
SHARPER["valley-2d"] = SHARPER["sam-chain"]
SHARPER["flat-erm"] = {}
HOMES = {"valley-2d": "valley.sam"}
"""A picture stands for the statement that it pictures."""


def titles() -> dict[str, dict[str, str]]:
    """What the works call the statement of each loss, ``home``, with its ``key``, and its upper bounds."""
    from sco_flat.works import base as works  # loads the statements

    kept = {}
    for name, bounds in SHARPER.items():
        found = {key: works.sharpened(bound) for key, bound in bounds.items()}
        home = works.get(HOMES[name]) if name in HOMES else works.home(name)
        kept[name] = {"home": home.title, "key": home.key} | {key: place[1] for key, place in found.items() if place}
    return kept


LECTURES = {
    "flat": "1_flat_and_sharp", "blocks": "2_sagd_walks", "chain": "3_sam_step_by_step", "valley": "6_the_valley",
}  # fmt: skip
"""The notebook of each kind of scene, by the class of its controls."""


def notebooks() -> str:
    """Links to the notebooks, which come along in the page; only their names where the package is without them."""
    folder, found = Path(__file__).parents[2] / "notebooks", []
    for kind, name in LECTURES.items():
        source = folder / f"{name}.py"
        title = f"notebook {name[0]}"
        if source.is_file():
            content = base64.b64encode(source.read_bytes()).decode()
            link = f'<a download="{source.name}" href="data:text/x-python;base64,{content}">{title}</a>'
        else:
            link = f"{title}, notebooks/{source.name}"
        found.append(f'<span class="{kind}">More, step by step: {link}.</span>')
    return "".join(found)


def part(name: str) -> str:
    """Return a file of this folder."""
    return (resources.files("sco_flat.explore") / name).read_text(encoding="utf-8")


def picture() -> dict[str, Any]:
    """Return what the page does not compute of the valley: where the usual run starts, and the share of the bound."""
    from sco_flat.requests import request_from
    from sco_flat.samples import streams
    from sco_flat.works.valley.common import LEAST_RISK

    usual = request_from("valley-2d", "sam")
    start = usual.settings.start_vector(2, streams(usual.seed, "start")["start"])
    return {"START": start.tolist(), "LEAST_RISK": LEAST_RISK["orthonormal"]}


@dataclass(frozen=True)
class Page:
    """What a page is made of.

    Attributes
    ----------
    styles, scripts : tuple of str
        Files of this folder, without their endings, in order; the first script follows what is given.
    given : callable
        Names and values that the scripts find, and the words of the template by their places.
    """

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    given: Callable[[], tuple[dict[str, Any], dict[str, str]]]


def _counterexamples() -> tuple[dict[str, Any], dict[str, str]]:
    called = titles()
    names = {"flat": "flat-erm", "chain": "sam-chain", "blocks": "sagd-blocks", "valley": "valley-2d"}
    words = {"formulas": part("formulas.html"), "notebooks": notebooks()}
    return {"TITLES": called} | picture(), words | {place: called[name]["home"] for place, name in names.items()}


def _window() -> tuple[dict[str, Any], dict[str, str]]:
    from sco_flat.explore.traces import traces

    return {"TRACES": traces()}, {}


PAGES = {
    "counterexamples": Page(
        ("page",),
        ("shell", "random", "sample", "flat", "chain", "blocks", "valley", "bounds", "run", "many",  # the simulators
         "draw", "landscape", "two", "settings", "glossary", "words", "show", "page"),  # what is seen of them
        _counterexamples,
    ),
    "window": Page(("page", "window"), ("window", "shell", "window_trace", "draw", "window_page"), _window),
}  # fmt: skip
"""By name, which is that of the template."""
USUAL = "counterexamples"


def text(name: str = USUAL) -> str:
    """A page by its name: styles and scripts inside, so that it works from a file, a mail or a memory stick."""
    if name not in PAGES:
        raise unknown_name("page", name, PAGES)
    page = PAGES[name]
    constants, words = page.given()
    given = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    script = given + "\n".join(part(f"{name}.js") for name in page.scripts)
    parts = {"style": "\n".join(part(f"{name}.css") for name in page.styles)} | words
    parts |= {"version": __version__, "script": script}
    whole = part(f"{name}.html")
    for place, content in parts.items():
        whole = whole.replace("{" + place + "}", content, 1)
    return with_policy(whole)


ENDINGS = (".html", ".htm")


def write(path: str | Path, name: str = USUAL) -> Path:
    """Write an explorable page to a file.

    Parameters
    ----------
    path : path
        Of the HTML file; an existing one is replaced.
    name : {"counterexamples", "window"}
        The counterexamples, or SWAD's window on a trace of losses.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If no page has this name, the folder is missing or cannot be written to, the path is a folder, or its ending is
        not that of a page.
    """
    target = Path(path)
    check_target("out", target)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError("out", str(path), "its ending must be .html", f"write for example --out {target.stem}.html")
    content = text(name)
    with whole_file("out", target) as part:
        part.write_text(content, encoding="utf-8")
    return target
