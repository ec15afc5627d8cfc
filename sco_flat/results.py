"""Frozen records that travel between the layers: claims, events, points and runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from sco_flat.errors import listed, unknown_name
from sco_flat.presentation import Shown, above, frame

Kind = Literal["hypothesis", "dynamics", "conclusion"]
Evidence = Literal["float", "bracket", "every sample", "symbolic"]
Verdict = Literal["proved", "holds", "fails", "undecided", "not applicable"]
Relation = Literal["<=", "<", ">=", ">", "=="]
Picture = Literal["iterates", "suffixes", "staircase", "minima"]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Claim:
    """One statement of a theorem, with what was measured and what it is held against.

    ``value relation bound`` is the inequality that was tested. ``evidence`` says how far the verdict
    reaches: a ``float`` claim *holds* or *fails* and is never *proved*. A proved one has rigorous ends of both sides
    in ``enclosure`` and ``bound_enclosure``, as decimals, since they may be far below the smallest float.
    """

    name: str
    kind: Kind
    evidence: Evidence
    verdict: Verdict
    value: float | None
    bound: float | None
    relation: Relation
    source: str
    note: str = ""
    enclosure: tuple[str, str] | None = None
    bound_enclosure: tuple[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the claim as JSON-ready data; enclosures only where there are any."""
        data = {k: json_number(v) for k, v in asdict(self).items()}
        return {k: v for k, v in data.items() if v is not None or not k.endswith("enclosure")}


BEYOND = "what is measured is beyond what a double holds"
"""Why a claim about overflowing numbers is undecided."""

_TESTS = {
    "<=": lambda value, bound: value <= bound,
    "<": lambda value, bound: value < bound,
    ">=": lambda value, bound: value >= bound,
    ">": lambda value, bound: value > bound,
    "==": lambda value, bound: value == bound,
}


def claim(
    name: str,
    kind: Kind,
    value: float,
    relation: Relation,
    bound: float,
    source: str,
    *,
    slack: float = 0.0,
    note: str = "",
) -> Claim:
    """Test ``value relation bound`` in floating point and record the outcome; undecided where a side overflowed.

    Parameters
    ----------
    slack : float
        Relative rounding allowance, in units of ``max(|value|, |bound|)``; for equalities and for bounds
        that theory attains exactly. Zero unless the rounding of the two sides is known.
    """
    if not (math.isfinite(value) and math.isfinite(bound)):
        return Claim(name, kind, "float", "undecided", value, bound, relation, source, note or BEYOND)
    room = slack * max(abs(value), abs(bound))
    if relation == "==":
        good = abs(value - bound) <= room
    elif relation in ("<=", "<"):
        good = _TESTS[relation](value - room, bound)
    else:
        good = _TESTS[relation](value + room, bound)
    return Claim(name, kind, "float", "holds" if good else "fails", value, bound, relation, source, note)


def overall(claims: tuple[Claim, ...] | list[Claim]) -> Verdict:
    """Join verdicts: one failure fails the whole, one open claim leaves it undecided."""
    verdicts = {c.verdict for c in claims} - {"not applicable"}
    for verdict in ("fails", "undecided", "holds"):
        if verdict in verdicts:
            return verdict
    return "proved" if verdicts else "undecided"


def judged(claims: tuple[Claim, ...] | list[Claim]) -> Verdict:
    """Join the claims of a statement; where it does not speak it is not applicable.

    It does not where a hypothesis fails, which refutes nothing, and where nothing of what it concludes applies.
    """
    if any(c.kind == "hypothesis" and c.verdict == "fails" for c in claims):
        return "not applicable"
    own = [c for c in claims if c.kind != "hypothesis"]
    ends = [c for c in own if c.kind == "conclusion"] or own
    silent = bool(ends) and all(c.verdict == "not applicable" for c in ends)
    found = overall(claims)
    return "not applicable" if silent and found != "fails" else found


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Join the verdicts on several ranges of numbers: the worst, and then what does not apply."""
    found = set(verdicts)
    order: tuple[Verdict, ...] = ("fails", "undecided", "not applicable", "holds", "proved")
    return next((verdict for verdict in order if verdict in found), "undecided")


@dataclass(frozen=True)
class Event:
    """What was asked of the sample, what it holds, and how likely that was.

    Attributes
    ----------
    kind : str
        ``any``, ``one`` or ``free``.
    columns : tuple of int
        The bad columns.
    probability : float
        Of what was asked.
    flaw : str
        Why the sample is not in the event of its loss although its bad columns would do; empty where it is.
    """

    kind: str
    columns: tuple[int, ...]
    probability: float
    flaw: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the event as JSON-ready data."""
        return {"kind": self.kind, "columns": list(self.columns), "probability": self.probability}


