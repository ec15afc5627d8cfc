"""What the texts of a figure take up, as drawn: which leave the canvas, and which lie on each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

DOTS = 150
"""Of the files that are written; letters are a little wider or narrower at other resolutions."""


@dataclass(frozen=True)
class Box:
    """A text and its rectangle in pixels: centre, half sides, and the directions of the sides."""

    text: str
    centre: np.ndarray
    half: np.ndarray
    sides: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        signs = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)])
        return self.centre + (signs * self.half) @ self.sides

    def overlap(self, other: Box) -> float:
        """By how many pixels the rectangles reach into each other; negative if a line separates them."""
        depths = []
        for side in (*self.sides, *other.sides):
            mine, theirs = self.corners @ side, other.corners @ side
            depths.append(min(mine.max(), theirs.max()) - max(mine.min(), theirs.min()))
        return min(depths)


@contextmanager
def watched() -> Iterator[dict[int, Box]]:
    """Collect every text that is drawn in this context as pixels, where it is at the last time."""
    found: dict[int, Box] = {}
    plain = Text.draw

    def draw(self: Text, renderer: object, *more: object, **options: object) -> None:
        if isinstance(renderer, RendererAgg) and self.get_visible() and self.get_text().strip():
            found[id(self)] = box_of(self, renderer)
        plain(self, renderer, *more, **options)

    Text.draw = draw
    try:
        yield found
    finally:
        Text.draw = plain


def box_of(text: Text, renderer: object) -> Box:
    """The rectangle of one text: a turned text has a turned rectangle, about the same middle."""
    around, angle = Text.get_window_extent(text, renderer), text.get_rotation()
    middle = np.array([around.x0 + around.x1, around.y0 + around.y1]) / 2.0
    if angle:
        text.set_rotation(0.0)
        around = Text.get_window_extent(text, renderer)
        text.set_rotation(angle)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return Box(text.get_text(), middle, np.array([around.width, around.height]) / 2.0, np.array([[c, s], [-s, c]]))


def complaints(figure: Figure) -> list[str]:
    """What is wrong with the texts of a figure."""
    figure.set_dpi(DOTS)
    FigureCanvasAgg(figure)
    with watched() as found:
        figure.draw_without_rendering()
    return wrong([*found.values()], figure)


def wrong(found: list[Box], figure: Figure) -> list[str]:
    """One line for each text that leaves the canvas, and for each pair that lies on each other."""
    size = figure.get_size_inches() * DOTS
    out = [
        f"{box.text!r} leaves the canvas"
        for box in found
        if box.corners.min() < -0.5 or (box.corners > size + 0.5).any()
    ]
    return out + [f"{a.text!r} lies on {b.text!r}" for a, b in near(found) if a.overlap(b) > 1.0]


def near(found: list[Box]) -> Iterator[tuple[Box, Box]]:
    """Pairs whose upright hulls meet; the others need no closer look."""
    low, high = (np.array([end(box.corners, axis=0) for box in found]).reshape(-1, 2) for end in (np.min, np.max))
    meet = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    return ((found[i], found[j]) for i, j in np.argwhere(np.triu(meet, 1)))


def cut(figure: Figure) -> list[str]:
    """One line for each curve with a name of which a point lies outside its axes, so that nobody sees it."""
    out = []
    for axes in figure.axes:
        for line in axes.lines:
            if line.get_label().startswith("_") or line.get_transform() != axes.transData:
                continue
            points = np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])
            shown = axes.transLimits.transform(axes.transScale.transform(points[np.isfinite(points).all(axis=1)]))
            if ((shown < -1e-6) | (shown > 1.0 + 1e-6)).any():
                out.append(f"{line.get_label()!r} leaves the axes {axes.get_title()!r}")
    return out
