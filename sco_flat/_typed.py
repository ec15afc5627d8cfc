"""Numba's pipeline as kernels need it: with contexts that remember, and flags that are hashed once.

Two passes look through a whole function, several times over, for what hardly any kernel has. Here it is first seen
whether it is there.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, ClassVar

from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder, Flags
from numba.core.compiler_machinery import register_pass
from numba.core.errors import NumbaError
from numba.core.typed_passes import NopythonRewrites, NopythonTypeInference
from numba.core.untyped_passes import InlineClosureLikes

from sco_flat._contexts import Target, Typing, is_whole, load_whole

_settled: list[Settled] = []


class Settled(Flags):
    """Flags that rest: one object for equal ones, and one hash."""

    __slots__ = ("_hash",)

    def __init__(self, flags: Flags) -> None:
        numbas: Any = super()
        numbas.__init__(flags)
        self._hash: int = numbas.__hash__()

    def __hash__(self) -> int:
        return self._hash

    __eq__ = Flags.__eq__


class Settling(Flags):
    """Flags of a compilation, which puts a copy of them where Numba looks: that copy rests."""

    def copy(self) -> Settled:
        """Return the copy."""
        for known in _settled:
            if known == self:
                return known
        _settled.append(Settled(self))
        return _settled[-1]


@functools.cache
def typing_of(context: Any) -> Typing:
    """Return the one context that shares the state of a typing context of Numba's."""
    return Typing(context)


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class RememberingTyping(NopythonTypeInference):
    """Numba's typing in that context."""

    _name = "remembering_typing"

    def run_pass(self, state: Any) -> bool:
        """Type a function."""
        context = state.typingctx
        state.typingctx = typing_of(context)
        try:
            return bool(super().run_pass(state))  # type: ignore[no-untyped-call]
        finally:
            state.typingctx = context


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class NeededRewrites(NopythonRewrites):
    """Numba's rewriting of whole arrays' arithmetic, where there is any: it looks through all of a function."""

    _name = "needed_rewrites"

    def run_pass(self, state: Any) -> bool:
        """Rewrite a function."""
        signatures = state.calltypes.items()
        made = [s.return_type for e, s in signatures if s is not None and "getitem" not in getattr(e, "op", "")]
        whole = any(isinstance(kind, types.Array) for kind in made)
        return bool(super().run_pass(state)) if whole else False  # type: ignore[no-untyped-call]


def _expressions(state: Any) -> Iterator[Any]:
    """What is assigned in a function."""
    for block in state.func_ir.blocks.values():
        for statement in block.find_insts(ir.Assign):
            yield statement.value


def _has_closures(state: Any) -> bool:
    """Whether a function has what Numba would write into it: functions of its own, lists, reductions, stencils."""
    for value in _expressions(state):
        if getattr(value, "op", None) in {"make_function", "build_list"}:
            return True
        name = getattr(value, "attr", None) if isinstance(value, ir.Expr) and value.op == "getattr" else None
        if isinstance(value, ir.Global | ir.FreeVar):
            name = getattr(value.value, "__name__", value.name)
        if name in {"reduce", "stencil"}:
            return True
    return False


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class NeededClosures(InlineClosureLikes):
    """It inlines functions within a function, and what is like them."""

    _name = "needed_closures"

    def run_pass(self, state: Any) -> bool:
        """Do it where there are some."""
        return bool(super().run_pass(state)) if _has_closures(state) else False  # type: ignore[no-untyped-call]


class Quick(CompilerBase):
    """Numba's pipeline with these passes."""

    swapped: ClassVar[dict[type, type]] = {
        InlineClosureLikes: NeededClosures,
        NopythonRewrites: NeededRewrites,
        NopythonTypeInference: RememberingTyping,
    }
    """The passes that are others here."""

    def __init__(
        self, typingctx: Any, targetctx: Any, library: Any, args: Any, return_type: Any, flags: Flags, locals: Any
    ) -> None:
        self._asked = typingctx, targetctx, library, args, return_type, flags, locals
        numbas: Any = super()
        settling = Settling(flags)  # type: ignore[no-untyped-call]
        typing = typing_of(typingctx)
        numbas.__init__(typing, Target(targetctx), library, args, return_type, settling, locals)
        self.state.typingctx = typingctx
        self.state.targetctx.typing_context = typing

    def compile_extra(self, func: Any) -> Any:
        """Compile a function; where it asks for something that is not loaded, load all and begin again."""
        numbas: Any = super()
        try:
            return numbas.compile_extra(func)
        except (NumbaError, NotImplementedError):
            if is_whole():
                raise
        load_whole()
        return type(self)(*self._asked).compile_extra(func)

    def define_pipelines(self) -> list[Any]:
        """All passes in order."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)  # type: ignore[no-untyped-call]
        pipeline.passes = [(self.swapped.get(p, p), text) for p, text in pipeline.passes]
        pipeline.finalize()
        return [pipeline]
