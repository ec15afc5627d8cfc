"""The valleys as runs that can be disturbed, with what is known of their edges."""

from __future__ import annotations

import math
from typing import Any

from sco_flat.instances.base import Loss
from sco_flat.instances.sam_valley import SamValley
from sco_flat.instances.sam_valley_bits import SamValleyBits
from sco_flat.works.counterexample import DEVIATIONS, Counterexample, Edge


def valley_epsilon(loss: Loss, sample: Any) -> Edge:
    """Beyond it the second step leaves b inside its slab: SAM's first step is too short for ``b > tau``.

    The gradient at 0 is ``g = lam dl v`` with ``|v| = om``. Epsilon makes the first step ``1/(1 + epsilon/|g|)`` as
    long, and ``|b| = eta mu (residual of R_I)`` is above tau only while that is above ``1 - 1/(6n²)``.
    """
    assert isinstance(loss, SamValley)
    v, n = loss.valley(), loss.made_for
    slope = v["lam"] * v["dl"] * math.sqrt(1.0 + 1.0 / n)
    return Edge(slope / (6.0 * n * n - 1.0), "|g|/(6n² - 1)", "necessary")


def valley_noise(loss: Loss, sample: Any) -> Edge:
    """Where the noise in b leaves the slab, and turns SAM's direction."""
    assert isinstance(loss, SamValley)
    return Edge(loss.valley()["tau"] / math.sqrt(loss.signs or loss.columns), "tau/sqrt(d')", "estimate")


def bits_noise(loss: Loss, sample: Any) -> Edge:
    """Proved for every start with entries up to ``tau2/4``."""
    assert isinstance(loss, SamValleyBits)
    return Edge(loss.largest_noise() / DEVIATIONS, "tau2/20", "safe")


def bits_epsilon(loss: Loss, sample: Any) -> Edge:
    """Proved for every epsilon up to it."""
    assert isinstance(loss, SamValleyBits)
    return Edge(loss.largest_epsilon(), "eta gam tau2/100", "safe")


def counterexamples() -> tuple[Counterexample, ...]:
    """The four valleys of SAM, then that of SA-GD."""
    epochs = {"n": 6, "steps": 1024, "step_size": 0.16, "gamma": 0.5}
    bits = {"start noise": bits_noise, "epsilon": bits_epsilon}
    return (
        Counterexample(
            "sam-valley", "valley.sam", "sam-valley", "sam", {"n": 6, "steps": 160, "step_size": 0.12},
            edges={"start noise": valley_noise, "epsilon": valley_epsilon},
        ),
        Counterexample(
            "sam-valley-bits", "valley.sam-noise", "sam-valley-bits", "sam",
            {"n": 6, "steps": 160, "step_size": 0.12}, edges=bits,
        ),
        Counterexample("sam-valley-epochs", "valley.sam-batches", "sam-valley-epochs", "sam", epochs),
        Counterexample(
            "sam-valley-static", "", "sam-valley-static", "sam",
            {"n": 6, "steps": 512, "step_size": 0.25},
        ),
        Counterexample(
            "sagd-valley", "valley.sagd", "sagd-valley", "sagd", {"n": 6, "steps": 64, "step_size": 0.25},
        ),
    )  # fmt: skip
