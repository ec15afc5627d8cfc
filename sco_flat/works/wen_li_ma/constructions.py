"""The paper's networks, and ours: the memoriser, the generaliser, and what becomes of them when they are disturbed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

from sco_flat.works.wen_li_ma.data import Data
from sco_flat.works.wen_li_ma.nets import Chain, Neuron, Shallow

CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def memoriser(data: Data) -> Shallow:
    """One neuron a training point: ``w = x_i/2``, ``b = (2 - d)/2``. 1 there, at most 0 elsewhere on the cube."""
    b = Fraction(2 - data.d, 2)
    pairs = zip(data.points, data.labels, strict=True)
    return Shallow(tuple(Neuron((*(v / 2 for v in x), b), y) for x, y in pairs), data.length)


def off_kinks(data: Data) -> Shallow:
    """A memoriser that is at most -1 elsewhere: ``w = x_i``, ``b = 1 - d``, so that f is differentiable everywhere."""
    b = Fraction(1 - data.d)
    pairs = zip(data.points, data.labels, strict=True)
    return Shallow(tuple(Neuron((*x, b), y) for x, y in pairs), data.length)


def generaliser(data: Data) -> Shallow:
    """Four neurons ``relu(±x_1 ± x_2 - 1)``; without bias ``relu((±x_1 ± x_2)/2)``, on whose kinks half the cube is."""
    found = []
    for s, t in CORNERS:
        rest = [0] * (data.d - 2) + ([-1] if data.bias else [])
        u = tuple(Fraction(v, 1 if data.bias else 2) for v in (s, t, *rest))
        found.append(Neuron(u, Fraction(s * t)))
    return Shallow(tuple(found), data.length)


def deep(net: Shallow, depth: int) -> Chain:
    """The same function in D layers: the hidden values are handed on by identities."""
    width = len(net.neurons)
    identity = tuple(tuple(Fraction(i == k) for k in range(width)) for i in range(width))
    first = tuple(j.direction for j in net.neurons)
    last = (tuple(j.weight for j in net.neurons),)
    return Chain((first, *(identity,) * (depth - 2), last), net.radicand)


def one_scale_off(net: Shallow, data: Data, factor: Fraction = Fraction(101, 100)) -> Shallow:
    """The same function; the scale of one neuron that is active on the training set is multiplied by a factor."""
    seen = [data.seen(x) for x in data.points]
    place = next(k for k, j in enumerate(net.neurons) if any(sum(Shallow((j,), net.radicand).squares(x)) for x in seen))
    changed = replace(net.neurons[place], t=net.neurons[place].t * factor**2)
    return replace(net, neurons=(*net.neurons[:place], changed, *net.neurons[place + 1 :]))


def printed_radius(net: Shallow, d: int) -> Shallow:
    """The same function in the printed ``r = (d² + 1)^(1/4)`` for ``(d + 1)^(1/4)``: then ``s = sqrt(d² + 1)``."""
    return replace(net, radicand=Fraction(d * d + 1))


def faces(s: int) -> list[tuple[int, ...]]:
    """The sign patterns of the first s coordinates."""
    return list(itertools.product((-1, 1), repeat=s))


def pattern_neurons(data: Data, s: int, values: dict[tuple[int, ...], Fraction]) -> tuple[Neuron, ...]:
    """A neuron for each pattern of the first s coordinates, 1 on it and at most -1 elsewhere, in its best scale."""
    found = []
    for signs in faces(s):
        y = values[signs]
        u = tuple(map(Fraction, (*signs, *(0,) * (data.d - s), 1 - s)))
        found.append(Neuron(u, y, abs(y)))
    return tuple(found)
