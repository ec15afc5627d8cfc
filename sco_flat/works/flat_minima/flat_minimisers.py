"""Are all flat empirical minimisers bad? On the loss of Theorem 1, which admits good ones too: the whole set, exactly.

With ``r <= rho`` the r-flat minimisers in the ball are the w with ``xi_k(w) <= rho - r`` for every example k. In the
squares ``p_i = w_i²`` and ``s = b²`` this is the polytope ``sum_i z_k(i) p_i + s <= (rho - r)²``, ``sum_i p_i + s <=
1``, and ``F = E g(s + sum_i z_i p_i)`` with ``g(x) = ½ [sqrt x - rho]_+²``, which is convex.

*Best.* ``w = 0`` is in the set and has ``F = 0``.

*Worst.* F is convex in p, so that for given s it is largest, over all p of sum at most ``1 - s``, where one column
holds all of it: there ``F = ½ g(1) + ½ g(s)``, and ``g(s) = 0`` because ``s <= (rho - r)²``. Hence ``F <= (1 -
rho)²/4`` on the whole set, and ``e_I``, I an all-zero column, attains it. In between, ``F(c e_I) = ¼ [c - rho]_+²``
takes every value.

So flatness alone decides nothing here: the flattest minima, of radius rho, have every risk from the best to the worst.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sco_flat.engines.layout import Layout, Look
from sco_flat.instances.base import Loss
from sco_flat.requests import Request
from sco_flat.results import Claim, claim
from sco_flat.works.base import Hypothesis, Statement, build, hypothesis_claims
from sco_flat.works.flat_minima import draw, saer_minimisers
from sco_flat.works.flat_minima.common import RUNS_NOTHING

SOURCE = "discussion, new"
DRAWS = 200
ROUNDING = 1e-12


def hypotheses(instance: Loss) -> tuple[Hypothesis, ...]:
    """``r <= rho``: beyond it no minimiser is r-flat."""
    return saer_minimisers.hypotheses(instance)


def g(root: Fraction, rho: Fraction) -> Fraction:
    """``½ [x - rho]_+²`` of the root x of what an example feels."""
    return max(root - rho, Fraction(0)) ** 2 / 2


def ends(rho: Fraction, radius: Fraction) -> tuple[Fraction, Fraction]:
    """Smallest and largest F over the r-flat minimisers, where a column is all zero: ``F(0)`` and the vertices."""
    vertices = [(g(Fraction(1), rho) + g(root, rho)) / 2 for root in (Fraction(0), rho - radius)]
    return g(Fraction(0), rho), max(vertices)


def claims(request: Request) -> list[Claim]:
    """Both ends in fractions; drawn members of the set between them; one risk after the other along ``c e_I``."""
    from sco_flat.proofs.balls import decide_exactly  # loads python-flint

    instance = build(request)
    sample = request.sample(instance)
    found = hypothesis_claims(hypotheses(instance))
    count = float(len(sample.event.columns))
    found.append(claim("an all-zero column exists", "hypothesis", count, ">=", 1.0, SOURCE))
    r, rho = instance.perturbation_radius, instance.flatness_radius
    if not count or r > rho:
        name, reason = "largest F of an r-flat minimiser = (1 - rho)²/4", "it speaks of r <= rho and an all-zero column"
        return [*found, Claim(name, "conclusion", "float", "not applicable", None, None, "==", SOURCE, reason)]
    exact = Fraction(rho)
    best, worst = ends(exact, Fraction(r))
    for name, value, bound in (
        ("smallest F of an r-flat minimiser = 0", best, Fraction(0)),
        ("largest F of an r-flat minimiser = (1 - rho)²/4", worst, (1 - exact) ** 2 / 4),
    ):
        found.append(decide_exactly(name, "conclusion", (value, value), "==", bound, SOURCE, "symbolic"))
    layout, rng = Layout(instance, sample, draw.rows(sample)), np.random.default_rng(request.seed)
    members = [Look(layout, draw.point(layout, (rho - r) * rng.random(), rng)) for _ in range(DRAWS)]
    flattest = min(draw.flatness(look) for look in members)
    name = f"smallest flatness radius of {DRAWS} drawn members >= r"
    found.append(claim(name, "conclusion", flattest, ">=", r, SOURCE, slack=ROUNDING))
    largest = max(look.population_risk[1] for look in members)
    name = "their largest F <= (1 - rho)²/4"
    found.append(claim(name, "conclusion", largest, "<=", float(worst), SOURCE, slack=ROUNDING))
    place = int(np.flatnonzero(sample.codes[layout.rows] == 0)[0])
    for c in (0.0, *(rho + share * (1.0 - rho) for share in (0.25, 0.5, 1.0))):
        w = np.zeros(layout.size)
        w[place] = c
        look = Look(layout, w)
        name, at, radius = "flatness radius of c e_I = rho", f"c = {c:.3g}", draw.flatness(look)
        found.append(claim(name, "conclusion", radius, "==", rho, SOURCE, note=at))
        name, risk = "F(c e_I) = [c - rho]_+²/4", 0.25 * max(c - rho, 0.0) ** 2
        found.append(claim(name, "conclusion", look.population_risk[1], "==", risk, SOURCE, slack=ROUNDING, note=at))
    return found


STATEMENT = Statement(
    key="flat-minima.flat-minimisers",
    title="The set of flat minimisers",
    text="the r-flat minimisers of Theorem 1's loss have every F from 0 to (1 - rho)²/4",
    instance="flat-erm",
    method="gd",
    defaults={"n": 8, "steps": 1, "step_size": 0.25, "perturbation_radius": 0.1, "flatness_radius": 0.2},
    claims=claims,
    hypotheses=hypotheses,
    event="any",
    any_method=True,
    unread=RUNS_NOTHING,
)
