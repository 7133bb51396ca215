"""What the zstd frames in a file say, wherever they stand in it: blobs, packs and indexes of the
datastore hold them between bytes of their own. By libzstd, which the engine needs too.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator

MAGIC_NUMBER = b"\x28\xb5\x2f\xfd"
LONGEST_CONTENT = 1 << 28  # of a frame; what claims more is no frame

_libzstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_libzstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
_libzstd.ZSTD_getFrameContentSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_libzstd.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
_libzstd.ZSTD_findFrameCompressedSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_libzstd.ZSTD_decompress.restype = ctypes.c_size_t
_libzstd.ZSTD_decompress.argtypes = [
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_char_p,
    ctypes.c_size_t,
]


def contents(file: bytes) -> Iterator[bytes]:
    """The decoded content of each frame. What only looks like one is passed over."""
    at = file.find(MAGIC_NUMBER)
    while at >= 0:
        rest = file[at:]
        length = _libzstd.ZSTD_findFrameCompressedSize(rest, len(rest))
        size = _libzstd.ZSTD_getFrameContentSize(rest, len(rest))
        if not _libzstd.ZSTD_isError(ctypes.c_size_t(length)) and size <= LONGEST_CONTENT:
            decoded = ctypes.create_string_buffer(size)
            if _libzstd.ZSTD_decompress(decoded, size, rest, length) == size:
                yield decoded.raw
        at = file.find(MAGIC_NUMBER, at + 1)
