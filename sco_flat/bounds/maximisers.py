"""Upper bounds on SA-GD that use what its perturbations are: maximisers, exact or up to a known gap.

``w_{t+1} = w_t - eta grad F_S(w_t + v_t)``, where ``v_t`` maximises ``F_S(w_t + .)`` over ``|v| <= r`` up to
``zeta_t``: no ``|v| <= r`` has a value above ``F_S(w_t + v_t) + zeta_t``. The run on ``S^(i)`` (see
`sco_flat.bounds.stability`) has ``v'_t`` and ``zeta'_t`` likewise. SA-GD is subgradient descent on the convex SAER, and
the SAERs of ``S`` and ``S^(i)`` differ by at most the largest ``f(., z_i)/n``: so perturbations that turn around when
an example leaves cost ``eta^2 + eta/n`` and not ``eta``, in units of ``r^2 T``.

Proof
-----
Fix t and i. Write ``w, v, w', v'`` for ``w_t, v_t, w'_t, v'_t``, ``G = F_{S^(i)}``, ``f_i = f(., z_i)``, so that
``F_S = G + f_i/n``, and

    x = w + v,   x' = w' + v',   y = grad G(x) - grad G(x'),
    a = grad G(w + v) - grad G(w' + v),   e = grad G(w' + v') - grad G(w + v').

Convexity and smoothness, ``G(u) >= G(x) + <grad G(x), u - x> + |grad G(x) - grad G(u)|^2/(2 beta)``, from ``x`` to
``u = w' + v`` and from ``x'`` to ``u = w + v'`` give, added,

    <y, w - w'> >= [G(w + v) - G(w + v')] + [G(w' + v') - G(w' + v)] + (|a|^2 + |e|^2)/(2 beta).

The second bracket is at least ``-zeta'``, since v' maximises ``G(w' + .)``. The first is ``F_S(w + v) - F_S(w + v') -
(f_i(w + v) - f_i(w + v'))/n >= -zeta - f_i(x)/n``, since v maximises ``F_S(w + .)`` and ``f_i >= 0``. Hence

    |w - w' - eta y|^2 <= d_t^2 + (2 eta/n) f_i(x) + 2 eta (zeta + zeta') - (eta/beta)(|a|^2 + |e|^2) + eta^2 |y|^2.

Now ``y = a + p`` with ``p = grad G(w' + v) - grad G(w' + v')`` and ``y = q - e`` with ``q = grad G(w + v) - grad G(w +
v')``; both ``|p|, |q| <= 2 beta r``. So ``y = (a - e)/2 + (p + q)/2``, and for ``s = 2/theta - 1 > 0``

    |y|^2 <= (1 + s) (|a|^2 + |e|^2)/2 + (1 + 1/s) 4 beta^2 r^2,   1 + s = 2/theta,   1 + 1/s = 2/(2 - theta).

``eta^2 (1 + s)/2 = eta/beta``: a and e cancel, and what is left is ``|w - w' - eta y|^2 <= d_t^2 + N_t``,

    N_t = 8 theta^2 r^2/(2 - theta) + (2 eta/n) f_i(x_t) + 2 eta (zeta_t + zeta'_t).

From here on as in `sco_flat.bounds.stability`: ``d_{t+1} <= sqrt(d_t^2 + N_t) + c_t``, ``c_t = (eta/n) |grad
f_i(x_t)|``, so that ``d_t <= sqrt(sum_{s<t} N_s) + sum_{s<t} c_s`` by Minkowski's inequality. The mean over t of the
first part is at most the root of the mean of the squares (Jensen), which is ``sum_s (1 - s/T) N_s``; there ``1 - s/T <=
1 - 1/T``, and its sum over s is ``(T - 1)/2``. Let ``zeta`` be at least ``zeta_t`` plus the mean over i of
``zeta'_t``, for every t. The root mean square over i takes ``f_i`` to ``F_S``:

    sqrt(eps) <= sqrt((1 - 1/T) (4 theta^2 r^2 T/(2 - theta) + (2 eta/n) sum_t F_S(x_t) + eta T zeta))
                 + (eta/n) sqrt((2 beta T/3) sum_t F_S(x_t)).

The bounds for any ``|v_t| <= r`` hold as well; which of the two is smaller depends on the numbers.

What is attained (tests/test_bounds_special.py). In one step each of the three parts of ``N_t``, up to a factor near 1;
the gradients of the examples up to 3/4 of ``eps``, by examples that hold each other in place: ``[<u_j, w> + 1]_+^2/2``
over a simplex. Over a whole run no problem is known that spends more than about 1/3 of ``(2 eta/n) sum_t F_S(x_t)``.
Take example i away: the run on ``S^(i)`` may turn to perturbations whose value is by ``delta_t = f_i(x_t)/n`` larger
than what is left of the old one, and which falls as they are felt, along x say: ``x' = g``, in the time ``eta t``, for
losses of constant size and ``n`` large against ``theta T``, which is large against 1. Where ``delta`` is constant and
``g`` a function of x, the fall is ``int x'^2 <= delta``, and the mean of x is largest for ``x' ~ 1 - t/T``: ``mean^2 =
eta T delta/3``, 1/6 of the term. Where all losses fade like ``exp(-2 m t)``, and g is a function of x over the root of
the loss, the best g gives ``2/e^2 = .27`` of it; with g like the loss itself it would be 1/2, in the limit ``T >> n >>
theta T >> 1`` only. So .3 of this constant fails in a step, and in no run that was tried.
"""

