"""Plug-ins are files: ``sam_chain.py`` in ``instances`` declares ``INSTANCE``, and is the instance ``sam-chain``.

Names are known from the files' texts, without importing anything; a module is imported when its entry is asked for.
A file outside the package is registered by `register`; it may declare several things.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sco_flat import _outside
from sco_flat.errors import LIST, InputError, shown, unknown_name

Admit = Callable[[list[tuple[str, str, Any]], Path], None]
"""Refuses what could not be used as it is called."""
AXES = {
    "instances": "INSTANCE",
    "networks": "NETWORK",
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
PLAIN = "flat-minima"
"""The work whose statements may be named by their last part alone; of a theorem that is its number."""
WORK = "WORK"
"""How a file outside the package declares a work; in the package that is the ``work.py`` of each folder of works."""
PREFIX = "sco_flat_plugin_"
"""So begin the names of the modules that are loaded from outside."""
VARIABLE = "SCO_FLAT_PLUGINS"
"""Files from outside, for processes beside this one: separated like the parts of PATH."""

_added: dict[str, dict[str, Any]] = {axis: {} for axis in (*AXES, WORK)}
_origin: dict[tuple[str, str], Path] = {}
_loaded: set[str] = set()
_texts: dict[Path, bytes] = {}


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
        work = path.parent.name.replace("_", "-")
        stem = path.stem.removeprefix("theorem") if work == PLAIN else path.stem
        return f"{work}.{stem.rstrip('_').replace('_', '-')}"
    return path.stem if axis in ("averages", "measures") else path.stem.replace("_", "-")


def package_works() -> tuple[str, ...]:
    """Return the names of the package's own works, by their folders."""
    found = Path(__file__).parent.glob("works/*/work.py")
    return tuple(sorted(path.parent.name.replace("_", "-") for path in found))


def added_works() -> tuple[Any, ...]:
    """Return the works that files outside the package declare, sorted by name."""
    load_named()
    return tuple(_added[WORK][name] for name in sorted(_added[WORK]))


def added_files() -> list[Path]:
    """Return the files outside the package that are registered."""
    load_named()
    return sorted(map(Path, _loaded))


def origin(axis: str, name: str) -> Path | None:
    """Return the file outside the package that declares an entry; None for the package's own."""
    return _origin.get((axis, name))


def module_of(axis: str, name: str) -> str:
    """Return the module that declares one of the package's own entries."""
    return _files(axis)[name]


def names(axis: str) -> tuple[str, ...]:
    """Return the registered names of an axis, sorted."""
    load_named()
    return tuple(sorted({*_files(axis), *_added[axis]}))


@functools.cache
def _files_with(axis: str, word: str) -> frozenset[str]:
    """Names of the package's own entries whose files have a word in quotes."""
    root = Path(__file__).parent.parent
    paths = {name: root / f"{module.replace('.', '/')}.py" for name, module in _files(axis).items()}
    return frozenset(name for name, path in paths.items() if f'"{word}"' in path.read_text(encoding="utf-8"))


def names_with(axis: str, word: str) -> tuple[str, ...]:
    """Return the names of entries whose files have a word in quotes, and of those from outside: others need no import.

    Parameters
    ----------
    axis : str
        A key of `AXES`.
    word : str
        What an entry of interest must write out.

    Examples
    --------
    >>> from sco_flat import _registry
    >>> _registry.names_with("works", "least-squares")
    ()
    """
    load_named()
    return tuple(sorted({*_files_with(axis, word), *_added[axis]}))


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
    load_named()
    found = asked = name if isinstance(name, str) and name in _files(axis) else shown(name)  # runs ask for hundreds
    if asked not in _added[axis] and asked not in _files(axis):
        known = names(axis)
        alike = [n for n in known if n.lower() == asked.lower()]
        if not alike:
            raise unknown_name(key or axis.removesuffix("s"), asked, known, where=LIST)
        found = alike[0]
    return _added[axis][found] if found in _added[axis] else getattr(_module(_files(axis)[found]), AXES[axis])


@functools.cache
def _module(name: str) -> Any:
    """Import a module of the package."""
    return importlib.import_module(name)


