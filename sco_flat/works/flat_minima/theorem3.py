"""Theorem 3: every suffix average of SA-GD has large population risk."""

from __future__ import annotations

import numpy as np

from sco_flat import bounds
from sco_flat.errors import NotApplicable
from sco_flat.results import Claim, claim
from sco_flat.runs import Request, lower_bound
from sco_flat.works.flat_minima import lower
from sco_flat.works.flat_minima.common import Theorem, prepare

SOURCE = "Theorem 3"


def claims(request: Request) -> list[Claim]:
    """Check the walk ``w_t = -q sum_{s<t} e_{I,s}`` (paper's weights, adversarial oracle) and every suffix."""
    instance, simulation, found = prepare(request)
    event = simulation.layout.sample.event
    found.append(claim("event probability >= 1/2", "hypothesis", event.probability, ">=", 0.5, SOURCE))
    found.append(claim("an all-plus column exists", "hypothesis", float(len(event.columns)), ">=", 1.0, SOURCE))
    resolved = instance.resolved()
    q = instance.step_size * max(instance.perturbation_radius - instance.flatness_radius, 0.0)
    if resolved["bias"] == 1.0 and resolved["decay"] == 0.0 and simulation.settings.oracle == "adversarial":
        row = int(np.searchsorted(simulation.layout.rows, event.columns[0])) if event.columns else 0
        walk = np.full(instance.steps, -q)
        walk[-1] = 0.0
        block = simulation.last[row * instance.steps : (row + 1) * instance.steps]
        error = float(np.max(np.abs(block - walk)))
        found.append(claim("last iterate is -q on e_{I,1..T-1}", "dynamics", error, "<=", 1e-14 * q, SOURCE))
        others = simulation.last.copy()
        others[row * instance.steps : (row + 1) * instance.steps] = 0.0
        found.append(claim("no other coordinate moves", "dynamics", float(np.max(np.abs(others))), "==", 0.0, SOURCE))
    norm = float(np.sqrt(np.sum(simulation.last**2)))
    found.append(claim("|w_T| <= 1, no projection", "dynamics", norm, "<=", 1.0, SOURCE))
    found.append(
        claim("oracle value within 0 of the maximum", "dynamics", simulation.oracle_gap, "<=", 0.0, SOURCE)
        if simulation.oracle_gap <= 0.0
        else Claim(
            "oracle value within 0 of the maximum",
            "dynamics",
            "float",
            "undecided",
            simulation.oracle_gap,
            0.0,
            "<=",
            SOURCE,
            "a numerical maximiser: the gap is to an upper bound of the maximum",
        )
    )
    start, risk = simulation.lowest_suffix()
    bound = lower_bound(instance, simulation.settings, event)
    exact = isinstance(bound, bounds.Bound) and bound.name == "theorem3"
    what = "exact value at the full average" if exact else "(1/(2 sqrt 2) - 1/3)²/4 eta² (r - rho)² T"
    name = f"F of every suffix average (lowest at {start}) >= {what}"
    if isinstance(bound, NotApplicable):
        found.append(Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", SOURCE, str(bound)))
    elif bound is not None:
        found.append(claim(name, "conclusion", risk[0], ">=", bound.value, bound.source, slack=1e-11))
        rate = bounds.attempt(
            lower.theorem3_rate, step_size=instance.step_size, steps=instance.steps,
            perturbation_radius=instance.perturbation_radius, flatness_radius=instance.flatness_radius,
        )  # fmt: skip
        if isinstance(rate, bounds.Bound) and rate.name != bound.name:
            found.append(
                claim(
                    "F of every suffix average >= (1/(2 sqrt 2) - 1/3)²/4 eta² (r - rho)² T",
                    "conclusion",
                    risk[0],
                    ">=",
                    rate.value,
                    rate.source,
                )
            )
    return found


THEOREM = Theorem(
    number=3,
    statement="SA-GD: every suffix average has F of order eta² (r - rho)² T",
    instance="sagd-blocks",
    method="sagd",
    defaults={"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.02},
    claims=claims,
)
