"""Conditions of arXiv 2511.03548 on the numbers of a run, each in one place: bounds, claims and sweeps read them here.

Proofs decide the same conditions in exact arithmetic, and `verify` once more by its own formulas.
"""

from __future__ import annotations

import math

from sco_flat.instances.base import Loss
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.instances.sam_chain import SamChain
from sco_flat.works.base import Hypothesis


def small_step(loss: Loss) -> tuple[Hypothesis, ...]:
    """``eta <= 1/(4 beta)``, on which all upper bounds of the paper stand."""
    largest = 1.0 / (4.0 * loss.smoothness)
    return (
        Hypothesis(
            "eta <= 1/(4 beta)", "step_size", loss.step_size, "<=", largest,
            f"the largest legal step size is {largest:.12g}", "the paper's bound",
        ),
    )  # fmt: skip


def theorem1(flatness_radius: float) -> tuple[Hypothesis, ...]:
    """``0 <= rho <= ½``."""
    return (
        Hypothesis(
            "rho <= 1/2", "flatness_radius", flatness_radius, "<=", 0.5, "the largest legal rho is 1/2", "Theorem 1"
        ),
    )


def theorem3(
    *, steps: int, step_size: float, perturbation_radius: float, flatness_radius: float
) -> tuple[Hypothesis, ...]:
    """``T >= 2``, ``eta (r - rho) <= 1/sqrt T``, ``rho < r (1 - 3/(3 + eta sqrt T))``."""
    r, rho = perturbation_radius, flatness_radius
    largest = SagdBlocks.auto_radius(steps, step_size, rho)
    threshold = r * (1.0 - 3.0 / (3.0 + step_size * math.sqrt(steps)))
    mend = f"for r = {r:.6g} choose rho below {threshold:.6g}" if threshold > 0.0 else "choose r above 0"
    return (
        Hypothesis("T >= 2", "steps", steps, ">=", 2, "the smallest legal T is 2", "Theorem 3, corrected"),
        Hypothesis(
            "r <= rho + 1/(eta sqrt T)", "perturbation_radius", r, "<=", largest,
            f"the largest legal radius is {largest:.12g}", "Theorem 3",
        ),
        Hypothesis(
            "rho < r (1 - 3/(3 + eta sqrt T))", "flatness_radius", rho, "<", threshold,
            mend, "Theorem 3",
        ),
    )  # fmt: skip


def robust_weights(loss: SagdBlocks) -> tuple[Hypothesis, ...]:
    """``a_T > c`` and ``a_T r - rho > sqrt(1 - 1/n) (r - rho)``: b and the columns that are not constant lose.

    Of weights that are not the paper's; then only constant columns are maximisers.
    """
    r, rho = loss.perturbation_radius, loss.flatness_radius
    last, share = loss.last_weight, math.sqrt(1.0 - 1.0 / loss.n)
    least = (rho + share * (r - rho)) / r if r > 0.0 else 1.0
    largest = (1.0 - least) * loss.steps / max(loss.steps - 1, 1)
    return (
        Hypothesis(
            "c < a_T", "bias", loss.bias_weight, "<", last, f"choose the bias c below {last:.12g}", "Theorem 3, robust"
        ),
        Hypothesis(
            "a_T r - rho > sqrt(1 - 1/n) (r - rho)", "decay", last * r - rho, ">", share * (r - rho),
            f"choose a decay below {largest:.12g}", "Theorem 3, robust",
        ),
    )  # fmt: skip


def theorem6(*, perturbation_radius: float, flatness_radius: float) -> tuple[Hypothesis, ...]:
    """``r, rho <= ½``."""
    return (
        Hypothesis(
            "r <= 1/2", "perturbation_radius", perturbation_radius, "<=", 0.5, "the largest legal radius is 0.5",
            "Theorem 6",
        ),
        Hypothesis(
            "rho <= 1/2", "flatness_radius", flatness_radius, "<=", 0.5, "the largest legal rho is 0.5", "Theorem 6"
        ),
    )  # fmt: skip


def theorem7(
    *,
    n: int,
    steps: int,
    step_size: float,
    perturbation_radius: float,
    flatness_radius: float = 0.0,
    density: float = 0.5,
    dimension: int,
) -> tuple[Hypothesis, ...]:
    """``n, T >= 6``, ``eta r <= 1/(2 sqrt T)``, ``rho = 0``, ``P(z = 1) >= ½`` and, corrected, ``eta <= d``."""
    largest = SamChain.auto_radius(steps, step_size, 0.0)
    return (
        Hypothesis("n >= 6", "n", n, ">=", 6, "the smallest legal n is 6", "Theorem 7"),
        Hypothesis("T >= 6", "steps", steps, ">=", 6, "the smallest legal T is 6", "Theorem 7"),
        Hypothesis(
            "r <= 1/(2 eta sqrt T)", "perturbation_radius", perturbation_radius, "<=", largest,
            f"the largest legal radius is {largest:.12g}", "Theorem 7",
        ),
        Hypothesis("rho = 0", "flatness_radius", flatness_radius, "<=", 0.0, "Theorem 7 is about rho = 0", "Theorem 7"),
        Hypothesis("P(z = 1) >= 1/2", "density", density, ">=", 0.5, "the theorem has 0.5", "Theorem 7"),
        Hypothesis(
            "eta <= d", "step_size", step_size, "<=", float(dimension), f"the largest legal step size is {dimension}",
            "Theorem 7, corrected",
        ),
    )  # fmt: skip
