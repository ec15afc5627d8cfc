"""Theorem 3."""

from __future__ import annotations

from fractions import Fraction

from sco_flat import instances
from sco_flat.engines.simulation import simulate
from sco_flat.proofs.balls import ball, decide, precision
from sco_flat.requests import request_from
from sco_flat.results import Claim, claim
from sco_flat.works.base import build
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
    request = request_from("sagd-blocks", n=6, steps=64, step_size=0.25, flatness_radius=0.02, oracle="benign")
    instance = build(request)
    simulation = simulate(instance, request.sample(instance), request.settings, request.seed)
    risk = simulation.look(simulation.average).population_risk[1]
    bound = float(claim_of(proof(3, "every sample"), SUFFIX).bound or 0.0)  # q² T = 1 here
    name = "F(full average) with the maximiser r e_b, rho = 1/50"
    printed = claim(name, "conclusion", risk, ">=", bound, SOURCE)
    return printed, claim_of(proof(3, "every sample", (("preset", "robust"),)), SUFFIX)


def _blocks() -> tuple[Claim, Claim]:
    n, steps = 6, 16
    built = instances.get("sagd-blocks")(n=n, steps=steps, step_size=0.25, perturbation_radius=1.0)
    name = "coordinates beside w(d) that are in no block, n = 6, T = 16: i to"
    left = built.dimension - 1
    return (
        exact(f"{name} T", left - steps * steps, "<=", 0, SOURCE),
        exact(f"{name} 2^n", left - 2**n * steps, "<=", 0, SOURCE),
    )


def _place() -> tuple[Claim, Claim]:
    request = request_from("sagd-blocks", n=6, steps=16, step_size=0.25)
    sample = request.sample(build(request))
    bad = sample.event.columns[0] + 1  # the paper counts from 1

    def fewest(places: list[int]) -> int:
        """Examples with a plus in the block of a coordinate, the fewest over the coordinates."""
        return min(int(sample.codes[(k - 1) // request.steps]).bit_count() for k in places)

    steps = range(1, request.steps + 1)
    name = "examples of 6 that feel e_{I_t}, the fewest over t = 1..16, I ="
    return (
        exact(f"{name} {bad}, I_t = I + t - 1", fewest([bad + t - 1 for t in steps]), ">=", 6, SOURCE),
        exact(
            f"{name} {bad}, I_t = T (I - 1) + t",
            fewest([request.steps * (bad - 1) + t for t in steps]), ">=", 6, SOURCE,
        ),
    )  # fmt: skip


def _suffix() -> tuple[Claim, Claim]:
    entries = [-1 if t > 2 else 0 for t in range(1, 5)]  # w_t(I_2) / q, t = 1..4
    average = Fraction(sum(entries), 4)
    name = "entry I_2 of the full average / q, T = 4"
    return exact(name, average, "<=", Fraction(-3, 4), SOURCE), exact(name, average, "<=", Fraction(-1, 2), SOURCE)


def _odd() -> tuple[Claim, Claim]:
    steps = 3
    proved = Fraction(steps // 2, 4)  # entries s <= T/2, each at least q/2
    bound = Fraction(steps, 8)
    found = Fraction(theorem3.suffix_squares(steps)[1])
    return (
        exact("entries s <= T/2 of size q/2, sum of squares / q², T = 3", proved, ">=", bound, SOURCE),
        exact("block I of the full average, sum of squares / q², T = 3", found, ">=", bound, SOURCE),
    )


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
        "the proof needs one that breaks ties against us (the paper's Limitations do name the gradient oracle): with "
        "r e_b, as correct, F is 0 at rho = 1/50. With falling weights and c < 1 every correct maximiser gives the "
        "bound",
        "gap",
        _tie,
        "sco-flat run sagd-blocks --method sagd --oracle benign --flatness-radius 1/50",
    ),
    Erratum(
        "3h",
        "Theorems 3 and 7, proofs, notation",
        "w^(i) = w[T (i - 1) + 1 : T i] for i in [T]",
        "for i in [2^n]: there are 2^n blocks of T coordinates",
        "misprint",
        _blocks,
    ),
    Erratum(
        "3i",
        "Theorem 3, proof, oracle",
        "I_t = I + t - 1",
        "T (I - 1) + t: coordinate t of block I. I counts columns, and coordinate I + t - 1 lies in another block",
        "misprint",
        _place,
    ),
    Erratum(
        "3j",
        "Theorem 3, proof, suffix averages",
        "an average's entry I_s <= -q (T - max(tau, T/2) + 1) / (T - tau + 1) for s <= T/2",
        "false at s = T/2 >= tau, where w_t(I_s) = 0 at t = T/2: the sum begins at T/2 + 1. Its end, -q/2, is right",
        "false",
        _suffix,
    ),
    Erratum(
        "3k",
        "Theorem 3, proof, last display",
        "T/2 entries of at least q/2",
        "for odd T the display before gives (T - 1)/2 of them; the sum of squares >= q² T/8 is true all the same",
        "gap",
        _odd,
    ),
)
