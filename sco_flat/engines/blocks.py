"""Exact sparsity over blocks: a sleeping block is one number (or none) and a test that it still sleeps."""

from __future__ import annotations

from sco_flat import oracles
from sco_flat.engines.base import Engine
from sco_flat.instances.base import Instance
from sco_flat.settings import Settings


def objection(instance: Instance, settings: Settings) -> str | None:
    """Blocks sleep only from a zero start, and only exact oracles leave them alone."""
    if not instance.has_blocks:
        return f"{instance.name} has no blocks"
    if not settings.zero_start:
        return "it needs the start zero, where almost all blocks sleep"
    if settings.method == "sagd" and not oracles.get(settings.oracle).exact:
        return f"oracle {settings.oracle} moves every block"
    if settings.method == "sagd" and instance.name != "sagd-blocks":
        return f"the exact oracles know sagd-blocks, not {instance.name}"
    return None


ENGINE = Engine(
    name="blocks",
    title="blocks that move are stored in full, the others as one number; woken blocks are promoted",
    objection=objection,
    rows=lambda instance, sample: instance.awake(sample),
    track=False,
)
