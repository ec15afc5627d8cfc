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


def test_a_path_has_the_averages_of_the_package():
    """From one run cut at its checkpoints what `averages` takes from several; two segments are left behind the last."""
    from sco_flat.averages.swa import swa
    from sco_flat.averages.swad import swad, trace
    from sco_flat.engines.simulation import simulate
    from sco_flat.works.swad.paths import SAM, path, validation

    numbers = SMALL | SAM | {"steps": 86, "step_size": 0.5}
    found, asked = path(0, 4, **numbers), request_from("domains", **numbers)
    loss = asked.build()
    run = simulate(loss, asked.sample(loss), asked.settings, 0)
    assert np.array_equal(found.last, run.last)
    assert found.losses == trace(run, 4, validation)
    ended = set()
    for rule in ({}, {"n_end": 2, "tolerance": 0.9}, {"n_start": 1, "n_end": 1, "tolerance": 1.01}, {"n_start": 22}):
        for mode in ("algorithm", "released"):
            mean, window = swad(run, 4, validation, mode=mode, **rule)
            assert found.window(mode=mode, **rule) == window
            ended.add((mode, window.ended))
            assert np.abs(found.dense(window) - mean).max() <= 1e-14
    assert ended == {(mode, end) for mode in ("algorithm", "released") for end in (True, False)}
    ends = found.checkpoints[found.window().start : found.window().end + 1]
    assert np.array_equal(found.sparse(found.window()), ends.mean(axis=0))
    assert np.abs(found.swa() - swa(run, 4, 1 + 4 * (len(found.losses) // 2))).max() <= 1e-15


def test_plain_descent_is_sam_without_a_radius():
    from sco_flat.works.swad.paths import ERM, path

    one = path(0, 5, **SMALL | ERM)
    other = path(0, 5, **SMALL, method="sam", perturbation_radius=0.0)
    assert np.abs(one.checkpoints - other.checkpoints).max() <= 1e-14


def test_an_order_that_nobody_reads_and_an_example_that_cannot_be_left_out_are_refused():
    from sco_flat.engines.simulation import simulate

    asked = request_from("domains", **SMALL, order="with-replacement")
    loss, sample = drawn()
    with pytest.raises(InputError, match="without replacement"):
        simulate(loss, sample, asked.settings, 0)
    with pytest.raises(InputError, match="2 sources have as many") as found:
        loss.without(sample, 0)
    assert found.value.key == "domains"
    loss, sample = drawn(domains=2, target=1, batch_size=4)
    assert loss.without(sample, 0)[0].n == 7


def made(**changed):
    """Rows of two runs, by ERM and by SAM, that overfit as the work accepts; some accuracies and flatnesses changed."""
    from sco_flat.works.swad.domains import MAIN, PARTS, Row

    accuracy = dict.fromkeys((*MAIN, *PARTS), 0.7) | {"last": 0.6, "swa": 0.62, "no stop": 0.65}
    flatness = {"last": (0.01, 0.3), "swa": (0.02, 0.25), "swad": (0.03, 0.2)}
    rows = [Row("ERM", 0, 0, dict(accuracy), dict(flatness)), Row("SAM", 0, 0, accuracy | {"last": 0.61}, flatness)]
    for point, value in changed.items():
        of = rows[0].flatness if isinstance(value, tuple) else rows[0].accuracy
        of[point.replace("_", " ")] = value
    return rows


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"last": 0.67}, ["ERM: SWAD - last", "last: SAM - ERM"]),
        ({"swa": 0.68}, ["ERM: SWAD - SWA"]),
        ({"best": 0.75}, ["ERM: |SWAD - best validation|"]),
        ({"no_stop": 0.695}, ["ERM: SWAD with stop - without"]),
        ({"checkpoints_only": 0.73}, ["ERM: |every iterate - checkpoints only|"]),
        ({"swad": (0.005, 0.2)}, ["ERM: F_2 on the sources, SWAD above last"]),
        ({"swad": (0.03, 0.4)}, ["ERM: F_5 on the target, SWAD below last"]),
    ],
)
def test_what_is_accepted_fails_where_it_should(changed, failing):
    from sco_flat.works.swad.domains import Table, overfitting

    assert [c.name for c in overfitting(Table(made(**changed))) if c.verdict == "fails"] == failing


def test_an_order_of_flatness_that_is_not_there_fails():
    from sco_flat.works.swad.domains import Table, calm

    verdicts = [c.verdict for c in calm(Table(made()))]
    assert verdicts == ["fails", "fails", "fails"]
    kind = {"last": (0.03, 0.3), "swad": (0.01, 0.2)}
    assert [c.verdict for c in calm(Table(made(**kind)))] == ["holds", "holds", "fails"]


def test_one_target_of_the_statement():
    """Of one target and seed; what is closer than a target's own spread is in the deep suite, as a mean of twelve."""
    import sco_flat

    found = sco_flat.check("swad.domains", targets=1, seeds=1)
    assert {c.evidence for c in found.claims} == {"float"}
    spread = ("|SWAD - best validation|", "last: SAM - ERM")
    clear = [c for c in found.claims if not c.name.endswith(spread)]
    assert len(clear) == 10
    assert {c.verdict for c in clear} == {"holds"}


@pytest.mark.deep
@pytest.mark.parametrize("case", ["overfits", "calm"])
def test_on_generated_data_all_that_is_accepted_holds(case):
    import sco_flat

    assert sco_flat.check("swad.domains", case=case).verdict == "holds"


@pytest.mark.deep
def test_on_digits_an_average_that_stops_is_better_than_the_end_and_less_flat_on_the_sources():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: the extra data")
    import sco_flat

    assert sco_flat.check("swad.domains", data="digits").verdict == "holds"
