"""Four doubles side by side, as a type of the kernels: for loops that run over every entry of a dense run.

LLVM makes vector code of a loop only where it sees, or tests at every start, that no array lies on another, and leaves
sums in fixed lanes as they are. With `Four` a kernel says itself what runs side by side. Every operation is that of
IEEE 754 on each of the four, nothing is contracted or reordered: all processors give the bits of the plain loop.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

_intrinsic: Any = intrinsic
_LONG, _PLACE = ir.IntType(64), ir.IntType(32)
_VECTOR, _MASK = ir.VectorType(ir.DoubleType(), 4), ir.VectorType(ir.IntType(1), 4)
_ZEROS = ir.Constant(_VECTOR, [0.0] * 4)


class Four(types.Type):
    """The type of four doubles."""

    def __init__(self) -> None:
        super().__init__(name="four")


FOUR = Four()


@register_model(Four)
class _Model(models.PrimitiveModel):
    """One LLVM vector."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _VECTOR)


def _declare(symbol: Any, instruction: str) -> None:
    """Let ``symbol`` between two of them be that LLVM instruction."""

    @infer_global(symbol)
    class _Typed(ConcreteTemplate):
        cases = (signature(FOUR, FOUR, FOUR),)

    def _lowered(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)

    lower_builtin(symbol, FOUR, FOUR)(_lowered)


for _symbol, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _declare(_symbol, _instruction)


def _address(context: Any, builder: Any, kind: Any, array: Any, j: Any) -> Any:
    """Where four entries from j on lie."""
    data = context.data_model_manager[kind].get(builder, array, "data")
    return builder.bitcast(builder.gep(data, [j]), _VECTOR.as_pointer())


def _shuffle(builder: Any, one: Any, other: Any, places: list[int]) -> Any:
    """Four of the eight values of two vectors."""
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(_PLACE, 4), places))


def _below(builder: Any, j: Any, end: Any) -> Any:
    """Which of the places j..j+3 lie before ``end``."""
    left = builder.insert_element(ir.Constant(ir.VectorType(_LONG, 4), ir.Undefined), builder.sub(end, j), _PLACE(0))
    left = _shuffle(builder, left, left, [0] * 4)
    return builder.icmp_signed("<", ir.Constant(ir.VectorType(_LONG, 4), list(range(4))), left)


@_intrinsic
def load(typingctx, array, j):
    """``array[j : j + 4]``; j is not negative, and nothing is checked."""

    def codegen(context, builder, sig, args):
        return builder.load(_address(context, builder, sig.args[0], *args), align=8)

    return FOUR(array, types.int64), codegen


@_intrinsic
def load_before(typingctx, array, j, end):
    """The same with zeros from ``end`` on, where nothing is read."""

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(_VECTOR, [_VECTOR.as_pointer(), _PLACE, _MASK, _VECTOR])
        masked = builder.module.declare_intrinsic("llvm.masked.load.v4f64.p0", (), kind)
        address = _address(context, builder, sig.args[0], *args[:2])
        return builder.call(masked, [address, _PLACE(8), _below(builder, *args[1:]), _ZEROS])

    return FOUR(array, types.int64, types.int64), codegen


@_intrinsic
def store(typingctx, array, j, values):
    """Write four values to ``array[j : j + 4]``."""

    def codegen(context, builder, sig, args):
        builder.store(args[2], _address(context, builder, sig.args[0], *args[:2]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, FOUR), codegen


@_intrinsic
def store_before(typingctx, array, j, end, values):
    """The same, with nothing written from ``end`` on."""

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(ir.VoidType(), [_VECTOR, _VECTOR.as_pointer(), _PLACE, _MASK])
        masked = builder.module.declare_intrinsic("llvm.masked.store.v4f64.p0", (), kind)
        address = _address(context, builder, sig.args[0], *args[:2])
        builder.call(masked, [args[3], address, _PLACE(8), _below(builder, *args[1:3])])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, FOUR), codegen


@_intrinsic
def spread(typingctx, x):
    """One number four times."""

    def codegen(context, builder, sig, args):
        single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), args[0], _PLACE(0))
        return _shuffle(builder, single, single, [0] * 4)

    return FOUR(types.float64), codegen


@_intrinsic
def positive(typingctx, values):
    """``t if t > 0 else 0`` of each."""

    def codegen(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered(">", args[0], _ZEROS), args[0], _ZEROS)

    return FOUR(FOUR), codegen


@_intrinsic
def pushed(typingctx, before, values):
    """The values one place back: the last of those before, then the first three."""

    def codegen(context, builder, sig, args):
        return _shuffle(builder, *args, [3, 4, 5, 6])

    return FOUR(FOUR, FOUR), codegen


@_intrinsic
def head(typingctx, values):
    """The first of them."""

    def codegen(context, builder, sig, args):
        return builder.extract_element(args[0], _PLACE(0))

    return types.float64(FOUR), codegen


@_intrinsic
def with_head(typingctx, values, x):
    """The same with x as the first."""

    def codegen(context, builder, sig, args):
        return builder.insert_element(*args, _PLACE(0))

    return FOUR(FOUR, types.float64), codegen


@_intrinsic
def joined(typingctx, values):
    """Their sum, as the end of the tree of `lanes.total`: the first and the third, the second and the fourth, both."""

    def codegen(context, builder, sig, args):
        none = ir.Constant(_VECTOR, ir.Undefined)
        halves = [
            builder.shuffle_vector(args[0], none, ir.Constant(ir.VectorType(_PLACE, 2), places))
            for places in ([0, 1], [2, 3])
        ]
        pair = builder.fadd(*halves)
        return builder.fadd(builder.extract_element(pair, _PLACE(0)), builder.extract_element(pair, _PLACE(1)))

    return types.float64(FOUR), codegen
