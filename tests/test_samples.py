"""The sample's law, against all tables of codes, and against a sampler that is known to be wrong."""

from __future__ import annotations

import itertools
import math
import pickle
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from sco_flat.errors import InputError
from sco_flat.results import Event
from sco_flat.samples import EventKind, Sample, draw, event_probability, generator, popcounts, streams

KINDS = get_args(EventKind)
Table = tuple[int, ...]


def in_event(table: Table, bad: int, kind: EventKind) -> bool:
    """Whether a table of codes belongs to the event."""
    return {"any": table.count(bad) >= 1, "one": table.count(bad) == 1, "free": True}[kind]


def tables(n: int, m: int, bad: int, kind: EventKind) -> list[Table]:
    """All tables of the event; under the conditional law they are equally likely."""
    return [t for t in itertools.product(range(2**n), repeat=m) if in_event(t, bad, kind)]


def table_p_value(sampler: Callable[[], Table], support: list[Table], draws: int = 5000) -> float:
    """Chi-square p-value of a sampler of tables against the uniform law on the event."""
    seen = Counter(sampler() for _ in range(draws))
    assert set(seen) <= set(support)
    return float(stats.chisquare([seen[t] for t in support]).pvalue)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "m", "bad"), [(1, 5, 1), (2, 3, 1), (3, 2, 7), (3, 2, 0)])
def test_every_table_of_the_event_is_equally_likely(n: int, m: int, bad: int, kind: EventKind) -> None:
    rng = generator(11)
    p = table_p_value(lambda: tuple(draw(n, m, bad, kind, rng).codes.tolist()), tables(n, m, bad, kind))
    assert p > 1e-3


def test_the_same_test_rejects_overwriting_a_random_column() -> None:
    rng = generator(11)

    def overwrite() -> Table:
        codes = rng.integers(0, 4, size=3)
        codes[rng.integers(0, 3)] = 1
        return tuple(codes.tolist())

    assert table_p_value(overwrite, tables(2, 3, 1, "any")) < 1e-9


def test_the_same_test_rejects_other_codes_off_by_one() -> None:
    rng = generator(11)

    def unshifted() -> Table:
        codes = rng.integers(0, 4, size=3)
        codes[codes == 1] = 2  # all other codes, but one of them twice as likely
        codes[rng.integers(0, 3)] = 1
        return tuple(codes.tolist())

    assert table_p_value(unshifted, tables(2, 3, 1, "one")) < 1e-9


