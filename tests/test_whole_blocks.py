"""SAM on whole blocks never stores the gradient at w; its bits are those of the step that stores and reads it."""

import numpy as np
import pytest
from called import descend

from sco_flat import _jit, samples
from sco_flat.engines.layout import Layout
from sco_flat.instances.sam_chain import SamChain

WIDTHS = (2, 3, 4, 5, 7, 8, 9, 12, 13, 31, 64, 1023, 1024, 1025, 1027, 1028, 2048, 2053)


def step(loss, own, coupled, weight, seed=0):
    """Squared norm, the next point and the running sum, after one step from a random point."""
    rng = np.random.default_rng(seed)
    sample = samples.draw(loss.n, loss.m, loss.bad_code, "any", rng)
    layout = Layout(loss, sample, np.arange(loss.m, dtype=np.int64))
    w, v, whole = rng.normal(size=layout.size), np.full(layout.size, np.nan), rng.normal(size=layout.size)
    w[-1] = 50.0 if coupled else -50.0
    work, batch = layout.work(), samples.everyone(loss.n)
    work.flags[_jit.V_OWN] = own
    squared = loss.gradient(layout.params, work, batch, w, w, 0.0, v)
    assert work.flags[_jit.V_OWN] == own
    assert np.isnan(v).any() == (own and loss.length > 1)  # the direction was not written
    moved = descend(loss.descend, layout.params, work, batch, w, v, 0.3, 0.1, whole, weight)
    assert moved == _jit.OK
    return [squared], w, whole


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("coupled", "weight"), [(False, 0.0), (True, 3.0)])
def test_the_gradient_that_is_not_stored_has_the_same_bits(width, coupled, weight):
    loss = SamChain(3, width, 0.5, 0.3, 0.0, delta=0.6, delta_2=0.4, delta_3=0.7, lam=0.5, gamma=0.2, delta_1=0.1)
    assert loss.length == width
    for ours, theirs in zip(step(loss, 1, coupled, weight), step(loss, 0, coupled, weight), strict=True):
        assert np.array_equal(np.asarray(ours).view(np.int64), np.asarray(theirs).view(np.int64))
