"""Plug-ins are files: ``sam_chain.py`` in ``instances`` is the instance ``sam-chain``.

Names are known without importing anything; a module is imported when its entry is asked for.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from pathlib import Path
from typing import Any

from sco_flat.errors import unknown_name


@functools.cache
def names(folder: str) -> tuple[str, ...]:
    """Return the registered names of a folder of the package, sorted."""
    path = Path(__file__).parent / folder
    found = (module.name for module in pkgutil.iter_modules([str(path)]))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


@functools.cache
def entry(folder: str, key: str, name: str, attribute: str) -> Any:
    """Import one plug-in and return its declaration.

    Raises
    ------
    InputError
        If no such file exists; the message names the nearest one.
    """
    if name not in names(folder):
        raise unknown_name(key, name, names(folder))
    return getattr(importlib.import_module(f"sco_flat.{folder}.{name.replace('-', '_')}"), attribute)
