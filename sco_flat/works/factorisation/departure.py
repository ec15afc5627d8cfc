"""Runs of gradient descent beside a minimum: when they leave it, how fast, and where they settle."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import InputError
from sco_flat.instances.factorisation import Factorisation
from sco_flat.instances.factors import Minimiser, exactly, snapped
from sco_flat.requests import Request
from sco_flat.works.factorisation import common

NEAR, FAR = 1e-9, 1e-3
"""Where a run starts, and the distance at which it has left."""
LINEAR = (1e-8, 1e-5)
"""Distances between which the rate is read off."""
SETTLED = 1e-26
"""Loss, over |M|², of a run that is at a minimum."""
SIGNS = {"+": 1.0, "-": -1.0}


@dataclass(frozen=True)
class Escape:
    """One run from ``w* + 1e-9 v_1`` or from the other side.

    Attributes
    ----------
    simulation : Simulation
        The run.
    hit : int or None
        Steps to a distance beyond `FAR`.
    rate : float
        Growth of the distance in one step, between the distances of `LINEAR`; not a number where it is not passed.
    loss : float
        At the end.
    end : Minimiser or None
        The end, snapped to an exact minimum, where it is one.
    """

    simulation: Simulation
    hit: int | None
    rate: float
    loss: float
    end: Minimiser | None


def edge(loss: Factorisation) -> float:
    """c: the step size in units of ``2/lambda_max``."""
    return loss.step_size * loss.lambda_max(np.zeros(loss.dimension)) / 2.0


def predicted(c: float) -> int:
    """Steps from `NEAR` to `FAR` at the rate ``2c - 1``."""
    return math.ceil(math.log(FAR / NEAR) / math.log(2.0 * c - 1.0))


def run(request: Request, sign: float) -> Simulation:
    """Gradient descent from the side of v_1 that is asked for."""
    loss = common.factorisation(request.build())
    start = sign * NEAR * loss.steepest_direction(np.zeros(loss.dimension))
    return simulate(loss, request.sample(loss), replace(request.settings, start=start), request.seed)


def leave(request: Request, sign: float) -> Escape:
    """Run, and read off when and how fast it leaves and where it ends."""
    done = run(request, sign)
    loss = common.factorisation(done.instance)
    hit, passed = None, []
    if edge(loss) > 1.0:
        for t, w in done.iterates():
            size = float(np.linalg.norm(w))
            if LINEAR[0] < size < LINEAR[1]:
                passed.append(size)
            if size > FAR:
                hit = t - 1
                break
    rate = (passed[-1] / passed[0]) ** (1.0 / (len(passed) - 1)) if len(passed) > 1 else math.nan
    final = done.look(done.last).empirical_risk
    return Escape(done, hit, rate, final, settled(loss, done.last) if final <= SETTLED * size_of(loss) else None)


def size_of(loss: Factorisation) -> float:
    """``|M|²``."""
    return float(np.sum(loss.target**2))


def settled(loss: Factorisation, w: common.Vector) -> Minimiser | None:
    """The exact minimum beside a point; None where snapping refuses."""
    factors = [exactly(x) for x in loss.factors_at(w)]
    try:
        return snapped("end", loss.minimiser.target, factors, round_first=True)
    except InputError:
        return None
