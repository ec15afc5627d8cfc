"""The paper's counterexamples as runs that can be disturbed, with what is known of their edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Loss
from sco_flat.samples import popcounts
from sco_flat.works.counterexample import DEVIATIONS, Counterexample, Edge


def flat_start(loss: Loss, sample: Any) -> NDArray[np.float64]:
    """``e_I``, I the first all-zero column; the first column where there is none."""
    start = np.zeros(loss.dimension)
    start[sample.event.columns[0] if sample.event.columns else 0] = 1.0
    return start


def first_slope(loss: Loss, sample: Any) -> float:
    """``|grad F_S(0)|``."""
    layout = Layout(loss, sample, np.arange(loss.m, dtype=np.int64))
    slope = Look(layout, np.zeros(layout.size)).gradient()
    return 0.0 if slope is None else float(np.linalg.norm(slope))


def chain_epsilon(loss: Loss, sample: Any) -> Edge:
    """Largest epsilon with which the first step still wakes the chain."""
    shares = popcounts(sample.codes) / sample.n
    room = 2.0 * loss.dimension / math.sqrt(1.0 + float(np.sum(shares**2))) - 1.0
    return Edge(first_slope(loss, sample) * room, "|g| (2d/sqrt(1 + sum p_i²) - 1)", "necessary")


def sharp_noise(loss: Loss, sample: Any) -> Edge:
    """Half is left of both signs: ``w > eta r/(1 - eta)`` falls further than one step, ``w < 0`` rests there.

    From a positive w up to it at least ``(1 - eta)²`` is left, from a negative one ``(1 - |w|/r)²``.
    """
    eta, r = loss.step_size, loss.perturbation_radius
    value = min(eta / (1.0 - eta), 1.0 - math.sqrt(0.5)) * r / DEVIATIONS
    return Edge(value, "min(eta/(1 - eta), .29) r/5", "safe")


def counterexamples() -> tuple[Counterexample, ...]:
    """In the order of the paper; SA-GD with its own weights and with the robust ones."""
    walk = {"n": 6, "steps": 32, "step_size": 0.25, "flatness_radius": 0.02}
    sharp = {"n": 6, "steps": 64, "step_size": 0.25, "perturbation_radius": 0.5, "flatness_radius": 0.5}
    return (
        Counterexample(
            "flat-erm", "flat-minima.1", "flat-erm", "sam",
            {"n": 6, "steps": 64, "step_size": 0.25, "perturbation_radius": 0.3, "flatness_radius": 0.2},
            start=flat_start,
        ),
        Counterexample("sagd-blocks paper", "flat-minima.3", "sagd-blocks", "sagd", walk),
        Counterexample("sagd-blocks robust", "flat-minima.3", "sagd-blocks", "sagd", walk | {"preset": "robust"}),
        Counterexample(
            "sam-sharp", "flat-minima.6", "sam-sharp", "sam", sharp, "saer", edges={"start noise": sharp_noise}
        ),
        Counterexample(
            "sam-chain", "flat-minima.7", "sam-chain", "sam", {"n": 6, "steps": 64, "step_size": 0.25},
            edges={"epsilon": chain_epsilon},
        ),
    )  # fmt: skip
