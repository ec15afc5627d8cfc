"""What a measure declares: a number or an interval that is read off one point of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sco_flat.engines.layout import Look
from sco_flat.traits import Need


@dataclass(frozen=True)
class Measure:
    """A quantity at a point.

    Attributes
    ----------
    name : str
        Its column in tables and its key in JSON.
    title : str
        What tables call it.
    evaluate : callable
        From a `Look` to a number, an interval, or None where it is not known.
    interval : bool
        Whether it is an interval (lower, upper); sweeps then have a column ``NAME_low`` beside ``NAME``.
    needs : tuple of Need
        What it asks of the loss; where that is not met the value is None.
    asked : bool
        Whether it is taken of networks, and of other losses only where it is asked for; it is left out elsewhere.
    place : int
        Order in tables; those of the same place are sorted by name.
    """

    name: str
    title: str
    evaluate: Callable[[Look], Any]
    interval: bool = False
    needs: tuple[Need, ...] = ()
    asked: bool = False
    place: int = 100

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in sweeps, without the name of the point."""
        return (f"{self.name}_low", self.name) if self.interval else (self.name,)
