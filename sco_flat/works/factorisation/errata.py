"""Errata of arXiv 2509.25783, with the evaluation that shows each."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.instances.factors import read
from sco_flat.results import Claim
from sco_flat.works.errata import Erratum, exact
from sco_flat.works.factorisation.proofs.hessian import floor, lambda_max

SOURCE = "arXiv 2509.25783"


def _sharpness(name: str) -> tuple[Fraction, Fraction]:
    """lambda_max and the floor of a named minimum, both of them fractions."""
    found = read("factors", name)
    (value, high), (least, most) = lambda_max(found), floor(found)
    assert value == high
    assert least == most
    return value, least


def _constant() -> tuple[Claim, Claim]:
    sharp, flat = _sharpness("equal-norms"), _sharpness("balanced")
    return (
        exact("lambda_max where |A_1||B_1| = |A_2||B_2| = 5 and s = 1", sharp[0], "<=", sharp[1], SOURCE),
        exact("lambda_max where every |A_i||B_i| = s^(2/3) = 4, L = 3", flat[0], "<=", flat[1], SOURCE),
    )


ENTRIES = (
    Erratum(
        "F1",
        "arXiv 2509.25783, v6: flat minima at any depth",
        "a minimum is flat where |A_i||B_i| is the same for all i",
        "that is enough where it is s^(1-1/L): then K <= sum |A_i|²|B_i|² = L s^(2-2/L); at another "
        "constant a minimum may be flat, at L = 3, or not",
        "false",
        _constant,
    ),
)
