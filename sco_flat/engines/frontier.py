"""Blocks, refusing what would open a window."""

from __future__ import annotations

from sco_flat.engines import blocks
from sco_flat.engines.base import Engine
from sco_flat.traits import Need

ENGINE = Engine(
    name="frontier",
    title="as blocks, on runs whose windows never open",
    needs=(
        *blocks.SLEEPING,
        Need("unprojected", "a projection moves every coordinate"),
        Need("full_batch", "a changing batch can wake any entry"),
        Need("one_coordinate", "oracle {oracle} moves a whole face"),
    ),  # a gradient has to stay zero where nothing changed
    rows=blocks.ENGINE.rows,
    track=True,
    place=1,
    streams=True,
)
