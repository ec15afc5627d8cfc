"""Both ends of a worst case, beside the bounds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

from sco_flat.bounds.pep import _lower, lemma, sagd, sam
from sco_flat.bounds.pep._base import Statement
from sco_flat.bounds.pep._upper import Certificate, upper
from sco_flat.digits import BALLS, CONES, digits_from
from sco_flat.errors import InputError, NotApplicable, unknown_name
from sco_flat.presentation import Shown, above
from sco_flat.results import json_number

STATEMENTS: dict[str, type[Statement]] = {
    "lemma": lemma.STATEMENT, "sagd": sagd.STATEMENT, "sam": sam.STATEMENT,
}  # fmt: skip
LARGEST = {"lemma": 60, "sagd": 60, "sam": 40}
"""Largest T of each: the lower programs then have 121, 62 and 82 rows, and the solver takes 2.3, .5 and 1 GB.

Its matrices grow with the fourth power of the rows: SAM's at T = 60, with 14,762 inequalities beside 122 rows, hold
more than 4 GB.
"""
PACE = {"lemma": (12.0, 3.6), "sagd": (6.0, 3.2), "sam": (31.0, 4.3)}
"""Seconds at T = 30 on one core, measured, and the power of T with which they grow from there to the largest."""
SLOW = 20
"""T from which it is said beforehand how long it takes."""


@dataclass(frozen=True, repr=False)
class WorstCase(Shown):
    """Bracket of a worst case, in units of ``beta D²``.

    Attributes
    ----------
    statement : Statement
        What is bracketed.
    key : str
        Its name here, or a work's key for it.
    title : str
        Its name in a sentence.
    upper : float or None
        The verified upper bound; None where no certificate could be verified.
    lower : float or None
        What the method reaches on the worst function found (a float run); None without one.
    attained : str
        That function, in words.
    estimate : float or None
        The lower program's own optimum, a solver's number; None unless its status is "optimal".
    paper, sharper : float or None
        A work's bound (None where there is none, or it does not apply) and the sharper one.
    certificate : Certificate or None
        The proof of ``upper``, which is its bound times the square of its length in units of D: ``1 - [rho - r]_+``
        (to the nearest r-flat minimum), or ``[r - rho]_+`` where that is larger.
    status : dict
        What the solver said of each program. ``upper`` counts because it is verified and ``lower`` because it is run,
        whatever the status; ``estimate`` counts if it is "optimal".
    seconds : float
        All of it.
    """

    presenter: ClassVar[str] = "worst case"

    statement: Statement
    key: str
    title: str
    upper: float | None
    lower: float | None
    attained: str
    estimate: float | None
    paper: float | None
    sharper: float
    certificate: Certificate | None
    status: dict[str, str]
    seconds: float

    def plot(self) -> Any:
        """Draw both ends and the bounds on one axis, each with its evidence.

        Returns
        -------
        matplotlib.figure.Figure
            Drawn; a notebook shows it, ``savefig`` writes it.
        """
        return above("comparisons.pictures").of_worst_case(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the bracket as JSON-ready data."""
        data = {k: json_number(v) for k, v in vars(self).items() if k not in ("certificate", "statement")}
        statement = self.statement
        data |= {"digits_from": digits_from(*CONES, *BALLS)}
        data |= {"steps": statement.steps} | {k: str(getattr(statement, k)) for k in ("theta", "radius", "flatness")}
        return data | ({} if self.certificate is None else {"certificate": self.certificate.as_dict()})


def size(name: str, steps: int) -> str:
    """The size of the programs and the time to expect, in words."""
    rows = {"lemma": 2 * steps + 1, "sagd": steps + 2, "sam": 2 * steps + 2}[name]
    points = {"lemma": steps + 1, "sagd": steps + 2, "sam": 2 * steps + 2}[name]
    seconds, power = PACE[name]
    return (
        f"a semidefinite program of {rows} rows and {points * (points - 1)} inequalities, "
        f"about {max(1.0, seconds * (steps / 30) ** power):.0f} s"
    )


