"""The protobuf message aialgs.data.Record: named tensors of features and labels.

The message is small and its encoding is fixed for ever, so it is read here
directly: dense rows, which all have the same bytes around their values, in one
go, and others field by field.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from algorithm.table import Array

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

FEATURES, LABEL, UID, METADATA, CONFIGURATION = range(1, 6)
KEY, VALUE = 1, 2
"""Fields of a map's entry."""
TENSORS = {2: "<f4", 3: "<f8", 7: "<i4"}
"""Fields of Value: the types of tensors, as numpy names them."""
OPAQUE = 9
VALUES, KEYS, SHAPE = 1, 2, 3
"""Fields of a tensor."""

DEFAULT = "values"
"""The name of the only vector of an ordinary record."""


class MalformedError(ValueError):
    """The bytes are no Record; the message continues a sentence."""


@dataclass
class Tensor:
    """A vector: dense without keys, else the values at those positions."""

    values: Array
    keys: Array | None = None
    shape: tuple[int, ...] = ()
    start: int = 0
    """Where in the message the values lie, when they lie in one piece."""

    @property
    def size(self) -> int:
        """Length of the vector as the shape says it, 0 when it does not."""
        return math.prod(self.shape) if self.shape else 0


@dataclass
class Record:
    """One row."""

    features: dict[str, Tensor] = field(default_factory=dict)
    label: dict[str, Tensor] = field(default_factory=dict)


def decode(message: bytes) -> Record:
    """Read one message; MalformedError says what is wrong with it."""
    record = Record()
    for number, kind, start, end in _fields(message, 0, len(message)):
        if number in (FEATURES, LABEL):
            _expect(kind, BYTES, "a map of tensors")
            name, tensor = _entry(message, start, end)
            (record.features if number == FEATURES else record.label)[name] = tensor
    return record


def _entry(message: bytes, start: int, end: int) -> tuple[str, Tensor]:
    import numpy as np

    name, tensor = "", Tensor(np.empty(0, np.float32))
    for number, kind, first, last in _fields(message, start, end):
        if number == KEY:
            _expect(kind, BYTES, "a tensor's name")
            name = message[first:last].decode("utf-8", "replace")
        elif number == VALUE:
            _expect(kind, BYTES, "a tensor")
            tensor = _value(message, first, last)
    return name, tensor


def _value(message: bytes, start: int, end: int) -> Tensor:
    import numpy as np

    tensor = Tensor(np.empty(0, np.float32))
    for number, kind, first, last in _fields(message, start, end):
        if number in TENSORS:
            _expect(kind, BYTES, "a tensor")
            tensor = _tensor(message, first, last, TENSORS[number])
        elif number == OPAQUE:
            raise MalformedError("holds bytes, such as an image, where numbers belong")
    return tensor


def _tensor(message: bytes, start: int, end: int, dtype: str) -> Tensor:
    import numpy as np

    values: list[Array] = []
    keys: list[Array] = []
    shape: list[Array] = []
    place = 0
    for number, kind, first, last in _fields(message, start, end):
        if number == VALUES and dtype == "<i4":
            values.append(_varints(message[first:last]).astype(np.int64).astype(np.int32))
        elif number == VALUES:
            width = int(dtype[-1])
            if kind not in (BYTES, FIXED64 if width == 8 else FIXED32) or (last - first) % width:
                raise MalformedError("has values of the wrong type")
            values.append(np.frombuffer(message, dtype, (last - first) // width, first))
            place = first
        elif number in (KEYS, SHAPE):
            if kind not in (BYTES, VARINT):
                raise MalformedError("has keys of the wrong type")
            (keys if number == KEYS else shape).append(_varints(message[first:last]))
    joined = _join(values, dtype)
    positions = _join(keys, "<u8") if keys else None
    if positions is not None and len(positions) != len(joined):
        raise MalformedError(f"has {len(positions)} keys and {len(joined)} values")
    if positions is not None and len(positions) and int(positions.max()) >= 2**63:
        raise MalformedError("has a key that is too large")
    dimensions = tuple(int(size) for size in _join(shape, "<u8")) if shape else ()
    return Tensor(joined, positions, dimensions, place if len(values) == 1 else 0)


def _join(parts: list[Array], dtype: str) -> Array:
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _varints(packed: bytes) -> Array:
    """A run of variable-length integers."""
    import numpy as np

    raw = np.frombuffer(packed, np.uint8)
    ends = np.flatnonzero(raw < 128)
    if not raw.size:
        return np.empty(0, np.uint64)
    if not ends.size or ends[-1] != raw.size - 1:
        raise MalformedError("ends within an integer")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > 10:
        raise MalformedError("has an integer of more than 10 bytes")
    values = np.zeros(len(ends), np.uint64)
    for place in range(int(lengths.max())):
        has = lengths > place
        part = (raw[starts[has] + place] & 127).astype(np.uint64)
        values[has] |= part << np.uint64(7 * place)
    return values


def _fields(message: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Number, wire type, and the span of the content of every field."""
    while start < end:
        tag, start = _varint(message, start, end)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise MalformedError("has a field with the number 0")
        if kind == VARINT:
            first = start
            _, start = _varint(message, start, end)
            yield number, kind, first, start
            continue
        if kind == BYTES:
            length, start = _varint(message, start, end)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise MalformedError(f"has a field of the unknown wire type {kind}")
        if length > end - start:
            raise MalformedError("ends within a field")
        yield number, kind, start, start + length
        start += length


def _varint(message: bytes, start: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while start < end and shift < 70:
        byte = message[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, start
        shift += 7
    raise MalformedError("ends within an integer")


def _expect(kind: int, wanted: int, what: str) -> None:
    if kind != wanted:
        raise MalformedError(f"has something else where {what} belongs")


def encode(label: Mapping[str, Any], features: Mapping[str, Any] | None = None) -> bytes:
    """A Record with dense float32 tensors."""
    out = bytearray()
    for number, tensors in ((FEATURES, features or {}), (LABEL, label)):
        for name, values in tensors.items():
            tensor = _block(2, _block(VALUES, struct.pack(f"<{len(values)}f", *values)))
            out += _block(number, _block(KEY, name.encode()) + _block(VALUE, tensor))
    return bytes(out)


def _block(number: int, content: bytes) -> bytes:
    length, size = bytearray(), len(content)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | BYTES]) + bytes(length) + content
