"""The flattest networks of a dictionary and of activation patterns, against brute force."""

import itertools
import time
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from sco_flat.errors import InputError
from sco_flat.works.wen_li_ma.data import given, xor
from sco_flat.works.wen_li_ma.flattest import certificate, dictionary, find, patterns
from sco_flat.works.wen_li_ma.nets import misses, trace

NO_BIAS = [(6, 24, 0), (6, 24, 1), (6, 24, 2)]


def brute(data, rows):
    """The least trace in units of ``4 |x'|`` over given directions, by a program of its own."""
    x = np.array([[float(v) for v in data.seen(p)] for p in data.points])
    h = np.maximum(x @ np.asarray(rows, dtype=float).T, 0)
    costs = np.sqrt((h > 1e-12).mean(axis=0) * (h**2).mean(axis=0))
    y = [float(v) for v in data.labels]
    return linprog(np.r_[costs, costs], A_eq=np.hstack([h, -h]), b_eq=y, bounds=(0, None)).fun


# --- (i) the dictionary ---


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("d", "n"), [(2, 3), (2, 4), (3, 5), (3, 8)])
def test_the_dictionary_against_brute_force(d, n, bias):
    data = xor(d, n, 0, bias)
    every = [u for u in itertools.product(range(-2, 3), repeat=d + bias) if any(u)]
    found = find(data, seed=0)
    assert found.verdict == "proved"
    assert brute(data, every) == pytest.approx(1, abs=1e-9)
    net = found.net
    assert (misses(net, data), trace(net, data)) == (0, 4)


@pytest.mark.parametrize(("d", "n", "seed"), NO_BIAS)
def test_without_bias_the_dictionary_has_no_wrong_one(d, n, seed):
    found = find(xor(d, n, seed, bias=False), seed=seed)
    assert (found.verdict, found.errors, found.lowest) == ("proved", 0, (1,))


@pytest.mark.parametrize(("d", "n", "seed"), NO_BIAS)
def test_with_bias_its_worst_one_is_mostly_wrong(d, n, seed):
    found = find(xor(d, n, seed), seed=seed)
    assert found.verdict == "proved"
    assert found.errors / len(found.data.rest) >= 0.6
    assert found.lowest[0] < 0
    assert trace(found.net, found.data) == 4


def test_the_second_program_is_the_least_mean():
    """Random covers by pure faces of the dictionary are not below it."""
    data = xor(4, 7, 1, bias=False)
    book = dictionary.build(data)
    faces, points, means = dictionary.pure(book, data)
    best = dictionary.cover(means, points)
    assert dictionary.bounds_all(best, means, points)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = dictionary.cover([Fraction(int(v)) for v in rng.integers(-9, 10, len(faces))], points)
        assert sum(a * means[k] for k, a in zip(other.places, other.weights, strict=True)) >= best.value
    assert not dictionary.bounds_all(best, [m - 1 for m in means], points)


def test_a_dictionary_that_meets_no_labels_is_refused():
    """Twelve points of one circle, eight directions; patterns can do it with labels of one's own."""
    points = [(3, 4), (4, 3), (5, 0), (0, 5), (-3, 4), (-4, 3), (-5, 0), (0, -5), (3, -4), (4, -3), (-3, -4), (-4, -3)]
    data = given(points, [1, -1, 1, 1, -1, 1, -1, -1, 1, -1, 1, 1], bias=False)
    with pytest.raises(InputError, match=r"^directions = ternary: no combination of them meets the labels"):
        find(data)


def test_more_directions_never_raise_a_value():
    """Neither the trace, on a circle whose dictionary misses the floor, nor the least mean of y f on the cube."""
    circle = given([(3, 4), (4, 3), (5, 0)], [1, -1, 1], bias=False)
    traces = [dictionary.flattest(dictionary.build(circle, k, 3), circle).fun for k in (0, 1, 5, 20, 80, 320)]
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(traces))
    assert 1 - 1e-9 <= traces[-1] < traces[0] - 1e-3
    cube = xor(4, 7, 1)
    found = [find(cube, seed=1, random=k) for k in (0, 20, 200, 2000)]
    assert {f.verdict for f in found} == {"proved"}
    means = [f.lowest[0] for f in found]
    assert means == sorted(means, reverse=True)
    assert means[-1] < means[0]
    for f in found:
        assert (misses(f.net, cube), trace(f.net, cube)) == (0, 4)
    with pytest.raises(InputError, match="without --random"):
        certificate.content(found[-1])


