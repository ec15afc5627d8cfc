"""Kernels of linear models keep the last predictions of all examples: whatever is asked in between, the bits stay."""

import numpy as np
import pytest

from sco_flat.engines.layout import Layout
from sco_flat.requests import request_from
from sco_flat.samples import alone, everyone, members


@pytest.mark.parametrize("name", ["least-squares", "logistic"])
@pytest.mark.parametrize(("n", "dimension"), [(1, 3), (6, 1), (13, 11), (70, 8)])
def test_any_order_of_questions_has_the_bits_of_fresh_ones(name, n, dimension):
    asked = request_from(name, method="sam", n=n, dimension=dimension)
    loss = asked.build()
    layout = Layout(loss, asked.sample(loss), np.zeros(1, dtype=np.int64))
    rng, kept = np.random.default_rng(n), layout.work(scratch=2)
    sample = layout.sample
    points = rng.standard_normal((3, dimension))
    points[2, :-1] = points[1, :-1]
    batches = [everyone(n), *alone(n, np.array([0, n // 2, n - 1])).tolist()]
    for _ in range(300):
        w, v = (points[k].copy() for k in rng.integers(3, size=2))
        batch, scale = batches[rng.integers(len(batches))], (0.0, 0.3, 0.3, 1.0)[rng.integers(4)]
        found, own = np.full(dimension, np.nan), np.full(dimension, np.nan)
        fresh = layout.work(scratch=2)
        if rng.integers(2):
            answers = [loss.value(layout.params, work, batch, w, v, scale) for work in (kept, fresh)]
            heights = [loss.loss(w + scale * v, loss.example(sample, k)) for k in members(n, batch)]
            assert answers[0] == pytest.approx(np.mean(heights), rel=1e-12, abs=1e-15)
        else:
            answers = [
                loss.gradient(layout.params, work, batch, w, v, scale, out)
                for work, out in ((kept, found), (fresh, own))
            ]
        assert answers[0] == answers[1]
        np.testing.assert_array_equal(found, own)