@dataclass(frozen=True)
class Point:
    """One output of a run (an iterate or an average) with everything that was measured at it.

    Attributes
    ----------
    values : dict
        By the name of the measure: a number, an interval (lower, upper), or None where it is not known. They are
        attributes, too: ``point.population_risk``.
    start : int or None
        First iterate of an average that chose its window itself.
    note : str
        How it chose it; among the notes of the run.
    """

    values: dict[str, Any]
    start: int | None = None
    note: str = ""

    def __getattr__(self, name: str) -> Any:
        if name != "values" and name in self.values:
            return self.values[name]
        raise AttributeError(f"a point has no {name!r}; it has {listed(self.__dict__.get('values', ()))}")

    def as_dict(self) -> dict[str, Any]:
        """Return the point as JSON-ready data; ``start`` only where it says something."""
        data = {k: json_number(v) for k, v in self.values.items()}
        return data if self.start is None else data | {"start": self.start}


class Points(dict[str, Point]):
    """The points of a run by name; one that is not there is refused with those that are."""

    def __missing__(self, name: str) -> Point:
        raise unknown_name("points", name, self)


@dataclass(frozen=True, repr=False)
class Run(Shown):
    """One method on one instance and one sample, with everything needed to recompute it.

    Printed it is the text of ``sco-flat run``; a notebook shows it as tables.

    Examples
    --------
    >>> import sco_flat
    >>> run = sco_flat.run("sam-chain", n=6, steps=64, step_size=1 / 6)
    >>> run
    <Run sam on sam-chain: n = 6, T = 64; full average F_S = 0, F = 0.0157947>
    >>> [row["point"] for row in run.table()]
    ['last', 'average', 'lowest_suffix']
    >>> list(run.iterates(most=3)["t"])
    [1, 32, 64]
    """

    presenter: ClassVar[str] = "run"

    instance: str
    method: str
    engine: str
    dimension: int
    parameters: dict[str, Any]
    event: Event
    points: dict[str, Point]
    claims: tuple[Claim, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    request: Any = field(default=None, compare=False)

    def iterates(self, most: int = 200) -> Any:
        """Run again and return both risks over t.

        Parameters
        ----------
        most : int
            Iterates that are looked at, evenly spread, the first and the last among them.

        Returns
        -------
        DataFrame, or dict of lists without pandas
            ``t``, ``empirical_risk``, ``population_risk_low``, ``population_risk``: one row an iterate.
        """
        return frame(above("comparisons.trajectory").along(self.request, most))

    def plot(self, kind: Picture | None = None, most: int = 200) -> Any:
        """Run again and draw it.

        Parameters
        ----------
        kind : {"iterates", "suffixes", "staircase", "minima"}, optional
            Both risks over t; the population risk of every suffix average over its first iterate, with the lower
            bounds that statements prove for all; the block of a bad column, over t; or the minima
            that the loss knows, beside the run and on the line between two of them. By default the minima where the
            loss knows two, such as ``flat-erm``, else the iterates.
        most : int
            Points of a curve, as in `iterates`.

        Returns
        -------
        matplotlib.figure.Figure
            Drawn; a notebook shows it, ``savefig`` writes it.

        Raises
        ------
        InputError
            For suffixes, blocks or minima that the loss or the sample does not have.
        """
        return above("comparisons.pictures").of_run(self.request, kind, most)

    def as_dict(self) -> dict[str, Any]:
        """Return the run as JSON-ready data."""
        return {
            "instance": self.instance,
            "method": self.method,
            "engine": self.engine,
            "dimension": self.dimension,
            "parameters": {k: json_number(v) for k, v in self.parameters.items()},
            "event": self.event.as_dict(),
            "points": {k: p.as_dict() for k, p in self.points.items()},
            "claims": [c.as_dict() for c in self.claims],
            "seconds": self.seconds,
            "notes": list(self.notes),
        }


def json_number(value: Any) -> Any:
    """Make a value JSON-safe: tuples become lists, NumPy scalars Python ones, non-finite floats strings."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return [json_number(v) for v in value]
    if isinstance(value, dict):
        return {k: json_number(v) for k, v in value.items()}
    return value
