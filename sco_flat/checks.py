"""Check a theorem on a run: ``sco-flat check`` and ``sco_flat.check``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from sco_flat.errors import InputError, unknown_name
from sco_flat.results import Claim, Verdict, overall
from sco_flat.runs import Request, mark_outside, request_from
from sco_flat.works import flat_minima as theorems

if TYPE_CHECKING:
    from sco_flat.inspection.own import Inspection, ProblemLike
    from sco_flat.instances.base import Instance
    from sco_flat.proofs.prove import Proof


@dataclass(frozen=True)
class Check:
    """Verdict on a theorem for the numbers and the sample at hand.

    The claims are ``float`` claims: a run in floating point suggests, it does not prove.
    """

    theorem: int
    statement: str
    verdict: Verdict
    claims: tuple[Claim, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        return {
            "theorem": self.theorem,
            "statement": self.statement,
            "verdict": self.verdict,
            "claims": [c.as_dict() for c in self.claims],
        }


def request_for(theorem: int, **numbers: Any) -> Request:
    """Fill in the theorem's instance, method and defaults.

    Raises
    ------
    InputError
        If another instance or method is asked for than the theorem speaks about.
    """
    entry = theorems.get(theorem)
    instance = numbers.pop("instance", None) or entry.instance
    method = numbers.pop("method", None) or entry.method
    for key, given, own in (("instance", instance, entry.instance), ("method", method, entry.method)):
        if given != own:
            raise InputError(
                key, given, f"Theorem {theorem} is checked with {own}", f"leave {key} out, or use sco-flat run"
            )
    return request_from(instance, method, **(entry.defaults | {k: v for k, v in numbers.items() if v is not None}))


EVIDENCE = ("float", "bracket", "every sample")


@overload
def check(theorem: int, *, evidence: Literal["float"] = ..., **numbers: Any) -> Check: ...


@overload
def check(theorem: int, *, evidence: str, **numbers: Any) -> Check | Proof: ...


@overload
def check(theorem: ProblemLike | Instance, *, seed: int = ..., effort: float = ...) -> Inspection: ...


def check(theorem: Any, *, evidence: str = "float", **numbers: Any) -> Check | Proof | Inspection:
    """Check a theorem on a run, or prove it; or search for points that refute what an instance of your own claims.

    For a theorem these are its hypotheses, the dynamics and the conclusion.

    Parameters
    ----------
    theorem : int or Problem
        Its number in arXiv 2511.03548, 1 to 8; or an instance, for `sco_flat.inspection.own.inspect`.
    evidence : {"float", "bracket", "every sample"}
        A float run (suggests); rigorous enclosures for the sample of the seed; or for all samples of the theorem's
        event at once (Theorems 1, 3, 6 and 7).
    **numbers
        As for `sco_flat.run`; the theorem's own defaults where left out. For proofs as for
        `sco_flat.proofs.prove.prove`: exact numbers or ranges of them, and ``precision``.

    Returns
    -------
    Check, Proof or Inspection
        A check has the verdict ``fails`` if one claim fails, otherwise ``holds``; a proof ``proved``, ``fails`` or
        ``undecided``. An inspection, for an instance, has witnesses for what it refutes.

    Raises
    ------
    InputError
        For numbers outside the theorem, unless ``allow_outside=True``; for an instance that cannot be evaluated.
    """
    numbered = isinstance(theorem, (int, str, np.integer))
    if not numbered:
        from sco_flat.inspection.own import inspect

        theorem = theorem() if isinstance(theorem, type) else theorem
        if evidence != "float":
            raise InputError("evidence", evidence, "an instance of your own is searched in floats", "leave it out")
        return inspect(theorem, **numbers)
    evidence = evidence.replace("-", " ")
    if evidence not in EVIDENCE:
        raise unknown_name("evidence", evidence, EVIDENCE)
    if evidence != "float":
        from sco_flat.proofs.prove import prove

        return prove(theorem, evidence, **numbers)
    request = request_for(theorem, **numbers)
    entry = theorems.get(theorem)
    claims = mark_outside(entry.claims(request))
    return Check(theorem, entry.statement, overall(claims), claims)
