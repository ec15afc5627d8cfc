"""The reference: every coordinate is stored and visited."""

from __future__ import annotations

import numpy as np

from sco_flat.engines.base import Engine

ENGINE = Engine(
    name="dense",
    title="all m blocks stored, any instance and start",
    needs=(),  # it runs anything that fits into memory, which is checked where the arrays are made
    rows=lambda instance, sample: np.arange(instance.m, dtype=np.int64),
    track=False,
    place=3,
    every_block=True,
)
