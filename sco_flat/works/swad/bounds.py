"""The paper's two bounds over domains, and where they say nothing.

The term that both pay for the class holds ``ln N`` with ``N = ceil((diam/gamma)^d)`` balls: it is at least 1, as large
as the largest loss, as soon as ``d ln(diam/gamma) >= m``. Networks have far more weights than examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sco_flat import numbers
from sco_flat.errors import InputError


@dataclass(frozen=True)
class DomainBound:
    """A bound on the risk on a target domain.

    Attributes
    ----------
    value : float
        The bound.
    complexity : float
        What it pays for the class.
    vacuous : str
        Why it says nothing of losses in [0, 1]; empty where it may.
    """

    value: float
    complexity: float
    vacuous: str


def logarithm_of_cover(dimension: int, diameter: float, gamma: float) -> float:
    """``ln ceil((diam/gamma)^d)``."""
    exponent = dimension * math.log(diameter / gamma)
    return math.log(math.ceil((diameter / gamma) ** dimension)) if exponent < 30.0 else exponent


def _read(m: int, dimension: int, diameter: float, gamma: float, delta: float, vc: int) -> None:
    numbers.whole("m", m, 1)
    numbers.whole("dimension", dimension, 1)
    numbers.whole("vc", vc, 1, m)
    if not 0.0 < numbers.real("gamma", gamma) <= numbers.real("diameter", diameter):
        raise InputError("gamma", gamma, f"must be in (0, {diameter:g}], up to the diameter", "choose a smaller one")
    if not 0.0 < numbers.real("delta", delta) <= 1.0:
        raise InputError("delta", delta, "is a probability in (0, 1]", "0.05 is usual")


def _mean(divergences: Sequence[float]) -> float:
    if not divergences:
        raise InputError("divergences", "none", "there is one for each source domain", "give at least one")
    return math.fsum(divergences) / len(divergences)


def _complexity(m: int, vc: int, inside: float) -> float:
    """``sqrt((v ln(m/v) + inside) / m)``."""
    return math.sqrt((vc * math.log(m / vc) + inside) / m)


def _vacuous(m: int, dimension: int, diameter: float, gamma: float, complexity: float) -> str:
    exponent = dimension * math.log(diameter / gamma)
    if exponent >= m:
        return f"d ln(diam/gamma) = {exponent:.6g} >= m = {m}: the complexity term is at least 1"
    return f"the complexity term is {complexity:.6g} >= 1" if complexity >= 1.0 else ""


def theorem1(
    robust_risk: float, divergences: Sequence[float], *, m: int, dimension: int, diameter: float, gamma: float,
    vc: int, delta: float = 0.05,
) -> DomainBound:  # fmt: skip
    """``E_T(w) < E^gamma_D(w) + (1/2I) sum Div(D_i, T) + max_k sqrt((v_k ln(m/v_k) + ln(N/delta))/m)``.

    Parameters
    ----------
    robust_risk : float
        ``E^gamma_D(w)``, the empirical risk at the worst v with ``|v| <= gamma``.
    divergences : sequence of float
        From each source domain to the target.
    m, dimension, vc : int
        All examples, the number of weights, the largest VC dimension of a ball of the cover.
    diameter, gamma, delta : float
        Of the weights; the radius; the probability of failure.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> theorem1(0.0, [0.0], m=20, dimension=1001, diameter=2.0, gamma=0.2, vc=10).vacuous
    'd ln(diam/gamma) = 2304.89 >= m = 20: the complexity term is at least 1'
    >>> found = theorem1(0.1, [0.2], m=10**6, dimension=10, diameter=2.0, gamma=0.2, vc=10)
    >>> round(found.value, 4), found.vacuous
    (0.2119, '')
    """
    _read(m, dimension, diameter, gamma, delta, vc)
    paid = _complexity(m, vc, logarithm_of_cover(dimension, diameter, gamma) - math.log(delta))
    value = robust_risk + 0.5 * _mean(divergences) + paid
    return DomainBound(value, paid, _vacuous(m, dimension, diameter, gamma, paid))


def theorem2(
    robust_risk: float, least_risk: float, divergences: Sequence[float], *, m: int, dimension: int, diameter: float,
    gamma: float, vc: int, delta: float = 0.05,
) -> DomainBound:  # fmt: skip
    """Bound ``E_T - min E_T`` at the minimiser of ``E^gamma_D``.

    ``E^gamma_D - min E_D + (1/I) sum Div(D_i, T) + max_k sqrt((v_k ln(m/v_k) + ln(2N/delta))/m) + sqrt((v ln(m/v) +
    ln(2/delta))/m)``.

    Parameters
    ----------
    least_risk : float
        ``min E_D``; the others as in `theorem1`.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    _read(m, dimension, diameter, gamma, delta, vc)
    half = math.log(2.0 / delta)
    cover = _complexity(m, vc, logarithm_of_cover(dimension, diameter, gamma) + half)
    paid = cover + _complexity(m, vc, half)
    value = robust_risk - least_risk + _mean(divergences) + paid
    return DomainBound(value, paid, _vacuous(m, dimension, diameter, gamma, cover))
