"""Two sums over bits in vector code: for each example over columns in their order, and for each column over examples.

Every number is added on its own and in order, so the bits are those of the plain loops; but the eight sums of a vector
are taken at once, which the compiler does not see by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD, _REAL = ir.IntType(64), ir.DoubleType()
_WORDS, _REALS = ir.VectorType(_WORD, 8), ir.VectorType(_REAL, 8)
GROUP = 4
"""Vectors that are worked on at once: their additions do not wait for each other."""
BATCH = 8 * GROUP
"""Sums that `add_columns` and `add_examples` take at once: arrays have a multiple of it."""
_float = types.float64[::1]
_int = types.int64[::1]


def _data(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> list[Any]:
    """Return where arrays have their numbers, and other arguments as they are."""
    return [
        context.data_model_manager[kind].get(builder, value, "data") if isinstance(kind, types.Array) else value
        for kind, value in zip(signature.args, args, strict=True)
    ]


def _everywhere(builder: Any, value: Any) -> Any:
    """Fill a vector with a number."""
    kind = ir.VectorType(value.type, 8)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8))


def _vectors(builder: Any, data: Any, place: Any, kind: Any) -> list[Any]:
    """Return pointers to the vectors from a place on."""
    return [
        builder.bitcast(builder.gep(data, [builder.add(place, _WORD(8 * q))]), kind.as_pointer()) for q in range(GROUP)
    ]


def _load(builder: Any, pointer: Any) -> Any:
    found = builder.load(pointer)
    found.align = 8
    return found


def _loop(builder: Any, count: Any, sums: list[Any], turn: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
    """Run ``turn(i, sums)`` for i = 0 .. count - 1 on sums that stay in registers."""
    before = builder.block
    head, body, done = (builder.append_basic_block(name) for name in ("sums.head", "sums.body", "sums.done"))
    builder.branch(head)
    builder.position_at_end(head)
    i, held = builder.phi(_WORD), [builder.phi(_REALS) for _ in sums]
    for phi, value in zip([i, *held], [_WORD(0), *sums], strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", i, count), body, done)
    builder.position_at_end(body)
    after = [builder.add(i, _WORD(1)), *turn(i, held)]
    for phi, value in zip([i, *held], after, strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(done)
    return held


def _store(builder: Any, pointers: list[Any], sums: list[Any]) -> None:
    for pointer, value in zip(pointers, sums, strict=True):
        builder.store(value, pointer).align = 8


@intrinsic
def add_columns(typingctx, codes, ones, zeros, count, sums, base):
    """Add ones[i] or zeros[i] to sums[base + k], as bit base + k of codes[i] says, for 32 k and all i < count."""

    def codegen(context, builder, signature, args):
        codes, ones, zeros, count, sums, base = _data(context, builder, signature, args)
        pointers = _vectors(builder, sums, base, _REALS)

        def turn(i, held):
            code = builder.lshr(builder.load(builder.gep(codes, [i])), base)
            one, zero = (_everywhere(builder, builder.load(builder.gep(x, [i]))) for x in (ones, zeros))
            new = []
            for q in range(GROUP):
                bits = builder.trunc(builder.lshr(code, _WORD(8 * q)), ir.IntType(8))
                taken = builder.select(builder.bitcast(bits, ir.VectorType(ir.IntType(1), 8)), one, zero)
                new.append(builder.fadd(held[q], taken))
            return new

        _store(builder, pointers, _loop(builder, count, [_load(builder, p) for p in pointers], turn))
        return context.get_dummy_value()

    return types.void(_int, _float, _float, types.int64, _float, types.int64), codegen


@intrinsic
def add_examples(typingctx, codes, ones, zeros, count, sums, base):
    """Write the sum of ones[k] or zeros[k], as bit k of codes[i] says, over k < count to sums[i].

    For the 32 i from ``base`` on.
    """

    def codegen(context, builder, signature, args):
        codes, ones, zeros, count, sums, base = _data(context, builder, signature, args)
        held = [_load(builder, p) for p in _vectors(builder, codes, base, _WORDS)]
        nothing = ir.Constant(_WORDS, [0] * 8)

        def turn(k, sums):
            one, zero = (_everywhere(builder, builder.load(builder.gep(x, [k]))) for x in (ones, zeros))
            bit = _everywhere(builder, builder.shl(_WORD(1), k))
            new = []
            for q in range(GROUP):
                seen = builder.icmp_unsigned("!=", builder.and_(held[q], bit), nothing)
                new.append(builder.fadd(sums[q], builder.select(seen, one, zero)))
            return new

        start = [ir.Constant(_REALS, [0.0] * 8)] * GROUP
        _store(builder, _vectors(builder, sums, base, _REALS), _loop(builder, count, start, turn))
        return context.get_dummy_value()

    return types.void(_int, _float, _float, types.int64, _float, types.int64), codegen
