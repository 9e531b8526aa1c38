"""The state as one pointer, for compiled rules.

Rules take the whole `World` as one argument `w` and read `w.leads[k]`. Numba would pass a tuple of twenty arrays by
value, a hundred and forty words a call. A `Handle` is a table of addresses and shapes instead, and `w.leads` in a
compiled rule reads two words of it. Uncompiled, rules get the tuple itself. The handle must not outlive its world.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np import arrayobj
from numpy.typing import NDArray

from orgsim.engine.records import World


class WorldType(types.Type):  # type: ignore[misc]
    """Numba's type of a handle: names and array types of the world's fields."""

    def __init__(self, fields: tuple[tuple[str, Any], ...]) -> None:
        self.fields = fields
        # A digest, not the text: the name goes into every compiled symbol, and records have long names.
        text = ", ".join(f"{name}: {array}" for name, array in fields)
        super().__init__(name=f"World_{hashlib.sha256(text.encode()).hexdigest()[:16]}")

    def place(self, name: str) -> tuple[int, Any]:
        """First word of a field in the table, and its array type."""
        word = 0
        for field, array in self.fields:
            if field == name:
                return word, array
            word += 1 + array.ndim
        raise KeyError(name)


_TYPES: dict[tuple[Any, ...], WorldType] = {}
# By the identity of the arrays' types, which are kept beside: to compare long records takes longer than a short run.
_SEEN: dict[tuple[Any, ...], tuple[Any, WorldType]] = {}


class Handle:
    """Table of addresses and shapes of a world's arrays."""

    def __init__(self, world: World) -> None:
        words: list[int] = []
        for array in world:
            if not array.flags.c_contiguous:
                raise ValueError("the arrays of a world must be contiguous")
            words += [array.ctypes.data, *array.shape]
        self.world = world
        self.table = np.array(words, dtype=np.int64)
        self.address = self.table.ctypes.data
        self.numba_type = _type_of(world)


def _type_of(world: World) -> WorldType:
    arrays: tuple[NDArray[Any], ...] = world
    types_of = [array.dtype for array in arrays]
    place = tuple(map(id, types_of))
    if place not in _SEEN:
        if len(_SEEN) > 1000:
            _SEEN.clear()
        _SEEN[place] = types_of, _described(world)
    return _SEEN[place][1]


def _described(world: World) -> WorldType:
    arrays: tuple[NDArray[Any], ...] = world
    key = tuple((array.dtype, array.ndim) for array in arrays)
    if key not in _TYPES:
        fields = []
        for name, array in zip(world._fields, arrays, strict=True):
            element = numba.from_dtype(array.dtype)
            fields.append((name, types.Array(element, array.ndim, "C")))
        _TYPES[key] = WorldType(tuple(fields))
    return _TYPES[key]


def handle(world: World) -> Any:
    """What a compiled rule takes for a world; the world itself when nothing is compiled."""
    return world if numba.config.DISABLE_JIT else Handle(world)


@typeof_impl.register(Handle)  # type: ignore[untyped-decorator]
def _typeof(value: Handle, _context: Any) -> WorldType:
    return value.numba_type


@register_model(WorldType)  # type: ignore[untyped-decorator]
class _Model(models.OpaqueModel):  # type: ignore[misc]
    """A plain pointer."""


@unbox(WorldType)  # type: ignore[untyped-decorator]
def _unbox(_typ: WorldType, value: Any, c: Any) -> Any:
    number = c.pyapi.object_getattr_string(value, "address")
    pointer = c.pyapi.long_as_voidptr(number)
    c.pyapi.decref(number)
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_getattr
class _Attributes(AttributeTemplate):  # type: ignore[misc]
    key = WorldType

    def generic_resolve(self, typ: WorldType, attr: str) -> Any:
        return dict(typ.fields).get(attr)


@lower_getattr_generic(WorldType)  # type: ignore[untyped-decorator]
def _get(context: Any, builder: Any, typ: WorldType, value: Any, attr: str) -> Any:
    first, array_type = typ.place(attr)
    word = ir.IntType(64)
    table = builder.bitcast(value, word.as_pointer())

    def load(place: int) -> Any:
        # The table is written before a rule runs and never after: the optimiser may keep what it has read.
        loaded = builder.load(builder.gep(table, [ir.Constant(word, place)]))
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    element = context.get_data_type(array_type.dtype)
    item = context.get_abi_sizeof(element)
    shape = [load(first + 1 + axis) for axis in range(array_type.ndim)]
    strides = [ir.Constant(word, item)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = context.make_array(array_type)(context, builder)
    arrayobj.populate_array(
        array, data=builder.inttoptr(load(first), element.as_pointer()), shape=shape, strides=strides,
        itemsize=ir.Constant(word, item), meminfo=None,
    )  # fmt: skip
    return array._getvalue()
