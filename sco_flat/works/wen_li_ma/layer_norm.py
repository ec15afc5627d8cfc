"""Theorem 5.1: with a simplified LayerNorm ``f = a · h / max(|h|, eps)`` memoriser and generaliser have trace 2.

That no network is below the floor ``(2/n) sum min(1, (2/eps) |x'| |y|)`` is the paper's; its value, 2, is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sco_flat.errors import InputError
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact, kink_note
from sco_flat.works.wen_li_ma.constructions import generaliser, memoriser, off_kinks
from sco_flat.works.wen_li_ma.data import Data, Point, dot, square, xor
from sco_flat.works.wen_li_ma.nets import Neuron, Shallow, kinks
from sco_flat.works.wen_li_ma.shown import on_other_points

SOURCE = "Wen, Li and Ma, Theorem 5.1 and Propositions 5.1 and 5.2"


def _hidden(net: Shallow, x: Point, scale: Fraction) -> list[Fraction]:
    return [max(dot(j.direction, x) * scale, Fraction(0)) for j in net.neurons]


def normed_square(net: Shallow, x: Point, scale: Fraction) -> tuple[Fraction, int]:
    """``f(x)²`` and the sign of f, where ``|h| >= eps``."""
    h = _hidden(net, x, scale)
    value = sum((j.weight * v for j, v in zip(net.neurons, h, strict=True)), Fraction(0))
    return value**2 / square(h), (value > 0) - (value < 0)


def gradient_square(net: Shallow, x: Point, scale: Fraction, eps: Fraction) -> Fraction:
    """``|grad f(x)|²`` in both layers, where ``|h| >= eps``.

    Parameters
    ----------
    net : Shallow
        Its scales t are not read: the first layer is multiplied by ``scale``.
    x : tuple of Fraction
        As a neuron sees it.
    scale, eps : Fraction
        Of the first layer, and of the norm.

    Raises
    ------
    InputError
        Where no neuron is active, or the hidden layer is shorter than eps.
    """
    h = _hidden(net, x, scale)
    size = square(h)
    if size == 0:
        shown = ", ".join(map(str, x))
        raise InputError(
            "points", f"({shown})", "has an all-zero hidden layer, which LayerNorm cannot scale", "add a neuron"
        )
    if size < eps * eps:
        raise InputError(
            "eps", eps, f"must be at most |h|, and |h|² = {size}", "choose a smaller eps or a larger scale"
        )
    along = sum((j.weight * v for j, v in zip(net.neurons, h, strict=True)), Fraction(0)) / size
    # d(h/|h|) removes what is parallel to h; the last layer sees a vector of length 1
    across = sum(((j.weight - along * v) ** 2 for j, v in zip(net.neurons, h, strict=True) if v > 0), Fraction(0))
    return 1 + across * square(x) / size


def normed_trace(net: Shallow, data: Data, scale: Fraction, eps: Fraction) -> Fraction:
    """``(2/n) sum |grad f(x_i)|²`` under LayerNorm."""
    return 2 * sum((gradient_square(net, data.seen(x), scale, eps) for x in data.points), Fraction(0)) / data.n


def _misses(net: Shallow, data: Data, scale: Fraction) -> int:
    pairs: Sequence[tuple[tuple[Fraction, int], Fraction]] = [
        (normed_square(net, data.seen(x), scale), y) for x, y in zip(data.points, data.labels, strict=True)
    ]
    return sum((size, sign) != (y * y, (y > 0) - (y < 0)) for (size, sign), y in pairs)


def decide(d: int, n: int, eps: Fraction, scale: Fraction, seed: int) -> list[Claim]:
    """Both networks, the floor, and one that sees a point with two neurons."""
    data, found = xor(d, n, seed), []
    # the floor is (2/n) sum min(1, (2/eps) |x'| |y|): 2 where the square of the second is at least 1
    found.append(exact("((2/eps) |x'| |y|)², so that the floor is 2", 4 * data.length / eps**2, ">=", 1, SOURCE))
    nets = {"memoriser": memoriser(data), "w = x_i, b = 1 - d": off_kinks(data), "generaliser": generaliser(data)}
    for name, net in nets.items():
        found.append(exact(f"{name}: training points with f != y", _misses(net, data, scale), "==", 0, SOURCE))
        note = kink_note(kinks(net, data), n)
        found.append(exact(f"{name}: Tr", normed_trace(net, data, scale, eps), "==", 2, SOURCE, note))
    found += on_other_points(nets, data, SOURCE)
    spoiled = Shallow(
        (*nets["generaliser"].neurons, Neuron((*(Fraction(0),) * d, Fraction(1)), Fraction(0))), Fraction(1)
    )
    note = "a fifth neuron, of weight 0, is active everywhere"
    found.append(
        exact("Tr with a fifth neuron", normed_trace(spoiled, data, scale, eps), ">", 2, "a disturbed network", note)
    )
    return found


SMALL = Number(Fraction(1, 100), Fraction(1, 10**6), 1)
STATEMENT = Exact(
    key="wen-li-ma.layer-norm",
    title="Theorem 5.1",
    text="LayerNorm: memoriser and generaliser both have Tr = 2, the value of the paper's floor "
    "(2/n) sum min(1, (2/eps) |x'| |y|)",
    numbers={"d": D, "n": N, "eps": SMALL, "scale": Number(Fraction(1), Fraction(1), 1000), "seed": SEED},
    decide=decide,
)
