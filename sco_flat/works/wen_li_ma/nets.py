"""Networks in fractions: values, the trace of Gauss and Newton by the Jacobian, kinks. relu'(0) = 0 throughout.

The scale of a layer that is best is a root, so it is kept apart: with ``s = q^(1/D)`` layer 1 carries ``s^((D-1)/2)``
and every other one ``s^(-1/2)``. The function does not change, and every squared gradient is a fraction times a power
of s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sco_flat.works.wen_li_ma.data import Data, Point, dot, square

Row = tuple[Fraction, ...]
ZERO = Fraction(0)


@dataclass(frozen=True)
class Neuron:
    """``weight * relu(direction · x')``; the direction carries the factor ``sqrt(t s)``, the weight its inverse.

    Attributes
    ----------
    direction : tuple of Fraction
        With the bias as its last entry where there is one.
    weight : Fraction
        In front of it.
    t : Fraction
        Square of the scale, in units of s.
    """

    direction: Row
    weight: Fraction
    t: Fraction = Fraction(1)


@dataclass(frozen=True)
class Shallow:
    """Two layers.

    Attributes
    ----------
    neurons : tuple of Neuron
        The hidden layer.
    radicand : Fraction
        q: the scale unit is ``s = sqrt(q)``.
    """

    neurons: tuple[Neuron, ...]
    radicand: Fraction

    def value(self, x: Point) -> Fraction:
        """``f(x)`` at a point as the neurons see it."""
        return sum((j.weight * max(dot(j.direction, x), ZERO) for j in self.neurons), ZERO)

    def kinked(self, x: Point) -> bool:
        """Whether some neuron is at its kink there: f need not be differentiable in the weights."""
        return any(dot(j.direction, x) == 0 for j in self.neurons)

    def squares(self, x: Point) -> tuple[Fraction, Fraction]:
        """``|grad f(x)|²`` as ``(a, b)``: ``a s + b / s``, weights first, then directions."""
        above, below = ZERO, ZERO
        for j in self.neurons:
            h = dot(j.direction, x)
            if h > 0:
                above += h * h * j.t
                below += j.weight**2 * square(x) / j.t
        return above, below


def trace(net: Shallow, data: Data) -> Fraction:
    """Return ``(2/n) sum |grad f(x_i)|²`` in units of ``sqrt(q)``: at an interpolator where f is differentiable, Tr.

    Parameters
    ----------
    net : Shallow
        In the scale ``sqrt(q)``.
    data : Data
        Its training set.

    Returns
    -------
    Fraction
        ``Tr / sqrt(q)``, since ``1/s = s/q``.

    Examples
    --------
    >>> from sco_flat.works.wen_li_ma.constructions import memoriser
    >>> from sco_flat.works.wen_li_ma.data import xor
    >>> data = xor(3, 4, 0)
    >>> trace(memoriser(data), data)  # Tr = 4 sqrt(d + 1)
    Fraction(4, 1)
    """
    total = ZERO
    for x in data.points:
        above, below = net.squares(data.seen(x))
        total += above + below / net.radicand
    return 2 * total / data.n


def misses(net: Shallow | Chain, data: Data) -> int:
    """How many training points are not met exactly."""
    return sum(net.value(data.seen(x)) != y for x, y in zip(data.points, data.labels, strict=True))


def wrong(net: Shallow | Chain, data: Data) -> int:
    """At how many of the other points the sign is not that of the label; 0 counts as wrong."""
    return sum(net.value(data.seen(x)) * y <= 0 for x, y in zip(data.rest, data.rest_labels, strict=True))


def kinks(net: Shallow, data: Data) -> int:
    """How many training points lie on a kink of some neuron."""
    return sum(net.kinked(data.seen(x)) for x in data.points)


@dataclass(frozen=True)
class Chain:
    """D layers with ReLU between them and one output; only the first may have a bias.

    Attributes
    ----------
    layers : tuple of matrices
        The first acts on what a neuron sees of a point, the last has one row.
    radicand : Fraction
        q: the scale unit is ``s = q^(1/D)``.
    """

    layers: tuple[tuple[Row, ...], ...]
    radicand: Fraction

    def _forward(self, x: Point) -> list[Sequence[Fraction]]:
        """The input of every layer, and the output."""
        found: list[Sequence[Fraction]] = [x]
        for place, layer in enumerate(self.layers, 1):
            z = [dot(row, found[-1]) for row in layer]
            found.append(z if place == len(self.layers) else [max(v, ZERO) for v in z])
        return found

    def value(self, x: Point) -> Fraction:
        """``f(x)``."""
        return self._forward(x)[-1][0]

    def squares(self, x: Point) -> list[Fraction]:
        """``|df/dW_l|²`` of every layer, without the scales."""
        inputs = self._forward(x)
        back: list[Fraction] = [Fraction(1)]
        found = []
        for place in range(len(self.layers) - 1, -1, -1):
            found.append(square(back) * square(inputs[place]))
            layer = self.layers[place]
            sent = [sum((back[k] * row[c] for k, row in enumerate(layer)), ZERO) for c in range(len(layer[0]))]
            back = [v if h > 0 else ZERO for v, h in zip(sent, inputs[place], strict=True)]
        return found[::-1]


def deep_trace(net: Chain, data: Data) -> Fraction:
    """Return ``(2/n) sum |grad f(x_i)|²`` in units of ``s = q^(1/D)``: the first layer's scale brings ``s/q``."""
    total = ZERO
    for x in data.points:
        first, *others = net.squares(data.seen(x))
        total += first / net.radicand + sum(others, ZERO)
    return 2 * total / data.n
