"""Random zeros of F_S on the loss of Theorem 1, as far from its minima's edge as is asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sco_flat.engines.layout import Layout, Look, Vector
from sco_flat.samples import Sample

UNFELT, FELT = 3, 6
"""Columns that are moved: all-zero ones, and others."""


def rows(sample: Sample) -> NDArray[np.int64]:
    """A few all-zero columns of the sample and a few others, the rarest first."""
    zero = np.flatnonzero(sample.codes == 0)[:UNFELT]
    other = np.flatnonzero(sample.codes)
    counts = np.array([int(code).bit_count() for code in sample.codes[other]])
    return np.sort(np.append(zero, other[np.argsort(counts, kind="stable")[:FELT]])).astype(np.int64)


def point(layout: Layout, reach: float, rng: np.random.Generator) -> Vector:
    """A point of the unit ball with ``max_k xi_k(w) = reach``; what no example feels takes a random share of the rest.

    Half of the points have all of what is left on one all-zero column: there the risk is largest.
    """
    unfelt = np.append(layout.sample.codes[layout.rows] == 0, False)
    w: Vector = np.where(unfelt, 0.0, rng.standard_normal(layout.size) * rng.integers(0, 2, layout.size))
    w[-1] = w[-1] or 1.0  # something has to be felt
    w *= reach / float(np.max(Look(layout, w).example_norms()))
    size = float(np.linalg.norm(w))
    if size > 1.0:  # spread over columns that are felt one at a time
        w /= size
    rest = max(1.0 - float(w @ w), 0.0)
    places = np.flatnonzero(unfelt)
    if places.size:
        alone = bool(rng.integers(0, 2))
        share = np.eye(places.size)[rng.integers(places.size)] if alone else rng.dirichlet(np.ones(places.size))
        w[places] = np.sqrt(rest * share * (1.0 if alone else rng.random()))
    return w


def flatness(look: Look) -> float:
    """Flatness radius of F_S; below 0 where F_S is not 0."""
    found = look.flatness_radius
    return -1.0 if found is None else found


def pushed(look: Look, radius: float) -> float:
    """F_S a radius away, along what the example that feels most feels: there ``xi_k`` grows by the radius."""
    layout = look.layout
    worst = int(np.argmax(look.example_norms()))
    felt = np.append(layout.sample.codes[layout.rows] >> worst & 1, 1) * look.w
    reached = look.value(felt, radius / float(np.linalg.norm(felt)))
    assert reached is not None  # every column that moves is stored
    return reached