@pytest.mark.parametrize(("n", "m"), [(3, 8), (4, 60), (10, 1024)])
def test_number_and_places_of_bad_columns(n: int, m: int) -> None:
    rng = generator(3)
    draws = [draw(n, m, 0, "any", rng).event.columns for _ in range(4000)]
    law = stats.binom(m, 2.0**-n)
    last = int(law.ppf(1 - 10 / len(draws)))  # cells with ten expected draws or so, and the rest in one
    expected = np.append(law.pmf(np.arange(1, last)), law.sf(last - 1)) / law.sf(0)
    counts = np.bincount([min(len(c), last) for c in draws], minlength=last + 1)[1:]
    assert stats.chisquare(counts, expected * len(draws)).pvalue > 1e-3
    for place in (0, -1):  # the gaps before the first and after the last of two bad columns have one law
        gaps = [c[place] if place == 0 else m - 1 - c[place] for c in draws if len(c) == 2]
        j = np.arange(m - 1)
        mean = np.sum(j * (m - 1 - j)) / math.comb(m, 2)
        assert abs(np.mean(gaps) - mean) < 4 * np.std(gaps) / math.sqrt(len(gaps))


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (2, 3), (3, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_probability_against_all_tables(n: int, m: int, kind: EventKind) -> None:
    exact = Fraction(len(tables(n, m, 0, kind)), 2 ** (n * m))
    assert event_probability(n, m, kind) == pytest.approx(float(exact), rel=1e-15)


@pytest.mark.parametrize("n", [1, 2, 5, 20, 40, 62])
def test_the_theorems_widths_make_both_events_likely(n: int) -> None:
    assert event_probability(n, 2**n, "any") >= (1 - math.exp(-1)) * (1 - 1e-15)
    assert event_probability(n, 2**n, "one") >= math.exp(-1) * (1 - 1e-15)


def test_tiny_probability_keeps_its_digits() -> None:
    exact = 1 - (1 - Fraction(1, 2**62)) ** 5
    assert event_probability(62, 5, "any") == pytest.approx(float(exact), rel=1e-15, abs=0)


@pytest.mark.parametrize("kind", ["any", "one"])
def test_a_rare_event_is_drawn_at_once_and_its_place_is_uniform(kind: EventKind) -> None:
    rng = generator(5)
    places = [draw(62, 5, 2**62 - 1, kind, rng).event.columns for _ in range(2000)]
    assert all(len(c) == 1 for c in places)
    assert stats.chisquare(np.bincount([c[0] for c in places], minlength=5)).pvalue > 1e-3


def test_a_sure_event_is_the_plain_law() -> None:
    # 2^-2000 is no number: "any" must not notice, "one" must still be drawn
    rng = generator(5)
    sample = draw(1, 2000, 1, "any", rng)
    assert sample.event.probability == 1.0
    assert abs(len(sample.event.columns) - 1000) < 5 * math.sqrt(500)
    sample = draw(1, 2000, 1, "one", rng)
    assert sample.event.probability == 0.0
    assert len(sample.event.columns) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_sample_record(kind: EventKind) -> None:
    sample = draw(6, None, 3, kind, generator(0))
    assert sample.width == 64
    assert sample.codes.dtype == np.int64
    assert not sample.codes.flags.writeable
    assert sample.event.kind == kind
    assert sample.event.columns == tuple(np.flatnonzero(sample.codes == 3).tolist())
    again = pickle.loads(pickle.dumps(sample))
    assert np.array_equal(again.codes, sample.codes)
    assert not again.codes.flags.writeable
    assert again.event == sample.event


def test_a_sample_does_not_follow_the_array_it_was_made_of() -> None:
    codes = np.array([1, 2, 3])
    sample = Sample(codes, 2, Event("free", (), 1.0))
    codes[0] = 0
    assert sample.codes.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        sample.codes[0] = 5


def test_streams_depend_on_seed_and_name_only() -> None:
    both = streams(7, "order", "sample")
    alone = streams(7, "sample")["sample"].integers(0, 2**62, size=8)
    both["order"].random(100)
    assert np.array_equal(both["sample"].integers(0, 2**62, size=8), alone)
    heads = [g.integers(0, 2**62) for s in (7, 8) for g in streams(s, "sample", "order", "oracle", "start").values()]
    heads += [generator(7).integers(0, 2**62), generator(8).integers(0, 2**62)]
    assert len(set(heads)) == len(heads)


def test_generator_is_philox_and_repeats() -> None:
    assert isinstance(generator(0).bit_generator, np.random.Philox)
    assert np.array_equal(generator(2**100).random(5), generator(2**100).random(5))


@pytest.mark.parametrize("seed", [-1, 1.0, 1.5, "1", None, True, 2**128])
def test_bad_seeds(seed: object) -> None:
    for make in (generator, lambda s: streams(s, "sample")):
        with pytest.raises(InputError, match="seed"):
            make(seed)  # type: ignore[arg-type]


def test_nameless_stream() -> None:
    with pytest.raises(InputError, match="stream"):
        streams(0, "sample", "")


@pytest.mark.parametrize(
    ("n", "width", "bad", "kind", "key"),
    [
        (0, 4, 0, "any", "n"),
        (63, 4, 0, "any", "n"),
        (2.0, 4, 0, "any", "n"),
        (True, 4, 0, "any", "n"),
        (3, -1, 0, "any", "width"),
        (3, 0, 0, "free", "width"),
        (3, 4, 8, "any", "bad_code"),
        (3, 4, -1, "any", "bad_code"),
        (3, 4, 0, "two", "event"),
    ],
)
def test_bad_input(n: int, width: int, bad: int, kind: EventKind, key: str) -> None:
    with pytest.raises(InputError) as caught:
        draw(n, width, bad, kind, generator(0))
    assert caught.value.key == key


@pytest.mark.parametrize("kind", ["any", "one"])
def test_impossible_event(kind: EventKind) -> None:
    with pytest.raises(InputError, match="event impossible"):
        draw(3, 0, 0, kind, generator(0))


@pytest.mark.parametrize(("n", "width"), [(50, None), (3, 2**50)])
def test_too_wide_for_the_memory(n: int, width: int | None) -> None:
    mend = "take --n [0-9]+ or less" if width is None else "take --width [0-9]+ or less"
    with pytest.raises(InputError, match=rf"memory = about (19,140|24,770) TB: more than .* are free; {mend}"):
        draw(n, width, 0, "free", generator(0))


def test_popcounts() -> None:
    codes = np.array([[0, 1, 2**62 - 1], [5, 6, 7]])
    assert popcounts(codes).tolist() == [[0, 1, 62], [2, 2, 3]]
    assert popcounts(codes, 0b101).tolist() == [[0, 1, 2], [2, 1, 2]]
    assert (popcounts(codes) - popcounts(codes, 1)).min() >= 0
    assert popcounts(codes).dtype == np.int64


@pytest.mark.parametrize("density", [0.2, 0.7])
@pytest.mark.parametrize("event", ["any", "one", "free"])
@pytest.mark.parametrize("bad", [0, 7])
def test_biased_bits_have_their_law(density, event, bad):
    """Bits of columns that are not bad, the number of bad columns, and its probability, against enumeration."""
    n, m, rng = 3, 12, np.random.default_rng(5)
    chances = np.array([density ** c.bit_count() * (1 - density) ** (n - c.bit_count()) for c in range(8)])
    counts, others = [], np.zeros(8)
    for _ in range(3000):
        found = draw(n, m, bad, event, rng, density)
        counts.append(len(found.event.columns))
        others += np.bincount(found.codes, minlength=8)
    others[bad] = 0
    law = np.where(np.arange(8) == bad, 0, chances)
    assert others / others.sum() == pytest.approx(law / law.sum(), abs=0.012)
    binomial = stats.binom(m, chances[bad])
    inside = {"any": 1 - binomial.pmf(0), "one": binomial.pmf(1), "free": 1.0}[event]
    assert found.event.probability == pytest.approx(inside, rel=1e-12)
    mean = {"any": binomial.mean() / inside, "one": 1.0, "free": binomial.mean()}[event]
    assert np.mean(counts) == pytest.approx(mean, rel=0.06)


def test_densities_that_cannot_be_used():
    for density, event in ((0.0, "free"), (1.0, "any"), (float("nan"), "any"), (1e-9, "one")):
        with pytest.raises(InputError, match="density"):
            draw(3, 8, 0, event, np.random.default_rng(0), density)
