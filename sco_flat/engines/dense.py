"""The reference: every coordinate is stored and visited."""

from __future__ import annotations

import numpy as np

from sco_flat.engines.base import Engine
from sco_flat.instances.base import Instance
from sco_flat.settings import Settings


def objection(instance: Instance, settings: Settings) -> str | None:
    """Dense runs anything that fits into memory (checked where the arrays are made)."""
    return None


ENGINE = Engine(
    name="dense",
    title="all m blocks stored, any instance and start",
    objection=objection,
    rows=lambda instance, sample: np.arange(instance.m if instance.has_blocks else 0, dtype=np.int64),
    track=False,
)
