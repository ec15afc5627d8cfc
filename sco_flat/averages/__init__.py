"""Averages: points of a run, one file each. They observe a run and are no part of a method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.averages.base import Average


def get(name: str) -> Average:
    """Return an average by its name."""
    found: Average = _registry.entry("averages", name, "average")
    return found


def names() -> tuple[str, ...]:
    """Return the registered averages, in the order of tables."""
    return tuple(sorted(_registry.names("averages"), key=lambda name: (get(name).place, name)))


def readers(number: str) -> list[str]:
    """Return the averages that read a number of this name."""
    return [name for name in names() if number in {option.name for option in get(name).numbers}]
