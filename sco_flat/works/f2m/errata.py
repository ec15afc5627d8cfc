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
    """One input, one weight in each layer, all 1: the term is ``(x W_1 eps)²``; the released rule is run on it."""
    one, eps = np.ones((1, 1)), 0.1
    net, batch = Net(one, np.zeros(1), one, one, np.zeros(1)), (one, np.zeros(1, dtype=np.int64))

    def slope(lam: float) -> float:
        gradient = objective(net, batch, [eps * one], Search(eps, 1, lam, released=True))[1]
        return float(gradient[0][0, 0])

    name = "x = W_1 = 1, eps = 1/10: the slope of the prototype term in W_1"
    return (
        claim(f"{name}, as released", "conclusion", slope(1.0) - slope(0.0), ">", 0.0, CODE),
        exact(f"{name}, 2 eps²", 2 * Fraction(1, 10) ** 2, ">", 0, CODE),
    )


ENTRIES = (
    Erratum(
        "B1",
        "arXiv 2111.01549, released code against the method",
        "noise that is as likely on one side of 0 as on the other, within [-b, b]",
        "relabelled in place, the second of five bins becomes the last: -b/2 is never drawn, the mean is about .2 b",
        "false",
        _noise,
        "sco-flat check f2m.sessions --set variant=released --set seeds=1",
    ),
    Erratum(
        "B2",
        "arXiv 2111.01549, released code against the objective",
        "lam times the move of the prototypes is a part of what is minimised",
        "it enters as a number without a gradient: no lam changes a step",
        "false",
        _prototypes,
        "sco-flat check f2m.sessions --set variant=released --set seeds=1",
    ),
)
