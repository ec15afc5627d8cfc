"""Files outside the package: which others of their own folder they take something from, and a hash of all their texts.

It is read from the import statements, without importing anything.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def is_outside(file: str) -> bool:
    """Whether a source file exists and is none of the package's."""
    path = Path(file)
    return path.is_file() and PACKAGE not in path.resolve().parents


def with_imports(files: Iterable[Path]) -> dict[Path, bytes]:
    """Return the texts of files and of everything beside them that they import, directly or not.

    Parameters
    ----------
    files : iterable of path
        Python files; each is looked at with the modules and packages of its own folder.
    """
    waiting = [(path.resolve(), path.resolve().parent) for path in files]
    found: dict[Path, bytes] = {}
    while waiting:
        path, folder = waiting.pop()
        if path in found:
            continue
        try:
            found[path] = path.read_bytes()
        except OSError:  # gone meanwhile: whoever loads it says so
            continue
        for name in _imported(found[path]):
            waiting += [(beside, folder) for beside in _beside(folder, name)]
    return found


def _beside(folder: Path, name: str) -> Iterator[Path]:
    """The module of a name in a folder, or all modules of the package."""
    module = folder / f"{name}.py"
    if module.is_file():
        yield module.resolve()
    if name and (folder / name).is_dir():
        yield from (path.resolve() for path in sorted((folder / name).rglob("*.py")))


@functools.lru_cache(256)
def _imported(text: bytes) -> frozenset[str]:
    """First parts of the names that a file imports; none of a file that Python cannot read."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return frozenset()
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return frozenset(name.partition(".")[0] for name in named)


def digest(files: Iterable[Path]) -> str:
    """Hash the texts of files and of what they import from beside them, whatever their folders are called."""
    texts = sorted((path.name.encode(), text) for path, text in with_imports(files).items())
    return hashlib.sha256(b"".join(name + b"\0" + text + b"\0" for name, text in texts)).hexdigest()[:16]
