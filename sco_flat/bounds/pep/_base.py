"""What a statement declares: inequalities for the upper end, a geometry for the lower end, its method."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Vector = dict[int, Fraction]
"""A combination of the Gram matrix's rows."""
Form = dict[tuple[int, int], Fraction]
"""Coefficient of ``<x_i, x_j>`` at (i, j), i <= j."""
Loss = Callable[[Array], tuple[float, Array]]
"""Value and gradient at a point."""


def combine(*parts: tuple[Fraction | int, Vector]) -> Vector:
    """Sum of multiples of vectors."""
    total: Vector = {}
    for factor, vector in parts:
        for k, x in vector.items():
            total[k] = total.get(k, Fraction(0)) + factor * x
    return total


def inner(x: Vector, y: Vector, factor: Fraction = Fraction(1)) -> Form:
    """``factor <x, y>`` as a form."""
    total: Form = {}
    for i, a in x.items():
        for j, b in y.items():
            at = (min(i, j), max(i, j))
            total[at] = total.get(at, Fraction(0)) + factor * a * b
    return total


def add(*forms: Form) -> Form:
    """Sum of forms."""
    total: Form = {}
    for form in forms:
        for at, x in form.items():
            total[at] = total.get(at, Fraction(0)) + x
    return total


@dataclass(frozen=True)
class Inequality:
    """``sum values + sum norms + <form, Gram> <= constant``, true for every loss of the class."""

    values: dict[str, Fraction | int]
    norms: dict[str, Fraction | int]
    form: Form
    constant: Fraction | int = 0


@dataclass(frozen=True, eq=False)
class Geometry:
    """Points and gradients of the lower program as combinations of the Gram matrix's rows; w* is the last point, 0.

    Attributes
    ----------
    points, slopes : ndarray, shape (m + 1, rows)
        The last row of both is 0.
    weights : ndarray, shape (m,)
        Objective: ``weights @ values``.
    units : list of int
        Rows of length 1.
    capped : dict
        Rows whose squared length is at most a number.
    largest : tuple or None
        Further conditions ``f_i - f_j >= <matrix, Gram> + constant``, as ``(i, j, matrices, constants)``.
    room, bend : ndarray, shape (m,)
        ``room + bend |g|²`` is at least ``rho |g|``, with equality where the gradient has the norm assumed.
    """

    points: Array
    slopes: Array
    weights: Array
    units: list[int]
    capped: dict[int, float]
    largest: tuple[Array, Array, Array, Array] | None
    room: Array
    bend: Array


@functools.cache
def triangle(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Rows and columns of the upper triangle, column after column, and 1 on the diagonal, the root of 2 off it."""
    j, i = np.tril_indices(size)
    return i, j, np.where(i == j, 1.0, np.sqrt(2.0))


def products(x: Array, y: Array) -> Array:
    """Symmetric matrices of ``<x_k, y_k>``, packed: one a row, see `triangle`."""
    i, j, scale = triangle(x.shape[1])
    return np.asarray((x[:, i] * y[:, j] + x[:, j] * y[:, i]) * (scale / 2))


@dataclass(frozen=True)
class Statement(abc.ABC):
    """A statement about T steps of a method, in units of beta and a length: D, or where it is larger ``r - rho``.

    Attributes
    ----------
    steps : int
        T.
    theta : Fraction
        ``eta beta``.
    radius, flatness : Fraction
        r and rho, in units of the length.
    distance : Fraction
        D, in units of the length.
    """

    steps: int
    theta: Fraction
    radius: Fraction
    flatness: Fraction
    distance: Fraction = Fraction(1)

    quantity: ClassVar[str]
    reduces: ClassVar[bool] = True
    """Whether only ``[r - rho]_+`` counts."""

    @property
    def excess(self) -> Fraction:
        """``[r - rho]_+``, in units of the length."""
        return max(self.radius - self.flatness, Fraction(0))

    def iterate(self, t: int) -> Vector:
        """``w_t`` (t from 0) in rows: 0 is ``(w_1 - w*)/D``, t + 1 the gradient that step t subtracts."""
        return {0: self.distance} | {1 + s: -self.theta for s in range(t)}

    def average(self) -> Vector:
        """The full average of ``w_1..w_T``."""
        share = Fraction(1, self.steps)
        return combine(*((share, self.iterate(t)) for t in range(self.steps)))

    def star(self, value: str, norm: str | None, excess: Fraction, w: Vector, slope: Vector) -> Inequality:
        """``f <= <g, w - w*> + excess |g| - |g|²/2``: star inequality at ``w + v``, ``<g, v> <= r |g|``."""
        form = add(inner(slope, w, Fraction(-1)), inner(slope, slope, Fraction(1, 2)))
        return Inequality({value: 1}, {} if norm is None else {norm: -excess}, form)

    @abc.abstractmethod
    def inequalities(self) -> dict[str, Inequality]:
        """By name; a value ``f`` has the inequality ``star f`` with coefficient 1 on f alone."""

    @functools.cached_property
    def rules(self) -> dict[str, Inequality]:
        """`inequalities`, made once."""
        return self.inequalities()

    @abc.abstractmethod
    def objective(self) -> dict[str, Fraction]:
        """Weights of the values; all values are non-negative."""

    @abc.abstractmethod
    def norms(self) -> dict[str, Vector | None]:
        """Vectors of the norms; None for a number of which only ``>= 0`` is known."""

    @property
    @abc.abstractmethod
    def rows(self) -> int:
        """Rows of the Gram matrix of the upper end."""

    @abc.abstractmethod
    def geometry(self, norms: Array) -> Geometry:
        """The lower program at these norms of gradients."""

    @abc.abstractmethod
    def guesses(self, lengths: Array, knee: float) -> list[Array]:
        """Norms to start the search from; one empty array if none is needed.

        Given are the lengths of the upper program's gradients and the knee of the worst of Huber's functions.
        """

    @abc.abstractmethod
    def run(self, loss: Loss, start: Array, hints: Array) -> float:
        """Run the method on a loss whose flat minimum w* is 0, from a point at `distance`; return the quantity.

        ``hints``, shape (T + 1, d), are perturbations that the program found.
        """

    @abc.abstractmethod
    def hints(self, gram_root: Array, norms: Array) -> Array:
        """Perturbations of a solution, from a root of its Gram matrix."""

    @abc.abstractmethod
    def sharper(self) -> float:
        """The sharper bound in units of beta times the length squared."""

    def numbers(self) -> dict[str, float]:
        """Arguments of the functions in `sco_flat.bounds`, in units of beta and the length."""
        return {
            "step_size": float(self.theta), "steps": self.steps, "smoothness": 1.0,
            "perturbation_radius": float(self.radius), "flatness_radius": float(self.flatness),
            "distance": float(self.distance),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Points:
    """Points, gradients and values through which a worst function goes, with ``f(0) = 0``; start and perturbations."""

    start: Array
    hints: Array
    points: Array
    slopes: Array
    values: Array
    objective: float
