"""Data sets with domains: who is in a batch, who is kept, and what is refused."""

import numpy as np
import pytest

from sco_flat.errors import InputError
from sco_flat.methods.base import SIZE_BITS, grouped_batches
from sco_flat.requests import request_from
from sco_flat.samples import streams

SMALL = {"domains": 3, "target": 1, "n": 8, "batch_size": 4, "inputs": 6, "width": 3, "kept": 2, "test": 5, "steps": 6}


def drawn(**changed):
    loss = request_from("domains", **SMALL | changed).build()
    return loss, loss.draw("free", 0)


def test_every_batch_has_as_many_examples_of_each_source_and_an_epoch_has_all():
    batches, table = grouped_batches(12, 7, 6, 3, np.random.default_rng(0))
    codes = -(batches + 2)
    assert np.all(codes >> SIZE_BITS == 5)
    rows = table[(codes & (2**SIZE_BITS - 1))[:, None] + np.arange(6)]
    assert np.all(np.sort(rows // 4, axis=1) == [0, 0, 1, 1, 2, 2])
    assert all(sorted(rows[k : k + 2].ravel()) == list(range(12)) for k in (0, 2, 4))


def test_the_target_is_in_no_source_and_its_labels_are_right():
    loss, sample = drawn(noise=1.0)
    assert (sample.inputs.shape, sample.kept_inputs.shape, sample.law_inputs.shape) == ((8, 6), (4, 6), (5, 6))
    assert np.array_equal(sample.law_labels, loss.labels(sample.law_inputs))
    every = np.vstack([sample.inputs, sample.kept_inputs, sample.law_inputs])
    assert len(np.unique(every, axis=0)) == 17
    assert not np.array_equal(sample.labels, loss.labels(sample.inputs))


def test_without_noise_the_labels_are_right():
    loss, sample = drawn(noise=0.0)
    assert np.array_equal(sample.labels, loss.labels(sample.inputs))
    assert np.array_equal(sample.kept_labels, loss.labels(sample.kept_inputs))


@pytest.mark.parametrize(
    ("changed", "key"), [({"domains": 1, "target": 0}, "domains"), ({"target": 3}, "target"), ({"n": 7}, "n")]
)
def test_refused(changed, key):
    with pytest.raises(InputError) as found:
        drawn(**changed)
    assert found.value.key == key


def test_a_run_is_numpys_step_by_step():
    from sco_flat.engines.simulation import simulate

    asked = request_from("domains", **SMALL)
    loss = asked.build()
    sample = asked.sample(loss)
    run = simulate(loss, sample, asked.settings, 0)
    w = run.started().copy()
    table_of = grouped_batches(8, 6, 4, 2, streams(0, "order")["order"])
    codes = -(table_of[0] + 2)
    for first in codes & (2**SIZE_BITS - 1):
        rows = table_of[1][first : first + 4]
        found = loss.predict(w, sample.inputs[rows], sample.inputs)
        slopes = np.exp(found - found.max(axis=1, keepdims=True))
        slopes /= slopes.sum(axis=1, keepdims=True)
        slopes[np.arange(4), sample.labels[rows].astype(int)] -= 1.0
        jacobian = loss.architecture.jacobian(loss, w, sample.inputs[rows], sample.inputs)
        w = w - loss.step_size * np.einsum("nc,ncj->j", slopes, jacobian) / 4
    assert np.abs(run.last - w).max() <= 1e-13


@pytest.mark.deep
def test_on_digits_an_average_that_stops_is_better_than_the_end_and_less_flat_on_the_sources():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: the extra data")
    from sco_flat.works.swad.generalise import trial

    points, window = trial(0, data="digits", target=3)
    assert window.ended
    assert points["swad"].accuracy - points["last"].accuracy >= 0.04
    assert points["swad"].on_source > points["last"].on_source
    assert points["swad"].on_target < points["last"].on_target
