"""Engines: how much of the state is stored and visited; equal bits wherever they overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.engines.base import Engine


def names() -> tuple[str, ...]:
    """Return the registered engines by name."""
    return _registry.names("engines")


def get(name: str) -> Engine:
    """Return an engine by its name."""
    found: Engine = _registry.entry("engines", name, "engine")
    return found
