"""Upper bounds on the leave-one-out stability of perturbed gradient descent.

``eps = (1/n) sum_i |A(S) - A(S^(i))|^2``: ``S^(i)`` has ``z_i`` replaced by an example of zero loss, so that
``F_{S^(i)} = (1/n) sum_{j != i} f(., z_j)``, and ``A`` returns the full average of ``w_1..w_T`` of
``w_{t+1} = w_t - eta grad F_S(w_t + v_t)``, ``|v_t| <= r``; the perturbations of the n + 1 runs may be unrelated.

Proof of the sharper bounds
---------------------------
Write ``x = w_t + v_t`` and ``x', w'_t, v'_t`` for the run on ``S^(i)``, ``d_t = |w_t - w'_t|`` (``d_1 = 0``) and
``y = grad F_{S^(i)}(x) - grad F_{S^(i)}(x')``. Then ``w_{t+1} - w'_{t+1}`` is ``(w_t - w'_t - eta y)`` less
``(eta/n) grad f(x, z_i)``. Co-coercivity ``<y, x - x'> >= |y|^2/beta`` and ``|v_t - v'_t| <= 2 r`` give

    |w_t - w'_t - eta y|^2 <= d_t^2 - (eta (2 - theta)/beta) |y|^2 + 4 eta r |y| <= d_t^2 + N,

``N = 4 theta r^2/(2 - theta)``, by maximising over ``|y|``. So ``d_{t+1} <= sqrt(d_t^2 + N) + c_t`` with
``c_t = (eta/n) |grad f(x_t, z_i)|``, and Minkowski's inequality in the plane gives ``d_t <= sqrt((t-1) N) +
sum_{s<t} c_s`` by induction. The averages differ by at most the mean of the ``d_t``:

    (1/T) sum_t sqrt((t-1) N) <= (2/3) sqrt(N T)                                             (sum against integral),
    (1/T) sum_s (T-s) c_s <= (1/T) sqrt(sum_s (T-s)^2) sqrt(sum_s c_s^2) <= sqrt(T/3) sqrt(sum_s c_s^2)      (Cauchy).

Take the root mean square over i (Minkowski again) and use ``|grad f|^2 <= 2 beta f``, whose mean over i is
``2 beta F_S(x_s)``:

    sqrt(eps) <= (2/3) sqrt(N T) + (eta/n) sqrt((2 beta T/3) sum_t F_S(w_t + v_t)).
"""

from __future__ import annotations

import math

from sco_flat.bounds.base import CONVEX, FLAT, Bound, below_two_over_beta, non_negative, speaks, whole
from sco_flat.bounds.optimisation import regret_sharper
from sco_flat.traits import PERTURBED_RUN, REALIZABLE, SMOOTH_CONVEX

METHOD = "w_{t+1} = w_t - eta grad F_S(w_t + v_t) with any |v_t| <= r; the output is the full average"


@speaks(*SMOOTH_CONVEX, *PERTURBED_RUN)
def stability_trajectory(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    n: int,
    summed_risk: float,
) -> Bound:
    """Bound the stability along the trajectory, sharper.

    ``sqrt(eps) <= (2/3) sqrt(N T) + (eta/n) sqrt((2 beta T/3) sum_t F_S(w_t + v_t))``,
    ``N = 4 eta beta r^2/(2 - theta)``.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth. No flat minimum is needed.
    Method
        Perturbed gradient descent, any ``|v_t| <= r``, full average, ``eta < 2/beta``.
    Guarantee
        For every sample with its own ``sum_t``; and for the means over samples of ``eps`` and of ``sum_t``.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, n
        As in `stability_paper`.
    summed_risk : float
        Measured ``sum_{t=1}^T F_S(w_t + v_t)``: the risk at the points where the gradient was taken.

    Returns
    -------
    Bound
        Upper bound on ``stability``.

    Raises
    ------
    NotApplicable
        Outside ``eta < 2/beta``, or for a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module. In the mean: ``(E eps)^(1/2)`` is the norm of a sum, so the two
    terms may be averaged apart (Minkowski).

    References
    ----------
    Sharper than the stability lemma of arXiv 2511.03548.
    """
    room = below_two_over_beta(step_size, smoothness)
    whole("steps", steps, 1)
    whole("n", n, 1)
    non_negative(perturbation_radius=perturbation_radius, summed_risk=summed_risk)
    growth = 4 * step_size * smoothness * perturbation_radius * perturbation_radius / room
    root = 2 / 3 * math.sqrt(growth * steps)
    root += step_size / n * math.sqrt(2 * smoothness * steps / 3 * summed_risk)
    hypotheses = (CONVEX, METHOD, "eta < 2/beta", "summed_risk = sum_t F_S(w_t + v_t)")
    source = "along the trajectory"
    return Bound("stability_trajectory", root * root, "upper", "stability", "sharper", source, hypotheses)


@speaks(*SMOOTH_CONVEX, REALIZABLE, *PERTURBED_RUN)
def stability_sharper(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
) -> Bound:
    """Bound the stability a priori, sharper: `stability_trajectory` with its sum replaced by `regret_sharper`.

    Setting
        As in `stability_paper`.
    Method
        Perturbed gradient descent, any ``|v_t| <= r``, full average, ``eta < 2/beta``.
    Guarantee
        For every sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance, n
        As in `stability_paper`.

    Returns
    -------
    Bound
        Upper bound on ``stability``.

    Raises
    ------
    NotApplicable
        Outside ``eta < 2/beta``, or for a negative, infinite or NaN number.

    References
    ----------
    Sharper than the stability lemma of arXiv 2511.03548.
    """
    mean = regret_sharper(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
    )
    along = stability_trajectory(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        n=n,
        summed_risk=steps * mean.value,
    )
    hypotheses = (CONVEX, FLAT, METHOD, "eta < 2/beta")
    return Bound("stability_sharper", along.value, "upper", "stability", "sharper", "a priori", hypotheses)
