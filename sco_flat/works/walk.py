"""SA-GD's walk in closed form, for works that average it or put it in a box.

``w_t`` is -q on ``e_{I,1} .. e_{I,t-1}`` and 0 elsewhere, ``q = eta (r - rho)``: `flat-minima.3` proves that of every
sample with an all-plus column I. So the mean of ``w_a .. w_b`` is -q on the first a - 1 entries and ``-q k/N`` on N - 1
more, k = N-1 .. 1, ``N = b - a + 1``. A fresh example feels column I with probability ½.
"""

from __future__ import annotations

from fractions import Fraction

from sco_flat.instances.base import Loss
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Need

NEW = "this package"
WALK = "of the walk that flat-minima.3 proves for every sample with an all-plus column"
NEEDS = (
    *AS_ANALYSED, FROM_ZERO,
    Need("equal_weights", "it speaks of the preset paper"),
    Need("oracle", "it speaks of the oracle adversarial, not of {value}", lambda oracle: oracle == "adversarial"),
)  # fmt: skip
DEFAULTS = {"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.2}
CLOSE = 1e-13
"""Room for a risk in floats, over rho² + q² T: the loss is the square of a difference of such sizes."""


def push(loss: Loss) -> float:
    """Q: how far one step goes."""
    return loss.step_size * max(loss.perturbation_radius - loss.flatness_radius, 0.0)


def room(loss: Loss) -> float:
    """Room for a risk in floats."""
    return CLOSE * (loss.flatness_radius**2 + push(loss) ** 2 * loss.steps)


def squared(first: int, last: int) -> Fraction:
    """``|mean of w_first .. w_last|² / q²``."""
    count = last - first + 1
    return first - 1 + Fraction((count - 1) * (2 * count - 1), 6 * count)


def added_up(first: int, last: int) -> Fraction:
    """The same, entry by entry."""
    count = last - first + 1
    return sum((Fraction(min(last - j, count), count) ** 2 for j in range(1, last)), Fraction(0))
