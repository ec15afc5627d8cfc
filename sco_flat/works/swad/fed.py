"""SWAD on a run, fed with the training loss or with the population risk, beside what a theorem says of suffixes."""

from __future__ import annotations

from dataclasses import dataclass

from sco_flat.averages.options import RULE
from sco_flat.averages.swad import Validation, swad, trace, training, unseen
from sco_flat.averages.window import MODES, Window
from sco_flat.engines.simulation import Simulation
from sco_flat.results import Claim, Relation, claim
from sco_flat.works.base import Statement, facts_of

SOURCE = "this package (measured)"


FED: dict[str, Validation] = {"F_S": training, "F": unseen}
"""F_S is what a validation set sees none of whose examples feels the bad column."""


@dataclass(frozen=True)
class Outcome:
    """What SWAD makes of a run with a checkpoint at each step: checkpoint i is the iterate i + 1.

    Attributes
    ----------
    window : Window
        In checkpoints.
    risk : tuple of float
        The population risk of its mean, in an interval.
    """

    window: Window
    risk: tuple[float, float]


def outcomes(simulation: Simulation) -> dict[tuple[str, str], Outcome]:
    """What comes out for each loss that it is fed with, and each version of the rule."""
    found = {}
    for name, validation in FED.items():
        for mode in MODES:
            w, window = swad(simulation, 1, validation, mode=mode, **RULE)
            found[name, mode] = Outcome(window, simulation.look(w).population_risk)
    return found


def losses(simulation: Simulation, name: str) -> list[float]:
    """The trace that it is fed with."""
    return trace(simulation, 1, FED[name])


def beside(name: str, value: float, relation: Relation, simulation: Simulation, theorem: Statement) -> Claim:
    """Compare a risk with what a theorem says that every suffix average has at least."""
    known = theorem.bound(simulation.instance, facts_of(simulation))
    if isinstance(known, str):
        return Claim(name, "conclusion", "float", "not applicable", value, None, relation, SOURCE, known)
    note = f"the bound is {theorem.called}'s, of every suffix average"
    return claim(name, "conclusion", value, relation, known.value, SOURCE, note=note)
