"""Kernels that a driver is handed by their address, which is looked up once.

Numba asks a kernel that is an argument for two addresses on every call, by the names of its machine code and after it
has gone through its whole signature: two thirds of what a call of a driver cost, and half of a short run.
"""

from __future__ import annotations

from typing import Any

from numba import extending
from numba.core import cgutils, types
from numba.experimental.function_type import FunctionModel

numbas: Any = extending
tools: Any = cgutils


class Pointed(types.FunctionType):
    """The type of a kernel of one signature as an argument; it says its ``_numba_type_`` and its ``address``."""


@numbas.register_model(Pointed)
class _Model(FunctionModel):
    """As Numba's own, whose compiled code takes the third address where there is one."""


@numbas.unbox(Pointed)  # type: ignore[untyped-decorator]
def _unbox(kind: Any, made: Any, c: Any) -> Any:
    function = tools.create_struct_proxy(kind)(c.context, c.builder)
    address = c.pyapi.object_getattr_string(made, "address")
    with c.builder.if_then(tools.is_not_null(c.builder, address)):  # otherwise the kernel is refused
        function.jit_addr = c.pyapi.long_as_voidptr(address)
        c.pyapi.decref(address)
    return numbas.NativeValue(function._getvalue(), is_error=tools.is_null(c.builder, address))
