"""Lower bounds: what the paper's instances make of flat minima, SA-GD and SAM.

All of them hold on an event of constant probability (a constant column in the sample), or for the one-dimensional
instance of Theorem 6 without any chance. ``F(w*) = 0`` in every instance, so that risk and excess risk agree.

Suffix averages
---------------
A coordinate that is 0 up to step s and ``-q`` from then on has the value ``-q k/N`` in the average of a window of N
iterates of which k lie past s. In the window ``[a, b]`` of Theorem 3 (``w_t = -q sum_{s<t} e_{I,s}``) that is ``-q``
for the a - 1 coordinates with s < a, and ``-q k/N``, k = 1..N-1, for the others, so that

    |window average|^2 = q^2 ((a - 1) + (N - 1)(2N - 1)/(6N)).

For a suffix, ``a - 1 = T - N``, and the bracket has the derivative ``-2/3 - 1/(6 N^2)`` in N: the full average has the
least risk of all suffixes, and a bound for it holds for every suffix.
"""

from __future__ import annotations

import math

from sco_flat.bounds.base import PAPER, Bound, at_most, excess, non_negative, positive, whole
from sco_flat.bounds.base import require as demand
from sco_flat.numbers import ROUNDING
from sco_flat.works.base import require
from sco_flat.works.flat_minima import conditions

_SUFFIX = "every suffix average of w_1..w_T"


def theorem1(*, flatness_radius: float) -> Bound:
    """Bound the population risk of a flattest empirical minimiser (Theorem 1): ``F(e_I) = (1 - rho)^2/4 >= 1/16``.

    Setting
        The flat-ERM instance, ``0 <= rho <= 1/2``, on the event that the sample has an all-zero column I
        (probability at least ``1 - 1/e`` for ``2^n`` columns).
    Method
        Any that returns ``e_I``, which minimises ``F_S^r`` for every r at once.
    Guarantee
        An equality: a fresh example has ``z_I = 1`` with probability 1/2, and then ``f(e_I, z) = (1 - rho)^2/2``.

    Parameters
    ----------
    flatness_radius : float
        ``rho``.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside ``0 <= rho <= 1/2``.

    References
    ----------
    arXiv 2511.03548, Theorem 1.
    """
    non_negative(flatness_radius=flatness_radius)
    require(conditions.theorem1(flatness_radius))
    value = (1 - flatness_radius) * (1 - flatness_radius) / 4
    hypotheses = ("flat-ERM instance", "an all-zero column I in the sample", "the output is e_I", "0 <= rho <= 1/2")
    return Bound("theorem1", value, "lower", "population_risk", "paper", f"{PAPER}, Theorem 1", hypotheses)


_SA_GD = (
    "SA-GD instance with the paper's weights",
    "an all-plus column I in the sample",
    "the oracle picks v_t = r e_{I,t}",
    "w_1 = 0, no projection",
)


def theorem3_window(
    *,
    step_size: float,
    perturbation_radius: float,
    flatness_radius: float,
    first: int,
    last: int,
) -> Bound:
    """Give the exact population risk of a window average of SA-GD (Theorem 3).

    ``F = (1/4) [q sqrt((a - 1) + (N - 1)(2N - 1)/(6N)) - rho]_+^2``, ``q = eta max(r - rho, 0)``, ``N = b - a + 1``.

    Setting
        The SA-GD instance with the paper's weights, on the event of an all-plus column I.
    Method
        SA-GD whose oracle picks ``r e_{I,t}`` at step t, from ``w_1 = 0``; the mean of ``w_a..w_b``.
    Guarantee
        An equality, given as a lower bound. A fresh example has ``z_I = -1`` with probability 1/2, and then
        ``f = [|average| - rho]_+^2/2``; otherwise f = 0.

    Parameters
    ----------
    step_size, perturbation_radius, flatness_radius : float
        ``eta``, ``r``, ``rho``.
    first, last : int
        ``1 <= a <= b``; ``a = 1`` is a prefix, ``a = b`` a single iterate.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``, attained.

    Raises
    ------
    NotApplicable
        For a negative, infinite or NaN number, or an empty window.

    Notes
    -----
    The norm of the average is derived in the docstring of this module. The iterates stay in the unit ball up to the
    step b with ``q sqrt(b - 1) <= 1``; the formula is that of the run without projection.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorem 3.
    """
    positive(step_size=step_size)
    q = step_size * excess(perturbation_radius, flatness_radius)
    whole("first", first, 1)
    whole("last", last, first)
    length = last - first + 1
    norm = q * math.sqrt(first - 1 + (length - 1) * (2 * length - 1) / (6 * length))
    gap = max(norm - flatness_radius, 0.0)
    source = f"sharper than {PAPER}, Theorem 3: exact value"
    return Bound("theorem3_window", gap * gap / 4, "lower", "population_risk", "sharper", source, _SA_GD)


