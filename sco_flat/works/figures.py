"""Figures of a work: what is simulated, how it is drawn, what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sco_flat.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Data = dict[str, Any]


@dataclass(frozen=True)
class WorkFigure:
    """One figure.

    Attributes
    ----------
    name : str
        Of its files.
    data : callable
        ``quick`` to the data, from runs on the spot; ``failures`` among them are values beyond a bound.
    draw : callable
        From the data to a matplotlib figure; nothing is simulated here.
    caption, alt : callable, str
        What it shows, from the data; and for those who do not see it.
    """

    name: str
    data: Callable[[bool], Data]
    draw: Callable[[Mapping[str, Any]], Figure]
    caption: Callable[[Data], str]
    alt: str


def make(figure: WorkFigure, folder: Path, quick: bool, look: str) -> Data:
    """Simulate, draw and save one figure.

    Parameters
    ----------
    figure : WorkFigure
        Which.
    folder : path
        An existing folder.
    quick : bool
        A smaller grid of the same shape.
    look : {"paper", "slide", "poster"}
        Size of the print.

    Returns
    -------
    dict
        ``name``, ``file_png``, ``file_pdf``, ``caption``, ``alt``, and ``failures``: measured values beyond a bound.
    """
    data = figure.data(quick)
    with style.style(look):
        png, pdf = style.save(figure.draw(data), folder, figure.name)
    found = {"name": figure.name, "file_png": png, "file_pdf": pdf, "caption": figure.caption(data), "alt": figure.alt}
    return found | {"failures": data.get("failures", [])}
