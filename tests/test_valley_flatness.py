"""Flatness radii of SAM's valleys at zeros of F_S: nothing is felt inside, and beyond the edge something is."""

import numpy as np
import pytest
from conftest import build, dense_look, sample_for

CASES = [
    ("sam-valley", {"flatness_radius": 0.05}),
    ("sam-valley", {"margin": 0.05}),
    ("sam-valley", {"codes": "signs", "code_length": 30, "coherence": 0.9}),
    ("sam-valley-epochs", {}),
    ("sam-valley-bits", {"preset": "proof"}),
    ("sam-valley-bits", {"preset": "practical"}),
]


def zeros(loss, sample, rng):
    """The common minimum, and points near it that F_S does not feel either."""
    center = loss.minimum()
    yield center
    found = 0
    for scale in np.repeat(np.geomspace(1.0, 1e-8, 9), 4):
        w = center + scale * rng.standard_normal(loss.dimension) / np.sqrt(loss.dimension)
        w[-1] = center[-1] - abs(w[-1]) - scale  # lower a gives room to the other terms
        if loss.name == "sam-valley-epochs":
            w[: loss.points] -= 0.4 * scale  # there the marks are y alone, and K_z has no margin
            w[loss.points + loss.columns : -1] -= 0.8 * scale
        if dense_look(loss, sample, w).empirical_risk == 0.0 and found < 3:
            found += 1
            yield w


def escape(look, radius):
    """Largest F_S that pushes of a length find, each led across an edge from farther out by the gradient there."""
    best = 0.0
    for v in np.vstack([np.eye(look.w.size), -np.eye(look.w.size)]):
        direction = v
        for reach in np.geomspace(3.0, 1.0, 25):
            slope = look.gradient(direction, reach * radius)
            size = np.linalg.norm(slope)
            direction = slope / size if size > 0.0 else direction
        best = max(best, look.value(direction, radius))
    return best


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_the_ball_is_flat_and_no_larger_one_is(name, options):
    loss = build(name, options)
    sample = sample_for(loss, event="free")
    rng, seen = np.random.default_rng(0), 0
    for w in zeros(loss, sample, rng):
        look = dense_look(loss, sample, w)
        radius = look.flatness_radius
        assert radius >= 0.0
        for v in rng.standard_normal((30, loss.dimension)):
            assert look.value(v, 0.999 * radius / np.linalg.norm(v)) == 0.0
        if radius > 0.0:
            seen += 1
            assert escape(look, 1.01 * radius) > 0.0
            assert escape(look, 0.999 * radius) == 0.0
    assert seen >= 2


def test_the_common_ball_is_the_one_that_is_declared():
    loss = build("sam-valley", {"flatness_radius": 0.05})
    look = dense_look(loss, sample_for(loss, event="free"), loss.minimum())
    assert look.flatness_radius == pytest.approx(loss.flat_radius(), rel=1e-14)
    assert loss.flat_radius() >= 0.05 * (1 - 1e-14)


def test_off_the_zeros_nothing_is_known_and_a_bowl_is_not_flat():
    for name, options in CASES:
        loss = build(name, options)
        assert dense_look(loss, sample_for(loss, event="free"), np.ones(loss.dimension)).flatness_radius is None
    loss = build("sam-valley-static")
    sample = sample_for(loss, event="free")
    assert dense_look(loss, sample, loss.minimum()).flatness_radius == 0.0
    assert dense_look(loss, sample, np.ones(loss.dimension)).flatness_radius is None
