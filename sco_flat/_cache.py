"""Where compiled code is kept between processes: a folder of our own, and nothing else is ever touched.

The folder has a name and a marker that nobody else uses. What is removed from it is compiled code of older sources
only: a folder whose name is one of our keys and that holds Numba's files alone. Where no folder can be used, or a file
in it, code is compiled anew, and a line on stderr says so.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import multiprocessing
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core import config
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    UserProvidedCacheLocator,
)
from numba.core.runtime import nrt
from numba.core.serialize import dumps

from sco_flat.errors import one_line

numba_config: Any = config
numba_dumps: Any = dumps
runtime: Any = nrt.rtsys

NAME = "sco_flat-compiled-code"
MARKER = "CACHEDIR.TAG"
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# Compiled code of the Python package sco_flat.\n"
"""The first line is the convention by which backup programs know a cache."""
KEY = re.compile(r"[0-9a-f]{16}")
COMPILED = re.compile(r".+\.nb[ic](\.tmp\.[0-9a-f]+)?")
KEPT = 2
"""Older keys that are kept beside the current one."""


@functools.cache
def say(text: str) -> None:
    """Say something about the cache on stderr, once, and in the first process only: its workers would repeat it."""
    if multiprocessing.current_process().name == "MainProcess":
        print(f"sco-flat: {one_line(text)}", file=sys.stderr)


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
        home.mkdir(mode=0o700, exist_ok=True)
        current.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    _drop_older(home, current)
    return str(current)


def _homes() -> list[Path]:
    """Where the folder may be, best first."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    found = [_chosen(), _temporary()]
    names = (NAME, f"{NAME}-{user}")
    return [base / name for base, name in zip(found, names, strict=True) if base is not None]


def _chosen() -> Path | None:
    """The cache of the user, as the environment names it; a relative one of XDG or HOME would be anywhere."""
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen)
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) if Path(chosen).is_absolute() else None
    try:
        home = Path.home()
    except RuntimeError:  # no home and no entry for this user
        return None
    return home / ".cache" if home.is_absolute() and home != home.parent else None  # the root is nobody's home