def _check_theorem3(step_size: float, steps: int, perturbation_radius: float, flatness_radius: float) -> float:
    """Check the hypotheses of Theorem 3 and return ``q sqrt(T)``."""
    positive(step_size=step_size, perturbation_radius=perturbation_radius)
    whole("steps", steps, 2)
    delta = excess(perturbation_radius, flatness_radius)
    require(
        conditions.theorem3(
            steps=steps,
            step_size=step_size,
            perturbation_radius=perturbation_radius,
            flatness_radius=flatness_radius,
        )
    )
    return step_size * delta * math.sqrt(steps)


_CONDITIONS = (_SUFFIX, "T >= 2", "eta (r - rho) <= 1/sqrt(T)", "rho < r (1 - 3/(3 + eta sqrt(T)))")


def theorem3(*, step_size: float, steps: int, perturbation_radius: float, flatness_radius: float) -> Bound:
    """Bound the population risk of every suffix average of SA-GD (Theorem 3) by its exact value at the full average.

    ``F(suffix) >= (1/4) [q sqrt((T - 1)(2T - 1)/(6T)) - rho]_+^2``, with equality for the full average.

    Setting
        As in `theorem3_window`; ``T >= 2``, ``eta (r - rho) <= 1/sqrt(T)``, ``rho < r (1 - 3/(3 + eta sqrt(T)))``.
    Method
        As in `theorem3_window`.
    Guarantee
        For every suffix average; the full average binds (docstring of this module). False for T = 1, where ``w = 0``.

    Parameters
    ----------
    step_size, steps, perturbation_radius, flatness_radius
        ``eta``, ``T``, ``r``, ``rho``.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside the conditions of the setting.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorem 3.
    """
    _check_theorem3(step_size, steps, perturbation_radius, flatness_radius)
    full = theorem3_window(
        step_size=step_size,
        perturbation_radius=perturbation_radius,
        flatness_radius=flatness_radius,
        first=1,
        last=steps,
    )
    return Bound("theorem3", full.value, "lower", full.quantity, "sharper", full.source, (*_SA_GD, *_CONDITIONS))


