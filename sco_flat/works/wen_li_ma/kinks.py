"""Without bias the flattest network sits on kinks; over differentiable points the infimum on the cube is larger.

*Lower end, every d and u.* Given the other coordinates, ``c = sum_(k>2) u_k x_k``, the mean of ``y relu(u · x)`` over
``x_1, x_2`` is ``(g(p) - g(q))/4`` with ``p = u_1 + u_2``, ``q = u_1 - u_2`` and ``g(z) = relu(z + c) + relu(-z + c)``.
g is even, continuous and linear in pieces with slopes -1, 0 and 1, so that ``|g(p) - g(q)| <= ||p| - |q||``, and
``(|p| - |q|)² <= p² + q² = 2 (u_1² + u_2²)``: together ``8 (E y relu(u · x))² <= u_1² + u_2² <= |u|²``. Off kinks just
one of x and -x is active, so that ``P = 1/2`` and ``E h² = |u|²/2``, and a network with f = y has ``Tr = sum |u_j|² + d
a_j² >= 2 sqrt(d) sum |a_j||u_j| >= 2 sqrt(d) sqrt(8) E y f = 4 sqrt(2d)``. (A neuron with a kink and ``a_j = 0`` adds
``2 E h² >= 0`` and nothing to f.)

*Upper end.* The tilted generaliser has ``Tr² = 16 d (1 + 1/(1 - e)²)``, which falls to ``32 d`` with e.
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

from sco_flat.results import Claim, Relation
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


def tilted_law(d: int, tilt: Fraction) -> Fraction:
    """``Tr²`` of the tilted network; it falls to ``32 d`` with the tilt."""
    return 16 * d * (1 + 1 / (1 - tilt) ** 2)


Forms = Counter[tuple[int, int, int]]
"""Of a sum of relus: from the coefficients of an argument in u_1, u_2 and c to the factor in front."""


def pair(first: int, second: int) -> Forms:
    """``g(first u_1 + second u_2)``."""
    return Counter([(first, second, 1), (-first, -second, 1)])


def apart(*terms: tuple[int, Forms]) -> int:
    """Sum of |factors| of a combination of sums of relus."""
    found: Forms = Counter()
    for factor, forms in terms:
        for form, size in forms.items():
            found[form] += factor * size
    return sum(map(abs, found.values()))


def corners() -> Forms:
    """``4 E y relu(u · x)`` over x_1 and x_2, with c for the rest of ``u · x``."""
    return Counter({(s, t, 1): s * t for s, t in itertools.product((-1, 1), repeat=2)})


def slopes() -> set[int]:
    """Those of g, where its two relus are active or not."""
    forms = pair(1, 0)
    return {
        sum(on * form[0] * size for on, (form, size) in zip(active, forms.items(), strict=True))
        for active in itertools.product((0, 1), repeat=len(forms))
    }


def squares() -> int:
    """Sum of |coefficients| of ``p² + q² - 2 (u_1² + u_2²)`` in u_1 and u_2."""
    found = Counter({(2, 0): -2, (0, 2): -2})
    for first, second in ((1, 1), (1, -1)):
        for (i, a), (j, b) in itertools.product(((1, first), (0, second)), repeat=2):
            found[i + j, 2 - i - j] += a * b
    return sum(map(abs, found.values()))


def moments(d: int) -> int:
    """``2^d`` times the sum of ``|E x_i x_j - 1[i = j]|`` over the cube."""
    cube = list(itertools.product((-1, 1), repeat=d))
    return sum(
        abs(sum(x[i] * x[j] for x in cube) - len(cube) * (i == j)) for i, j in itertools.product(range(d), repeat=2)
    )


def lower_end(d: int) -> list[Claim]:
    """The steps to ``8 (E y relu(u · x))² <= |u|²`` at every u, and to ``E h² = |u|²/2``."""
    p, q = pair(1, 1), pair(1, -1)
    off = apart((1, corners()), (-1, p), (1, q))
    even = apart((1, p), (-1, pair(-1, -1))) + apart((1, q), (-1, pair(-1, 1)))
    active = Counter(int(sign > 0) + int(-sign > 0) for sign in (-1, 1))
    steps: tuple[tuple[str, int, Relation, int], ...] = (
        ("every u: 4 E y relu(u·x) over x_1, x_2 - (g(p) - g(q)), sum of |factors|", off, "==", 0),
        ("every u: g(p) - g(-p) and g(q) - g(-q), sum of |factors|", even, "==", 0),
        ("largest |slope| of g(z) = relu(z + c) + relu(-z + c), all patterns", max(map(abs, slopes())), "<=", 1),
        ("every u: p² + q² - 2 (u_1² + u_2²), sum of |coefficients|", squares(), "==", 0),
        ("off kinks: signs of u·x for which x and -x are not active once together", 2 - active[1], "==", 0),
        ("2^d sum |E x_i x_j - 1[i = j]|, so that E h² = |u|²/2", moments(d), "==", 0),
    )  # fmt: skip
    return [exact(name, value, relation, bound, SOURCE) for name, value, relation, bound in steps]


def signed_mean(u: tuple[int, ...], d: int) -> Fraction:
    """``E y relu(u · x)`` over the cube."""
    found = sum(
        x[0] * x[1] * max(sum(a * b for a, b in zip(u, x, strict=True)), 0)
        for x in itertools.product((-1, 1), repeat=d)
    )
    return Fraction(found, 2**d)


def decide(d: int, tilt: Fraction) -> list[Claim]:
    """Both lines, the steps of the lower end, and networks that come near it."""
    data = xor(d, 2**d, 0, bias=False)
    flat, net = generaliser(data), tilted(data, tilt)
    on = kinks(flat, data)
    reached = trace(net, data) ** 2 * net.radicand
    nearer = tilted(data, tilt / 10)
    grid = [u for u in itertools.product(range(-2, 3), repeat=d) if any(u)] if d <= 4 else []
    grid += [u for u in itertools.product((-1, 0, 1), repeat=d) if any(u)] if d > 4 else []
    room = max(2 * abs(signed_mean(u, d)) - min(abs(u[0]), abs(u[1])) for u in grid)
    half = max(8 * signed_mean(u, d) ** 2 / sum(v * v for v in u) for u in grid)
    return [
        exact(
            "generaliser: Tr / (4 sqrt(d)), relu'(0) = 0", trace(flat, data) / 4, "==", 1, PRINTED, kink_note(on, 2**d)
        ),
        exact("generaliser: points on a kink", on, ">", 0, SOURCE),
        *lower_end(d),
        exact("largest 2 |E y relu(u·x)| - min(|u_1|, |u_2|), all u of a grid", room, "<=", 0, SOURCE),
        exact("largest 8 (E y relu(u·x))² / |u|², all u of a grid", half, "<=", 1, SOURCE),
        exact("tilted: points on a kink", kinks(net, data), "==", 0, SOURCE),
        exact("tilted: points with f != y", misses(net, data) + wrong(net, data), "==", 0, SOURCE),
        exact("tilted: Tr² = 16 d (1 + 1/(1 - e)²)", reached, "==", tilted_law(d, tilt), SOURCE),
        exact(
            "tilted, e/10: Tr² = 16 d (1 + 1/(1 - e/10)²)",
            trace(nearer, data) ** 2 * nearer.radicand, "==", tilted_law(d, tilt / 10), SOURCE,
        ),
        exact("tilted: Tr² > 32 d", reached, ">", 32 * d, SOURCE),
        exact("tilted: Tr² <= 32 d (1 + 3 e)", reached, "<=", 32 * d * (1 + 3 * tilt), SOURCE),
    ]  # fmt: skip


STATEMENT = Exact(
    key="wen-li-ma.kinks",
    title="Lemma 4.1 at a kink",
    text="no bias: 4 sqrt(d) is attained on kinks; where f is differentiable on the cube Tr >= 4 sqrt(2d), and tilts "
    "e and e/10 come down to it as 4 sqrt(d) sqrt(1 + 1/(1 - e)²)",
    numbers={"d": Number(4, 2, 7), "tilt": Number(Fraction(1, 1000), Fraction(1, 10**6), Fraction(1, 10))},
    decide=decide,
)
