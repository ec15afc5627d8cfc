"""Sharpness-aware gradient descent (SA-GD): gradient descent on the SAER."""

from __future__ import annotations

from typing import Any

from sco_flat._jit import GAP, OK, STATUS, STEP, kernel
from sco_flat.methods.base import Method


@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    """Ask the oracle for a maximiser v of F_S(w + v), |v| <= r, keep its largest gap, and descend from there."""
    scale = 0.0
    if knobs.perturbation_radius > 0.0:
        gap = oracle(params, work, knobs, value, gradient, upper, batch, t, w, v)
        work.stats[GAP] = max(work.stats[GAP], gap)
        if work.flags[STATUS] != OK:
            return
        scale = 1.0
    descend(params, work, batch, w, v, scale, step_size, total, weight)


def felt_risk(look: Any, settings: Any) -> float:
    """The SAER of w_t, from above."""
    return float(look.instance.saer_bracket(look)[1])


METHOD = Method(
    name="sagd",
    title="SA-GD: w <- w - eta grad F_S(w + v), v = argmax of F_S(w + v) over |v| <= r",
    step=step,
    reads=("perturbation_radius", "oracle"),
    families=frozenset({"sagd", "perturbed", "uphill"}),
    sparse=True,
    scales=True,
    felt_risk=felt_risk,
)
