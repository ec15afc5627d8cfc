"""Theorem 1 and the lemma on its loss."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.errata import Erratum, claim_of, exact, proof

RHO, PUSH = Fraction(1, 5), Fraction(1, 10)


def _wrong_point() -> tuple[Claim, Claim]:
    gap = max(PUSH - RHO, Fraction(0)) ** 2 / 2 - PUSH**2 / 2  # a push by less than rho from rho e_I costs nothing
    name = "F_S^0.1(rho e_I) - 0.1²/2, rho = 1/5"
    return exact(name, gap, ">=", 0, "Theorem 1"), claim_of(proof(1, "every sample"), "F_S^0.1(rho e_b)")


def _sign() -> tuple[Claim, Claim]:
    b, radius = Fraction(0), PUSH + RHO
    least = (radius - RHO) ** 2 / 2

    def pushed(sign: int) -> Fraction:
        return max(abs(b + sign * radius) - RHO, Fraction(0)) ** 2 / 2

    name = "F_S(w + sign(b) r e_b) at w = 0, r = 3/10, rho = 1/5"
    return (
        exact(f"{name}, sign(0) = 0", pushed(0), ">=", least, "Theorem 1"),
        exact(f"{name}, sign(0) = 1", pushed(1), ">=", least, "Theorem 1"),
    )


def _maximal() -> tuple[Claim, Claim]:
    w, c = Fraction(-1, 2), Fraction(1, 2)
    bound = (c - RHO) ** 2 / 2
    clipped = max(max(w - c, Fraction(0)) - RHO, Fraction(0)) ** 2 / 2
    squared = max(abs(w - c) - RHO, Fraction(0)) ** 2 / 2
    name = "phi(w + sign(w(d)) c e_d) at w = -e_d/2, c = 1/2, rho = 1/5"
    return (
        exact(f"{name}, with [w(d)]_+", clipped, ">=", bound, "lemma on the loss"),
        exact(f"{name}, with w(d)²", squared, ">=", bound, "Theorem 1"),
    )


ENTRIES = (
    Erratum(
        "1a",
        "Theorem 1, proof, last display",
        "F(rho e_I) = 0 for the sharp minimum w(2)",
        "w(2) is rho e_d: rho e_I is not sharp, rho e_d is",
        "misprint",
        _wrong_point,
        "sco-flat check 1 --evidence every-sample",
    ),
    Erratum(
        "1b",
        "Theorem 1, proof, smallest SAER, and the lemma on the loss, flatness",
        "F_S(w + sign(w(d)) r e_d) >= ½ [r - rho]_+² for every w",
        "with sign(0) = 1: where w(d) = 0 the push vanishes otherwise, and F_S(0) = 0",
        "gap",
        _sign,
    ),
    Erratum(
        "1c",
        "Lemma on the loss, flatness",
        "rho is the largest flatness radius of ½ [|[w z]_+| - rho]_+²",
        "false where w(d) < 0: [w(d)]_+ does not grow; true with w(d)², as in Theorems 1 and 3",
        "false",
        _maximal,
    ),
)
