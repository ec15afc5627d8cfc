"""Frames of a scene: the static part is drawn once, each frame restores it and draws only what moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.typing import NDArray

from sco_flat.animations._base import Scene

Picture = NDArray[np.uint8]

PER_SECOND = 10
"""Frames a second."""


class Film:
    """The frames 1..T of a scene, drawn when they are asked for.

    Parameters
    ----------
    scene : Scene
        What to draw.
    steps : int
        T.

    Attributes
    ----------
    background : ndarray of uint8, shape (height, width, 3)
        The static part.
    """

    def __init__(self, scene: Scene, steps: int) -> None:
        self.scene, self.steps = scene, steps
        for artist in scene.artists:
            artist.set_animated(True)
            artist.set_in_layout(False)
        assert isinstance(scene.figure.canvas, FigureCanvasAgg)
        canvas: Any = scene.figure.canvas  # its methods have no types
        self._canvas = canvas
        canvas.draw()
        self._region = canvas.copy_from_bbox(scene.figure.bbox)
        self.background = self._pixels()

    def _pixels(self) -> Picture:
        return np.ascontiguousarray(np.asarray(self._canvas.buffer_rgba())[..., :3])

    def frame(self, t: int) -> Picture:
        """Frame of iterate t, shape (height, width, 3)."""
        self._canvas.restore_region(self._region)
        self.scene.update(t)
        renderer = self._canvas.get_renderer()
        for artist in self.scene.artists:
            artist.draw(renderer)
        return self._pixels()

    def frames(self) -> Iterator[Picture]:
        """All frames in order."""
        return (self.frame(t) for t in range(1, self.steps + 1))
