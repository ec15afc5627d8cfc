"""Gradient descent leaves a minimum that is too sharp for its step size, however near it starts.

Along the top eigenvector v_1 a step multiplies the distance by ``1 - eta lambda_max = 1 - 2c`` with ``eta = c
2/lambda_max``: below c = 1 it shrinks, beyond it grows, at a rate that is known. Where it settles at all it settles at
a minimum with ``lambda_max <= 2/eta``, which is flatter; where no minimum is that flat it cannot settle.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sco_flat.instances.base import Loss
from sco_flat.instances.factorisation import Factorisation
from sco_flat.instances.factors import Minimiser
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, hypothesis_claims, reads_only
from sco_flat.works.factorisation import common
from sco_flat.works.factorisation.departure import NEAR, SIGNS, Escape, edge, leave, predicted, run

TITLE = "escape"
SOURCE = common.NEW


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


STATEMENT = common.at_a_minimum(
    instance="factorisation",
    key="factorisation.escape",
    title=TITLE,
    text="GD with eta > 2/lambda_max, started beside a minimum, ends at minima of the same M with lambda_max < 2/eta",
    defaults=common.DEFAULTS | {"steps": 4000, "edge": 1.1},
    claims=claims,
    hypotheses=hypotheses,
    proof=proof,
    unread=reads_only("steps", reason="edge sets its step size, in units of 2/lambda_max; it runs from w* + 1e-9 v_1")
    | {"measurements": "it is about the loss that sees every entry"},
)