def theorem3_rate(*, step_size: float, steps: int, perturbation_radius: float, flatness_radius: float) -> Bound:
    """Bound the population risk of every suffix average of SA-GD (Theorem 3) at the paper's rate, constant worked out.

    ``F(suffix) >= (1/4) (1/(2 sqrt 2) - 1/3)^2 eta^2 (r - rho)^2 T``, about ``1.02e-4 eta^2 (r - rho)^2 T``.

    Setting
        As in `theorem3`.
    Method
        As in `theorem3_window`.
    Guarantee
        For every suffix average.

    Parameters
    ----------
    step_size, steps, perturbation_radius, flatness_radius
        As in `theorem3`.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside the conditions of `theorem3`.

    Notes
    -----
    The last condition of `theorem3` says ``rho < q sqrt(T)/3``, and ``(T - 1)(2T - 1)/(6 T^2) >= 1/8`` for ``T >= 2``.
    The paper's proof ends with ``eta (r - rho) sqrt(T)/(4 100^2)``: the square of ``eta (r - rho) sqrt(T)`` is missing,
    and without it the display is false for small ``q sqrt(T)``. Squared, its constant is 2.5e-5, since
    ``1/(2 sqrt 2) - 1/3 = 0.0202`` was rounded down to 1/100.

    References
    ----------
    arXiv 2511.03548, Theorem 3, corrected.
    """
    scale = _check_theorem3(step_size, steps, perturbation_radius, flatness_radius)
    constant = 1 / (2 * math.sqrt(2)) - 1 / 3
    value = constant * constant * scale * scale / 4
    source = f"{PAPER}, Theorem 3, corrected (square restored)"
    return Bound("theorem3_rate", value, "lower", "population_risk", "paper", source, (*_SA_GD, *_CONDITIONS))


_HALF_LINE = "f = [w]_+^2/2 on [-1, 1], rho-flat at w* = -1/2 for rho <= 1/2"


def _check_half_line(perturbation_radius: float) -> None:
    non_negative(perturbation_radius=perturbation_radius)
    require(conditions.theorem6(perturbation_radius=perturbation_radius, flatness_radius=0.0))


def theorem6(*, perturbation_radius: float) -> Bound:
    """Bound the SAER of SAM (Theorem 6): ``F_S^r(w) - F_S^r(-1/2) = r^2/2``.

    Setting
        ``f = [w]_+^2/2`` in one dimension, ``0 <= r <= 1/2``, so that ``F_S^r(-1/2) = 0``.
    Method
        SAM from ``w_1 = 0`` with 0/0 = 0, any step size: the gradient is zero and SAM never moves.
    Guarantee
        An equality for every average of the iterates, every sample.

    Parameters
    ----------
    perturbation_radius : float
        ``r``.

    Returns
    -------
    Bound
        Lower bound on ``saer``.

    Raises
    ------
    NotApplicable
        Outside ``0 <= r <= 1/2``.

    References
    ----------
    arXiv 2511.03548, Theorem 6.
    """
    _check_half_line(perturbation_radius)
    value = perturbation_radius * perturbation_radius / 2
    hypotheses = (_HALF_LINE, "SAM from w_1 = 0 with 0/0 = 0", "0 <= r <= 1/2")
    return Bound("theorem6", value, "lower", "saer", "paper", f"{PAPER}, Theorem 6", hypotheses)


def theorem6_positive_start(*, step_size: float, perturbation_radius: float, start: float) -> Bound:
    """Bound the SAER of SAM from a positive start: ``F_S^r(w) >= (1 - eta)^2 r^2/2``.

    Setting
        As in `theorem6`; ``0 < e <= 1``, ``e (1 - eta) <= eta r``, ``eta <= 1``.
    Method
        SAM from ``w_1 = e``. No 0/0 is involved at the first step.
    Guarantee
        For every iterate and every average of iterates.

    Parameters
    ----------
    step_size, perturbation_radius, start : float
        ``eta``, ``r``, ``e``.

    Returns
    -------
    Bound
        Lower bound on ``saer``.

    Raises
    ------
    NotApplicable
        Outside the conditions of the setting.

    Notes
    -----
    ``w_2 = e - eta (e + r) = e (1 - eta) - eta r <= 0``, where the gradient is zero and SAM stays. All iterates are at
    least ``w_2``, the SAER increases in w, and ``w_2 + r = (1 - eta)(e + r) >= (1 - eta) r``.

    References
    ----------
    Sharper than arXiv 2511.03548, Theorem 6: it does not rest on 0/0 = 0 at the start.
    """
    _check_half_line(perturbation_radius)
    positive(step_size=step_size, start=start)
    at_most("step_size", step_size, 1.0, "1", "take a smaller step_size")
    at_most("start", start, 1.0, "1", "start inside [-1, 1]")
    limit = step_size * perturbation_radius
    name = f"start (1 - step_size) must be at most step_size r = {limit:.6g}"
    ok = start * (1 - step_size) <= limit * (1 + ROUNDING)
    demand("start", start, ok, name, "start closer to 0, or take a larger step_size")
    left = (1 - step_size) * perturbation_radius
    source = f"sharper than {PAPER}, Theorem 6: positive start"
    hypotheses = (_HALF_LINE, "SAM from w_1 = e", "0 < e <= 1", "e (1 - eta) <= eta r", "eta <= 1", "0 <= r <= 1/2")
    return Bound("theorem6_positive_start", left * left / 2, "lower", "saer", "sharper", source, hypotheses)


