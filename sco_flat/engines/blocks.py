"""Exact sparsity over blocks: a sleeping block is one number (or none) and a test that it still sleeps."""

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
    title="blocks that move are stored in full, the others as one number; woken blocks are promoted",
    needs=SLEEPING,
    rows=lambda instance, sample: instance.awake(sample),
    track=False,
    place=2,
)