def worst_case(name: str, steps: int, theta: Fraction, radius: Fraction, flatness: Fraction = Fraction(0)) -> WorstCase:
    """Bracket the worst case of a statement.

    Parameters
    ----------
    name : {"lemma", "sagd", "sam"}
        The mean of ``F(w_t + v_t)``, SA-GD's full average, or SAM's.
    steps : int
        T, 1 to `LARGEST` of the statement.
    theta : Fraction
        ``eta beta``, below 2.
    radius, flatness : Fraction
        ``r/D`` and ``rho/D``.

    Returns
    -------
    WorstCase
        In units of ``beta D²``.

    Raises
    ------
    NotApplicable
        For ``eta beta >= 2``, where no bound exists.
    InputError
        For another name, T beyond the limit, or a negative number.
    """
    if name not in STATEMENTS:
        raise unknown_name("statement", name, STATEMENTS)
    if not 0 < theta < 2:
        raise NotApplicable("step-size", float(theta), "a bound exists for 0 < eta beta < 2", "choose eta below 2/beta")
    for key, value in (("radius", radius), ("flatness-radius", flatness)):
        if value < 0:
            raise InputError(key, float(value), "must be at least 0", f"choose a {key} of 0 or more")
    if not 1 <= steps <= LARGEST[name]:
        words = f": it would be {size(name, steps)}" if 1 <= steps <= 10**6 else ""
        raise InputError("steps", steps, f"must be from 1 to {LARGEST[name]}{words}", "choose a T in that range")
    began = time.perf_counter()
    cls = STATEMENTS[name]
    whole = cls(steps, theta, radius, flatness)
    # a minimum nearer by rho - r is still r-flat: the distance that counts is D - [rho - r]_+
    reach = 1 - max(flatness - radius, Fraction(0))
    if reach <= 0:
        return _at_rest(whole, name, time.perf_counter() - began)
    length = max(reach, whole.excess)  # where r - rho is larger than D, numbers of its order are what solvers need
    near = cls(steps, theta, whole.excess / length, Fraction(0), reach / length)
    top, bottom, own = near, near, length
    if not cls.reduces:
        own = max(Fraction(1), whole.excess)
        top = replace(near, radius=radius / length, flatness=(radius - whole.excess) / length)
        bottom = cls(steps, theta, radius / own, flatness / own, 1 / own)
    above, certificate, lengths = upper(top)
    reached, knee = _lower.best_huber(bottom)
    below, found = _lower.lower(bottom, lengths, knee)
    unit = float(own**2)
    attained = f"Huber's function in one dimension, knee {knee * float(own):.6g}"
    if found is None:
        below += " at the norms tried"
    else:
        rebuilt = bottom.run(_lower.through(found), found.start, found.hints)
        if rebuilt > reached * (1 + 1e-6):
            reached, attained = rebuilt, f"the function rebuilt from the program, in {found.start.size} dimensions"
    return WorstCase(
        statement=whole,
        key=name,
        title=name,
        upper=None if certificate is None else float(certificate.bound * length**2),
        lower=reached * unit,
        attained=attained,
        estimate=found.objective * unit if found is not None and below == "optimal" else None,
        paper=None,
        sharper=whole.sharper(),
        certificate=certificate,
        status={"upper": above, "lower": below},
        seconds=time.perf_counter() - began,
    )


def _at_rest(whole: Statement, name: str, seconds: float) -> WorstCase:
    """The start and its ball of radius r are flat: nothing moves, and everything is 0."""
    none = {"upper": "not needed", "lower": "not needed"}
    words = "every loss: the ball of radius r around the start is flat"
    return WorstCase(whole, name, name, 0.0, 0.0, words, 0.0, None, whole.sharper(), None, none, seconds)
