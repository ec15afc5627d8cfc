"""Means over samples against bounds that hold in expectation: the sampling error of both sides decides.

A bound on ``E F`` that is evaluated at means over K samples is a number with an error, as the mean risk is, and the
two errors are correlated. The jackknife takes them together: risk and bound are computed once more without each sample
in turn. Of the difference this is the standard error of the paired differences where the bound is linear in what is
measured, and that of the delta method, to first order, elsewhere.

It decides on logarithms, since risks are skewed and their logarithms hardly. *Holds*: risk over bound is below 1 by its
95% interval, or every risk is 0. *Fails*: it is above 1 by more than what chance does once in a million times, and by
more than an outcome that none of the K samples showed could take away with that chance: ``log(10^6)/K``; or if the
risks that were drawn, however rare they are, cannot have a mean as small as the bound. Else it is *undecided*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, stdev

from sco_flat.bounds.base import Beyond, Bound
from sco_flat.results import BEYOND, Claim, Verdict

CHANCE = 1e-6
"""How often chance alone may make a true bound fail."""
ROUNDING = 1e-12
"""Relative room for the rounding of two sides that theory makes equal."""


def quantile(samples: int, chance: float) -> float:
    """How many standard errors a mean of so many samples is off, to one side, with that chance (Student's t)."""
    from scipy.special import stdtrit

    return -float(stdtrit(samples - 1, chance)) if samples > 1 else math.inf


def mean(values: Iterable[float]) -> float:
    """Mean; infinite where the sum is beyond a double."""
    try:
        return fmean(values)
    except OverflowError:
        return math.inf


def half_width(values: Sequence[float]) -> float:
    """Half the width of the 95% interval of a mean; infinite where it cannot be known."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.inf
    try:
        return quantile(len(values), 0.025) * stdev(values) / math.sqrt(len(values))
    except OverflowError:
        return math.inf


def root_mean_square(values: Sequence[float]) -> float:
    """``sqrt(mean of x²)``: what stands for D where a bound is concave in D² and D differs from sample to sample."""
    return math.sqrt(mean(x * x for x in values))


def hold(
    name: str, low: Sequence[float], high: Sequence[float], at: Callable[[Sequence[int]], Bound | str], source: str = ""
) -> Claim:
    """Hold a mean risk against an upper bound on its expectation.

    Parameters
    ----------
    name : str
        Of the claim.
    low, high : sequences of float
        Ends of the risk of every sample.
    at : callable
        From the indices of some samples to the bound at their means, or why there is none.
    source : str
        Where the bound comes from, if it is not what the bound says.
    """
    every = range(len(high))
    value, found = mean(high), at(every)
    if not isinstance(found, Bound):
        verdict: Verdict = "undecided" if isinstance(found, Beyond) else "not applicable"
        return Claim(name, "conclusion", "float", verdict, value, None, "<=", source, str(found))
    without = [[i for i in every if i != k] for k in every] if len(high) > 1 else []
    values = [b.value if isinstance(b := at(rest), Bound) else math.nan for rest in without]
    lows, highs = ([mean(ends[i] for i in rest) for rest in without] for ends in (low, high))
    verdict, note = _verdict((mean(low), value, found.value), (lows, highs, values), low)
    return Claim(name, "conclusion", "float", verdict, value, found.value, "<=", source or found.source, note)


def _verdict(
    whole: tuple[float, float, float], without: tuple[list[float], ...], drawn: Sequence[float]
) -> tuple[Verdict, str]:
    """Compare (low mean, high mean, bound), given the same without each sample and the low ends themselves."""
    low, high, bound = whole
    lows, highs, bounds = without
    if not all(map(math.isfinite, (*whole, *lows, *highs, *bounds))):
        return "undecided", BEYOND
    if high <= 0.0:
        return "holds", ""
    count = len(highs)
    gap, error = high - bound, _jackknife([x - b for x, b in zip(highs, bounds, strict=True)])
    if count > 1 and min(low, bound, *bounds) > 0.0:
        spread = _jackknife([math.log(b) for b in bounds])
        if math.log(_at_least(drawn) / bound) > quantile(count, CHANCE) * spread:
            return "fails", ""
    if count > 1 and min(low, bound, *lows, *bounds) > 0.0:
        apart, spread = _logarithms(low, bound, lows, bounds)
        if apart > max(quantile(count, CHANCE) * spread, -math.log(CHANCE) / count, ROUNDING):
            return "fails", ""
        apart, spread = _logarithms(high, bound, highs, bounds)
        if apart + (quantile(count, 0.025) * spread if spread else 0.0) <= ROUNDING:
            return "holds", ""
    elif count > 1 and gap + quantile(count, 0.025) * error <= 0.0:
        return "holds", ""
    known = f"{gap:.3g} ± {quantile(count, 0.025) * error:.2g} (95%)" if count > 1 else f"{gap:.3g}, its error unknown"
    return "undecided", f"risk less bound is {known}, within what {max(count, 1)} samples leave open; take more samples"


def _at_least(values: Sequence[float]) -> float:
    """What the mean of a law on [0, inf) is at least, but for `CHANCE`, if these were drawn from it.

    Its k-th largest value of K, times the lower limit of Clopper and Pearson on how often that is reached: the largest
    such product over k.
    """
    from scipy.special import betaincinv

    count = len(values)
    ranked = enumerate(sorted(values, reverse=True), 1)
    return max(x * float(betaincinv(k, count - k + 1, CHANCE / count)) for k, x in ranked)


def _logarithms(risk: float, bound: float, risks: list[float], bounds: list[float]) -> tuple[float, float]:
    """The logarithm of risk over bound, and its error."""
    return math.log(risk / bound), _jackknife([math.log(x / b) for x, b in zip(risks, bounds, strict=True)])


def _jackknife(values: list[float]) -> float:
    """Standard error of a function of means, from its values without each sample."""
    if len(values) < 2:
        return math.inf
    apart = [x - mean(values) for x in values]
    return math.sqrt((len(values) - 1) * mean(x * x for x in apart))