from __future__ import annotations

import math

from sco_flat.bounds.base import CONVEX, FLAT, Bound, below_two_over_beta, non_negative, speaks, whole
from sco_flat.bounds.generalisation import IID, risk_sharper
from sco_flat.bounds.optimisation import SA_GD, regret_sharper
from sco_flat.traits import AS_ANALYSED, CONSTANT_STEP, FULL_BATCH, REALIZABLE, SMOOTH_CONVEX, UNPROJECTED, family

NEARLY = "SA-GD: v_t maximises F_S(w_t + v) over |v| <= r up to a gap; the output is the full average"
SOURCE = "perturbations that are maximisers"
ABOUT = family("sagd", "SA-GD")


@speaks(ABOUT, *SMOOTH_CONVEX, FULL_BATCH, CONSTANT_STEP, UNPROJECTED, title="for maximisers, along the trajectory")
def sa_gd_stability_trajectory(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    n: int,
    summed_risk: float,
    gap: float = 0.0,
) -> Bound:
    """Bound the stability of SA-GD along the trajectory: ``(eta^2 + eta/n) r^2 T`` in the perturbation.

    ``sqrt(eps) <= sqrt((1 - 1/T) (4 theta^2 r^2 T/(2 - theta) + (2 eta/n) s + eta T zeta)) + (eta/n) sqrt((2 beta T/3)
    s)`` with ``s = sum_t F_S(w_t + v_t)``.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth. No flat minimum is needed.
    Method
        SA-GD with maximisers up to a gap, full average, ``eta < 2/beta``.
    Guarantee
        For every sample with its own ``s`` and ``zeta``; and for the means over samples of ``eps``, ``s`` and ``zeta``.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, n, summed_risk
        As in `stability_trajectory`.
    gap : float
        ``zeta``: the largest gap of a maximiser on S, plus the mean over i of the largest on ``S^(i)``. 0 if exact.

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
    The proof is in the docstring of this module.

    References
    ----------
    Sharper than the stability lemma of arXiv 2511.03548 where ``theta`` and ``1/n`` are small.
    """
    room = below_two_over_beta(step_size, smoothness)
    whole("steps", steps, 1)
    whole("n", n, 1)
    non_negative(perturbation_radius=perturbation_radius, summed_risk=summed_risk, gap=gap)
    reach = step_size * smoothness * perturbation_radius
    pushed = 4 * reach * reach * steps / room + 2 * step_size / n * summed_risk + step_size * steps * gap
    root = math.sqrt((1 - 1 / steps) * pushed) + step_size / n * math.sqrt(2 * smoothness * steps / 3 * summed_risk)
    hypotheses = (CONVEX, NEARLY, "eta < 2/beta", "summed_risk = sum_t F_S(w_t + v_t)")
    source = f"{SOURCE}, along the trajectory"
    return Bound("sa_gd_stability_trajectory", root * root, "upper", "stability", "sharper", source, hypotheses)


@speaks(ABOUT, *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED, title="for maximisers, a priori")
def sa_gd_stability(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
    gap: float = 0.0,
) -> Bound:
    """Bound the stability of SA-GD a priori: `sa_gd_stability_trajectory` with its sum replaced by `regret_sharper`.

    Setting
        As in `stability_paper`.
    Method
        SA-GD with maximisers up to a gap, full average, ``eta < 2/beta``.
    Guarantee
        For every sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance, n
        As in `stability_paper`.
    gap : float
        As in `sa_gd_stability_trajectory`; in tables 0, where only exact maximisers are spoken of.

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
    Sharper than the stability lemma of arXiv 2511.03548 where ``theta`` and ``1/n`` are small.
    """
    mean = regret_sharper(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
    )
    along = sa_gd_stability_trajectory(
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        n=n,
        summed_risk=steps * mean.value,
        gap=gap,
    )
    hypotheses = (CONVEX, FLAT, NEARLY, "eta < 2/beta")
    source = f"{SOURCE}, a priori"
    return Bound("sa_gd_stability", along.value, "upper", "stability", "sharper", source, hypotheses)


@speaks(ABOUT, *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED, title="for maximisers, a priori")
def sa_gd_risk(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
) -> Bound:
    """Bound the population risk of SA-GD a priori: `risk_sharper` of `regret_sharper` and `sa_gd_stability`.

    Setting
        As in `risk_a_priori`.
    Method
        SA-GD with exact inner maximisers, full average, ``eta < 2/beta``.
    Guarantee
        In expectation over the sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance, n
        As in `stability_paper`.

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
    Sharper than arXiv 2511.03548, Theorem 4, where ``theta`` and ``1/n`` are small.
    """
    own = {
        "step_size": step_size,
        "smoothness": smoothness,
        "perturbation_radius": perturbation_radius,
        "flatness_radius": flatness_radius,
        "distance": distance,
    }
    reached = regret_sharper(steps=steps, **own)
    stability = sa_gd_stability(steps=steps, n=n, **own)
    both = risk_sharper(smoothness=smoothness, empirical_risk=reached.value, stability=stability.value)
    hypotheses = (CONVEX, FLAT, SA_GD, "eta < 2/beta", IID)
    source = f"{SOURCE}, a priori"
    return Bound("sa_gd_risk", both.value, "upper", "population_risk", "sharper", source, hypotheses)
