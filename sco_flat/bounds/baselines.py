"""Upper bounds on the methods that SA-GD and SAM are compared with: gradient descent and SGD.

Those with D need one ``w*`` with ``f(w*, z) = 0`` for every z (the realisable case); ``D = |w_1 - w*|``, ``theta = eta
beta``.
"""

from __future__ import annotations

import math

from sco_flat.bounds.base import (
    CONVEX,
    PAPER,
    Bound,
    at_most,
    below_two_over_beta,
    non_negative,
    positive,
    speaks,
    whole,
)
from sco_flat.traits import AS_ANALYSED, CONSTANT_STEP, REALIZABLE, SMOOTH_CONVEX, UNPROJECTED, family

_REALISABLE = "one w* with f(w*, z) = 0 for every z"
_SGD = "SGD with an order that does not look at the examples; the output is the full average"
ONE_EXAMPLE = (family("sgd", "SGD"), CONSTANT_STEP, UNPROJECTED)
"""SGD as its bounds have it: an order that does not look at the examples, a constant step size."""
_SOURCE = f"sharper: proved here, not in {PAPER}"


def _check_step(step_size: float, smoothness: float) -> None:
    positive(step_size=step_size, smoothness=smoothness)
    at_most("step_size", step_size, 1 / smoothness, "1/smoothness", "take a smaller step_size")


@speaks(family("gd", "GD"), *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED)
def gd_baseline(*, step_size: float, steps: int, smoothness: float, distance: float, n: int) -> Bound:
    """Bound the population risk of GD: ``E F(w) <= (1 + 2 theta T/(sqrt(3) n))^2 beta D^2/(2 theta T)``.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth, with a common minimiser of zero loss.
    Method
        GD on ``F_S``, ``eta <= 1/beta``; ``w`` is the full average of ``w_1..w_T``.
    Guarantee
        In expectation over the sample. At ``theta T = sqrt(3) n/2`` it is ``4 beta D^2/(sqrt(3) n)``, its least value.

    Parameters
    ----------
    step_size, steps, smoothness : float, int, float
        ``eta``, ``T``, ``beta``.
    distance : float
        ``D = |w_1 - w*|``.
    n : int
        Size of the sample.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta <= 1/beta``, or for a negative, infinite or NaN number.

    Notes
    -----
    Inequality (2) of `sco_flat.bounds.optimisation` with ``r = 0`` and ``theta <= 1`` reads ``F_S(w_t) <= A_t``; hence
    ``M = D^2/(2 eta T)`` bounds ``(1/T) sum_t F_S(w_t)``, and so ``F_S(w)``. The trajectory bound on stability has
    ``N = 0``: ``sqrt(2 beta eps) <= (eta/n) sqrt(2 beta (2 beta T/3) T M) = (2 theta T/(sqrt(3) n)) sqrt(M)``.
    Put both into ``sqrt(E F) <= sqrt(E F_S) + sqrt(2 beta E eps)``.
    """
    _check_step(step_size, smoothness)
    whole("steps", steps, 1)
    whole("n", n, 1)
    non_negative(distance=distance)
    factor = 1 + 2 * step_size * smoothness * steps / (math.sqrt(3) * n)
    value = factor * factor * distance * distance / (2 * step_size * steps)
    method = "GD on F_S; the output is the full average"
    hypotheses = (CONVEX, _REALISABLE, method, "eta <= 1/beta", "in expectation over the sample")
    return Bound("gd_baseline", value, "upper", "population_risk", "sharper", _SOURCE, hypotheses)


