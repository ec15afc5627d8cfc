"""A random vertex of the maximising face."""

from __future__ import annotations

from sco_flat._jit import MAXIMISE, kernel
from sco_flat.draws import uniform_bits
from sco_flat.oracles.base import Oracle
from sco_flat.oracles.faces import find, report, survey, take_b, take_entry


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """One of the tied vertices, +e_b and -e_b among them, each with the same probability."""
    radius = knobs.perturbation_radius
    best, ties, with_b, only_b = survey(params, work, radius, w)
    if only_b:
        ties = 0
    signs = 2 if with_b and w[w.size - 1] == 0.0 else 0
    report(work, ties + signs)
    pick = int(uniform_bits(knobs.key, t, 0) * (ties + signs))
    if pick < ties:
        a, j = find(params, work, radius, w, best, pick)
        take_entry(params, work, radius, a, j, v)
    else:
        take_b(work, radius, w, v, pick == ties)
    return 0.0


ORACLE = Oracle(
    name="coordinate",
    title="a random coordinate among the maximisers",
    tie_rule="uniform over the tied coordinates and signs",
    maximise=maximise,
    exact=True,
    one_coordinate=True,
)