_SAM_CHAIN = (
    "SAM-chain instance",
    "exactly one all-zero column I in the sample",
    "SAM from w_1 = 0, no epsilon in the normaliser",
    _SUFFIX,
    "n >= 6",
    "T >= 6",
    "eta r <= 1/(2 sqrt(T))",
)


def _check_theorem7(
    step_size: float, steps: int, perturbation_radius: float, n: int, width: int | None = None
) -> float:
    """Check the hypotheses of Theorem 7 and return ``eta^2 r^2 T``."""
    positive(step_size=step_size, perturbation_radius=perturbation_radius)
    whole("steps", steps, 1)
    whole("n", n, 1)
    # no finite step size reaches 2^1000, so a larger power need not be built
    columns = 2 ** min(int(n), 1000) if width is None else width
    whole("width", columns, 1)
    require(
        conditions.theorem7(
            n=n,
            steps=steps,
            step_size=step_size,
            perturbation_radius=perturbation_radius,
            dimension=columns * steps + 1,
        )
    )
    reach = step_size * perturbation_radius
    return reach * reach * steps


def theorem7(*, step_size: float, steps: int, perturbation_radius: float, n: int, width: int | None = None) -> Bound:
    """Bound the population risk of every suffix average of SAM (Theorem 7), corrected.

    ``F(suffix) >= .736 (T - 2)(T - 1)(2T - 3)/(24 T^3) eta^2 r^2 T``.

    Setting
        The SAM-chain instance with the corrected parameters (``delta_j = 1/(8 max(1, eta))`` for ``j >= 4``), on the
        event that I is the only all-zero column; ``n, T >= 6``, ``eta r <= 1/(2 sqrt(T))``, ``eta <= d``.
    Method
        SAM from ``w_1 = 0``, without any epsilon in the normaliser.
    Guarantee
        For every suffix average.

    Parameters
    ----------
    step_size, steps, perturbation_radius : float, int, float
        ``eta``, ``T``, ``r``.
    n : int
        Size of the sample.
    width : int, optional
        Number of columns m, ``2^n`` unless given; the dimension is ``d = m T + 1``.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside the conditions of the setting.

    Notes
    -----
    From the second step on SAM only adds one coordinate of block I per step: with ``delta = delta_j`` and
    ``s = sqrt(1 + delta^2)``, ``x_{I,t} = -b_t`` at step t, ``b_t = eta (r s + delta b_{t-1}) >= eta r``, and from step
    t + 1 on ``-(b_t - delta b_{t+1}) = -(b_t (1 - eta delta^2) - eta r delta s)``. As ``delta <= 1/8`` and
    ``eta delta^2 <= 1/64``, the latter is at least ``eta r (1 - 1/64 - sqrt(65)/64) = .8584 eta r`` in size, whose
    square exceeds ``.736 eta^2 r^2``. In the full average coordinate j = 3..T has weight ``(T - j + 1)/T``, in any
    other suffix more; ``sum_{k<=T-2} k^2`` and ``F >= (1/4) sum_j x_{I,j}^2`` (a fresh ``z_I`` is 1 with
    probability 1/2) give the bound.

    References
    ----------
    arXiv 2511.03548, Theorem 7, corrected and sharper: the printed parameters do not give the printed dynamics.
    """
    scale = _check_theorem7(step_size, steps, perturbation_radius, n, width)
    share = (1 - 2 / steps) * (1 - 1 / steps) * (2 - 3 / steps)
    source = f"sharper than {PAPER}, Theorem 7, corrected parameters"
    hypotheses = (*_SAM_CHAIN, "corrected parameters", "eta <= d")
    return Bound("theorem7", 0.736 * share / 24 * scale, "lower", "population_risk", "sharper", source, hypotheses)


