"""What a statement hands to the prover and to the re-check."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context
from fractions import Fraction
from typing import Any, Protocol

from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import Question, Side
from sco_flat.results import Claim, Kind, Relation
from sco_flat.samples import Sample, draw, streams


@dataclass(frozen=True)
class Rechecked:
    """One claim as it must stand in a certificate, evaluated once more.

    Attributes
    ----------
    needed : bool
        Whether the statement rests on it: a certificate that says ``proved`` has it, proved.
    side : {"both", "low", "high"}
        Which ends of ``value`` are known of the quantity itself.
    skips : bool
        Whether it may be not applicable.
    since : int
        Format of certificates from which on it is written; of an older one the re-check confirms it unasked.
    once : {"hypothesis", "dynamics", "conclusion"}, optional
        The kind that formats 1 to 3 give it, if it is another one.
    """

    name: str
    kind: Kind
    value: Interval
    relation: Relation
    bound: Interval
    needed: bool = True
    side: Side = "both"
    skips: bool = False
    since: int = 1
    once: Kind | None = None

    def kind_in(self, form: int) -> Kind:
        """The kind that a certificate of this format states."""
        return self.once if self.once and form < 4 else self.kind


@dataclass(frozen=True)
class Constant:
    """An exact number of the loss that may be set by hand: its range, and whether 0 is in it."""

    high: float = math.inf
    zero: bool = False

    def allows(self, value: Fraction) -> bool:
        """Whether a value is in the range."""
        return (value >= 0 if self.zero else value > 0) and value <= self.high

    @property
    def text(self) -> str:
        """The range."""
        return f"{'[' if self.zero else '('}0, {self.high:g}]"


@dataclass(frozen=True)
class Provable:
    """A statement that can be decided in balls and exact fractions.

    Attributes
    ----------
    hypotheses : callable
        From a question to its conditions on the numbers, as claims with the keys that mend them.
    claims : callable
        From a question and a sample (None for every sample) to all claims.
    recheck : callable
        The same statements by other formulas and another arithmetic, for `verify`.
    trajectory : callable, optional
        Enclosures of the run's entries.
    replay : callable, optional
        Statements that a proof for one sample may hold beside those of ``recheck``; asked for where a claim's name
        contains ``replayed``.
    replayed : str
        See ``replay``.
    words : mapping
        Options that are words, with their allowed values; the first is the usual one.
    constants : mapping
        Options that are exact numbers.
    texts : mapping
        Options that are texts, with what reads one: from the name for errors, the text, and whether it may name a file,
        to its only spelling.
    witness : callable, optional
        Adds to a question what a float run finds and a certificate has to hold, as options that are texts.
    event : str
        The event that is asked of the sample.
    largest_radius : str
        What the radius ``auto`` stands for.
    sample : callable, optional
        From a question and an event to the sample of a ``bracket`` proof; None where no sample enters.
    columns : callable, optional
        From n to the number of columns, where it is the statement's own and not 2^n or set by hand.
    positive_radius : bool
        Whether the loss is built from r > 0.
    open_ : mapping
        Claims that a proof may leave open, or not apply, and that the re-check does not know: name to kind.
    unit : str
        Of the guarantee on every suffix average; empty where there is none.
    says : str
        What a proof guarantees, in words, where that is less than the whole statement.
    """

    hypotheses: Callable[[Question], list[tuple[Claim, str]]]
    claims: Callable[[Question, Any], list[Claim]]
    recheck: Callable[[Question, Any], list[Rechecked]]
    trajectory: Callable[[Question, Any], dict[str, list[Any]]] | None = None
    replay: Callable[[Question, Any], list[Rechecked]] | None = None
    replayed: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    texts: Mapping[str, Callable[[str, str, bool], str]] = field(default_factory=dict)
    witness: Callable[[Question], Question] | None = None
    event: str = "free"
    largest_radius: str = "auto"
    sample: Callable[[Question, str], Sample] | None = None
    columns: Callable[[int], int] | None = None
    positive_radius: bool = False
    open_: Mapping[str, Kind] = field(default_factory=dict)
    unit: str = ""
    says: str = ""


def bits(bad_code: Callable[[int], int]) -> Callable[[Question, str], Sample]:
    """Draw columns of fair bits; ``bad_code`` is that of a bad column, from n."""

    def sample(question: Question, event: str) -> Sample:
        stream = streams(question.seed, "sample")["sample"]
        return draw(question.n, question.width, bad_code(question.n), event, stream)  # type: ignore[arg-type]

    return sample


def described(question: Question, rules: Provable) -> dict[str, Any]:
    """A question as JSON-ready data, with the event and what the radius ``auto`` stands for."""
    data = question.as_dict()
    options = dict(data["options"])
    event = options.pop("event", rules.event)
    radius = rules.largest_radius if question.perturbation_radius is None else None
    return data | {"event": event, "largest_radius": radius, "options": options}


def unsaid(stated: Stated, rules: Provable) -> frozenset[str]:
    """What nothing proved depends on: numbers that are not read, and T where a run only finds what is proved about."""
    return frozenset(stated.unread) | ({"steps"} if rules.witness is not None else set())


class Stated(Protocol):
    """What the prover reads of a statement of a work."""

    @property
    def key(self) -> str:
        """``work.name``."""

    @property
    def title(self) -> str:
        """What its work calls it."""

    @property
    def called(self) -> str:
        """Its title, with its work where another work may have one like it."""

    @property
    def text(self) -> str:
        """It in one line."""

    @property
    def instance(self) -> str:
        """The loss that it is about."""

    @property
    def method(self) -> str:
        """The family of methods."""

    @property
    def defaults(self) -> dict[str, Any]:
        """Numbers where none are given."""

    @property
    def unread(self) -> Mapping[str, str]:
        """Options that it does not read, each with the reason."""

    @property
    def proof(self) -> Callable[[], Provable] | None:
        """What decides it."""


def guaranteed(lowest: Mapping[tuple[str, Kind], str], rules: Provable, statement: str) -> str:
    """What a proof for all samples says, in words.

    Parameters
    ----------
    lowest : mapping
        From name and kind of every claim to the lower end of its quantity, as a decimal.
    rules : Provable
        Of the statement.
    statement : str
        It in one line.
    """

    def down(end: str) -> str:
        return str(Context(prec=6, rounding=ROUND_FLOOR).create_decimal(end))

    event = next((end for (name, _), end in lowest.items() if name.startswith("P(")), None)
    chance = "" if rules.sample is None else " for every sample"
    chance = chance if event is None else f" with probability at least {down(event)}"
    ends = {name: end for (name, kind), end in lowest.items() if kind == "conclusion"}
    bound = next((end for name, end in ends.items() if " of every suffix" in name), None)
    if bound is None:
        return f"guaranteed{chance}: {next(iter(ends)) if len(ends) == 1 else rules.says or statement}"
    return f"guaranteed{chance}: every suffix average has F >= {down(bound)} {rules.unit}"
