"""No noise on the weights tells the flat bad minimum of `flat-erm` from the good one.

``f(w, z) = ½ [xi_z(w) - rho]_+²`` with ``xi_z(w)² = sum_i z_i x_i² + b²``. As polynomials in v,
``xi_z(e_I + v)² - xi_z(v)² = z_I (1 + 2 v_I)``. Every z of the sample has ``z_I = 0``: so ``f(e_I + v, z) = f(v, z)``
for all v, and whatever is made of the values of F_S around a point is the same at e_I as at 0: noise of any law, the
worst v, all curvature.
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

from sco_flat.results import Claim
from sco_flat.works.exact import Exact, Number, exactly

NEW = "this package"
Polynomial = Counter[tuple[int, ...]]
"""From the variables of a product, in order, to its coefficient; the empty one is the constant."""


def shifted(weights: tuple[int, ...], shift: tuple[int, ...]) -> Polynomial:
    """``sum_i weights_i (shift_i + v_i)²``."""
    found: Polynomial = Counter()
    for i, (weight, by) in enumerate(zip(weights, shift, strict=True)):
        found[i, i] += weight
        found[i,] += 2 * by * weight
        found[()] += by * by * weight
    return found


def difference(z: tuple[int, ...], column: int) -> dict[tuple[int, ...], int]:
    """``xi_z(e_column + v)² - xi_z(v)²`` without what vanishes."""
    weights = (*z, 1)
    point = tuple(int(i == column) for i in range(len(weights)))
    here, there = shifted(weights, point), shifted(weights, (0,) * len(weights))
    return {term: here[term] - there[term] for term in here if here[term] != there[term]}


def decide(width: int, flatness_radius: Fraction) -> list[Claim]:
    """All z of m columns, those of samples with a zero column and the others."""
    rho, column = flatness_radius, width - 1
    law = list(itertools.product((0, 1), repeat=width))
    seen = [z for z in law if not z[column]]
    told = sum(bool(difference(z, column)) for z in seen)
    other = sum(difference(z, column) != {(): 1, (column,): 2} for z in law if z[column])
    fresh = Fraction(sum(bool(difference(z, column)) for z in law), len(law))
    risk = fresh * max(1 - rho, Fraction(0)) ** 2 / 2
    note = f"all {len(law)} z of {width} columns, coefficients of polynomials in v"
    return [
        exactly("z_I = 0: z with f(e_I + v, z) != f(v, z) for some v", told, "==", 0, NEW, note),
        exactly("z_I = 1: z with xi²(e_I + v) - xi²(v) != 1 + 2 v_I", other, "==", 0, NEW, note),
        exactly("P(z_I = 1): fresh z that tell them apart", fresh, "==", Fraction(1, 2), NEW),
        exactly("F(e_I) - F(0) = (1 - rho)²/4", risk, "==", (1 - rho) ** 2 / 4, NEW),
    ]


STATEMENT = Exact(
    key="f2m.blind",
    title="parameter noise",
    text="flat-erm: f(e_I + v, z) = f(v, z) on the sample for all v: no noise tells the bad minimum from 0",
    numbers={"width": Number(6, 1, 12), "flatness_radius": Number(Fraction(1, 5), 0, 1)},
    decide=decide,
)
