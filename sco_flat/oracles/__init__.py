"""Oracles: inner maximisers of SA-GD, one file each, with a named tie rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.oracles.base import Oracle


def names() -> tuple[str, ...]:
    """Return the registered oracles by name."""
    return _registry.names("oracles")


def get(name: str) -> Oracle:
    """Return an oracle by its name."""
    found: Oracle = _registry.entry("oracles", name, "oracle")
    return found
