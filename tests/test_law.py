"""The bracket of the risk's law, against sums over all choices in exact or in plain arithmetic."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sco_flat.errors import InputError
from sco_flat.instances import law
from sco_flat.instances.law import expected_hinge, expected_hinge_monte_carlo

ROUNDING = 1e-12
entries = st.one_of(st.just(0.0), st.floats(1e-9, 1e3), st.sampled_from([0.25, 0.5, 1.0]))
rows = st.lists(st.tuples(entries, entries), max_size=12)
radii = st.one_of(st.just(0.0), st.floats(1e-6, 40.0))


def brute(base: float, p: list[float], q: list[float], rho: float) -> float:
    """Sum over all choices, every sum rounded once."""
    values = [
        max(math.sqrt(math.fsum((base, *c))) - rho, 0.0) ** 2 / 2 for c in itertools.product(*zip(p, q, strict=True))
    ]
    return math.fsum(values) / len(values)


def split(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Rows as two vectors."""
    return [a for a, _ in pairs], [b for _, b in pairs]


def contains(bracket: tuple[float, float], value: float, base: float, p: list[float], q: list[float]) -> bool:
    """Containment up to the rounding of the reference: an ulp of the root moves a small G by much more than an ulp."""
    largest = math.sqrt(base + sum(map(max, p, q)))
    room = 1e-15 * (largest * math.sqrt(2 * value) + value) + 1e-31 * largest**2
    return bracket[0] - room <= value <= bracket[1] + room


@settings(max_examples=60, deadline=None)
@given(entries, rows, radii)
def test_enumeration_meets_the_sum_over_all_choices(base: float, pairs: list[tuple[float, float]], rho: float) -> None:
    p, q = split(pairs)
    bracket, value = expected_hinge(base, p, q, rho), brute(base, p, q, rho)
    assert contains(bracket, value, base, p, q)
    scale = base + sum(map(max, p, q))
    assert bracket[1] - bracket[0] <= ROUNDING * (value + math.sqrt(scale * value)) + 1e-24 * scale


@settings(max_examples=60, deadline=None)
@given(entries, rows, radii, st.sampled_from([2**4, 2**8, 2**12, 2**16]))
def test_lattice_contains_the_sum_over_all_choices(
    base: float, pairs: list[tuple[float, float]], rho: float, cells: int
) -> None:
    p, q = split(pairs)
    bracket = expected_hinge(base, p, q, rho, enumeration=0, cells=cells, tolerance=0.0)
    assert contains(bracket, brute(base, p, q, rho), base, p, q)


@pytest.mark.parametrize("rho", [0.05, 0.7, 1.3])
def test_exact_enumeration_lies_within_every_lattice(rho: float) -> None:
    x = np.random.default_rng(1).random(18) ** 3
    lower, upper = expected_hinge(0.01, x, np.zeros(18), rho)
    for cells in 2 ** np.arange(4, 22, 2):
        below, above = expected_hinge(0.01, x, np.zeros(18), rho, enumeration=0, cells=int(cells), tolerance=0.0)
        assert below <= upper
        assert lower <= above


@pytest.mark.parametrize(("count", "rho"), [(60, 0.1), (60, 0.8), (1500, 0.1), (1500, 0.8)])
def test_the_width_shrinks_as_the_lattice_grows(count: int, rho: float) -> None:
    x = np.random.default_rng(2).standard_normal(count) ** 2 / count
    widths = []
    for cells in (2**12, 2**16, 2**20, 2**24):
        lower, upper = expected_hinge(0.0, x, np.zeros(count), rho, cells=cells, tolerance=0.0)
        widths.append(upper - lower)
    assert all(b < a / 2 for a, b in itertools.pairwise(widths))


def test_the_tolerance_spares_work() -> None:
    x = np.random.default_rng(3).standard_normal(500) ** 2 / 500
    loose = expected_hinge(0.0, x, np.zeros(500), 0.1, tolerance=1e-3)
    tight = expected_hinge(0.0, x, np.zeros(500), 0.1, tolerance=1e-9, cells=2**24)
    assert loose[0] <= tight[0] <= tight[1] <= loose[1]
    assert loose[1] - loose[0] <= 1e-3 * loose[1]
    assert tight[1] - tight[0] < (loose[1] - loose[0]) / 10


