"""What a file outside the package may declare: names under which it can be found, and that mean nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sco_flat import _registry, measures, vocabulary
from sco_flat.errors import InputError
from sco_flat.requests import own_fields

RESERVED = {"averages": ("bounds", "stability", "curvature"), "engines": ("auto",)}
"""Words that mean something else where an entry of the axis is named."""
FIXED = ("instance", "repetition")
"""What cannot be the name of a number, beside the options: it has a place of its own in requests and sweeps."""
KEY = re.compile(r"[\w-]+\.[\w.-]+")

Entry = tuple[str, str, Any]
Objection = tuple[str, str] | None
"""What is wrong, and the mend."""


def register(*files: str | os.PathLike[str]) -> list[str]:
    """Register what Python files outside the package declare: losses, methods, measures, statements, commands ...

    Parameters
    ----------
    *files : path
        Each declares one or more of ``INSTANCE``, ``METHOD``, ``ORACLE``, ``ENGINE``, ``AVERAGE``, ``MEASURE``,
        ``STATEMENT``, ``PLOT``, ``ANIMATION`` and ``COMMAND``, as the package's own files do; or a ``WORK``, with
        one ``STATEMENT`` or a tuple ``STATEMENTS``. A file may import others beside it. Processes that are started
        later load the same files. A file that was changed may be registered again.

    Returns
    -------
    list of str
        ``axis/name`` of what was registered; a work is ``works/name``.

    Raises
    ------
    InputError
        For a file that cannot be loaded or declares nothing; for a name that is taken, and for what could not be used
        under its name.
    """
    found = [pair for file in files for pair in _registry.enter(file, admit)]
    return [f"{'works' if axis == _registry.WORK else axis}/{name}" for axis, name in found]


def admit(found: list[Entry], path: Path) -> None:
    """Refuse what could not be used as it is called.

    Parameters
    ----------
    found : list of (axis, name, thing)
        Everything that a file declares.
    path : Path
        The file.

    Raises
    ------
    InputError
        With the file, what is wrong and the mend.
    """
    works = [name for axis, name, _ in found if axis == _registry.WORK]
    for axis, name, thing in found:
        objection = _reserved(axis, name)
        if objection is None and axis in CHECKS:
            objection = CHECKS[axis](name, thing)
        if objection is None and axis == "works" and works and name.partition(".")[0] not in works:
            objection = f"its statement {name!r} is of another work than its {works[0]!r}", f"write {works[0]}.NAME"
        if objection is not None:
            raise InputError("plugin", str(path), *objection)


def _reserved(axis: str, name: str) -> Objection:
    if name in RESERVED.get(axis, ()):
        return f"{name!r} means something else among {axis}", "choose another name"
    return None


def _method(name: str, method: Any) -> Objection:
    for parameter in method.parameters:
        if not parameter.isidentifier():
            return f"the parameter {parameter!r} of {name} is no word", "name it with letters, digits and underscores"
        meant = vocabulary.long_name(parameter)
        if meant in vocabulary.OPTIONS or parameter in FIXED:
            return f"the parameter {parameter} of {name} is called like the option {meant}", "rename it"
    return None


def _loss(name: str, cls: Any) -> Objection:
    for field in own_fields(cls):  # refuses those that are called like an option
        if field in FIXED:
            return f"the field {field} of {name} is called like the {field} of a request or sweep", "rename it"
    return None


def _average(name: str, average: Any) -> Objection:
    if not name.isidentifier():
        return f"the average {name!r} is no word, as columns of tables are", "use letters, digits and underscores"
    return None


def _measure(name: str, measure: Any) -> Objection:
    if not name.isidentifier():
        return f"the measure {name!r} is no word, as columns of tables are", "use letters, digits and underscores"
    others = [measures.get(other) for other in measures.names() if other != name]
    for other in others:
        shared = {*measure.columns} & {*other.columns}
        if shared:
            return f"the measure {name} has the column {min(shared)} of {other.name}", "rename it"
    return None


def _statement(key: str, statement: Any) -> Objection:
    if not KEY.fullmatch(key):
        return f"the statement {key!r} cannot be found", f"call it work.name, for example our-note.{key.strip('.')}"
    work = key.partition(".")[0]
    if work.lower() in _registry.package_works():
        return f"the statement {key!r} is in the package's own work {work}", "name a work of yours: work.name"
    return None


def _work(name: str, work: Any) -> Objection:
    if not re.fullmatch(r"[\w-]+", name):
        return f"the work {name!r} is no word", "use letters, digits and hyphens"
    return None


CHECKS: dict[str, Callable[[str, Any], Objection]] = {
    "methods": _method, "instances": _loss, "averages": _average, "measures": _measure, "works": _statement,
    _registry.WORK: _work,
}  # fmt: skip
