"""Rows of f2m in the table of all works."""

from __future__ import annotations

from sco_flat.works.row import Answer, Row


def rows() -> tuple[Row, ...]:
    """Return them."""
    return (
        Row(
            "flat-erm",
            "small loss under noise on the weights",
            Answer(
                "no: F(e_I) - F(0) = {}, and no noise tells them apart", "f2m.blind", "F(e_I) - F(0) = (1 - rho)²/4"
            ),
            "not asked: the minimum is given",
        ),
        Row(
            "sagd-blocks",
            "a box of half-width b around the start",
            Answer(
                "not beyond the flat ball: F = {} > 0 for b just above rho/sqrt(T-1)",
                "f2m.clamp",
                "b just above rho/sqrt(T-1): F of the last iterate",
            ),
            Answer(
                "the clamp does if b sqrt(T-1) <= rho: F = {} just below",
                "f2m.clamp",
                "b just below rho/sqrt(T-1): F of the last iterate",
            ),
        ),
    )
