"""Averages over windows of SA-GD's walk, in closed form against the run."""

from __future__ import annotations

from sco_flat.averages.swad import swad
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Statement, build
from sco_flat.works.exact import exactly
from sco_flat.works.flat_minima import lower
from sco_flat.works.walk import DEFAULTS, NEEDS, NEW, added_up, room, squared

PARTS = 12
"""Prefixes, suffixes and windows between that are looked at, of each about so many."""
LONGEST = 2000
"""Windows up to this end are also added up entry by entry."""


def expected(loss: Loss, first: int, last: int) -> float:
    """``¼ [q sqrt((a-1) + (N-1)(2N-1)/(6N)) - rho]_+²``."""
    bound = lower.theorem3_window(
        step_size=loss.step_size, perturbation_radius=loss.perturbation_radius, flatness_radius=loss.flatness_radius,
        first=first, last=last,
    )  # fmt: skip
    return bound.value


def windows(steps: int) -> list[tuple[int, int]]:
    """Prefixes, suffixes and windows between."""
    stride = max(steps // PARTS, 1)
    ends = [*range(1, steps, stride), steps]
    between = [(a, min(a + 2 * stride, steps)) for a in ends]
    return list(dict.fromkeys([*((1, b) for b in ends), *((a, steps) for a in ends), *between]))


def reached(simulation: Simulation, first: int, last: int) -> float:
    """F of the mean of these iterates, from a run; its upper end."""
    loss, sample = simulation.instance, simulation.layout.sample
    ran = simulate(loss, sample, simulation.settings, simulation.seed, (first, last))
    return float(ran.look(ran.average).population_risk[1])


def safest(loss: Loss) -> int:
    """The largest b for which the mean of ``w_1 .. w_b`` has no risk, by the formula; it does not fall with b."""
    low, high = 1, loss.steps
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if expected(loss, 1, middle) == 0.0 else (low, middle - 1)
    return low


def claims(request: Request) -> list[Claim]:
    """Named windows and others, and SWAD's own."""
    loss = build(request)
    ran = simulate(loss, request.sample(loss), request.settings, request.seed)
    steps, close = loss.steps, room(loss)
    chosen = windows(steps)
    off = sum(squared(a, b) != added_up(a, b) for a, b in chosen if b <= LONGEST)
    found = [exactly("windows with |mean|²/q² != (a-1) + (N-1)(2N-1)/(6N)", off, "==", 0, NEW, kind="dynamics")]
    half = steps // 2 + 1
    for title, (a, b) in {"w_T": (steps, steps), "the half suffix": (half, steps), "the mean": (1, steps)}.items():
        value = expected(loss, a, b)
        error, note = abs(reached(ran, a, b) - value), f"F of {title} is {value:.6g}"
        found.append(claim(f"F of {title} off the formula", "conclusion", error, "<=", close, NEW, note=note))
    worst = max(abs(reached(ran, a, b) - expected(loss, a, b)) for a, b in chosen)
    found.append(claim(f"F of {len(chosen)} windows off the formula", "conclusion", worst, "<=", close, NEW))
    last = safest(loss)
    name = f"F of the longest safe prefix, w_1 .. w_{last}"
    found.append(claim(name, "conclusion", reached(ran, 1, last), "==", 0.0, NEW))
    if last < steps:
        found.append(claim("F of the prefix longer by one", "conclusion", reached(ran, 1, last + 1), ">", 0.0, NEW))
    if steps >= 3:
        w, window = swad(ran, 1, lambda look: look.empirical_risk)
        name, end = "SWAD fed with F_S, which is 0, ends at", float(steps - 1)
        found.append(claim(f"{name} checkpoint T - 1", "conclusion", float(window.end or 0), "==", end, NEW))
        error = abs(ran.look(w).population_risk[1] - expected(loss, 1, steps))
        found.append(claim("its F off that of the full average", "conclusion", error, "<=", close, NEW))
    return found


STATEMENT = Statement(
    key="swad.theorem3",
    title="windows of SA-GD's walk",
    text="the mean of w_a .. w_b on SA-GD's walk has F = ¼ [q sqrt((a-1) + (N-1)(2N-1)/(6N)) - rho]_+²; early is safe",
    instance="sagd-blocks",
    method="sagd",
    defaults=DEFAULTS,
    claims=claims,
    needs=NEEDS,
    event="any",
)
