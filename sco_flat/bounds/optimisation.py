"""Upper bounds on what SA-GD and SAM reach on the sample.

Setting of all of them: ``F_S`` is convex, non-negative, ``beta``-smooth on the whole space, and zero on the ball of
radius ``rho`` around ``w*``; ``w_{t+1} = w_t - eta grad F_S(w_t + v_t)`` with ``|v_t| <= r``; ``D = |w_1 - w*|``,
``theta = eta beta``, ``Delta = max(r - rho, 0)``, ``x_t = w_t + v_t``, ``f_t = F_S(x_t)``, ``a_t = |grad F_S(x_t)|``.
A projection on a convex set that holds ``w*`` only shortens distances to ``w*``, so all bounds survive it.

Star inequality
---------------
Put ``g = grad F_S(x)``, ``a = |g|`` and ``u = w* + rho g/a``, where ``F_S`` and its gradient vanish. A convex
beta-smooth function satisfies ``F(u) >= F(x) + <g, u - x> + |g - grad F(u)|^2 / (2 beta)``, hence

    f_t <= <g, x - u> - a^2/(2 beta) = <g, w - w*> + <g, v> - rho a - a^2/(2 beta)
        <= <g, w - w*> + Delta a - a^2/(2 beta).                                                            (1)

The same inequality with ``x`` and ``u`` exchanged gives ``s := a^2/(2 beta) <= f_t``. The update gives
``<g, w_t - w*> = (|w_t - w*|^2 - |w_{t+1} - w*|^2)/(2 eta) + eta a^2/2 =: A_t + theta s``, and ``sum_t A_t <=
D^2/(2 eta)``. So (1) reads

    f_t + (1 - theta) s <= A_t + Delta sqrt(2 beta s).                                                       (2)

Regret. Multiply (2) by ``lam = 2/(2 - theta) >= 1`` and add ``(lam - 1)(s - f_t) <= 0``: because
``lam (1 - theta) + lam - 1 = 1``, it becomes ``f_t + s <= lam A_t + lam Delta sqrt(2 beta s)``, and completing the
square in ``sqrt(s)`` leaves ``f_t <= lam A_t + lam^2 beta Delta^2/2``. Average over t.

SAM. Let ``h = F_S(w_t)``, ``p = |grad F_S(w_t)|`` and ``v_t = r grad F_S(w_t)/p``. The same smoothness inequality from
``w_t`` to ``x_t`` gives ``h <= f_t - r p - (a - p)^2/(2 beta)``; with (2), ``r >= Delta`` and ``c = a - p``,

    h <= A_t + Delta c - ((1 - theta) a^2 + c^2)/(2 beta) <= A_t + beta Delta^2/(2 (2 - theta)),   theta <= 1,

where ``a >= c`` was used if ``c > 0`` (there is nothing to show if not). At ``p = 0`` SAM sits at a minimiser, h = 0.
"""

from __future__ import annotations

from sco_flat.bounds.base import (
    CONVEX,
    FLAT,
    Bound,
    Quantity,
    at_most,
    below_two_over_beta,
    excess,
    non_negative,
    positive,
    speaks,
    whole,
)
from sco_flat.traits import AS_ANALYSED, PERTURBED_RUN, REALIZABLE, SMOOTH_CONVEX, family

SA_GD = "SA-GD: v_t maximises F_S(w_t + v) over |v| <= r exactly"
SAM = "SAM: v_t = r g/|g| with g = grad F_S(w_t), and v_t = 0 where g = 0"
SOURCE = "star inequality"
ANY = "any v_t with |v_t| <= r"


