"""Rows of wen-li-ma in the table of all works."""

from __future__ import annotations

from sco_flat.works.row import Answer, Row


def rows() -> tuple[Row, ...]:
    """Return them."""
    return (
        Row(
            "xor, two layers with a bias",
            "least trace of the Hessian",
            Answer(
                "not always: a flattest network knows its training set alone, error {}",
                "wen-li-ma.memoriser",
                "error on the cube = 1 - n/2^d",
            ),
            Answer(
                "SAM with batches of 1 does: Tr within {} of the least",
                "wen-li-ma.bias",
                "Tr - 4 sqrt(d + 1), after annealing",
            ),
        ),
        Row(
            "xor, two layers with a bias",
            "least trace of the Hessian",
            Answer(
                "another one does: points with the wrong sign: {}",
                "wen-li-ma.generaliser",
                "other points with the wrong sign",
            ),
            Answer(
                "GD with weight decay generalises without it: Tr = {} times the least",
                "wen-li-ma.weight-decay",
                "Tr / (4 sqrt(d + 1))",
            ),
        ),
        Row(
            "xor, two layers without a bias",
            "least trace of the Hessian",
            Answer("in the run it does: accuracy {} on fresh points", "wen-li-ma.no-bias", "accuracy on fresh points"),
            Answer(
                "SAM with batches of 1 comes near: Tr = {} <= 4 sqrt(2d)",
                "wen-li-ma.no-bias",
                "Tr <= 4 sqrt(2d), the infimum without kinks",
            ),
        ),
        Row(
            "xor, two layers with BatchNorm, on complete sets",
            "least trace of the Hessian, 8 in the limit",
            Answer(
                "where rank(S - S) = d - 2 it does, and only there: error 0 on {} of 20 sets",
                "wen-li-ma.complete-sets",
                "sets where its error is 0 = sets with rank(S - S) = d - 2",
            ),
            Answer(
                "SAM with batches of 1 comes near, and generalises: Tr = {}, on a sample that is not complete",
                "wen-li-ma.batch-norm-run",
                "Tr",
            ),
        ),
    )
