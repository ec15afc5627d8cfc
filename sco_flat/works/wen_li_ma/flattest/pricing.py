"""(iii) All directions: column generation, each new face priced by a mixed integer program (HiGHS).

A face of sign s is a direction u and a choice z of points with label s: ``u · x = 1`` where z = 1, ``<= 0``
elsewhere. The least ``y f(x_t)`` over all covers is a linear program over faces; its multipliers price them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from sco_flat.works.wen_li_ma.data import Data
from sco_flat.works.wen_li_ma.flattest.dictionary import cover
from sco_flat.works.wen_li_ma.flattest.found import Cover, Face, covered

BOX = 40.0
"""Bound on the entries of a direction, for neurons that are 1 on their points."""
GAP = 1e-6
"""Reduced cost above which a column is taken for none that helps."""
ROUNDS = 60
"""Columns that are added for one test point at most."""
LATE = "the time was up"
SIMPLEST = (1, 2, 4, 12, 120, 5040)
"""Denominators that are tried for the entries of a direction."""


def room(n: int) -> float:
    """How far a cover and its lower end may be apart: both prices are off by `GAP`, the weights at most n together."""
    return 2 * n * GAP


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep what the solver's compiled code prints out of stdout, where a command's JSON goes."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


@dataclass
class Columns:
    """The faces so far, with their points; those of one test point serve the next."""

    data: Data
    faces: list[Face] = field(default_factory=list)
    points: list[NDArray[np.bool_]] = field(default_factory=list)

    def add(self, face: Face) -> bool:
        """Add a face; False if it is not pure and constant in fractions, or known."""
        on = covered(face, self.data)
        if not on or face in self.faces:
            return False
        self.keep(face)
        return True

    def keep(self, face: Face) -> None:
        """Add a face that is known to be one, or an idle neuron."""
        self.faces.append(face)
        self.points.append(np.isin(np.arange(self.data.n), covered(face, self.data) or ()))


@dataclass(frozen=True)
class Priced:
    """The outcome at one test point: the best cover, a lower end of the minimum, and what went wrong.

    Attributes
    ----------
    cover : Cover
        A flattest network.
    lower : float
        Of ``y f`` there; -inf where no program gave one.
    trouble : str
        Why it is not the last word.
    """

    cover: Cover
    lower: float
    trouble: str = ""


class Pricing:
    """The mixed integer programs of one training set, and the time that they have together.

    Parameters
    ----------
    data : Data
        The training set.
    seconds : float
        From now on; what is left is the time limit of every program.
    """

    def __init__(self, data: Data, seconds: float) -> None:
        self.data = data
        self._ends = time.monotonic() + seconds
        self.x = np.array([[float(v) for v in data.seen(p)] for p in data.points])
        self.y = np.array([float(v) for v in data.labels])
        self.width = self.x.shape[1]
        self.most = BOX * float(np.abs(self.x).sum(axis=1).max())
        self.conditions = {sign: self._conditions(sign) for sign in (1, -1)}

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self._ends - time.monotonic()

    def _conditions(self, sign: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Rows over (u, z, v, q): ``1 - M (1 - z) <= u·x <= z`` on points of the label, ``u·x <= 0`` on others."""
        own, other = self.x[self.y == sign], self.x[self.y != sign]
        count = len(own)
        rows, low, high = [], [], []
        for k, x in enumerate(own):
            z = np.eye(count)[k]
            rows += [np.r_[x, -z, 0, 0], np.r_[x, -self.most * z, 0, 0]]
            low += [-np.inf, 1 - self.most]
            high += [0.0, np.inf]
        for x in other:
            rows.append(np.r_[x, np.zeros(count), 0, 0])
            low.append(-np.inf)
            high.append(0.0)
        return np.array(rows), np.array(low), np.array(high)

    def cheapest(
        self, sign: int, t: NDArray[np.float64], label: float, prices: NDArray[np.float64]
    ) -> tuple[float, Face | None, str]:
        """The face of one sign with the least reduced cost ``sign y_t relu(u·t) - sum of prices``.

        Parameters
        ----------
        sign : int
            Of its points.
        t, label : array, float
            The test point as a neuron sees it, and its label.
        prices : ndarray, shape (n,)
            Multipliers of the training points.

        Returns
        -------
        (lower end of the reduced cost, face or None, what went wrong)
        """
        left = self.left
        if left <= 0:
            return -np.inf, None, LATE
        rows, low, high = self.conditions[sign]
        count = int((self.y == sign).sum())
        up = sign * label < 0  # relu(u·t) is wanted large
        zeros = np.zeros(count)
        # v = relu(u·t): above it where it costs, below it with a switch q where it pays
        extra = (
            [np.r_[t, zeros, -1, 0]]
            if not up
            else [np.r_[t, zeros, -1, -self.most], np.r_[0 * t, zeros, 1, -self.most]]
        )
        ends = [(-np.inf, 0.0)] if not up else [(-self.most, np.inf), (-np.inf, 0.0)]
        rows = np.vstack([rows, *extra])
        low, high = np.r_[low, [a for a, _ in ends]], np.r_[high, [b for _, b in ends]]
        costs = np.r_[np.zeros(self.width), -prices[self.y == sign], sign * label, 0.0]
        whole = np.r_[np.zeros(self.width), np.ones(count), 0, 1]
        bounds = Bounds(
            np.r_[-BOX * np.ones(self.width), zeros, 0, 0], np.r_[BOX * np.ones(self.width), zeros + 1, self.most, 1]
        )
        with silent():
            result = milp(
                costs, constraints=LinearConstraint(rows, low, high), integrality=whole, bounds=bounds,
                options={"time_limit": left},
            )  # fmt: skip
        if result.status != 0:
            stopped = result.status == 1 and result.mip_dual_bound is not None  # a limit: what it had is a bound
            lower = float(result.mip_dual_bound) if stopped else -np.inf
            return lower, None, f"a pricing program ended with: {result.message}"
        chosen = result.x[self.width : self.width + count] > 0.5
        lower = float(result.mip_dual_bound)
        if lower >= -GAP:
            return lower, None, ""
        return lower, self._exactly(sign, chosen, t, up), ""

    def _exactly(self, sign: int, chosen: NDArray[np.bool_], t: NDArray[np.float64], up: bool) -> Face | None:
        """The vertex of the chosen face with the least or largest ``u·t``, in fractions."""
        own, other = self.x[self.y == sign], self.x[self.y != sign]
        below = np.vstack([own[~chosen], other])
        limits = np.zeros(len(below))
        free, room = (below, limits) if up else (np.vstack([below, -t]), np.r_[limits, 0.0])
        # where it costs, 0 is as good as anything below: u·t >= 0, unless nothing of the face is there
        equal = (own[chosen], np.ones(int(chosen.sum()))) if chosen.any() else (None, None)
        wanted = tuple(int(k) for k in np.flatnonzero(self.y == sign)[chosen])
        for rows, ends in ((free, room), (below, limits)):
            u = self._vertex(-t if up else t, rows, ends, equal)
            if u is not None:
                return self._rounded(u, sign, wanted)
        return None

    @staticmethod
    def _vertex(costs: NDArray[np.float64], rows: Any, ends: Any, equal: tuple[Any, Any]) -> NDArray[np.float64] | None:
        result = linprog(costs, rows, ends, *equal, bounds=(-BOX, BOX), method="highs-ds")
        return result.x if result.status == 0 else None

    def _rounded(self, u: NDArray[np.float64], sign: int, wanted: tuple[int, ...]) -> Face | None:
        """The fractions that a vertex stands for: a coarser rounding may be another face."""
        for largest in SIMPLEST:
            face = Face(tuple(Fraction(float(v)).limit_denominator(largest) for v in u), sign)
            near = max(abs(float(a) - b) for a, b in zip(face.direction, u, strict=True))
            if near < GAP and covered(face, self.data) == wanted:
                return face
        return None

    def idle(self, place: int) -> Face | None:
        """A neuron that is 0 on the training set, so costs nothing, and lowers ``y f`` at a test point; or None.

        Where there is none, ``y f`` is bounded below there: a face whose ``u · x_t`` grew for ever would grow along it.
        """
        exact, label = self.data.seen(self.data.rest[place]), self.data.rest_labels[place]
        u = self._vertex(-np.array([float(v) for v in exact]), self.x, np.zeros(len(self.x)), (None, None))
        face = None if u is None else self._rounded(u, -1 if label > 0 else 1, ())
        return face if face is not None and face.on(exact) > 0 else None


