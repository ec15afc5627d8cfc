"""Rows of factorisation in the table of all works."""

from __future__ import annotations

from sco_flat.works.row import Answer, Row


def rows() -> tuple[Row, ...]:
    """Return them."""
    return (
        Row(
            "factorisation",
            "least lambda_max of the Hessian",
            "not asked: all minima are the same matrix",
            Answer(
                "GD beside a minimum too sharp for its step size ends at a flatter one: lambda_max = {}",
                "factorisation.escape",
                "end from +v_1: lambda_max < that of the start",
                run=True,
            ),
        ),
        Row(
            "factorisation",
            "least lambda_max of the Hessian",
            "not asked: all minima are the same matrix",
            Answer(
                "no method is asked; that a minimum is flat is decided in fractions: lambda_max - 2 L s^(2-2/L) = {}",
                "factorisation.flat",
                "flat: lambda_max - 2 L s^(2-2/L)",
            ),
        ),
    )
