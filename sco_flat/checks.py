"""Check a statement on a run: ``sco-flat check`` and ``sco_flat.check``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, Unpack, overload

import numpy as np

from sco_flat import vocabulary
from sco_flat.errors import InputError, unknown_name
from sco_flat.presentation import Shown, above
from sco_flat.requests import Request, request_from
from sco_flat.results import Claim, Event, Picture, Verdict, json_number, judged
from sco_flat.runs import method_numbers
from sco_flat.signatures import Number, Numbers, spelled
from sco_flat.works import base as works
from sco_flat.works.base import Statement
from sco_flat.works.exact import Exact

if TYPE_CHECKING:
    from sco_flat.inspection.own import Inspection, ProblemLike
    from sco_flat.instances.base import Loss
    from sco_flat.proofs.prove import Proof


@dataclass(frozen=True, repr=False)
class Check(Shown):
    """Verdict on a statement for the numbers and the sample at hand.

    The claims are ``float`` claims: a run in floating point suggests, it does not prove. ``parameters`` and ``event``
    are those of the run, the radius ``auto`` among them as a number. A statement about no run is decided in fractions:
    its claims are ``symbolic`` or of ``every sample``, and there is no event.
    """

    presenter: ClassVar[str] = "check"

    key: str
    statement: str
    verdict: Verdict
    claims: tuple[Claim, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    event: Event | None = None
    request: Request | None = field(default=None, compare=False)

    def plot(self, kind: Picture | None = None, most: int = 200) -> Any:
        """Draw the run that it is about, as `sco_flat.Run.plot` does.

        Raises
        ------
        InputError
            For a statement about no run, and as there.
        """
        if self.request is None:
            raise InputError("plot", f"a check of {self.key}", "has no picture", "the statement is about no run")
        return above("comparisons.pictures").of_run(self.request, kind, most, works.get(self.key))

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        return {
            "key": self.key,
            "statement": self.statement,
            "verdict": self.verdict,
            "parameters": json_number({k: _plain(v) for k, v in self.parameters.items()}),
            "event": None if self.event is None else self.event.as_dict(),
            "claims": [c.as_dict() for c in self.claims],
        }


def _plain(value: Any) -> Any:
    """A fraction as its text."""
    return str(value) if isinstance(value, Fraction) else value


def request_for(statement: Statement, /, **numbers: Any) -> Request:
    """Fill in the statement's instance, method and defaults.

    Raises
    ------
    InputError
        If another instance or method is asked for than the statement speaks about, or an option that it does not
        read.
    """
    for key, value in vocabulary.long_names(numbers).items():
        if key in statement.unread:
            raise InputError(key, value, f"{statement.title}: {statement.unread[key]}", "leave it out")
    given = vocabulary.read(numbers)
    instance = given.pop("instance", None) or statement.instance
    method = given.pop("method", None) or statement.method
    for key, asked, own in (("instance", instance, statement.instance), ("method", method, statement.method)):
        if asked != own:
            raise InputError(
                key, asked, f"{statement.title} is checked with {own}", f"leave {key} out, or use sco-flat run"
            )
    return request_from(instance, method, **(statement.defaults | given))


@np.errstate(all="ignore")
def evaluate(statement: Statement, request: Request) -> tuple[Claim, ...]:
    """Return the claims of a statement on a run; those of a run that it does not speak about are not applicable."""
    claims = statement.claims(request)
    instance = request.build()
    facts = instance.facts() | request.settings.facts()
    if statement.event != "free":
        facts |= request.sample(instance).facts()
    reason = statement.objection(instance, facts)
    if reason is not None:
        claims = [c if c.kind == "hypothesis" else _open(c, reason) for c in claims]
    return works.mark_outside(claims)


def _open(c: Claim, reason: str) -> Claim:
    """The claim, not applicable; a reason of its own stands."""
    return c if c.verdict == "not applicable" else replace(c, verdict="not applicable", note=reason)


EVIDENCE = ("float", "bracket", "every sample")
ProofKind: TypeAlias = Literal["bracket", "every sample", "every-sample"]


@overload
def check(
    statement: str | int, /, *, evidence: Literal["float"] = ..., method: str | None = ..., **numbers: Unpack[Numbers]
) -> Check: ...


@overload
def check(
    statement: str | int, /, *, evidence: ProofKind, precision: Number = ..., **numbers: Unpack[Numbers]
) -> Proof: ...


@overload
def check(statement: str | int, /, *, evidence: Literal["float"] = ..., **numbers: Any) -> Check: ...


@overload
def check(statement: str | int, /, *, evidence: ProofKind, **numbers: Any) -> Proof: ...


@overload
def check(statement: str | int, /, *, evidence: str, **numbers: Any) -> Check | Proof: ...


@overload
def check(statement: ProblemLike | Loss, /, *, seed: int = ..., effort: float = ...) -> Inspection: ...


@spelled
def check(statement: Any, /, *, evidence: str = "float", **numbers: Any) -> Check | Proof | Inspection:
    """Check a statement on a run, or prove it; or search for points that refute what an instance of your own claims.

    For a statement these are its hypotheses, the dynamics and the conclusion.

    Parameters
    ----------
    statement : str, int or Problem
        Its key, or the last part of it for the first work; or an instance, for `sco_flat.inspection.own.inspect`.
    evidence : {"float", "bracket", "every sample"}
        A float run (suggests); rigorous enclosures for the sample of the seed; or for all samples of the
        statement's event at once, where it has a proof.
    **numbers
        As for `sco_flat.run`; the statement's own defaults where left out. For proofs as for
        `sco_flat.proofs.prove.prove`: exact numbers or ranges of them, and ``precision``.

    Returns
    -------
    Check, Proof or Inspection
        A check has the verdict ``fails`` if one claim fails, otherwise ``holds``; a proof ``proved``, ``fails`` or
        ``undecided``. An inspection, for an instance, has witnesses for what it refutes.

    Raises
    ------
    InputError
        For numbers outside the statement, unless ``allow_outside=True``; for an instance that cannot be evaluated.
    """
    numbered = isinstance(statement, (int, str, np.integer))
    if not numbered:
        from sco_flat.inspection.own import inspect

        statement = statement() if isinstance(statement, type) else statement
        if evidence != "float":
            raise InputError("evidence", evidence, "an instance of your own is searched in floats", "leave it out")
        for key in numbers:
            if key not in ("seed", "effort"):
                raise unknown_name("parameter", key, ("seed", "effort"))
        return inspect(statement, **numbers)
    asked = evidence.replace("-", " ") if isinstance(evidence, str) else evidence
    evidence = vocabulary.word("evidence", asked, EVIDENCE)
    found = works.get(statement)
    with vocabulary.as_written(numbers):
        if evidence != "float":
            proof: Proof = works.prove(found.key, evidence, **numbers)
            return proof
        if isinstance(found, Exact):
            given = found.read(numbers)
            claims = tuple(found.decide(**given))
            return Check(found.key, found.text, judged(claims), claims, given)
        request = request_for(found, **numbers)
        claims = evaluate(found, request)
    instance = request.build()
    resolved = instance.resolved() | method_numbers(request)
    event = request.sample(instance).event
    return Check(found.key, found.text, judged(claims), claims, resolved, event, request)
