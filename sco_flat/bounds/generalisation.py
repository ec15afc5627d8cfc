"""Upper bounds on the population risk, in expectation over the sample.

Average the measured quantities over samples first, then evaluate: none of these holds sample by sample.

Proof of `risk_sharper`
-----------------------
``sqrt(f)`` is ``sqrt(beta/2)``-Lipschitz, because ``|grad f| <= sqrt(2 beta f)``. Let ``|X| = (E X^2)^(1/2)`` over the
sample, over a fresh ``z'`` and over i uniform, ``A = A(S)`` and ``A_i = A(S^(i))``, which does not depend on ``z_i``:

    |sqrt f(A, z')| <= |sqrt f(A_i, z')| + sqrt(beta/2) |A - A_i|          Lipschitz
                     = |sqrt f(A_i, z_i)| + sqrt(beta/2) |A - A_i|         z_i and z' are equally fresh for A_i
                    <= |sqrt f(A, z_i)| + 2 sqrt(beta/2) |A - A_i|         Lipschitz.

The first norm is ``sqrt(E F(A))``, the last ``sqrt(E F_S(A))``, and ``|A - A_i| = sqrt(E eps)``; hence
``sqrt(E F) <= sqrt(E F_S) + sqrt(2 beta E eps)``. Convexity was not used. ``(a + b)^2 <= 4 a^2 + (4/3) b^2`` turns it
into ``4 E F_S + (8/3) beta E eps``, which is within the paper's ``4 E F_S + 3 beta E eps``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from sco_flat.bounds.base import CONVEX, FLAT, Bound, non_negative, positive, require, speaks
from sco_flat.bounds.optimisation import regret_sharper, sam_sharper
from sco_flat.bounds.stability import stability_sharper, stability_trajectory
from sco_flat.traits import (
    ASCENT,
    NON_NEGATIVE,
    PERTURBED_RUN,
    REALIZABLE,
    SMOOTH,
    SMOOTH_CONVEX,
    UPHILL,
    Facts,
    Need,
)  # fmt: skip

IID = "z_1..z_n and the test example are i.i.d.; expectation over the sample"
_SMOOTH = "f(., z) is non-negative and beta-smooth on the whole space, for every z"

Analysis = Literal["sa-gd", "sam"]
REACH: dict[Analysis, tuple[Need, Callable[..., Bound]]] = {
    "sam": (ASCENT, sam_sharper),
    "sa-gd": (UPHILL, regret_sharper),
}
"""What bounds the summed risks up to ``eta beta = 1`` for each analysis, the sharpest first, and what it needs."""


def analysis(facts: Facts) -> Analysis:
    """The first analysis whose need a run with these facts meets; the last one where none is."""
    return next((name for name, (need, _) in REACH.items() if need.objection(facts) is None), "sa-gd")


@speaks(NON_NEGATIVE, SMOOTH)
def risk_sharper(*, smoothness: float, empirical_risk: float, stability: float) -> Bound:
    """Bound the population risk by empirical risk and stability, sharper.

    ``E F <= (sqrt(E F_S) + sqrt(2 beta E eps))^2``. With measured ``empirical_risk`` and ``stability`` this is the
    *measured stability* curve.

    Setting
        ``f(., z)`` non-negative, ``beta``-smooth; convexity is not needed.
    Method
        Any, with leave-one-out stability ``eps``.
    Guarantee
        In expectation over the sample.

    Parameters
    ----------
    smoothness, empirical_risk, stability
        As in `risk_paper`.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        For a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module.

    References
    ----------
    Sharper than the lemma used in arXiv 2511.03548, Theorems 4 and 8.
    """
    positive(smoothness=smoothness)
    non_negative(empirical_risk=empirical_risk, stability=stability)
    root = math.sqrt(empirical_risk) + math.sqrt(2 * smoothness * stability)
    source = "sqrt f is Lipschitz"
    return Bound("risk_sharper", root * root, "upper", "population_risk", "sharper", source, (_SMOOTH, IID))


@speaks(*SMOOTH_CONVEX, REALIZABLE, *PERTURBED_RUN, UPHILL)
def risk_a_priori(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
    method: Analysis,
) -> Bound:
    """Bound the population risk a priori, sharper: `risk_sharper` of the sharper empirical and stability bounds.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth, with one flat minimum for every z.
    Method
        SA-GD with exact inner maximisers, or SAM with normalised ascent; ``eta < 2/beta``; full average.
    Guarantee
        In expectation over the sample. The *a priori* curve: nothing is measured.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance, n
        As in `stability_paper`.
    method : {"sa-gd", "sam"}
        SAM has a smaller empirical bound (`sam_sharper`) where ``eta <= 1/beta``; `analysis` picks one for a run.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta < 2/beta``, for another method, or for a negative, infinite or NaN number.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorems 4 and 8.
    """
    require("method", method, method in REACH, "must be sa-gd or sam", "for GD use gd_baseline")
    stability = stability_sharper(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
        n=n,
    )
    # sam_sharper is below regret_sharper wherever it applies, both in the D and in the Delta term.
    reach = REACH[method][1] if step_size * smoothness <= 1 else regret_sharper
    reached = reach(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
    )
    both = risk_sharper(smoothness=smoothness, empirical_risk=reached.value, stability=stability.value)
    how = {
        "sa-gd": "SA-GD with exact inner maximisers; the output is the full average",
        "sam": "SAM with normalised ascent; the output is the full average",
    }[method]
    hypotheses = (CONVEX, FLAT, how, "eta < 2/beta", IID)
    return Bound("risk_a_priori", both.value, "upper", "population_risk", "sharper", "a priori", hypotheses, method)


@speaks(*SMOOTH_CONVEX, *PERTURBED_RUN)
def risk_trajectory(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    n: int,
    empirical_risk: float,
    summed_risk: float,
) -> Bound:
    """Bound the population risk along the trajectory, sharper: `risk_sharper` with `stability_trajectory`.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth. No flat minimum is needed.
    Method
        Perturbed gradient descent, any ``|v_t| <= r``, full average, ``eta < 2/beta``.
    Guarantee
        In expectation over the sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, n
        As in `stability_paper`.
    empirical_risk : float
        ``F_S`` of the full average, averaged over samples.
    summed_risk : float
        ``sum_t F_S(w_t + v_t)``, averaged over samples.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta < 2/beta``, or for a negative, infinite or NaN number.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorems 4 and 8.
    """
    stability = stability_trajectory(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        n=n,
        summed_risk=summed_risk,
    )
    both = risk_sharper(smoothness=smoothness, empirical_risk=empirical_risk, stability=stability.value)
    hypotheses, source = (*stability.hypotheses, IID), "along the trajectory"
    return Bound("risk_trajectory", both.value, "upper", "population_risk", "sharper", source, hypotheses)
