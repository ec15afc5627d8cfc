"""What a plot of a sweep declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Plot:
    """A kind of figure of a sweep.

    Attributes
    ----------
    name : str
        The word for ``sco-flat plot --kind``.
    title : str
        One line.
    draw : callable
        From the data of `sco_flat.sweeps.draw.prepare` to a matplotlib figure.
    flat : bool
        Whether its place has two axes, x and y.
    """

    name: str
    title: str
    draw: Callable[[Mapping[str, Any]], Figure]
    flat: bool = False
