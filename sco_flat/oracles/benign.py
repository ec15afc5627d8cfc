"""The kind oracle: b wherever b is a maximiser."""

from __future__ import annotations

from sco_flat._jit import MAXIMISE, kernel
from sco_flat.oracles.base import Oracle
from sco_flat.oracles.faces import find, report, survey, take_b, take_entry


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """b if it ties, otherwise the lowest tied entry."""
    radius = knobs.perturbation_radius
    best, ties, with_b, only_b = survey(params, work, radius, w)
    report(work, (0 if only_b else ties) + (2 if with_b and w[w.size - 1] == 0.0 else 0))
    if with_b or ties == 0:
        take_b(work, radius, w, v, True)
    else:
        a, j = find(params, work, radius, w, best, 0)
        take_entry(params, work, radius, a, j, v)
    return 0.0


ORACLE = Oracle(
    name="benign",
    title="b wherever b is a maximiser",
    tie_rule="b if tied, else the lowest tied entry",
    maximise=maximise,
    exact=True,
    one_coordinate=True,
)
