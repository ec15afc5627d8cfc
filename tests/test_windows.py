"""Windows of the blocks engine: what they leave out rests, what opens them, and how little is visited."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sco_flat import engines, samples
from sco_flat._jit import MOST_SQUARES, PASSIVE_STEP
from sco_flat.engines import driver
from sco_flat.engines.simulation import DETAILED, _Machine, simulate
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.instances.sam_chain import SamChain
from sco_flat.instances.sam_valley_epochs import SamValleyEpochs
from sco_flat.settings import Settings

ANY = {"deadline": None, "suppress_health_check": list(HealthCheck)}
LOUD = {"gamma": 0.1, "delta_1": 1e-6, "delta_2": 1.0, "delta_3": 0.9, "delta": 0.5, "lam": 1e-9}


def alone(n, steps, eta, radius, width, method, seed, project=False, **constants):
    """A case of `stirred` with one example a step."""
    instance = SamChain(n, steps, eta, radius, 0.0, width, **(LOUD | constants))
    return instance, {"method": method, "batch_size": 1, "order": "with-replacement", "project": project}, seed


@st.composite
def stirred(draw):
    """Chains that wake blocks and walk far along them; entries rest for one small batch and not for another."""
    n, steps, width = draw(st.integers(2, 5)), draw(st.integers(20, 100)), draw(st.integers(1, 12))
    method = draw(st.sampled_from(["sam", "sam", "gd", "sgd"]))
    eta = draw(st.sampled_from([0.05, 0.25, 0.5] if method == "sam" else [0.5, 1.0, 1.5, 1.9]))
    constants = {
        "lam": st.sampled_from([1e-9, 1e-6, 1e-3, 0.1]),
        "gamma": st.sampled_from([1e-3, 0.1]),
        "delta_1": st.sampled_from([1e-6, 1e-3, 0.1]),
        "delta_2": st.sampled_from([0.5, 1.0]),
        "delta_3": st.sampled_from([0.3, 0.9]),
        "delta": st.sampled_from([0.5, 0.9, 1.0]),
    }
    radius = draw(st.sampled_from([0.05, 0.3, 1.0, 3.0, 8.0]))
    instance = SamChain(n, steps, eta, radius, 0.0, width, **draw(st.fixed_dictionaries(constants)))
    chosen = {
        "method": method,
        "batch_size": draw(st.sampled_from([None, 1, 1, n - 1])),
        "order": draw(st.sampled_from(["without-replacement", "with-replacement"])),
        "project": draw(st.booleans()),
    }
    return instance, chosen, draw(st.integers(0, 10**6))


def sample_of(instance, seed):
    return samples.draw(instance.n, instance.m, instance.bad_code, "free", samples.generator(seed))


def hold_together(case):
    """Blocks give the dense engine's bits and step numbers."""
    instance, chosen, seed = case
    sample, found = sample_of(instance, seed), []
    for name in ("dense", "blocks"):
        run = simulate(instance, sample, Settings(engine=name, **chosen), seed)
        bits = [(run.layout.dense(w) + 0.0).view(np.int64) for w in (run.last, run.window_sum)]
        found.append([*np.concatenate(bits), run.zero_step, run.underflow_step])
    assert found[0] == found[1]


# found by random search: windows that a zero gradient closes, windows that forget what one batch does not see, and
# a projection that overlooks what had moved before a block woke up
@example(alone(4, 96, 0.25, 3.0, 3, "sam", 935529))
@example(alone(4, 97, 1.9, 1.0, 2, "sgd", 248746, lam=1e-6, gamma=1e-3, delta_1=0.1, delta_3=0.3))
@example(alone(3, 93, 1.0, 1.0, 3, "sgd", 255691))
@example(alone(2, 39, 0.25, 3.0, 2, "sam", 187507, project=True, lam=0.1, delta_1=0.1, delta=0.99))
@settings(max_examples=60, derandomize=True, **ANY)
@given(stirred())
def test_blocks_have_dense_bits_under_small_batches(case):
    hold_together(case)


@pytest.mark.deep
@settings(max_examples=4000, **ANY)
@given(stirred())
def test_blocks_have_dense_bits_under_small_batches_deep(case):
    hold_together(case)


def steps_of(instance, seed, chosen):
    """Run on blocks; after each step its number, w, the stored blocks, their codes and the scratch space."""
    sample, engine, chosen = sample_of(instance, seed), engines.get("blocks"), Settings(engine="blocks", **chosen)
    layout = simulate(instance, sample, chosen, seed).layout  # with all blocks that wake on the way
    run = _Machine(layout, chosen, engine, seed)
    w, v, whole = run.start(), np.zeros(layout.size), np.zeros(layout.size)
    for t in range(1, instance.steps):
        driver.advance(*run.fixed, t, t + 1, instance.steps, 1, instance.steps, w, v, whole)
        blocks = w[: layout.rows.size * instance.length].reshape(-1, instance.length)
        yield t, w, blocks, sample.codes[layout.rows], run.work


