"""Errata of arXiv 2511.03548, each with the evaluation that shows it: made by running, so that none goes stale."""

from __future__ import annotations

from sco_flat.works.errata import Erratum


def entries() -> list[Erratum]:
    """All errata, in the order of the paper."""
    from sco_flat.works.flat_minima.errata import stability, theorem1, theorem3, theorem6, theorem7

    return [e for module in (theorem1, theorem3, theorem6, theorem7, stability) for e in module.ENTRIES]
