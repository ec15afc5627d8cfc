"""How Numba types what kernels and helpers compute, without asking the same twice.

Numba types every operation of a function several times, and each time looks through all that anybody ever declared
about ``+`` or ``x[i]``, with the compiler's flags hashed at every look. In our kernels a few dozen questions come up
thousands of times. Here an answer about numbers and arrays is kept, and flags that rest are hashed once.
"""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from numba.core import types
from numba.core.compiler import CompilerBase, DefaultPassBuilder, Flags
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NopythonRewrites, NopythonTypeInference
from numba.core.typing.context import Context

PLAIN = (types.Number, types.Boolean, types.Array, types.SliceType)
"""Types on which an operator's answer depends on the types alone."""
OPERATORS = frozenset(getattr(operator, name) for name in operator.__all__)

_answers: dict[Any, Any] = {}
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


class Remembering(Context):
    """Numba's typing context, whose state it shares, with the answers that operators gave.

    What is not known is asked of the context itself: by it Numba knows the functions that it compiled before.
    """

    __slots__ = ("_context",)

    def __init__(self, context: Any) -> None:
        self.__dict__ = context.__dict__
        self._context = context

    def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
        """Return the signature of a call."""
        name = getattr(func, "typing_key", func)
        if kws or name not in OPERATORS or not all(isinstance(a, PLAIN) for a in args):
            return self._context.resolve_function_type(func, args, kws)
        asked = name, tuple(args)
        if asked not in _answers:
            _answers[asked] = self._context.resolve_function_type(func, args, kws)
        return _answers[asked]


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class RememberingTyping(NopythonTypeInference):
    """Numba's typing in that context."""

    _name = "remembering_typing"

    def run_pass(self, state: Any) -> bool:
        """Type a function."""
        context = state.typingctx
        state.typingctx = Remembering(context)
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


class Quick(CompilerBase):
    """Numba's pipeline with these passes."""

    swapped: ClassVar[dict[type, type]] = {
        NopythonTypeInference: RememberingTyping,
        NopythonRewrites: NeededRewrites,
    }
    """The passes that are others here."""

    def __init__(
        self, typingctx: Any, targetctx: Any, library: Any, args: Any, return_type: Any, flags: Flags, locals: Any
    ) -> None:
        numbas: Any = super()
        settling = Settling(flags)  # type: ignore[no-untyped-call]
        numbas.__init__(typingctx, targetctx, library, args, return_type, settling, locals)

    def define_pipelines(self) -> list[Any]:
        """All passes in order."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)  # type: ignore[no-untyped-call]
        pipeline.passes = [(self.swapped.get(p, p), text) for p, text in pipeline.passes]
        pipeline.finalize()
        return [pipeline]
