"""Theorem 7: every suffix average of SAM has large population risk; both lemmas of its proof, item by item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sco_flat import bounds
from sco_flat.engines.layout import Look, Vector
from sco_flat.engines.simulation import Simulation
from sco_flat.errors import NotApplicable
from sco_flat.instances.base import Loss
from sco_flat.instances.sam_chain import SamChain
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.traits import AS_ANALYSED, FROM_ZERO, Facts, Need
from sco_flat.works.base import Hypothesis, Statement, facts_of
from sco_flat.works.flat_minima import conditions, lower
from sco_flat.works.flat_minima.common import prepare

FIRST = "Theorem 7, first-update lemma"
CHAIN = "Theorem 7, chain lemma"
PRINTED = (
    "the proof of the first-update lemma multiplies v and v_S entry by entry where an inner product stands; the true "
    "first step is longer by about sqrt(m)/2, other blocks wake up, and the population risk collapses"
)


def claims(request: Request) -> list[Claim]:
    """Every item of the two lemmas on the run at hand, then the conclusion for every suffix."""
    instance, simulation, found = prepare(request)
    assert isinstance(instance, SamChain)
    event = simulation.layout.sample.event
    found.append(claim("event probability >= 1/3", "hypothesis", event.probability, ">=", 1.0 / 3.0, "Theorem 7"))
    found.append(claim("exactly one all-zero column", "hypothesis", float(len(event.columns)), "==", 1.0, "Theorem 7"))
    if len(event.columns) == 1:
        found += _dynamics(instance, simulation)
    start, risk = simulation.lowest_suffix()
    facts = facts_of(simulation)
    for function, what in _conclusions(facts):
        name = f"F of every suffix average (lowest at {start}) >= {what}"
        bound = STATEMENT.objection(instance, facts) or bounds.attempt(function, **_numbers(instance))
        if isinstance(bound, bounds.Bound):
            found.append(claim(name, "conclusion", risk[0], ">=", bound.value, bound.source))
        else:
            found.append(Claim(name, "conclusion", "float", "not applicable", risk[0], None, ">=", "", str(bound)))
    return found


CONSTANTS = ("corrected", "printed")
OWN_CONSTANTS = Need(
    "constants", "it is about the printed and the corrected constants, not about {value} ones",
    lambda value: value in CONSTANTS,
)  # fmt: skip


def _conclusions(facts: Facts) -> list[tuple[Any, str]]:
    """What is claimed of every suffix: for the printed constants what their own lemmas give."""
    if facts["constants"] == "printed":
        return [(lower.theorem7_printed_lemma, "eta² r² T/128, as the printed lemmas give")]
    return [(lower.theorem7, "the corrected bound"), (lower.theorem7_rate, "eta² r² T/40")]


def _numbers(instance: Loss) -> dict[str, Any]:
    return {
        "step_size": instance.step_size, "steps": instance.steps,
        "perturbation_radius": instance.perturbation_radius, "n": instance.n, "width": instance.m,
    }  # fmt: skip


def hypotheses(instance: Loss) -> tuple[Hypothesis, ...]:
    """The conditions on n, T, eta, r, rho and the law of z."""
    assert isinstance(instance, SamChain)
    return conditions.theorem7(
        n=instance.n,
        steps=instance.steps,
        step_size=instance.step_size,
        perturbation_radius=instance.perturbation_radius,
        flatness_radius=instance.flatness_radius,
        density=instance.density,
        dimension=instance.dimension,
    )


def lower_bound(instance: Loss, facts: Facts) -> bounds.Bound:
    """The corrected bound.

    Raises
    ------
    NotApplicable
        For other constants than the corrected ones.
    """
    if facts["constants"] != "corrected":
        raise NotApplicable(
            "parameters", facts["constants"], "the bound is proved for the corrected constants",
            "leave it out, or see check 7 --parameters printed",
        )  # fmt: skip
    return lower.theorem7(**_numbers(instance))


def _split(simulation: Simulation, w: Vector) -> tuple[Vector, Vector, float]:
    """Return block I, the first coordinates of the other stored blocks, and the largest later entry of those."""
    instance, rows = simulation.instance, simulation.layout.rows
    blocks = w[: rows.size * instance.length].reshape(rows.size, instance.length)
    place = int(np.searchsorted(rows, simulation.layout.sample.event.columns[0]))
    others = np.delete(blocks, place, axis=0)
    return blocks[place], others[:, 0], float(np.max(np.abs(others[:, 1:]), initial=0.0))


def _sleeping(simulation: Simulation, w: Vector) -> Vector:
    """First coordinates of the blocks that are stored as one number."""
    instance, rows = simulation.instance, simulation.layout.rows
    return np.zeros(0) if simulation.layout.full else np.delete(w[rows.size * instance.length : -1], rows)


def _dynamics(instance: SamChain, simulation: Simulation) -> list[Claim]:
    found: list[Claim] = []
    worst = _Worst(instance)
    asleep = np.zeros(0)
    for t, w in simulation.iterates():
        if t == 2:
            asleep = _sleeping(simulation, w).copy()
            found += _first_update(instance, simulation, w.copy())
            worst.begin(*_split(simulation, w)[:2], float(np.sum(asleep**2)))
        elif t > 2:
            worst.look(t, *_split(simulation, w))
            if simulation.settled > 2 or t == instance.steps:  # else the kernels wrote none of them since w_2
                drift = np.max(np.abs(_sleeping(simulation, w) - asleep), initial=0.0)
                worst.moved = max(worst.moved, float(drift))
    return found + worst.claims()


def _first_update(instance: SamChain, simulation: Simulation, w: Vector) -> list[Claim]:
    """Items 1 to 6 of the first-update lemma, at w_2."""
    c, d = instance.chain(), float(instance.dimension)
    block, firsts, later = _split(simulation, w)
    firsts = np.append(firsts, _sleeping(simulation, w))
    look = Look(simulation.layout, w)
    coupling = float(np.max(look.example_norms())) + c["delta_1"]
    rest = float(np.max(np.abs(block[2:]), initial=0.0))

    def item(number: str, value: float, relation: str, bound: float) -> Claim:
        return claim(f"first-update item {number}", "dynamics", value, relation, bound, FIRST)  # type: ignore[arg-type]

    second = item("2", float(firsts.min(initial=np.inf)), ">", -c["lam"])
    if second.verdict == "fails" and instance.parameters == "printed":
        second = replace(second, note=PRINTED)
    return [
        item("1", coupling, "<=", 0.0),
        second,
        item("2 (upper side)", float(firsts.max(initial=-np.inf)), "<", 0.0),
        item("3", later, "==", 0.0),
        item("4", rest, "==", 0.0),
        item("5", float(block[0]), "<=", 1.0 / d),
        item("5 (lower side)", float(block[0]), ">=", 0.0),
        item("6", float(block[1]), ">=", -1.0 / d),
        item("6 (upper side)", float(block[1]), "<", 0.0),
    ]


class _Worst:
    """The worst values over t of the chain lemma's items."""

    def __init__(self, instance: SamChain) -> None:
        self.reach = instance.step_size * instance.perturbation_radius
        self.deltas = instance.weights()
        self.second_low = self.second_high = 0.0
        self.before = self.ahead = -np.inf
        self.step = np.inf
        self.behind = 0.0
        self.tip = [np.inf, -np.inf]
        self.previous = [np.inf, -np.inf]
        self.others = self.moved = self.norm = 0.0

    def begin(self, block: Vector, firsts: Vector, asleep: float) -> None:
        """Keep w_2: sigma and the first coordinates, which must not change any more."""
        self.sigma = abs(float(block[1]))
        self.asleep = asleep
        self.first = float(block[0])
        self.firsts = firsts.copy()
        self.second_low = self.second_high = float(block[1])

    def look(self, t: int, block: Vector, firsts: Vector, later: float) -> None:
        """Take in w_t, t >= 3."""
        self.others = max(self.others, later)
        self.moved = max(
            self.moved, float(np.max(np.abs(firsts - self.firsts), initial=0.0)), abs(block[0] - self.first)
        )
        self.norm = max(self.norm, float(np.sqrt(np.sum(block**2) + np.sum(firsts**2) + self.asleep)))
        if t < 4:
            return
        self.second_low = min(self.second_low, float(block[1]))
        self.second_high = max(self.second_high, float(block[1]))
        slack = block[2:] - self.deltas[2:-1] * block[1:-1]  # place i - 2 holds u(i+1) - delta u(i)
        self.before = max(self.before, float(np.max(slack[: t - 2], initial=-np.inf)))
        if t - 2 < slack.size:
            self.step = min(self.step, float(slack[t - 2]))
            self.behind = max(self.behind, float(np.max(np.abs(slack[t - 1 :]), initial=0.0)))
        for kept, value in ((self.tip, float(block[t - 1])), (self.previous, float(block[t - 2]))):
            kept[0], kept[1] = min(kept[0], value), max(kept[1], value)

    def claims(self) -> list[Claim]:
        """The items, worst over t = 4..T, and what the proof concludes from them."""

        def item(name: str, value: float, relation: str, bound: float) -> Claim:
            return claim(name, "dynamics", value, relation, bound, CHAIN)  # type: ignore[arg-type]

        return [
            item("chain item 1", self.second_low, ">=", -self.sigma),
            item("chain item 1 (upper side)", self.second_high, "<=", 0.0),
            item("chain item 2, 2 <= i < t", self.before, "<=", 0.0),
            item("chain item 2, i = t", self.step, ">", 0.0),
            item("chain item 2, i > t", self.behind, "==", 0.0),
            item("chain item 3", self.tip[0], ">=", -2.0 * self.reach),
            item("chain item 3 (upper side)", self.tip[1], "<=", -self.reach),
            item("chain item 4", self.previous[0], ">=", -2.0 * self.reach),
            item("chain item 4 (upper side)", self.previous[1], "<=", -0.5 * self.reach),
            item("other blocks stay asleep", self.others, "==", 0.0),
            item("first coordinates stay as in w_2", self.moved, "==", 0.0),
            item("|w_t| <= 1, no projection", self.norm, "<=", 1.0),
        ]


def proof() -> Any:
    """The proof in balls and fractions, and its re-check."""
    from sco_flat.works.flat_minima.proofs.theorem7 import PROVABLE

    return PROVABLE


STATEMENT = Statement(
    key="flat-minima.7",
    title="Theorem 7",
    text="SAM: every suffix average has F of order eta² r² T",
    instance="sam-chain",
    method="sam",
    defaults={"n": 6, "steps": 64, "step_size": 1.0 / 6.0},
    claims=claims,
    proof=proof,
    hypotheses=hypotheses,
    needs=(*AS_ANALYSED, FROM_ZERO, OWN_CONSTANTS),
    event="one",
    home=True,
    lower=lower_bound,
)
