"""The one place for compilation: signatures, the cache, and the plain data that kernels see.

Every loss compiles the same few kernels against the signatures below and every method one ``step``; the drivers
call them through typed pointers, and hand on records by their address (`_held`). So a new loss or method never
recompiles a driver, a second dimension never recompiles anything, and all of it is cached on disk.

Numba's own cache looks at the file of the outermost function only, so an edited helper in another file
would give stale results. The cache directory is therefore keyed by a hash of all files that hold compiled code; a
kernel takes its constants and helpers from such files only. Other files may change without a new compilation.
Kernels of a file outside the package have a folder of their own below it, named by a hash of that file and of all
files beside it that it imports.

``fastmath`` stays off and no BLAS is called: the order of every sum is written down in the kernels, which is
what makes dense, blocks and frontier runs equal bit by bit.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite.binding
import numba
import numpy as np
from llvmlite.ir import Constant
from numba import types
from numba.core import config as numba_config
from numba.extending import intrinsic

from sco_flat import _cache, _outside
from sco_flat._contexts import lean
from sco_flat._held import ByAddress, Held
from sco_flat._linked import Entered, Linked, code_of
from sco_flat._pointed import Pointed
from sco_flat.errors import InputError
from sco_flat.patience import compiling

_njit: Any = numba.njit
LANES = 8
"""Sums of squares run in eight interleaved lanes (entry j of a block goes to lane j mod 8)."""

CHUNK = 1024
"""Blocks are worked through in stretches of this many entries, which stay in the first-level cache."""

# --- what a kernel reports in Work.flags ---------------------------------------------------------------
STATUS = 0  # one of the codes below
ZERO_STEP = 1  # first step (1-based) at which SAM met a zero gradient, 0 if none
UNDERFLOW_STEP = 2  # first step at which a gradient vanished by underflow only, 0 if none
TRACK = 3  # 1: windows follow what moves
ACTIVE = 4  # 1: the last gradient had a term with non-zero slope
STATE_DIRTY = 5  # 1: the coupled coordinates of w changed since their sums were last taken
V_PASSIVE = 6  # 1: the direction is non-zero on passive coordinates
V_COUPLED = 7  # 1: the direction is non-zero on a coupled coordinate
V_INDEX = 8  # stored index + 1 of a one-hot direction, 0 if the direction is dense
TIES = 9  # ties of the last oracle call
TIED_STEPS = 10  # number of steps on which the oracle met a tie
PASSIVE_STEP = 11  # last step that changed a passive coordinate
QUIET = 12  # 1: no example's coupling term is on at w
CLOSED = 13  # projections for which one half-space was certified
SOLVED = 14  # projections on several half-spaces at once
V_OWN = 15  # 1: asked for the norm at w, and for a step along the gradient there, which need not be stored
STREAM = 16  # 1: the columns that sleep are not stored, and kernels ask for sums over them
VERSION = 17  # how often the sums at w were taken, of a run whose columns are not stored
ASKED = 18  # what a kernel asked for: AT_W, AT_V or SQUARES
MOVED = 19  # columns that are not stored took a step: 1 along the slopes at w, 2 at w + v; 0 if none has since
NFLAGS = 24

OK = 0
PROMOTE = 1  # a passive block would have to move: nothing was written
REFUSED = 2  # an oracle met a point outside the regime that it can certify
DIVERGED = 3  # a gradient is no number, or beyond a double
DEAD = 4  # a layer that a norm divides by is zero
COLUMNS = 5  # sums over columns that are not stored are asked for: nothing was written

AT_W, AT_V, SQUARES = 1, 2, 4
"""Questions about columns that are not stored: sums at w, sums at the shifted point, squared norm of the gradient.

