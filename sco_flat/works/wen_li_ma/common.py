"""What the statements of this work share."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim, Relation
from sco_flat.works.exact import Number

SOURCE = "Wen, Li and Ma"
D, N, SEED = Number(6, 2, 10), Number(20, 1, 128), Number(0, 0, 2**32 - 1)
"""The usual numbers: d, n and the seed of the training set."""


def exact(
    name: str, value: Fraction | int, relation: Relation, bound: Fraction | int, source: str, note: str = ""
) -> Claim:
    """Decide a conclusion between two fractions."""
    from sco_flat.proofs.balls import decide_exactly  # loads python-flint

    return decide_exactly(name, "conclusion", (value, value), relation, bound, source, "symbolic", note)


def kink_note(points: int, of: int) -> str:
    """What has to be said of a trace at a kink."""
    if not points:
        return ""
    return f"warning: {points} of {of} training points lie on a kink, where f need not be differentiable; relu'(0) = 0"
