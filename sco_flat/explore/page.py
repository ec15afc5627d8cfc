"""Join the parts of the page to one file."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from sco_flat import __version__
from sco_flat._files import check_target, whole_file, with_policy

SHARPER = {
    "sam-chain": {"reach": "sam_sharper", "risk": "risk_a_priori.sam"},
    "sagd-blocks": {"reach": "sa_gd_sharper", "risk": "risk_a_priori.sa-gd"},
}
"""The sharper bounds on the page; what a work has in their place stands beside them under the same title."""
SHARPER["valley-2d"] = SHARPER["sam-chain"]
HOMES = {"valley-2d": "valley.sam"}
"""A picture stands for the statement that it pictures."""
SCRIPTS = (
    "random", "sample", "chain", "blocks", "valley", "bounds", "run",  # the simulators
    "draw", "landscape", "settings", "words", "show", "page",  # what is seen of them
)  # fmt: skip


def titles() -> dict[str, dict[str, str]]:
    """What the works call the lower bound of each loss, ``home``, and its upper bounds."""
    from sco_flat.works import base as works  # loads the statements

    kept = {}
    for name, bounds in SHARPER.items():
        found = {key: works.sharpened(bound) for key, bound in bounds.items()}
        home = works.get(HOMES[name]) if name in HOMES else works.home(name)
        kept[name] = {"home": home.title} | {key: place[1] for key, place in found.items() if place}
    return kept


def picture() -> dict[str, Any]:
    """Return what the page does not compute of the valley: where the usual run starts, and the share of the bound."""
    from sco_flat.requests import request_from
    from sco_flat.samples import streams
    from sco_flat.works.valley.common import LEAST_RISK

    usual = request_from("valley-2d", "sam")
    start = usual.settings.start_vector(2, streams(usual.seed, "start")["start"])
    return {"START": start.tolist(), "LEAST_RISK": LEAST_RISK["orthonormal"]}


def text() -> str:
    """The page: styles and scripts inside, so that it works from a file, a mail or a memory stick."""
    folder = resources.files("sco_flat.explore")

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    called = titles()
    given = "".join(
        f"const {name} = {json.dumps(value)};\n" for name, value in ({"TITLES": called} | picture()).items()
    )
    script = given + "\n".join(part(f"{name}.js") for name in SCRIPTS)
    names = {"chain": "sam-chain", "blocks": "sagd-blocks", "valley": "valley-2d"}
    parts = {"style": part("page.css")} | {place: called[name]["home"] for place, name in names.items()}
    parts |= {"version": __version__, "script": script}
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
