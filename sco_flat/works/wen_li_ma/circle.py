"""Proposition A.2: the circle with Lipschitz labels; both ends of the flattest set, on rational points."""

from __future__ import annotations

from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import exact
from sco_flat.works.wen_li_ma.data import Data, Point, dot, given
from sco_flat.works.wen_li_ma.nets import Neuron, Shallow, misses, trace

SOURCE = "Wen, Li and Ma, Proposition A.2"


def point(place: Fraction) -> Point:
    """A rational point of the circle, by a number from 0 to 4: a quarter for each unit."""
    turns, t = place // 1, place % 1
    x, y = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    for _ in range(int(turns) % 4):
        x, y = -y, x
    return (x, y)


def label(x: Point) -> Fraction:
    """A Lipschitz function that is never 0: ``2 + x_1 + x_2 / 2``."""
    return 2 + x[0] + x[1] / 2


def _neuron(x: Point, normal: Point, level: Fraction, y: Fraction) -> Neuron:
    """1 at x, 0 on the chord ``normal · z = level``."""
    height = dot(normal, x) - level
    return Neuron((normal[0] / height, normal[1] / height, -level / height), y, abs(y))


def wide(points: list[Point], between: list[Point]) -> Shallow:
    """Every neuron is 1/2 half-way to both neighbours of its point, and 0 before them: f goes from label to label."""
    found = []
    for k, x in enumerate(points):
        before, after = between[k - 1], between[k]
        normal = (after[1] - before[1], before[0] - after[0])
        found.append(_neuron(x, normal, 2 * dot(normal, before) - dot(normal, x), label(x)))
    return Shallow(tuple(found), Fraction(2))


def narrow(points: list[Point], between: list[Point]) -> Shallow:
    """Every neuron vanishes before the next test points already: f knows its points alone."""
    found = []
    for k, x in enumerate(points):
        level = max(dot(x, z) for z in (between[k - 1], between[k]))
        found.append(_neuron(x, x, level, label(x)))
    return Shallow(tuple(found), Fraction(2))


def _worst(net: Shallow, data: Data) -> Fraction:
    """The largest ``|f - y|/|y|`` on the test points."""
    pairs = zip(data.rest, data.rest_labels, strict=True)
    return max(abs(net.value(data.seen(x)) - y) / abs(y) for x, y in pairs)


def decide(n: int) -> list[Claim]:
    """Both networks at the floor; between the training points one follows the labels, the other is 0."""
    points, between = ([point(Fraction(4 * k + shift, n)) for k in range(n)] for shift in (0, 2))
    tests = [point(Fraction(4 * k + shift, n)) for k in range(n) for shift in (1, 2, 3)]
    data = given(points, list(map(label, points)), tests, list(map(label, tests)))
    floor = 4 * sum(map(abs, data.labels), Fraction(0)) / n
    good, bad = wide(points, between), narrow(points, between)
    found = []
    for name, net in (("wide arcs", good), ("narrow arcs", bad)):
        found += [
            exact(f"{name}: training points with f != y", misses(net, data), "==", 0, SOURCE),
            exact(f"{name}: Tr / ((4/n) sum |y| sqrt(2))", trace(net, data) / floor, "==", 1, SOURCE),
        ]
    note = "in kind, with networks of ours; at a quarter, a half and three quarters of the way between training points"
    found.append(exact("wide arcs: largest |f - y|/|y|", _worst(good, data), "<=", Fraction(1, 4), SOURCE, note))
    found.append(exact("narrow arcs: largest |f - y|/|y|", _worst(bad, data), ">=", 1, SOURCE, note))
    return found


STATEMENT = Exact(
    key="wen-li-ma.circle",
    title="Proposition A.2",
    text="circle, Lipschitz labels: networks that follow the labels and networks that are 0 between are flattest",
    numbers={"n": Number(16, 5, 200)},
    decide=decide,
)
