"""An upper bound on the population risk a priori, by way of a run on one example more.

A bound that measures nothing may speak of another sample than the run's. So it needs one comparison where
`sco_flat.bounds.generalisation` needs two, and pays a quarter for stability.

Proof
-----
*One example more.* Let ``S+`` have n + 1 i.i.d. examples, ``eta+ = eta (n+1)/n``, and let ``A+``, ``A+_i`` be the full
averages with ``eta+`` on ``S+`` and on ``S+^(i)``. ``F_{S+^(i)}`` is ``n/(n+1)`` times the risk of the n examples that
are left. Neither SAM's direction nor a maximiser sees that factor: so ``A+_i`` is the output with ``eta`` on n i.i.d.
examples, and ``z_i`` is as fresh for it as a test example. ``sqrt(f)`` is ``sqrt(beta/2)``-Lipschitz; with ``|X| = (E
X^2)^(1/2)`` over ``S+`` and over i uniform

    sqrt(E F) = |sqrt f(A+_i, z_i)| <= |sqrt f(A+, z_i)| + sqrt(beta/2) |A+ - A+_i|,

that is ``sqrt(E F) <= sqrt(E F_{S+}(A+)) + sqrt((beta/2) E eps+)``. What follows is about the run on ``S+``, with n + 1
for n and ``eta+`` for eta.

*Weights.* With one flat minimum for all z, ``F_S(x_t) <= (|w_t - w*|^2 - |w_{t+1} - w*|^2)/((2 - theta) eta) + phi``,
where ``phi = 2 beta Delta^2/(2 - theta)^2`` (`sco_flat.bounds.optimisation`). Put ``A = D^2/((2 - theta) eta)`` and
``omega_s = 1 - s/T``, which falls. Summation by parts gives

    sum_s F_S(x_s) <= A + phi T,     sum_s omega_s F_S(x_s) <= omega_1 A + phi sum_s omega_s <= (1 - 1/T) (A + phi T/2).

*Stability.* In `sco_flat.bounds.stability` the gradients of the examples add ``(1/T) sum_s (T-s) c_s`` to ``|A+ -
A+_i|``, ``c_s = (eta/n) |grad f(x_s, z_i)|``. By Cauchy-Schwarz that is at most ``sqrt(T/3) sqrt(sum_s c_s^2)``, and at
most ``sqrt(sum_s omega_s) sqrt(sum_s omega_s c_s^2)``. As ``|grad f|^2 <= 2 beta f``, its root mean square over i is at
most ``g = (eta/n) sqrt(2 beta T min{(A + phi T)/3, (A + phi T/2)/2})``. So

    sqrt(eps) <= (2/3) sqrt(4 theta r^2 T/(2 - theta)) + g                                  for any |v_t| <= r,
    sqrt(eps) <= sqrt((1 - 1/T) (4 theta^2 r^2 T/(2 - theta) + (2 eta/n) (A + phi T/2))) + g  for maximisers,

the second from ``sum_s omega_s N_s`` in `sco_flat.bounds.maximisers`, where the weights are not dropped: the floor phi
costs half of what ``A + phi T`` would, in the part ``(eta/n) r^2 T`` that leads for a small eta.

How much is left. For SAM with ``eta beta`` small the leading part is ``(beta/2) (8/9) theta r^2 T``, that is ``(4/9)
eta beta^2 r^2 T``; from below see the work ``valley``.
"""

from __future__ import annotations

import math

from sco_flat.bounds.base import CONVEX, FLAT, Bound, below_two_over_beta, excess, non_negative, require, speaks, whole
from sco_flat.bounds.generalisation import IID, REACH, Analysis
from sco_flat.bounds.optimisation import regret_sharper
from sco_flat.traits import EXACT_ORACLE, PERTURBED_RUN, REALIZABLE, SMOOTH_CONVEX, UPHILL

RANGE = "eta (1 + 1/n) < 2/beta"
HOW: dict[Analysis, str] = {"sa-gd": "SA-GD with exact inner maximisers", "sam": "SAM with normalised ascent"}
TURNING: tuple[Analysis, ...] = ("sa-gd",)
"""Whose perturbations are maximisers."""


@speaks(*SMOOTH_CONVEX, REALIZABLE, *PERTURBED_RUN, UPHILL, EXACT_ORACLE, title="one example more")
def risk_one_more(
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
    """Bound the population risk a priori, by way of a run on one example more.

    ``E F <= (sqrt(R) + sqrt(beta eps/2))^2``, R and eps being bounds on the empirical risk and on the stability of the
    run with ``eta (n+1)/n`` on ``n + 1`` examples.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth, with one flat minimum for every z.
    Method
        SA-GD with exact inner maximisers, or SAM with normalised ascent; ``eta (1 + 1/n) < 2/beta``; full average.
    Guarantee
        In expectation over the sample. Nothing is measured, and nothing measured on S may stand in it: it can be
        smaller than a bound along the trajectory.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance, n
        As in `stability_paper`.
    method : {"sa-gd", "sam"}
        As in `risk_a_priori`. SA-GD's perturbations are maximisers, which is used where it gives less.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``eta (1 + 1/n) < 2/beta``, for another method, or for a negative, infinite or NaN number.

    Notes
    -----
    The proof is in the docstring of this module.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorems 4 and 8.
    """
    require("method", method, method in REACH, "must be sa-gd or sam", "for GD use gd_baseline")
    below_two_over_beta(step_size, smoothness)
    whole("steps", steps, 1)
    whole("n", n, 1)
    non_negative(distance=distance)
    step = step_size * (n + 1) / n
    limit = f"must be below 2 n/((n + 1) smoothness) = {2 * n / ((n + 1) * smoothness):.6g}"
    require("step_size", step_size, step * smoothness < 2, limit, "take a smaller one")
    theta, delta = step * smoothness, excess(perturbation_radius, flatness_radius)
    first = distance * distance / ((2 - theta) * step)
    floor = 2 * smoothness * delta * delta / (2 - theta) ** 2
    weighted = first + floor * steps / 2
    felt = step / (n + 1) * math.sqrt(2 * smoothness * steps * min((first + floor * steps) / 3, weighted / 2))
    pushed = 2 / 3 * math.sqrt(4 * theta * perturbation_radius**2 * steps / (2 - theta))
    if method in TURNING:
        turned = 4 * (theta * perturbation_radius) ** 2 * steps / (2 - theta) + 2 * step / (n + 1) * weighted
        pushed = min(pushed, math.sqrt((1 - 1 / steps) * turned))
    reach = REACH[method][1] if theta <= 1 else regret_sharper
    reached = reach(
        step_size=step,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
    )
    root = math.sqrt(reached.value) + math.sqrt(smoothness / 2) * (pushed + felt)
    hypotheses = (CONVEX, FLAT, f"{HOW[method]}; the output is the full average", RANGE, IID)
    source = "a priori, by one example more"
    return Bound("risk_one_more", root * root, "upper", "population_risk", "sharper", source, hypotheses, method)
