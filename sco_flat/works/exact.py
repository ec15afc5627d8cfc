"""Statements without a run: what they say is decided in fractions on the spot, so that their check is a proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sco_flat import numbers, vocabulary
from sco_flat.errors import InputError, unknown_name
from sco_flat.requests import Request
from sco_flat.results import Claim, Evidence, Kind, Relation
from sco_flat.works.base import Statement


def exactly(
    name: str, value: Fraction | int, relation: Relation, bound: Fraction | int, source: str, note: str = "", *,
    kind: Kind = "conclusion", evidence: Evidence = "symbolic",
) -> Claim:  # fmt: skip
    """Decide an inequality between two fractions; python-flint loads with it."""
    from sco_flat.proofs.balls import decide_exactly

    return decide_exactly(name, kind, (value, value), relation, bound, source, evidence, note)


@dataclass(frozen=True)
class Number:
    """A number that an exact statement reads.

    Attributes
    ----------
    default : int or Fraction
        Where none is given; a whole number means that only whole numbers are read.
    low, high : int or Fraction
        Ends of its range.
    """

    default: int | Fraction
    low: int | Fraction
    high: int | Fraction

    def read(self, key: str, value: object) -> int | Fraction:
        """Read it as it was meant.

        Raises
        ------
        InputError
            If it is no number, or outside the range.
        """
        if isinstance(self.default, int):
            return numbers.whole(key, value, int(self.low), int(self.high))
        found = numbers.exact(key, value)
        if not self.low <= found <= self.high:
            raise InputError(key, value, f"must be in [{self.low}, {self.high}]", "choose a value in that range")
        return found


@dataclass(frozen=True)
class Word:
    """A word that a statement without a run reads.

    Attributes
    ----------
    default : str
        Where none is given.
    choices : tuple of str
        All of them.
    """

    default: str
    choices: tuple[str, ...]

    def read(self, key: str, value: object) -> str:
        """Read one of the choices.

        Raises
        ------
        InputError
            If it is none of them.
        """
        return vocabulary.word(key, value, self.choices)


def _nothing_runs(request: Request) -> list[Claim]:
    raise InputError("instance", request.instance, "this statement is about no run", "use sco-flat check")


@dataclass(frozen=True)
class Exact(Statement):
    """A statement about numbers alone: no loss of the package, no method, no sample of a run.

    What `decide` does not decide in fractions, a training of its own, is a float claim and says so.

    Attributes
    ----------
    numbers : mapping
        What it reads.
    decide : callable
        From these numbers, by name, to the claims, each decided in fractions.
    """

    instance: str = ""
    method: str = ""
    defaults: dict[str, Any] = field(default_factory=dict)
    claims: Callable[[Request], list[Claim]] = _nothing_runs
    any_method: bool = True
    numbers: Mapping[str, Number | Word] = field(default_factory=dict)
    decide: Callable[..., list[Claim]] = list

    def read(self, given: Mapping[str, Any]) -> dict[str, int | Fraction | str]:
        """Read the numbers that were given, and the defaults of the others.

        Raises
        ------
        InputError
            For a name that it does not read, or a number out of range.
        """
        named = vocabulary.long_names(given)
        own = {vocabulary.long_name(key): key for key in self.numbers}  # d is what a loss calls inputs
        for key, value in named.items():
            if key in vocabulary.OPTIONS and key not in own:
                raise InputError(key, value, f"{self.called} is about no run", "leave it out")
            if key not in own:
                raise unknown_name("parameter", key, self.numbers)
        return {
            key: self.numbers[key].read(key, named.get(name, self.numbers[key].default)) for name, key in own.items()
        }
