"""Sharpness-aware gradient descent (SA-GD): gradient descent on the SAER."""

from __future__ import annotations

from sco_flat._jit import GAP, PERTURB, kernel
from sco_flat.methods.base import Method


@kernel(PERTURB)
def perturb(params, work, knobs, value, gradient, upper, oracle, batch, t, w, v):
    """Ask the oracle for a maximiser v of F_S(w + v), |v| <= r, and keep its largest gap."""
    radius = knobs.perturbation_radius
    if radius == 0.0:
        return 0.0
    gap = oracle(params, work, knobs, value, gradient, upper, batch, t, w, v)
    work.stats[GAP] = max(work.stats[GAP], gap)
    return 1.0


METHOD = Method(
    name="sagd",
    title="SA-GD: w <- w - eta grad F_S(w + v), v = argmax of F_S(w + v) over |v| <= r",
    perturb=perturb,
    reads=("perturbation_radius", "oracle"),
    families=frozenset({"sagd", "perturbed", "uphill"}),
)
