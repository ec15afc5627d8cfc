"""Whether a method keeps its word on multiples of the loss (``scales``), seen on least squares.

``½ c (x . w - y)²`` is the least squares of ``sqrt(c) x`` and ``sqrt(c) y``. So two runs must agree: with the factor c,
and without one on data that carry it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sco_flat import _registry
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.least_squares import LeastSquares
from sco_flat.samples import Examples
from sco_flat.settings import Settings

TOLERANCE = 1e-9
"""Largest relative difference of the two runs: far above rounding in a few steps, far below any effect of c."""


def gap(settings: Settings) -> float:
    """Largest difference of the last iterates of the two runs, relative to how far they went.

    Parameters
    ----------
    settings : Settings
        Of the method; the runs start at 0 and take all examples in every step.
    """
    inputs = np.array([[0.6, 0.8, 0.0], [0.0, -0.28, 0.96]])
    target = np.array([2.0, 1.0, 2.0]) / 3.0
    plain = Examples(inputs, inputs @ target, target, idle=1)
    carrying = Examples(inputs * (2 / 3) ** 0.5, plain.labels * (2 / 3) ** 0.5, target)
    loss = LeastSquares(n=2, steps=6, step_size=0.2, perturbation_radius=0.05, dimension=3)
    chosen = replace(settings, engine="dense", start="zero", batch_size=None, left_out=None, schedule="constant")
    with np.errstate(all="ignore"):
        one, other = (simulate(loss, sample, chosen, 0).last for sample in (plain, carrying))
    size = max(float(np.abs(one).max()), float(np.abs(other).max()))
    return float(np.abs(one - other).max()) / size if size > 0.0 else 0.0


def ask(settings: Settings) -> None:
    """Refuse a method from outside the package that says ``scales`` and does not.

    Raises
    ------
    InputError
        With the difference that was seen.
    """
    rule = settings.rule
    if _registry.origin("methods", settings.method) is None or rule.picks is not None or "oracle" in rule.reads:
        return  # the package's own are tested; picks and searches differ by more than rounding
    seen = gap(settings)
    if not seen <= TOLERANCE:
        raise InputError(
            "method", settings.method,
            f"says scales=True, but its run with the factor c differs from its run on the loss c f, by {seen:.2g}",
            "step_size carries c, gradient does not: where the step does not grow with the gradient, divide by "
            "work.stats[FACTOR]",
        )  # fmt: skip