@pytest.mark.parametrize("rho", [0.1, 0.5])
def test_many_gaussian_rows_are_tight_and_near_monte_carlo(rho: float) -> None:
    rng = np.random.default_rng(4)
    p, q = rng.standard_normal((2, 4096)) ** 2 / 4096
    lower, upper = expected_hinge(0.01, p, q, rho, cells=2**24)
    assert 0 < upper - lower < 1e-4 * upper
    mean, half = expected_hinge_monte_carlo(0.01, p, q, rho, 3000, rng)
    assert lower - 2 * half < mean < upper + 2 * half


@pytest.mark.parametrize("count", [1, 2, 7, 300, 4001])
def test_equal_rows_are_grouped_whatever_their_order(count: int) -> None:
    flips = np.random.default_rng(5).random(count) < 0.5
    p, q = np.where(flips, 0.5, 0.125), np.where(flips, 0.125, 0.5)
    lower, upper = expected_hinge(0.25, p, q, 0.375)
    exact = [math.sqrt(0.25 + 0.125 * count + 0.375 * k) - 0.375 for k in range(count + 1)]
    total = sum(Fraction(v) ** 2 * math.comb(count, k) for k, v in enumerate(exact))
    value = float(total / 2 ** (count + 1))
    assert lower <= value <= upper
    assert upper - lower < 1e-11 * value


def test_equal_rows_beyond_enumeration() -> None:
    sizes = np.repeat([0.3, 0.7], 40)
    exact = expected_hinge(0.0, sizes, np.zeros(80), 1.0)
    lattice = expected_hinge(0.0, sizes, np.zeros(80), 1.0, enumeration=1000)
    assert lattice[0] <= exact[0] <= exact[1] <= lattice[1]


@pytest.mark.parametrize("rho", [0.0, 1e-30])
def test_no_radius_is_half_the_mean(rho: float) -> None:
    p, q = np.random.default_rng(6).random((2, 1000))
    lower, upper = expected_hinge(1.0, p, q, rho)
    value = 0.5 * float(1 + sum(map(Fraction, (*p, *q))) / 2)
    assert lower <= value <= upper
    assert upper - lower < 1e-14 * value


def test_sure_rows_go_to_the_base() -> None:
    lower, upper = expected_hinge(1.0, [3.0] * 5000, [3.0] * 5000, 0.5)
    value = 0.5 * (math.sqrt(15001) - 0.5) ** 2
    assert lower <= value <= upper
    assert upper - lower < 1e-13 * value


@pytest.mark.parametrize("enumeration", [0, 2**20])
def test_no_rows(enumeration: int) -> None:
    lower, upper = expected_hinge(4.0, [], [], 0.5, enumeration=enumeration)
    assert lower <= 1.125 <= upper
    assert upper - lower < 1e-13


def test_zero_where_the_radius_covers_every_sum() -> None:
    assert expected_hinge(0.0, [0.0, 0.0], [0.0, 0.0], 0.0) == (0.0, 0.0)
    assert expected_hinge(0.0, np.full(100, 0.01), np.zeros(100), 1.001) == (0.0, 0.0)
    assert expected_hinge(0.0, [], [], 1e300) == (0.0, 0.0)


@pytest.mark.parametrize("scale", [2.0**-300, 2.0**300])
def test_units_do_not_matter(scale: float) -> None:
    x = np.random.default_rng(7).random(40)
    lower, upper = expected_hinge(0.0, x, np.zeros(40), 1.0, cells=2**16)
    assert expected_hinge(0.0, x * scale**2, np.zeros(40), scale, cells=2**16) == pytest.approx(
        (lower * scale**2, upper * scale**2), rel=1e-14, abs=0
    )


def test_jumps_of_all_magnitudes() -> None:
    jumps = 2.0 ** -np.arange(0, 1074, 12.0)
    lower, upper = expected_hinge(0.0, jumps, np.zeros(jumps.size), 0.25)
    # after the first three rows, the rest adds at most 2^-35 to the sum and half of that to G
    value = brute(0.0, jumps[:3].tolist(), [0.0] * 3, 0.25)
    assert lower <= value + 2.0**-36
    assert value <= upper
    assert upper - lower < 1e-6


