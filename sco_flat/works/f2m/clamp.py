"""A clamp around the start keeps SA-GD's walk safe only where all of it lies in the flat ball.

Entry by entry the walk goes to -q; with every entry kept within b of its start it goes to -min(b, q) instead. An entry
that was taken is felt less than a fresh one, clamped or not, so the oracle takes the same entries, and ``w_T`` is
``-min(b, q)`` on T - 1 of them: ``F = ¼ [min(b, q) sqrt(T-1) - rho]_+²``, 0 iff ``min(b, q) sqrt(T-1) <= rho``.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build
from sco_flat.works.walk import DEFAULTS, NEEDS, NEW, push, room

SHARES = (0.0, 0.2, 0.25, 0.5, 1.0, 2.0)
"""b/q where no clamp is given."""
NEAR = 1e-9
"""How far from the threshold, relatively, clamps on both sides are tried."""


def expected(loss: Loss, b: float) -> float:
    """F of the last iterate in the box."""
    return 0.25 * max(min(b, push(loss)) * math.sqrt(loss.steps - 1) - loss.flatness_radius, 0.0) ** 2


def rounded(loss: Loss, b: float) -> float:
    """What the rounding of ``|w_T|``, of at most T units in its last place, leaves of F; 0 away from the threshold."""
    error = loss.steps * np.finfo(float).eps * loss.flatness_radius
    near = abs(min(b, push(loss)) * math.sqrt(loss.steps - 1) - loss.flatness_radius) <= error
    return float(0.25 * error**2) if near else 0.0


def clamped(request: Request, loss: Loss, b: float) -> Simulation:
    """The run in the box."""
    return simulate(loss, request.sample(loss), replace(request.settings, clamp=b), request.seed)


def claims(request: Request) -> list[Claim]:
    """Boxes of several sizes, and one on each side of the threshold."""
    loss = build(request)
    q, given = push(loss), request.settings.clamp
    found = []
    for b in [share * q for share in SHARES] if given is None else [given]:
        ran, value = clamped(request, loss, b), expected(loss, b)
        move = float(np.abs(ran.last).max())
        reached = ran.look(ran.last).population_risk[1]
        name = f"b = {b / q:g} q" if q else f"b = {b:g}"
        found.append(claim(f"{name}: max |w_T - w_1| <= b", "dynamics", move, "<=", b, NEW))
        left = rounded(loss, b)
        if value == 0.0 and left:
            note = "b is at the threshold, where the rounding of |w_T| is felt"
            found.append(claim(f"{name}: F of the last iterate", "conclusion", reached, "<=", left, NEW, note=note))
        elif value == 0.0:
            found.append(claim(f"{name}: F of the last iterate", "conclusion", reached, "==", 0.0, NEW))
        else:
            note, error = f"{name}: F = {value:.6g}", abs(reached - value)
            found.append(claim(f"{name}: F off the formula", "conclusion", error, "<=", room(loss), NEW, note=note))
    edge = loss.flatness_radius / math.sqrt(loss.steps - 1)
    if given is None and 0.0 < edge < q / (1.0 + NEAR):
        for b, relation, which in ((edge * (1.0 - NEAR), "==", "just below"), (edge * (1.0 + NEAR), ">", "just above")):
            ran = clamped(request, loss, b)
            reached = ran.look(ran.last).population_risk[1]
            name = f"b {which} rho/sqrt(T-1): F of the last iterate"
            found.append(claim(name, "conclusion", reached, relation, 0.0, NEW))  # type: ignore[arg-type]
    return found


STATEMENT = Statement(
    key="f2m.clamp",
    title="the clamp",
    text="SA-GD, steps of q, in a box of half-width b: the last iterate is safe iff min(b, q) sqrt(T-1) <= rho",
    instance="sagd-blocks",
    method="sagd",
    defaults=DEFAULTS,
    claims=claims,
    needs=NEEDS,
    event="any",
)