def _temporary() -> Path | None:
    """The folder for temporary files, but not the current one, which Python takes where all others are full."""
    try:
        found, here = tempfile.gettempdir(), os.getcwd()
    except OSError:
        return None
    meant = {os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")} | {"/tmp", "/var/tmp", "/usr/tmp"}
    return None if found == here and found not in meant else Path(found)


def _ours(home: Path) -> bool:
    """Make the folder, or see whether the one that is there is ours: marked, and writable by us alone."""
    try:
        if not os.path.lexists(home):
            _make(home)
        found, above = home.lstat(), home.parent.stat()
        if not stat.S_ISDIR(found.st_mode) or not os.access(home, os.W_OK):
            return False
        if hasattr(os, "getuid"):
            # Numba's files are pickles: whoever writes them, or puts another folder in their place, runs code here
            if found.st_uid != os.getuid() or found.st_mode & 0o022:
                return False
            if above.st_mode & stat.S_IWOTH and not above.st_mode & stat.S_ISVTX:
                return False
        return (home / MARKER).read_text().startswith(SIGNATURE.splitlines()[0])
    except (OSError, ValueError):  # a name with a NUL, a marker that is no text
        return False


def _make(home: Path) -> None:
    """Make the folder with its marker, for this user alone, in one stroke: half a folder is never seen."""
    missing = [home.parent, *home.parent.parents]
    for folder in reversed([f for f in missing if not f.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    part = home.with_name(f".{home.name}.{os.getpid()}")
    part.mkdir(mode=0o700)
    try:
        (part / MARKER).write_text(SIGNATURE)
        part.rename(home)
    except OSError:  # a full disk; or another process was faster, which is as good
        shutil.rmtree(part, ignore_errors=True)


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


SEAL = hashlib.sha256().digest_size


class Damaged(Exception):
    """A file of compiled code is not what was written."""


class _Place(UserProvidedCacheLocator):
    """Where the code of one source file is; nothing is made before something is written."""

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Any:
        """Return the place, or None for a function that has no file."""
        return cls(py_func, py_file) if os.path.exists(py_file) else None

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        os.makedirs(self._cache_path, mode=0o700, exist_ok=True)


class _Placed(CompileResultCacheImpl):
    def __init__(self, function: Callable[..., Any]) -> None:
        self._locator_classes = [_Place]
        numbas: Any = super()
        numbas.__init__(function)


class _SealedFile(IndexDataCacheFile):
    """Numba's two files of a function, an index and the code, each behind its hash.

    Numba believes what it reads: a flipped bit is a crash, or another number. Here every file is held against its
    hash first, and code against the index that led to it.
    """

    def load(self, key: Any) -> Any:
        """Return the code of a key, None where there is none."""
        numbas: Any = super()
        found = numbas.load(key)
        if found is None:
            return None
        stamp, named, data = found
        return data if (stamp, named) == (self._source_stamp, key) else None

    def save(self, key: Any, data: Any) -> None:
        """Write the code of a key."""
        numbas: Any = super()
        numbas.save(key, (self._source_stamp, key, data))

    def forget(self) -> None:
        """Remove the index: without it the code is not read."""
        Path(self._index_path).unlink(missing_ok=True)

    def _load_index(self) -> Any:
        try:
            version, stamp, overloads = self._unsealed(self._index_path)
        except FileNotFoundError:
            return {}
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: Any) -> None:
        self._seal(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        return self._unsealed(os.path.join(self._cache_path, name))

    def _save_data(self, name: str, data: Any) -> None:
        self._seal(os.path.join(self._cache_path, name), data)

    def _seal(self, path: str, data: Any) -> None:
        text = numba_dumps(data)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(text).digest() + text)

    def _unsealed(self, path: str) -> Any:
        found = Path(path).read_bytes()
        if hashlib.sha256(found[SEAL:]).digest() != found[:SEAL]:
            raise Damaged(path)
        return pickle.loads(found[SEAL:])


class CompiledCode(FunctionCache):
    """Numba's cache of one function in our folder: whatever is wrong with a file, the function is compiled anew.

    Parameters
    ----------
    function : callable
        The Python function, in a file.
    folder : str
        From `directory`.
    """

    _impl_class = _Placed

    def __init__(self, function: Callable[..., Any], folder: str) -> None:
        before = numba_config.CACHE_DIR, numba_config.CACHE_LOCATOR_CLASSES
        numba_config.CACHE_DIR, numba_config.CACHE_LOCATOR_CLASSES = folder, ""
        numbas: Any = super()
        try:
            numbas.__init__(function)
        finally:
            numba_config.CACHE_DIR, numba_config.CACHE_LOCATOR_CLASSES = before
        self._home = Path(folder).parent
        placed: Any = self._impl
        sealed: Any = _SealedFile
        self._cache_file = sealed(self._cache_path, placed.filename_base, placed.locator.get_source_stamp())

    def kept(self) -> bool:
        """Whether there is compiled code, which need not be good."""
        files: Any = self._cache_file
        return os.path.exists(files._index_path)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return compiled code, None where it has to be compiled.

        Numba would load all that it compiles with, first, which takes longer than a short run; its runtime is enough.
        """
        runtime.initialize(target_context)
        numbas: Any = super()
        try:
            return numbas._load_overload(sig, target_context)
        except OSError as error:
            say(f"compiled code in {self._home} cannot be read ({error.strerror}): it is compiled anew")
        except Exception:  # what a pickle of damaged data may raise
            say(f"compiled code in {self._home} is damaged: it is compiled and written anew")
            self._drop()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code, where that is possible."""
        numbas: Any = super()
        try:
            numbas.save_overload(sig, data)
        except OSError as error:
            say(f"compiled code cannot be kept in {self._home} ({error.strerror}): it is compiled anew each time")
        except Exception:  # the index that it is to be entered in
            say(f"compiled code in {self._home} is damaged: it is compiled and written anew")
            self._drop()

    def _drop(self) -> None:
        files: Any = self._cache_file
        with contextlib.suppress(OSError):  # it is damaged next time, too
            files.forget()
