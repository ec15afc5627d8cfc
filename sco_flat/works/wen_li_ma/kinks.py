"""Without bias the flattest network sits on kinks; over differentiable points the infimum on the cube is larger."""

from __future__ import annotations

import itertools
from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number
from sco_flat.works.wen_li_ma.common import exact, kink_note
from sco_flat.works.wen_li_ma.constructions import generaliser
from sco_flat.works.wen_li_ma.data import Data, xor
from sco_flat.works.wen_li_ma.nets import Neuron, Shallow, kinks, misses, trace, wrong

SOURCE = "Wen, Li and Ma, Lemma 4.1 with differentiability asked for"
PRINTED = "Wen, Li and Ma, Theorem 3.1"


def tilted(data: Data, tilt: Fraction) -> Shallow:
    """``relu(±(x_1 + (1 - e) x_2)) - relu(±(x_1 - (1 - e) x_2))``, over 2 - 2e: f = y, and no point on a kink.

    Its best scale is ``s² = |x|² P a² / E h²``, with ``P = 1/2`` and ``E h² = |u|²/2`` on the whole cube.
    """
    size = 2 - 2 * tilt
    rest = (Fraction(0),) * (data.d - 2)
    found = []
    for sign, second in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        u = (Fraction(sign), sign * second * (1 - tilt), *rest)
        found.append(Neuron(u, second / size))
    length = 1 + (1 - tilt) ** 2
    return Shallow(tuple(found), data.d / (size**2 * length))


def signed_mean(u: tuple[int, ...], d: int) -> Fraction:
    """``E y relu(u · x)`` over the cube."""
    found = sum(
        x[0] * x[1] * max(sum(a * b for a, b in zip(u, x, strict=True)), 0)
        for x in itertools.product((-1, 1), repeat=d)
    )
    return Fraction(found, 2**d)


def decide(d: int, tilt: Fraction) -> list[Claim]:
    """Both lines, the network that comes near the upper one, and the inequality of its dual."""
    data = xor(d, 2**d, 0, bias=False)
    flat, net = generaliser(data), tilted(data, tilt)
    on = kinks(flat, data)
    reached = trace(net, data) ** 2 * net.radicand
    grid = [u for u in itertools.product(range(-2, 3), repeat=d) if any(u)] if d <= 4 else []
    grid += [u for u in itertools.product((-1, 0, 1), repeat=d) if any(u)] if d > 4 else []
    room = max(2 * abs(signed_mean(u, d)) - min(abs(u[0]), abs(u[1])) for u in grid)
    half = max(8 * signed_mean(u, d) ** 2 / sum(v * v for v in u) for u in grid)
    return [
        exact(
            "generaliser: Tr / (4 sqrt(d)), relu'(0) = 0", trace(flat, data) / 4, "==", 1, PRINTED, kink_note(on, 2**d)
        ),
        exact("generaliser: points on a kink", on, ">", 0, SOURCE),
        exact("largest 2 |E y relu(u·x)| - min(|u_1|, |u_2|), all u of a grid", room, "<=", 0, SOURCE),
        exact("largest 8 (E y relu(u·x))² / |u|²: the dual of 4 sqrt(2) sqrt(d)", half, "<=", 1, SOURCE),
        exact("tilted: points on a kink", kinks(net, data), "==", 0, SOURCE),
        exact("tilted: points with f != y", misses(net, data) + wrong(net, data), "==", 0, SOURCE),
        exact("tilted: Tr² > 32 d", reached, ">", 32 * d, SOURCE),
        exact("tilted: Tr² <= 32 d (1 + 3 e)", reached, "<=", 32 * d * (1 + 3 * tilt), SOURCE),
    ]


STATEMENT = Exact(
    key="wen-li-ma.kinks",
    title="Lemma 4.1 at a kink",
    text="no bias: 4 sqrt(d) is attained on kinks; over differentiable points the infimum on the cube is 4 sqrt(2d)",
    numbers={"d": Number(4, 2, 7), "tilt": Number(Fraction(1, 1000), Fraction(1, 10**6), Fraction(1, 10))},
    decide=decide,
)
