"""Values ↔ bytes of encoding `pickle5` (docs/formats/worker-protocol.md).

    "FSPKL5\\0\\0" · u32 buffers · u32 0 · u64 length of the stream and of each buffer · stream ·
    buffers

Large arrays are buffers outside of the pickle stream (PEP 574), at offsets that are multiples of
64: reading maps the file, and an array's memory is the file's, copied page by page when it is
written to.
"""

from __future__ import annotations

import struct

try:  # The C module alone: `pickle` also imports what only its Python version needs.
    from _pickle import PickleBuffer, Pickler, loads
except ImportError:  # PyPy
    from pickle import PickleBuffer, Pickler, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Bytes = bytes | bytearray | memoryview

ENCODING = "pickle5"

_MAGIC = b"FSPKL5\0\0"
_HEAD = struct.Struct("<8sII")
_ALIGNMENT = 64
_PROTOCOL = 5


class CorruptArtifact(Exception):
    """Bytes that are no serialised artifact."""


def serialize(value: Any) -> list[Bytes]:
    """The parts of the file of `value`. Buffers are not copied: they are the value's own memory."""
    from io import BytesIO

    buffers: list[memoryview] = []
    stream = BytesIO()

    def take(buffer: PickleBuffer) -> None:
        buffers.append(buffer.raw())

    Pickler(stream, protocol=_PROTOCOL, buffer_callback=take).dump(value)
    pickled = stream.getbuffer()
    lengths = [pickled.nbytes, *(buffer.nbytes for buffer in buffers)]
    head = _HEAD.pack(_MAGIC, len(buffers), 0) + struct.pack(f"<{len(lengths)}Q", *lengths)
    parts: list[Bytes] = [head, pickled, _padding(len(head) + pickled.nbytes)]
    for number, buffer in enumerate(buffers, 1):
        parts.append(buffer)
        if number < len(buffers):
            parts.append(_padding(buffer.nbytes))
    return [part for part in parts if len(part)]


def deserialize(content: bytearray | memoryview) -> Any:
    """The value whose file is `content`, a writable buffer that the value may keep parts of."""
    view = memoryview(content)
    if len(view) < _HEAD.size or bytes(view[:8]) != _MAGIC:
        raise CorruptArtifact("the content does not begin as an artifact does")
    _magic, count, _zero = _HEAD.unpack_from(view)
    position = _HEAD.size + 8 * (1 + count)
    if len(view) < position:
        raise CorruptArtifact("the content ends in the lengths of its buffers")
    lengths = struct.unpack_from(f"<{1 + count}Q", view, _HEAD.size)
    pieces: list[memoryview] = []
    for length in lengths:
        if position + length > len(view):
            raise CorruptArtifact("the content is shorter than its lengths say")
        pieces.append(view[position : position + length])
        position += length
        position += -position % _ALIGNMENT
    return loads(pieces[0], buffers=pieces[1:])


def map_descriptor(descriptor: int, offset: int, size: int) -> memoryview:
    """The content of a file as private writable memory. Closes the descriptor."""
    import mmap
    import os

    try:
        mapped = mmap.mmap(descriptor, offset + size, access=mmap.ACCESS_COPY)
    finally:
        os.close(descriptor)
    return memoryview(mapped)[offset : offset + size]


def type_name(value: object) -> str:
    """`builtins.dict`: how an artifact's type is recorded."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def _padding(position: int) -> bytes:
    return bytes(-position % _ALIGNMENT)
