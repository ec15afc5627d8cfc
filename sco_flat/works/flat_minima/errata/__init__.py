"""Errata of arXiv 2511.03548, each with the evaluation that shows it: made by running, so that none goes stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat.errors import unknown_name

if TYPE_CHECKING:
    from sco_flat.works.errata import Erratum, Shown


def entries() -> list[Erratum]:
    """All errata, in the order of the paper."""
    from sco_flat.works.flat_minima.errata import stability, theorem1, theorem3, theorem6, theorem7

    return [e for module in (theorem1, theorem3, theorem6, theorem7, stability) for e in module.ENTRIES]


def evaluate(key: str | None = None) -> list[Shown]:
    """Evaluate all errata, or one.

    Raises
    ------
    InputError
        If there is no such entry.
    """
    found = entries()
    if key is not None:
        if key not in {e.key for e in found}:
            raise unknown_name("erratum", key, [e.key for e in found])
        found = [e for e in found if e.key == key]
    return [e.evaluate() for e in found]
