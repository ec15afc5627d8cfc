"""Theorem 6."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat import instances
from sco_flat.results import Claim
from sco_flat.works.errata import Erratum, claim_of, exact, proof


def _start() -> tuple[None, Claim]:
    found = proof(6, "every sample", (("start", "1/100"),))
    return None, claim_of(found, "F_S^r(w_t) - (1 - eta)²")


def _letters() -> tuple[None, Claim]:
    built = instances.get("sam-sharp")(n=1, steps=1, step_size=0.5, perturbation_radius=0.5)
    value = Fraction(built.loss(np.array([0.5]), np.ones(1, dtype=np.int64)))
    return None, exact("f(1/2)", value, "==", Fraction(1, 8), "Theorem 6")


def _derivative() -> tuple[Claim, Claim]:
    built = instances.get("sam-sharp")(n=1, steps=1, step_size=0.5, perturbation_radius=0.5)
    near, far = (Fraction(built.loss(np.array([w]), np.ones(1, dtype=np.int64))) for w in (-0.25, -0.75))
    slope = (near - far) * 2
    name = "mean slope of f from -3/4 to -1/4"
    return exact(name, slope, "==", Fraction(-1, 2), "Theorem 6"), exact(name, slope, "==", 0, "Theorem 6")


ENTRIES = (
    Erratum(
        "6a",
        "Theorem 6, proof",
        "w_2 = w_1 = 0, since f'(0) = 0",
        "it rests on reading 0/0 as 0 in SAM's direction; a start e > 0 with e (1 - eta) <= eta r does not",
        "gap",
        _start,
    ),
    Erratum(
        "6b",
        "Theorem 6, statement and proof",
        "a loss F_S: W x Z -> R; f(w) = ½ max(0, x)²",
        "f, and w for x",
        "misprint",
        _letters,
        "sco-flat check 6 --evidence every-sample",
    ),
    Erratum(
        "6c",
        "Theorem 6, proof, derivatives",
        "f'(w) = w and f''(w) = 1 for w != 0",
        "for w > 0: for w < 0 both are 0, as the next line says",
        "misprint",
        _derivative,
    ),
)