def at(place: int, columns: Columns, pricing: Pricing) -> Priced | str:
    """The least ``y f`` at one test point over all covers, by column generation.

    Parameters
    ----------
    place : int
        Of the test point.
    columns : Columns
        The faces so far; new ones are added.
    pricing : Pricing
        Of the same training set.

    Returns
    -------
    Priced, or why there is nothing
    """
    data = columns.data
    exact = data.seen(data.rest[place])
    t, label = np.array([float(v) for v in exact]), float(data.rest_labels[place])
    lower = -np.inf
    for _ in range(ROUNDS):  # at least once
        places = [k for k, on in enumerate(columns.points) if on.any()]
        costs = [columns.faces[k].sign * data.rest_labels[place] * columns.faces[k].on(exact) for k in places]
        best = cover(costs, np.array(columns.points)[places])
        if isinstance(best, str):
            return best
        best = replace(best, places=tuple(places[k] for k in best.places))
        prices = np.array([float(v) for v in best.multipliers])
        found = [pricing.cheapest(sign, t, label, prices) for sign in (1, -1)]
        trouble = next((text for _, _, text in found if text), "")
        least = min(lower for lower, _, _ in found)
        # every weight of a cover is at most 1, and each face holds a point: their sum is at most n
        lower = max(lower, float(best.value) + data.n * min(least, 0.0))
        added = [columns.add(face) for _, face, _ in found if face is not None]
        if trouble or least >= -GAP:
            return Priced(best, lower, trouble)
        if not any(added):
            # the solver stops within GAP of its optimum: what it priced last may be no gain at all
            met = float(best.value) - lower <= room(data.n)
            return Priced(best, lower, "" if met else "a priced column has no exact counterpart that is new")
    assert isinstance(best, Cover)
    return Priced(best, lower, f"no end after {ROUNDS} columns")
