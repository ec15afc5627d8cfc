"""The inequality behind all of it: ``Tr_GN >= (4/n) sum |x'_i| |f(x_i)|``, and its floors.

For one example Cauchy-Schwarz gives ``|f| <= |a| |h|`` and ``|a| |x'|`` bounds the rest from below, and two squares
are at least twice their product; in D layers the D squares are at least D times their geometric mean.
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import SEED, SOURCE, D, N, exact
from sco_flat.works.wen_li_ma.constructions import generaliser, memoriser
from sco_flat.works.wen_li_ma.data import Data, dot, square, xor
from sco_flat.works.wen_li_ma.nets import Chain, Neuron, Row, Shallow, trace

NETWORKS = 8
SHARP = f"sharper than {SOURCE}, Lemma 4.1: it holds at every parameter, interpolating or not"


def _entries(rng: np.random.Generator, count: int) -> Row:
    """Fractions with small numerators and denominators."""
    return tuple(
        Fraction(int(a), int(b)) for a, b in zip(rng.integers(-5, 6, count), rng.integers(1, 5, count), strict=True)
    )


def _shallow(rng: np.random.Generator, data: Data) -> Shallow:
    width = len(data.seen(data.points[0]))
    pairs = [(_entries(rng, width), _entries(rng, 1)[0]) for _ in range(6)]
    return Shallow(tuple(Neuron(u, a) for u, a in pairs), Fraction(1))


def _deep(rng: np.random.Generator, data: Data, depth: int) -> Chain:
    widths = [len(data.seen(data.points[0])), *(3,) * (depth - 1), 1]
    layers = [tuple(_entries(rng, a) for _ in range(b)) for a, b in itertools.pairwise(widths)]
    return Chain(tuple(layers), Fraction(1))


def _lowest(data: Data, rng: np.random.Generator) -> Fraction:
    """The least ``Tr_GN²`` over the square of its floor, over random networks."""
    found: list[Fraction] = []
    while len(found) < NETWORKS:
        net = _shallow(rng, data)
        size = sum((abs(net.value(data.seen(x))) for x in data.points), Fraction(0)) / data.n
        if size:
            found.append(trace(net, data) ** 2 / (16 * data.length * size**2))
    return min(found)


def _lowest_deep(data: Data, rng: np.random.Generator, depth: int) -> Fraction:
    """The least ratio of both sides, to the power D, over random networks and examples."""
    found: list[Fraction] = []
    tries = 0
    while len(found) < NETWORKS and tries < 100 * NETWORKS:
        tries += 1
        net = _deep(rng, data, depth)
        for x in data.points:
            f = net.value(data.seen(x))
            if f:
                floor = depth**depth * f ** (2 * depth - 2) * square(data.seen(x))
                found.append(sum(net.squares(data.seen(x)), Fraction(0)) ** depth / floor)
    return min(found, default=Fraction(1))


def _dual(data: Data, nets: tuple[Shallow, ...]) -> Fraction:
    """The largest ``|E y h|² / (P[h > 0] E h²)`` over neurons of networks: y/n is feasible if it is at most 1."""
    found = []
    for net in nets:
        for j in net.neurons:
            h = [max(dot(j.direction, data.seen(x)), Fraction(0)) for x in data.points]
            if any(h):
                signed = sum((y * v for y, v in zip(data.labels, h, strict=True)), Fraction(0))
                found.append(signed**2 / (sum(v > 0 for v in h) * square(h)))
    return max(found)


def square_left(sign: int) -> int:
    """Sum of |coefficients| of ``h² + (a r)² - 2 s h a r - (h - s a r)²`` in h and ``a r``, for s = 1 or -1.

    Summed over the active neurons of any network, with ``r = |x'|`` and s the sign of f, this is ``|grad f|² >= 2 |x'|
    |f|``.
    """
    left = Counter({(2, 0): 1, (0, 2): 1, (1, 1): -2 * sign})
    for (i, j, x), (p, q, y) in itertools.product(((1, 0, 1), (0, 1, -sign)), repeat=2):
        left[i + p, j + q] -= x * y
    return sum(map(abs, left.values()))


def decide(d: int, n: int, depth: int, seed: int) -> list[Claim]:
    """The identity behind two layers, random networks in fractions, and the dual."""
    rng = np.random.default_rng([seed, 1])
    name = "every active neuron: h² + a² r² - 2 s a h r - (h - s a r)², sum of |coefficients|"
    note = "r = |x'|, s = 1 and -1: summed, |grad f|² >= 2 |x'| |f|, which is the inequality in two layers"
    found = [exact(name, square_left(1) + square_left(-1), "==", 0, SHARP, note)]
    for bias, named in ((True, "with bias"), (False, "without bias")):
        data = xor(d, n, seed, bias)
        name = f"Tr_GN² / ((4/n) sum |x'| |f|)², {named}"
        found.append(exact(name, _lowest(data, rng), ">=", 1, SHARP, f"the least over {NETWORKS} random networks"))
        nets = (memoriser(data), generaliser(data)) if bias else (generaliser(data),)
        name = f"|E y h|² / (P[h > 0] E h²), {named}"
        found.append(
            exact(name, _dual(data, (*nets, _shallow(rng, data))), "<=", 1, SHARP, "so the dual y/n is feasible")
        )
        value = sum((y * y for y in data.labels), Fraction(0)) / n
        found.append(exact(f"value of the dual y/n, {named}", value, "==", 1, SHARP))
        length = d + 1 if bias else d
        found.append(exact(f"floor² = 16 |x'|², {named}", 16 * data.length, "==", 16 * length, SOURCE))
    data = xor(d, n, seed)
    name = f"(sum_l |df/dW_l|²)^D / (D^D |f|^(2D-2) |x'|²), D = {depth}"
    note = "the least over the examples of random networks; at every parameter by Cauchy-Schwarz, which is not redone"
    found.append(exact(name, _lowest_deep(data, rng, depth), ">=", 1, SHARP, note))
    return found


STATEMENT = Exact(
    key="wen-li-ma.floor",
    title="the inequality",
    text="at every parameter Tr_GN >= (4/n) sum |x'| |f|; depth D: (2D/n) sum (|f|^(D-1) |x'|)^(2/D)",
    numbers={"d": D, "n": N, "depth": Number(3, 2, 6), "seed": SEED},
    decide=decide,
)
