"""What the statements of this work share."""

from __future__ import annotations

from sco_flat.works.exact import Number, exactly

SOURCE = "Wen, Li and Ma"
D, N, SEED = Number(6, 2, 10), Number(20, 1, 128), Number(0, 0, 2**32 - 1)
"""The usual numbers: d, n and the seed of the training set."""
exact = exactly


def kink_note(points: int, of: int) -> str:
    """What has to be said of a trace at a kink."""
    if not points:
        return ""
    return f"warning: {points} of {of} training points lie on a kink, where f need not be differentiable; relu'(0) = 0"
