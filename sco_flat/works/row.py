"""The table of all works: what each says of flatness, computed.

A work names statements and numbers; verdict and evidence come from their claims, so that nothing is called proved
that no proof of this run has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sco_flat.errors import InputError
from sco_flat.results import Claim

SHOWN = ("proved", "holds")
"""Verdicts that let an answer stand."""


@dataclass(frozen=True)
class Answer:
    """An answer that a statement gives.

    Attributes
    ----------
    text : str
        What follows if the statement comes out; ``{}`` stands for the value of the claim.
    key : str
        The statement.
    claim : str
        Name of the claim whose value is shown.
    numbers : mapping
        Numbers of the statement where they are not its defaults.
    run : bool
        Take a float run although the statement has a proof, where that proof says less than the answer.
    """

    text: str
    key: str
    claim: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    run: bool = False

    @property
    def asks(self) -> tuple[Any, ...]:
        """What is asked: two answers that ask the same are read off one run."""
        return self.key, dict(self.numbers), self.run

    def said(self, verdict: str, claims: Sequence[Claim], evidence: str = "") -> Said:
        """Read the answer off what the statement said; the evidence is that of the claim, where none is given.

        Raises
        ------
        InputError
            If the statement makes no claim of that name.
        """
        shown = [c for c in claims if c.name == self.claim]
        if not shown:
            known = ", ".join(c.name for c in claims)
            raise InputError("claim", self.claim, f"{self.key} makes no claim of that name", f"take one of {known}")
        stands = verdict in SHOWN
        text = self.text.format(f"{shown[0].value:.3g}") if stands else "not shown"
        return Said(text, self.key, verdict, evidence or shown[0].evidence, shown[0].value)


@dataclass(frozen=True)
class Said:
    """An answer as it came out.

    Attributes
    ----------
    text : str
        The answer, or why nobody asked.
    key, verdict, evidence : str
        The statement that gives it, and how far that reaches; empty where nobody asked.
    value : float or None
        Of the claim that is shown.
    """

    text: str
    key: str = ""
    verdict: str = ""
    evidence: str = ""
    value: float | None = None

    @property
    def proof(self) -> str:
        """Statement, verdict and evidence in a few words."""
        return f"{self.key}: {self.verdict} ({self.evidence})" if self.key else ""


@dataclass(frozen=True)
class Row:
    """What a work says of one loss.

    Attributes
    ----------
    instance : str
        The loss.
    flat : str
        In which sense a minimum is called flat.
    generalises, found : Answer or str
        Does flat generalise, and does the method find it; a text where the work does not ask.
    """

    instance: str
    flat: str
    generalises: Answer | str
    found: Answer | str


@dataclass(frozen=True)
class Line:
    """A row as it came out.

    Attributes
    ----------
    work, instance, flat : str
        Of which work, and as in `Row`.
    generalises, found : Said
        The answers.
    """

    work: str
    instance: str
    flat: str
    generalises: Said
    found: Said

    @property
    def fails(self) -> bool:
        """Whether a statement behind it fails."""
        return "fails" in (self.generalises.verdict, self.found.verdict)

    @property
    def cells(self) -> tuple[str, ...]:
        """Its columns, in the order of `HEAD`."""
        proofs = dict.fromkeys(filter(None, (self.generalises.proof, self.found.proof)))
        return self.work, self.instance, self.flat, self.generalises.text, self.found.text, "; ".join(proofs)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        return asdict(self)


HEAD = ("Work", "Loss", "Flat in which sense", "Does flat generalise?", "Does the method find it?", "Proved how")
