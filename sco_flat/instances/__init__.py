"""Instances: losses with a law of z, one file each; their compiled parts are in ``kernels``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.instances.base import Loss


def names() -> tuple[str, ...]:
    """Return the registered instances by name."""
    return _registry.names("instances")


def get(name: str) -> type[Loss]:
    """Return the class of an instance by its name."""
    found: type[Loss] = _registry.entry("instances", name, "instance")
    return found
