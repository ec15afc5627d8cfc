"""How far apart upper and lower bounds of a work are: a row of its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gap:
    """One quantity with its bounds, in a common unit.

    Attributes
    ----------
    theorem : str
        Where in the work.
    quantity, unit : str
        What is bounded, and in which unit.
    paper, sharper : float or None
        Upper bounds: the work's own, and a sharper one.
    certified : float or None
        Upper bound from a semidefinite program's multipliers, verified; for these numbers only.
    worst : float or None
        Largest value that is known to occur.
    state : str
        "closed", or what is open.
    """

    theorem: str
    quantity: str
    unit: str
    paper: float | None
    sharper: float | None
    certified: float | None
    worst: float | None
    state: str

    @property
    def ratios(self) -> tuple[float | None, float | None]:
        """The work's and the sharper bound over the worst case that is known."""
        if not self.worst:
            return None, None
        return tuple(None if x is None else x / self.worst for x in (self.paper, self.sharper))  # type: ignore[return-value]

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        paper, sharper = self.ratios
        return vars(self) | {"paper_over_worst": paper, "sharper_over_worst": sharper}
