"""Upper bounds on SAM without normalisation, ``w_{t+1} = w_t - eta grad F_S(w_t + s grad F_S(w_t))``.

``s`` is the perturbation radius of the method: without normalisation it multiplies the gradient itself, on ``S^(i)``
that of ``F_{S^(i)}``. ``f(., z)`` is convex, non-negative and ``beta``-smooth, ``f(w*, z) = 0`` for every z, ``D = |w_1
- w*|``, ``theta = eta beta``; the bounds ask for ``theta + 2 beta s < 2``, and ``kappa = min(1, 2 - theta - 2 beta
s)``. In particular ``s <= 1/(2 beta)`` and ``theta < 1`` are enough, and then ``kappa >= 1 - theta``.

Proof
-----
Risk. Let ``F`` be ``F_S`` or ``F_{S^(i)}``, ``w = w_t``, ``p = grad F(w)``, ``x = w + s p`` and ``g = grad F(x)``.
Monotonicity from w to x says ``<g - p, p> >= 0``: so ``|p|^2 <= <g, p> <= |g| |p|``, ``|p| <= |g|`` and ``<g, p> <=
|g|^2``. Convexity and smoothness from x to w* say ``0 >= F(x) + <g, w* - x> + |g|^2/(2 beta)``. Together

    <g, w - w*> = <g, x - w*> - s <g, p> >= F(x) + (1/(2 beta) - s) |g|^2,

    |w_{t+1} - w*|^2 <= |w_t - w*|^2 - 2 eta F(x) - (eta/beta) (1 - 2 beta s - theta) |g|^2.

If the last bracket is not negative, drop it; else use ``|g|^2 <= 2 beta F(x)``. Either way ``|w_{t+1} - w*|^2 <= |w_t -
w*|^2 - 2 eta kappa F(x_t)``, and the sum over t is

    sum_{t<=T} F(x_t) <= D^2/(2 eta kappa).                                                                  (1)

``F(w_t) <= F(x_t) - s |p|^2 <= F(x_t)`` by convexity, and so ``F_S`` of the average is at most ``D^2/(2 eta kappa T)``.

Stability. With the notation of `sco_flat.bounds.stability`, co-coercivity ``<y, x - x'> >= |y|^2/beta`` gives

    |w - w' - eta y|^2 <= d_t^2 - (eta (2 - theta)/beta) |y|^2 + 2 eta |y| |v - v'| <= d_t^2 + N_t,

``N_t = theta |v - v'|^2/(2 - theta)``, and ``v = s grad F_S(w_t)``, ``v' = s grad F_{S^(i)}(w'_t)`` have ``|v - v'|^2
<= 2 s^2 (|grad F_S(w_t)|^2 + |grad F_{S^(i)}(w'_t)|^2) <= 4 beta s^2 (F_S(w_t) + F_{S^(i)}(w'_t))``. By (1), for both
runs, ``sum_t N_t <= (theta/(2 - theta)) 4 beta s^2 D^2/(eta kappa) = 4 beta^2 s^2 D^2/((2 - theta) kappa)``. As there,
``d_t <= sqrt(sum_{s<t} N_s) + sum_{s<t} c_s``, whose mean over t and root mean square over i are at most

    sqrt(eps) <= 2 beta s D/sqrt((2 - theta) kappa) + (D/n) sqrt(theta T/(3 kappa)),

the second part by (1) in ``(eta/n) sqrt((2 beta T/3) sum_t F_S(x_t))``. Where ``sum_t F_S(x_t)`` is measured it stays
in both parts, and (1) is used for the run on ``S^(i)`` only. No power of ``r^2 T`` is left: whatever T is,
the price of the ascent is at most ``(beta s D)^2``.

For a large n. The perturbations are gradients, and these are Lipschitz: ``|v - v'| <= beta s d_t + m_t``, ``m_t = (s/n)
|grad f(w_t, z_i)|``. With ``k = theta/(2 - theta)`` and ``lam^2 = 1 + k beta^2 s^2``, Minkowski's inequality gives
``sqrt(d_t^2 + k |v - v'|^2) <= lam d_t + sqrt(k) m_t``, so ``d_{t+1} <= lam d_t + sqrt(k) m_t + c_t``, and ``d_t <=
lam^(T-2) sum_{s<t} (sqrt(k) m_s + c_s)``. As ``F_S(w_t) <= F_S(x_t)``, the same Cauchy-Schwarz gives

    sqrt(eps) <= lam^(T-2) (1 + (s/eta) sqrt(k)) (eta/n) sqrt((2 beta T/3) sum_t F_S(x_t)),                   (2)

a priori ``lam^(T-2) (1 + (s/eta) sqrt(k)) (D/n) sqrt(theta T/(3 kappa))``. The smaller of the two counts. So as long as
``theta (beta s)^2 T`` is of constant order, ``eps`` is of order ``1/n^2`` like that of gradient descent, and ``2 beta s
D/sqrt((2 - theta) kappa)`` cannot be attained there: it needs a loss on which the step of SAM without normalisation
expands, at a rate of order ``theta (beta s)^2`` at most, for ``log n`` over that rate steps.
"""

