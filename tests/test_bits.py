"""Dense, blocks and frontier runs have equal bits wherever they overlap; elsewhere an engine refuses.

150 random configurations in the default run, 4,000 with ``pytest -m deep``.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sco_flat import engines, samples
from sco_flat.engines.simulation import simulate
from sco_flat.errors import InputError
from sco_flat.instances.flat_erm import FlatErm
from sco_flat.instances.sagd_blocks import SagdBlocks
from sco_flat.instances.sam_chain import SamChain
from sco_flat.settings import Settings
from sco_flat.traits import objection
from sco_flat.vocabulary import SCHEDULES

ANY = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@st.composite
def chains(draw):
    """A chain, with its own constants or with ones so large that blocks wake up and the coupling acts."""
    n, steps = draw(st.integers(2, 7)), draw(st.integers(2, 40))
    eta = draw(st.sampled_from([1 / 24, 1 / 6, 0.5, 1.0, 3.0]))
    radius = draw(st.sampled_from([0.5, 1.0, 3.0])) / (2 * eta * steps**0.5)
    width = draw(st.one_of(st.none(), st.integers(1, 70)))
    loud = st.one_of(st.none(), st.floats(1e-6, 0.9))
    return SamChain(
        n, steps, eta, radius, 0.0, width, draw(st.sampled_from(["printed", "corrected"])),
        lam=draw(loud), gamma=draw(loud), delta_1=draw(loud), delta_2=draw(loud), delta_3=draw(loud), delta=draw(loud),
    )  # fmt: skip


@st.composite
def walks(draw):
    """SA-GD blocks, both presets and odd weights, and the bits of Theorem 1."""
    n, steps = draw(st.integers(1, 6)), draw(st.integers(2, 40))
    eta = draw(st.sampled_from([0.1, 0.25, 1.0]))
    rho = draw(st.sampled_from([0.0, 0.02, 0.3]))
    radius = rho + draw(st.sampled_from([0.3, 1.0, 2.0])) / (eta * steps**0.5)
    width = draw(st.one_of(st.none(), st.integers(1, 70)))
    if draw(st.integers(0, 5)) == 0:
        return FlatErm(n, steps, eta, radius, rho, width)
    return SagdBlocks(
        n, steps, eta, radius, rho, width, draw(st.sampled_from(["paper", "robust"])),
        draw(st.sampled_from([None, 0.0, 0.5])), draw(st.sampled_from([None, 0.0, 0.01])),
    )  # fmt: skip


@st.composite
def runs(draw):
    """An instance, a sample and settings."""
    instance = draw(st.one_of(chains(), walks()))
    methods = ["gd", "sgd", "sam"] + (["sagd"] * 3 if isinstance(instance, SagdBlocks) else [])
    sizes = st.one_of(st.none(), st.none(), st.integers(1, instance.n))
    chosen = {
        "method": draw(st.sampled_from(methods)),
        "oracle": draw(st.sampled_from(["adversarial", "benign", "coordinate", "uniform"])),
        "normalize": draw(st.sampled_from([True, True, True, False])),
        "epsilon": draw(st.sampled_from([0.0, 0.0, 1e-12, 1e-3])),
        "batch_size": draw(sizes),
        "order": draw(st.sampled_from(["without-replacement", "with-replacement"])),
        "schedule": draw(st.sampled_from(SCHEDULES)),
        "project": draw(st.sampled_from([False, False, True])),
    }
    event = draw(st.sampled_from(["any", "one", "free"]))
    seed = draw(st.integers(0, 10**6))
    first = draw(st.integers(1, instance.steps))
    last = draw(st.integers(first, instance.steps))
    sample = samples.draw(instance.n, instance.m, instance.bad_code, event, samples.generator(seed))
    return instance, sample, chosen, seed, (first, last)


def outcome(instance, sample, chosen, seed, window, engine):
    """Dense vectors of a run as integers, or the reason why an exact oracle gave up."""
    try:
        run = simulate(instance, sample, Settings(engine=engine, **chosen), seed, window)
    except InputError as error:
        if error.key != "oracle":
            raise
        return str(error)
    vectors = [run.layout.dense(w) for w in (run.last, run.window_sum)]
    bits = [(v + 0.0).view(np.int64) for v in vectors]
    return bits, (run.zero_step, run.underflow_step, run.tied_steps)


@settings(max_examples=150, derandomize=True, **ANY)
@given(runs())
def test_engines_have_equal_bits(case):
    hold_engines_together(case)


@pytest.mark.deep
@settings(max_examples=4000, **ANY)
@given(runs())
def test_engines_have_equal_bits_deep(case):
    hold_engines_together(case)


def hold_engines_together(case):
    """Every engine gives the dense engine's bits and step numbers, or refuses by name."""
    instance, sample, chosen, seed, window = case
    reference = outcome(*case, "dense")
    for name in ("blocks", "frontier"):
        if objection(engines.get(name), instance.facts() | Settings(**chosen).facts()) is not None:
            with pytest.raises(InputError, match="engine"):
                simulate(instance, sample, Settings(engine=name, **chosen), seed, window)
            continue
        other = outcome(*case, name)
        if isinstance(reference, str) or isinstance(other, str):
            assert reference == other
            continue
        for ours, theirs in zip(other[0], reference[0], strict=True):
            assert np.array_equal(ours, theirs), name
        assert other[1] == reference[1]
