"""Theorem 3."""

from __future__ import annotations

from fractions import Fraction

from sco_flat import instances
from sco_flat.proofs.balls import ball, decide, precision
from sco_flat.results import Claim, claim
from sco_flat.runs import run
from sco_flat.works.errata import Erratum, claim_of, exact, proof
from sco_flat.works.flat_minima.proofs import theorem3

SOURCE = "Theorem 3"
SUFFIX = "F / (eta² (r - rho)² T) of every suffix"


def _dimension() -> tuple[Claim, Claim]:
    built = instances.get("sagd-blocks")(n=6, steps=16, step_size=0.25, perturbation_radius=1.0)
    name = "dimension of the loss at n = 6, T = 16"
    return exact(name, built.dimension, "<=", 2**6 * 16, SOURCE), exact(name, built.dimension, "==", 2**6 * 16 + 1, "")


def _one_step() -> tuple[Claim, Claim]:
    squares = theorem3.suffix_squares(1)
    two = proof(3, "every sample", (("steps", 2), ("flatness_radius", 0)))
    return exact("F(w_1) / q² at T = 1", squares[1] / 4, ">", 0, SOURCE), claim_of(two, SUFFIX)


def _radius() -> tuple[Claim, Claim]:
    radius = Fraction(1, 50) + 4 * Fraction(1, 8)  # rho + 1/(eta sqrt T) at eta = 1/4, T = 64
    return (
        exact("|v_t| of the printed oracle", 1, "<=", radius, SOURCE),
        claim_of(proof(3, "bracket"), "share of the examples that feel"),
    )


def _signs() -> tuple[Claim, Claim]:
    entry, rho = Fraction(-1, 8), Fraction(1, 50)  # w_T has entries -q, q = 1/8, in block I
    felt = max(1 * entry, Fraction(0))  # all that z(I) = 1 or 0 can see of them
    risk = max(felt - rho, Fraction(0)) ** 2 / 4
    found = proof(3, "bracket")
    return exact("F(w_T) if z is 0 or 1", risk, ">", 0, SOURCE), claim_of(found, "F of the last iterate")


def _clipped() -> tuple[Claim, Claim]:
    z = v = Fraction(-1)
    left = max(z * v, Fraction(0)) ** 2
    name = "max{z v, 0}² at z = v = -1"
    return exact(name, left, "<=", max(v, Fraction(0)) ** 2, SOURCE), exact(name, left, "<=", v**2, SOURCE)


def _square() -> tuple[Claim, Claim]:
    numbers = (("perturbation_radius", "1/20000"), ("flatness_radius", 0))
    found = proof(3, "every sample", numbers)
    scale = Fraction(8, 4 * 20000)  # q sqrt(T) at T = 64, eta = 1/4
    with precision(200):
        squares = theorem3.suffix_squares(64)
        risk = ball(scale**2 * squares[1] / 64 / 4)
        name = "F(full average) >= q sqrt(T) / (4 100²) at r = 1/20000"
        printed = decide(name, "conclusion", risk, ">=", ball(scale / 40000), SOURCE, "every sample")
    return printed, claim_of(found, SUFFIX)


def _tie() -> tuple[Claim, Claim]:
    found = run("sagd-blocks", n=6, steps=64, step_size=0.25, flatness_radius=0.02, oracle="benign")
    risk = found.points["average"].population_risk[1]
    bound = float(claim_of(proof(3, "every sample"), SUFFIX).bound or 0.0)  # q² T = 1 here
    printed = claim("F(full average) with the maximiser r e_b", "conclusion", risk, ">=", bound, SOURCE)
    return printed, claim_of(proof(3, "every sample", (("preset", "robust"),)), SUFFIX)


ENTRIES = (
    Erratum("3a", "Theorem 3, statement", "d = 2^n T", "d = 2^n T + 1", "misprint", _dimension),
    Erratum(
        "3b",
        "Theorem 3, statement",
        "for every T",
        "for T >= 2: at T = 1 the output is w_1 = 0 and F = 0",
        "false",
        _one_step,
        "sco-flat check 3 --evidence every-sample --steps 1 --allow-outside",
    ),
    Erratum(
        "3c",
        "Theorem 3, proof, oracle",
        "the gradient is taken at w + e_{I_t}",
        "at w + r e_{I_t}: e_{I_t} may lie outside the ball",
        "misprint",
        _radius,
    ),
    Erratum(
        "3d",
        "Theorem 3, proof, event",
        "S is in {0,1}^(2^n)",
        "in {-1,1}^(2^n): with 0 and 1 no example would ever see the negative entries of the walk",
        "misprint",
        _signs,
    ),
    Erratum(
        "3e",
        "Theorem 3, proof, base case",
        "max{z v, 0}² <= max{v, 0}²",
        "<= v²; the end of the display is right",
        "false",
        _clipped,
    ),
    Erratum(
        "3f",
        "Theorem 3, proof, last display",
        "F >= eta (r - rho) sqrt(T) / (4 100²)",
        "its square: F >= (1/(2 sqrt 2) - 1/3)²/4 eta² (r - rho)² T",
        "false",
        _square,
        "sco-flat check 3 --evidence every-sample --radius 1/20000 --flatness-radius 0",
    ),
    Erratum(
        "3g",
        "Theorem 3, statement",
        "SA-GD takes some maximiser v_t",
        "the proof needs one that breaks ties against us: with r e_b, as correct, F -> 0. With falling weights and "
        "c < 1 every correct maximiser gives the bound",
        "gap",
        _tie,
        "sco-flat run sagd-blocks --method sagd --oracle benign",
    ),
)