def theorem7_rate(
    *, step_size: float, steps: int, perturbation_radius: float, n: int, width: int | None = None
) -> Bound:
    """Bound the population risk of every suffix average of SAM (Theorem 7), corrected: ``eta^2 r^2 T/40``.

    Setting
        As in `theorem7`.
    Method
        As in `theorem7`.
    Guarantee
        For every suffix average. The factor of `theorem7` increases in T and is .02555 at T = 6.

    Parameters
    ----------
    step_size, steps, perturbation_radius, n, width
        As in `theorem7`.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside the conditions of `theorem7`.

    References
    ----------
    arXiv 2511.03548, Theorem 7, corrected and sharper.
    """
    scale = _check_theorem7(step_size, steps, perturbation_radius, n, width)
    source = f"sharper than {PAPER}, Theorem 7, corrected parameters"
    hypotheses = (*_SAM_CHAIN, "corrected parameters", "eta <= d")
    return Bound("theorem7_rate", scale / 40, "lower", "population_risk", "sharper", source, hypotheses)


def theorem7_printed_lemma(
    *, step_size: float, steps: int, perturbation_radius: float, n: int, width: int | None = None
) -> Bound:
    """Bound the population risk of every suffix average of SAM (Theorem 7) as its printed lemmas give it.

    ``F(suffix) >= eta^2 r^2 T/128``, if the printed lemmas on the dynamics hold.

    Setting
        The SAM-chain instance with any parameters for which the lemmas hold; ``n, T >= 6``, ``eta r <= 1/(2 sqrt(T))``.
    Method
        As in `theorem7`.
    Guarantee
        For every suffix average.

    Parameters
    ----------
    step_size, steps, perturbation_radius, n, width
        As in `theorem7`.

    Returns
    -------
    Bound
        Lower bound on ``population_risk``.

    Raises
    ------
    NotApplicable
        Outside the conditions of the setting.

    Notes
    -----
    The lemmas say ``x_{I,j} <= -eta r/2`` at every step ``t >= j >= 3``, from which the paper gets averages of at most
    ``-eta r/4`` for ``j <= T/2`` (printed with >=). Its last display is ``F >= |w|^2 >= (1/4) eta^2 r^2 T/2``, that is
    ``eta^2 r^2 T/8``: it leaves out the factor 1/4 of ``F >= |x_I|^2/4`` and squares 1/2 instead of 1/4. With both,
    ``(1/4)(1/4)^2 (T/2)`` is the constant here. Coordinates 1 and 2 do not count towards T/2, but the exact sum of
    the averages does not need them: ``(T - 2)(T - 1)(2T - 3)/(96 T^3) >= 1/128`` for ``T >= 6``. The printed 1/8 is
    false for full averages: those of the corrected parameters are near 1/16 (n = 6, T = 64, eta = 1/6: .063).

    References
    ----------
    arXiv 2511.03548, Theorem 7, corrected constant. The printed parameters do not satisfy the printed lemma on the
    first step; the corrected ones satisfy its consequence, and `theorem7` is larger.
    """
    scale = _check_theorem7(step_size, steps, perturbation_radius, n, width)
    source = f"{PAPER}, Theorem 7, corrected constant: what the printed lemmas give"
    hypotheses = (*_SAM_CHAIN, "the printed lemmas on the dynamics hold")
    return Bound("theorem7_printed_lemma", scale / 128, "lower", "population_risk", "paper", source, hypotheses)
