"""Records that kernels are handed by their address."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from numba import types
from numba.np.numpy_support import as_dtype

from sco_flat._jit import PARAMS, WORK, Params, Work, freeze, kernel
from sco_flat._pointed import Pointed


@kernel(types.float64(PARAMS, types.int64))
def read(params, k):
    """Read a field of every kind."""
    return params.weights[k] + params.codes[k] + 100.0 * params.m + 1000.0 * params.weights.size


@kernel(types.void(WORK))
def mark(work):
    """Write to an array."""
    work.flags[3] = 7


TWICE = types.float64(types.float64)


@kernel(TWICE)
def twice(x):
    """What a driver is handed."""
    return 2.0 * x


@kernel(types.float64(Pointed(TWICE), types.float64))
def driver(function, x):
    """Call it."""
    return function(function(x))


def record(**changes):
    whole = {
        "n": 2, "m": 3, "length": 4, "passive": 0, "codes": freeze([5, 6], np.int64),
        "rows": freeze([], np.int64), "weights": freeze([0.5, 0.25, 0.125], np.float64),
        "constants": freeze([], np.float64),
    }  # fmt: skip
    return Params(**whole | changes)


def test_a_kernel_reads_what_the_record_holds():
    assert read(record(), 1) == 3306.25
    assert read(record()._replace(m=4, weights=freeze([7.0, 8.0], np.float64)), 1) == 2414.0


@pytest.mark.parametrize(
    "array",
    [
        freeze([1, 2, 3], np.int64),
        freeze(np.zeros((3, 1)), np.float64),
        freeze(np.zeros(6), np.float64)[::2],
        np.zeros(25, dtype=np.uint8)[1:].view(np.float64),
        [0.5, 0.25, 0.125],
    ],
    ids=["integers", "two dimensions", "gaps", "between two words", "a list"],
)
def test_what_is_no_such_array_is_refused(array):
    with pytest.raises(TypeError, match=r"weights: kernels expect|No matching definition"):
        read(record(weights=array), 0)


@pytest.mark.parametrize("number", [2.7, "2", None])
def test_what_is_no_whole_number_is_refused(number):
    with pytest.raises(TypeError, match=r"m: kernels expect int64|No matching definition"):
        read(record(m=number), 0)
    assert read(record(m=np.int64(4)), 0) == 3405.5


def test_what_kernels_write_to_is_no_constant():
    arrays = {name: np.zeros(8, dtype=as_dtype(kind.dtype)) for name, kind in WORK.fields}
    mark(Work(**arrays))
    assert arrays["flags"][3] == 7
    with pytest.raises(TypeError, match=r"flags: kernels expect|No matching definition"):
        mark(Work(**arrays | {"flags": freeze(arrays["flags"], np.int64)}))


def test_a_copy_has_an_address_of_its_own():
    first = record()
    assert read(first, 0) == 3305.5
    for other in (copy.copy(first), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        assert "address" not in vars(other)
        assert other.address != first.address
        assert read(other._replace(codes=freeze([0, 0], np.int64)), 0) == 3300.5


def test_a_record_holds_its_arrays_and_nothing_holds_the_record():
    held = record(weights=freeze([2.0], np.float64))
    array = weakref.ref(held.weights)
    read(held, 0)
    gc.collect()
    assert array() is not None
    del held
    gc.collect()
    assert array() is None


def test_a_kernel_is_handed_on_by_its_address_and_one_of_another_kind_is_refused():
    """A call through the wrong signature would be a crash."""
    assert "address" not in vars(twice)
    assert driver(twice, 1.5) == 6.0
    assert vars(twice)["address"] == twice.address > 0
    for other in (read, None):
        with pytest.raises(TypeError, match="No matching definition"):
            driver(other, 1.5)
    with pytest.raises(AttributeError, match="'address'"):  # Numba's own, which would have to be looked up
        driver(twice.compiled, 1.5)
