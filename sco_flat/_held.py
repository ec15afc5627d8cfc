"""Records that kernels are handed by their address, and read a field of where they need it.

Numba hands a tuple of arrays on as seven numbers an array, to every kernel and every helper, takes it apart for every
call from Python, and counts the references of what is taken out: most of the code that it had to compile was that. Here
a record is one address, of two words an array. Whoever calls a kernel holds the record, and so its arrays, for the
whole call: nothing is counted. What an address leads to never changes, so the optimiser reads a field once a kernel.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, ClassVar

import numpy as np
from llvmlite import ir
from numba import extending
from numba.core import cgutils, types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.typing.templates import AttributeTemplate
from numba.np.numpy_support import as_dtype

numbas: Any = extending
tools: Any = cgutils
WORD = 8
"""Bytes of a number, of a size, and of an address."""


class ByAddress(types.Type):
    """The type of a record in kernels.

    Parameters
    ----------
    name : str
        The record.
    fields : tuple of (str, numba type)
        Its fields: int64, float64, or arrays of these in one dimension, without gaps.
    """

    def __init__(self, name: str, fields: tuple[tuple[str, Any], ...]) -> None:
        self.fields = fields
        super().__init__(name=name)  # short: types of functions, and the names of these in machine code, repeat it

    @property
    def key(self) -> Any:
        """What makes two of them the same type."""
        return self.name, self.fields

    def place(self, field: str) -> int:
        """Return the word at which a field begins."""
        place = 0
        for name, kind in self.fields:
            if name == field:
                return place
            place += _words(kind)
        raise AttributeError(field)

    @functools.cached_property
    def size(self) -> int:
        """Words of the record."""
        return sum(_words(kind) for _, kind in self.fields)

    @functools.cached_property
    def arrays(self) -> tuple[tuple[int, int, str, Any, bool], ...]:
        """Place of the word and of the field, name and element type of every array, and whether it is written to."""
        return tuple(
            (self.place(name), k, name, as_dtype(kind.dtype), kind.mutable)
            for k, (name, kind) in enumerate(self.fields)
            if isinstance(kind, types.Array)
        )

    @functools.cached_property
    def numbers(self) -> tuple[tuple[int, int, str, Any], ...]:
        """Place of the word and of the field, name and type of every number."""
        return tuple(
            (self.place(name), k, name, as_dtype(kind))
            for k, (name, kind) in enumerate(self.fields)
            if not isinstance(kind, types.Array)
        )


def _words(kind: Any) -> int:
    return 2 if isinstance(kind, types.Array) else 1


class Held:
    """A named tuple that kernels are handed by its address; its class says which type that is."""

    held_as: ClassVar[ByAddress]

    @property
    def _numba_type_(self) -> ByAddress:
        """What Numba asks an argument for."""
        return self.held_as

    @functools.cached_property
    def _packed(self) -> Any:
        """The words behind the address."""
        record: Any = self
        words = np.zeros(self.held_as.size, dtype=np.int64)
        for place, k, name, dtype, written in self.held_as.arrays:
            words[place], words[place + 1] = _address(name, dtype, written, record[k]), record[k].size
        for place, k, name, dtype in self.held_as.numbers:
            words.view(dtype)[place] = _number(name, dtype, record[k])
        return words

    @functools.cached_property
    def address(self) -> int:
        """Where the words are, as long as the record is held."""
        return int(self._packed.ctypes.data)

    def __reduce__(self) -> Any:
        record: Any = self
        return type(self), tuple(record)  # a copy has arrays, and so an address, of its own


def _number(name: str, dtype: Any, value: Any) -> Any:
    """Return a number as kernels expect it: NumPy would cut 2.7 to the whole number 2, and read "2"."""
    try:
        return operator.index(value) if dtype.kind == "i" else float(operator.pos(value))
    except TypeError:
        raise TypeError(f"{name}: kernels expect {dtype}") from None


def _address(name: str, dtype: Any, written: bool, array: Any) -> int:
    """Return the address of an array that is as kernels expect it."""
    good = isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == 1
    placed = good and array.flags.c_contiguous and array.flags.aligned
    if not (placed and (array.flags.writeable or not written)):
        raise TypeError(f"{name}: kernels expect {dtype} in one dimension, without gaps{', to write to' * written}")
    return int(array.ctypes.data)


@numbas.typeof_impl.register(Held)  # type: ignore[untyped-decorator]
def _typeof(record: Any, c: Any) -> ByAddress:
    kind: ByAddress = record.held_as
    return kind


@numbas.infer_getattr
class _Fields(AttributeTemplate):
    """A field has the type that was declared."""

    key = ByAddress

    def generic_resolve(self, record: Any, field: str) -> Any:  # type: ignore[override]
        return dict(record.fields).get(field)


@numbas.register_model(ByAddress)
class _Address(PrimitiveModel):
    """An address of words."""

    def __init__(self, dmm: Any, kind: Any) -> None:
        super().__init__(dmm, kind, ir.IntType(64).as_pointer())  # type: ignore[no-untyped-call]

    def from_argument(self, builder: Any, value: Any) -> Any:
        if isinstance(value, ir.Argument):
            # a read may come before a loop, even where the loop may not come to it
            value.attributes.dereferenceable = WORD * self._fe_type.size
        return value


@numbas.unbox(ByAddress)  # type: ignore[untyped-decorator]
def _unbox(kind: Any, record: Any, c: Any) -> Any:
    pointer = tools.alloca_once_value(c.builder, ir.Constant(c.context.get_value_type(kind), None))
    address = c.pyapi.object_getattr_string(record, "address")
    with c.builder.if_then(tools.is_not_null(c.builder, address)):  # otherwise the record is refused
        c.builder.store(c.builder.inttoptr(c.pyapi.long_as_longlong(address), pointer.type.pointee), pointer)
        c.pyapi.decref(address)
    found = c.builder.load(pointer)
    return numbas.NativeValue(found, is_error=tools.is_null(c.builder, found))


@numbas.lower_getattr_generic(ByAddress)  # type: ignore[untyped-decorator]
def _field(context: Any, builder: Any, kind: Any, value: Any, field: str) -> Any:
    """Read a field."""
    place, wanted = kind.place(field), dict(kind.fields)[field]
    if not isinstance(wanted, types.Array):
        return _word(builder, value, place, context.get_value_type(wanted))
    model, long = context.data_model_manager[wanted], ir.IntType(64)
    data = _word(builder, value, place, context.get_value_type(model.get_type("data")))
    size = _word(builder, value, place + 1, long)
    array = ir.Constant(model.get_value_type(), None)  # no reference is counted
    for name, found in {"nitems": size, "itemsize": long(WORD), "data": data}.items():
        array = model.set(builder, array, found, name)
    for name, found in {"shape": size, "strides": long(WORD)}.items():
        array = builder.insert_value(array, found, [model.get_field_position(name), 0])
    return array


def _word(builder: Any, record: Any, place: int, kind: Any) -> Any:
    """Read a word, which stays what it is."""
    where = builder.gep(record, [ir.IntType(32)(place)], inbounds=True)
    found = builder.load(builder.bitcast(where, kind.as_pointer()))
    found.set_metadata("invariant.load", builder.module.add_metadata([]))
    return found
