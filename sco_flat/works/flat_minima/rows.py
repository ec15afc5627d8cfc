"""Rows of flat-minima in the table of all works."""

from __future__ import annotations

from sco_flat.works.row import Answer, Row


def rows() -> tuple[Row, ...]:
    """Return them."""
    return (
        Row(
            "flat-erm",
            "a ball of zero empirical loss, radius rho",
            Answer("no: a flattest minimum has F = (1-rho)²/4 = {}", "flat-minima.1", "F(e_I) >= 1/16"),
            "not asked: the minimum is given",
        ),
        Row(
            "sagd-blocks",
            "a ball of zero empirical loss, radius rho",
            Answer(
                "0 does: f(., z) = 0 within rho of it", "flat-minima.3", "f = 0 within rho of 0: largest weight <= 1"
            ),
            Answer(
                "SA-GD does not: every suffix average has F >= {} eta² (r-rho)² T",
                "flat-minima.3",
                "F / (eta² (r - rho)² T) of every suffix average >= (1/(2 sqrt 2) - 1/3)²/4",
            ),
        ),
        Row(
            "sam-sharp",
            "the largest loss within r",
            "not asked: all examples are alike",
            Answer(
                "SAM does not: F_S^r(w_t) - F_S^r(w*) - r²/2 = {} for every t",
                "flat-minima.6",
                "F_S^r(w_t) - F_S^r(w*) - r²/2 = 0 for every t",
            ),
        ),
        Row(
            "sam-chain",
            "not promised: a point of zero loss, rho = 0",
            "not asked: no ball is flat",
            Answer(
                "SAM does not generalise: every suffix average has F >= {} eta² r² T",
                "flat-minima.7",
                "F / (eta² r² T) of every suffix average >= 1/40",
            ),
        ),
    )
