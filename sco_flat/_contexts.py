"""What Numba asks its two contexts while it compiles a kernel, answered once, and of what kernels need alone.

Numba types every operation of a function several times, again while it writes code for it, and each time looks through
all that anybody ever declared about ``+`` or ``x[i]``. In our kernels a few dozen questions come up thousands of times:
here an answer about numbers and arrays is kept. And it loads all that it can compile, and SciPy with it, before the
first function: here that happens where a function asks for something else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType
from typing import Any

from numba.core import registry, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.cpu import CPUContext
from numba.core.runtime import nrt
from numba.core.typing.context import Context
from numba.core.typing.templates import signature
from numba.cpython import builtins

PLAIN = (types.Number, types.Boolean, types.Array, types.SliceType)
"""Types on which an operator's answer depends on the types alone."""
OPERATORS = frozenset(getattr(operator, name) for name in operator.__all__)
CLASSES = frozenset({bool, float, int, range})
"""Classes that are called as functions are: of others Numba asks what they are instances of."""
EXTREMES: dict[Any, Any] = {max: operator.gt, min: operator.lt}
"""By which comparison the second of two numbers is taken."""
NUMBERS = {types.int64, types.float64}

runtime: Any = nrt.rtsys
cpu_target: Any = registry.cpu_target
numbas_minmax: Any = builtins.do_minmax
LOADS = "load_additional_registries"
"""What a context of Numba's is asked for before it compiles."""

REGISTRIES = frozenset({"mathimpl", "npyimpl", "builtin_registry"})
"""Of implementations: those of `_load_target`, and what is built in."""

_answers: dict[Any, Any] = {}
_sizes: dict[Any, int] = {}
_whole: list[bool] = []


@contextmanager
def lean() -> Iterator[None]:
    """Within it Numba loads what kernels need; others who compile wait until it ends."""
    typing, target = vars(cpu_target.typing_context), vars(cpu_target.target_context)
    with global_compiler_lock:
        if not is_whole() and any(found.name not in REGISTRIES for found in cpu_target.target_context._registries):
            load_whole()  # others compiled before: Numba writes intrinsics to the first registry, which may be theirs
        if is_whole() or LOADS in target:
            yield
            return
        typing[LOADS], target[LOADS] = _load_typing, _load_target
        try:
            yield
        finally:
            _as_ever()


def load_whole() -> None:
    """Load all that Numba can compile; from then on every kernel has it."""
    _whole.append(True)
    _as_ever()
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()
    cpu_target.typing_context.callstack._fail_cache.clear()  # until a compilation ends Numba asks nothing in vain twice


def is_whole() -> bool:
    """Whether that has happened."""
    return bool(_whole)


def _as_ever() -> None:
    """Have Numba load what it always does."""
    for context in (cpu_target.typing_context, cpu_target.target_context):
        vars(context).pop(LOADS, None)


def _load_typing() -> None:
    """Load what the functions that kernels call are typed by, besides what is built in."""
    from numba.core.typing import mathdecl, npydecl

    for found in (mathdecl.registry, npydecl.registry):
        cpu_target.typing_context.install_registry(found)


def _load_target() -> None:
    """Load what their code is written by."""
    runtime.initialize(cpu_target.target_context)
    from numba.core import optional  # noqa: F401
    from numba.cpython import iterators, mathimpl, numbers, rangeobj, slicing, tupleobj  # noqa: F401
    from numba.misc import literal  # noqa: F401
    from numba.np import arrayobj, npyimpl  # noqa: F401

    for found in (mathimpl.registry, npyimpl.registry):
        cpu_target.target_context.install_registry(found)


def _plain(args: tuple[Any, ...]) -> bool:
    return all(isinstance(a, PLAIN) for a in args)


def _is_compiled_otherwise(val: Any) -> bool:
    """Whether it is a function that Numba compiles as ever: were it to fail, Numba would not try it again."""
    options = getattr(val, "targetoptions", None)
    return options is not None and "no_cfunc_wrapper" not in options