The answers to the version k of the sums lie in ``Work.coupled`` from ``2 A + k (2 n + 2)`` on: the sums at w, those at
w + v, the squared norm without b, and which of them are known.
"""

GAP = 0  # Work.stats: largest gap between an oracle's value and the upper bound of the inner maximum
NEAR = 1  # Work.stats: largest fraction of equal signs among the columns that are not constant
FACTOR = 2  # Work.stats: the loss of the step is this multiple of the kernels' mean; step sizes carry it already
MOST_SQUARES = 3  # Work.stats: a bound on |w|², where windows follow what moves and w is projected
SHIFT = 4  # Work.stats: the scale of the shifted point that sums are asked for at
MOVED_SIZE = 5  # Work.stats: step size of the step that MOVED tells of
MOVED_WEIGHT = 6  # Work.stats: its weight in the running sum
LANE0 = 8  # Work.stats[8:16]: lanes
LANE1 = 16  # Work.stats[16:24]: a second set
NSTATS = 24


class _Params(NamedTuple):
    n: int
    m: int
    length: int
    passive: int
    codes: Any
    rows: Any
    weights: Any
    constants: Any


class Params(Held, _Params):
    """Frozen description of an instance on a sample, the same for every instance.

    ``codes`` (m,) column codes, ``rows`` (A,) the blocks whose entries are stored, ascending,
    ``weights`` (L + 9,) per-entry weights and zeros behind them, ``constants`` scalars of the instance; ``passive``
    is 1 when the blocks not in ``rows`` are stored as one number each.
    """


class _Work(NamedTuple):
    flags: Any  # (NFLAGS,) int64
    stats: Any  # (NSTATS,) float64
    sums: Any  # (3 n,) per-example sums at w, at the shifted point, and of a part of the columns
    coupled: Any  # (2 m,) one coupled value a block, at w and its gradient
    point: Any  # (CHUNK + 8,) a stretch of the shifted point
    slack: Any  # (CHUNK + 8,) of the chain terms
    slope: Any  # (CHUNK + 8,) of the gradient
    scratch: Any  # (2 size,) for the numerical oracle; (size,) for what the projection last saw
    best: Any  # (A,) best value among the used entries before the cursor
    low: Any  # (A,) window of each stored block: outside it no term is on, whatever the batch
    high: Any  # (A,)
    bad: Any  # (B,) stored blocks whose column is constant on the sample
    cursor: Any  # (A,) entries before it have been used
    touched: Any  # (A,) entries from it on have never moved, where windows follow what moves, nor been used
    order: Any  # (steps * batch size,) examples of the batches that a bit mask is too short for


class Work(Held, _Work):
    """Scratch space of a run; nothing is allocated inside the loop over t.

    Where windows follow what moves, they hold after a step what it moved, but for a coordinate that the oracle chose.
    """


class _Schedule(NamedTuple):
    kind: int
    step_size: float
    span: int
    ends: Any
    sizes: Any
    radii: Any


class Schedule(Held, _Schedule):
    """Step sizes: ``kind`` 0 constant, 1 ``1/sqrt t``, 2 linear decay to 0, 3 linear warm-up over ``span``, 4 stages.

    Stage k has the step size ``sizes[k]`` and the radius ``radii[k]`` up to the update from ``w_t``, ``t = ends[k]``.
    """


class _Limits(NamedTuple):
    ball: int
    begin: int
    end: int
    cap: float
    low: Any
    high: Any


class Limits(Held, _Limits):
    """Where the iterates have to stay: what is done after every step, in this order.

    ``ball`` 1 projects on the unit ball; ``w[begin:end]`` is scaled back to a norm of ``cap``, where that is above 0;
    entry j is clamped to ``[low[j], high[j]]``, where these are not empty.
    """


class Knobs(NamedTuple):
    """Settings of a method, the same record for all of them; ``own`` are the numbers that it declares."""

    perturbation_radius: float
    epsilon: float
    normalize: int
    key: int
    own: Any


_frozen = types.Array(types.float64, 1, "C", readonly=True)
_frozen_int = types.Array(types.int64, 1, "C", readonly=True)
_array = types.float64[::1]
_array_int = types.int64[::1]


def _by_address(record: type[Held], *kinds: Any) -> ByAddress:
    """Declare what the fields of a record are."""
    fields: Any = record
    record.held_as = ByAddress(record.__name__, tuple(zip(fields._fields, kinds, strict=True)))
    return record.held_as


PARAMS = _by_address(Params, *[types.int64] * 4, _frozen_int, _frozen_int, _frozen, _frozen)
WORK = _by_address(Work, _array_int, *[_array] * 8, *[_array_int] * 6)
SCHEDULE = _by_address(Schedule, types.int64, types.float64, types.int64, _frozen_int, _frozen, _frozen)
LIMITS = _by_address(Limits, *[types.int64] * 3, types.float64, _frozen, _frozen)
KNOBS = types.NamedTuple([types.float64, types.float64, types.int64, types.int64, _frozen], Knobs)

VALUE = types.float64(PARAMS, WORK, types.int64, _array, _array, types.float64)
"""(params, work, batch, w, v, scale) -> mean loss of the batch at w + scale v."""

GRADIENT = types.float64(PARAMS, WORK, types.int64, _array, _array, types.float64, _array)
"""(params, work, batch, w, v, scale, out) -> squared norm of the gradient at w + scale v, written to out."""

DESCEND = types.int64(PARAMS, WORK, types.int64, _array, _array, types.float64, types.float64, _array, types.float64)
"""(params, work, batch, w, v, scale, step_size, total, weight) -> status; w -= step_size * gradient at
w + scale v, in place, and total += weight * (change of w)."""

UPPER = types.float64(PARAMS, WORK, Pointed(VALUE), Pointed(GRADIENT), types.int64, _array, types.float64)
"""(params, work, value, gradient, batch, w, radius) -> upper bound of the largest loss within the radius of w."""

_INSTANCE = (Pointed(VALUE), Pointed(GRADIENT), Pointed(UPPER))

MAXIMISE = types.float64(PARAMS, WORK, KNOBS, *_INSTANCE, types.int64, types.int64, _array, _array)
"""(params, work, knobs, value, gradient, upper, batch, t, w, v) -> gap between the upper bound of the inner maximum and
the value at v; v is what the oracle found. ``upper`` is that of the loss where the oracle is not exact, else inf."""

STEP = types.void(
    PARAMS, WORK, KNOBS, *_INSTANCE, Pointed(DESCEND), Pointed(MAXIMISE), types.int64,
    types.int64, types.float64, _array, _array, _array, _array, types.float64,
)  # fmt: skip
"""(params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight): the
method takes w_t to w_{t+1} in place and adds ``weight * (change of w)`` to total; v is scratch, memory its own, and
``upper`` is for the oracle, to which it is handed on: inf where that does not ask for it."""

PROFILE = types.int64(PARAMS, WORK, _array, _array)
"""(params, work, w, out) -> status; the numbers of w on which the population risk depends."""


INSIDE = DESCEND, STEP
"""What only kernels call: no wrapper is compiled for Python."""


COMPILED = re.compile(rb"^(?:@(?:kernel\(|helper|inline)|(?:import|from) numba)", re.MULTILINE)
"""How a file with compiled code is known by its text, so that none is forgotten."""


def compiled_files(root: Path) -> dict[str, bytes]:
    """Return the text of every file below a folder that holds compiled code, by its name from there."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        text = path.read_bytes()
        if COMPILED.search(text):
            found[path.relative_to(root).as_posix()] = text
    return found


