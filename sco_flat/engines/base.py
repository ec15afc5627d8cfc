"""What an engine declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import Loss
from sco_flat.samples import Sample
from sco_flat.traits import Need


@dataclass(frozen=True)
class Engine:
    """A choice of stored blocks and of windows.

    Attributes
    ----------
    name, title : str
        The word on the command line and one line for tables.
    needs : tuple of Need
        What it asks of the loss and of the run; see `sco_flat.traits.objection`.
    rows : callable
        ``(instance, sample)`` to the blocks that are stored from the start.
    track : bool
        Whether windows follow what moves, on losses that keep them.
    place : int
        The sparser one has the lower place: ``auto`` takes the first without an objection.
    every_block : bool
        Whether all blocks are stored from the start.
    streams : bool
        Whether it can do without the columns of a sample; see `sco_flat.columns`.
    """

    name: str
    title: str
    needs: tuple[Need, ...]
    rows: Callable[[Loss, Sample], NDArray[np.int64]]
    track: bool
    place: int
    every_block: bool = False
    streams: bool = False
