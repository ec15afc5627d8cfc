"""Rows of valley in the table of all works."""

from __future__ import annotations

from sco_flat.works.row import Answer, Row

EVERYWHERE = {"scope": "all"}


def rows() -> tuple[Row, ...]:
    """Return them."""
    return (
        Row(
            "sam-valley",
            "a point of zero loss for every example, rho = 0",
            Answer(
                "it does: it is a minimum of every example",
                "valley.sam",
                "w* is a common flat minimum: margin of K, over its share",
            ),
            Answer(
                "SAM does not: every suffix average has F >= {} eta r² T, in a dimension free of T",
                "valley.sam",
                "F / (eta r² T) of every suffix average >= 1/80",
            ),
        ),
        Row(
            "sam-valley",
            "a ball of zero loss for every example, radius r/8",
            Answer(
                "such a one does: it is a minimum of every example",
                "valley.sam-flat",
                "w* is a common flat minimum: margin of K, less rho, over r sqrt(eta T)",
                EVERYWHERE,
            ),
            Answer(
                "SAM does not: every suffix average has F >= {} eta r² T",
                "valley.sam-flat",
                "F / (eta r² T) of every suffix average >= 1/80",
                EVERYWHERE,
            ),
        ),
        Row(
            "sagd-valley",
            "a ball of zero loss for every example, radius rho",
            Answer(
                "0 does: f(., z) = 0 within rho of it",
                "valley.sagd",
                "f(., z) = 0 on the ball of radius rho around 0",
                {"flatness_radius": "1/100"},
            ),
            Answer(
                "SA-GD does not: every suffix average has F >= {} eta r² T/n",
                "valley.sagd",
                "F / (eta r² T/n) of every suffix average >= 1/240",
            ),
        ),
    )