@functools.cache
def source_key() -> str:
    """Hash what compiled code depends on: the files that hold it, the compiler, and the processor."""
    digest = hashlib.sha256()
    for name, text in compiled_files(Path(__file__).parent).items():
        digest.update(name.encode() + b"\0" + text + b"\0")
    machine = (numba.__version__, llvmlite.__version__, llvmlite.binding.get_host_cpu_name())
    digest.update("\0".join(machine).encode())
    return digest.hexdigest()[:16]


def _folder(function: Callable[..., Any]) -> str | None:
    """Where the compiled code of a function is kept."""
    file = function.__code__.co_filename
    if not _outside.is_outside(file):
        return _cache.directory(source_key())
    return _cache.directory_outside(source_key(), file, _outside.digest([Path(file)]))


def _dispatcher(function: Callable[..., Any], *, python: bool) -> Any:
    """Return Numba's dispatcher of a kernel, with the cache on disk where there is one."""
    # kernels call each other by their own convention, never by that of C; and some are called by kernels alone
    more = {"no_cfunc_wrapper": True, "no_cpython_wrapper": not python}
    made: Any = _njit(nogil=True, error_model="numpy", fastmath=False, pipeline_class=Entered, **more)(function)
    folder = _folder(function)
    if folder is not None and not numba_config.DISABLE_JIT and Path(inspect.getfile(function)).exists():
        made._cache = _cache.CompiledCode(function, folder)
    return made


