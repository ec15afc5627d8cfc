"""Figures from tidy data: one function a file, each returning a matplotlib figure; nothing is simulated here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = ("landscape", "sagd", "chain", "parameters", "bounds")


def drawing(name: str) -> Callable[[Any], Figure]:
    """Return the function that draws figure ``name``; matplotlib loads with the first one."""
    found: Callable[[Any], Figure] = getattr(
        importlib.import_module(f"sco_flat.works.flat_minima.figures.{name}"), name
    )
    return found
