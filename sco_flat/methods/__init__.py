"""Methods: one file each, a kernel and a declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.methods.base import Method


def names() -> tuple[str, ...]:
    """Return the registered methods by name."""
    return _registry.names("methods")


def get(name: str) -> Method:
    """Return a method by its name."""
    found: Method = _registry.entry("methods", name, "method")
    return found