@contextmanager
def uncollected() -> Iterator[None]:
    """Within it nothing looks for garbage: a compiler makes so much that is kept that this took a tenth of its time.

    What it has made counts as old afterwards, and is looked through with all that is old.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if not gc.get_freeze_count():  # otherwise somebody wants to keep theirs apart
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _check_compiler() -> None:
    """Refuse what no kernel can run with, and say what makes it slow."""
    if numba_config.DISABLE_JIT:
        limit = "switches off the compiler, and the kernels run only compiled"
        raise InputError("NUMBA_DISABLE_JIT", numba_config.DISABLE_JIT, limit, "unset it in the environment")
    if _cache.directory(source_key()) is None:
        _cache.say(
            "no folder can be trusted with compiled code, which is compiled anew each time; "
            "set NUMBA_CACHE_DIR to a folder of yours"
        )


class Kernel:
    """A function of one fixed signature that is compiled, or loaded from the cache, when first asked for."""

    __name__: str

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self._function, self._signature = function, signature
        self._python = signature not in INSIDE
        functools.update_wrapper(self, function)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's, which compiles it or finds it in the cache: of kernels that nobody calls there is none."""
        return _dispatcher(self._function, python=self._python)

    @functools.cached_property
    def compiled(self) -> Any:
        """The dispatcher with its only signature in place, closed to others."""
        _check_compiler()
        name = f"{self.__module__.removeprefix('sco_flat.')}.{self.__name__}"
        with compiling(name, lambda: bool(self.dispatcher.stats.cache_misses)), lean(), uncollected():
            self.dispatcher.compile(self._signature)
        self.dispatcher.disable_compile()
        return self.dispatcher

    @functools.cached_property
    def address(self) -> int:
        """Where its machine code is, for a driver that it is handed to."""
        only = next(iter(self.compiled.overloads.values()))
        return int(code_of(only).get_pointer_to_function(only.fndesc.llvm_func_name))

    @functools.cached_property
    def _numba_type_(self) -> Pointed:
        """What Numba asks an argument for."""
        return Pointed(self._signature)

    def missing(self) -> bool:
        """Whether the cache lacks it; without a cache nothing can be missing there."""
        found = getattr(self.dispatcher, "_cache", None)  # none where the compiler is switched off
        return isinstance(found, _cache.CompiledCode) and not found.kept()

    def __call__(self, *arguments: Any) -> Any:
        if not self._python:
            raise TypeError(f"{self.__name__}: kernels call it, Python cannot")
        return self.compiled(*arguments)


def kernel(signature: Any) -> Callable[[Callable[..., Any]], Kernel]:
    """Declare a kernel; importing the module that declares it compiles nothing."""

    def decorate(function: Callable[..., Any]) -> Kernel:
        return Kernel(function, signature)

    return decorate


def _inside(function: Callable[..., Any], **more: Any) -> Any:
    """Return a function for kernels alone, which is compiled once for all integers that are written out."""
    more |= {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
    made = _njit(error_model="numpy", pipeline_class=Linked, **more)(function)
    if numba_config.DISABLE_JIT:
        return made  # the function itself; a kernel says that nothing runs so
    numbas = made.get_call_template

    def template(args: Any, kws: Any) -> Any:
        return numbas(tuple(map(types.unliteral, args)), {name: types.unliteral(kws[name]) for name in kws})

    made.get_call_template = template
    return made


def helper(function: Callable[..., Any]) -> Any:
    """Declare a function that is only called from kernels and is compiled into them; see `_linked`."""
    return _inside(function)


def inline(function: Callable[..., Any]) -> Any:
    """Declare the same for what runs once a block: its body replaces the call."""
    return _inside(function, forceinline=True)


@intrinsic
def borrowed(typingctx, array):
    """View an array without its reference count.

    Numba counts references whenever an array leaves a tuple or is sliced, an atomic operation each time. The
    callers of the drivers hold all arrays for the whole call, so the loops work on views that need no count.
    """

    def codegen(context, builder, signature, args):
        model = context.data_model_manager[signature.return_type]
        return model.set(builder, args[0], Constant(context.get_value_type(model.get_type("meminfo")), None), "meminfo")

    return array(array), codegen


def freeze(array: Any, dtype: Any) -> Any:
    """Return a read-only contiguous copy with the element type that kernels expect."""
    frozen = np.array(array, dtype=dtype, order="C")
    frozen.setflags(write=False)
    return frozen
