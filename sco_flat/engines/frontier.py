"""Blocks, and inside a block only the window in which a gradient can be non-zero."""

from __future__ import annotations

from sco_flat import oracles
from sco_flat.engines import blocks
from sco_flat.engines.base import Engine
from sco_flat.instances.base import Instance
from sco_flat.settings import Settings


def objection(instance: Instance, settings: Settings) -> str | None:
    """Windows need a gradient that stays zero where nothing changed: one fixed batch, no rescaling."""
    reason = blocks.objection(instance, settings)
    if reason is not None:
        return reason
    if settings.project:
        return "a projection moves every coordinate"
    if settings.method == "sgd" or settings.batch_size is not None:
        return "a changing batch can wake any entry"
    if settings.method == "sagd" and not oracles.get(settings.oracle).one_coordinate:
        return f"oracle {settings.oracle} moves a whole face"
    return None


ENGINE = Engine(
    name="frontier",
    title="as blocks, visiting only the entries that can move",
    objection=objection,
    rows=blocks.ENGINE.rows,
    track=True,
)
