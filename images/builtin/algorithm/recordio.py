"""RecordIO, the framing that MXNet made: a magic number, a length, the payload, padding to 4.

Files in which all records have one length, as those of dense rows do, are read
as one array without a look at each record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from algorithm.contract import UserError

if TYPE_CHECKING:
    from algorithm.table import Array

MAGIC = 0xCED7230A
START = struct.pack("<I", MAGIC)
LENGTH_BITS = 29
LENGTH_MASK = (1 << LENGTH_BITS) - 1
HEADER = struct.Struct("<II")
WHOLE, FIRST, MIDDLE, LAST = range(4)
"""What the upper three bits of the length word say about a part of a record."""


def records(content: bytes, name: str) -> Iterator[bytes]:
    """The payloads one after another; UserError says where the framing breaks.

    A record that was split is joined with the magic number between its parts:
    writers split where it occurs in the payload, and leave it out.
    """
    position, size = 0, len(content)
    parts: list[bytes] = []
    while position < size:
        if not START.startswith(content[position : position + len(START)]):
            raise UserError(
                f"{_at(name, position)} no RecordIO record begins: the file is not RecordIO, or "
                f"it is damaged."
            )
        if size - position < HEADER.size:
            raise UserError(f"{_at(name, position)} the file ends within a record's header.")
        _, word = HEADER.unpack_from(content, position)
        kind, length = word >> LENGTH_BITS, word & LENGTH_MASK
        start = position + HEADER.size
        if length > size - start:
            raise UserError(
                f"{_at(name, position)} a record of {length} bytes begins, but only "
                f"{size - start} bytes follow."
            )
        if kind > LAST or (kind in (WHOLE, FIRST)) == bool(parts):
            raise UserError(f"{_at(name, position)} a part of a record is out of order.")
        parts.append(content[start : start + length])
        if kind in (WHOLE, LAST):
            yield START.join(parts)
            parts = []
        position = start + length + -length % 4
    if parts:
        raise UserError(f"{_at(name, size)} the last parts of a record are missing.")


def uniform(content: bytes) -> Array | None:
    """The payloads as rows of one array of bytes, None unless all have one length."""
    import numpy as np

    if len(content) < HEADER.size:
        return None
    magic, length = HEADER.unpack_from(content)
    stride = HEADER.size + length + -length % 4
    if magic != MAGIC or length > LENGTH_MASK or len(content) % stride:
        return None
    words = np.frombuffer(content, dtype="<u4").reshape(-1, stride // 4)
    if (words[:, 0] != MAGIC).any() or (words[:, 1] != length).any():
        return None
    rows: Array = np.frombuffer(content, dtype=np.uint8).reshape(-1, stride)
    return rows[:, HEADER.size : HEADER.size + length]


def write(payloads: Iterable[bytes]) -> bytes:
    """Frame payloads; each must be shorter than 2^29 bytes."""
    out = bytearray()
    for payload in payloads:
        if len(payload) > LENGTH_MASK:
            raise ValueError("a record of 2^29 bytes or more")
        out += HEADER.pack(MAGIC, len(payload)) + payload + b"\0" * (-len(payload) % 4)
    return bytes(out)


def _at(name: str, position: int) -> str:
    return f"File {name}, byte {position}:"
