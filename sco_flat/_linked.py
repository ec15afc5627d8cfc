"""How helpers are compiled: into the kernels that call them, and no further.

Numba makes of every function that a kernel calls a thing that Python can call, too: two wrappers, which take their
arguments apart, and machine code of its own. That was more than a third of a cold start. A helper is only ever
linked into kernels, so its compilation stops where one can link it; the optimiser sees it there.
"""

from __future__ import annotations

import ctypes
from operator import attrgetter
from typing import Any, ClassVar

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import CPUCodeLibrary, JITCodeLibrary
from numba.core.compiler import _LowerResult
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from sco_flat._typed import Quick

code_of = attrgetter("library")
"""The code of what Numba compiled: what a caller links, and where addresses are looked up."""

REFUSE = ctypes.cast(ctypes.pythonapi.PyErr_BadArgument, ctypes.c_void_p).value
"""What runs where Python calls a helper that is compiled: it ignores its arguments, sets a TypeError and returns 0."""


class DefinedLibrary(CPUCodeLibrary):
    """Code that is optimised function by function: Numba has LLVM look at all that are called as well."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Optimise the functions that are defined here."""
        codegen: Any = self._codegen
        ll_module.data_layout = codegen._data_layout
        for function in ll_module.functions:
            if not function.is_declaration:
                passes, builder = codegen._function_pass_manager()
                passes.run(function, builder)


class KernelLibrary(DefinedLibrary, JITCodeLibrary):
    """The code of a kernel."""


class LinkedLibrary(DefinedLibrary):
    """Code that is linked into other code, and has no address."""

    def _optimize_final_module(self) -> None:
        """Left to the kernel."""

    def _finalize_final_module(self) -> None:
        """No machine code is made."""
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class LinkedLowering(NativeLowering):
    """Numba's lowering, up to a library that callers link."""

    _name = "linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower a function, and tell the compiler which library a call of it links."""
        codegen, name = state.targetctx.codegen(), state.func_id.func_qualname
        state["library"] = LinkedLibrary(codegen, name)  # type: ignore[no-untyped-call]
        state.flags.no_compile = True  # no address is asked for
        super().run_pass(state)  # type: ignore[no-untyped-call]
        lowered = state["cr"]
        fndesc, library = lowered.fndesc, state["library"]
        name = fndesc.qualname.rpartition(".")[2]
        # the compiler knows a function by an object that Python could call
        known = _dynfunc.make_function(fndesc.lookup_module(), name, name, REFUSE, lowered.env, (library,))
        state.targetctx.insert_user_function(known, fndesc, [library])
        state.reload_init.extend(library._reload_init)
        state["cr"] = _LowerResult(fndesc, lowered.call_helper, cfunc=known, env=lowered.env)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class KernelLowering(NativeLowering):
    """Numba's lowering to a library of that kind."""

    _name = "kernel_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower a kernel."""
        library: Any = KernelLibrary(state.targetctx.codegen(), state.func_id.func_qualname)  # type: ignore[no-untyped-call]
        library.enable_object_caching()
        state["library"] = library
        return bool(super().run_pass(state))  # type: ignore[no-untyped-call]


class Entered(Quick):
    """The pipeline of kernels."""

    swapped: ClassVar[dict[type, type]] = Quick.swapped | {NativeLowering: KernelLowering}


class Linked(Quick):
    """The pipeline of helpers."""

    swapped: ClassVar[dict[type, type]] = Quick.swapped | {NativeLowering: LinkedLowering}
