"""Constants of the chain's loss in balls."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sco_flat.proofs.balls import Ball, ball, given
from sco_flat.proofs.question import Question


@dataclass(frozen=True)
class Constants:
    """The constants of the loss in units of r, and eta r squared."""

    kappa: Fraction
    eta: Ball
    gamma: Ball
    eta_gamma: Ball
    step_share: Ball  # eta gamma / lam
    delta_share: Ball  # delta_1 / (eta gamma)
    lam: Ball
    delta_1: Ball
    delta_2: Ball
    delta_3: Ball
    delta: Ball
    eta_delta: Ball
    reach_squared: Ball

    @property
    def reach(self) -> Ball:
        """Eta r."""
        return self.reach_squared.sqrt()


def reach_squared(question: Question) -> tuple[Fraction, Fraction]:
    """``(eta r)²``, exactly: ``1/(4T)`` where r is the largest legal one."""
    radius = question.perturbation_radius
    if radius is None:
        return (Fraction(1, 4 * question.steps),) * 2
    low, high = (e * r for e, r in zip(question.step_size, radius, strict=True))
    return low * low, high * high


def constants(question: Question) -> Constants:
    """Resolve the constants, printed or corrected, or set by hand."""
    d, m, eta, one = question.dimension, question.width, ball(*question.step_size), ball(1)
    squared = ball(*reach_squared(question))
    radius = squared.sqrt() / eta if question.perturbation_radius is None else ball(*question.perturbation_radius)
    cap, small = eta.max(one), eta.min(one)
    own = {name: given(question, name) for name in ("lam", "gamma", "delta_1", "delta_2", "delta_3", "delta")}
    lam = own["lam"] / radius if own["lam"] is not None else one / (4 * ball(d) * (d - 1))
    # shares instead of sizes: over a box of step sizes they are narrow
    if question.options.get("parameters", "corrected") == "printed":
        root = 2 * ball(d).sqrt()
        step_share = small / (1 + lam * small / root)
        gamma = lam / cap / (1 + lam * small / root)
        delta_share = (1 + lam * small / root) / root
    else:
        step_share = small / (2 * ball(m + 1).sqrt())
        gamma = lam / cap / (2 * ball(m + 1).sqrt())
        delta_share = one / 4
    if own["gamma"] is not None:
        gamma = own["gamma"]
        step_share = eta * gamma / lam
    eta_gamma = step_share * lam
    if own["delta_1"] is not None:
        delta_share = own["delta_1"] / radius / eta_gamma
    elif own["gamma"] is not None and question.options.get("parameters") == "printed":
        delta_share = lam * small / (2 * ball(d).sqrt()) / eta_gamma
    delta, delta_3 = own["delta"], own["delta_3"]
    return Constants(
        kappa=Fraction(1, 2 * (d - 1)),
        eta=eta,
        gamma=gamma,
        eta_gamma=eta_gamma,
        step_share=step_share,
        delta_share=delta_share,
        lam=lam,
        delta_1=delta_share * eta_gamma,
        delta_2=one if own["delta_2"] is None else own["delta_2"],
        delta_3=one / (8 * ball(d - 1) * ball(m + 1).sqrt()) if delta_3 is None else delta_3,
        delta=one / (8 * cap) if delta is None else delta,
        eta_delta=small / 8 if delta is None else eta * delta,
        reach_squared=squared,
    )
