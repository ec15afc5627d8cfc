"""Everything that can be certified about a registered instance: ``sco-flat certify INSTANCE``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Unpack, overload

from sco_flat import memory
from sco_flat.digits import BALLS, SOLVERS, digits_from
from sco_flat.engines.memory import smaller
from sco_flat.errors import InputError
from sco_flat.inspection import convexity, solutions
from sco_flat.instances.base import Loss
from sco_flat.presentation import Shown
from sco_flat.requests import request_from
from sco_flat.results import Claim, Verdict, overall
from sco_flat.signatures import Numbers, spelled
from sco_flat.vocabulary import OPTIONS, long_names

SMALL = {"n": 4, "steps": 8}
"""Sizes where none are given: the convex programs are dense."""
COORDINATE, ENTRY = 250.0, 600.0
"""Bytes for each coordinate and for each entry of a block."""
PROGRAMS = 1000
"""Dimension, and number of examples, up to which programs take seconds."""


@dataclass(frozen=True, repr=False)
class Certified(Shown):
    """What convex programming and balls say of a loss.

    Attributes
    ----------
    instance : str
        Its name.
    claims : tuple of Claim
        ``symbolic`` ones on convexity, smoothness and the Lipschitz constant, ``float`` ones on minima.
    """

    presenter: ClassVar[str] = "certified"

    instance: str
    claims: tuple[Claim, ...]

    @property
    def verdict(self) -> Verdict:
        """Of the claims together."""
        return overall(self.claims)

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON-ready data."""
        data = {"instance": self.instance, "claims": [c.as_dict() for c in self.claims]}
        return data | {"digits_from": digits_from(*SOLVERS, *BALLS)}


@overload
def certify(instance: str, /, **numbers: Unpack[Numbers]) -> Certified: ...


@overload
def certify(instance: str, /, **numbers: Any) -> Certified: ...


@spelled
def certify(instance: str, /, **numbers: Any) -> Certified:
    """Certify convexity and constants, and compare the minima of convex programming with those that methods find.

    Parameters
    ----------
    instance : str
        A registered instance.
    **numbers
        As for `sco_flat.run`; n = 4 and T = 8 unless given. No hypothesis of a theorem is asked for.

    Returns
    -------
    Certified
        Its claims on minima only up to `PROGRAMS` variables and examples, beyond which they are not applicable.

    Raises
    ------
    InputError
        For every number, name or combination that cannot be used.

    Examples
    --------
    >>> import sco_flat
    >>> found = sco_flat.certify("sam-sharp")
    >>> found.verdict, found.claims[0].name
    ('holds', 'f(., z) is convex')
    """
    given = long_names(numbers)
    for key, value in given.items():
        if key in OPTIONS and (OPTIONS[key].reader in ("run", "method") or key in ("method", "allow_outside")):
            raise InputError(key, value, "certify looks at the loss and its sample, and runs nothing", "leave it out")
    request = request_from(instance, **(SMALL | given | {"allow_outside": True}))
    built = request.build()
    memory.ask(bytes_of(built), lambda have: smaller(built, bytes_of, have))
    return Certified(request.instance, tuple(of(built, request.sample(built))))


def bytes_of(instance: Loss) -> float:
    """Bytes of a certificate, about: the expressions hold every coordinate, the balls every entry of a block."""
    return COORDINATE * instance.dimension + ENTRY * instance.length + instance.sample_bytes()


def of(instance: Loss, sample: Any) -> list[Claim]:
    """Certify a loss that is built, and compare its minima on a sample."""
    found = convexity.convexity(instance) + convexity.smoothness(instance)
    if instance.dimension <= PROGRAMS and instance.n <= PROGRAMS:
        return found + solutions.compare(instance, sample)
    note = (
        f"d = {instance.dimension:,}, n = {instance.n:,}: programs are solved up to {PROGRAMS:,} variables and examples"
    )
    name = "minima of convex programs"
    return [*found, Claim(name, "conclusion", "float", "not applicable", None, None, "==", "convex programs", note)]
