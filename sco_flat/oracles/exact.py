"""The exact maximiser that a loss brings with it, for losses whose own proof says where it is."""

from __future__ import annotations

from sco_flat.oracles.base import Oracle

ORACLE = Oracle(
    name="exact",
    title="the loss's own exact maximiser",
    tie_rule="as the loss says; it refuses points where its proof says nothing",
    maximise=None,
    exact=True,
    one_coordinate=False,
)