def enter(file: str | os.PathLike[str], admit: Admit) -> list[tuple[str, str]]:
    """Load a file from outside the package and enter what it declares; see `sco_flat._admission.register`."""
    every = ", ".join((*AXES.values(), WORK))
    try:
        path = Path(file).resolve()
    except (OSError, ValueError):  # a name that is too long, or with a NUL
        raise InputError("plugin", str(file), "is no file", "give a Python file") from None
    declared = _load(path, admit)
    if not declared:
        raise InputError("plugin", str(file), "declares nothing", f"declare one of {every}")
    known = [p for p in os.environ.get(VARIABLE, "").split(os.pathsep) if p]
    if str(path) not in known:
        os.environ[VARIABLE] = os.pathsep.join([*known, str(path)])
    return declared


def load_named() -> None:
    """Load the files that the environment names: a process before this one has admitted them."""
    for file in os.environ.get(VARIABLE, "").split(os.pathsep):
        if file and file not in _loaded:
            _load(Path(file), lambda found, path: None)


def _load(path: Path, admit: Admit) -> list[tuple[str, str]]:
    """Import a file and enter what it declares: all of it, or nothing."""
    if not os.path.isfile(path):  # which takes a name that is too long, too
        raise InputError("plugin", str(path), "is no file", "give a Python file")
    if path.suffix != ".py":
        raise InputError("plugin", str(path), "is no Python file: its name does not end with .py", "rename it")
    _loaded.add(str(path))
    try:
        declared = _declared(_imported(path), path)
        admit(declared, path)
    except BaseException:
        if path not in _origin.values():
            _loaded.discard(str(path))
        raise
    for axis, name in [known for known, origin in _origin.items() if origin == path]:
        del _added[axis][name], _origin[axis, name]
    for axis, name, thing in declared:
        _added[axis][name], _origin[axis, name] = thing, path
    return [(axis, name) for axis, name, _ in declared]


def _imported(path: Path) -> Any:
    """Run a file; what it imports from beside itself is run anew where it changed or is another folder's."""
    texts = _outside.with_imports([path])
    changed = any(_texts.get(file, text) != text for file, text in texts.items())
    stale = {str(file) for file in texts} if changed else set()
    others = {os.path.dirname(file) for file in _loaded} - {str(path.parent)}
    for name, module in list(sys.modules.items()):
        folder, base = os.path.split(getattr(module, "__dict__", {}).get("__file__") or "")
        other = folder in others and not name.startswith(PREFIX) and (path.parent / base).is_file()
        if other or os.path.join(folder, base) in stale:
            del sys.modules[name]
    _texts.update(texts)
    module_name = f"{PREFIX}{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    specification = importlib.util.spec_from_file_location(module_name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[module_name] = module
    sys.path.insert(0, str(path.parent))
    # bytecode is known by second and size: an edit that changes neither would not be seen
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        specification.loader.exec_module(module)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's file raises
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError("plugin", str(path), f"cannot be loaded ({text})", "mend the file") from error
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(path.parent))
        if str(path.parent) not in sys.path:
            sys.path.append(str(path.parent))  # for what is imported later
    return module


def _declared(module: Any, path: Path) -> list[tuple[str, str, Any]]:
    """What a file declares, as axis, name and thing; refused where it could not be used."""
    found: list[tuple[str, str, Any]] = []
    for axis, attribute in (*AXES.items(), (WORK, WORK)):
        things = [getattr(module, attribute)] if hasattr(module, attribute) else []
        things += list(getattr(module, "STATEMENTS", ())) if axis == "works" else []
        for thing in things:
            name = getattr(thing, "key", None) if axis == "works" else getattr(thing, "name", None)
            if not isinstance(name, str) or not name:
                raise InputError("plugin", str(path), f"its {attribute} has no name", "give it one")
            if any(name == other for known, other, _ in found if known == axis):
                raise InputError("plugin", str(path), f"declares {name!r} twice", "rename one of them")
            _refuse_taken(axis, name, path)
            found.append((axis, name, thing))
    return found


def _refuse_taken(axis: str, name: str, path: Path) -> None:
    own = package_works() if axis == WORK else tuple(_files(axis))
    place = "works" if axis == WORK else axis
    if name.lower() in {other.lower() for other in own}:
        raise InputError("plugin", str(path), f"{place} has a {name!r} of its own", "choose another name")
    for other, origin in [(o, origin) for (known, o), origin in _origin.items() if known == axis]:
        if other.lower() == name.lower() and origin != path:
            raise InputError("plugin", str(path), f"{place} has a {other!r} from {origin}", "rename one of them")