def _of_one_kind(args: tuple[Any, ...]) -> Any:
    """Return the type of several numbers, None where they differ."""
    kinds = {types.unliteral(a) for a in args}  # type: ignore[no-untyped-call]
    return kinds.pop() if len(args) > 1 and len(kinds) == 1 and kinds <= NUMBERS else None


def _kept(answers: dict[Any, Any], asked: Any, ask: Callable[[], Any]) -> Any:
    """Return the answer to a question, and keep it: not that there is none, since all that Numba has may know one."""
    found = answers.get(asked)
    if found is None:
        found = ask()
        if found is not None:
            answers[asked] = found
    return found


class Operator(types.Function):
    """The type of an operator, with the answers that it gave."""

    def __init__(self, function: Any) -> None:
        numbas: Any = super()
        numbas.__init__(function.templates)
        self._given: dict[Any, Any] = {}

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """Return the signature of a call."""
        numbas: Any = super()
        if kws or not _plain(args):
            return numbas.get_call_type(context, args, kws)
        return _kept(self._given, tuple(args), lambda: numbas.get_call_type(context, args, kws))


class Typing(Context):
    """Numba's typing context, whose state it shares, with the answers that operators gave.

    What is not known is asked of the context itself: by it Numba knows the functions that it compiled before.
    """

    __slots__ = ("_context", "_operators")

    def __init__(self, context: Any) -> None:
        self.__dict__ = context.__dict__
        self._context = context
        self._operators: dict[Any, Any] = {}

    def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
        """Return the signature of a call."""
        name = getattr(func, "typing_key", func)
        if not kws and name in EXTREMES and (kind := _of_one_kind(args)) is not None:
            return signature(kind, *[kind] * len(args))  # type: ignore[no-untyped-call]
        if kws or name not in OPERATORS or not _plain(args):
            return self._context.resolve_function_type(func, args, kws)
        asked = name, tuple(args)
        return _kept(_answers, asked, lambda: self._context.resolve_function_type(func, args, kws))

    def resolve_value_type(self, val: Any) -> Any:
        """Return the type of a constant."""
        if _is_compiled_otherwise(val) and not is_whole():
            load_whole()
        if isinstance(val, BuiltinFunctionType) or (isinstance(val, type) and val in CLASSES):
            found = self._context._get_global_type(val)
        else:
            found = self._context.resolve_value_type(val)
        if not isinstance(found, types.Function) or found.typing_key not in OPERATORS:
            return found
        if found not in self._operators:
            self._operators[found] = Operator(found)
        return self._operators[found]


class Target(CPUContext):
    """Numba's context of the processor, with the implementations that kernels need."""

    def __init__(self, context: Any) -> None:
        self.__dict__.update(context.__dict__)

    def get_function(self, fn: Any, sig: Any, _firstcall: bool = True) -> Any:
        """Return what writes the code of a call."""
        name = getattr(fn, "typing_key", fn)
        if name in EXTREMES and _of_one_kind(sig.args) is not None:
            return self._extreme(EXTREMES[name], sig)
        if fn == "__array__" and sig.args == (sig.return_type,):
            raise NotImplementedError(fn)  # an array is itself: Numba looks for what is none, and for news each time
        numbas: Any = super()
        return numbas.get_function(fn, sig, _firstcall)

    def get_abi_sizeof(self, ty: Any) -> Any:
        """Return how many bytes a value takes, which LLVM is asked by a module made for it."""
        if ty not in _sizes:
            numbas: Any = super()
            _sizes[ty] = numbas.get_abi_sizeof(ty)
        return _sizes[ty]

    def _extreme(self, comparison: Any, sig: Any) -> Callable[..., Any]:
        """Return what writes ``max`` or ``min``: Numba compiles a function for each number of numbers."""

        def codegen(builder: Any, args: Any, loc: Any = None) -> Any:
            return numbas_minmax(self, builder, sig.args, args, comparison)

        return codegen
