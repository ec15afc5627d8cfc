"""Means over samples against bounds that hold in expectation: the sampling error of both sides decides.

A bound on ``E F`` that is evaluated at means over K samples is a number with an error, as the mean risk is, and the
two errors are correlated. The jackknife takes them together: the difference is computed once more without each sample
in turn. Where the bound is linear in what is measured this is the standard error of the paired differences.

*Holds*: the difference is below zero by its 95% interval. *Fails*: the logarithms of the two sides are apart by more
than what chance does once in a million times (risks are skewed, their logarithms hardly), and by more than an outcome
that none of the K samples showed could add with that chance: ``log(10^6)/K``. Between the two it is *undecided*.
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
    verdict, note = _verdict((mean(low), value, found.value), (lows, highs, values))
    return Claim(name, "conclusion", "float", verdict, value, found.value, "<=", source or found.source, note)


def _verdict(whole: tuple[float, float, float], without: tuple[list[float], ...]) -> tuple[Verdict, str]:
    """Compare (low mean, high mean, bound), given the same without each sample."""
    low, high, bound = whole
    lows, highs, bounds = without
    if not all(map(math.isfinite, (*whole, *lows, *highs, *bounds))):
        return "undecided", BEYOND
    count = len(highs)
    gap, error = high - bound, _jackknife([x - b for x, b in zip(highs, bounds, strict=True)])
    spread = quantile(count, 0.025) * error if error else 0.0
    if count > 1 and gap + spread <= ROUNDING * max(high, bound):
        return "holds", ""
    if count > 1 and min(low, bound, *lows, *bounds) > 0.0:
        apart = math.log(low / bound)
        error = _jackknife([math.log(x / b) for x, b in zip(lows, bounds, strict=True)])
        if apart > max(quantile(count, CHANCE) * error, -math.log(CHANCE) / count, ROUNDING):
            return "fails", ""
    known = f"{gap:.3g} ± {spread:.2g} (95%)" if count > 1 else f"{gap:.3g}, of an unknown error"
    return "undecided", f"risk less bound is {known}, within what {count or 1} samples leave open; take more samples"


def _jackknife(values: list[float]) -> float:
    """Standard error of a function of means, from its values without each sample."""
    if len(values) < 2:
        return math.inf
    apart = [x - mean(values) for x in values]
    return math.sqrt((len(values) - 1) * mean(x * x for x in apart))
