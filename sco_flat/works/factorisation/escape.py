"""Gradient descent leaves a minimum that is too sharp for its step size, however near it starts.

Along the top eigenvector v_1 a step multiplies the distance by ``1 - eta lambda_max = 1 - 2c`` with ``eta = c
2/lambda_max``: below c = 1 it shrinks, beyond it grows, at a rate that is known. Where it settles at all it settles at
a minimum with ``lambda_max <= 2/eta``, which is flatter; where no minimum is that flat it cannot settle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.instances.factorisation import Factorisation
from sco_flat.instances.factors import Minimiser, exactly, snapped
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, Statement, hypothesis_claims, reads_only
from sco_flat.works.factorisation import common

TITLE = "escape"
SOURCE = common.NEW
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


def sharpness(loss: Factorisation, end: Minimiser) -> float:
    """lambda_max at a snapped end, in floats."""
    factors = [np.array([[float(x) for x in row] for row in w]) for w in end.factors]
    return loss.lambda_max(loss.point(factors))


def hypotheses(loss: Loss) -> tuple[Hypothesis, ...]:
    """Not at the edge itself, and enough steps to leave."""
    c = edge(common.factorisation(loss))
    found = [Hypothesis("|c - 1| >= 1/1000", "edge", abs(c - 1.0), ">=", 1e-3, "take c = 0.999 or 1.001", TITLE)]
    if c > 1.0:
        least = predicted(c) + 2
        name, mend = "T > ln 1e6 / ln(2c - 1)", f"the smallest legal T is {least}"
        found.append(Hypothesis(name, "steps", loss.steps, ">=", least, mend, TITLE))
    return tuple(found)


def claims(request: Request) -> list[Claim]:
    """Both sides of the minimum."""
    loss, found = common.at_minimum(request, STATEMENT)
    found += hypothesis_claims(hypotheses(loss))
    for name, sign in SIGNS.items():
        if edge(loss) < 1.0:
            size = float(np.linalg.norm(run(request, sign).last))
            found.append(claim(f"returns from {name}v_1: |w_T - w*|", "conclusion", size, "<", NEAR, SOURCE))
        else:
            found += _left(loss, leave(request, sign), name)
    return found


def _left(loss: Factorisation, ran: Escape, name: str) -> list[Claim]:
    """Rate and hitting time of a run that leaves, and what is concluded: where it ends."""
    c, stable = edge(loss), 2.0 / loss.step_size
    steps, value = predicted(c), loss.lambda_max(np.zeros(loss.dimension))
    off = math.inf if ran.hit is None else abs(ran.hit - steps)
    late = f"{ran.hit} steps; ln 1e6 / ln(2c - 1), rounded up, is {steps}"
    found = [
        claim(f"growth in a step along {name}v_1 = 2c - 1", "dynamics", ran.rate, "==", 2 * c - 1, SOURCE, slack=1e-3),
        claim(f"steps from {name}v_1 to 1e-3, off the formula", "dynamics", off, "<=", 1.0, SOURCE, note=late),
    ]
    ends = (f"end from {name}v_1: lambda_max < 2/eta", f"end from {name}v_1: lambda_max < that of the start")
    if ran.end is None:
        rest = "it ends at no minimum" if math.isfinite(ran.loss) else "it diverges"
        flattest = f"no minimum is stable, since 2 L s^(2-2/L) > 2/eta, and {rest}"
        why = flattest if loss.floor() > stable else "the run has not settled: take more steps"
        verdict: Any = "not applicable" if loss.floor() > stable else "undecided"
        note = f"{why}; its loss is {ran.loss:.3g}"
        return found + [
            Claim(name, "conclusion", "float", verdict, None, bound, "<", SOURCE, note)
            for name, bound in zip(ends, (stable, value), strict=True)
        ]
    last = sharpness(loss, ran.end)
    note = f"snapped to an exact minimum, which moved it by {ran.end.move:.1g} of its length; loss {ran.loss:.1g}"
    return [
        *found,
        claim(ends[0], "conclusion", last, "<", stable, SOURCE, note=note),
        claim(ends[1], "conclusion", last, "<", value, SOURCE),
    ]


def proof() -> Any:
    """The ends certified, and their re-check."""
    from sco_flat.works.factorisation.proofs.escape import ESCAPE

    return ESCAPE


STATEMENT = Statement(
    key="factorisation.escape",
    title=TITLE,
    text="GD with eta > 2/lambda_max, started beside a minimum, ends at minima of the same M with lambda_max < 2/eta",
    instance="factorisation",
    method="gd",
    defaults=common.DEFAULTS | {"steps": 4000, "edge": 1.1},
    claims=claims,
    hypotheses=hypotheses,
    proof=proof,
    any_method=True,
    unread=reads_only("steps", reason="edge sets its step size, in units of 2/lambda_max; it runs from w* + 1e-9 v_1")
    | {"measurements": "it is about the loss that sees every entry"},
)
