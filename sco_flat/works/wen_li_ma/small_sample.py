"""Without bias a flattest network may still be wrong: 18 of the 64 points of the cube are too few."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact
from sco_flat.works.wen_li_ma.common import exact, kink_note
from sco_flat.works.wen_li_ma.data import Data, xor
from sco_flat.works.wen_li_ma.nets import Neuron, Shallow, kinks, misses, trace, wrong

SOURCE = "new: Wen, Li and Ma, Theorem 3.1 asks for n of order d log d"
UNITS = (
    ((1, 1, 0, 0, 0, 0), 1),
    ((-1, -1, 0, 0, 0, 0), 1),
    ((-1, 1, 0, 0, 0, 0), -1),
    ((1, 0, 0, 1, 0, 0), -1),
    ((0, -1, 0, -1, 1, -1), -1),
)
"""Twice the directions, and the weights, of the witness."""


def witness() -> tuple[Data, Shallow]:
    """The training set of seed 1, d = 6 and n = 18, and five neurons."""
    data = xor(6, 18, 1, bias=False)
    neurons = tuple(Neuron(tuple(Fraction(v, 2) for v in u), Fraction(a)) for u, a in UNITS)
    return data, Shallow(neurons, data.length)


def decide() -> list[Claim]:
    """Interpolation, trace, and what it says on the other 46 points."""
    data, net = witness()
    signed = [net.value(x) * y for x, y in zip(data.rest, data.rest_labels, strict=True)]
    note = kink_note(kinks(net, data), data.n)
    return [
        exact("training points with f != y", misses(net, data), "==", 0, SOURCE),
        exact("Tr / (4 sqrt(d))", trace(net, data) / 4, "==", 1, SOURCE, note),
        exact("other points with the wrong sign, of 46", wrong(net, data), "==", 20, SOURCE),
        exact("of them with y f = 0", signed.count(Fraction(0)), "==", 18, SOURCE),
        exact("least y f", min(signed), "==", -1, SOURCE),
    ]


STATEMENT = Exact(
    key="wen-li-ma.small-sample",
    title="Theorem 3.1 at a small n",
    text="no bias, d = 6, n = 18: a flattest network (Tr = 4 sqrt(d)) has the wrong sign at 20 of the 46 other points",
    decide=decide,
)
