"""Upper bounds with the constants of arXiv 2511.03548: what its Theorems 2, 4, 5 and 8 say, corrected where needed.

Setting and notation as in `sco_flat.bounds.optimisation`; sharper bounds on the same quantities are there and in
`sco_flat.bounds.stability` and `sco_flat.bounds.generalisation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sco_flat.bounds.base import (
    CONVEX,
    FLAT,
    PAPER,
    Bound,
    Quantity,
    at_most,
    excess,
    non_negative,
    positive,
    speaks,
    whole,
)
from sco_flat.bounds.generalisation import IID
from sco_flat.bounds.optimisation import ANY, SA_GD, SAM
from sco_flat.bounds.stability import METHOD
from sco_flat.traits import AS_ANALYSED, ASCENT, PERTURBED_RUN, REALIZABLE, SMOOTH_CONVEX, family


def check_paper_step(step_size: float, smoothness: float) -> None:
    """Check ``eta <= 1/(4 beta)``, the range in which the paper's regret lemma is proved."""
    positive(step_size=step_size, smoothness=smoothness)
    mend = "take a smaller step_size, or the sharper bound"
    at_most("step_size", step_size, 1 / (4 * smoothness), "1/(4 smoothness)", mend)


def _paper(
    name: str,
    quantity: Quantity,
    where: str,
    method: str,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    check_paper_step(step_size, smoothness)
    whole("steps", steps, 1)
    delta = excess(perturbation_radius, flatness_radius)
    non_negative(distance=distance)
    value = distance * distance / (step_size * steps) + 4 * smoothness * delta * delta
    hypotheses = (CONVEX, FLAT, method, "eta <= 1/(4 beta)")
    return Bound(name, value, "upper", quantity, "paper", f"{PAPER}, {where}", hypotheses)


@speaks(family("sagd", "SA-GD"), *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED, title="the paper's bound (Theorem 2)")
def theorem2(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    """Bound the SAER of SA-GD (Theorem 2): ``F_S^r(w) <= D^2/(eta T) + 4 beta Delta^2``.

    Setting
        ``F_S`` convex, non-negative, ``beta``-smooth, zero on the ball of radius ``rho`` around ``w*``.
    Method
        SA-GD, ``T`` steps of size ``eta <= 1/(4 beta)``; ``w`` is the full average of ``w_1..w_T``.
    Guarantee
        For every sample. ``F_S <= F_S^r``, so that the empirical risk obeys it too.

    Parameters
    ----------
    step_size, steps, smoothness : float, int, float
        ``eta``, ``T``, ``beta``.
    perturbation_radius, flatness_radius : float
        ``r`` of the method and ``rho`` of the loss; ``Delta = max(r - rho, 0)``.
    distance : float
        ``D = |w_1 - w*|``.

    Returns
    -------
    Bound
        Upper bound on ``saer``.

    Raises
    ------
    NotApplicable
        Outside ``eta <= 1/(4 beta)``, or for a negative, infinite or NaN number.

    References
    ----------
    arXiv 2511.03548, Theorem 2.
    """
    where = "Theorem 2"
    numbers = (step_size, steps, smoothness, perturbation_radius, flatness_radius, distance)
    return _paper("theorem2", "saer", where, SA_GD, *numbers)


@speaks(family("sam", "SAM"), *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED, title="the paper's bound (Theorem 5)")
def theorem5(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    """Bound the empirical risk of SAM (Theorem 5): ``F_S(w) <= D^2/(eta T) + 4 beta Delta^2``.

    Setting
        As in `theorem2`.
    Method
        SAM with normalised ascent, ``eta <= 1/(4 beta)``; ``w`` is the full average.
    Guarantee
        For every sample. On the empirical risk only: Theorem 6 shows that the SAER need not follow.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance
        As in `theorem2`.

    Returns
    -------
    Bound
        Upper bound on ``empirical_risk``.

    Raises
    ------
    NotApplicable
        As in `theorem2`.

    References
    ----------
    arXiv 2511.03548, Theorem 5.
    """
    where = "Theorem 5"
    numbers = (step_size, steps, smoothness, perturbation_radius, flatness_radius, distance)
    return _paper("theorem5", "empirical_risk", where, SAM, *numbers)


@speaks(*SMOOTH_CONVEX, REALIZABLE, *PERTURBED_RUN)
def regret_lemma(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
) -> Bound:
    """Bound the mean risk along the perturbed points: ``(1/T) sum_t F_S(w_t + v_t) <= D^2/(eta T) + 4 beta Delta^2``.

    Setting
        As in `theorem2`.
    Method
        ``w_{t+1} = w_t - eta grad F_S(w_t + v_t)`` with any ``|v_t| <= r`` and ``eta <= 1/(4 beta)``.
    Guarantee
        For every sample.

    Parameters
    ----------
    step_size, steps, smoothness, perturbation_radius, flatness_radius, distance
        As in `theorem2`.

    Returns
    -------
    Bound
        Upper bound on ``mean_empirical_risk``.

    Raises
    ------
    NotApplicable
        As in `theorem2`.

    References
    ----------
    arXiv 2511.03548, the regret lemma before Theorem 3.
    """
    where = "regret lemma of Theorem 2"
    numbers = (step_size, steps, smoothness, perturbation_radius, flatness_radius, distance)
    return _paper("regret_lemma", "mean_empirical_risk", where, ANY, *numbers)


@speaks(*SMOOTH_CONVEX, REALIZABLE, *PERTURBED_RUN)
def stability_paper(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
) -> Bound:
    """Bound the stability with the paper's constants.

    ``eps <= 24 eta beta r^2 T + 96 beta eta T D^2/n^2 + 768 beta^2 eta^2 T^2 Delta^2/n^2``.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth, zero on one common ball of radius ``rho`` around ``w*``.
    Method
        Perturbed gradient descent, any ``|v_t| <= r``, full average, ``eta <= 1/(4 beta)``.
    Guarantee
        For every sample.

    Parameters
    ----------
    step_size, steps, smoothness : float, int, float
        ``eta``, ``T``, ``beta``.
    perturbation_radius, flatness_radius, distance : float
        ``r``, ``rho``, ``D = |w_1 - w*|``.
    n : int
        Size of the sample.

    Returns
    -------
    Bound
        Upper bound on ``stability``.

    Raises
    ------
    NotApplicable
        Outside ``eta <= 1/(4 beta)``, or for a negative, infinite or NaN number.

    Notes
    -----
    The lemma is printed for ``eta <= 1/(2 beta)``, but its proof ends with the regret lemma, which has
    ``eta <= 1/(4 beta)``; only that range is accepted. (`stability_sharper` implies the printed inequality up to
    ``1/(2 beta)``.) ``D^2`` is missing in print: corrected here.

    References
    ----------
    arXiv 2511.03548, stability lemma in the proof of Theorem 4, corrected.
    """
    check_paper_step(step_size, smoothness)
    whole("steps", steps, 1)
    whole("n", n, 1)
    delta = excess(perturbation_radius, flatness_radius)
    non_negative(distance=distance)
    work = step_size * smoothness * steps
    value = (
        24 * work * perturbation_radius * perturbation_radius
        + 96 * work * distance * distance / (n * n)
        + 768 * work * work * delta * delta / (n * n)
    )
    source = f"{PAPER}, stability lemma of Theorems 4 and 8, corrected (D^2 restored)"
    hypotheses = (CONVEX, FLAT, METHOD, "eta <= 1/(4 beta)")
    return Bound("stability_paper", value, "upper", "stability", "paper", source, hypotheses)


@speaks(*SMOOTH_CONVEX)
def risk_paper(*, smoothness: float, empirical_risk: float, stability: float) -> Bound:
    """Bound the population risk by empirical risk and stability: ``E F <= 4 E F_S + 3 beta E eps``.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth.
    Method
        Any, with leave-one-out stability ``eps``.
    Guarantee
        In expectation over the sample.

    Parameters
    ----------
    smoothness : float
        ``beta``.
    empirical_risk, stability : float
        ``E F_S(A(S))`` and ``E eps``, or upper bounds on them.

    Returns
    -------
    Bound
        Upper bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        For a negative, infinite or NaN number.

    References
    ----------
    arXiv 2511.03548, the lemma that turns stability into generalisation, used in Theorems 4 and 8.
    """
    positive(smoothness=smoothness)
    non_negative(empirical_risk=empirical_risk, stability=stability)
    value = 4 * empirical_risk + 3 * smoothness * stability
    source = f"{PAPER}, stability to generalisation, used in Theorems 4 and 8"
    return Bound("risk_paper", value, "upper", "population_risk", "paper", source, (CONVEX, IID))


def _combined(name: str, where: str, reach: Callable[..., Bound], *, n: int, **numbers: Any) -> Bound:
    """`risk_paper` of what ``reach`` and `stability_paper` bound."""
    reached, stability = reach(**numbers), stability_paper(**numbers, n=n)
    both = risk_paper(smoothness=numbers["smoothness"], empirical_risk=reached.value, stability=stability.value)
    source = f"{PAPER}, {where}, corrected (D^2 restored)"
    return Bound(name, both.value, "upper", "population_risk", "paper", source, (*reached.hypotheses, IID))


@speaks(family("sagd", "SA-GD"), *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED, title="the paper's bound (Theorem 4)")
def theorem4(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
) -> Bound:
    """Bound the population risk of SA-GD a priori, with the paper's constants (Theorem 4).

    ``E F(w) <= 4 (D^2/(eta T) + 4 beta Delta^2) + 3 beta eps``, ``eps`` of `stability_paper`.

    Setting
        ``f(., z)`` convex, non-negative, ``beta``-smooth, zero on one common ball of radius ``rho`` around ``w*``.
    Method
        SA-GD, ``eta <= 1/(4 beta)``; ``w`` is the full average.
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
        Outside ``eta <= 1/(4 beta)``, or for a negative, infinite or NaN number.

    Notes
    -----
    The theorem is printed with ``O(.)`` and without ``D^2`` in the stability term: corrected here.

    References
    ----------
    arXiv 2511.03548, Theorem 4, corrected.
    """
    return _combined(
        "theorem4",
        "Theorem 4",
        theorem2,
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
        n=n,
    )


@speaks(ASCENT, *SMOOTH_CONVEX, REALIZABLE, *AS_ANALYSED, title="the paper's bound (Theorem 8)")
def theorem8(
    *,
    step_size: float,
    steps: int,
    smoothness: float,
    perturbation_radius: float,
    flatness_radius: float,
    distance: float,
    n: int,
) -> Bound:
    """Bound the population risk of SAM a priori, with the paper's constants (Theorem 8).

    Setting
        As in `theorem4`.
    Method
        SAM with normalised ascent, ``eta <= 1/(4 beta)``; ``w`` is the full average.
    Guarantee
        In expectation over the sample; the number is that of `theorem4`.

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
        As in `theorem4`.

    References
    ----------
    arXiv 2511.03548, Theorem 8, corrected.
    """
    return _combined(
        "theorem8",
        "Theorem 8",
        theorem5,
        step_size=step_size,
        steps=steps,
        smoothness=smoothness,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        distance=distance,
        n=n,
    )
