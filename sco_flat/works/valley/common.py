"""What the statements about SAM in the valley share: conditions, the recurrence beside the run, the bound."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sco_flat.bounds import Bound
from sco_flat.engines.layout import Vector
from sco_flat.engines.simulation import Simulation, simulate
from sco_flat.instances.base import Loss
from sco_flat.instances.sam_valley import SamValley
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.samples import Sample
from sco_flat.works.base import Hypothesis, Statement, build, facts_of, hypothesis_claims, require

LEAST_CHANCE = 0.18
LEAST_RISK = {"orthonormal": 1.0 / 80.0, "signs": 1.0 / 190.0}
CLOSE = 1e-9
"""How close a run in floating point is to the recurrence, relatively."""


def conditions(loss: Loss, source: str, *, lifted: bool) -> tuple[Hypothesis, ...]:
    """The conditions on the numbers of a loss, without the coordinate q or with it."""
    assert isinstance(loss, SamValley)
    found = [Hypothesis(c.name, c.key, c.value, c.relation, c.limit, c.mend, source) for c in loss.conditions()]
    found.append(own_size(loss.made_for, loss.n, source))
    rho, eighth = loss.flatness_radius, loss.perturbation_radius / 8.0
    if lifted:
        eta, gamma, mend = loss.step_size, loss.valley()["gamma"], f"the largest legal rho is {eighth:.12g}"
        found = [
            Hypothesis("rho > 0", "flatness_radius", rho, ">", 0.0, "choose a positive rho", source),
            Hypothesis("rho <= r/8", "flatness_radius", rho, "<=", eighth, mend, source),
            Hypothesis("gam = eta/8", "gamma", gamma, "==", eta / 8.0, "leave gamma out", source),
            *found,
        ]
    else:
        margin = loss.valley()["margin"]
        found += [
            Hypothesis("rho = 0", "flatness_radius", rho, "<=", 0.0, "valley.sam-flat is about rho > 0", source),
            Hypothesis(
                "margin <= r/8", "margin", margin, "<=", eighth, f"the largest legal margin is {eighth:.12g}", source
            ),
        ]
    if loss.signs:
        name, mend = "|<u_i, u_j>| <= 1/8", "the largest legal coherence is 1/8"
        found.append(Hypothesis(name, "coherence", loss.coherence, "<=", 0.125, mend, source))
    return tuple(found)


def own_size(design: int, n: int, source: str) -> Hypothesis:
    """The constants are those for the n of the sample: a design is never smaller."""
    return Hypothesis("design = n", "design", design, "<=", n, "leave design out", source)


def sample_claims(sample: Sample, source: str) -> list[Claim]:
    """Exactly one bad column, and n distinct examples."""
    apart = float(np.unique(sample.codes).size)
    return [
        claim("exactly one bad column", "hypothesis", float(len(sample.event.columns)), "==", 1.0, source),
        claim("distinct examples", "hypothesis", apart, "==", float(sample.n), source),
    ]


def bound(statement: Statement, loss: Loss) -> Bound:
    """``eta r² T/80``, or ``/190`` with codes of signs.

    Raises
    ------
    NotApplicable
        Outside the conditions.
    """
    assert isinstance(loss, SamValley)
    given = statement.hypotheses(loss)
    require(given, loss)
    value = LEAST_RISK[loss.codes] * loss.step_size * loss.perturbation_radius**2 * loss.steps
    return Bound(
        statement.key, value, "lower", "population_risk", "sharper", statement.title, tuple(c.name for c in given)
    )


@dataclass
class Recurrence:
    """``B`` and ``X`` (and q) of the recurrence, from w_2 on."""

    loss: SamValley

    def __post_init__(self) -> None:
        v = self.loss.valley()
        self.constants, self.b, self.x, self.q = v, 2.0 * v["tau"], 0.0, 0.0

    def step(self) -> None:
        """One step of SAM."""
        v, eta, r = self.constants, self.loss.step_size, self.loss.perturbation_radius
        length = math.hypot(1.0, v["lift"])
        inner = r / length - v["h"] - v["c"] * self.x
        thick = v["gamma"] * (self.b + v["lift"] * self.q - v["tau"] + r * length)
        self.q -= eta * v["lift"] * thick
        self.x += eta * v["c"] * (inner + self.b)
        self.b = eta * (thick + inner + self.b) - self.b


def bad_coordinates(simulation: Simulation, w: Vector) -> tuple[float, float]:
    """``|<u_I, b>|`` and ``<u_I, x>`` of a stored point, for the missed set I."""
    loss, rows = simulation.instance, simulation.layout.rows
    assert isinstance(loss, SamValley)
    column = simulation.layout.sample.event.columns[0]
    if loss.signs:
        code, size = loss.sets.signs()[column], loss.signs
        b, x = w[loss.points : loss.points + size], w[loss.points + size : loss.points + 2 * size]
        return abs(float(code @ b)), float(code @ x)
    place = np.searchsorted(rows, loss.points + column)
    beside = np.searchsorted(rows, loss.points + loss.columns + column)
    return abs(float(w[place])), float(w[beside])


def dynamics(simulation: Simulation, source: str) -> list[Claim]:
    """The run beside the recurrence, and what the proof concludes from it."""
    loss = simulation.instance
    assert isinstance(loss, SamValley)
    model, v = Recurrence(loss), loss.valley()
    error, least, largest, fallen, before = 0.0, math.inf, 0.0, 0.0, 0.0
    for t, w in simulation.iterates():
        if t == 1:
            continue
        b, x = bad_coordinates(simulation, w)
        zone = v["tau"] - v["lift"] * model.q
        error = max(error, abs(b / model.b - 1.0), abs(x - model.x) / max(model.x, v["tau"]))
        least, largest = min(least, b / zone), max(largest, b / v["h"])
        fallen, before = max(fallen, before - x), x
        model.step()
    norm = float(np.sqrt(np.sum(simulation.last**2)))
    return [
        claim("B and X against the recurrence, relative error", "dynamics", error, "<=", CLOSE, source),
        claim("B / (dead zone) of every step from w_2 on", "dynamics", least, ">", 1.0, source),
        claim("B / h of every step from w_2 on", "dynamics", largest, "<=", 1.0, source),
        claim("largest fall of X in a step", "dynamics", fallen, "<=", 0.0, source),
        claim("|w_T| <= 1, no projection", "dynamics", norm, "<=", 1.0, source),
    ]


def claims(request: Request, statement: Statement) -> list[Claim]:
    """Hypotheses, event, dynamics and the risk of every suffix on a run."""
    loss, source = build(request, statement), statement.title
    sample = request.sample(loss)
    simulation = simulate(loss, sample, request.settings, request.seed)
    event, found = sample.event, hypothesis_claims(statement.hypotheses(loss))
    chance = f"event probability, mean over the families >= {LEAST_CHANCE}"
    found.append(claim(chance, "hypothesis", event.probability, ">=", LEAST_CHANCE, source))
    found += sample_claims(sample, source)
    if len(event.columns) == 1:
        found += dynamics(simulation, source)
    start, risk = simulation.lowest_suffix()
    name = f"F of every suffix average (lowest at {start}) >= "
    known: Bound | str = statement.bound(loss, facts_of(simulation))
    if isinstance(known, str):
        name += "eta r² T/80"
        return [*found, Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", source, known)]
    assert isinstance(loss, SamValley)
    name += f"eta r² T/{1.0 / LEAST_RISK[loss.codes]:g}"
    return [*found, claim(name, "conclusion", risk[0], ">=", known.value, known.source)]
