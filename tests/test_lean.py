"""What Numba loads, asks and passes by for kernels is less than for others, and changes no answer."""

import gc
import itertools
import math
import subprocess
import sys
from functools import reduce
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import types
from numba.core.registry import cpu_target

from sco_flat import _contexts
from sco_flat._jit import helper, kernel, uncollected

_array = types.float64[::1]


@kernel(types.float64(types.float64, types.float64, types.float64))
def largest(x, y, z):
    return max(x, y, z)


@kernel(types.float64(types.float64, types.float64))
def smaller(x, y):
    return min(x, y)


@kernel(types.float64(types.int64, types.float64))
def mixed(k, x):
    return max(k, 3) + min(k, x) + max(-k, k, 2)


@kernel(types.float64(_array))
def with_lists(x):
    """Closures, a list that becomes an array, linear algebra: nothing that our own kernels have."""

    def twice(t):
        return 2.0 * t

    return np.linalg.norm(np.array([twice(t) for t in x])) + reduce(lambda a, b: a + b, x)


@helper
def _sum(x):
    return np.sum(x)


@kernel(types.float64(_array))
def through_a_helper(x):
    return _sum(x)


@kernel(types.float64(_array))
def plain(x):
    return x[0] * x[x.size - 1] + abs(x[1]) ** 0.5


@helper
def _applied(matrix, x):
    return (matrix @ x)[0]


@numba.njit
def others(x):
    return np.linalg.norm(x) + max(x[0], 1.0)


@kernel(types.float64(types.float64[:, ::1], _array))
def with_a_matrix(matrix, x):
    return _applied(matrix, x) + (matrix @ x)[1]


@kernel(types.float64(_array))
def with_others(x):
    """What Numba compiles as ever: it does not try a second time what it could not do."""
    return others(x)


NUMBERS = (0.0, -0.0, 1.5, -2.0, math.inf, math.nan)


def same(x, y):
    return np.float64(x).tobytes() == np.float64(y).tobytes() or (math.isnan(x) and math.isnan(y))


def test_extremes_are_those_of_python():
    """Of zeros and of what is no number, too: the first of equal ones is taken."""
    for x, y, z in itertools.product(NUMBERS, repeat=3):
        assert same(largest(x, y, z), max(x, y, z)), (x, y, z)
        assert same(smaller(x, y), min(x, y)), (x, y)
    for k, x in itertools.product((-4, 0, 7), NUMBERS):
        assert same(mixed(k, x), max(k, 3) + min(k, x) + max(-k, k, 2)), (k, x)


def test_a_kernel_may_ask_for_what_ours_never_do():
    x = np.array([3.0, 4.0])
    assert with_lists(x) == 10.0 + 7.0
    assert through_a_helper(x) == 7.0


def test_a_kernel_that_cannot_be_compiled_says_so_with_all_loaded():
    @kernel(types.float64(_array))
    def wrong(x):
        return x.nowhere

    with pytest.raises(numba.core.errors.TypingError, match="nowhere"):
        _ = wrong.compiled
    assert _contexts.is_whole()


CHILD = """
import sys
import test_lean
assert test_lean.plain(test_lean.np.array([2.0, -4.0, 3.0])) == 8.0
assert not {"scipy.linalg", "numba.typed.typedlist"} & set(sys.modules), "all that Numba has was loaded"
assert not any(test_lean._contexts.LOADS in vars(c) for c in test_lean.contexts())
print(test_lean.numba.njit(lambda x: test_lean.np.linalg.norm(x))(test_lean.np.array([3.0, 4.0])))
"""


ASKING = """
import numba, numpy as np
if {first}:
    numba.experimental.jitclass([("a", numba.float64)])(type("Own", (), {{"__init__": lambda self: None}}))
import test_lean
x = np.array([3.0, 4.0])
print({call})
"""


def contexts():
    return cpu_target.typing_context, cpu_target.target_context


def test_our_kernels_load_little_and_leave_numba_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("5.0\n", "", 0)


@pytest.mark.parametrize(
    ("first", "call", "answer"),
    [
        (False, "test_lean.with_a_matrix(np.array([[1.0, 2.0], [3.0, 4.0]]), x)", "36.0"),
        (False, "test_lean.with_others(x), test_lean.others(x)", "8.0 8.0"),
        (True, "test_lean.mixed(3, 2.0)", "8.0"),
    ],
)
def test_the_first_kernel_of_a_process_may_ask_for_all_of_numba(first, call, answer, tmp_path, monkeypatch):
    """Through a helper, through a function of Numba's own, and where a class was compiled before."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code = ASKING.format(first=first, call=call)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{answer}\n", done.stderr[-500:]


def test_garbage_is_looked_for_again_after_a_compilation():
    def interrupted():
        with uncollected():
            assert not gc.isenabled()
            raise ZeroDivisionError

    frozen = gc.get_freeze_count()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen  # what somebody keeps apart stays so
    gc.unfreeze()
    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert gc.get_freeze_count() == 0
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()  # as somebody wanted it
    finally:
        gc.enable()
