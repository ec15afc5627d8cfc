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
        Row(
            "Gaussian classes, and sessions of new ones",
            "small loss under noise on the second layer",
            Answer(
                "in kind: in the box it forgets less, by {} of accuracy, but frozen weights forget least",
                "f2m.sessions",
                "base classes: F2M(0.01) - clamp",
                run=True,
            ),
            Answer(
                "training with noise does: 20 times F2M's sensitivity is below plain training's {}",
                "f2m.sessions",
                "sensitivity to noise, plain training against 20 times F2M's, largest of lam",
                run=True,
            ),
        ),
    )
