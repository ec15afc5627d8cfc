"""Proposition A.1: other labels that depend on the first s coordinates."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat.errors import InputError
from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import SEED, D, N, exact, kink_note
from sco_flat.works.wen_li_ma.constructions import faces, memoriser, pattern_neurons
from sco_flat.works.wen_li_ma.data import Data, given, xor
from sco_flat.works.wen_li_ma.nets import Neuron, Shallow, kinks, misses, trace
from sco_flat.works.wen_li_ma.shown import on_other_points

SOURCE = "Wen, Li and Ma, Proposition A.1"
CORRECTED = f"{SOURCE} corrected: r² = |y| sqrt(R² + 1)"


def labelled(d: int, n: int, s: int, seed: int) -> tuple[Data, dict[tuple[int, ...], Fraction]]:
    """The points of `xor` with a label of -3 to 3, never 0, for each pattern of the first s coordinates."""
    if s > d:
        raise InputError("s", s, f"must be at most d = {d}", "choose a smaller s")
    rng = np.random.default_rng([seed, 2])
    values = {signs: Fraction(int(rng.choice([-3, -2, -1, 1, 2, 3]))) for signs in faces(s)}
    base = xor(d, n, seed)
    labels = ([values[tuple(int(v) for v in x[:s])] for x in part] for part in (base.points, base.rest))
    first, second = labels
    return given(base.points, first, base.rest, second), values


def printed_scale(net: Shallow, data: Data) -> Shallow:
    """The same function with ``r² = |y| (R² + 1)``, as it is printed: in units of 1."""
    neurons = tuple(Neuron(j.direction, j.weight, abs(j.weight) * data.length) for j in net.neurons)
    return Shallow(neurons, Fraction(1))


def decide(d: int, n: int, s: int, seed: int) -> list[Claim]:
    """A memoriser and a generaliser, both at the floor ``(4/n) sum |y| sqrt(R² + 1)``."""
    data, values = labelled(d, n, s, seed)
    floor = 4 * sum(map(abs, data.labels), Fraction(0)) / n
    known = tuple(Neuron(j.direction, j.weight, abs(j.weight)) for j in memoriser(data).neurons)
    nets = {
        "memoriser": Shallow(known, data.length),
        "generaliser": Shallow(pattern_neurons(data, s, values), data.length),
    }
    found = []
    for name, net in nets.items():
        found += [
            exact(f"{name}: training points with f != y", misses(net, data), "==", 0, SOURCE),
            exact(
                f"{name}: Tr / ((4/n) sum |y| sqrt(R² + 1))", trace(net, data) / floor, "==", 1, CORRECTED,
                kink_note(kinks(net, data), n),
            ),
        ]  # fmt: skip
    found += on_other_points(nets, data, SOURCE)
    printed = trace(printed_scale(nets["memoriser"], data), data)
    name = "Tr² with the printed r² = |y| (R² + 1), over the square of the floor"
    found.append(exact(name, printed**2 / (floor**2 * data.length), ">", 1, CORRECTED))
    return found


STATEMENT = Exact(
    key="wen-li-ma.other-labels",
    title="Proposition A.1",
    text="labels of the first s coordinates: a memoriser and 2^s neurons are both flattest, with r² = |y| sqrt(R² + 1)",
    numbers={"d": D, "n": N, "s": Number(3, 1, 6), "seed": SEED},
    decide=decide,
)