@settings(max_examples=15, derandomize=True, **ANY)
@given(stirred())
def test_outside_its_window_a_chain_rests(case):
    """No term is on for any example, and from ``touched`` on nothing has moved."""
    instance, chosen, seed = case
    delta, lam, places = instance.weights()[1:-1], instance.chain()["lam"], np.arange(1, instance.length)
    for t, _, blocks, codes, work in steps_of(instance, seed, chosen):
        before = blocks[:, :-1].copy()
        before[:, 0] += lam
        on = (blocks[:, 1:] - delta * before > 0.0) | ((codes != 0)[:, None] & (blocks[:, 1:] != 0.0))
        outside = (places < work.low[:, None]) | (places >= work.high[:, None])
        assert not (on & outside).any(), t
        assert not blocks[np.arange(instance.length) >= work.touched[:, None]].any(), t


@pytest.mark.parametrize("oracle", ["adversarial", "coordinate"])
def test_outside_its_window_a_walk_is_not_felt(oracle):
    instance = SagdBlocks(2, 40, 0.25, 0.5, 0.02, 9)
    for t, _, blocks, codes, work in steps_of(instance, 1, {"method": "sagd", "oracle": oracle, "project": True}):
        felt = np.where(codes[:, None] != 0, blocks, -blocks) > 0.0
        places = np.arange(instance.length)
        assert not felt[(places < work.low[:, None]) | (places >= work.high[:, None])].any(), t
        assert not blocks[places >= work.touched[:, None]].any(), t
    assert blocks.any()


def test_a_projection_that_scales_opens_the_windows():
    """All that is not 0, and the entry behind it: a term may be off by no more than a rounding."""
    opened = 0
    for _, _, blocks, _, work in steps_of(SamChain(4, 60, 0.5, 1.0), 0, {"method": "sam", "project": True}):
        if abs(np.linalg.norm(blocks) - 1.0) > 1e-9:  # not on the sphere: nothing was scaled
            continue
        opened += 1
        last = blocks.shape[1] - np.argmax(blocks[:, ::-1] != 0.0, axis=1)  # one behind
        moved = blocks.any(axis=1)
        assert (work.low[moved] == 0).all()
        assert (work.high[moved] >= np.minimum(last + 1, blocks.shape[1])[moved]).all()
    assert opened > 20


@settings(max_examples=15, derandomize=True, **ANY)
@given(stirred())
@example((SagdBlocks(2, 40, 0.25, 0.5, 0.02, 9), {"method": "sagd", "oracle": "coordinate"}, 1))
def test_the_projection_sees_all_that_moves(case):
    """Its bound on |w|² is one, and near; behind a step that is far from the ball it has seen all of w."""
    instance, chosen, seed = case
    for t, w, blocks, _, work in steps_of(instance, seed, chosen | {"project": True}):
        squared = np.sum(w.astype(np.longdouble) ** 2)
        bound = work.stats[MOST_SQUARES]
        if work.flags[PASSIVE_STEP] != t + 1:
            assert squared <= bound, t
            assert bound <= squared * (1 + 1e-9) + 1e-300 or bound > 1.0, t
        assert np.array_equal(work.scratch[: blocks.size], blocks.ravel()), t
        assert work.scratch[w.size - 1] == w[-1], t


@pytest.mark.parametrize(
    ("instance", "chosen"),
    [
        (SamChain(6, 600, 0.25, 0.08), {"method": "sam"}),
        (SamChain(6, 600, 0.25, 0.08), {"method": "sam", "project": True}),
        (SagdBlocks(6, 600, 0.25, 0.16), {"method": "sagd"}),
        (SagdBlocks(6, 600, 0.25, 0.16), {"method": "sagd", "project": True}),
    ],
)
def test_a_step_visits_a_few_entries_however_long_the_run(instance, chosen):
    """What is visited at a step fits into the windows that are left by it, but for one more on each side."""
    widest = moved = 0
    for t, w, _, _, work in steps_of(instance, 0, chosen):
        moved = np.count_nonzero(w)
        if t > 1:
            widest = max(widest, int((work.high - work.low).max()))
    assert widest <= 32
    assert moved > 590


def test_suffixes_where_the_first_step_is_left_out():
    """The risk along the run is that of all examples, also where the first update looks at none."""
    steps = DETAILED + 2
    loss = SamChain(6, steps, 1 / 6, 3 / steps**0.5)
    sample = loss.draw("one", 0)
    whole = simulate(loss, sample, Settings("sgd", engine="blocks", order="without-replacement"), 3)
    first = int(whole.batches()[0]).bit_length() - 1
    without = simulate(loss, sample, Settings("sgd", engine="blocks", order="without-replacement", left_out=first), 3)
    assert without.batches()[0] == 0
    risks = without.suffix_risks
    assert np.isfinite(risks).all()
    assert (risks[:, 0] <= risks[:, 1]).all()


def test_a_loss_with_scratch_space_of_its_own_wakes_blocks():
    loss = SamValleyEpochs(6, 1024, 0.16, 0.075, gamma=0.5)
    sample = loss.draw("one", 0)
    dense, blocks = (simulate(loss, sample, Settings("sam", engine=e, batch_size=2)) for e in ("dense", "blocks"))
    assert loss.scratch
    assert blocks.layout.rows.size > loss.awake(sample).size  # some woke up
    assert np.array_equal(dense.layout.dense(dense.last), blocks.layout.dense(blocks.last))
