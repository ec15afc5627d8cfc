"""Rows of swad in the table of all works."""

from __future__ import annotations

from sco_flat.works.row import Answer, Row


def rows() -> tuple[Row, ...]:
    """Return them."""
    return (
        Row(
            "flat-erm",
            "small loss within gamma",
            Answer(
                "no: E - E^gamma = {} at a minimum, which the class has to pay for",
                "swad.complexity",
                "what the class has to cost: E - E^gamma at e_I > 0",
            ),
            "not asked: the minimum is given",
        ),
        Row(
            "sagd-blocks",
            "an average of a window of iterates",
            Answer(
                "an average that stops early does: F = {} for the longest safe prefix",
                "swad.theorem3",
                "F of the longest safe prefix, w_1 .. w_9",
            ),
            Answer(
                "SWAD does if its validation set sees the bad column, and misses with probability 2^-n_val = {}",
                "swad.miss",
                "P(k = 0) = 2^-n_val",
            ),
        ),
    )
