"""Where compiled code is kept between processes: a folder of our own, and nothing else is ever touched.

The folder has a name and a marker that nobody else uses. What is removed from it is compiled code of older sources
only: a folder whose name is one of our keys and that holds Numba's files alone.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

NAME = "sco_flat-compiled-code"
MARKER = "CACHEDIR.TAG"
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# Compiled code of the Python package sco_flat.\n"
"""The first line is the convention by which backup programs know a cache."""
KEY = re.compile(r"[0-9a-f]{16}")
COMPILED = re.compile(r".+\.nb[ic](\.tmp\.[0-9a-f]+)?")
KEPT = 2
"""Older keys that are kept beside the current one."""


@functools.cache
def directory(key: str) -> str | None:
    """Return the folder for compiled code of this key, or None where no folder can be trusted.

    Parameters
    ----------
    key : str
        16 hexadecimal digits that name sources and compiler.

    Returns
    -------
    str or None
        A folder that belongs to this user and that we may write to.
    """
    for home in _homes():
        if _ours(home):
            current = home / key
            try:
                current.mkdir(mode=0o700, exist_ok=True)
            except OSError:
                continue
            _drop_older(home, current)
            return str(current)
    return None


@functools.cache
def directory_outside(key: str, file: str, content: str) -> str | None:
    """Return the folder for the kernels of a file outside the package; older ones of the same file are dropped.

    Parameters
    ----------
    key : str
        Of the package, as for `directory`.
    file : str
        The file.
    content : str
        16 hexadecimal digits that name its text and the texts of what it imports.
    """
    whole = directory(key)
    if whole is None:
        return None
    home = Path(whole) / f"outside-{hashlib.sha256(file.encode()).hexdigest()[:16]}"
    current = home / content
    try:
        current.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    _drop_older(home, current)
    return str(current)


def _homes() -> list[Path]:
    """Where the folder may be, best first."""
    chosen = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    bases = [Path(chosen)] if chosen else []
    if not chosen:
        try:
            bases = [Path.home() / ".cache"]
        except RuntimeError:  # no home and no entry for this user
            bases = []
    user = os.getuid() if hasattr(os, "getuid") else 0
    return [base / NAME for base in bases] + [Path(tempfile.gettempdir()) / f"{NAME}-{user}"]


def _ours(home: Path) -> bool:
    """Make the folder, or see whether the one that is there is ours: marked, and writable by us alone."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        try:
            home.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            (home / MARKER).write_text(SIGNATURE)
        found = home.lstat()
        if not stat.S_ISDIR(found.st_mode) or not os.access(home, os.W_OK):
            return False
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
            return False  # Numba's files are pickles: whoever writes them runs code here
        return (home / MARKER).read_text().startswith(SIGNATURE.splitlines()[0])
    except (OSError, UnicodeDecodeError):
        return False


def _drop_older(home: Path, current: Path) -> None:
    """Remove compiled code of older keys, the newest `KEPT` aside."""
    try:
        others = [p for p in home.iterdir() if KEY.fullmatch(p.name) and p != current and not p.is_symlink()]
        others.sort(key=lambda p: p.stat().st_mtime)
    except OSError:
        return
    for stale in others[:-KEPT]:
        if _compiled_alone(stale):
            shutil.rmtree(stale, ignore_errors=True)


def _compiled_alone(folder: Path) -> bool:
    """Whether a folder holds Numba's files and folders of them, and nothing else."""
    for place, folders, files in os.walk(folder):
        if not all(COMPILED.fullmatch(name) for name in files):
            return False
        if any((Path(place) / name).is_symlink() for name in folders):
            return False
    return folder.is_dir()
