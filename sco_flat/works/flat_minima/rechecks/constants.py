"""Constants of the chain's loss in rational intervals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question


@dataclass(frozen=True)
class Constants:
    """Constants of the chain's loss; lengths in units of r."""

    eta: Interval
    radius: Interval
    reach: Interval  # (eta r)²
    kappa: Fraction
    lam: Interval
    gamma: Interval
    strength: Interval  # eta gamma / lam
    ratio: Interval  # delta_1 / (eta gamma)
    delta_2: Interval
    delta_3: Interval
    delta: Interval
    x: Interval  # eta delta

    @property
    def eta_gamma(self) -> Interval:
        """``eta gamma``."""
        return self.strength * self.lam

    @property
    def delta_1(self) -> Interval:
        """delta_1."""
        return self.ratio * self.eta_gamma


def constants(question: Question) -> Constants:
    """Resolve the constants, printed or corrected, or set by hand."""
    steps, m, d, given = question.steps, question.width, question.dimension, question.options
    eta = Interval(*question.step_size)
    if question.perturbation_radius is None:
        reach = Interval(Fraction(1, 4 * steps))
        radius = reach.sqrt() / eta
    else:
        radius = Interval(*question.perturbation_radius)
        reach = (eta * radius).square()
    small, large = eta.least(1), eta.most(1)
    lam = Interval(given["lam"]) / radius if "lam" in given else Interval(Fraction(1, 4 * d * (d - 1)))
    root = Interval(d).sqrt() * 2
    wide = Interval(m + 1).sqrt() * 2
    if given.get("parameters") == "printed":
        first = lam * small / root
        gamma, strength, ratio = lam / (large * (1 + first)), small / (1 + first), (1 + first) / root
    else:
        first = None
        gamma, strength, ratio = lam / (large * wide), small / wide, Interval(Fraction(1, 4))
    if "gamma" in given:
        gamma = Interval(given["gamma"])
        strength = eta * gamma / lam
        ratio = ratio if first is None else first / (eta * gamma)
    if "delta_1" in given:
        ratio = Interval(given["delta_1"]) / radius / (strength * lam)
    return Constants(
        eta=eta,
        radius=radius,
        reach=reach,
        kappa=Fraction(1, 2 * (d - 1)),
        lam=lam,
        gamma=gamma,
        strength=strength,
        ratio=ratio,
        delta_2=Interval(given.get("delta_2", 1)),
        delta_3=Interval(given["delta_3"]) if "delta_3" in given else 1 / (wide * (4 * (d - 1))),
        delta=Interval(given["delta"]) if "delta" in given else 1 / (large * 8),
        x=eta * given["delta"] if "delta" in given else small * Fraction(1, 8),
    )
