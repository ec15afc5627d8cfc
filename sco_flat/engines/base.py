"""What an engine declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sco_flat.instances.base import Instance
from sco_flat.samples import Sample
from sco_flat.settings import Settings


@dataclass(frozen=True)
class Engine:
    """A choice of stored blocks and of windows.

    Attributes
    ----------
    name, title : str
        The word on the command line and one line for tables.
    objection : callable
        ``(instance, settings)`` to the reason why this engine cannot run them, or None.
    rows : callable
        ``(instance, sample)`` to the blocks that are stored from the start.
    track : bool
        Whether windows follow what moves.
    """

    name: str
    title: str
    objection: Callable[[Instance, Settings], str | None]
    rows: Callable[[Instance, Sample], NDArray[np.int64]]
    track: bool
