"""The paper's oracle: among the maximisers, the next unused entry of the bad block."""

from __future__ import annotations

from sco_flat._jit import MAXIMISE, kernel
from sco_flat.oracles.base import Oracle
from sco_flat.oracles.faces import find, report, survey, take_b, take_entry


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """Lowest tied entry, blocks ascending; b only where it is the only maximiser."""
    radius = knobs.perturbation_radius
    best, ties, with_b, only_b = survey(params, work, radius, w)
    report(work, ties + (2 if with_b and w[w.size - 1] == 0.0 else 0))
    if only_b or ties == 0:
        take_b(work, radius, w, v, True)
    else:
        a, j = find(params, work, radius, w, best, 0)
        take_entry(params, work, radius, a, j, v)
    return 0.0


ORACLE = Oracle(
    name="adversarial",
    title="the paper's choice: r e_{I,t}",
    tie_rule="lowest tied entry of the first bad block",
    maximise=maximise,
    exact=True,
    one_coordinate=True,
)