@pytest.mark.parametrize("at", [0.0, 0.2, 0.99, 0.9999, 1.0, 1.0001, 3.0])
def test_the_curvature_majorant(at: float) -> None:
    rho = 0.7
    s = np.array([at, at + 0.01, at + 0.02]) * rho**2
    c = law._curvature(s, rho)
    second = np.where(s > rho**2, rho / (4 * np.maximum(s, rho**2) ** 1.5), 0.0)
    assert np.all(c >= second * (1 - 1e-15))
    assert c[0] > c[1] > c[2] > 0
    assert c[0] + c[2] >= 2 * c[1] * (1 - 1e-15)


@pytest.mark.parametrize("negligible", [0.0, 1e-9, 1e-3])
def test_the_accumulated_law_loses_only_what_it_reports(negligible: float) -> None:
    from sco_flat.instances.kernels.lattice import accumulate

    steps, parts = np.array([0, 1, 3, 3, 10]), np.array([0.25, 0.0, 0.5, 0.75, 0.125])
    exact = np.ones(1)
    for k, f in zip(steps, parts, strict=True):
        row = np.zeros(k + 2)
        np.add.at(row, [0, k, k + 1], [0.5, (1 - f) / 2, f / 2])
        exact = np.convolve(exact, row)
    table, bounds = np.full((2, int(np.sum(steps + 1)) + 1), math.nan), np.zeros(3, dtype=np.int64)
    dropped = accumulate(steps, parts, negligible, table, bounds)
    turn, low, high = bounds
    kept = table[turn, low : high + 1]
    assert kept.sum() + dropped == pytest.approx(1.0, rel=1e-15)
    assert dropped <= 2 * steps.size * negligible
    assert np.all(kept <= exact[low : high + 1] * (1 + 1e-14))
    assert np.all(kept >= (exact[low : high + 1] - dropped) * (1 - 1e-14))


@pytest.mark.parametrize("part", [0.5, 0.8])
def test_a_radius_far_above_the_mean(part: float) -> None:
    # every sum that counts is rare, and the curvature below the radius says nothing: the other lower end decides
    x = np.random.default_rng(9).random(400)
    lower, upper = expected_hinge(0.0, x, np.zeros(400), math.sqrt(part * x.sum()))
    assert 0.9 * upper < lower < upper


def test_hinge_is_increasing_and_convex() -> None:
    g = law._hinge(np.linspace(0, 4, 4001), 0.8)
    assert np.all(np.diff(g) >= 0)
    assert np.all(np.diff(g, 2) >= -1e-15)


def test_monte_carlo_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    p, q = rng.random((2, 10))
    value = brute(0.0, p.tolist(), q.tolist(), 1.0)
    hits = 0
    for _ in range(200):
        mean, half = expected_hinge_monte_carlo(0.0, p, q, 1.0, 500, rng)
        hits += abs(mean - value) <= half
    assert 178 <= hits <= 199  # 95 % of 200, four standard deviations either way


@pytest.mark.parametrize(
    ("base", "p", "q", "rho", "key"),
    [
        (-1.0, [1.0], [0.0], 0.1, "base"),
        (math.nan, [1.0], [0.0], 0.1, "base"),
        (0.0, [-1.0], [0.0], 0.1, "p"),
        (0.0, [1.0], [math.inf], 0.1, "q"),
        (0.0, [1e301], [0.0], 0.1, "p"),
        (0.0, [1.0], [0.0], -0.1, "rho"),
        (0.0, [1.0], [0.0], math.nan, "rho"),
        (0.0, [1.0], [0.0], math.inf, "rho"),
        (0.0, [1.0, 2.0], [0.0], 0.1, "p, q"),
        (0.0, [[1.0]], [[0.0]], 0.1, "p, q"),
    ],
)
def test_bad_input(base: float, p: list[float], q: list[float], rho: float, key: str) -> None:
    with pytest.raises(InputError) as caught:
        expected_hinge(base, p, q, rho)
    assert caught.value.key == key
    with pytest.raises(InputError):
        expected_hinge_monte_carlo(base, p, q, rho, 10, np.random.default_rng(0))


def test_too_few_draws() -> None:
    with pytest.raises(InputError, match="draws = 1"):
        expected_hinge_monte_carlo(0.0, [1.0], [0.0], 0.1, 1, np.random.default_rng(0))


def test_importing_the_law_does_not_import_the_compiler() -> None:
    code = "import sys, sco_flat.instances.law; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
