"""Disturb the counterexamples of all works and measure what is left of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from sco_flat import instances, measures, oracles
from sco_flat.comparisons.falsify.changes import EPSILON, NOISE, Change, disturbances, of_size
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.oracles.base import Oracle
from sco_flat.patience import track
from sco_flat.requests import Request, request_from
from sco_flat.results import json_number
from sco_flat.samples import streams
from sco_flat.settings import Settings
from sco_flat.works.base import works
from sco_flat.works.counterexample import Counterexample, Edge

HALF = 0.5
"""What has to be left of it for a counterexample to survive."""
SAMPLES = 16
"""Samples over which the mean is taken where the event is left to chance."""
SEARCHED = 400
"""Seeds among which a sample with a given number of bad columns is looked for."""
SMALLEST, LARGEST, FINENESS = 1e-50, 1e-2, 1.2
"""Sizes between which the edge is looked for, and the factor down to which it is located."""


@dataclass(frozen=True)
class Cell:
    """What is left of a counterexample under one disturbance.

    Attributes
    ----------
    kind, level : str
        The disturbance.
    value : (float, float) or None
        The quantity, from below and from above.
    left : (float, float) or None
        The same over what it is without the disturbance.
    reason : str
        Why there is no value; empty where there is one.
    note : str
        What else was changed to run it, and what a mean is over.
    spread : (float, float) or None
        Of a mean: the least and the largest share that was left in a run.
    """

    kind: str
    level: str
    value: tuple[float, float] | None = None
    left: tuple[float, float] | None = None
    reason: str = ""
    note: str = ""
    spread: tuple[float, float] | None = None


@dataclass(frozen=True)
class Measured:
    """Where a counterexample is measured to lose half, beside what is predicted.

    Attributes
    ----------
    kind : str
        The disturbance.
    survives, dies : float or None
        The largest size that leaves half, and the least that does not; None beyond the sizes that are looked at.
    predicted : Edge or None
        By the work's formula.
    """

    kind: str
    survives: float | None
    dies: float | None
    predicted: Edge | None


@dataclass(frozen=True)
class Row:
    """One counterexample under all disturbances."""

    name: str
    statement: str
    instance: str
    method: str
    quantity: str
    numbers: dict[str, Any]
    value: tuple[float, float]
    cells: tuple[Cell, ...]
    edges: tuple[Measured, ...] = field(default=())

    def cell(self, kind: str, level: str) -> Cell:
        """Return the cell of a disturbance."""
        return next(c for c in self.cells if (c.kind, c.level) == (kind, level))

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        data: dict[str, Any] = json_number(asdict(self))
        return data


def chosen(instance: str | None = None) -> list[Counterexample]:
    """Return the counterexamples of all works, or those on one loss.

    Raises
    ------
    InputError
        For a loss that is not registered, or that no counterexample is on.
    """
    known = [example for work in works() for example in work.counterexamples()]
    if instance is None:
        return known
    wanted = instances.get(instance).name
    found = [example for example in known if example.instance == wanted]
    if not found:
        names = ", ".join(dict.fromkeys(example.instance for example in known))
        raise InputError("instance", instance, "no work names a counterexample on it", f"choose one of {names}")
    return found


def suite(examples: Sequence[Counterexample], seed: int = 0) -> list[Row]:
    """Disturb counterexamples.

    Parameters
    ----------
    examples : sequence of Counterexample
        Which.
    seed : int
        Root of all random streams.
    """
    return [disturbed(example, seed) for example in track(examples, len(examples), "counterexamples")]


@np.errstate(all="ignore")
def disturbed(example: Counterexample, seed: int = 0) -> Row:
    """Measure one counterexample as it is, and under every disturbance."""
    trial = _Trial(example, seed)
    cells = tuple(trial.cell(d.kind, d.level, d.make(trial.request)) for d in disturbances())
    edges = tuple(trial.edge(kind) for kind in (NOISE, EPSILON) if not isinstance(trial.changed(kind, 1.0), str))
    return Row(
        example.name, example.statement, example.instance, example.method, example.quantity,
        trial.loss.resolved() | {"seed": seed}, trial.base, cells, edges,
    )  # fmt: skip


class _Trial:
    """A counterexample with its undisturbed value."""

    def __init__(self, example: Counterexample, seed: int) -> None:
        self.example, self.seed = example, seed
        self.request: Request = request_from(example.instance, example.method, seed=seed, **example.numbers)
        self.settings: Settings = self.request.settings
        self.loss: Loss = self.request.build()
        self.sample = self.request.sample(self.loss)
        self.base = self.measure(Change(), self.sample, seed)

    def changed(self, kind: str, size: float) -> Change | str:
        """A disturbance that has sizes, or why there is none."""
        return of_size(kind, size)(self.request)

    def measure(self, change: Change, sample: Any, seed: int) -> tuple[float, float]:
        """Run with a change and take the quantity at the full average."""
        settings = replace(self.settings, **change.settings)
        first: Any = None if self.example.start is None else self.example.start(self.loss, sample)
        if change.noise:
            drawn = streams(seed, "start")["start"].standard_normal(self.loss.dimension)
            at = settings.start_vector(self.loss.dimension, np.random.default_rng(0)) if first is None else first
            first = at + change.noise * drawn
        if first is not None:
            settings = replace(settings, start=first)
        run = simulate(self.loss, sample, settings, seed)
        found = measures.get(self.example.quantity).evaluate(run.look(run.average))
        return _pair(np.broadcast_to(found, 2))

    def cell(self, kind: str, level: str, change: Change | str) -> Cell:
        """Measure what is left, or say why that cannot be."""
        if isinstance(change, str):
            return Cell(kind, level, reason=change)
        try:
            return self._filled(kind, level, change)
        except InputError as refusal:
            stand_in = self._stand_in(change)
            if stand_in is None:
                return Cell(kind, level, reason=str(refusal))
        try:
            return self._filled(kind, level, replace(change, settings={**change.settings, "oracle": stand_in.name}))
        except InputError as refusal:
            return Cell(kind, level, reason=str(refusal))

    def _stand_in(self, change: Change) -> Oracle | None:
        """The numerical oracle, where an exact one refuses a disturbance that is not about the oracle."""
        if self.settings.maximiser is None or "oracle" in change.settings:
            return None
        return next(o for o in map(oracles.get, oracles.names()) if not o.exact)

    def _filled(self, kind: str, level: str, change: Change) -> Cell:
        oracle = change.settings.get("oracle", self.settings.oracle)
        notes = [] if kind == "oracle" or oracle == self.settings.oracle else [f"with the oracle {oracle}"]
        seeds = [self.seed + k for k in range(SAMPLES if change.chance else change.draws)]
        samples = [self.sample] * len(seeds)
        if change.chance:
            samples = [self.loss.draw("free", seed) for seed in seeds]
            met = sum(_met(self.loss, sample) for sample in samples)
            notes.append(f"mean of {SAMPLES} samples, {met} of them with the event")
        elif change.draws > 1:
            notes.append(f"mean of {change.draws} draws of the batches")
        elif change.columns is not None:
            samples = [self._with_columns(change.columns)]
            if samples == [None]:
                reason = f"none of {SEARCHED} samples drawn by chance has {change.columns} bad columns"
                return Cell(kind, level, reason=reason)
        runs = zip(samples, seeds, strict=True)
        values = np.array([self.measure(change, sample, seed) for sample, seed in runs])
        if not np.isfinite(values).all():
            return Cell(kind, level, reason="the iterates leave what a double holds")
        shares = values / np.array(self.base)[::-1]
        value, left = _pair(values.mean(axis=0)), _pair(shares.mean(axis=0))
        spread = _pair((shares[:, 0].min(), shares[:, 1].max())) if len(seeds) > 1 else None
        return Cell(kind, level, value, left, note="; ".join(notes), spread=spread)

    def _with_columns(self, count: int) -> Any:
        """The first sample that has so many bad columns by chance and lacks nothing else; None if there is none."""
        drawn = (self.loss.draw("free", self.seed + k) for k in range(SEARCHED))
        return next((s for s in drawn if len(s.event.columns) == count and not s.event.flaw), None)

    def edge(self, kind: str) -> Measured:
        """Locate the size at which half is left, between `SMALLEST` and `LARGEST`, to a factor of `FINENESS`."""
        formula = self.example.edges.get(kind)
        predicted = None if formula is None else formula(self.loss, self.sample)
        low, high = SMALLEST, LARGEST
        if self._survives(kind, high):
            return Measured(kind, high, None, predicted)
        if not self._survives(kind, low):
            return Measured(kind, None, low, predicted)
        while high / low > FINENESS:
            middle = math.sqrt(low * high)
            low, high = (middle, high) if self._survives(kind, middle) else (low, middle)
        return Measured(kind, low, high, predicted)

    def _survives(self, kind: str, size: float) -> bool:
        found = self.cell(kind, f"{size:g}", self.changed(kind, size))
        return found.left is not None and found.left[0] >= HALF


def _pair(ends: Any) -> tuple[float, float]:
    low, high = (float(end) for end in ends)
    return low, high


def _met(loss: Loss, sample: Any) -> bool:
    count = len(sample.event.columns)
    return not sample.event.flaw and (count == 1 if loss.event == "one" else count >= 1)


def as_data(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the whole table as JSON-ready data."""
    return {
        "evidence": "float", "survives_with": HALF, "searched": [SMALLEST, LARGEST, FINENESS],
        "rows": [row.as_dict() for row in rows],
    }  # fmt: skip
