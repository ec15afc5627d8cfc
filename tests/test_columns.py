"""Columns that nobody stores give the bits of stored ones, or are refused by name.

8 random runs in the default suite, 500 with ``pytest -m deep``.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bits import ANY, chains, walks

import sco_flat
from sco_flat import columns, engines, samples
from sco_flat.columns import Streamed
from sco_flat.comparisons.stability import leave_one_out
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.kernels import sam_chain_columns as kernels
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.instances.sam_chain import SamChain
from sco_flat.settings import Settings
from sco_flat.traits import objection


@pytest.fixture
def streamed(monkeypatch):
    """Store no column, however few there are."""
    monkeypatch.setattr(columns, "STORED", 0)


def drawn(n, width, bad, event, seed):
    """The same sample, stored and not."""
    one, other = (samples.streams(seed, "sample")["sample"] for _ in range(2))
    return samples.draw(n, width, bad, event, one), columns.draw(n, width, bad, event, other)


@settings(max_examples=60, derandomize=True, **ANY)
@given(
    st.integers(2, 62), st.integers(1, 3000), st.sampled_from(["any", "one", "free"]), st.booleans(),
    st.integers(0, 10**6), st.data(),
)  # fmt: skip
def test_a_stream_has_the_codes_that_numpy_draws(n, width, event, ones, seed, data):
    stored, stream = drawn(n, width, (1 << n) - 1 if ones else 0, event, seed)
    i = data.draw(st.integers(0, n - 1))
    pairs = [(stored, stream)]
    if n > 2:
        loss = SamChain(n, 2, 0.1, 1.0, width=width)
        pairs.append(tuple(loss.without(sample, i)[1] for sample in (stored, stream)))
    for ours, theirs in pairs:
        assert np.array_equal(ours.codes, theirs.codes)
        assert np.array_equal(ours.ones(), theirs.ones())
        for few, many in zip(ours.constant(), theirs.constant(), strict=True):
            assert np.array_equal(few, many)
    places = np.array(data.draw(st.lists(st.integers(0, width - 1), max_size=3)), dtype=np.int64)
    assert np.array_equal(stored.at(places), stream.at(places))
    assert stored.event.columns == stream.event.columns
    assert stored.event.probability == stream.event.probability


@pytest.mark.parametrize("n", [17, 21, 40])
@pytest.mark.parametrize("event", ["any", "one", "free"])
def test_a_stream_goes_on_where_numpy_takes_another_word(n, event):
    stored, stream = drawn(n, 2**21, 0, event, 3)
    if (n, event) == (17, "one"):
        assert len(stream.columns.pieces) > 10  # words were refused, in both stretches
    assert np.array_equal(stored.codes, stream.codes)
    assert np.array_equal(stored.ones(), stream.ones())


@st.composite
def cases(draw):
    """A loss, settings of the frontier, an event, a seed and a window."""
    loss = draw(st.one_of(chains(), chains(), walks()).filter(lambda loss: isinstance(loss, (SamChain, SagdBlocks))))
    method = draw(
        st.sampled_from(["sam", "sam", "gd"] if isinstance(loss, SamChain) else ["sagd", "sagd", "sam", "gd"])
    )
    chosen = Settings(
        method, draw(st.sampled_from(["adversarial", "benign", "coordinate"])), engine="frontier",
        normalize=draw(st.sampled_from([True, True, False])), epsilon=draw(st.sampled_from([0.0, 0.0, 1e-3])),
    )  # fmt: skip
    first = draw(st.integers(1, loss.steps))
    window = first, draw(st.integers(first, loss.steps))
    return loss, chosen, draw(st.sampled_from(["any", "one", "free"])), draw(st.integers(0, 10**6)), window


def seen(loss, sample, chosen, seed, window):
    """Everything that is read of a run, or the reason why an oracle gave up."""
    try:
        run = simulate(loss, sample, chosen, seed, window)
    except InputError as error:
        if error.key != "oracle":
            raise
        return str(error)
    points = [run.last, run.average]
    vectors = [run.layout.dense(w) + 0.0 for w in (*points, run.window_sum)]
    looks = [run.look(w) for w in points]
    numbers = [(look.empirical_risk, look.population_risk, look.flatness_radius) for look in looks]
    steps = [run.zero_step, run.underflow_step, run.tied_steps, run.settled]
    times = [1, (1 + loss.steps) // 2, loss.steps]
    path = [run.layout.dense(w) + 0.0 for _, w in run.snapshots(times)]
    risks = run.suffix_risks if window == (1, loss.steps) else np.zeros(0)
    return [v.view(np.int64).tolist() for v in (*vectors, *path)], repr(numbers), steps, risks.tolist()


def hold_together(case):
    """A run whose columns are a stream is that on stored ones, or is refused by name."""
    loss, chosen, event, seed, window = case
    if loss.n < 2 or objection(engines.get("frontier"), loss.facts() | chosen.facts()) is not None:
        return False
    stored, stream = drawn(loss.n, loss.m, loss.bad_code, event, seed)
    reference = seen(loss, stored, chosen, seed, window)
    try:
        found = seen(loss, stream, chosen, seed, window)
    except InputError as error:
        if error.key != "engine" or "use --engine blocks" not in str(error):
            raise
        return False
    assert found == reference
    return True


@settings(max_examples=8, derandomize=True, **ANY)
@given(cases())
def test_a_stream_gives_the_bits_of_stored_columns(case):
    hold_together(case)


@pytest.mark.deep
@settings(max_examples=500, **ANY)
@given(cases())
def test_a_stream_gives_the_bits_of_stored_columns_deep(case):
    hold_together(case)


@pytest.mark.parametrize(("steps", "events"), [(30, ("one", "any", "free")), (2100, ("one",))])
def test_the_theorems_chain_is_never_refused(steps, events):
    loss, whole = SamChain(9, steps, 1 / 24, 12 / steps**0.5), (1, steps)
    for event in events:
        assert hold_together((loss, Settings("sam", engine="frontier"), event, 5, whole))


def test_a_run_prints_the_same_whatever_is_stored(monkeypatch):
    asked = [
        ("sam-chain", {"n": 8, "steps": 2100}),
        ("sam-chain", {"n": 6, "steps": 64}),
        ("sagd-blocks", {"n": 7, "steps": 40}),
    ]
    stored = [sco_flat.run(name, **numbers) for name, numbers in asked]
    monkeypatch.setattr(columns, "STORED", 0)
    for (name, numbers), ours in zip(asked, stored, strict=True):
        theirs = sco_flat.run(name, **numbers)
        assert (ours.points, ours.claims, ours.notes, ours.event) == (
            theirs.points,
            theirs.claims,
            theirs.notes,
            theirs.event,
        )


@pytest.mark.parametrize(
    ("loss", "method"), [(SamChain(6, 20, 0.1, 1.0), "sam"), (SagdBlocks(6, 20, 0.25, 0.4), "sagd")]
)
def test_examples_are_left_out_of_a_stream(loss, method, streamed):
    chosen = Settings(method, "adversarial")
    found = [leave_one_out(loss, sample, chosen) for sample in drawn(loss.n, loss.m, loss.bad_code, loss.event, 4)]
    assert isinstance(found[1].simulation.layout.sample, Streamed)
    assert found[0].eps == found[1].eps > 0.0
    assert np.array_equal(found[0].growth, found[1].growth)


def test_what_columns_may_add_is_inside_its_ends():
    loss = SamChain(10, 40, 1 / 24, 12 / 40**0.5)
    sample = drawn(10, 1024, 0, "one", 1)[1]
    run = simulate(loss, sample, Settings("sam"), 0)
    sleeping = run.layout.sleeping
    now = sleeping.now
    for view, start in ((now, -1e-20), (now.mean(1, 40, 40.0), 0.0), (now.rest(1, 40), 3e-21)):
        begin = np.zeros(kernels.RESULTS)
        begin[: loss.n] = begin[[kernels.WORST, kernels.AVERAGE]] = start
        found = sleeping.sums(view, np.zeros(run.layout.rows.size), begin)
        low, high = sleeping._ends_of(view, start, abs(start))
        reached = [*found[: loss.n], found[kernels.WORST], found[kernels.AVERAGE]]
        assert low <= min(reached) < max(reached) <= high
        ends = view.hull()
        assert ends[0] <= found[kernels.LOWEST] < 0.9 * ends[0] < 0.0


def test_columns_that_are_not_stored_are_made_for_other_engines(streamed):
    numbers = {"n": 6, "steps": 12, "step_size": 0.1}
    frontier, blocks = (sco_flat.run("sam-chain", engine=name, **numbers) for name in ("frontier", "blocks"))
    assert blocks.points == frontier.points


def test_blocks_that_wake_up_are_refused_with_what_stores_them(streamed):
    with pytest.raises(InputError, match=r"engine = frontier: .*blocks wake up; use --engine blocks"):
        sco_flat.run("sam-chain", n=6, steps=12, step_size=0.1, gamma=0.9, delta_1=0.5, allow_outside=True)


def test_too_many_columns_say_how_long_they_take():
    with pytest.raises(InputError, match=r"columns = 1,099,511,627,776: takes about \d+ (h|days) here"):
        sco_flat.run("sam-chain", n=40, steps=10_000, engine="frontier")


@pytest.mark.deep
@pytest.mark.parametrize("event", ["one", "free"])
def test_sums_over_several_stretches_have_the_same_bits(event):
    loss = SamChain(21, 3, 1 / 24, 6.0)
    assert loss.m == 2 * columns.STRETCH
    runs = [simulate(loss, sample, Settings("sam"), 0, (2, 3)) for sample in drawn(21, loss.m, 0, event, 1)]
    assert [run.layout.streamed for run in runs] == [False, True]
    for pick in ("last", "average", "window_sum"):
        ours, theirs = (run.layout.dense(getattr(run, pick)) for run in runs)
        assert np.array_equal(ours, theirs)
        assert ours.any()
    ours, theirs = (run.look(run.last) for run in runs)
    assert (ours.empirical_risk, ours.population_risk) == (theirs.empirical_risk, theirs.population_risk)
