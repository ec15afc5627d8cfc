"""Where the released code does something else than the method, each with what it computes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat.results import Claim, claim
from sco_flat.works.errata import Erratum, exact
from sco_flat.works.f2m.network import FREQUENCIES, Net, Search, objective

CODE = "Shi et al., released code"
Pair = tuple[Claim, Claim]


def _mean(frequencies: dict[float, float]) -> Fraction:
    return sum((Fraction(str(value)) * Fraction(str(p)) for value, p in frequencies.items()), Fraction(0))


def _noise() -> Pair:
    mirrored = {-value: p for value, p in FREQUENCIES.items()}
    even = {value: (p + mirrored[value]) / 2 for value, p in FREQUENCIES.items()}
    name = "mean of the noise / b"
    return (
        exact(f"{name}, as drawn", _mean(FREQUENCIES), "==", 0, CODE),
        exact(f"{name}, if -b/2 were drawn as often as b/2, and -b as b", _mean(even), "==", 0, CODE),
    )


def _prototypes() -> Pair:
    rng = np.random.default_rng(0)
    sizes = ((5, 4), (4,), (4, 12), (12, 3), (3,))
    net = Net(*(rng.standard_normal(size) for size in sizes))
    batch, noise = (rng.standard_normal((9, 5)), np.arange(9) % 3), [0.1 * rng.standard_normal((4, 12))]

    def change(released: bool) -> float:
        slopes = [objective(net, batch, noise, Search(0.1, 1, lam, released))[1][0] for lam in (0.0, 1.0)]
        return float(np.abs(slopes[1] - slopes[0]).max())

    name = "what lam = 1 changes in the gradient of the first layer"
    return (
        claim(f"{name}, released", "conclusion", change(True), ">", 0.0, CODE),
        claim(f"{name}, the objective", "conclusion", change(False), ">", 0.0, CODE),
    )


ENTRIES = (
    Erratum(
        "n1",
        "arXiv 2111.01549, released code against the method",
        "noise that is as likely on one side of 0 as on the other, within [-b, b]",
        "relabelled in place, the second of five bins becomes the last: -b/2 is never drawn, the mean is about .2 b",
        "false",
        _noise,
        "sco-flat check f2m.sessions --set variant=released",
    ),
    Erratum(
        "n2",
        "arXiv 2111.01549, released code against the objective",
        "lam times the move of the prototypes is a part of what is minimised",
        "it enters as a number without a gradient: no lam changes a step",
        "false",
        _prototypes,
        "sco-flat check f2m.sessions --set variant=released",
    ),
)
