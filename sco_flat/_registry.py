"""Plug-ins are files: ``sam_chain.py`` in ``instances`` declares ``INSTANCE``, and is the instance ``sam-chain``.

Names are known from the files' texts, without importing anything; a module is imported when its entry is asked for.
A file outside the package is registered by `register`; it may declare several things.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Any

from sco_flat.errors import InputError, shown, unknown_name

AXES = {
    "instances": "INSTANCE",
    "methods": "METHOD",
    "oracles": "ORACLE",
    "engines": "ENGINE",
    "averages": "AVERAGE",
    "measures": "MEASURE",
    "works": "STATEMENT",
    "plots": "PLOT",
    "animations": "ANIMATION",
    "cli": "COMMAND",
}
"""Folders of plug-ins, and the name under which a file declares its entry."""
VARIABLE = "SCO_FLAT_PLUGINS"
"""Files from outside, for processes beside this one: separated like the parts of PATH."""

_outside: dict[str, dict[str, Any]] = {axis: {} for axis in AXES}
_loaded: set[str] = set()


@functools.cache
def _files(axis: str) -> dict[str, str]:
    """Names of the package's own entries, and the modules that declare them."""
    found = {}
    root = Path(__file__).parent
    declaration = re.compile(rf"^{AXES[axis]}\b.*=", re.MULTILINE)
    places = sorted((root / axis).glob("*/*.py" if axis == "works" else "*.py"))
    for path in places:
        if declaration.search(path.read_text(encoding="utf-8")):
            module = "sco_flat." + ".".join(path.relative_to(root).with_suffix("").parts)
            found[_name(axis, path)] = module
    return found


def _name(axis: str, path: Path) -> str:
    """The name of an entry by its file; columns of tables keep their underscores."""
    if axis == "works":
        return f"{path.parent.name.replace('_', '-')}.{path.stem.removeprefix('theorem').replace('_', '-')}"
    return path.stem if axis in ("averages", "measures") else path.stem.replace("_", "-")


def names(axis: str) -> tuple[str, ...]:
    """Return the registered names of an axis, sorted."""
    load_named()
    return tuple(sorted({*_files(axis), *_outside[axis]}))


def entry(axis: str, name: str, key: str | None = None) -> Any:
    """Import one plug-in and return its declaration.

    Parameters
    ----------
    axis : str
        A key of `AXES`.
    name : str
        Of the entry, in capitals or not.
    key : str, optional
        What the user wrote the name for, in errors.

    Raises
    ------
    InputError
        If it is not registered; the message names one that is near.
    """
    known, asked = names(axis), shown(name)
    found = asked if asked in known else next((n for n in known if n.lower() == asked.lower()), None)
    if found is None:
        raise unknown_name(key or axis.removesuffix("s"), asked, known)
    if found in _outside[axis]:
        return _outside[axis][found]
    return getattr(importlib.import_module(_files(axis)[found]), AXES[axis])


def register(*files: str | os.PathLike[str]) -> list[str]:
    """Register what Python files outside the package declare: losses, methods, measures, statements, commands ...

    Parameters
    ----------
    *files : path
        Each declares one or more of ``INSTANCE``, ``METHOD``, ``ORACLE``, ``ENGINE``, ``AVERAGE``, ``MEASURE``,
        ``STATEMENT``, ``PLOT``, ``ANIMATION`` and ``COMMAND``, as the package's own files do; a file may import
        others beside it. Processes that are started later load the same files.

    Returns
    -------
    list of str
        ``axis/name`` of what was registered.

    Raises
    ------
    InputError
        For a file that cannot be loaded, declares nothing, or takes a name of the package.
    """
    found = []
    for file in files:
        path = Path(file).resolve()
        declared = _load(path)
        if not declared:
            raise InputError("plugin", str(file), "declares nothing", f"declare one of {', '.join(AXES.values())}")
        found += [f"{axis}/{name}" for axis, name in declared]
        known = [p for p in os.environ.get(VARIABLE, "").split(os.pathsep) if p]
        if str(path) not in known:
            os.environ[VARIABLE] = os.pathsep.join([*known, str(path)])
    return found


def load_named() -> None:
    """Load the files that the environment names."""
    for file in os.environ.get(VARIABLE, "").split(os.pathsep):
        if file and file not in _loaded:
            _load(Path(file))


def _load(path: Path) -> list[tuple[str, str]]:
    _loaded.add(str(path))
    if not path.is_file():
        raise InputError("plugin", str(path), "is no file", "give a Python file")
    module_name = f"sco_flat_plugin_{path.stem}"
    specification = importlib.util.spec_from_file_location(module_name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[module_name] = module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        specification.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:  # whatever the user's file raises
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError("plugin", str(path), f"cannot be loaded ({text})", "mend the file") from error
    declared = []
    for axis, attribute in AXES.items():
        if hasattr(module, attribute):
            thing = getattr(module, attribute)
            name = getattr(thing, "key", None) if axis == "works" else getattr(thing, "name", None)
            if not isinstance(name, str) or not name:
                raise InputError("plugin", str(path), f"its {attribute} has no name", "give it one")
            if name in _files(axis):
                raise InputError("plugin", str(path), f"{axis} has a {name!r} of its own", "choose another name")
            _outside[axis][name] = thing
            declared.append((axis, name))
    return declared