@speaks(*ONE_EXAMPLE, *SMOOTH_CONVEX, REALIZABLE)
def sgd_baseline(*, step_size: float, smoothness: float, distance: float, n: int) -> Bound:
    """Bound the population risk of one-pass SGD: ``E F(w) <= D^2/(2 eta n)``.

    Setting
        As in `gd_baseline`.
    Method
        ``w_{t+1} = w_t - eta grad f(w_t, z_t)``, t = 1..n, ``eta <= 1/beta``; ``w`` is the mean of ``w_1..w_n``.
    Guarantee
        In expectation over the sample.

    Parameters
    ----------
    step_size, smoothness : float
        ``eta``, ``beta``.
    distance : float
        ``D = |w_1 - w*|``.
    n : int
        Size of the sample, which is also the number of steps.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta <= 1/beta``, or for a negative, infinite or NaN number.

    Notes
    -----
    Inequality (2) of `sco_flat.bounds.optimisation` for ``f(., z_t)`` instead of ``F_S``, with ``r = 0`` and
    ``theta <= 1``, reads ``f(w_t, z_t) <= A_t``; so ``sum_t f(w_t, z_t) <= D^2/(2 eta)``. As ``w_t`` does not depend on
    ``z_t``, the mean of the left side is ``sum_t E F(w_t) >= n E F(w)``.
    """
    _check_step(step_size, smoothness)
    whole("n", n, 1)
    non_negative(distance=distance)
    value = distance * distance / (2 * step_size * n)
    method = "SGD, one pass; the output is the mean of w_1..w_n"
    hypotheses = (CONVEX, _REALISABLE, method, "eta <= 1/beta", "in expectation over the sample")
    return Bound("sgd_baseline", value, "upper", "population_risk", "sharper", _SOURCE, hypotheses)


@speaks(*ONE_EXAMPLE, *SMOOTH_CONVEX)
def sgd_stability_trajectory(*, step_size: float, smoothness: float, n: int, visits: int, summed_loss: float) -> Bound:
    """Bound the leave-one-out stability of SGD along the trajectory: ``eps <= (2 beta eta^2 K/n) sum_t f(w_t, z_t)``.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth.
    Method
        SGD, ``eta <= 2/beta``, any order that does not look at the examples, each visited at most K times; the run
        without z_i skips its steps. The output is the full average.
    Guarantee
        For every sample and order.

    Parameters
    ----------
    step_size, smoothness : float
        ``eta``, ``beta``.
    n, visits : int
        Size of the sample, and K.
    summed_loss : float
        Measured ``sum_t f(w_t, z_t)`` over the updates.

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
    A step on an example that both runs see is ``w - eta grad f``, which does not expand for ``eta <= 2/beta``; a step
    on z_i moves one run by ``c_t = eta |grad f(w_t, z_i)| <= eta sqrt(2 beta f(w_t, z_i))``. So the averages differ by
    at most the sum of the at most K such ``c_t``, whose square is at most ``K sum c_t^2``; take the mean over i.
    """
    below_two_over_beta(step_size, smoothness)
    whole("n", n, 1)
    whole("visits", visits, 1)
    non_negative(summed_loss=summed_loss)
    value = 2 * smoothness * step_size * step_size * visits / n * summed_loss
    hypotheses = (CONVEX, _SGD, "eta < 2/beta", "summed_loss = sum_t f(w_t, z_t)")
    return Bound("sgd_stability_trajectory", value, "upper", "stability", "sharper", _SOURCE, hypotheses)


@speaks(*ONE_EXAMPLE, *SMOOTH_CONVEX, REALIZABLE)
def sgd_stability(*, step_size: float, smoothness: float, distance: float, n: int, visits: int) -> Bound:
    """Bound the leave-one-out stability of SGD a priori: ``eps <= beta eta K D^2/n``.

    Setting
        As in `gd_baseline`.
    Method
        As in `sgd_stability_trajectory`, ``eta <= 1/beta``.
    Guarantee
        For every sample and order.

    Parameters
    ----------
    step_size, smoothness, n, visits
        As in `sgd_stability_trajectory`.
    distance : float
        ``D = |w_1 - w*|``.

    Returns
    -------
    Bound
        Upper bound on ``stability``.

    Raises
    ------
    NotApplicable
        Outside ``eta <= 1/beta``, or for a negative, infinite or NaN number.

    Notes
    -----
    ``sum_t f(w_t, z_t) <= D^2/(2 eta)``, as in `sgd_baseline`, for any order of the examples.
    """
    _check_step(step_size, smoothness)
    non_negative(distance=distance)
    along = sgd_stability_trajectory(
        step_size=step_size, smoothness=smoothness, n=n, visits=visits,
        summed_loss=distance * distance / (2 * step_size),
    )  # fmt: skip
    hypotheses = (CONVEX, _REALISABLE, _SGD, "eta <= 1/beta")
    return Bound("sgd_stability", along.value, "upper", "stability", "sharper", _SOURCE, hypotheses)