from __future__ import annotations

import math

from sco_flat.bounds.base import CONVEX, PAPER, Bound, below_two_over_beta, non_negative, require, speaks, whole
from sco_flat.bounds.generalisation import IID, risk_sharper
from sco_flat.traits import CONSTANT_STEP, FULL_BATCH, REALIZABLE, SMOOTH_CONVEX, UNNORMALIZED, UNPROJECTED, family

COMMON = "one w* with f(w*, z) = 0 for every z"
PLAIN = "SAM without normalisation: v_t = s grad F_S(w_t), s the perturbation radius; the output is the full average"
RANGE = "eta beta + 2 beta s < 2"
SOURCE = f"sharper: proved here, not in {PAPER}"
NEEDS = (UNNORMALIZED, family("sam", "SAM"), *SMOOTH_CONVEX, REALIZABLE, FULL_BATCH, CONSTANT_STEP, UNPROJECTED)


def _kappa(step_size: float, smoothness: float, perturbation_radius: float) -> float:
    """Check the range and return ``min(1, 2 - theta - 2 beta s)``."""
    room = below_two_over_beta(step_size, smoothness)
    non_negative(perturbation_radius=perturbation_radius)
    left = room - 2 * smoothness * perturbation_radius
    limit = f"must be below 1/smoothness - step_size/2 = {room / (2 * smoothness):.6g} without normalisation"
    require("perturbation_radius", perturbation_radius, left > 0, limit, "take a smaller one, or a smaller step_size")
    return min(1.0, left)


def _together(theta: float, size: float, steps: int) -> float:
    """``lam^(T-2) (1 + (s/eta) sqrt(k))`` for ``size = beta s``; infinite where it is too large for a float."""
    kept = theta / (2 - theta)
    growth = 0.5 * max(steps - 2, 0) * math.log1p(kept * size * size)
    return math.exp(growth) * (1 + size / theta * math.sqrt(kept)) if growth < 700 else math.inf


@speaks(*NEEDS, title="un-normalised SAM")
def unnormalized_sam_reach(
    *, step_size: float, steps: int, smoothness: float, perturbation_radius: float, distance: float
) -> Bound:
    """Bound the empirical risk of SAM without normalisation: ``F_S(w) <= D^2/(2 eta kappa T)``.

    Setting
        That of this module.
    Method
        SAM without normalisation, ``theta + 2 beta s < 2``; ``w`` is the full average.
    Guarantee
        For every sample, and already for ``(1/T) sum_t F_S(w_t + v_t)``.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, distance
        ``eta``, ``T``, ``beta``, ``s`` and ``D``.

    Returns
    -------
    Bound
        Upper bound on ``empirical_risk``.

    Raises
    ------
    NotApplicable
        Outside ``theta + 2 beta s < 2``, or for a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module.
    """
    kappa = _kappa(step_size, smoothness, perturbation_radius)
    whole("steps", steps, 1)
    non_negative(distance=distance)
    value = distance * distance / (2 * step_size * kappa * steps)
    hypotheses = (CONVEX, COMMON, PLAIN, RANGE)
    return Bound("unnormalized_sam_reach", value, "upper", "empirical_risk", "sharper", SOURCE, hypotheses)


