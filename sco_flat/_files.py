"""Files that are written whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sco_flat.errors import InputError

FILES = (".csv", ".parquet", ".json", ".html", ".pdf", ".png", ".svg")


def refuse_file_name(key: str, folder: Path) -> None:
    """Refuse a folder that is called like a file, unless it is there.

    Raises
    ------
    InputError
        With the name that was meant.
    """
    if folder.suffix in FILES and not os.path.isdir(folder):
        raise InputError(key, folder, "is called like a file, and a folder is written", f"give {folder.stem}")


def writable_folder(key: str, folder: Path) -> None:
    """Refuse a folder that is missing or read-only.

    Raises
    ------
    InputError
        With the folder and the mend.
    """
    if not os.path.isdir(folder):  # which takes a name that is too long, too
        raise InputError(key, str(folder), "is not a folder", "make it first or choose another one")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        raise InputError(key, str(folder), "cannot be written to", "choose a folder that you may write to") from None


def check_target(key: str, path: Path) -> None:
    """Refuse, before any work, a file that could not be written after it.

    Raises
    ------
    InputError
        If the path is a folder or a device, or its folder is missing or read-only.
    """
    _replaceable(key, path)
    writable_folder(key, path.resolve().parent)


def _replaceable(key: str, path: Path) -> None:
    """Refuse a path that is there and no file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except (OSError, ValueError) as error:  # a name that is too long, or with a NUL
        reason = getattr(error, "strerror", error)
        raise InputError(key, str(path), f"cannot be written: {reason}", "choose another place") from None
    if stat.S_ISDIR(mode):
        raise InputError(key, str(path), "is a folder", "name a file in it")
    if not stat.S_ISREG(mode):  # a whole file would take the place of a device
        raise InputError(key, str(path), "is no file that can be replaced", "name another one")


@contextmanager
def whole_file(key: str, path: Path) -> Iterator[Path]:
    """Give the name of a file to write in the folder of ``path``; it becomes ``path`` when all went well.

    Raises
    ------
    InputError
        If it is no file that can be replaced, or the disk refuses it.
    """
    _replaceable(key, path)
    target = path.resolve()
    part = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield part
        os.replace(part, target)
    except OSError as error:
        raise InputError(key, str(path), f"cannot be written: {error.strerror}", "choose another place") from None
    finally:
        part.unlink(missing_ok=True)


PART = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
"""A part of a page that a browser executes; data has a type."""
CHARSET = '<meta charset="utf-8">\n'


def with_policy(page: str) -> str:
    """Add to a page that a browser runs its own scripts and styles, shows its own pictures, and loads nothing else.

    Parameters
    ----------
    page : str
        HTML with ``CHARSET``, and all in one file.
    """
    found: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in PART.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
        found[kind].append(f"'sha256-{digest}'")
    rules = ["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'"]
    rules += [f"{kind}-src {' '.join(hashes)}" for kind, hashes in found.items() if hashes]
    policy = f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">\n'
    return page.replace(CHARSET, CHARSET + policy, 1)
