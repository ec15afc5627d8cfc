"""A remark after Theorem 2: the SAER of a smooth loss need not be smooth.

The paper's example is ``F_S(x) = x²`` with ``F_S^r(x) = (|x| + r)²``. On Huber's function, which is half of it near its
minimum, ``F_S^r(w* + h) = ½ ([r - rho]_+ + |h|)²``: convex, with a kink at w*. A beta'-smooth function has second
differences of at most ``beta' h²``; here they are ``h² + 2 (r - rho) |h|``, more than any ``beta' h²`` as h goes to 0.
"""

from __future__ import annotations

import numpy as np

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, Statement, hypothesis_claims, reads_only

SOURCE = "remark after Theorem 2"
SIZES = (2.0**-4, 2.0**-10, 2.0**-20)
ROUNDING = 1e-9
"""Of a second difference of values of order 1 at the smallest h, relative to ``2 r h``."""


def hypotheses(instance: Loss) -> tuple[Hypothesis, ...]:
    """``r > rho``, and the quadratic part reaches as far as it is looked at."""
    r, rho = instance.perturbation_radius, instance.flatness_radius
    knee = float(getattr(instance, "knee", np.inf))
    reach = r - rho + SIZES[0]
    return (
        Hypothesis("r > rho", "perturbation_radius", r, ">", rho, f"choose r above {rho:g}", "the remark"),
        Hypothesis("knee >= r - rho + 1/16", "knee", knee, ">=", reach, f"choose a knee of {reach:g}", "the remark"),
    )


def claims(request: Request) -> list[Claim]:
    """Second differences of F_S and of its SAER at w*, at falling h."""
    loss = request.build()
    found = hypothesis_claims(hypotheses(loss))
    layout = Layout(loss, request.sample(loss), np.zeros(0, dtype=np.int64))
    centre, radius = float((loss.flat_minimum() or {})["b"]), loss.perturbation_radius
    excess = max(radius - loss.flatness_radius, 0.0)

    def saer(h: float) -> float:
        return Look(layout, np.array([centre + h])).upper(radius)

    def risk(h: float) -> float:
        return Look(layout, np.array([centre + h])).empirical_risk

    for h in SIZES:
        bend = saer(h) - 2.0 * saer(0.0) + saer(-h)
        at = f"h = 2^{round(np.log2(h))}"
        exact, limit = 0.5 * (excess + h) ** 2, 2.0 * excess / h
        name = "F_S^r(w* + h) = (r - rho + h)²/2"
        found.append(claim(name, "conclusion", saer(h), "==", exact, SOURCE, slack=1e-14, note=at))
        name = "second difference of F_S^r / h² >= 2 (r - rho)/h"
        found.append(claim(name, "conclusion", bend / h**2, ">=", limit, SOURCE, slack=ROUNDING, note=at))
        name, smooth = "second difference of F_S / h² <= beta", (risk(h) - 2.0 * risk(0.0) + risk(-h)) / h**2
        found.append(claim(name, "conclusion", smooth, "<=", loss.smoothness, SOURCE, slack=ROUNDING, note=at))
    return found


STATEMENT = Statement(
    key="flat-minima.saer-not-smooth",
    title="Remark after Theorem 2",
    text="the SAER need not be smooth: ½ (|h| + r)² has a kink of 2r where ½ h² has none",
    instance="huber",
    method="gd",
    defaults={"steps": 1, "step_size": 0.25, "perturbation_radius": 0.5, "knee": 4.0},
    claims=claims,
    hypotheses=hypotheses,
    any_method=True,
    unread=reads_only(
        "perturbation_radius", "flatness_radius", reason="it looks at points of a loss without sample and runs nothing"
    ),
)
