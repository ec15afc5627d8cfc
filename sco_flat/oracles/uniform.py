"""A random point of the maximising face."""

from __future__ import annotations

from sco_flat._jit import MAXIMISE, V_INDEX, kernel
from sco_flat.draws import normal_bits
from sco_flat.oracles.base import Oracle
from sco_flat.oracles.faces import find, report, survey, take_b, take_nothing, touch


@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    """Uniform on the part of the sphere that the tied entries (along their signs) and b span."""
    radius = knobs.perturbation_radius
    best, ties, with_b, only_b = survey(params, work, radius, w)
    if only_b:
        ties = 0
    report(work, ties + (2 if with_b and w[w.size - 1] == 0.0 else 0))
    if ties == 0:
        take_b(work, radius, w, v, normal_bits(knobs.key, t, 0) > 0.0)
        return 0.0
    b = normal_bits(knobs.key, t, 0) if with_b else 0.0
    squared = b * b
    for k in range(ties):
        draw = normal_bits(knobs.key, t, k + 1)
        squared += draw * draw
    shrink = radius / squared**0.5
    take_nothing(work, v)
    place = 0
    for k in range(work.bad.size):
        a = work.bad[k]
        cursor, touched = work.cursor[a], work.touched[a]
        for j in range(params.length):
            if params.weights[j] * (radius - abs(w[a * params.length + j])) == best:
                place += 1
                touch(params, work, a, j, shrink * abs(normal_bits(knobs.key, t, place)), v)
        if cursor > 0 or touched > 0:
            work.cursor[a] = 0
            work.best[a] = -1.0
    v[w.size - 1] = shrink * b
    work.flags[V_INDEX] = 0
    if ties == 1 and b == 0.0:
        a, j = find(params, work, radius, w, best, 0)
        work.flags[V_INDEX] = a * params.length + j + 1
    return 0.0


ORACLE = Oracle(
    name="uniform",
    title="a random point of the maximising face",
    tie_rule="uniform on the face that the tied coordinates span",
    maximise=maximise,
    exact=True,
    one_coordinate=False,
)