def _star(
    name: str,
    quantity: Quantity,
    method: str,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    room = below_two_over_beta(step_size, smoothness)
    whole("steps", steps, 1)
    delta = excess(perturbation_radius, flatness_radius)
    non_negative(distance=distance)
    value = distance * distance / (room * step_size * steps) + 2 * smoothness * delta * delta / (room * room)
    hypotheses = (CONVEX, FLAT, method, "eta < 2/beta")
    return Bound(name, value, "upper", quantity, "sharper", SOURCE, hypotheses)


@speaks(*SMOOTH_CONVEX, REALIZABLE, *PERTURBED_RUN)
def regret_sharper(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    """Bound the mean risk along the perturbed points, sharper.

    ``(1/T) sum_t F_S(w_t + v_t) <= D^2/((2 - theta) eta T) + 2 beta Delta^2/(2 - theta)^2``.

    Setting
        That of this module.
    Method
        ``w_{t+1} = w_t - eta grad F_S(w_t + v_t)`` with any ``|v_t| <= r`` and ``eta < 2/beta``.
    Guarantee
        For every sample. The second constant cannot be lowered: on ``beta x^2/2`` with ``rho = 0`` SAM started at
        ``|x| = theta Delta/(2 - theta)`` jumps between ``x`` and ``-x`` and pays it at every step.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance
        ``eta``, ``T``, ``beta``, ``r``, ``rho`` and ``D`` of that setting.

    Returns
    -------
    Bound
        Upper bound on ``mean_empirical_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta < 2/beta``, or for a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module.

    References
    ----------
    Sharper than the regret lemma of arXiv 2511.03548.
    """
    numbers = (step_size, steps, smoothness, perturbation_radius, flatness_radius, distance)
    return _star("regret_sharper", "mean_empirical_risk", ANY, *numbers)


@speaks(family("sagd", "SA-GD"), *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED)
def sa_gd_sharper(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    """Bound the SAER of SA-GD, sharper: the value of `regret_sharper`.

    Setting
        That of this module.
    Method
        SA-GD with exact inner maximisers, ``eta < 2/beta``; ``w`` is the full average.
    Guarantee
        For every sample: ``F_S^r`` is convex and ``F_S^r(w_t) = F_S(w_t + v_t)``, so that
        ``F_S^r(w) <= (1/T) sum_t F_S(w_t + v_t)``.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance
        ``eta``, ``T``, ``beta``, ``r``, ``rho`` and ``D`` of that setting.

    Returns
    -------
    Bound
        Upper bound on ``saer``.

    Raises
    ------
    NotApplicable
        As in `regret_sharper`.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorem 2.
    """
    numbers = (step_size, steps, smoothness, perturbation_radius, flatness_radius, distance)
    return _star("sa_gd_sharper", "saer", SA_GD, *numbers)


@speaks(family("sam", "SAM"), *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED)
def sam_sharper(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    """Bound the empirical risk of SAM, sharper: ``F_S(w) <= D^2/(2 eta T) + beta Delta^2/(2 (2 - theta))``.

    Setting
        That of this module.
    Method
        SAM with normalised ascent, ``eta <= 1/beta``; ``w`` is the full average.
    Guarantee
        For every sample, and already for ``(1/T) sum_t F_S(w_t)``.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance
        ``eta``, ``T``, ``beta``, ``r``, ``rho`` and ``D`` of that setting.

    Returns
    -------
    Bound
        Upper bound on ``empirical_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta <= 1/beta``, or for a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module. For ``1/beta < eta < 2/beta`` the value of `regret_sharper` holds,
    since ``F_S(w_t) <= F_S(w_t + v_t)`` for SAM.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorem 5.
    """
    positive(step_size=step_size, smoothness=smoothness)
    mend = "take a smaller step_size, or the bound on the mean risk at the perturbed points, below 2/smoothness"
    at_most("step_size", step_size, 1 / smoothness, "1/smoothness", mend)
    whole("steps", steps, 1)
    delta = excess(perturbation_radius, flatness_radius)
    non_negative(distance=distance)
    floor = smoothness * delta * delta / (2 * (2 - step_size * smoothness))
    value = distance * distance / (2 * step_size * steps) + floor
    hypotheses = (CONVEX, FLAT, SAM, "eta <= 1/beta")
    return Bound("sam_sharper", value, "upper", "empirical_risk", "sharper", SOURCE, hypotheses)
