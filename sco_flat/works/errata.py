"""Errata of works: a place, what is printed, what holds, and the evaluation that shows both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from string import ascii_lowercase
from typing import Any, Literal

from sco_flat.digits import BALLS, digits_from
from sco_flat.errors import unknown_name
from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.prove import Proof
from sco_flat.results import Claim, Relation, json_number
from sco_flat.works import base as works

Kind = Literal["false", "gap", "misprint"]


@dataclass(frozen=True)
class Erratum:
    """One slip of a work.

    Attributes
    ----------
    key : str
        Its number here.
    where : str
        Theorem and place.
    printed, holds : str
        In words.
    kind : {"false", "gap", "misprint"}
        The printed statement is false; it is true but not by its proof; or only its letters are wrong.
    show : callable
        Returns the printed statement and the true one, evaluated; the first is None where nothing printed is false.
    command : str
        What shows it on the command line; ``sco-flat errata KEY`` if left out.
    """

    key: str
    where: str
    printed: str
    holds: str
    kind: Kind
    show: Callable[[], tuple[Claim | None, Claim]]
    command: str = ""

    def evaluate(self) -> Shown:
        """Run the evaluation."""
        return Shown(self, *self.show())


@dataclass(frozen=True)
class Shown:
    """An erratum with both evaluations."""

    erratum: Erratum
    false: Claim | None
    true: Claim

    @property
    def command(self) -> str:
        """What to type."""
        return self.erratum.command or f"sco-flat errata {self.erratum.key}"

    @property
    def as_expected(self) -> bool:
        """Whether the printed statement fails and the other one holds."""
        fails = self.false.verdict == "fails" if self.false is not None else self.erratum.kind != "false"
        return fails and self.true.verdict in ("proved", "holds")

    def as_dict(self) -> dict[str, Any]:
        """Return the erratum as JSON-ready data."""
        return {
            "key": self.erratum.key,
            "where": self.erratum.where,
            "printed": self.erratum.printed,
            "holds": self.erratum.holds,
            "kind": self.erratum.kind,
            "command": self.command,
            "false": None if self.false is None else json_number(self.false.as_dict()),
            "true": json_number(self.true.as_dict()),
            "as_expected": self.as_expected,
            "digits_from": digits_from(*BALLS),
        }


def exact(name: str, value: Fraction | int, relation: Relation, bound: Fraction | int, source: str) -> Claim:
    """Decide an inequality between two rational numbers."""
    return decide_exactly(name, "conclusion", (value, value), relation, bound, source, "symbolic")


@cache
def proof(key: str | int, evidence: str, numbers: tuple[tuple[str, Any], ...] = ()) -> Proof:
    """Prove once what several entries look at."""
    found: Proof = works.prove(key, evidence, allow_outside=True, **dict(numbers))
    return found


def claim_of(found: Proof, start: str) -> Claim:
    """The claim whose name starts so."""
    return next(c for c in found.claims if c.name.startswith(start))


def evaluate(key: str | None = None) -> list[Shown]:
    """Evaluate the errata of all works, one, or those of a theorem: ``7`` is all of 7a, 7b ...

    Raises
    ------
    InputError
        If there is no such entry.
    """
    found: list[Erratum] = [e for work in works.works() for e in work.errata()]
    if key is not None:
        chosen = [e for e in found if key in (e.key, e.key.rstrip(ascii_lowercase))]
        if not chosen:
            raise unknown_name("erratum", key, [e.key for e in found])
        found = chosen
    return [e.evaluate() for e in found]