@speaks(*NEEDS, title="un-normalised SAM, along the trajectory")
def unnormalized_sam_stability_trajectory(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    distance: float,
    n: int,
    summed_risk: float,
) -> Bound:
    """Bound the stability of SAM without normalisation along the trajectory.

    ``sqrt(eps) <= min{2 s sqrt((theta beta/(2 - theta)) (S + D^2/(2 eta kappa))) + g, lam^(T-2) (1 + (s/eta) sqrt(k))
    g}`` with ``g = (eta/n) sqrt((2 beta T/3) S)``, ``S = sum_t F_S(w_t + v_t)``.

    Setting
        That of this module.
    Method
        SAM without normalisation, full average, ``theta + 2 beta s < 2``.
    Guarantee
        For every sample with its own ``S``; and for the means over samples of ``eps``, ``S`` and ``D^2``.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, distance
        As in `unnormalized_sam_reach`.
    n : int
        Size of the sample.
    summed_risk : float
        Measured ``sum_{t=1}^T F_S(w_t + v_t)``: the risk at the points where the gradient was taken.

    Returns
    -------
    Bound
        Upper bound on ``stability``.

    Raises
    ------
    NotApplicable
        Outside ``theta + 2 beta s < 2``, or for a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module.
    """
    kappa = _kappa(step_size, smoothness, perturbation_radius)
    whole("steps", steps, 1)
    whole("n", n, 1)
    non_negative(distance=distance, summed_risk=summed_risk)
    theta = step_size * smoothness
    both = summed_risk + distance * distance / (2 * step_size * kappa)
    felt = step_size / n * math.sqrt(2 * smoothness * steps / 3 * summed_risk)
    apart = 2 * perturbation_radius * math.sqrt(theta * smoothness / (2 - theta) * both) + felt
    root = min(apart, _together(theta, smoothness * perturbation_radius, steps) * felt)
    hypotheses = (CONVEX, COMMON, PLAIN, RANGE, "summed_risk = sum_t F_S(w_t + v_t)")
    name = "unnormalized_sam_stability_trajectory"
    return Bound(name, root * root, "upper", "stability", "sharper", SOURCE, hypotheses)


@speaks(*NEEDS, title="un-normalised SAM, a priori")
def unnormalized_sam_stability(
    *, step_size: float, steps: int, smoothness: float, perturbation_radius: float, distance: float, n: int
) -> Bound:
    """Bound the stability of SAM without normalisation a priori; only the term of gradient descent grows with T.

    ``sqrt(eps) <= min{2 beta s D/sqrt((2 - theta) kappa) + g, lam^(T-2) (1 + (s/eta) sqrt(k)) g}`` with ``g = (D/n)
    sqrt(theta T/(3 kappa))``.

    Setting
        That of this module.
    Method
        SAM without normalisation, full average, ``theta + 2 beta s < 2``.
    Guarantee
        For every sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, distance, n
        As in `unnormalized_sam_stability_trajectory`.

    Returns
    -------
    Bound
        Upper bound on ``stability``.

    Raises
    ------
    NotApplicable
        Outside ``theta + 2 beta s < 2``, or for a negative, infinite or NaN number.

    Notes
    -----
    It is the bound along the trajectory with ``D^2/(2 eta kappa)`` for the sum.
    """
    own = {
        "step_size": step_size,
        "smoothness": smoothness,
        "perturbation_radius": perturbation_radius,
        "distance": distance,
    }
    reach = unnormalized_sam_reach(steps=steps, **own)
    along = unnormalized_sam_stability_trajectory(steps=steps, n=n, summed_risk=steps * reach.value, **own)
    hypotheses = (CONVEX, COMMON, PLAIN, RANGE)
    return Bound("unnormalized_sam_stability", along.value, "upper", "stability", "sharper", SOURCE, hypotheses)


@speaks(*NEEDS, title="un-normalised SAM")
def unnormalized_sam_risk(
    *, step_size: float, steps: int, smoothness: float, perturbation_radius: float, distance: float, n: int
) -> Bound:
    """Bound the population risk of SAM without normalisation a priori, by the other two of this module.

    Setting
        That of this module.
    Method
        SAM without normalisation, full average, ``theta + 2 beta s < 2``.
    Guarantee
        In expectation over the sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, distance, n
        As in `unnormalized_sam_stability`.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``theta + 2 beta s < 2``, or for a negative, infinite or NaN number.
    """
    own = {
        "step_size": step_size,
        "smoothness": smoothness,
        "perturbation_radius": perturbation_radius,
        "distance": distance,
    }
    reached = unnormalized_sam_reach(steps=steps, **own)
    stability = unnormalized_sam_stability(steps=steps, n=n, **own)
    both = risk_sharper(smoothness=smoothness, empirical_risk=reached.value, stability=stability.value)
    hypotheses = (CONVEX, COMMON, PLAIN, RANGE, IID)
    return Bound("unnormalized_sam_risk", both.value, "upper", "population_risk", "sharper", SOURCE, hypotheses)
