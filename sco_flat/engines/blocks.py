"""Exact sparsity: a sleeping block is one number (or none), and of the others only what can move is visited.

Where a loss keeps windows, they hold every entry that has a term which is on under some batch; what wakes others is the
projection, and it opens them. Where an oracle moves a whole face, and where a loss keeps none, they are whole blocks.
"""

from __future__ import annotations

from sco_flat.engines.base import Engine
from sco_flat.traits import BLOCKS, Need

SLEEPING = (
    BLOCKS,
    Need("start", "it needs the start zero, where almost all blocks sleep", lambda value: value == "zero"),
    Need("exact_oracle", "oracle {oracle} moves every block"),
    Need("sparse", "{method} may move every block"),
    Need("free", "a clamp looks at every coordinate"),
)
"""Blocks sleep only from a zero start, under methods and oracles that leave them alone."""

ENGINE = Engine(
    name="blocks",
    title="blocks that move are stored, the others are one number; what cannot move is not visited",
    needs=SLEEPING,
    rows=lambda instance, sample: instance.awake(sample),
    track=True,
    place=2,
)