def test_a_dictionary_may_miss_the_floor():
    """On a circle no direction of it is constant on two of these points: its optimum is a float, above the floor."""
    data = given([(3, 4), (4, 3), (5, 0)], [1, -1, 1], bias=False)
    found = find(data)
    (c,) = found.claims
    assert (c.evidence, c.relation, c.bound) == ("float", ">", 1.0)
    every = [u for u in itertools.product((-1, 0, 1), repeat=2) if any(u)]
    assert c.value == pytest.approx(brute(data, every))
    assert c.value > 1.01
    assert found.worst is None


# --- (ii) cones ---


@pytest.mark.parametrize("d", [2, 3])
def test_the_cone_program_against_brute_force(d):
    """The full cube: sqrt(2) times the floor, which directions without kinks come near from above and never pass."""
    data = xor(d, 2**d, 0, bias=False)
    value, status = patterns.infimum(data)
    assert status == "optimal"
    assert value == pytest.approx(2**0.5, abs=1e-6)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3000, d))
    near = [(s, t * (1 - e), *(0,) * (d - 2)) for s in (1, -1) for t in (1, -1) for e in (1e-3, -1e-3)]
    above = brute(data, [*rows, *near])
    assert value - 1e-6 <= above <= value + 2e-3


@pytest.mark.parametrize(("n", "count"), [(4, 4), (3, 4)])
def test_patterns_of_a_square(n, count):
    """Two lines cut the plane in four."""
    data = xor(2, n, 0, bias=False)
    assert len(patterns.patterns(np.array(data.points, dtype=float))) == count


@pytest.mark.deep
@pytest.mark.parametrize(("d", "n", "low", "high"), [(4, 16, 5.65685, 5.65686), (4, 12, 5.1, 5.3)])
def test_the_cone_program_on_larger_sets(d, n, low, high):
    for seed in range(1 if n == 16 else 3):
        value, status = patterns.infimum(xor(d, n, seed, bias=False))
        assert status == "optimal"
        assert low <= 4 * value <= high


@pytest.mark.parametrize(
    ("n", "value"), [(12, 1.27985540), pytest.param(32, 2**0.5, marks=pytest.mark.deep)], ids=["12", "cube"]
)
def test_a_cone_program_that_the_solver_must_not_rescale(n, value):
    """With Clarabel's own scaling it ends "almost solved", and with none it ends optimal."""
    found, status = patterns.infimum(xor(5, n, 0, bias=False))
    assert (found, status) == (pytest.approx(value, abs=5e-8), "optimal")


def test_patterns_against_drawn_directions():
    """The whole cube of d = 4, and 12 points of it: what 20,000 directions show, each pattern once."""
    rng = np.random.default_rng(0)
    for n in (12, 16):
        points = np.array(xor(4, n, 0, bias=False).points, dtype=float)
        found = {tuple(row) for row in patterns.patterns(points)}
        assert len(found) == len(patterns.patterns(points))
        assert found == {tuple(row) for row in rng.standard_normal((20000, 4)) @ points.T > 0}


@pytest.mark.deep
@pytest.mark.parametrize(("seed", "low", "high"), [(0, 5.03, 5.04), (1, 5.02, 5.03), (2, 5.20, 5.21)])
def test_the_cone_program_in_five_dimensions(seed, low, high):
    """Twenty points: some 1,200 patterns; random directions come from above, the floor is 4."""
    data = xor(5, 20, seed, bias=False)
    began = time.process_time()
    value, status = patterns.infimum(data)
    assert time.process_time() - began < 30
    assert (status, low <= 4 * value <= high) == ("optimal", True)
    assert value <= brute(data, np.random.default_rng(seed).standard_normal((3000, 5)))
