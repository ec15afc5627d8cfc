"""The corollaries of Theorems 2, 4, 5 and 8: the upper bounds at ``eta`` of order ``1/beta``, ``r - rho = c/sqrt T``.

With these numbers ``D²/(eta T) + 4 beta [r - rho]_+²`` is ``4 (D² + c²) beta/T``. With ``T = n`` and ``theta = eta
beta`` the bound on the population risk, ``4 F_S + 3 beta eps`` with ``eps = 24 eta beta r² T + 96 beta eta T D²/n² +
768 beta² eta² T² [r - rho]_+²/n²``, is ``A beta/n + 72 theta beta r² n`` with ``A = (4/theta + 288 theta) D² + (16 +
2304 theta²) c²``: 88 D² + 160 c² and 18 at ``theta = 1/4``. The constants are the printed ones.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sco_flat.bounds.base import Beyond, Bound, valued
from sco_flat.bounds.expectation import root_mean_square
from sco_flat.engines import memory
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.settings import Settings
from sco_flat.works.base import Hypothesis, build, hypothesis_claims, numbers_of
from sco_flat.works.flat_minima.common import mean_risk

EQUAL = 1e-12
"""Rounding of two ways to write one bound."""


def _pair(left: str, key: str, value: float, limit: float, legal: str) -> tuple[Hypothesis, ...]:
    """An equality between two numbers, as two conditions."""
    name, right = left.split(" = ")
    return tuple(
        Hypothesis(f"{name} {relation} {right}", key, value, relation, limit, legal, "the corollary")
        for relation in ("<=", ">=")
    )


def step_of(loss: Loss) -> tuple[Hypothesis, ...]:
    """``eta = 1/(4 beta)``."""
    step = 1.0 / (4.0 * loss.smoothness)
    return _pair("eta = 1/(4 beta)", "step_size", loss.step_size, step, f"choose eta = {step:.12g}")


def step_and_size_of(loss: Loss) -> tuple[Hypothesis, ...]:
    """``eta <= 1/(4 beta)`` and ``T = n``."""
    return (step_of(loss)[0], *_pair("T = n", "steps", loss.steps, loss.n, f"choose T = {loss.n}"))


def _scaled(request: Request, steps: int) -> Request:
    """The request at another T, with ``(r - rho) sqrt T`` kept."""
    loss = request.build()
    rho = loss.flatness_radius
    radius = rho + (loss.perturbation_radius - rho) * math.sqrt(loss.steps / steps)
    return replace(request, steps=steps, perturbation_radius=radius)


def _excess(simulation: Simulation) -> float:
    """``c = [r - rho]_+ sqrt T``."""
    loss = simulation.instance
    return max(loss.perturbation_radius - loss.flatness_radius, 0.0) * math.sqrt(loss.steps)


def _value(printed: Callable[..., Bound], numbers: dict[str, Any]) -> float:
    """The bound; not a number where a double does not hold it."""
    return math.nan if isinstance(valued(printed, **numbers), Beyond) else printed(**numbers).value


def _bytes(loss: Loss, settings: Settings, **larger: int) -> float:
    """Memory of the largest run; none of one that its numbers do not allow, which says so itself."""
    try:
        return memory.run_bytes(replace(loss, **larger), settings)
    except InputError:
        return 0.0


def optimisation(
    request: Request, printed: Callable[..., Bound], quantity: str, measure: Callable[[Simulation], float]
) -> list[Claim]:
    """``T`` times the risk at T, 4T and 16T against one constant."""
    first = request.build()
    found = hypothesis_claims(step_of(first))
    memory.ask(first, request.settings, lambda loss: _bytes(loss, request.settings, steps=16 * loss.steps))
    for steps in (request.steps, 4 * request.steps, 16 * request.steps):
        one = _scaled(request, steps)
        loss = build(one)
        simulation = simulate(loss, one.sample(loss), one.settings, one.seed)
        numbers = numbers_of(simulation)
        constant = 4.0 * (numbers["distance"] * numbers["distance"] + _excess(simulation) ** 2)
        unit = loss.smoothness / steps
        name, at, reached = f"{quantity} T/beta <= 4 (D² + c²)", f"T = {steps}", measure(simulation) / unit
        found.append(claim(name, "conclusion", reached, "<=", constant, "corollary", note=at))
        name, value = "4 (D² + c²) beta/T = the paper's bound", _value(printed, numbers)
        found.append(claim(name, "conclusion", constant * unit, "==", value, "corollary", slack=EQUAL, note=at))
    return found


def corollary(
    *, step_size: float, steps: int, smoothness: float, perturbation_radius: float, flatness_radius: float,
    distance: float, n: int,
) -> Bound:  # fmt: skip
    """``A beta/n + 72 theta beta r² n``, at ``T = n``."""
    theta, delta = step_size * smoothness, max(perturbation_radius - flatness_radius, 0.0)
    constant = (4.0 / theta + 288.0 * theta) * distance * distance + (16.0 + 2304.0 * theta**2) * delta * delta * steps
    value = constant * smoothness / n + 72.0 * theta * smoothness * perturbation_radius**2 * n
    return Bound("corollary", value, "upper", "population_risk", "paper", "corollary", ())


def population(request: Request, printed: Callable[..., Bound]) -> list[Claim]:
    """The mean risk over samples at ``T = n`` and ``T = n = 2 n_0`` against the corollary's two terms."""
    first = request.build()
    found, both = hypothesis_claims(step_and_size_of(first)), (corollary, printed)
    memory.ask(first, request.settings, lambda loss: _bytes(loss, request.settings, n=2 * loss.n, steps=2 * loss.n))
    for size in (request.n, 2 * request.n):
        means, at = mean_risk(replace(_scaled(request, size), n=size)), f"n = {size}"
        made = means.hold("A beta/n + 72 theta beta r² n", functools.partial(valued, corollary))
        found.append(replace(made, note=f"{at}: {made.note}" if made.note else at))
        numbers = means.numbers | {"distance": root_mean_square(means.distances)}
        name, ends = "A beta/n + 72 theta beta r² n = the paper's bound", [_value(f, numbers) for f in both]
        found.append(claim(name, "conclusion", ends[0], "==", ends[1], "corollary", slack=EQUAL, note=at))
    return found
