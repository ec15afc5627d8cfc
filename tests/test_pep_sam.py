"""The worst case of SAM: what its upper program uses, and that no worse loss than Huber's is found."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from sco_flat.bounds import pep
from sco_flat.bounds.pep import _lower, _upper, sam

QUARTER, HALF, ONE = Fraction(1, 4), Fraction(1, 2), Fraction(1)


@pytest.mark.parametrize(
    ("steps", "theta", "radius", "before", "value"),
    [(2, QUARTER, ONE, 0.4474, 0.4095), (4, HALF, HALF, 0.2467, 0.2293), (8, QUARTER, ONE, 0.3230, 0.2690)],
)
def test_all_pairs_and_parallel_directions_lower_the_upper_end_of_sam(steps, theta, radius, before, value, monkeypatch):
    """Below the plain relaxation with all pairs, which is ``before``; without the rows u_t it is larger still."""
    statement = pep.STATEMENTS["sam"](steps, theta, radius, Fraction(0))
    found = _upper.upper(statement)[1]
    assert found.verify()
    assert float(found.bound) == pytest.approx(value, abs=1e-4)
    assert float(found.bound) < before
    monkeypatch.setattr(sam, "PAIRED", 0)
    plain = pep.STATEMENTS["sam"](steps, theta, radius, Fraction(0))  # a statement makes its rules once
    assert float(_upper.upper(plain)[1].bound) > before


def test_gradients_of_sam_stay_below_their_a_priori_bound():
    """Along Huber functions and a rebuilt one: the size of every gradient against `steepest`."""
    for theta, radius, rho in ((ONE, ONE, 0), (Fraction(3, 2), ONE, QUARTER), (QUARTER, HALF, QUARTER)):
        statement, reached = pep.STATEMENTS["sam"](6, theta, Fraction(radius), Fraction(rho)), []
        for knee in (0.2, 0.5, 5.0):
            loss, w = _lower.huber(knee, float(rho)), np.ones(1)
            for t in range(6):
                slope = loss(w)[1]
                assert abs(float(slope[0])) <= float(statement.steepest(t)) + 1e-12
                reached.append(abs(float(slope[0])) / float(statement.steepest(t)))
                w = w - float(theta) * loss(w + float(radius) * np.sign(slope))[1]
        assert max(reached) > 0.99  # at the start of the steepest one


def test_no_norms_of_two_gradients_give_sam_a_worse_loss_than_huber():
    """At fixed norms the lower program is exact: over a grid of them, T = 2, Huber's value is the largest."""
    statement = pep.STATEMENTS["sam"](2, QUARTER, ONE, Fraction(0))
    huber, knee = _lower.best_huber(statement)
    grid = np.linspace(0.1, 1.0, 10)
    found = [_lower._optimum(statement, np.array(norms)) for norms in [(knee, knee), *itertools.product(grid, grid)]]
    values = [0.0 if isinstance(x, str) else x.value for x in found]
    assert values[0] == pytest.approx(huber, rel=1e-3)
    assert max(values) <= huber * (1 + 1e-4)
    assert sorted(values)[-4] > 0.95 * huber  # and the grid comes near it


@pytest.mark.deep
@pytest.mark.parametrize(("theta", "radius"), [(QUARTER, ONE), (HALF, HALF)])
def test_no_random_start_finds_sam_a_worse_loss_than_huber(theta, radius):
    """T = 4, climbing from 12 random norms that some loss has: Huber's value is approached and not passed."""
    statement, rng, reached = pep.STATEMENTS["sam"](4, theta, radius, Fraction(0)), np.random.default_rng(0), []
    huber, _ = _lower.best_huber(statement)
    while len(reached) < 12:
        norms = rng.uniform(0.1, 1.0, 4)
        found = _lower._optimum(statement, norms)
        if not isinstance(found, str):
            reached.append(_lower._climb(statement, (found, norms))[0].value)
    assert max(reached) <= huber * (1 + 1e-4)
    assert max(reached) > 0.98 * huber
