"""Scans along lines: equally spaced points across the ball, what stands out on them, and a zoom into kinks.

A scan sees a bump that is wider than its spacing, on the lines that meet it. High differences of the slopes are tiny
where the loss is smooth at that scale, so that a kink of any size stands out; the zoom then follows it down to
distances at which the loss curves less than the kink jumps.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat.inspection._reading import EPS, Evaluations, Points, Vector, direction, euclidean

NODES = 401
"""Points of a line: 1/200 of the radius apart, or closer."""
RASTER = 6
"""In two dimensions, lines for each one on which gradients are taken, too."""
LONGEST = 8001
"""Points of the only line of one dimension, at most."""
STRIDES = (1, 2, 4, 8, 16, 64)
"""Distances of pairs on a line, in spacings."""
KEPT = 2
"""What stands out most, of each kind, over all lines of an example."""
ORDER = 6
"""Of the differences in which a kink stands out."""
FINEST = 1e-12
"""Where the zoom ends, in radii."""


class Scan:
    """What stands out on lines through the domain of one example.

    Attributes
    ----------
    pairs, segments, points : list
        Pairs for the inequalities, segments on which the gradient disagrees with values most, single points.
    odd : list of ndarray
        Where the values are least smooth.
    compared, lines : int
        Number of pairs that were compared, and of lines.
    spacing, finest : float
        Distance of neighbours on a line, and after zooming.
    first : tuple of ndarray
        The points of the first line.
    """

    def __init__(self, look: Evaluations, rng: np.random.Generator) -> None:
        self.look, self.rng = look, rng
        self.compared = 0
        self.lines, self.spacing, self.finest = 0, 0.0, math.inf
        self.first: Points = ()
        self._best: defaultdict[Any, list[tuple[float, int, Points]]] = defaultdict(list)

    def run(self, lines: int) -> None:
        """Scan lines, then zoom into what looks like a kink."""
        plane = self.look.claimed.dimension == 2
        for k, (a, b, nodes) in enumerate(self.chords(lines)):
            self.line(a, b, nodes, values_only=plane and k % RASTER > 0)
        for a, b in self.found("kink"):
            self.zoom(a, b)

    def keep(self, key: Any, score: float, points: Points) -> None:
        """Remember the best of a kind."""
        kept = self._best[key]
        if len(kept) < KEPT or score > kept[-1][0]:
            kept.append((score, self.compared, points))
            kept.sort(key=lambda entry: -entry[0])
            del kept[KEPT:]

    def found(self, kind: str) -> list[Points]:
        """Points of a kind, the best first."""
        entries = [entry for key, kept in self._best.items() if key[0] == kind for entry in kept]
        return [points for _, _, points in sorted(entries, key=lambda entry: -entry[0])]

    @property
    def pairs(self) -> list[Points]:
        return self.found("pair")

    @property
    def segments(self) -> list[Points]:
        return self.found("segment")

    @property
    def points(self) -> list[Vector]:
        return [x for (x,) in self.found("point")]

    @property
    def odd(self) -> list[Vector]:
        return [x for (x,) in self.found("odd")]

    def chords(self, lines: int) -> Iterator[tuple[Vector, Vector, int]]:
        """The whole domain in one dimension, parallel chords in two, axes and random chords in more."""
        look, rng, d = self.look, self.rng, self.look.claimed.dimension
        if d == 1:
            end = np.array([look.reach])
            yield -end, end, min(NODES * lines, LONGEST)
            return
        if d == 2:
            angle = rng.uniform(0.0, math.pi)
            u = np.array([math.cos(angle), math.sin(angle)])
            across = np.array([-u[1], u[0]])
            for k in range(RASTER * lines):
                height = look.reach * ((2 * k + 1) / (RASTER * lines) - 1)
                yield (*self.chord(height * across, u), NODES)
            return
        centre = look.claimed.flat_minimum
        for k in range(lines):
            if k < d and 3 * k < lines:
                start = np.zeros(d) if centre is None or k % 2 else look.project(centre)
                yield (*self.chord(start, np.eye(d)[rng.integers(d)]), NODES)
            else:
                u = rng.standard_normal(d) if k % 2 else direction(rng, d)
                start = direction(rng, d) * look.reach * rng.random() ** (1.0 / min(d, 3))
                yield (*self.chord(start, u / euclidean(u)), NODES)

    def chord(self, x: Vector, u: Vector) -> tuple[Vector, Vector]:
        """Both ends of the line through x along u."""
        along = float(x @ u)
        half = math.sqrt(max(along**2 + self.look.reach**2 - float(x @ x), 0.0))
        return self.look.project(x + (-along - half) * u), self.look.project(x + (half - along) * u)

    def line(self, a: Vector, b: Vector, nodes: int, values_only: bool = False) -> None:
        """Evaluate on a line and remember what stands out."""
        look, length = self.look, euclidean(b - a)
        if length <= 1e-3 * look.radius:
            return
        x = a + np.linspace(0.0, 1.0, nodes)[:, None] * (b - a)
        f = np.array([look.value(w) for w in x])
        self._bends(x, f)
        self._irregular("odd", x, f)
        if values_only:
            return
        g = np.array([look.gradient(w) for w in x])
        self.first = self.first or tuple(x)
        s, h = g @ ((b - a) / length), length / (nodes - 1)
        norms = np.linalg.norm(g, axis=1)
        self.keep(("point", "steep"), float(norms.max()), (x[norms.argmax()],))
        for k in STRIDES:
            turns = (s[:-k] - s[k:]) / (k * h)
            changes = np.linalg.norm(g[k:] - g[:-k], axis=1) / (k * h)
            above = f[:-k] + k * h * s[:-k] - f[k:]
            below = f[k:] - k * h * s[k:] - f[:-k]
            for name, score in (
                ("turn", turns), ("change", changes), ("tangent", above), ("tangent, back", below),
            ):  # fmt: skip
                i = int(score.argmax())
                ends = (x[i + k], x[i]) if name == "tangent, back" else (x[i], x[i + k])
                self.keep(("pair", name, k), float(score[i]), ends)
                self.compared += score.size
        self._disagreement(x, f, s, h)
        self._irregular("kink", x, s)

    def _bends(self, x: NDArray[np.float64], f: Vector) -> None:
        """What values alone show: the lowest, second differences, and differences."""
        h = euclidean(x[1] - x[0])
        self.lines, self.spacing, self.finest = self.lines + 1, max(self.spacing, h), min(self.finest, h)
        self.keep(("point", "low"), -float(f.min()), (x[f.argmin()],))
        for k in STRIDES:
            bends = f[k:-k] - (f[: -2 * k] + f[2 * k :]) / 2
            for name, score, reach in (
                ("bend", bends, 2 * k), ("curved", np.abs(bends), 2 * k), ("rise", np.abs(f[k:] - f[:-k]), k),
            ):  # fmt: skip
                i = int(score.argmax())
                self.keep(("pair", name, k), float(score[i]), (x[i], x[i + reach]))
                self.compared += score.size

    def _disagreement(self, x: NDArray[np.float64], f: Vector, s: Vector, h: float) -> None:
        """Segments on which the change of value is least the integral of the slopes."""
        panels = np.diff(f)[1:-1] - h / 24 * (13 * (s[1:-2] + s[2:-1]) - s[:-3] - s[3:])
        summed = np.append(0.0, np.cumsum(panels))
        for k in (1, 4, 16, 64, 256):
            if summed.size > k:
                apart = np.abs(summed[k:] - summed[:-k])
                i = int(apart.argmax())
                self.keep(("segment", k), float(apart[i]) / k, (x[i + 1], x[i + 1 + k]))

    def _irregular(self, kind: str, x: NDArray[np.float64], series: Vector) -> None:
        """Where high differences stand out from the rest of the line."""
        high = np.abs(np.diff(series, ORDER))
        usual = float(np.median(high)) + 2.0**ORDER * EPS * float(np.abs(series).max())
        for _ in range(2 if usual > 0.0 else 0):
            i = int(high.argmax())
            points = (x[i], x[i + ORDER]) if kind == "kink" else (x[i + ORDER // 2],)
            self.keep((kind,), float(high[i]) / usual, points)
            high[max(i - ORDER, 0) : i + ORDER + 1] = 0.0

    def zoom(self, a: Vector, b: Vector) -> None:
        """Follow the least smooth part of the slopes to the finest scale."""
        look, u = self.look, (b - a) / euclidean(b - a)
        for _ in range(40):
            length = euclidean(b - a)
            if length < FINEST * look.radius:
                return
            x = a + np.linspace(0.0, 1.0, 17)[:, None] * (b - a)
            g = np.array([look.gradient(w) for w in x])
            s = g @ u
            distances = np.linalg.norm(np.diff(x, axis=0), axis=1)
            if distances.min() == 0.0 or s.min() == s.max():
                return
            self.finest, self.compared = min(self.finest, length / 16), self.compared + 16
            turns, changes = -np.diff(s) / distances, np.linalg.norm(np.diff(g, axis=0), axis=1) / distances
            for name, score in (("turn", turns), ("change", changes)):
                i = int(score.argmax())
                self.keep(("pair", "zoomed", name), float(score[i]), (x[i], x[i + 1]))
            i = int(np.abs(np.diff(s, 4)).argmax())
            a, b = x[i], x[i + 4]
